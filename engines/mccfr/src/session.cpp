#include "session.hpp"

#include <cstdio>
#include <weir/clock.hpp>
#include <weir/file.hpp>
#include <weir/topology.hpp>

namespace weir::mccfr {

int exit_of(const Error& error) noexcept {
  constexpr int exit_nothing = 1, exit_usage = 2, exit_stalled = 3;
  if (error.code == "stalled") return exit_stalled;
  const bool usage =
      error.code == "usage" || error.code == "bad_config" || error.code == "other_run";
  return usage ? exit_usage : exit_nothing;
}

void fail(Findings& findings, const Error& error) {
  if (!findings.error.code.empty()) return;  // the first counts
  findings.error = error;
  findings.exit = exit_of(error);
}

void Session::say(const std::string& text) const {
  if (!options_.quiet) std::fprintf(stderr, "%s\n", text.c_str());
}

bool Session::start() {
  Config config;
  config.workers = options_.workers;
  if (!options_.quiet) {
    config.on_change = [](const MachineChange& change) {
      std::fprintf(stderr, "%s\n", change.text);
    };
  }
  auto started = Runtime::start(config);
  if (!started) {
    fail(findings_, started.error());
    return false;
  }
  runtime_ = std::move(started).value();
  if (!options_.trace.empty()) {
    auto installed = TraceSignals::install(*runtime_, options_.trace);
    if (!installed) {
      fail(findings_, installed.error());
      return false;
    }
    trace_ = std::move(installed).value();
  }
  const Placement placement = place_workers(machine_topology(), options_.workers);
  findings_.workers = runtime_->workers();
  findings_.pinned = placement.pinned;
  say(runtime_->describe());
  return true;
}

void Session::finish(const TrainGraph& graph) {
  const Deadline begin = now_ns();
  const Receipt receipt = runtime_->barrier();
  findings_.barriers_us.emplace_back("end", static_cast<double>(now_ns() - begin) / 1e3);
  if (receipt.status == Status::stalled)
    fail(findings_, {"stalled", "the barrier proved a stall", "end"});
  findings_.graph = graph;
  findings_.metrics = runtime_->metrics();
  findings_.memory_bytes += runtime_->memory();
  if (!options_.graph.empty() && graph.dot.empty())
    say("--graph: nothing ran as a stream graph here, and none is written");
  if (!options_.graph.empty() && !graph.dot.empty()) {
    const bool as_json = options_.graph.ends_with(".json");
    if (auto written = write_file_atomically(options_.graph, as_json ? graph.json : graph.dot);
        !written)
      fail(findings_, written.error());
  }
  const Status stopped = runtime_->stop_until();
  if (stopped != Status::accepted) {
    fail(findings_, {stopped == Status::stalled ? "stalled" : "failed", "the runtime did not stop",
                     std::string(to_string(stopped))});
  }
  if (trace_ != nullptr) {
    if (auto written = runtime_->write_trace(options_.trace); !written)
      fail(findings_, written.error());
  }
}

}  // namespace weir::mccfr
