// measured_sweep.hpp: the segments of one run as voltage and current, and the odd polynomials
// through them.
//
// Shape:  V and A; only points of which both are finite. Segments are in the order of their ids.
// Roles:  pure functions, any thread.
// Errors: a SegmentError, in words: no_voltage_column, no_current_column, no_segment_type.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weir/segmentation/segmenting.hpp>
#include <weir/segmentation/table.hpp>

namespace weir::segmentation {

inline constexpr std::string_view current_column = "I (A)";
inline constexpr std::array fit_orders = {1, 3, 5, 7};

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
  std::string chip_number;              // as text; empty when the run has none
  std::size_t left_out = 0;             // points that are not finite

  void clear();
  std::size_t points() const noexcept;
  /// The largest |V| of the forward segments; NaN when they have no point.
  double v_max() const noexcept;
};

/// Adds the segment `id` from the table of its file.
std::optional<SegmentError> add_segment(const Table& table, std::string_view voltage,
                                        std::size_t id, MeasuredSweep& sweep);

/// Fits odd polynomials of each order of fit_orders to each segment and to each combination of
/// segments: `all`, `near_zero` (|V| falls from the first point to the last), `forward` (it rises),
/// `negative` and `positive` (by the mean voltage). Fills `fits` (cleared first) with a row for
/// each fit; coefficients are null where there are none.
void fit_sweep(const MeasuredSweep& sweep, std::string_view procedure, std::string_view date,
               Table& fits);

}  // namespace weir::segmentation
