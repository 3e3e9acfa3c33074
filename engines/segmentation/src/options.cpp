#include "options.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>
#include <weir/command_line/commands.hpp>
#include <weir/segmentation/analysis.hpp>
#include <weir/segmentation/generator.hpp>
#include <weir/segmentation/least_squares.hpp>
#include <weir/segmentation/segmenting.hpp>
#include <weir/segmentation/text.hpp>
#include <weir/terminal.hpp>
#include <weir/version.hpp>

#include "config_file.hpp"

namespace weir::segmentation {
namespace {

using command_line::not_empty;
using command_line::usage_error;
using command_line::whole_number;

struct Named {
  Command command;
  const char* name;
  const char* what;
  const char* example;
};

constexpr Named commands[] = {
    {Command::stage, "stage", "Raw measurement CSVs to staged Parquet",
     "weir-segment stage --raw-root data/01_raw --stage-root data/02_stage"},
    {Command::preprocess, "preprocess", "Staged runs to voltage-sweep segments",
     "weir-segment preprocess --stage-root data/02_stage --output-root data/03_intermediate "
     "--procedure IV"},
    {Command::pipeline, "pipeline", "Both: runs are segmented as they are staged",
     "weir-segment pipeline --raw-root data/01_raw --stage-root data/02_stage --output-root "
     "data/03_intermediate"},
    {Command::analyse, "analyse", "Segments of days to statistics, fits, hysteresis and plots",
     "weir-segment analyse --intermediate-root data/03_intermediate --date 2025-09-04 "
     "--output-root data/04_analysis"},
    {Command::generate, "generate", "A made-up corpus with the truth about it",
     "weir-segment generate corpus --files 2000 --kind clean --seed 1"},
    {Command::inspect, "inspect", "Schema, pages, statistics and first rows of a Parquet file",
     "weir-segment inspect part-000.parquet"},
    {Command::report, "report", "What was done, what was rejected and why, what looks odd",
     "weir-segment report data/02_stage"},
};

CLI::Validator volts() {
  const auto check = [](std::string& text) {
    const auto value = parse_float(text);
    const bool good = value && std::isfinite(*value) && *value >= 0;
    return good ? std::string() : "\"" + text + "\" is no voltage from 0 on";
  };
  return CLI::Validator(check, "", "volts");
}

CLI::Option* add_path(CLI::App& app, const std::string& names, std::string& path,
                      const std::string& what) {
  return app.add_option(names, path, what)->check(not_empty());
}

/// The nodes of a command's graphs whose concurrency can be set. A partition is written by one at a time.
std::vector<std::string> nodes_of(Command command, std::string_view layout) {
  if (command == Command::analyse) return {"read", "analyse", "write"};
  const bool partition = layout == "partition";
  std::vector<std::string> nodes = {"read"};
  if (partition) nodes.emplace_back("survey");
  if (command != Command::preprocess) nodes.emplace_back("parse");
  if (command != Command::stage) nodes.emplace_back("detect");
  nodes.emplace_back(partition ? "encode" : "write");
  if (command == Command::pipeline && !partition) nodes.emplace_back("write-segments");
  return nodes;
}

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

void add_graph_size(CLI::App& app, Command command, Options& o) {
  app.add_option("--buffer", o.buffer,
                 "Files that each edge of a graph holds, 1 to 4096; default: two a worker, 4 to 64")
      ->transform(whole_number(1, 4096));
  std::string nodes = listed(nodes_of(command, "run"));
  if (command != Command::analyse)
    nodes += "; in layout partition " + listed(nodes_of(command, "partition"));
  app.add_option(
      "--concurrency", o.concurrency_text,
      "NODE=N,...: at most so many files (1 to 256) at a time in these nodes, default one a "
      "worker: " +
          nodes);
}

void add_both(CLI::App& app, Command command, Options& o) {
  add_path(app, "--stage-root", o.stage_root, "Where staged runs are")->capture_default_str();
  app.add_option("--layout", o.layout,
                 "run: one file a run; partition: one a procedure and day, a row group a run")
      ->check(CLI::IsMember({"run", "partition"}))
      ->capture_default_str();
  app.add_option("--compression", o.compression, "zstd, zstd-split, snappy or none")
      ->check(CLI::IsMember({"zstd", "zstd-split", "snappy", "none"}))
      ->capture_default_str();
  app.add_option("--events", o.events, "journal, or also files: one JSON file a run")
      ->check(CLI::IsMember({"journal", "files"}))
      ->capture_default_str();
  app.add_option("--fsync", o.fsync, "none, commit: before journal records, file: each file")
      ->check(CLI::IsMember({"none", "commit", "file"}))
      ->capture_default_str();
  add_path(app, "--events-dir", o.events_dir, "Folder of event files (and --events files)");
  app.add_flag("-f,--force", o.force, "Do again what is done");
  add_graph_size(app, command, o);
  app.add_option("-t,--polars-threads", o.polars_threads, "Accepted, without effect")
      ->transform(whole_number(1, 16));
}

void add_stage(CLI::App& app, Options& o) {
  add_path(app, "--raw-root", o.raw_root, "Where the CSVs are")->capture_default_str();
  add_path(app, "--procedures-yaml", o.procedures_yaml,
           "Types by procedure; default: seven built in");
  app.add_option("--local-tz", o.local_tz, "Zone of the partition date")->capture_default_str();
  app.add_flag("--only-yaml-data", o.only_yaml_data,
               "Leave out columns that the procedure does not name");
  add_path(app, "--rejects-dir", o.rejects_dir, "Folder of one JSON file a reject");
  add_path(app, "--manifest", o.manifest,
           "Path of the manifest; default: _manifest/manifest.parquet");
}

void add_sweeps(CLI::App& app, Options& o) {
  app.add_option("-p,--procedure", o.procedure, "IV, IVg or IVgT")
      ->check(CLI::IsMember({"IV", "IVg", "IVgT"}))
      ->capture_default_str();
  app.add_option("--voltage-col", o.voltage_col,
                 "Voltage column; default: Vsd (V) for IV, else Vg (V)");
}

void add_preprocess(CLI::App& app, Options& o) {
  add_path(app, "--output-root", o.output_root,
           "Where segments go; {iv,ivg,ivgt}_segments is appended")
      ->capture_default_str();
  add_sweeps(app, o);
  app.add_option("--rule", o.rule,
                 "zigzag: turns beyond the noise; compat: the original's; pelt: change points")
      ->check(CLI::IsMember({"compat", "zigzag", "pelt"}))
      ->capture_default_str();
  app.add_option("--dv-threshold", o.dv_threshold,
                 "Smallest step that has a direction, V (compat only)")
      ->check(volts())
      ->capture_default_str();
  app.add_option("--min-segment-points", o.min_segment_points,
                 "Shorter segments join their neighbour; by compat they are left out")
      ->transform(whole_number(1, 1'000'000))
      ->capture_default_str();
}

/// A finite number above `least`, or from it on.
CLI::Validator finite(double least, bool least_too, const char* what) {
  const auto check = [=](std::string& text) {
    const auto value = parse_float(text);
    const bool good =
        value && std::isfinite(*value) && (*value > least || (least_too && *value == least));
    return good ? std::string() : "\"" + text + "\" is no " + what;
  };
  return CLI::Validator(check, "", "finite");
}

CLI::Validator odd_order() {
  const auto check = [](std::string& text) {
    const auto value = parse_integer(text);
    const bool good = value && *value >= 1 && *value <= polynomial_order_max && *value % 2 == 1;
    return good ? std::string() : "\"" + text + "\" is no odd order from 1 to 15";
  };
  return CLI::Validator(check, "", "odd order");
}

/// Which days and which of their runs.
void add_days(CLI::App& app, AnalyseOptions& o) {
  const auto date = [](const std::string& text) {
    return is_date_choice(text) ? std::string()
                                : "\"" + text +
                                      "\" is no date YYYY-MM-DD, no two with .. "
                                      "between, and not all";
  };
  app.add_option("--date,--dates", o.dates, "Dates, FIRST..LAST, or all; more than one: compared")
      ->delimiter(',')
      ->check(date);
  app.add_option("--chip-number", o.chip_number, "Only runs of this chip")->check(not_empty());
  app.add_option("--v-max,--voltage-ranges", o.ranges, "Only runs of these ranges, V")
      ->delimiter(',')
      ->check(volts());
  app.add_option("--exclude-ranges", o.excluded, "Not the runs of these, DATE:V")
      ->delimiter(',')
      ->check([](const std::string& text) {
        return parse_excluded(text) ? std::string() : "\"" + text + "\" is no DATE:V";
      });
  app.add_option("--laser-voltage", o.laser_voltage, "Only runs with the laser at this voltage, V")
      ->check(finite(-1e6, true, "voltage"));
}

/// What is made of them.
void add_analysis(CLI::App& app, AnalyseOptions& o) {
  app.add_option("--poly-orders", o.orders, "Orders of the polynomials, odd; default: 1 3 5 7")
      ->delimiter(',')
      ->check(odd_order());
  app.add_option("--combinations", o.combinations,
                 "Which segments odd polynomials are fitted to; default: all six")
      ->delimiter(',')
      ->check(
          CLI::IsMember(std::vector<std::string>(fit_strategies.begin(), fit_strategies.end())));
  app.add_option("--range-decimals", o.range_decimals,
                 "Runs whose largest |V| rounds to the same are one range")
      ->transform(whole_number(0, analysis_decimals_max))
      ->capture_default_str();
  app.add_option("--voltage-rounding-decimals", o.voltage_decimals,
                 "Forward and return points that round to the same voltage are paired")
      ->transform(whole_number(0, analysis_decimals_max))
      ->capture_default_str();
  app.add_option("--voltage-bin", o.voltage_bin,
                 "Voltages become multiples of this many V first; 0: each as it is")
      ->check(volts())
      ->capture_default_str();
  app.add_option("--compute-hysteresis", o.hysteresis, "false: as --stats-only")
      ->capture_default_str();
  app.add_flag("--stats-only", o.stats_only, "Statistics and fits alone, no hysteresis");
  app.add_option("--analyze-peaks", o.peaks, "false: as --skip-peaks")->capture_default_str();
  app.add_flag("--skip-peaks", o.skip_peaks, "No tables of peaks");
  app.add_flag("--no-curves", o.no_curves, "No fitted curves of each run: half of what is written");
  app.add_option("--channel-length-um", o.channel_length_um, "For fields, E = V / length")
      ->check(finite(0, false, "length above 0"))
      ->capture_default_str();
  app.add_option("--channel-width-um", o.channel_width_um, "For densities, J = I / area")
      ->check(finite(0, false, "width above 0"))
      ->capture_default_str();
  app.add_option("--beam-to-sample-ratio", o.beam_to_sample,
                 "Incident laser power over that on the sample")
      ->check(finite(0, false, "ratio above 0"))
      ->capture_default_str();
  app.add_option("--fit-backward", o.fit_backward, "Accepted, without effect");
  app.add_option("--use-segments", o.use_segments, "Accepted, without effect");
}

void add_analyse(CLI::App& app, Options& o) {
  add_path(app, "--intermediate-root", o.intermediate_root, "The output root of preprocess")
      ->capture_default_str();
  add_path(app, "--output-root,--output-base-dir", o.analysis_root,
           "Where tables, fits and plots go")
      ->capture_default_str();
  add_sweeps(app, o);
  add_path(app, "--stage-root", o.stage_root, "Where staged laser calibrations are")
      ->capture_default_str();
  add_days(app, o.analyse);
  add_analysis(app, o.analyse);
  app.add_flag("-f,--force", o.force, "Do again what is done");
  add_graph_size(app, Command::analyse, o);
  app.add_option("--fsync", o.fsync, "none, commit: tables and plot, file: each file")
      ->check(CLI::IsMember({"none", "commit", "file"}))
      ->capture_default_str();
}

void add_options(CLI::App& app, Command command, Options& o) {
  command_line::CommonTexts texts;
  texts.seed = "Seed of made-up data";
  command_line::add_common(app, {o.workers, o.seed, o.config, o.graph, o.trace, o.json, o.quiet},
                           texts);
  switch (command) {
    case Command::stage:
      add_stage(app, o);
      add_both(app, command, o);
      break;
    case Command::preprocess:
      add_preprocess(app, o);
      add_both(app, command, o);
      break;
    case Command::pipeline:
      add_stage(app, o);
      add_preprocess(app, o);
      add_both(app, command, o);
      app.add_flag("--barrier", o.barrier, "Keep the two stages apart, as the original did");
      break;
    case Command::analyse:
      add_analyse(app, o);
      break;
    case Command::generate:
      add_path(app, "OUT", o.path, "Folder of the corpus")->required();
      app.add_option("--files", o.files, "How many files")->transform(whole_number(1, 10'000'000));
      app.add_option("--kind", o.kind,
                     "clean: as a laboratory's; dirty: all faults; or sweeps of one kind")
          ->check(CLI::IsMember(
              std::vector<std::string>(corpus_kind_names.begin(), corpus_kind_names.end())))
          ->capture_default_str();
      break;
    case Command::inspect:
      add_path(app, "FILE", o.path, "A Parquet file; of one that is not flat, its schema")
          ->required();
      app.add_option("--rows", o.rows, "How many of the first rows are shown")
          ->transform(whole_number(0, 1'000'000'000))
          ->capture_default_str();
      app.add_flag("--all-rows", o.all_rows, "With --json: every row as \"data\"");
      break;
    default:
      add_path(app, "STAGE_ROOT", o.path, "A stage root, or an output root of segments")
          ->required();
      app.add_option("--examples", o.examples, "How many of each kind are named")
          ->transform(whole_number(0, 1'000'000))
          ->capture_default_str();
      app.add_flag("--journal-only", o.journal_only,
                   "Look at no staged file: nothing about columns and missing files");
      add_path(app, "--procedures-yaml", o.procedures_yaml,
               "Which columns are known; default: seven procedures built in");
  }
}

/// The option that a key of --config stands for; null when there is none.
CLI::Option* option_of(CLI::App& command, const std::string& key) {
  if (key == "help" || key == "config") return nullptr;
  return command.get_option_no_throw("--" + key);
}

Error unknown_key(CLI::App& root, const Setting& setting) {
  std::vector<std::string> known;
  for (CLI::App* command : root.get_subcommands({})) {
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        if (option_of(*command, name) != nullptr) known.push_back(name);
      }
    }
  }
  return {"bad_config",
          "unknown key \"" + setting.key + "\"; the nearest is " + nearest_word(setting.key, known),
          setting.where};
}

/// Gives options that the command line left alone the values of --config. Every value is looked at,
/// those of other commands as well.
Result<Done> apply_config(CLI::App& root, CLI::App& command, const Options& options) {
  auto settings = load_settings(options.config);
  if (!settings) return settings.error();
  for (const Setting& setting : settings.value()) {
    const Named* owner = nullptr;
    for (const Named& named : commands) {
      const bool has = option_of(*root.get_subcommand(named.name), setting.key) != nullptr;
      const bool analysis = setting.section == "analysis";
      if (analysis && named.command != Command::analyse) continue;
      if (has && (owner == nullptr || named.command == options.command)) owner = &named;
    }
    if (owner == nullptr) return unknown_key(root, setting);
    CLI::App scratch_app;
    Options scratch;
    add_options(scratch_app, owner->command, scratch);
    if (auto good = set_option(*option_of(scratch_app, setting.key), setting); !good) return good;
    const bool other = (options.command == Command::stage && setting.section == "intermediate") ||
                       (options.command == Command::preprocess && setting.section == "staging") ||
                       (options.command == Command::analyse && !setting.section.empty() &&
                        setting.section != "analysis") ||
                       (options.command != Command::analyse && setting.section == "analysis");
    CLI::Option* option = other ? nullptr : option_of(command, setting.key);
    if (option == nullptr || option->count() != 0) continue;
    if (auto given = set_option(*option, setting); !given) return given;
  }
  return Done{};
}

/// Reads "NODE=N,NODE=N".
Result<Done> read_concurrency(Options& o) {
  const std::vector<std::string> known = nodes_of(o.command, o.layout);
  std::string_view rest = o.concurrency_text;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view pair = rest.substr(0, comma);
    rest = comma == rest.npos ? std::string_view{} : rest.substr(comma + 1);
    const std::size_t equal = pair.find('=');
    const std::string node(pair.substr(0, equal));
    const std::string_view number = equal == pair.npos ? "" : pair.substr(equal + 1);
    const auto value = parse_integer(number).value_or(0);
    if (std::find(known.begin(), known.end(), node) == known.end()) {
      const std::string where = o.command == Command::analyse ? "" : " in layout " + o.layout;
      return usage_error("--concurrency: unknown node \"" + node + "\"" + where +
                             "; the nearest is " + nearest_word(node, known) + " of " +
                             listed(known),
                         o.command_name);
    }
    if (value < 1 || value > 256) {
      return usage_error("--concurrency: \"" + std::string(pair) + "\" is not " + node +
                             "=N with a whole number from 1 to 256",
                         o.command_name);
    }
    if (!o.concurrency.emplace(node, static_cast<std::uint16_t>(value)).second)
      return usage_error("--concurrency names " + node + " twice", o.command_name);
  }
  return Done{};
}

/// What CLI11 cannot check.
Result<Done> check_options(Options& o) {
  if (auto read = read_concurrency(o); !read) return read;
  if (o.command == Command::analyse && o.analyse.dates.empty())
    return usage_error("--date is required", o.command_name);
  return Done{};
}

}  // namespace

