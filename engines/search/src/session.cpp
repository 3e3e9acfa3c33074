#include "session.hpp"

#include <weir/file.hpp>
#include <weir/topology.hpp>

namespace weir::search::program {

bool Session::start(const EngineConfig& config, int workers) {
  Config runtime_config;
  runtime_config.workers = options_.workers >= 0 ? options_.workers : workers;
  auto started = Runtime::start(runtime_config);
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
  findings_.workers = runtime_->workers();
  findings_.pinned = place_workers(machine_topology(), runtime_config.workers).pinned;
  auto engine = Engine::start(*runtime_, config);
  if (!engine) {
    fail(findings_, engine.error());
    return false;
  }
  engine_ = std::move(engine).value();
  return true;
}

void Session::leave() noexcept {
  // Workers sleep, nothing is live: the kernel takes all of it faster than destructors do.
  (void)engine_.release();
  (void)trace_.release();
  (void)runtime_.release();
}

void Session::finish() {
  if (engine_ == nullptr) return;
  findings_.memory_bytes = runtime_->memory() + engine_->memory();
  findings_.ledger = engine_->ledger();
  findings_.would_block = engine_->would_block();
  if (!options_.graph.empty()) {
    const std::string text =
        options_.graph.ends_with(".json") ? engine_->graph_json() : engine_->graph_dot();
    if (auto written = write_file_atomically(options_.graph, text); !written)
      fail(findings_, written.error());
  }
  engine_.reset();
  findings_.metrics = runtime_->metrics();
  if (const Status stopped = runtime_->stop_until(); stopped != Status::accepted) {
    fail(findings_, {stopped == Status::stalled ? "stalled" : "failed", "the runtime did not stop",
                     std::string(to_string(stopped))});
  }
  if (trace_ == nullptr) return;
  if (auto written = runtime_->write_trace(options_.trace); !written)
    fail(findings_, written.error());
}

void wait_for_reply(Handle& handle, const StopSignals& signals, SearchReply& reply) {
  constexpr std::uint64_t signal_look_ms = 20;
  while (handle.wait_until(after_ms(signal_look_ms), reply) == Status::timed_out) {
    if (signals.stop_requested()) handle.cancel();
  }
}

}  // namespace weir::search::program
