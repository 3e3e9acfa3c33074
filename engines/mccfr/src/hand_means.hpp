// hand_means.hpp: sums of what hands came to; private.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace weir::mccfr {

/// Deals of a block of a match, `least` or more: however long a match is, its sums take a few MiB.
inline std::uint64_t match_block_deals(std::uint64_t deals, std::uint64_t least) noexcept {
  constexpr std::uint64_t blocks_max = 1 << 16;
  return std::max(least, (deals + blocks_max - 1) / blocks_max);
}

struct HandSums {
  double n = 0, sum = 0, squares = 0;
  void add(double value) noexcept {
    ++n;
    sum += value;
    squares += value * value;
  }
  void add(const HandSums& other) noexcept {
    n += other.n;
    sum += other.sum;
    squares += other.squares;
  }
  double mean() const noexcept { return n > 0 ? sum / n : 0; }
  double sd() const noexcept {
    return n > 0 ? std::sqrt(std::max(0.0, squares / n - mean() * mean())) : 0;
  }
  /// Of fewer than two nothing is known.
  double ci95() const noexcept {
    return n < 2 ? std::numeric_limits<double>::infinity() : 1.96 * sd() / std::sqrt(n);
  }
};

}  // namespace weir::mccfr
