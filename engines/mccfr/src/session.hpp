// session.hpp: a runtime for one command, with what all programs of weir promise about it; private to the program.
#pragma once

#include <memory>
#include <string>
#include <weir/runtime.hpp>

#include "commands.hpp"

namespace weir::mccfr {

class Session {
 public:
  Session(const Options& options, Findings& findings) : options_(options), findings_(findings) {}

  /// False: it could not be started, and findings say why.
  bool start();
  Runtime& runtime() noexcept { return *runtime_; }
  void say(const std::string& text) const;
  /// A barrier, counters, files of --graph and --trace; stops the runtime.
  void finish(const TrainGraph& graph);

 private:
  const Options& options_;
  Findings& findings_;
  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<TraceSignals> trace_;  // goes before the runtime
};

}  // namespace weir::mccfr
