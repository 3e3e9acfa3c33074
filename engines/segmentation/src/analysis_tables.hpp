// analysis_tables.hpp: the results of a day's voltage ranges, and of several days, to CSV files;
// private.
//
// Shape:  file names and columns are the original's, further columns stand behind them. Numbers are
//         written as Python prints them; an empty cell is a value that does not exist.
// Roles:  pure functions, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>
#include <weir/segmentation/comparison_plot.hpp>

#include "range_result.hpp"

namespace weir::segmentation {

struct OutputFile {
  std::string directory;  // below the output root
  std::string name;
  std::string text;
};

/// All CSV files of a day. `results` by ascending v_max.
std::vector<OutputFile> make_tables(const std::vector<RangeResult>& results,
                                    const std::string& date, const AnalyseConfig& config);

/// "iv_stats/2025-09-04_IV" and the others that make_tables() and the plot write to.
std::vector<std::string> day_directories(std::string_view date, const AnalyseConfig& config);
/// "iv_polynomial_fits/proc=IV/date=2025-09-04"
std::string fits_directory(std::string_view date, const AnalyseConfig& config);

/// What a comparison needs of a day.
struct DaySummary {
  std::string date;
  std::vector<RangeSummary> ranges;  // by ascending v_max
};
/// The fields of the largest |Jf - Jb| and the laser's power, a row for each range and order.
std::string coercive_csv(const std::vector<DaySummary>& days, const AnalyseConfig& config);
/// The tables that compare days, by date.
std::vector<OutputFile> make_comparison(const std::vector<DaySummary>& days,
                                        const AnalyseConfig& config);
/// The same as a plot.
ComparisonPlot comparison_of(const std::vector<DaySummary>& days, const AnalyseConfig& config);
/// "comparison/IV"
std::string comparison_directory(const AnalyseConfig& config);

}  // namespace weir::segmentation
