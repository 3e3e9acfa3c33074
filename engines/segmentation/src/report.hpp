// report.hpp: what the journal of a root, and the files that it speaks of, say about the corpus; private.
//
// Shape     a Finding is a count with the first few places; a Survey holds those of a whole root, of staged runs or of
//           segments.
// Roles     one thread.
// Errors    survey_root: not_found, not_a_directory, unreadable.
// Memory    the journal, and a staged file at a time.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>
#include <weir/result.hpp>
#include <weir/segmentation/journal.hpp>
#include <weir/segmentation/procedures.hpp>
#include <weir/signals.hpp>
#include <weir/terminal.hpp>

namespace weir::segmentation {

struct Place {
  std::string path;
  std::uint64_t line = 0, byte = 0;  // 0: of no line
  std::string what;
};

struct Finding {
  std::uint64_t count = 0;
  std::vector<Place> examples;
};

struct ProcedureFacts {
  std::uint64_t runs = 0, rows = 0;
  std::uint64_t median_rows = 0;
  std::uint64_t partitions = 0;
  std::string first_date, last_date;
};

/// A data column of a procedure's staged runs; those that staging adds are left out.
struct ColumnFacts {
  std::uint64_t runs = 0;
  std::uint64_t constant = 0;   // runs in which it has one value throughout
  std::uint64_t empty = 0;      // runs in which it has nothing but nulls or NaNs
  bool known = true;            // its name is one of a procedure's
  std::set<std::string> types;  // "DOUBLE"
};

struct SegmentFacts {
  std::uint64_t count = 0, points = 0;
  // Of their ends, V; infinite where none has a voltage.
  double v_low = std::numeric_limits<double>::infinity(), v_high = -v_low;
};

struct Survey {
  std::string root;
  bool of_segments = false;
  bool interrupted = false;  // by a signal: not all files were looked at
  std::uint64_t done = 0, refused = 0, rows = 0, bytes = 0;
  std::uint64_t unreadable_lines = 0;         // of the journal
  std::vector<std::string> unreadable_texts;  // the first few, with their places
  std::map<std::string, ProcedureFacts> procedures;
  std::map<std::string, Finding> reasons;  // of what was refused
  std::map<std::string, Finding>
      notes;  // of what was mended or flagged, without the values behind some words
  std::map<std::string, Finding> oddities;
  std::map<std::string, std::map<std::string, ColumnFacts>> columns;  // by procedure and name
  bool has_columns = false;
  // Of segments:
  std::uint64_t segments = 0;
  std::map<std::string, SegmentFacts> types;
  std::map<std::uint64_t, std::uint64_t> runs_by_segments;
};

/// What is odd of a corpus, the keys of Survey::oddities in the order of a report, and what each means.
struct Oddity {
  const char* name;
  const char* what;
};
inline constexpr Oddity oddity_kinds[] = {
    {"missing_file", "done by the journal, but its file is not there, or not as long"},
    {"unreadable_file", "its file cannot be read"},
    {"duplicate", "the same bytes as another input"},
    {"short_run", "fewer than a quarter of the rows of its procedure's median run"},
    {"start_by_mtime",
     "no start in header or path: the file's time was taken, which a copy changes"},
    {"start_by_path", "no start in the header: the date in the path was taken"},
    {"start_unlikely", "starts before 2000, or later than now"},
    {"start_backwards", "starts before the run that has the number before in the same folder"},
    {"start_shared", "starts at the same instant as another run of its procedure"},
    {"other_date", "the date in its path is not that of its start"},
    {"small_partition", "fewer than a quarter of the runs of its procedure's median day"},
    {"unknown_column", "a column that no procedure names"},
    {"mixed_types", "a column that has another type in other runs of its procedure"},
    {"constant_column", "a column of one value, though it changes in most runs of its procedure"},
    {"empty_column", "a column without values, though it has some in most runs of its procedure"},
    {"not_segmented", "staged, but there is no record of its segments"},
};

struct SurveyConfig {
  std::string root;
  std::size_t examples_max = 3;
  bool files = true;                           // look at them too
  const ProcedureTable* procedures = nullptr;  // never null
  std::int64_t now_us = 0;                     // since 1970-01-01
};

Result<Survey> survey_root(const SurveyConfig& config, const StopSignals& signals,
                           Progress* progress);

}  // namespace weir::segmentation
