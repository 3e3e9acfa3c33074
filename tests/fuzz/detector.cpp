// detector.cpp: fuzzes the three rules with any doubles at all: by zigzag and pelt each row is in exactly one segment,
// compat's are those of its rule restated; types, cycles, legs and flags are what the header file says of them.
#include <cmath>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <vector>
#include <weir/segmentation/detector.hpp>

#include "fuzz.hpp"

namespace {

using namespace weir::segmentation;
using fuzz::require;

constexpr std::size_t rows_max = 1024;

/// Voltages as an input says them: doubles, set-points, or steps in small numbers, some of them odd.
std::vector<double> voltages_of(fuzz::Choices& in) {
  std::vector<double> out;
  const std::uint8_t how = in.byte() % 4;
  const double scale = std::ldexp(1.0, in.number<std::int8_t>() * 8);  // from 2^-1024 to 2^1016
  double at = 0;
  while (!in.empty() && out.size() < rows_max) {
    if (how == 0) {
      out.push_back(in.number<double>());
    } else if (how == 1) {
      out.push_back(in.number<std::int16_t>() * scale);
    } else if (const auto step = in.number<std::int8_t>(); step == -128) {
      constexpr double odd[] = {
          std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), -0.0,
          std::numeric_limits<double>::max(), std::numeric_limits<double>::denorm_min()};
      out.push_back(odd[in.below(std::size(odd))]);
    } else {
      at = how == 2 ? at + step : step;
      // A byte stands for up to 16 rows, so that few bytes are a long sweep.
      const std::size_t times = how == 2 ? 1 + in.below(16) : 1;
      for (std::size_t k = 0; k < times && out.size() < rows_max; ++k, at += how == 2 ? step : 0)
        out.push_back(at * scale);
    }
  }
  return out;
}

SegmentType type_by_ends(double a, double b) {
  const double low = b < a ? b : a;
  const double high = a < b ? b : a;
  if (high <= 0) return b < a ? SegmentType::forward_negative : SegmentType::return_negative;
  if (low >= 0) return b > a ? SegmentType::forward_positive : SegmentType::return_positive;
  return b < a ? SegmentType::forward_negative : SegmentType::forward_positive;
}

/// The original's rule, restated.
std::vector<Segment> restated(std::span<const double> v, double threshold, std::size_t points_min) {
  std::vector<Segment> out;
  if (v.empty() || v.size() < points_min) return out;
  std::size_t start = 0;
  int direction = 0;
  const auto end = [&](std::size_t last) {
    if (last - start + 1 < points_min) return;
    Segment segment;
    segment.first = start;
    segment.last = last;
    segment.direction = direction > 0   ? Direction::increasing
                        : direction < 0 ? Direction::decreasing
                                        : Direction::unknown;
    segment.type = type_by_ends(v[start], v[last]);
    out.push_back(segment);
  };
  for (std::size_t i = 1; i < v.size(); ++i) {
    const double dv = v[i] - v[i - 1];
    const bool moves = std::fabs(dv) >= threshold;
    const int sign = dv > 0 ? 1 : dv < 0 ? -1 : 0;
    bool turns = false;
    if (moves && direction == 0) {
      direction = sign;
    } else if (moves) {
      turns = sign != direction;
    }
    if (turns || (v[i - 1] < 0 && v[i] >= 0) || (v[i - 1] > 0 && v[i] <= 0)) {
      end(i - 1);
      start = i;
      if (moves) direction = sign;
    }
  }
  end(v.size() - 1);
  return out;
}

bool same_segments(const std::vector<Segment>& a, const std::vector<Segment>& b, bool types) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](const Segment& x, const Segment& y) {
                      return x.first == y.first && x.last == y.last &&
                             (!types || (x.type == y.type && x.direction == y.direction));
                    });
}

bool is_unchanged(double a, double b) { return (std::isnan(a) && std::isnan(b)) || a == b; }

void require_labels(const Segment& segment) {
  require(static_cast<unsigned>(segment.type) < 4, "a type has a name");
  require(static_cast<unsigned>(segment.direction) < 3, "so does a direction");
  require(segment.flags < 512, "and each flag");
  if (segment.flags != 0) require(!to_string(segment.flags).empty(), "which is not empty");
}

/// Zigzag and pelt.
void require_partition(std::span<const double> v, const std::vector<Segment>& segments,
                       std::size_t points_min) {
  require(v.empty() == segments.empty(), "there are segments where there are rows");
  std::size_t next = 0;
  std::set<SegmentType> cycle;
  std::uint32_t cycle_id = 0;
  std::uint32_t leg = 0;
  for (const Segment& segment : segments) {
    require(segment.first == next && segment.last >= segment.first, "each row is in one segment");
    next = segment.last + 1;
    require_labels(segment);
    require(segment.points() >= points_min || segments.size() == 1,
            "short segments join their neighbour");
    require(has(segment.flags, Flag::brief) == (segment.points() < points_min),
            "a short run says that it is brief");
    double first = std::numeric_limits<double>::quiet_NaN();
    double last = first;
    bool has_gap = false;
    for (std::size_t row = segment.first; row <= segment.last && row < v.size(); ++row) {
      has_gap = has_gap || !std::isfinite(v[row]);
      if (!std::isfinite(v[row])) continue;
      if (std::isnan(first)) first = v[row];
      last = v[row];
    }
    require(is_unchanged(segment.v_start, first) && is_unchanged(segment.v_end, last),
            "a segment begins and ends at the voltages that it has");
    require(has(segment.flags, Flag::nan) == has_gap, "rows without a voltage are flagged");
    require(((segment.flags ^ segments.front().flags) & run_flags) == 0,
            "what is odd of a run is said of all its segments");
    if (segment.cycle != cycle_id) {
      require(segment.cycle == cycle_id + 1 && segment.leg == 0, "cycles are counted");
      require(cycle.contains(segment.type), "a cycle ends where a type comes again");
      cycle.clear();
      cycle_id = segment.cycle;
      leg = 0;
    }
    require(segment.leg == leg++, "legs are counted");
    require(cycle.insert(segment.type).second, "a type is in a cycle once");
  }
  require(next == v.size(), "and none is left over");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices in(fuzz::text_of(data, size));
  constexpr double thresholds[] = {0, 0.001, 0.5, 1, 1e300};
  DetectorConfig config;
  config.dv_threshold = thresholds[in.below(std::size(thresholds))];
  config.min_segment_points = 1 + in.below(12);
  CommandedSweep commanded;
  if (in.flag()) commanded = {in.number<double>(), in.number<double>(), in.number<double>()};
  const std::vector<double> v = voltages_of(in);
  std::vector<Segment> found;
  std::vector<Segment> other;

  config.rule = Rule::compat;
  detect(v, config, found);
  require(same_segments(found, restated(v, config.dv_threshold, config.min_segment_points), true),
          "compat is the original's rule");
  for (const Segment& segment : found) require_labels(segment);

  for (const Rule rule : {Rule::zigzag, Rule::pelt}) {
    config.rule = rule;
    {
      const fuzz::MemoryMeter memory;
      detect(v, config, found, commanded);
      memory.require_below((rule == Rule::pelt ? 120 : 0) * v.size() +
                           3 * found.size() * sizeof(Segment) + 65536);
    }
    require_partition(v, found, config.min_segment_points);
    detect(v, config, other);
    require(same_segments(found, other, true), "what was commanded shapes flags alone");
    std::vector<double> mirrored(v);
    for (double& x : mirrored) x = -x;
    detect(mirrored, config, other);
    require(same_segments(found, other, false), "the mirrored sweep turns where this one does");
  }
  return 0;
}
