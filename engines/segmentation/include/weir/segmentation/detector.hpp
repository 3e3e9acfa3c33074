// detector.hpp: where a sweep turns: voltage in, segments out.
//
// Shape: a span of n voltages, V; segments are index ranges [first, last], ascending, not
// overlapping. Roles: pure, any thread. Memory: `segments` grows, keeps its storage. Cost: one
// pass, about 100 M points/s.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace weir::segmentation {

/// How segments are found.
enum class Rule : std::uint8_t {
  compat,  // the original's, exactly: a step of the other sign, or a zero crossing, ends a segment
};
std::string_view to_string(Rule rule) noexcept;

enum class SegmentType : std::uint8_t {
  forward_negative,
  return_negative,
  forward_positive,
  return_positive
};
std::string_view to_string(SegmentType type) noexcept;

enum class Direction : std::uint8_t { unknown, increasing, decreasing };
std::string_view to_string(Direction direction) noexcept;

struct Segment {
  std::size_t first = 0;
  std::size_t last = 0;  // inclusive
  SegmentType type = SegmentType::forward_positive;
  Direction direction = Direction::unknown;
  double v_start = 0;  // V
  double v_end = 0;    // V
  std::size_t points() const noexcept { return last - first + 1; }
};

struct DetectorConfig {
  Rule rule = Rule::compat;
  double dv_threshold = 0.001;         // V a step, >= 0; smaller steps have no direction
  std::size_t min_segment_points = 5;  // >= 1; shorter segments are left out
};

/// Finds the segments of `voltages`; none when there are fewer than min_segment_points.
void detect(std::span<const double> voltages, const DetectorConfig& config,
            std::vector<Segment>& segments);

/// The type by the two end points of a segment.
SegmentType classify(double v_start, double v_end) noexcept;

}  // namespace weir::segmentation
