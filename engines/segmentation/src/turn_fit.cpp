#include "turn_fit.hpp"

#include <limits>

namespace weir::segmentation {
namespace {

constexpr double slope_spread = 0.5;  // of the true slopes about the typical one
constexpr double plateau_price = 3;   // times the noise squared: what a plateau must explain

}  // namespace

void TurnFit::add(double height, bool there) {
  heights_[places_] = there ? height : 0;
  there_[places_] = there ? 1 : 0;
  ++places_;
}

// With r = distance from the arm's begin, the errors of an arm are y - L + a r, and the slope `a`
// has a Gaussian about `slope`: the best `a` for each level L leaves a parabola in L.
void TurnFit::fit_arms(Arms& arms, bool forward, double noise, double slope) const {
  const double prior = noise * noise / (slope_spread * slope_spread * slope * slope);
  double n = 0, heights = 0;     // of the places passed
  double r = 0, rr = 0, ry = 0;  // their sums of r, r r and r y
  for (std::size_t k = 0; k < places_; ++k) {
    const std::size_t at = forward ? k : places_ - 1 - k;
    const double weight = rr + prior;
    const double product = ry + slope * rr;
    const double part = weight > 0 ? 1 / weight : 0;
    arms[at] = {2 * slope * ry + slope * slope * rr - product * product * part,
                slope * r - product * r * part, -r * r * part};
    n += there_[at];
    heights += heights_[at];
    rr += 2 * r + n;
    r += n;
    ry += heights;
  }
}

std::size_t TurnFit::last_place(std::size_t least_place, double noise, double slope) {
  fit_arms(rises_, true, noise, slope);
  fit_arms(falls_, false, noise, slope);
  double sum = 0, count = 0;
  for (std::size_t k = 0; k < places_; ++k) {
    sum += heights_[k];
    count += there_[k];
  }
  const double price = plateau_price * noise * noise;
  double least = std::numeric_limits<double>::infinity();
  std::size_t best = least_place;
  for (std::size_t q = least_place; q < places_; ++q) {
    for (std::size_t p = 0; p <= q; ++p) {
      const double linear = sum + rises_[p].linear + falls_[q].linear;
      const double quadratic = count + rises_[p].quadratic + falls_[q].quadratic;
      const double error = rises_[p].constant + falls_[q].constant - linear * linear / quadratic +
                           (p < q ? price : 0);
      if (!(error < least)) continue;  // also where it overflowed
      least = error;
      best = q;
    }
  }
  return best;
}

}  // namespace weir::segmentation
