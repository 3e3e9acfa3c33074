// report: the survey of a root for people and for scripts.
#include "report.hpp"

#include <cmath>
#include <cstdio>
#include <ctime>
#include <weir/segmentation/text.hpp>

#include "commands.hpp"

namespace weir::segmentation {
namespace {

/// "raw/b.csv:12 (byte 340): what"
std::string place_text(const Place& place) {
  std::string out = printable(place.path);
  if (place.line != 0) out += ":" + std::to_string(place.line);
  if (place.byte != 0) out += " (byte " + std::to_string(place.byte) + ")";
  return place.what.empty() ? out : out + ": " + printable(place.what);
}

void append_finding(std::string& out, const std::string& name, const char* what,
                    const Finding& finding) {
  out += "\n" + printable(name) + " " + format_count(finding.count);
  if (what != nullptr) out += std::string(": ") + what;
  out += "\n";
  for (const Place& place : finding.examples) out += "  " + place_text(place) + "\n";
  if (!finding.examples.empty() && finding.examples.size() < finding.count)
    out += "  and " + format_count(finding.count - finding.examples.size()) + " more\n";
}

/// Four digits; empty when there is none.
std::string volts_text(double v) {
  if (!std::isfinite(v)) return {};
  char buffer[32];
  std::snprintf(buffer, sizeof(buffer), "%.4g", v);
  return buffer;
}

std::string summary_text(const Survey& survey) {
  weir::Table table({"report", printable(survey.root)});
  table.add({survey.of_segments ? "runs segmented" : "staged", format_count(survey.done)});
  table.add({"rows", format_count(survey.rows)});
  table.add({"written", format_bytes(static_cast<double>(survey.bytes))});
  if (survey.of_segments) table.add({"segments", format_count(survey.segments)});
  table.add({survey.of_segments ? "without segments" : "refused", format_count(survey.refused)});
  for (const auto& [name, reason] : survey.reasons)
    table.add({"  " + printable(name), format_count(reason.count)});
  if (survey.unreadable_lines != 0)
    table.add({"journal lines that cannot be read", format_count(survey.unreadable_lines)});
  std::string text = table.text();
  for (const std::string& line : survey.unreadable_texts) text += printable(line) + "\n";
  return text;
}

std::string procedures_text(const Survey& survey) {
  if (survey.procedures.empty()) return {};
  weir::Table table({"procedure", "runs", "days", "first", "last", "rows", "median run"});
  for (const auto& [name, facts] : survey.procedures) {
    table.add({printable(name), format_count(facts.runs), format_count(facts.partitions),
               facts.first_date, facts.last_date, format_count(facts.rows),
               format_count(facts.median_rows)});
  }
  return "\n" + table.text();
}

std::string segments_text(const Survey& survey) {
  if (!survey.of_segments || survey.types.empty()) return {};
  weir::Table types({"type", "segments", "points", "lowest, V", "highest, V"});
  for (const auto& [name, facts] : survey.types) {
    types.add({name, format_count(facts.count), format_count(facts.points), volts_text(facts.v_low),
               volts_text(facts.v_high)});
  }
  weir::Table sizes({"segments", "runs"});
  for (const auto& [segments, runs] : survey.runs_by_segments)
    sizes.add({format_count(segments), format_count(runs)});
  return "\n" + types.text() + "\n" + sizes.text();
}

std::string columns_text(const Survey& survey) {
  if (survey.columns.empty()) return {};
  weir::Table table({"procedure", "column", "type", "runs", "constant", "empty", ""});
  for (const auto& [procedure, columns] : survey.columns) {
    for (const auto& [name, facts] : columns) {
      std::string types;
      for (const std::string& type : facts.types) types += (types.empty() ? "" : ", ") + type;
      table.add({printable(procedure), printable(name), types, format_count(facts.runs),
                 format_count(facts.constant), format_count(facts.empty),
                 facts.known ? "" : "unknown"});
    }
  }
  return "\n" + table.text();
}

std::string report_text(const Survey& survey) {
  std::string out =
      summary_text(survey) + procedures_text(survey) + segments_text(survey) + columns_text(survey);
  if (survey.interrupted) out += "\nstopped by a signal: not all files were looked at\n";
  if (!survey.reasons.empty())
    out += survey.of_segments ? "\n== without segments\n" : "\n== refused\n";
  for (const auto& [name, finding] : survey.reasons) append_finding(out, name, nullptr, finding);
  if (!survey.notes.empty())
    out += survey.of_segments ? "\n== flagged\n" : "\n== odd, and staged\n";
  for (const auto& [name, finding] : survey.notes) append_finding(out, name, nullptr, finding);
  if (!survey.oddities.empty()) out += "\n== worth a look\n";
  for (const Oddity& kind : oddity_kinds) {
    const auto found = survey.oddities.find(kind.name);
    if (found != survey.oddities.end()) append_finding(out, kind.name, kind.what, found->second);
  }
  return out;
}

void json_findings(JsonWriter& json, const std::map<std::string, Finding>& findings,
                   std::string_view counts, std::string_view examples) {
  json.key(counts).begin_object();
  for (const auto& [name, finding] : findings) json.member(name, finding.count);
  json.end_object();
  json.key(examples).begin_object();
  for (const auto& [name, finding] : findings) {
    json.key(name).begin_array();
    for (const Place& place : finding.examples) {
      json.begin_object();
      json.member("path", place.path);
      json.member("line", place.line);
      json.member("byte", place.byte);
      json.member("what", place.what);
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
}

void json_procedures(JsonWriter& json, const Survey& survey) {
  json.key("procedures").begin_object();
  for (const auto& [name, facts] : survey.procedures) {
    json.key(name).begin_object();
    json.member("runs", facts.runs);
    json.member("rows", facts.rows);
    json.member("median_rows", facts.median_rows);
    json.member("partitions", facts.partitions);
    json.member("first_date", facts.first_date);
    json.member("last_date", facts.last_date);
    json.end_object();
  }
  json.end_object();
}

void json_segments(JsonWriter& json, const Survey& survey) {
  json.key("segments_by_type").begin_object();
  for (const auto& [name, facts] : survey.types) {
    json.key(name).begin_object();
    json.member("segments", facts.count);
    json.member("points", facts.points);
    json.member("v_low", facts.v_low);
    json.member("v_high", facts.v_high);
    json.end_object();
  }
  json.end_object();
  json.key("runs_by_segments").begin_object();
  for (const auto& [segments, runs] : survey.runs_by_segments)
    json.member(std::to_string(segments), runs);
  json.end_object();
}

void json_columns(JsonWriter& json, const Survey& survey) {
  json.key("columns").begin_array();
  for (const auto& [procedure, columns] : survey.columns) {
    for (const auto& [name, facts] : columns) {
      json.begin_object();
      json.member("procedure", procedure);
      json.member("name", name);
      json.key("types").begin_array();
      for (const std::string& type : facts.types) json.value(type);
      json.end_array();
      json.member("runs", facts.runs);
      json.member("constant", facts.constant);
      json.member("empty", facts.empty);
      json.member("known", facts.known);
      json.end_object();
    }
  }
  json.end_array();
}

std::string report_json(const Survey& survey) {
  JsonWriter json;
  json.member("kind", survey.of_segments ? "segments" : "stage");
  json.member("done", survey.done);
  json.member("refused", survey.refused);
  json.member("rows", survey.rows);
  json.member("bytes", survey.bytes);
  json.member("segments", survey.segments);
  json.member("interrupted", survey.interrupted);
  json.member("unreadable_lines", survey.unreadable_lines);
  json.key("unreadable_examples").begin_array();
  for (const std::string& line : survey.unreadable_texts) json.value(line);
  json.end_array();
  json_procedures(json, survey);
  json_findings(json, survey.reasons, "reasons", "reason_examples");
  json_findings(json, survey.notes, "notes", "note_examples");
  json_findings(json, survey.oddities, "oddities", "oddity_examples");
  if (survey.of_segments) json_segments(json, survey);
  if (survey.has_columns) json_columns(json, survey);
  return members_of(json);
}

}  // namespace

void report_root(const Options& options, const StopSignals& signals, Findings& findings) {
  SurveyConfig config;
  config.root = options.path;
  config.examples_max = options.examples;
  config.files = !options.journal_only;
  config.procedures = &ProcedureTable::built_in();
  config.now_us = std::int64_t{std::time(nullptr)} * 1'000'000;
  Result<ProcedureTable> given = options.procedures_yaml.empty()
                                     ? Result<ProcedureTable>(ProcedureTable({}))
                                     : load_procedures(options.procedures_yaml);
  if (!given) {
    findings.error = given.error();
    return;
  }
  if (!options.procedures_yaml.empty()) config.procedures = &given.value();
  Progress progress({.label = "report", .unit = "files", .total = 0, .quiet = options.quiet});
  const auto survey = survey_root(config, signals, options.quiet ? nullptr : &progress);
  if (!survey) {
    findings.error = survey.error();
    return;
  }
  if (options.json) {
    findings.json_members = report_json(survey.value());
  } else {
    findings.text = report_text(survey.value());
  }
  findings.signal = signals.signal_number();
  if (findings.signal != 0) findings.exit = 128 + findings.signal;
}

}  // namespace weir::segmentation
