// analysis_tables.hpp: the statistics of a voltage range to the CSV files of a day; private.
//
// Shape:  file names and columns are the original's, further columns stand behind them. Numbers are
//         written as Python prints them; an empty cell is a value that does not exist.
// Roles:  pure functions, any thread.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weir/segmentation/analysis.hpp>
#include <weir/segmentation/curves.hpp>
#include <weir/segmentation/least_squares.hpp>
#include <weir/segmentation/measured_sweep.hpp>

namespace weir::segmentation {

/// What is gathered of the runs of one range.
struct RangeData {
  std::uint64_t runs = 0;
  VoltageStatistics forward, back;
  std::optional<double> laser_voltage;  // V, of the first run that tells
};

/// What follows from it.
struct RangeResult {
  double v_max = 0;
  std::uint64_t runs = 0;
  std::optional<double> laser_voltage;
  std::vector<VoltageStat> forward, back;
  std::array<PolynomialFit, fit_orders.size()> fits;  // of the return branch, all powers
  std::vector<LoopPoint> loop;
  LoopArea area;
  CoerciveVoltage coercive;
};
RangeResult solve_range(double v_max, const RangeData& data);
RangeReport report_of(const RangeResult& result);

struct OutputFile {
  std::string directory;  // below the output root
  std::string name;
  std::string text;
};
/// All CSV files of a day. `results` by ascending v_max.
std::vector<OutputFile> make_tables(const std::vector<RangeResult>& results, std::string_view date,
                                    std::string_view procedure);
/// "iv_stats/2025-09-04_IV" and the others that hold files by range.
std::vector<std::string> table_directories(std::string_view date, std::string_view procedure);

}  // namespace weir::segmentation
