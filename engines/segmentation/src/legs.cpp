// From turns to segments: short legs, the split at zero, types, cycles and flags.
#include "legs.hpp"

#include <algorithm>
#include <cstdlib>

namespace weir::segmentation {
namespace {

constexpr double zero_steps = 1e-6;  // what float drift makes of a set-point of zero is zero
constexpr double side_sigmas = 4;    // so far beyond zero a side must reach to be one
constexpr double near_steps = 1.5;   // commanded and measured ends are the same up to here
constexpr double near_sigmas = 4;
constexpr double step_part = 0.5;  // steps that differ by more of the larger are not the same

/// The rows of a segment, looked at once.
struct Rows {
  std::size_t negative = 0, positive = 0, without = 0;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  double v_start = std::numeric_limits<double>::quiet_NaN(), v_end = v_start;
};

Rows look(std::span<const double> v, std::size_t first, std::size_t last) {
  Rows rows;
  for (std::size_t k = first; k <= last; ++k) {
    const double x = v[k];
    if (!std::isfinite(x)) {
      ++rows.without;
      continue;
    }
    if (std::isnan(rows.v_start)) rows.v_start = x;
    rows.v_end = x;
    rows.negative += x < 0 ? 1 : 0;
    rows.positive += x > 0 ? 1 : 0;
    rows.low = std::min(rows.low, x);
    rows.high = std::max(rows.high, x);
  }
  return rows;
}

SegmentType type_of(const Rows& rows, Direction direction) {
  if (direction == Direction::unknown || rows.negative == rows.positive)
    return classify(rows.v_start, rows.v_end);
  const bool increasing = direction == Direction::increasing;
  if (rows.positive > rows.negative)
    return increasing ? SegmentType::forward_positive : SegmentType::return_positive;
  return increasing ? SegmentType::return_negative : SegmentType::forward_negative;
}

/// The last row of a leg's part before zero: where the fewest rows are on the wrong side of it. A
/// row at zero is of the part after. `last` when there is no such part, or none after.
std::size_t zero_border(std::span<const double> v, const Segment& leg, const SweepScale& scale,
                        std::size_t points_min) {
  const double zero = zero_steps * scale.step;
  const double sign = leg.direction == Direction::increasing ? 1 : -1;
  std::ptrdiff_t balance = 0, least = 0;
  std::size_t border = leg.last;
  double before = 0, after = 0;  // how far each side reaches
  for (std::size_t k = leg.first; k <= leg.last; ++k) {
    if (!std::isfinite(v[k])) continue;
    const double x = v[k] * sign;
    balance += x < -zero ? -1 : 1;
    before = std::max(before, -x);
    after = std::max(after, x);
    if (balance < least) {
      least = balance;
      border = k;
    }
  }
  const double side = side_sigmas * scale.noise;
  if (least == 0 || before < side || after < side) return leg.last;
  while (border < leg.last && !std::isfinite(v[border + 1])) ++border;
  const bool whole = border + 1 - leg.first >= points_min && leg.last - border >= points_min;
  return whole ? border : leg.last;
}

/// Numbers cycles: one ends where a quadrant comes again.
class Cycles {
 public:
  void number(Segment& segment) {
    const unsigned bit = 1u << static_cast<unsigned>(segment.type);
    if ((seen_ & bit) != 0) {
      ++cycle_;
      leg_ = 0;
      seen_ = 0;
    }
    seen_ |= bit;
    segment.cycle = cycle_;
    segment.leg = leg_++;
  }

