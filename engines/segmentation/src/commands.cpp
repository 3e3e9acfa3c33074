#include "commands.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <weir/clock.hpp>
#include <weir/file.hpp>
#include <weir/segmentation/segmenting.hpp>
#include <weir/segmentation/text.hpp>
#include <weir/topology.hpp>

namespace weir::segmentation {
namespace {

constexpr int exit_nothing = 1, exit_usage = 2, exit_stalled = 3;

int exit_of(const Error& error) {
  if (error.code == "stalled") return exit_stalled;
  const bool usage = error.code == "usage" || error.code == "bad_config" ||
                     error.code == "bad_procedures" || error.code == "bad_time_zone" ||
                     error.code == "not_a_directory" || error.code == "other_layout" ||
                     error.code == "other_root";
  return usage ? exit_usage : exit_nothing;
}

Compression compression_of(const Options& options) {
  for (const Compression one : {Compression::zstd, Compression::zstd_split, Compression::snappy}) {
    if (options.compression == to_string(one)) return one;
  }
  return Compression::none;
}

SyncPolicy sync_of(const Options& options) {
  return options.fsync == "none"   ? SyncPolicy::none
         : options.fsync == "file" ? SyncPolicy::file
                                   : SyncPolicy::commit;
}

Rule rule_of(const Options& options) {
  return options.rule == "compat" ? Rule::compat
         : options.rule == "pelt" ? Rule::pelt
                                  : Rule::zigzag;
}

/// `given` with the procedure's folder behind it, unless it ends so.
std::string segments_root(const Options& options, const std::string& given) {
  const std::string root = clean_path(given);
  const std::string folder(segment_folder(options.procedure));
  const std::string last = root.substr(root.rfind('/') + 1);
  return last == folder ? root : root + "/" + folder;
}

SideFiles side_files(const Options& options, const std::string& root) {
  SideFiles side;
  side.events = options.events == "files" || !options.events_dir.empty();
  side.events_dir = options.events_dir.empty() ? root + "/_manifest/events" : options.events_dir;
  side.rejects_dir = options.rejects_dir;
  if (side.rejects_dir.empty() && options.events == "files")
    side.rejects_dir = clean_path(root + "/../_rejects");
  return side;
}

void say(const Options& options, const std::string& text) {
  if (!options.quiet) std::fprintf(stderr, "%s\n", printable(text).c_str());
}

/// Options that are right, but change nothing beside the others.
void tell_idle(const Options& options) {
  const Command command = options.command;
  const bool segments = command == Command::preprocess || command == Command::pipeline;
  if (segments && options.rule != "compat" && options.dv_threshold != Options{}.dv_threshold)
    say(options, "warning: --dv-threshold has no effect by --rule " + options.rule);
  const bool shows = segments || command == Command::stage || command == Command::analyse;
  if (!shows && !options.graph.empty())
    say(options, "warning: --graph has no effect: " + options.command_name + " has none to show");
  if ((command == Command::inspect || command == Command::report) && !options.trace.empty())
    say(options, "warning: --trace has no effect: " + options.command_name + " has no workers");
  if (command == Command::report && options.journal_only && !options.procedures_yaml.empty())
    say(options, "warning: --procedures-yaml has no effect with --journal-only");
}

class Session {
 public:
  Session(const Options& options, const StopSignals& signals, Findings& findings)
      : options_(options),
        findings_(findings),
        progress_(
            {.label = options.command_name, .unit = "files", .total = 0, .quiet = options.quiet}),
        watch_{&signals, options.quiet ? nullptr : &progress_} {}

  void run();

 private:
  bool start_runtime();
  bool make_stage_config(StageConfig& config);
  SegmentConfig segment_config() const;
  std::uint32_t buffer() const noexcept {
    return options_.buffer != 0 ? options_.buffer : buffer_slots(findings_.workers);
  }
  bool stage_step();
  bool preprocess_step();
  bool overlapped_step();
  bool judge_stage();
  bool judge_preprocess();
  AnalyseConfig analyse_config() const;
  void analyse_step();
  void barrier(const std::string& name);
  void generate_step();
  void write_graphs();
  void finish();
  void say(const std::string& text) const { segmentation::say(options_, text); }
  bool fail(const Error& error) {
    findings_.error = error;
    findings_.exit = exit_of(error);
    return false;
  }
  void warn(const StageReport& report) const {
    for (const std::string& warning : report.warnings) say("warning: " + warning);
  }

