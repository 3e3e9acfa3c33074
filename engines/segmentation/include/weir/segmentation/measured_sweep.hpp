// measured_sweep.hpp: the segments of one run as voltage and current, and the odd polynomials
// through them.
//
// Shape:  V and A; only points whose voltage is finite and whose current is one (ExactMoments): an
//         instrument's overflow, 9.9e37, is none. Segments are in the order in which they came.
// Roles:  pure functions, any thread.
// Errors: a SegmentError, in words: no_voltage_column, no_current_column, no_segment_type.
#pragma once

#include <array>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <weir/segmentation/segmenting.hpp>
#include <weir/segmentation/table.hpp>

namespace weir::segmentation {

inline constexpr std::string_view current_column = "I (A)";
inline constexpr std::array default_orders = {1, 3, 5, 7};
inline constexpr std::size_t curve_points = 200;  // of a fitted curve

/// Which segments are fitted together: each one alone; all; those whose |V| falls from the first
/// point to the last; those whose |V| rises; those of negative and of positive mean voltage.
inline constexpr std::array<std::string_view, 6> fit_strategies = {
    "individual", "all", "near_zero", "forward", "negative", "positive"};

struct MeasuredSegment {
  std::size_t id = 0;
  std::string type;  // "forward_negative"
  std::vector<double> v, i;

  bool is_forward() const noexcept { return type.starts_with("forward"); }
  bool is_return() const noexcept { return type.starts_with("return"); }
};

struct MeasuredSweep {
  std::string run_id;
  std::vector<MeasuredSegment> segments;
  std::optional<double> laser_voltage;  // V, of the first segment that tells
  std::optional<double> wavelength_nm;  // likewise
  std::string chip_number;              // as text; empty when the run has none
  std::vector<std::string> flags;       // of the detector, each once
  std::size_t left_out = 0;             // points that are none

  void clear();
  std::size_t points() const noexcept;
  /// The largest |V| of the forward segments; NaN when they have no point.
  double v_max() const noexcept;
};

/// Rows of a table.
struct RowRange {
  std::size_t first = 0;
  std::size_t count = std::numeric_limits<std::size_t>::max();  // at most; all that follow
};

/// Adds the segment `id` from rows of a table. Rows of the segment that was added last go on with
/// it.
std::optional<SegmentError> add_segment(const Table& table, std::string_view voltage,
                                        std::size_t id, MeasuredSweep& sweep, RowRange rows = {});

/// The fits of one strategy: rows of the two tables.
struct FitGroup {
  std::string_view strategy;
  RowRange fits, curves;
};
struct SweepFits {
  Table fits;    // a row for each combination of segments and each order
  Table curves;  // V and I_order_N at curve_points voltages of each combination
  std::vector<FitGroup> groups;
};

/// Fits odd polynomials of each of `orders` (odd, ascending) to the segments of `sweep`, put
/// together as each of `strategies` says. Fills `out` (cleared first); coefficients are null where
/// there are none.
void fit_sweep(const MeasuredSweep& sweep, std::string_view procedure, std::string_view date,
               std::span<const int> orders, std::span<const std::string_view> strategies,
               SweepFits& out);

/// Appends the fits of a run as a JSON object, as the original listed them. `path`: of the run.
void append_fit_results(const MeasuredSweep& sweep, const SweepFits& fits, std::string_view path,
                        std::string& out);

}  // namespace weir::segmentation
