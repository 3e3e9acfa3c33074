// analysis.hpp: the segments of days to statistics, fits, hysteresis, plots, and a comparison.
//
//   discover -> read -> analyse -> write -> gather        one graph a day, one day after the other
//
// Shape:  a token is a run. The three nodes in the middle are parallel: they read a run's segments,
//         fit odd polynomials and write them. gather takes runs in their order and owns the
//         statistics; what speaks of the whole day is written once all runs are through. Segments
//         are read in either layout, and tables and plots are the same in both.
// Roles:  one call at a time, from outside of tasks.
// Errors: a run that cannot be used is counted and named in the warnings, a day in its report;
//         usage, not_found, not_a_directory, nothing_found, in_use, too_large, unwritable,
//         no_space, stalled, failed end the call.
// Memory: a constant number of runs, about 100 bytes for each different voltage (at most
//         voltages_max), and the runs that are plotted; whatever the number of runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weir/segmentation/measured_sweep.hpp>
#include <weir/segmentation/pipeline.hpp>

namespace weir::segmentation {

/// Different voltages of a day, both branches and all ranges together. Commanded voltages are a few
/// thousand; read-back ones that are all different are no ground for statistics by voltage, unless
/// voltage_bin is set.
inline constexpr std::size_t voltages_max = 1u << 22;

inline constexpr int analysis_decimals_max = 6;

struct AnalyseConfig {
  std::string intermediate_root;  // with the procedure's folder
  std::string output_root;
  std::vector<std::string> dates;  // "2025-09-04", "2025-09-04..2025-09-12" (both ends), "all"
  std::string procedure = "IV";
  std::string voltage;     // column; empty: by procedure
  std::string stage_root;  // for laser calibrations; empty: none

  // which runs
  std::string chip_number;                               // empty: all chips together
  std::optional<double> laser_voltage;                   // V; none: all
  std::vector<double> ranges;                            // V; empty: all
  std::vector<std::pair<std::string, double>> excluded;  // (date, range)

  // how
  std::vector<int> orders{default_orders.begin(), default_orders.end()};  // odd, ascending
  std::vector<std::string_view> strategies{fit_strategies.begin(), fit_strategies.end()};
  int range_decimals = 0;    // runs whose largest |V| rounds to the same are one range
  int voltage_decimals = 2;  // at which forward and return points are paired
  double voltage_bin = 0;    // V: voltages become multiples of it first; 0: each as it is
  bool hysteresis = true;    // false: statistics and fits alone
  bool peaks = true;
  bool curves = true;  // the fitted curves of each run: half of what is written

  // the device that fields and current densities are of, and the laser's spot on it
  double channel_length_um = 100;
  double channel_width_um = 50;
  double beam_to_sample = 5.7;  // power on the sample = incident power / beam_to_sample

  bool force = false;  // do again what is done
  SyncPolicy sync = SyncPolicy::commit;
  std::uint32_t capacity = 4;  // slots of each edge, >= 1; see buffer_slots
  Concurrency concurrency;     // of "read", "analyse" and "write"
};

/// Runs of one day whose largest forward |V| rounds to the same.
struct RangeReport {
  std::string date;
  double v_max = 0;  // V
  std::uint64_t runs = 0;
  std::uint64_t forward_voltages = 0;
  std::uint64_t return_voltages = 0;
  double resistance_ohm = 0;  // of the return branch; NaN where there is no fit
  double r_squared = 0;
  double area_va = 0;     // between the branches, V A
  double coercive_v = 0;  // V; NaN where a branch does not cross zero
};

struct DayReport {
  std::string date;
  Error error;              // why nothing was written; empty code: none
  bool up_to_date = false;  // an earlier call did the same with the same segments
  StageReport runs;  // files: runs; done: analysed; skipped: of other chips, ranges or lasers, or
                     // all when up to date; segments and rows read
  std::uint64_t left_out = 0;       // points that are no measurement
  std::uint64_t flagged = 0;        // runs that the detector flagged
  std::uint64_t files_written = 0;  // of the whole day, besides those of each run
  std::vector<RangeReport> ranges;  // by v_max
  std::string plot;                 // path of the SVG; empty: there is none
};

struct AnalyseReport {
  StageReport runs;  // of all days
  std::vector<DayReport> days;
  std::uint64_t files_written = 0;  // those of the days, and of the comparison
  std::string comparison;           // path of the comparison's SVG; empty: there is none
};

/// True for a calendar date written YYYY-MM-DD.
bool is_date(std::string_view text);
/// True for what AnalyseConfig::dates takes.
bool is_date_choice(std::string_view text);

/// Analyses the runs of each date that was asked for and has segments. After a signal the runs
/// under way are finished, nothing about the day under way is written, and the days before it stay.
Result<AnalyseReport> analyse(Runtime& runtime, const AnalyseConfig& config, const Watch& watch);

}  // namespace weir::segmentation
