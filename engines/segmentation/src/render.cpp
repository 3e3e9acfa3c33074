// What a person or a script reads at the end of a command.
#include <array>
#include <cmath>
#include <cstdio>
#include <weir/memory.hpp>
#include <weir/terminal.hpp>
#include <weir/topology.hpp>
#include <weir/version.hpp>

#include "commands.hpp"

namespace weir::segmentation {
namespace {

double rate(std::uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}
double mb_rate(std::uint64_t bytes, double seconds) { return rate(bytes, seconds) / 1e6; }

std::string count_with_share(std::uint64_t n, std::uint64_t all) {
  std::string out = format_count(n);
  if (n != 0 && all != 0)
    out += " (" + format_number(100.0 * static_cast<double>(n) / static_cast<double>(all)) + " %)";
  return out;
}

/// What the two stages call the same counts.
struct Words {
  const char *all, *done, *refused, *reasons, *outputs;
};
constexpr Words stage_words = {"files", "staged", "rejected", "rejects", "outputs"};
constexpr Words analyse_words = {"runs", "analysed", "errors", "error_reasons", "outputs"};
constexpr Words preprocess_words = {"runs", "segmented", "errors", "error_reasons", "segments"};

void add_outcome(weir::Table& table, const StageReport& r, const Words& words) {
  table.add({words.all, format_count(r.files)});
  table.add({std::string("  ") + words.done, count_with_share(r.done, r.files)});
  table.add({"  skipped", count_with_share(r.skipped, r.files)});
  table.add({std::string("  ") + words.refused, count_with_share(r.rejected, r.files)});
  for (const auto& [reason, n] : r.rejects) table.add({"    " + reason, format_count(n)});
  if (r.removed != 0)
    table.add({std::string("  stale ") + words.outputs + " removed", format_count(r.removed)});
}

void add_stage(weir::Table& table, const StageReport& r) {
  add_outcome(table, r, stage_words);
  table.add({"rows", format_count(r.rows)});
  table.add({"read", format_bytes(static_cast<double>(r.bytes_in))});
  table.add({"written", format_bytes(static_cast<double>(r.bytes_out))});
  table.add({"stage", format_duration(r.elapsed_s)});
  table.add({"files/s", format_number(rate(r.files, r.elapsed_s))});
  table.add({"MB/s", format_number(mb_rate(r.bytes_in, r.elapsed_s))});
}

void add_preprocess(weir::Table& table, const StageReport& r) {
  add_outcome(table, r, preprocess_words);
  table.add({"segments", format_count(r.segments)});
  table.add({"points", format_count(r.rows)});
  table.add({"written", format_bytes(static_cast<double>(r.bytes_out))});
  table.add({"preprocess", format_duration(r.elapsed_s)});
  table.add({"runs/s", format_number(rate(r.files, r.elapsed_s))});
}

/// Four digits; empty when there is no value.
std::string known(double value) {
  if (!std::isfinite(value)) return {};
  std::array<char, 32> buffer{};
  const int size = std::snprintf(buffer.data(), buffer.size(), "%.4g", value);
  return {buffer.data(), static_cast<std::size_t>(size)};
}

void add_analysis(weir::Table& table, const AnalyseReport& analysis) {
  const StageReport& r = analysis.runs;
  add_outcome(table, r, analyse_words);
  table.add({"segments", format_count(r.segments)});
  table.add({"points", format_count(r.rows)});
  std::uint64_t left_out = 0, flagged = 0, up_to_date = 0;
  for (const DayReport& day : analysis.days) {
    left_out += day.left_out;
    flagged += day.flagged;
    up_to_date += day.up_to_date ? 1 : 0;
  }
  if (left_out != 0) table.add({"  points left out", format_count(left_out)});
  if (flagged != 0) table.add({"flagged runs", format_count(flagged)});
  table.add({"days", format_count(analysis.days.size())});
  if (up_to_date != 0) table.add({"  up to date", format_count(up_to_date)});
  table.add({"files of days", format_count(analysis.files_written)});
  table.add({"written", format_bytes(static_cast<double>(r.bytes_out))});
  table.add({"analyse", format_duration(r.elapsed_s)});
  table.add({"runs/s", format_number(rate(r.files, r.elapsed_s))});
}

std::string ranges_text(const AnalyseReport& analysis) {
  weir::Table table({"date", "|V| max, V", "runs", "voltages", "resistance, ohm", "R2", "area, V A",
                     "coercive, V"});
  bool any = false;
  std::string plots;
  for (const DayReport& day : analysis.days) {
    for (const RangeReport& range : day.ranges) {
      any = true;
      table.add({day.date, known(range.v_max), format_count(range.runs),
                 format_count(range.forward_voltages + range.return_voltages),
                 known(range.resistance_ohm), known(range.r_squared), known(range.area_va),
                 known(range.coercive_v)});
    }
    if (!day.plot.empty()) plots += "plot " + day.plot + "\n";
  }
  if (!analysis.comparison.empty()) plots += "comparison " + analysis.comparison + "\n";
  return (any ? "\n" + table.text() : "") + plots;
}

void error_member(JsonWriter& json, const Error& error) {
  json.key("error");
  if (error.code.empty()) return json.null();
  json.begin_object();
  json.member("code", error.code);
  json.member("what", error.what);
  json.member("where", error.where);
  json.end_object();
}

void outcome_members(JsonWriter& json, const StageReport& r, const Words& words) {
  json.member(words.all, r.files);
  json.member(words.done, r.done);
  json.member("skipped", r.skipped);
  json.member(words.refused, r.rejected);
  json.key(words.reasons).begin_object();
  for (const auto& [reason, n] : r.rejects) json.member(reason, n);
  json.end_object();
  json.member("bytes_in", r.bytes_in);
  json.member("bytes_out", r.bytes_out);
  json.member("removed", r.removed);
  json.member("interrupted", r.interrupted);
  json.key("warnings").begin_array();
  for (const std::string& warning : r.warnings) json.value(warning);
  json.end_array();
}

void stage_members(JsonWriter& json, const StageReport& r) {
  outcome_members(json, r, stage_words);
  json.member("rows", r.rows);
  json.member("files_per_s", rate(r.files, r.elapsed_s));
  json.member("mb_per_s", mb_rate(r.bytes_in, r.elapsed_s));
}

void preprocess_members(JsonWriter& json, const StageReport& r) {
  outcome_members(json, r, preprocess_words);
  json.member("segments", r.segments);
  json.member("points", r.rows);
  json.member("runs_per_s", rate(r.files, r.elapsed_s));
  json.member("points_per_s", rate(r.rows, r.elapsed_s));
}

void range_members(JsonWriter& json, const RangeReport& range) {
  json.begin_object();
  json.member("date", range.date);
  json.member("v_max", range.v_max);
  json.member("runs", range.runs);
  json.member("forward_voltages", range.forward_voltages);
  json.member("return_voltages", range.return_voltages);
  json.member("resistance_ohm", range.resistance_ohm);
  json.member("r_squared", range.r_squared);
  json.member("area_va", range.area_va);
  json.member("coercive_v", range.coercive_v);
  json.end_object();
}

void day_members(JsonWriter& json, const DayReport& day) {
  json.begin_object();
  json.member("date", day.date);
  error_member(json, day.error);
  json.member("up_to_date", day.up_to_date);
  json.member("runs", day.runs.files);
  json.member("analysed", day.runs.done);
  json.member("skipped", day.runs.skipped);
  json.member("errors", day.runs.rejected);
  json.member("points_left_out", day.left_out);
  json.member("flagged", day.flagged);
  json.member("files_written", day.files_written);
  json.member("plot", day.plot);
  json.end_object();
}

void analysis_members(JsonWriter& json, const AnalyseReport& analysis) {
  const StageReport& r = analysis.runs;
  outcome_members(json, r, analyse_words);
  json.member("segments", r.segments);
  json.member("points", r.rows);
  json.member("runs_per_s", rate(r.files, r.elapsed_s));
  json.member("files_written", analysis.files_written);
  json.member("comparison", analysis.comparison);
  json.member("plot", analysis.days.size() == 1 ? analysis.days.front().plot : std::string());
  json.key("ranges").begin_array();
  for (const DayReport& day : analysis.days) {
    for (const RangeReport& range : day.ranges) range_members(json, range);
  }
  json.end_array();
  json.key("days").begin_array();
  for (const DayReport& day : analysis.days) day_members(json, day);
  json.end_array();
}

void common_members(JsonWriter& json, const Options& options, const Findings& f) {
  json.member("schema", "weir.segment." +
                            (options.command_name.empty() ? "usage" : options.command_name) + "/1");
  json.member("version", version());
  json.member("commit", commit());
  json.member("ok", f.exit == 0);
  json.member("exit", f.exit);
  error_member(json, f.error);
  json.member("elapsed_s", f.elapsed_s);
  json.key("config").begin_object();
  json.member("workers", f.workers);
  json.member("pinned", f.pinned);
  json.member("seed", options.seed);
  json.end_object();
  json.key("machine").begin_object();
  json.member("cpu", machine_topology().model);
  json.member("cpus", machine_topology().allowed_cpus());
  json.member("compiler", compiler());
  json.member("build", build_type());
  json.end_object();
  json.member("peak_rss_bytes", peak_rss_bytes());
  json.member("memory_bytes", f.memory_bytes);
}

void runtime_members(JsonWriter& json, const Findings& f) {
  Ledger ledger;
  for (const GraphReport* graph : graphs_of(f)) ledger += graph->ledger;
  json.key("ledger").begin_object();
  json.member("in", ledger.in);
  json.member("out", ledger.out);
  json.member("dropped", ledger.dropped);
  json.member("failed", ledger.failed);
  json.member("cancelled", ledger.cancelled);
  json.member("expired", ledger.expired);
  json.end_object();
  json.key("runtime").begin_object();
  json.member("tasks", f.metrics.retired);
  json.member("steals", f.metrics.total.steals);
  json.member("parks", f.metrics.total.parks);
  json.member("lost_wakeups", f.metrics.total.lost_wakeups);
  json.member("stalls", f.metrics.stalls);
  json.member("steady_state_allocations", f.metrics.steady_state_allocations);
  json.key("barriers").begin_array();
  for (const BarrierReport& barrier : f.barriers) {
    json.begin_object();
    json.member("name", barrier.name);
    json.member("us", barrier.us);
    json.member("retired", barrier.retired);
    json.member("bytes_live", barrier.bytes_live);
    json.end_object();
  }
  json.end_array();
  json.key("would_block").begin_object();
  for (const GraphReport* graph : graphs_of(f)) {
    for (const auto& [edge, n] : graph->would_block) json.member(graph->name + ": " + edge, n);
  }
  json.end_object();
  json.end_object();
}

}  // namespace

std::string render_tables(const Options& options, const Findings& f) {
  if (!f.text.empty()) return f.text;
  if (options.command == Command::generate) {
    if (!f.error.code.empty()) return {};
    weir::Table table({options.command_name, ""});
    table.add({"files", format_count(f.generated.files)});
    table.add({"bytes", format_bytes(static_cast<double>(f.generated.bytes))});
    table.add({"time", format_duration(f.generated.elapsed_s)});
    table.add({"files/s", format_number(rate(f.generated.files, f.generated.elapsed_s))});
    return table.text();
  }
  if (!f.has_stage && !f.has_preprocess && !f.has_analysis) return {};
  weir::Table table({options.command_name, ""});
  if (f.has_stage) add_stage(table, f.stage);
  if (f.has_preprocess) add_preprocess(table, f.preprocess);
  if (f.has_analysis) add_analysis(table, f.analysis);
  for (const BarrierReport& barrier : f.barriers) {
    table.add({"barrier after " + barrier.name, format_duration(barrier.us / 1e6)});
  }
  table.add({"peak RSS", format_bytes(static_cast<double>(peak_rss_bytes()))});
  table.add({"memory()", format_bytes(static_cast<double>(f.memory_bytes))});
  for (const GraphReport* graph : graphs_of(f)) {
    for (const auto& [edge, n] : graph->would_block) {
      if (n != 0) table.add({"would_block " + graph->name + ": " + edge, format_count(n)});
    }
  }
  table.add({"total", format_duration(f.elapsed_s)});
  return table.text() + (f.has_analysis ? ranges_text(f.analysis) : "");
}

std::string render_json(const Options& options, const Findings& f) {
  JsonWriter json;
  common_members(json, options, f);
  runtime_members(json, f);
  switch (options.command) {
    case Command::stage:
      stage_members(json, f.stage);
      break;
    case Command::preprocess:
      preprocess_members(json, f.preprocess);
      break;
    case Command::pipeline:
      json.key("stage").begin_object();
      stage_members(json, f.stage);
      json.end_object();
      json.key("preprocess").begin_object();
      preprocess_members(json, f.preprocess);
      json.end_object();
      break;
    case Command::analyse:
      analysis_members(json, f.analysis);
      break;
    case Command::generate:
      json.member("files", f.generated.files);
      json.member("bytes_out", f.generated.bytes);
      json.member("files_per_s", rate(f.generated.files, f.generated.elapsed_s));
      break;
    default:
      break;
  }
  std::string text = json.finish();
  text.insert(text.size() - 2, f.json_members);  // ready members, before the closing brace
  return text;
}

}  // namespace weir::segmentation
