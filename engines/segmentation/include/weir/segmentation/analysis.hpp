// analysis.hpp: the segments of one day to statistics, fits, hysteresis and a plot.
//
//   discover -> read -> analyse -> write -> gather
//
// Shape:  a token is a run. The three nodes in the middle are parallel: they read a run's segments,
//         fit odd polynomials and write them. gather takes runs in their order and owns the
//         statistics; what speaks of the whole day is written once all runs are through.
// Roles:  one call at a time, from outside of tasks.
// Errors: a run that cannot be used is counted and named in the warnings; not_found, nothing_found,
//         in_use, too_large, unwritable, no_space, stalled, failed end the call.
// Memory: a constant number of runs, 64 bytes for each different voltage (at most voltages_max),
//         and the runs that are plotted; whatever the number of runs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include <weir/segmentation/pipeline.hpp>

namespace weir::segmentation {

/// Different voltages of a day, both branches and all ranges together. Commanded voltages are a few
/// thousand; read-back ones that are all different are no ground for statistics by voltage.
inline constexpr std::size_t voltages_max = 1u << 22;

/// The device that fields and current densities are of: E = V / length, J = I / area.
inline constexpr double channel_length_cm = 0.01;  // 100 um
inline constexpr double channel_area_cm2 = 5e-5;   // 100 um x 50 um

/// Decimals of the voltage at which forward and return points are paired.
inline constexpr int hysteresis_decimals = 2;

struct AnalyseConfig {
  std::string intermediate_root;  // with the procedure's folder
  std::string output_root;
  std::string date;  // "2025-09-04"
  std::string procedure = "IV";
  std::string voltage;      // empty: by procedure
  std::string chip_number;  // empty: all chips together
  SyncPolicy sync = SyncPolicy::commit;
  std::uint32_t capacity = 4;  // slots of each edge
};

/// Runs whose largest forward |V| rounds to the same volts.
struct RangeReport {
  double v_max = 0;  // V
  std::uint64_t runs = 0;
  std::uint64_t forward_voltages = 0;
  std::uint64_t return_voltages = 0;
  double resistance_ohm = 0;  // of the return branch; NaN where there is no fit
  double r_squared = 0;
  double area_va = 0;     // between the branches, V A
  double coercive_v = 0;  // V; NaN where a branch does not cross zero
};

struct AnalyseReport {
  StageReport runs;  // files: runs; done: analysed; skipped: of other chips; segments and rows read
  std::vector<RangeReport> ranges;  // by v_max
  std::uint64_t files_written = 0;  // of the whole day, besides one a run
  std::string plot;                 // path of the SVG; empty: none was written
};

/// True for a calendar date written YYYY-MM-DD.
bool is_date(std::string_view text);

/// Analyses the runs of one date. After a signal the runs under way are finished, and nothing about
/// the whole day is written.
Result<AnalyseReport> analyse(Runtime& runtime, const AnalyseConfig& config, const Watch& watch);

}  // namespace weir::segmentation
