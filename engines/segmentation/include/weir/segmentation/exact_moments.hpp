// exact_moments.hpp: count, mean and deviation of numbers, the same in whatever order they come.
//
// Shape:  numbers of at most value_max, on a grid of 2^-100 (8e-31): sums of them and of their
//         squares are whole numbers, and nothing is rounded before the end.
// Roles:  one thread at a time.
// Errors: none; what does not fit is left out, and add() says so.
// Memory: 64 bytes. Bound: 2^28 numbers of value_max.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

namespace weir::segmentation {

class ExactMoments {
 public:
  static constexpr double value_max = 1e4;

  /// NaN, infinities and an instrument's overflow (9.9e37) do not fit.
  static bool fits(double value) noexcept { return std::abs(value) <= value_max; }

  /// False: it does not fit, nothing has changed.
  bool add(double value) noexcept;
  std::uint64_t count() const noexcept { return count_; }
  /// NaN when there is none.
  double mean() const noexcept;
  /// Of the sample (n - 1); NaN when there are fewer than two.
  double deviation() const noexcept;

 private:
  std::uint64_t count_ = 0;
  std::array<std::uint64_t, 3> sum_{};  // two's complement, lowest first
  std::array<std::uint64_t, 4> squares_{};
};

}  // namespace weir::segmentation
