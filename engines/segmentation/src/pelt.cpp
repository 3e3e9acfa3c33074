// Change points of the steps, and the turns among them.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "legs.hpp"

namespace weir::segmentation {
namespace {

constexpr double step_limit = 64;        // steps of more than 64 are outliers, no slopes
constexpr double price_sigmas2 = 4;      // a change costs log n times so much of the noise squared
constexpr double price_steps2 = 0.05;    // and so much of the step squared, where there is no noise
constexpr double still_slope = 0.25;     // steps a row; a plateau where the mean is below
constexpr double still_sigmas = 6;       // and where a stretch moves by no more
constexpr std::size_t starts_max = 256;  // candidates that are kept: the bound of the cost

/// Steps a row, in units of the typical one. Across rows without a voltage the way is shared out.
std::vector<double> unit_steps(std::span<const double> v, double unit) {
  std::vector<double> steps(v.size() - 1, 0.0);
  std::size_t before = v.size();
  for (std::size_t row = 0; row < v.size(); ++row) {
    if (!std::isfinite(v[row])) continue;
    if (before < row) {
      const double share = (v[row] - v[before]) / unit / static_cast<double>(row - before);
      std::fill(steps.begin() + static_cast<std::ptrdiff_t>(before),
                steps.begin() + static_cast<std::ptrdiff_t>(row),
                std::clamp(share, -step_limit, step_limit));
    }
    before = row;
  }
  return steps;
}

/// Sums of the steps before each row: the squared error of any stretch in O(1).
class StepSums {
 public:
  explicit StepSums(const std::vector<double>& steps) : sums_(steps.size() + 1) {
    for (std::size_t k = 0; k < steps.size(); ++k) {
      sums_[k + 1] = {sums_[k].plain + steps[k], sums_[k].squares + steps[k] * steps[k]};
    }
  }
  std::size_t steps() const { return sums_.size() - 1; }
  double way(std::size_t from, std::size_t to) const { return sums_[to].plain - sums_[from].plain; }
  /// Of the steps [from, to) about their mean.
  double error(std::size_t from, std::size_t to) const {
    const double sum = way(from, to);
    return sums_[to].squares - sums_[from].squares - sum * sum / static_cast<double>(to - from);
  }

 private:
  struct Sums {
    double plain = 0, squares = 0;
  };
  std::vector<Sums> sums_;
};

/// Where the stretches of equal mean begin, ascending, 0 included. Exact while at most starts_max
/// starts survive the pruning; beyond that the least likely one is given up.
std::vector<std::size_t> stretches(const StepSums& sums, double penalty) {
  const std::size_t n = sums.steps();
  std::vector<double> cost(n + 1, -penalty);  // of the best partition of the steps before
  std::vector<std::size_t> start(n + 1, 0);   // of its last stretch
  std::vector<std::size_t> starts;            // that the last stretch may have
  std::vector<double> costs;                  // with the last stretch from each
  starts.reserve(starts_max + 1);
  costs.reserve(starts_max + 1);
  for (std::size_t end = 1; end <= n; ++end) {
    starts.push_back(end - 1);
    costs.clear();
    std::size_t best = 0;
    for (const std::size_t from : starts) {
      costs.push_back(cost[from] + sums.error(from, end));
      if (costs.back() < costs[best]) best = costs.size() - 1;
    }
    cost[end] = costs[best] + penalty;
    start[end] = starts[best];
    std::size_t kept = 0, worst = 0;
    for (std::size_t k = 0; k < starts.size(); ++k) {
      if (costs[k] > cost[end]) continue;  // can never be the best again
      starts[kept] = starts[k];
      costs[kept] = costs[k];
      if (costs[kept] > costs[worst]) worst = kept;
      ++kept;
    }
    starts.resize(kept);
    if (kept >= starts_max) starts.erase(starts.begin() + static_cast<std::ptrdiff_t>(worst));
  }
  std::vector<std::size_t> begins;
  for (std::size_t end = n; end > 0; end = start[end]) begins.push_back(start[end]);
  std::reverse(begins.begin(), begins.end());
  return begins;
}

}  // namespace

void pelt_legs(std::span<const double> v, const SweepScale& scale, std::size_t points_min,
               std::vector<Segment>& legs) {
  LegBuilder builder(points_min, legs);
  Direction direction = Direction::unknown;
  if (v.size() > 1 && scale.step > 0) {
    const StepSums sums(unit_steps(v, scale.step));
    const double noise = scale.noise / scale.step;
    const double price = price_sigmas2 * noise * noise + price_steps2;
    const std::vector<std::size_t> begins =
        stretches(sums, price * std::log(static_cast<double>(v.size())));
    for (std::size_t k = 0; k < begins.size(); ++k) {
      const std::size_t begin = begins[k];
      const std::size_t end = k + 1 < begins.size() ? begins[k + 1] : sums.steps();
      const double way = sums.way(begin, end);
      const double still =
          std::max(still_slope * static_cast<double>(end - begin), still_sigmas * noise);
      if (std::fabs(way) <= still) continue;  // stands still: of the leg before
      const Direction now = way > 0 ? Direction::increasing : Direction::decreasing;
      if (direction != Direction::unknown && now != direction) {
        std::size_t last = begin;
        while (!std::isfinite(v[last + 1])) ++last;
        builder.turn(last, direction);
      }
      direction = now;
    }
  }
  builder.finish(v.size() - 1, direction);
}

}  // namespace weir::segmentation
