// The running extreme of what two rows have in common, and the last row before each turn.
#include <algorithm>
#include <cmath>

#include "legs.hpp"
#include "turn_fit.hpp"

namespace weir::segmentation {
namespace {

constexpr double turn_sigmas = 6;   // noise alone parts two rows from two others so once in 10^11
constexpr double turn_steps = 0.5;  // and where there is no noise, half a step is a way back
constexpr double spike_steps = 8;   // a row so far from both its neighbours is a spike, to the fit
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
    Direction direction = begin();
    for (std::size_t row = confirmed_; row < v_.size();) {
      row = direction == Direction::increasing ? follow<1>(row + 1) : follow<-1>(row + 1);
      if (row < v_.size()) direction = opposite(direction);
    }
    builder_.finish(v_.size() - 1, direction);
  }

 private:
  /// Finds the row that confirms the first direction. Where none does, the ends have it.
  Direction begin() {
    double low = std::numeric_limits<double>::infinity(), high = -low;  // of two rows each
    double first = std::numeric_limits<double>::quiet_NaN();
    Direction direction = Direction::unknown;
    for (std::size_t row = 0; row < v_.size(); ++row) {
      const double x = v_[row];
      if (!std::isfinite(x)) continue;
      if (std::isnan(first)) {
        first = x;
      } else {
        const double upper = std::max(before_, x), lower = std::min(before_, x);
        low = std::min(low, upper);
        high = std::max(high, lower);
        if (lower - low > delta_) direction = Direction::increasing;
        if (high - upper > delta_) direction = Direction::decreasing;
        if (direction != Direction::unknown) {
          start(row, direction == Direction::increasing ? lower : upper);
          return direction;
        }
      }
      before_ = x;
      before_row_ = row;
    }
    confirmed_ = v_.size();
    if (before_ - first > delta_) return Direction::increasing;
    return first - before_ > delta_ ? Direction::decreasing : Direction::unknown;
  }

  /// A direction is confirmed by `row` and the one before, the lesser of which is at `held`.
  void start(std::size_t row, double held) {
    confirmed_ = row;
    held_ = held;
    held_row_ = row;
    held_before_row_ = before_row_;
    before_ = v_[row];
    before_row_ = row;
  }

  /// Goes on in the direction of `sign` until two rows confirm a turn; the second of them. What two
  /// rows have in common counts, for the extreme and for the way back: one row may be an outlier.
  template <int sign>
  std::size_t follow(std::size_t row) {
    double held = held_ * sign;
    double before = before_ * sign;
    for (; row < v_.size(); ++row) {
      const double x = v_[row] * sign;
      if (!std::isfinite(x)) continue;
      const double lower = std::min(before, x);
      if (lower >= held - still_) {
        held = std::max(held, lower);
        held_row_ = row;
        held_before_row_ = before_row_;
      } else if (const double upper = std::max(before, x); held - upper > delta_) {
        builder_.turn(border(row, held * sign, sign),
                      sign > 0 ? Direction::increasing : Direction::decreasing);
        start(row, upper * sign);
        return row;
      }
      before = x;
      before_row_ = row;
    }
    return row;
  }

  /// The last row before the turn that row `confirmed` shows.
  std::size_t border(std::size_t confirmed, double held, int sign) const {
    // Of the last two rows that had the extreme in common, one is it.
    const bool later = v_[held_row_] * sign >= v_[held_before_row_] * sign - still_;
    std::size_t last = later ? held_row_ : held_before_row_;
    if (noisy_ && scale_.step > 0) last = fit(confirmed, held, sign);
    last = std::clamp(last, builder_.first(), confirmed - 1);
    // Rows that stand still, and those without a voltage, belong to the row before them.
    for (const double level = v_[last]; last + 1 < confirmed; ++last) {
      const double x = v_[last + 1];
      if (std::isfinite(x) && !(std::fabs(x - level) <= still_)) break;
    }
    return last;
  }

  /// The voltage of a row; of a spike, what the row beside it has.
  double reading(std::size_t row) const {
    const double x = v_[row];
    if (row == 0 || row + 1 == v_.size()) return x;
    const double a = v_[row - 1], b = v_[row + 1];
    const double middle = std::max(std::min(a, b), std::min(std::max(a, b), x));
    return std::fabs(x - middle) > spike_ ? middle : x;  // false beside a row without a voltage
  }

  std::size_t fit(std::size_t confirmed, double held, int sign) const {
    const double noise_rows = scale_.noise / scale_.step;
    const double since = std::min(static_cast<double>(confirmed - held_row_), extreme_rows_max);
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
        const double height = (reading(row) - held) / scale_.step * sign;
        if (!std::isfinite(height)) continue;
        sum += height;
        n += 1;
      }
      fit.add(sum / n, n > 0);
    }
    const std::size_t extreme_row = std::max(held_before_row_, builder_.first());
    const double slack =
        std::min(extreme_sigmas * noise_rows, static_cast<double>(extreme_row - builder_.first()));
    const std::size_t least = extreme_row - static_cast<std::size_t>(slack);
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
  std::size_t confirmed_ = 0;  // the row that confirmed the direction
  double before_ = 0;          // of the last row that has a voltage
  std::size_t before_row_ = 0;
  double held_ = 0;  // the extreme that two rows had in common, and which
  std::size_t held_row_ = 0, held_before_row_ = 0;
};

}  // namespace

void zigzag_legs(std::span<const double> v, const SweepScale& scale, std::size_t points_min,
                 std::vector<Segment>& legs) {
  Zigzag(v, scale, points_min, legs).run();
}

}  // namespace weir::segmentation
