// detector.hpp: where a sweep turns: voltage in, segments out.
//
// Shape: a span of n voltages, V; segments are index ranges [first, last], ascending, not
//        overlapping. By zigzag and pelt each row is in exactly one; compat leaves short ones out.
// Roles: pure, any thread.
// Errors: none; a NaN or an infinity is a row without a voltage, whatever is finite is a voltage.
// Memory: `segments` grows, keeps its storage; zigzag takes 12 KiB of stack, pelt 40 bytes a row.
// Cost: O(n), by zigzag 18 to 170 M rows/s a core (AMD EPYC, g++ 12 -O2; sweeps 23 noisy, 69
//       plain); pelt 3 to 19 M rows/s, and at worst 256 n steps, 1 M rows/s.
// Source: PELT: Killick, Fearnhead, Eckley, JASA 107 (2012), 1590.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::segmentation {

/// How segments are found.
enum class Rule : std::uint8_t {
  compat,  // the original's, exactly: a step of the other sign, or a zero crossing, ends a segment
  zigzag,  // a turn is a way back that the noise of the data cannot explain
  pelt,    // a turn is where the slope changes sign, by penalised change points of the steps
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

/// What is odd about a segment, or about the run it belongs to; a set of them is their sum.
enum class Flag : std::uint16_t {
  missing_forward_negative =
      1,  // run: a quadrant that was commanded, or half of whose pair is there
  missing_return_negative = 2,
  missing_forward_positive = 4,
  missing_return_positive = 8,
  cut = 16,     // run: ends on the way, so its last segment is not whole
  range = 32,   // run: its extremes are not the commanded ones
  step = 64,    // run: its step is not the commanded one
  nan = 128,    // segment: has rows without a voltage
  brief = 256,  // segment: the only one, of fewer than min_segment_points rows
};
using Flags = std::uint16_t;
inline constexpr Flags run_flags = 127;  // those that all segments of a run share
constexpr bool has(Flags flags, Flag flag) noexcept {
  return (flags & static_cast<Flags>(flag)) != 0;
}
/// The flags' names with commas between, in the order above; empty for none.
std::string to_string(Flags flags);

struct Segment {
  std::size_t first = 0;
  std::size_t last = 0;  // inclusive
  SegmentType type = SegmentType::forward_positive;
  Direction direction = Direction::unknown;
  double v_start = 0;  // V, of the first row; by zigzag and pelt the first that has a voltage
  double v_end = 0;    // V
  // By zigzag and pelt alone:
  std::uint32_t cycle = 0;  // of the run, from 0; each type is in a cycle once at most
  std::uint32_t leg = 0;    // of the cycle, from 0
  Flags flags = 0;
  std::size_t points() const noexcept { return last - first + 1; }
};

struct DetectorConfig {
  Rule rule = Rule::zigzag;
  double dv_threshold = 0.001;         // V a step, >= 0; compat: smaller steps have no direction
  std::size_t min_segment_points = 5;  // >= 1; compat leaves shorter ones out, the others join them
};

/// The sweep that the instrument was told to make, V; NaN: not known. It begins and ends at zero.
struct CommandedSweep {
  double start = std::numeric_limits<double>::quiet_NaN();  // where it turns first
  double end = std::numeric_limits<double>::quiet_NaN();    // where it turns next
  double step = std::numeric_limits<double>::quiet_NaN();   // a row; its sign is of no meaning
};

/// Finds the segments of `voltages`. By compat there are none below min_segment_points; by the
/// others none where there is no row. `commanded` shapes the flags alone.
void detect(std::span<const double> voltages, const DetectorConfig& config,
            std::vector<Segment>& segments, const CommandedSweep& commanded = {});

/// The type by the two end points of a segment; ends that are equal went there and back: return.
SegmentType classify(double v_start, double v_end) noexcept;

}  // namespace weir::segmentation
