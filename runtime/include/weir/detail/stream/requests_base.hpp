// detail/stream/requests_base.hpp: what nodes ask of a stream's reply slots, without the answer's
// type.
#pragma once

#include <cstdint>
#include <weir/detail/core.hpp>
#include <weir/detail/stream/token.hpp>

namespace weir::detail {

class RequestsBase {
 public:
  /// What became of the request behind a token: live, cancelled or expired. Any worker.
  virtual Fate fate(std::uint32_t request) noexcept = 0;
  /// Keeps the text of the error that a body threw for this request.
  virtual void note(std::uint32_t request, const BodyError& error) noexcept = 0;

  std::uint32_t answers = 0;  // answer nodes; build() wants exactly one

 protected:
  ~RequestsBase() = default;
};

}  // namespace weir::detail
