// The noise and the step of a sweep, by medians of differences.
#include <algorithm>
#include <array>
#include <cmath>

#include "legs.hpp"

namespace weir::segmentation {
namespace {

constexpr std::size_t samples_max = 1024;  // a median to 3 %, and 8 KiB
constexpr std::size_t lag_first = 4;       // rows over which a step is measured
constexpr std::size_t lag_max = 64;        // and at most, where the noise of 4 hides it
constexpr double moved_sigmas = 4;         // a way of less may be noise
constexpr double clear_sigmas = 6;

/// Differences at places spread evenly over a run; what is not finite is left out.
class Sample {
 public:
  /// difference(k) for up to samples_max of k in [0, places).
  template <class Difference>
  void draw(std::size_t places, const Difference& difference) {
    count_ = 0;
    const std::size_t stride = places / samples_max + 1;
    for (std::size_t k = 0; k < places; k += stride) {
      const double value = std::fabs(difference(k));
      if (std::isfinite(value)) values_[count_++] = value;
    }
  }
  /// Of the values above `floor`; 0 when there are none.
  double median_above(double floor) {
    const auto begin = std::partition(values_.begin(), values_.begin() + end(),
                                      [&](double value) { return value <= floor; });
    return middle(begin);
  }
  double median() { return middle(values_.begin()); }

 private:
  using Iterator = std::array<double, samples_max>::iterator;
  std::ptrdiff_t end() const { return static_cast<std::ptrdiff_t>(count_); }
  double middle(Iterator begin) {
    const Iterator last = values_.begin() + end();
    if (begin == last) return 0;
    const Iterator at = begin + (last - begin) / 2;
    std::nth_element(begin, at, last);
    return *at;
  }

  std::array<double, samples_max> values_;
  std::size_t count_ = 0;
};

}  // namespace

SweepScale measure_scale(std::span<const double> v) noexcept {
  // The median of |x| is sigma / 1.4826 for a Gaussian; a second difference has sqrt(6) sigma.
  constexpr double of_second_difference = 1.4826 / 2.449489742783178;
  SweepScale scale;
  if (v.size() < 2) return scale;
  Sample sample;
  sample.draw(v.size() - 2,
              [&](std::size_t k) { return (v[k + 2] - v[k + 1]) - (v[k + 1] - v[k]); });
  scale.noise = of_second_difference * sample.median();
  // Of a short run the differences must not be mostly those across its turns.
  const std::size_t lag_short = std::clamp<std::size_t>((v.size() - 1) / 4, 1, lag_first);
  for (std::size_t lag = lag_short; lag < v.size(); lag *= 2) {
    sample.draw(v.size() - lag, [&](std::size_t k) { return v[k + lag] - v[k]; });
    const double moved = sample.median_above(moved_sigmas * scale.noise);
    scale.step = moved / static_cast<double>(lag);
    if (moved >= clear_sigmas * scale.noise || lag >= lag_max) break;
  }
  return scale;
}

}  // namespace weir::segmentation