 private:
  unsigned seen_ = 0;
  std::uint32_t cycle_ = 0, leg_ = 0;
};

Flags with(Flags flags, Flag flag) { return static_cast<Flags>(flags | static_cast<Flags>(flag)); }

struct Extent {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  double first = std::numeric_limits<double>::quiet_NaN(), last = first;
  unsigned types = 0;
};

/// The flags that hold for a run as a whole.
Flags flags_of_run(const Extent& run, const SweepScale& scale, const CommandedSweep& commanded) {
  Flags flags = 0;
  if (!(run.low <= run.high)) return flags;
  const double asked_step = std::fabs(commanded.step);
  const double step = std::isfinite(asked_step) ? std::max(asked_step, scale.step) : scale.step;
  const double near = std::max(near_steps * step, near_sigmas * scale.noise);
  const double low = std::min(commanded.start, commanded.end);
  const double high = std::max(commanded.start, commanded.end);
  const bool known = std::isfinite(low) && std::isfinite(high);
  // Type k and k ^ 1 are forward and return of one side.
  for (unsigned type = 0; type < 4; ++type) {
    const bool pair = (run.types >> (type ^ 1u) & 1u) != 0;
    const bool asked = known && (type < 2 ? low < -near : high > near);
    if ((run.types >> type & 1u) == 0 && (pair || asked))
      flags = static_cast<Flags>(flags | 1u << type);
  }
  const auto at = [&](double target) { return std::fabs(run.last - target) <= near; };
  const bool ends =
      at(0) || at(run.first) || (known ? at(low) || at(high) : at(run.low) || at(run.high));
  if (!ends) flags = with(flags, Flag::cut);
  if (known) {
    const bool short_of = run.low > low + near || run.high < high - near;
    const bool beyond =
        run.low < std::min(low, 0.0) - near || run.high > std::max(high, 0.0) + near;
    if (short_of || beyond) flags = with(flags, Flag::range);
  }
  if (std::isfinite(asked_step) &&
      std::fabs(asked_step - scale.step) > step_part * std::max(asked_step, scale.step))
    flags = with(flags, Flag::step);
  return flags;
}

}  // namespace

void LegBuilder::turn(std::size_t last, Direction direction) {
  if (last + 1 - first_ >= points_min_) {
    Segment leg;
    leg.first = first_;
    leg.last = last;
    leg.direction = direction;
    legs_.push_back(leg);
    first_ = last + 1;
  } else if (!legs_.empty()) {  // the leg before went the way that comes now: it goes on
    first_ = legs_.back().first;
    legs_.pop_back();
  }
}

void LegBuilder::finish(std::size_t last, Direction direction) {
  if (last + 1 - first_ < points_min_ && !legs_.empty()) {
    legs_.back().last = last;
    return;
  }
  Segment leg;
  leg.first = first_;
  leg.last = last;
  leg.direction = direction;
  legs_.push_back(leg);
}

void split_legs(std::span<const double> v, const SweepScale& scale, const DetectorConfig& config,
                const CommandedSweep& commanded, std::vector<Segment>& segments) {
  const std::size_t legs = segments.size();
  for (std::size_t k = 0; k < legs; ++k) {  // parts behind zero go to the end, in order
    Segment& leg = segments[k];
    if (leg.direction == Direction::unknown) continue;
    const std::size_t border = zero_border(v, leg, scale, config.min_segment_points);
    if (border == leg.last) continue;
    Segment after = leg;
    after.first = border + 1;
    leg.last = border;
    segments.push_back(after);
  }
  std::sort(segments.begin(), segments.end(),
            [](const Segment& a, const Segment& b) { return a.first < b.first; });
  Cycles cycles;
  Extent run;
  for (Segment& segment : segments) {
    const Rows rows = look(v, segment.first, segment.last);
    segment.v_start = rows.v_start;
    segment.v_end = rows.v_end;
    segment.type = type_of(rows, segment.direction);
    if (rows.without != 0) segment.flags = with(segment.flags, Flag::nan);
    if (segment.points() < config.min_segment_points)
      segment.flags = with(segment.flags, Flag::brief);
    cycles.number(segment);
    run.low = std::min(run.low, rows.low);
    run.high = std::max(run.high, rows.high);
    if (std::isnan(run.first)) run.first = rows.v_start;
    if (!std::isnan(rows.v_end)) run.last = rows.v_end;
    if (segment.direction != Direction::unknown)
      run.types |= 1u << static_cast<unsigned>(segment.type);
  }
  const Flags flags = flags_of_run(run, scale, commanded);
  for (Segment& segment : segments) segment.flags = static_cast<Flags>(segment.flags | flags);
}

}  // namespace weir::segmentation
