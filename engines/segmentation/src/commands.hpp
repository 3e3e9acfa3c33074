// commands.hpp: what each command of weir-segment does, and how it tells; private to the program.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>
#include <weir/runtime.hpp>
#include <weir/segmentation/analysis.hpp>
#include <weir/segmentation/pipeline.hpp>

#include "json_writer.hpp"
#include "options.hpp"

namespace weir::segmentation {

struct BarrierReport {
  std::string name;
  double us = 0;
  std::uint64_t retired = 0;
  std::uint64_t bytes_live = 0;
};

/// Everything that a command found out, before it is printed.
struct Findings {
  int exit = 0;
  Error error;  // empty code: none
  double elapsed_s = 0;
  bool has_stage = false, has_preprocess = false;
  StageReport stage, preprocess;
  bool has_analysis = false;
  AnalyseReport analysis;
  GenerateReport generated;
  std::vector<BarrierReport> barriers;
  Metrics metrics;  // of the runtime
  bool has_runtime = false;
  std::size_t memory_bytes = 0;
  int workers = 0;
  bool pinned = false;
  std::string text;  // of inspect and report: the answer itself
  std::string
      json_members;  // of inspect and report: ready JSON members, each with a comma before it
  int signal = 0;
};

/// The graphs that a command can have built, in their order.
inline std::array<const GraphReport*, 5> graphs_of(const Findings& findings) {
  return {&findings.stage.survey, &findings.stage.graph, &findings.preprocess.survey,
          &findings.preprocess.graph, &findings.analysis.runs.graph};
}

/// Runs the command that `options` names, messages on stderr.
Findings run_command(const Options& options, const StopSignals& signals);

/// inspect and report, which need no runtime.
void inspect_file(const Options& options, Findings& findings);
void report_root(const Options& options, const StopSignals& signals, Findings& findings);

/// The JSON members that were written, ready for Findings::json_members.
std::string members_of(JsonWriter& json);

/// The result: tables, or the JSON document of CLI.md.
std::string render_tables(const Options& options, const Findings& findings);
std::string render_json(const Options& options, const Findings& findings);

}  // namespace weir::segmentation
