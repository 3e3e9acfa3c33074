#include <algorithm>
#include <cmath>
#include <weir/segmentation/detector.hpp>

#include "legs.hpp"

namespace weir::segmentation {

std::string_view to_string(Rule rule) noexcept {
  constexpr std::string_view names[] = {"compat", "zigzag", "pelt"};
  return names[static_cast<std::uint8_t>(rule)];
}

std::string_view to_string(SegmentType type) noexcept {
  constexpr std::string_view names[] = {"forward_negative", "return_negative", "forward_positive",
                                        "return_positive"};
  return names[static_cast<std::uint8_t>(type)];
}

std::string_view to_string(Direction direction) noexcept {
  constexpr std::string_view names[] = {"unknown", "increasing", "decreasing"};
  return names[static_cast<std::uint8_t>(direction)];
}

std::string to_string(Flags flags) {
  constexpr std::string_view names[] = {"missing_forward_negative",
                                        "missing_return_negative",
                                        "missing_forward_positive",
                                        "missing_return_positive",
                                        "cut",
                                        "range",
                                        "step",
                                        "nan",
                                        "brief"};
  std::string out;
  for (std::size_t k = 0; k < std::size(names); ++k) {
    if ((flags >> k & 1u) == 0) continue;
    if (!out.empty()) out += ',';
    out += names[k];
  }
  return out;
}

SegmentType classify(double v_start, double v_end) noexcept {
  const double low = std::min(v_start, v_end);
  const double high = std::max(v_start, v_end);
  const bool decreasing = v_end < v_start;
  const bool increasing = v_end > v_start;
  if (high <= 0) return decreasing ? SegmentType::forward_negative : SegmentType::return_negative;
  if (low >= 0) return increasing ? SegmentType::forward_positive : SegmentType::return_positive;
  return decreasing ? SegmentType::forward_negative : SegmentType::forward_positive;
}

namespace {

void detect_compat(std::span<const double> v, const DetectorConfig& config,
                   std::vector<Segment>& segments) {
  if (v.empty() || v.size() < config.min_segment_points) return;
  std::size_t start = 0;
  Direction direction = Direction::unknown;
  const auto emit = [&](std::size_t last) {
    if (last - start + 1 < config.min_segment_points) return;
    segments.push_back({start, last, classify(v[start], v[last]), direction, v[start], v[last]});
  };
  const auto sign = [](double dv) {
    return dv > 0 ? Direction::increasing : dv < 0 ? Direction::decreasing : Direction::unknown;
  };
  for (std::size_t i = 1; i < v.size(); ++i) {
    const double dv = v[i] - v[i - 1];
    const bool moves = std::fabs(dv) >= config.dv_threshold;  // false for a NaN
    bool ends = false;
    if (moves) {
      if (direction == Direction::unknown) {
        direction = sign(dv);
      } else {
        ends = sign(dv) != direction;
      }
    }
    ends = ends || (v[i - 1] < 0 && v[i] >= 0) || (v[i - 1] > 0 && v[i] <= 0);
    if (!ends) continue;
    emit(i - 1);
    start = i;
    if (moves) direction = sign(dv);
  }
  emit(v.size() - 1);
}

}  // namespace

void detect(std::span<const double> voltages, const DetectorConfig& config,
            std::vector<Segment>& segments, const CommandedSweep& commanded) {
  segments.clear();
  if (config.rule == Rule::compat) {
    detect_compat(voltages, config, segments);
    return;
  }
  if (voltages.empty()) return;
  const SweepScale scale = measure_scale(voltages);
  const auto legs = config.rule == Rule::zigzag ? zigzag_legs : pelt_legs;
  legs(voltages, scale, config.min_segment_points, segments);
  split_legs(voltages, scale, config, commanded, segments);
}

}  // namespace weir::segmentation
