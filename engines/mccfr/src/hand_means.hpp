// hand_means.hpp: sums of what hands came to; private.
#pragma once

#include <algorithm>
#include <cmath>

namespace weir::mccfr {

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
  double ci95() const noexcept { return n > 0 ? 1.96 * sd() / std::sqrt(n) : 0; }
};

}  // namespace weir::mccfr
