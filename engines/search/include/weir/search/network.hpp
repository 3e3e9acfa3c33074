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
#include <weir/atomic.hpp>
#include <weir/search/kernel.hpp>

namespace weir::search {

class Network {
 public:
  virtual ~Network() = default;
  virtual std::size_t inputs() const noexcept = 0;
  virtual std::size_t outputs() const noexcept = 0;
  /// `rows` rows of inputs() floats to as many of outputs() floats, both row after row.
  virtual void evaluate(const float* in, std::size_t rows, float* out) const = 0;
  /// Names the weights: two networks of one version compute the same.
  virtual const std::string& version() const noexcept = 0;
};

/// The versions of one kind: the current one, and those that requests have pinned.
class Versions {
  struct Entry {
    std::unique_ptr<const Network> network;
    atomic<std::uint32_t> pins{0};
  };

 public:
  static constexpr std::uint32_t versions_max = 8;

  class Pin {
   public:
    Pin() noexcept = default;
    Pin(Pin&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
    Pin& operator=(Pin&& other) noexcept {
      reset();
      entry_ = std::exchange(other.entry_, nullptr);
      return *this;
    }
    ~Pin() { reset(); }
    void reset() noexcept;
    const Network* get() const noexcept {
      return entry_ != nullptr ? entry_->network.get() : nullptr;
    }

   private:
    friend class Versions;
    explicit Pin(Entry* entry) noexcept : entry_(entry) {}
    Entry* entry_ = nullptr;
  };

  /// The current version; empty when there is none.
  Pin pin() noexcept;
  /// Makes `network` the current version. False: versions_max are in use, and nothing has changed.
  bool set(std::unique_ptr<const Network> network);

 private:
  static constexpr std::uint32_t none = versions_max;
  std::array<Entry, versions_max> entries_;
  atomic<std::uint32_t> current_{none};
};

/// Networks by kind.
class Guidance {
 public:
  Versions& of(NetworkKind kind) noexcept { return versions_[static_cast<std::size_t>(kind)]; }

 private:
  std::array<Versions, network_kinds> versions_;
};

}  // namespace weir::search
