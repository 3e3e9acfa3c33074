// network.hpp: what evaluates positions and tasks for the search, and the versions of it that are in use.
//
// Roles:    a Network is const and evaluated by any number of threads. Guidance: pin by any thread, set by one at a
//           time.
// Progress: evaluate computes, nothing else; neither pin nor set waits.
// Order:    a request pins the version that is current when it begins, and keeps it to its end.
// Promise:  a row's outputs have the same bits whatever shares its batch, on one machine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <weir/search/kernel.hpp>
#include <weir/search/versions.hpp>

namespace weir::search {

class Network {
 public:
  virtual ~Network() = default;
  virtual std::size_t inputs() const noexcept = 0;
  virtual std::size_t outputs() const noexcept = 0;
  /// `rows` rows of inputs() floats to as many of outputs() floats, both row after row.
  virtual void evaluate(const float* in, std::size_t rows, float* out) const = 0;
  /// Rows that are worth asking another worker for, where evaluate() waits for nothing: workers have
  /// batches of their own at once, and parts of one, no smaller, may be spread over idle ones. 0: one
  /// worker at a time is given to it.
  virtual std::size_t part_rows() const noexcept { return 0; }
  /// Names the weights: two networks of one version compute the same.
  virtual const std::string& version() const noexcept = 0;
};

/// The networks of one kind.
using Versions = VersionsOf<Network>;

/// Networks by kind.
class Guidance {
 public:
  Versions& of(NetworkKind kind) noexcept { return versions_[static_cast<std::size_t>(kind)]; }

 private:
  std::array<Versions, network_kinds> versions_;
};

}  // namespace weir::search
