// session.hpp: a runtime and an engine on it for one command; private to the program.
#pragma once

#include <memory>
#include <weir/runtime.hpp>
#include <weir/search/engine.hpp>
#include <weir/signals.hpp>

#include "findings.hpp"

namespace weir::search::program {

class Session {
 public:
  Session(const Options& options, Findings& findings) : options_(options), findings_(findings) {}

  /// False: it could not be started, and findings say why. `workers` where the command line says nothing.
  bool start(const EngineConfig& config, int workers = -1);
  Engine& engine() noexcept { return *engine_; }
  /// Counters, files of --graph and --trace; stops engine and runtime.
  void finish();
  /// Stops engine and runtime in the background of the process's end: nothing is counted any more.
  void leave() noexcept;

 private:
  const Options& options_;
  Findings& findings_;
  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<TraceSignals> trace_;  // goes before the runtime
  std::unique_ptr<Engine> engine_;       // and this before both
};

/// Waits for a request's reply; a signal cancels it.
void wait_for_reply(Handle& handle, const StopSignals& signals, SearchReply& reply);

}  // namespace weir::search::program
