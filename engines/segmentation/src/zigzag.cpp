// The running extreme, and the last row before each turn.
#include <algorithm>
#include <cmath>

#include "legs.hpp"
#include "turn_fit.hpp"

namespace weir::segmentation {
namespace {

constexpr double turn_sigmas = 8;   // a plateau of Gaussian noise spans as much in some 10,000 rows
constexpr double turn_steps = 0.5;  // and where there is no noise, half a step is a way back
constexpr double spike_steps = 8;   // one row so far from both its neighbours is no turn
constexpr double still_steps = 1e-6;  // set-points that differ by less are the same
constexpr double still_sigmas = 4;
constexpr double fit_steps = 0.25;  // from here on still_sigmas of noise hide the last row

constexpr double level_rows = 12;        // of a fit before the turn: a rise, or a plateau
constexpr double after_rows = 4;         // and behind the row that confirms it
constexpr double extreme_rows_max = 48;  // the extreme of a longer plateau is far from its end
constexpr double extreme_sigmas = 3;     // so much later than the turn may the extreme be

class Zigzag {
 public:
  Zigzag(std::span<const double> v, const SweepScale& scale, std::size_t points_min,
         std::vector<Segment>& legs)
      : v_(v),
        scale_(scale),
        builder_(points_min, legs),
        delta_(std::max(turn_sigmas * scale.noise, turn_steps * scale.step)),
        spike_(std::max(delta_, spike_steps * scale.step)),
        noisy_(still_sigmas * scale.noise > fit_steps * scale.step),
        still_(std::max(noisy_ ? 0 : still_sigmas * scale.noise, still_steps * scale.step)) {}

  void run() {
    Direction direction = Direction::unknown;
    std::size_t row = 0;
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (; row < v_.size() && direction == Direction::unknown; ++row) {
      const double x = reading(row);
      if (!std::isfinite(x)) continue;
      low = std::min(low, x);
      high = std::max(high, x);
      if (x - low > delta_) direction = Direction::increasing;
      if (high - x > delta_) direction = Direction::decreasing;
      extreme_ = x;
      extreme_row_ = row;
    }
    for (; row < v_.size(); ++row) {
      row = direction == Direction::increasing ? follow<1>(row) : follow<-1>(row);
      if (row < v_.size()) direction = opposite(direction);
    }
    builder_.finish(v_.size() - 1, direction);
  }

 private:
  /// The voltage of a row; of a spike, what the row beside it has.
  double reading(std::size_t row) const {
    const double x = v_[row];
    if (row == 0 || row + 1 == v_.size()) return x;
    const double a = v_[row - 1], b = v_[row + 1];
    const double middle = std::max(std::min(a, b), std::min(std::max(a, b), x));
    return std::fabs(x - middle) > spike_ ? middle : x;  // false beside a row without a voltage
  }

  /// Goes on in the direction of `sign` until a row confirms a turn, which it returns.
  template <int sign>
  std::size_t follow(std::size_t row) {
    double extreme = extreme_ * sign;
    for (; row < v_.size(); ++row) {
      const double x = reading(row) * sign;
      if (!std::isfinite(x)) continue;
      if (x >= extreme - still_) {
        extreme = std::max(extreme, x);
        extreme_row_ = row;
      } else if (extreme - x > delta_) {
        builder_.turn(border(row, extreme * sign, sign),
                      sign > 0 ? Direction::increasing : Direction::decreasing);
        extreme_ = x * sign;
        extreme_row_ = row;
        return row;
      }
    }
    return row;
  }

  /// The last row before the turn that row `confirmed` shows.
  std::size_t border(std::size_t confirmed, double extreme, int sign) const {
    std::size_t last = extreme_row_;
    if (noisy_ && scale_.step > 0) last = std::min(fit(confirmed, extreme, sign), confirmed - 1);
    // Rows that stand still, and those without a voltage, belong to the row before them.
    while (last + 1 < confirmed && !(std::fabs(v_[last + 1] - v_[last]) > still_)) ++last;
    return last;
  }

  std::size_t fit(std::size_t confirmed, double extreme, int sign) const {
    const double noise_rows = scale_.noise / scale_.step;
    const double since = std::min(static_cast<double>(confirmed - extreme_row_), extreme_rows_max);
    const double back = std::min(std::max(since, turn_sigmas * noise_rows) + level_rows,
                                 static_cast<double>(confirmed - builder_.first()));
    const std::size_t low = confirmed - static_cast<std::size_t>(back);
    const std::size_t high =
        std::min(confirmed + static_cast<std::size_t>(after_rows), v_.size() - 1);
    const std::size_t bin = (high - low) / TurnFit::places_max + 1;
    TurnFit fit;
    for (std::size_t first = low; first <= high; first += bin) {
      double sum = 0, n = 0;
      for (std::size_t row = first; row < std::min(first + bin, high + 1); ++row) {
        const double height = (reading(row) - extreme) / scale_.step * sign;
        if (!std::isfinite(height)) continue;
        sum += height;
        n += 1;
      }
      fit.add(sum / n, n > 0);
    }
    const double slack =
        std::min(extreme_sigmas * noise_rows, static_cast<double>(extreme_row_ - builder_.first()));
    const std::size_t least = extreme_row_ - static_cast<std::size_t>(slack);
    const double per_place = static_cast<double>(bin);
    const std::size_t place = fit.last_place(least > low ? (least - low) / bin : 0,
                                             noise_rows / std::sqrt(per_place), per_place);
    return low + (place + 1) * bin - 1;
  }

  std::span<const double> v_;
  SweepScale scale_;
  LegBuilder builder_;
  double delta_, spike_;
  bool noisy_;
  double still_;
  double extreme_ = 0;
  std::size_t extreme_row_ = 0;
};

}  // namespace

void zigzag_legs(std::span<const double> v, const SweepScale& scale, std::size_t points_min,
                 std::vector<Segment>& legs) {
  Zigzag(v, scale, points_min, legs).run();
}

}  // namespace weir::segmentation
