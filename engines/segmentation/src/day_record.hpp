// day_record.hpp: what was analysed of a day, so that it is not done twice; private.
//
// Shape:  OUT/_manifest/analysis/<date>_<procedure>.tsv: a line a fact, tabs between its words, the
//         last line is "end". It is written when all else of the day is there.
// Roles:  pure functions, any thread. Errors: a text that is none, or of another version, is empty.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "analysis_tables.hpp"

namespace weir::segmentation {

struct DayRecord {
  std::string config, inputs, outputs;  // fingerprints
  DayReport report;                     // of the call that did it; without graph and times
  DaySummary summary;
};

std::string to_text(const DayRecord& record);
std::optional<DayRecord> parse_day_record(std::string_view text);

/// Of all that shapes the tables of `date`, but the segments.
std::string config_fingerprint(const AnalyseConfig& config, const std::string& date,
                               const LaserCalibrations& calibrations);
/// Of names, sizes and times of the files below `root`.
std::string input_fingerprint(const std::string& root);
/// Of names and sizes of the files below the folders of `root`.
std::string output_fingerprint(const std::string& root, const std::vector<std::string>& folders);

}  // namespace weir::segmentation
