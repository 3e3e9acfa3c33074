// legs.hpp: a sweep's noise, its turns, and the segments between them; private to the detector.
//
// Shape: a leg is a Segment of which first, last and direction are set; legs are ascending and
//        cover all rows. Roles: pure, any thread.
#pragma once

#include <cmath>
#include <span>
#include <vector>
#include <weir/segmentation/detector.hpp>

namespace weir::segmentation {

/// How the rows of a sweep differ from each other.
struct SweepScale {
  double noise =
      0;            // V, standard deviation of a reading; robust: from the median second difference
  double step = 0;  // V a row where it moves, >= 0
};
/// From at most 1,024 places spread over the run. O(1) for long runs.
SweepScale measure_scale(std::span<const double> v) noexcept;

/// Legs by a running extreme: a turn is confirmed by a way back of more than the noise explains.
void zigzag_legs(std::span<const double> v, const SweepScale& scale, std::size_t points_min,
                 std::vector<Segment>& legs);
/// Legs by change points of the steps.
void pelt_legs(std::span<const double> v, const SweepScale& scale, std::size_t points_min,
               std::vector<Segment>& legs);

/// Builds legs from turns in ascending order: what is shorter than points_min joins its neighbour.
class LegBuilder {
 public:
  LegBuilder(std::size_t points_min, std::vector<Segment>& legs)
      : points_min_(points_min), legs_(legs) {}

  std::size_t first() const noexcept { return first_; }  // of the leg that is under way
  /// The leg under way ends with row `last` and goes in `direction`; the next one goes the other
  /// way.
  void turn(std::size_t last, Direction direction);
  /// The leg under way is the last.
  void finish(std::size_t last, Direction direction);

 private:
  std::size_t points_min_;
  std::vector<Segment>& legs_;
  std::size_t first_ = 0;
};

/// Legs to segments: split where the sign changes, with types, cycles and flags.
void split_legs(std::span<const double> v, const SweepScale& scale, const DetectorConfig& config,
                const CommandedSweep& commanded, std::vector<Segment>& segments);

inline Direction opposite(Direction direction) noexcept {
  return direction == Direction::increasing ? Direction::decreasing : Direction::increasing;
}

}  // namespace weir::segmentation
