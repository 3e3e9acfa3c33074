// curves.hpp: what is measured on the current over voltage of sweeps: statistics by voltage,
// hysteresis between two branches, peaks, zero crossings; and thinning for plots.
//
// Shape:  voltages in V, currents in A; a curve is two spans of equal length.
// Roles:  pure functions, any thread; a VoltageStatistics belongs to one thread at a time.
// Errors: none; what does not exist is an empty optional or NaN. Values that are not finite are
//         passed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>
#include <weir/segmentation/exact_moments.hpp>

namespace weir::segmentation {

struct VoltageStat {
  double v = 0;
  double mean = 0;
  double std = 0;  // of the sample (n - 1); NaN when n is 1
  std::uint64_t n = 0;
};

/// Mean and deviation of the current at each exact voltage (-0 is 0), whatever the order of add().
/// Memory: about 100 bytes a voltage, however many points.
class VoltageStatistics {
 public:
  /// False: the voltage is not finite, or ExactMoments does not take the current; left out.
  bool add(double v, double i);
  std::size_t voltages() const noexcept { return moments_.size(); }
  /// By ascending voltage.
  std::vector<VoltageStat> sorted() const;

 private:
  std::unordered_map<double, ExactMoments> moments_;
};

/// One voltage of both branches.
struct LoopPoint {
  VoltageStat forward;
  VoltageStat back;  // at its own voltage, which rounds to the same as forward's
  double hysteresis() const noexcept { return forward.mean - back.mean; }
  double hysteresis_std() const noexcept;  // NaN when either is
};

/// The voltages that both branches have once they are rounded to `decimals` (0 to 6): a point for
/// each of `forward`, with the nearest of `back` (the lower of two). Both are sorted, and so is the
/// result.
std::vector<LoopPoint> join_branches(std::span<const VoltageStat> forward,
                                     std::span<const VoltageStat> back, int decimals);

/// Area between the branches over the voltage, by the trapezoidal rule, in V A.
struct LoopArea {
  double net = 0;       // forward above back counts positive
  double absolute = 0;  // all of it positive, split where the branches cross
};
LoopArea loop_area(std::span<const LoopPoint> loop) noexcept;

/// Where y crosses or touches zero, between points by linear interpolation; x ascends. A stretch of
/// zeros counts once, at its first x.
std::vector<double> zero_crossings(std::span<const double> x, std::span<const double> y);

/// The coercive voltage of a loop: half of what lies between the zeros of its branches, of each the
/// one nearest to 0 V. Negative where the return branch has its zero at the higher voltage.
struct CoerciveVoltage {
  std::optional<double> forward, back;     // the zeros
  std::optional<double> coercive() const;  // (forward - back) / 2
  std::optional<double> offset() const;    // (forward + back) / 2
};
CoerciveVoltage coercive_voltage(std::span<const VoltageStat> forward,
                                 std::span<const VoltageStat> back);

struct Peak {
  double v = 0;
  double value = 0;
};
/// The largest, the smallest and the farthest from zero; of equal ones the first. Empty when no
/// value is finite.
struct Peaks {
  std::optional<Peak> maximum, minimum, absolute;
};
Peaks find_peaks(std::span<const double> v, std::span<const double> values) noexcept;

/// Mean, deviation (n - 1) and extremes of the finite values; NaN where there are too few.
struct Spread {
  std::uint64_t n = 0;
  double mean = 0, std = 0, max = 0, min = 0;
};
Spread spread_of(std::span<const double> values) noexcept;

/// Ascending indices of at most `points_max` (at least 6) points of a curve: both ends, and the
/// extremes of v and of i in equal stretches between; all indices when they are no more.
std::vector<std::size_t> thin_curve(std::span<const double> v, std::span<const double> i,
                                    std::size_t points_max);

}  // namespace weir::segmentation