std::optional<std::pair<std::string, double>> parse_excluded(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == text.npos || !is_date(text.substr(0, colon))) return std::nullopt;
  const auto range = parse_float(text.substr(colon + 1));
  if (!range || !std::isfinite(*range) || *range < 0) return std::nullopt;
  return std::pair(std::string(text.substr(0, colon)), *range);
}

Parsed parse_options(int argc, char** argv) {
  Parsed parsed;
  Options& o = parsed.options;
  CLI::App app("Measurement CSVs to Parquet to voltage-sweep segments.", "weir-segment");
  app.set_version_flag("--version", std::string(version_line()));
  app.require_subcommand(0, 1);
  app.footer(std::string("Example:\n  ") + commands[2].example);
  for (const Named& named : commands) {
    CLI::App* sub = app.add_subcommand(named.name, named.what);
    add_options(*sub, named.command, o);
    sub->footer(std::string("Example:\n  ") + named.example);
  }
  if (auto ended = command_line::parse(app, argc, argv)) {
    static_cast<command_line::Ended&>(parsed) = std::move(*ended);
    return parsed;
  }
  const auto refuse = [&](Error error) {
    parsed.exit = command_line::exit_of_usage;
    parsed.error = std::move(error);
    return parsed;
  };
  CLI::App& command = command_line::innermost(app);
  o.command_name = command.get_name();
  for (const Named& named : commands) {
    if (o.command_name == named.name) o.command = named.command;
  }
  if (!o.config.empty()) {
    if (auto applied = apply_config(app, command, o); !applied) return refuse(applied.error());
  }
  if (auto checked = check_options(o); !checked) return refuse(checked.error());
  return parsed;
}

}  // namespace weir::segmentation
