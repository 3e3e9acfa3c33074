// options.hpp: the command line of weir-segment, read and checked; private to the program.
//
// Errors: anything that cannot be used is told on stderr with the nearest known word, and is
// exit 2.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weir/command_line/ended.hpp>
#include <weir/result.hpp>
#include <weir/segmentation/detector.hpp>
#include <weir/segmentation/generator.hpp>
#include <weir/segmentation/journal.hpp>
#include <weir/segmentation/parquet.hpp>

namespace weir::segmentation {

enum class Command : std::uint8_t {
  none,
  stage,
  preprocess,
  pipeline,
  analyse,
  generate,
  inspect,
  report
};

/// Those of analyse alone; the others are shared.
struct AnalyseOptions {
  std::vector<std::string> dates;
  std::string chip_number;                // empty: all
  std::vector<double> ranges;             // V; empty: all
  std::vector<std::string> excluded;      // DATE:V
  std::optional<double> laser_voltage;    // V; none: all
  std::vector<int> orders;                // empty: those of the original
  std::vector<std::string> combinations;  // empty: all
  int range_decimals = 0;
  int voltage_decimals = 2;
  double voltage_bin = 0;
  bool hysteresis = true, peaks = true;
  bool stats_only = false, skip_peaks = false, no_curves = false;
  double channel_length_um = 100, channel_width_um = 50, beam_to_sample = 5.7;
  bool fit_backward = true, use_segments = true;  // accepted for the original's sake
};

struct Options {
  Command command = Command::none;
  std::string command_name;

  int workers = -1;  // -1: one a core
  std::uint64_t seed = 1;
  std::string config;
  std::string graph;
  std::string trace;
  bool json = false;
  bool quiet = false;

  std::string raw_root = "data/01_raw";
  std::string stage_root = "data/02_stage/raw_measurements";
  std::string output_root = "data/03_intermediate";
  std::string intermediate_root = "data/03_intermediate";  // analyse
  std::string analysis_root = "data/04_analysis";          // --output-root of analyse
  AnalyseOptions analyse;
  std::string procedures_yaml;
  std::string local_tz = "America/Santiago";
  bool only_yaml_data = false;
  bool force = false;
  bool barrier = false;
  std::string layout = "run";
  std::string compression = "zstd";
  std::string events = "journal";
  std::string fsync = "commit";
  std::string rejects_dir, events_dir, manifest;
  std::string procedure = "IV";
  std::string voltage_col;
  std::string rule = "zigzag";
  double dv_threshold = 0.001;
  std::size_t min_segment_points = 5;
  std::uint32_t buffer = 0;  // slots of each edge; 0: by the workers
  std::map<std::string, std::uint16_t, std::less<>> concurrency;  // of --concurrency
  std::string concurrency_text;
  int polars_threads = 2;  // accepted for the original's sake

  std::size_t rows = 5;       // inspect
  bool all_rows = false;      // inspect
  std::size_t examples = 3;   // report
  bool journal_only = false;  // report
  std::string path;           // OUT of generate, FILE of inspect, STAGE_ROOT of report
  std::size_t files = 1000;
  std::string kind = "clean";
};

/// What came of the command line: go on, or end with `exit`.
struct Parsed : command_line::Ended {
  Options options;
};

/// A date and a range of --exclude-ranges, "2025-09-11:2.0".
std::optional<std::pair<std::string, double>> parse_excluded(std::string_view text);

Parsed parse_options(int argc, char** argv);

}  // namespace weir::segmentation
