// day_analysis.hpp: one day's runs as a graph; private.
//
// Roles:  one day at a time, from outside of tasks.
// Errors: those of analyse(); nothing_found where the day has no run that was asked for, all_failed
//         where none could be used: then nothing is written.
#pragma once

#include <string>
#include <weir/segmentation/journal.hpp>

#include "analysis_tables.hpp"

namespace weir::segmentation {

/// What all days share.
struct AnalysisInput {
  const AnalyseConfig& config;
  const Journal& journal;  // of the segments; empty where they have none
  const LaserCalibrations& calibrations;
  const Watch& watch;
};

/// The folder of a date's segments.
std::string date_root(const AnalyseConfig& config, const std::string& date);

/// Analyses the runs of `date`, whose folder is there, and writes all that is known of them.
Result<Done> analyse_day(Runtime& runtime, const AnalysisInput& input, const std::string& date,
                         DayReport& report, DaySummary& summary);

/// Writes `file` below the output root.
Result<Done> write_output(const AnalyseConfig& config, const OutputFile& file);

}  // namespace weir::segmentation
