#include <algorithm>
#include <cmath>
#include <weir/check.hpp>
#include <weir/segmentation/curves.hpp>

#include "numbers.hpp"

namespace weir::segmentation {
namespace {

/// `v` in units of the last decimal; halves away from zero.
double rounded(double v, double unit) noexcept {
  return std::round(v * unit) + 0.0;  // -0 becomes 0
}

std::optional<double> nearest_zero(std::span<const VoltageStat> branch) {
  std::vector<double> v, i;
  for (const VoltageStat& stat : branch) {
    v.push_back(stat.v);
    i.push_back(stat.mean);
  }
  std::optional<double> nearest;
  for (const double zero : zero_crossings(v, i)) {
    if (!nearest || std::abs(zero) < std::abs(*nearest)) nearest = zero;
  }
  return nearest;
}

}  // namespace

bool VoltageStatistics::add(double v, double i) {
  if (!std::isfinite(v) || !ExactMoments::fits(i)) return false;
  return moments_[v + 0.0].add(i);
}

std::vector<VoltageStat> VoltageStatistics::sorted() const {
  std::vector<VoltageStat> stats;
  stats.reserve(moments_.size());
  for (const auto& [v, at] : moments_) stats.push_back({v, at.mean(), at.deviation(), at.count()});
  std::sort(stats.begin(), stats.end(),
            [](const VoltageStat& a, const VoltageStat& b) { return a.v < b.v; });
  return stats;
}

double LoopPoint::hysteresis_std() const noexcept { return std::hypot(forward.std, back.std); }

std::vector<LoopPoint> join_branches(std::span<const VoltageStat> forward,
                                     std::span<const VoltageStat> back, int decimals) {
  WEIR_CHECK(decimals >= 0 && decimals <= 6, "0 to 6 decimals");
  const double unit = std::pow(10.0, decimals);
  std::vector<LoopPoint> loop;
  std::size_t first = 0;  // of `back` with the same rounded voltage, or above
  for (const VoltageStat& point : forward) {
    const double key = rounded(point.v, unit);
    while (first < back.size() && rounded(back[first].v, unit) < key) ++first;
    const VoltageStat* partner = nullptr;
    for (std::size_t k = first; k < back.size() && rounded(back[k].v, unit) == key; ++k) {
      if (partner == nullptr || std::abs(back[k].v - point.v) < std::abs(partner->v - point.v))
        partner = &back[k];
    }
    if (partner != nullptr) loop.push_back({point, *partner});
  }
  return loop;
}

LoopArea loop_area(std::span<const LoopPoint> loop) noexcept {
  LoopArea area;
  for (std::size_t k = 1; k < loop.size(); ++k) {
    const double width = loop[k].forward.v - loop[k - 1].forward.v;
    const double a = loop[k - 1].hysteresis();
    const double b = loop[k].hysteresis();
    area.net += width * (a + b) / 2;
    const bool crosses = (a < 0 && b > 0) || (a > 0 && b < 0);
    area.absolute += crosses ? width * (a * a + b * b) / (2 * (std::abs(a) + std::abs(b)))
                             : width * std::abs(a + b) / 2;
  }
  return area;
}

std::vector<double> zero_crossings(std::span<const double> x, std::span<const double> y) {
  std::vector<double> zeros;
  std::size_t last = x.size();  // the last finite point; x.size(): none
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (!std::isfinite(x[k]) || !std::isfinite(y[k])) continue;
    const bool has_last = last != x.size();
    if (y[k] == 0) {
      if (!has_last || y[last] != 0) zeros.push_back(x[k]);
    } else if (has_last && (y[last] < 0) != (y[k] < 0) && y[last] != 0) {
      zeros.push_back(x[last] + (x[k] - x[last]) * (y[last] / (y[last] - y[k])));
    }
    last = k;
  }
  return zeros;
}

std::optional<double> CoerciveVoltage::coercive() const {
  if (!forward || !back) return std::nullopt;
  return (*forward - *back) / 2;
}

std::optional<double> CoerciveVoltage::offset() const {
  if (!forward || !back) return std::nullopt;
  return (*forward + *back) / 2;
}

CoerciveVoltage coercive_voltage(std::span<const VoltageStat> forward,
                                 std::span<const VoltageStat> back) {
  return {nearest_zero(forward), nearest_zero(back)};
}

Peaks find_peaks(std::span<const double> v, std::span<const double> values) noexcept {
  Peaks peaks;
  for (std::size_t k = 0; k < values.size(); ++k) {
    const double value = values[k];
    if (!std::isfinite(value)) continue;
    if (!peaks.maximum || value > peaks.maximum->value) peaks.maximum = Peak{v[k], value};
    if (!peaks.minimum || value < peaks.minimum->value) peaks.minimum = Peak{v[k], value};
    if (!peaks.absolute || std::abs(value) > std::abs(peaks.absolute->value))
      peaks.absolute = Peak{v[k], value};
  }
  return peaks;
}

Spread spread_of(std::span<const double> values) noexcept {
  Spread spread{0, quiet_nan, quiet_nan, quiet_nan, quiet_nan};
  double sum = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    ++spread.n;
    sum += value;
    spread.max = spread.n == 1 ? value : std::max(spread.max, value);
    spread.min = spread.n == 1 ? value : std::min(spread.min, value);
  }
  if (spread.n == 0) return spread;
  spread.mean = sum / static_cast<double>(spread.n);
  if (spread.n == 1) return spread;
  double squares = 0;
  for (const double value : values) {
    if (std::isfinite(value)) squares += (value - spread.mean) * (value - spread.mean);
  }
  spread.std = std::sqrt(squares / static_cast<double>(spread.n - 1));
  return spread;
}

std::vector<std::size_t> thin_curve(std::span<const double> v, std::span<const double> i,
                                    std::size_t points_max) {
  std::vector<std::size_t> kept;
  const std::size_t n = v.size();
  if (n <= points_max) {
    for (std::size_t k = 0; k < n; ++k) kept.push_back(k);
    return kept;
  }
  const std::size_t stretches = (points_max - 2) / 4;
  kept.push_back(0);
  for (std::size_t s = 0; s < stretches; ++s) {
    const std::size_t begin = 1 + (n - 2) * s / stretches;
    const std::size_t end = 1 + (n - 2) * (s + 1) / stretches;
    for (const std::span<const double> curve : {v, i}) {
      const auto [low, high] =
          std::minmax_element(curve.begin() + static_cast<std::ptrdiff_t>(begin),
                              curve.begin() + static_cast<std::ptrdiff_t>(end));
      kept.push_back(static_cast<std::size_t>(low - curve.begin()));
      kept.push_back(static_cast<std::size_t>(high - curve.begin()));
    }
  }
  kept.push_back(n - 1);
  std::sort(kept.begin(), kept.end());
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  return kept;
}

}  // namespace weir::segmentation
