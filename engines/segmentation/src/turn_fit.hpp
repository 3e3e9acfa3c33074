// turn_fit.hpp: where a noisy sweep turned, by least squares; private to the detector.
//
// Shape: up to 64 places, each the mean of equally many rows, as heights of which the turn is the
//        maximum and the typical slope is 1. Roles: one thread. Cost: O(places squared) additions.
#pragma once

#include <array>
#include <cstddef>

namespace weir::segmentation {

/// Two lines and what is between them: a rise up to place p, level to place q, a fall from there.
/// Rows that stand still belong to the leg before the turn, so q is its last place.
class TurnFit {
 public:
  static constexpr std::size_t places_max = 64;

  /// Appends a place; `there` is false where no row of it has a voltage.
  void add(double height, bool there);
  /// The best q that is at least `least`. `noise` is the standard deviation of a height, `slope`
  /// what the slopes are when the heights do not say.
  std::size_t last_place(std::size_t least, double noise, double slope);

 private:
  /// What an arm that begins at a place does to the sum of squares, a parabola in the level.
  struct Arm {
    double constant = 0, linear = 0, quadratic = 0;
  };
  using Arms = std::array<Arm, places_max>;
  void fit_arms(Arms& arms, bool forward, double noise, double slope) const;

  std::size_t places_ = 0;
  std::array<double, places_max> heights_, there_;
  Arms rises_, falls_;
};

}  // namespace weir::segmentation