  const Options& options_;
  Findings& findings_;
  Progress progress_;
  Watch watch_;
  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<TraceSignals> trace_signals_;  // goes before the runtime
  std::optional<TimeZone> zone_;
  std::optional<ProcedureTable> procedures_;
};

bool Session::start_runtime() {
  Config config;
  config.workers = options_.workers;
  if (!options_.quiet) {
    config.on_change = [](const MachineChange& change) {
      std::fprintf(stderr, "%s\n", change.text);
    };
  }
  auto started = Runtime::start(config);
  if (!started) return fail(started.error());
  runtime_ = std::move(started).value();
  if (!options_.trace.empty()) {
    auto installed = TraceSignals::install(*runtime_, options_.trace);
    if (!installed) return fail(installed.error());
    trace_signals_ = std::move(installed).value();
  }
  findings_.has_runtime = true;
  const Placement placement = place_workers(machine_topology(), options_.workers);
  findings_.workers = placement.workers();
  findings_.pinned = placement.pinned;
  say(runtime_->describe());
  return true;
}

bool Session::make_stage_config(StageConfig& config) {
  auto zone = TimeZone::load(options_.local_tz);
  if (!zone) return fail(zone.error());
  zone_ = std::move(zone).value();
  if (!options_.procedures_yaml.empty()) {
    auto table = load_procedures(options_.procedures_yaml);
    if (!table) return fail(table.error());
    procedures_ = std::move(table).value();
    config.procedures = &*procedures_;
  }
  config.raw_root = options_.raw_root;
  config.stage_root = options_.stage_root;
  config.zone = &*zone_;
  config.only_spec_columns = options_.only_yaml_data;
  config.compression = compression_of(options_);
  config.sync = sync_of(options_);
  config.force = options_.force;
  config.side = side_files(options_, clean_path(options_.stage_root));
  config.manifest = options_.manifest;
  config.layout = options_.layout == "partition" ? Layout::partition : Layout::run;
  config.capacity = buffer();
  config.concurrency = options_.concurrency;
  return true;
}

bool Session::stage_step() {
  StageConfig config;
  if (!make_stage_config(config)) return false;
  auto report = stage(*runtime_, config, watch_);
  if (!report) return fail(report.error());
  findings_.stage = std::move(report).value();
  return judge_stage();
}

/// Whether what came of it is of use.
bool Session::judge_stage() {
  findings_.has_stage = true;
  warn(findings_.stage);
  const StageReport& r = findings_.stage;
  if (r.interrupted) {
    say("stopped by a signal after " + std::to_string(r.files) +
        " files; run the command again to go on");
    return false;
  }
  if (r.files == 0 && !r.unread.code.empty()) return fail(r.unread);
  if (r.files == 0) return fail({"nothing_found", "there is no *.csv file", options_.raw_root});
  if (r.done + r.skipped == 0)
    return fail({"all_rejected", "all files were rejected", options_.raw_root});
  return true;
}

void Session::barrier(const std::string& name) {
  const Deadline begin = now_ns();
  const Receipt receipt = runtime_->barrier();
  findings_.barriers.push_back(
      {name, static_cast<double>(now_ns() - begin) / 1e3, receipt.tasks, receipt.bytes_live});
  if (receipt.status == Status::stalled) fail({"stalled", "the barrier proved a stall", name});
}

SegmentConfig Session::segment_config() const {
  SegmentConfig config;
  config.stage_root = options_.stage_root;
  config.output_root = segments_root(options_, options_.output_root);
  config.procedure = options_.procedure;
  config.voltage = options_.voltage_col;
  config.detector.rule = rule_of(options_);
  config.detector.dv_threshold = options_.dv_threshold;
  config.detector.min_segment_points = options_.min_segment_points;
  config.compression = compression_of(options_);
  config.sync = sync_of(options_);
  config.force = options_.force;
  config.side = side_files(options_, config.output_root);
  config.layout = options_.layout == "partition" ? Layout::partition : Layout::run;
  config.capacity = buffer();
  config.concurrency = options_.concurrency;
  return config;
}

bool Session::preprocess_step() {
  const SegmentConfig config = segment_config();
  auto report = preprocess(*runtime_, config, watch_);
  if (!report) return fail(report.error());
  findings_.preprocess = std::move(report).value();
  return judge_preprocess();
}

bool Session::overlapped_step() {
  StageConfig first;
  if (!make_stage_config(first)) return false;
  const SegmentConfig second = segment_config();
  auto report = pipeline(*runtime_, first, second, watch_);
  if (!report) return fail(report.error());
  findings_.stage = std::move(report.value().stage);
  findings_.preprocess = std::move(report.value().preprocess);
  return judge_stage() && judge_preprocess();
}

bool Session::judge_preprocess() {
  findings_.has_preprocess = true;
  warn(findings_.preprocess);
  const StageReport& r = findings_.preprocess;
  if (r.interrupted) {
    say("stopped by a signal after " + std::to_string(r.files) +
        " runs; run the command again to go on");
    return false;
  }
  if (r.files == 0 && !r.unread.code.empty()) return fail(r.unread);
  if (r.files == 0) {
    return fail({"nothing_found", "there is no staged run of procedure " + options_.procedure,
                 options_.stage_root});
  }
  if (r.done + r.skipped == 0)
    return fail({"all_failed", "no run could be segmented", options_.stage_root});
  return true;
}

AnalyseConfig Session::analyse_config() const {
  const AnalyseOptions& o = options_.analyse;
  AnalyseConfig config;
  config.intermediate_root = segments_root(options_, options_.intermediate_root);
  config.output_root = options_.analysis_root;
  config.stage_root = options_.stage_root;
  config.dates = o.dates;
  config.procedure = options_.procedure;
  config.voltage = options_.voltage_col;
  config.chip_number = o.chip_number;
  config.laser_voltage = o.laser_voltage;
  config.ranges = o.ranges;
  for (const std::string& text : o.excluded) {
    if (auto excluded = parse_excluded(text)) config.excluded.push_back(std::move(*excluded));
  }
  if (!o.orders.empty()) {
    config.orders = o.orders;
    std::sort(config.orders.begin(), config.orders.end());
    config.orders.erase(std::unique(config.orders.begin(), config.orders.end()),
                        config.orders.end());
  }
  if (!o.combinations.empty()) {
    std::erase_if(config.strategies, [&](std::string_view strategy) {
      return std::find(o.combinations.begin(), o.combinations.end(), strategy) ==
             o.combinations.end();
    });
  }
  config.range_decimals = o.range_decimals;
  config.voltage_decimals = o.voltage_decimals;
  config.voltage_bin = o.voltage_bin;
  config.hysteresis = o.hysteresis && !o.stats_only;
  config.peaks = o.peaks && !o.skip_peaks;
  config.curves = !o.no_curves;
  config.channel_length_um = o.channel_length_um;
  config.channel_width_um = o.channel_width_um;
  config.beam_to_sample = o.beam_to_sample;
  config.force = options_.force;
  config.sync = sync_of(options_);
  config.capacity = buffer();
  config.concurrency = options_.concurrency;
  return config;
}

void Session::analyse_step() {
  const AnalyseConfig config = analyse_config();
  auto report = analyse(*runtime_, config, watch_);
  if (!report) {
    fail(report.error());
    return;
  }
  findings_.has_analysis = true;
  findings_.analysis = std::move(report).value();
  const AnalyseReport& all = findings_.analysis;
  warn(all.runs);
  if (all.runs.interrupted) {
    say("stopped by a signal after " + std::to_string(all.days.size()) +
        " whole days; of the day under way there are no tables and no plot; run the command "
        "again to go on");
    return;
  }
  const auto failed = [](const DayReport& day) { return !day.error.code.empty(); };
  if (!std::all_of(all.days.begin(), all.days.end(), failed)) {
    for (const DayReport& day : all.days) {
      if (failed(day) && day.runs.files != 0) say("warning: " + day.date + ": " + day.error.text());
    }
    return;
  }
  fail(all.days.size() == 1 ? all.days.front().error
                            : Error{"all_failed", "no run of any day could be analysed",
                                    config.intermediate_root + "/proc=" + config.procedure});
}

void Session::generate_step() {
  CorpusConfig config{options_.files, CorpusKind::clean, options_.seed};
  for (std::size_t k = 0; k < corpus_kind_names.size(); ++k) {
    if (corpus_kind_names[k] == options_.kind) config.kind = static_cast<CorpusKind>(k);
  }
  auto report = generate(*runtime_, config, clean_path(options_.path), watch_);
  if (!report) {
    fail(report.error());
    return;
  }
  findings_.generated = report.value();
}

void Session::write_graphs() {
  if (options_.graph.empty()) return;
  const bool json = options_.graph.ends_with(".json");
  std::string text = json ? "[" : "";
  std::string between;
  for (const GraphReport* graph : graphs_of(findings_)) {
    if (graph->name.empty()) continue;
    text += between + (json ? graph->json : graph->dot);
    between = json ? ",\n" : "\n";
  }
  if (between.empty()) return;  // none was built: a file of an earlier run stays
  if (json) text += "]\n";
  const auto written = write_file_atomically(options_.graph, text);
  if (!written && findings_.error.code.empty()) fail(written.error());
}

void Session::finish() {
  // The rest was done; what is below a folder that could not be read was not.
  for (const StageReport* report :
       {&findings_.stage, &findings_.preprocess, &findings_.analysis.runs}) {
    if (!report->unread.code.empty() && findings_.error.code.empty()) fail(report->unread);
  }
  findings_.metrics = runtime_->metrics();
  // One graph at a time lives beside the runtime.
  std::size_t largest = 0;
  for (const GraphReport* graph : graphs_of(findings_))
    largest = std::max(largest, graph->memory_bytes);
  findings_.memory_bytes = runtime_->memory() + largest;
  const Status stopped = runtime_->stop_until();
  if (stopped != Status::accepted && findings_.error.code.empty()) {
    fail({stopped == Status::stalled ? "stalled" : "failed", "the runtime did not stop",
          std::string(to_string(stopped))});
  }
  if (trace_signals_ != nullptr) {
    const auto written = runtime_->write_trace(options_.trace);
    if (!written && findings_.error.code.empty()) fail(written.error());
  }
  findings_.signal = watch_.stop->signal_number();
  if (findings_.signal != 0) findings_.exit = 128 + findings_.signal;
}

void Session::run() {
  if (!start_runtime()) return;
  switch (options_.command) {
    case Command::stage:
      stage_step();
      barrier("stage");
      break;
    case Command::preprocess:
      preprocess_step();
      barrier("preprocess");
      break;
    case Command::pipeline: {
      if (!options_.barrier) {
        overlapped_step();
        barrier("pipeline");
        break;
      }
      const bool staged = stage_step();
      barrier("stage");
      if (staged && findings_.error.code.empty()) {
        preprocess_step();
        barrier("preprocess");
      }
      break;
    }
    case Command::analyse:
      analyse_step();
      barrier("analyse");
      break;
    default:
      generate_step();
  }
  write_graphs();
  finish();
}

}  // namespace

Findings run_command(const Options& options, const StopSignals& signals) {
  const Deadline begin = now_ns();
  Findings findings;
  tell_idle(options);
  if (options.command == Command::inspect) {
    inspect_file(options, findings);
  } else if (options.command == Command::report) {
    report_root(options, signals, findings);
  } else {
    Session(options, signals, findings).run();
  }
  if (!findings.error.code.empty() && findings.exit == 0) findings.exit = exit_of(findings.error);
  findings.elapsed_s = static_cast<double>(now_ns() - begin) / 1e9;
  return findings;
}

}  // namespace weir::segmentation
