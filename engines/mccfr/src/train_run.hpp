// train_run.hpp: one run of training from its first iteration, or its last checkpoint, to its end; private to the
// program.
#pragma once

#include <optional>
#include <string>
#include <vector>
#include <weir/file.hpp>
#include <weir/mccfr/training_game.hpp>
#include <weir/signals.hpp>
#include <weir/terminal.hpp>

#include "session.hpp"

namespace weir::mccfr {

struct CurvePoint {
  std::uint64_t iteration = 0;
  double seconds = 0;         // of training, without measuring
  double exploitability = 0;  // in the game's unit
  double ci95 = 0;            // half of its interval; 0: exact
};

class TrainRun {
 public:
  TrainRun(const Options& options, const StopSignals& signals, Findings& findings)
      : options_(options),
        signals_(signals),
        findings_(findings),
        session_(options, findings),
        progress_({.label = "train", .unit = "iterations", .total = 0, .quiet = options.quiet}) {}

  void run();

 private:
  bool prepare();
  bool make_rules();
  bool make_entries();
  /// Says what memory training will take, before it is taken; too much is refused.
  bool announce();
  /// Reads the checkpoint that the run goes on from; a run that differs is refused.
  bool load(const std::string& path);
  bool train();
  std::uint64_t next_event() const noexcept;
  void measure(bool last);
  /// Measures exactly, or by a learnt response.
  std::optional<CurvePoint> measured(double seconds, bool last);
  bool save();
  void look();
  void report();
  double train_seconds() const noexcept;

  const Options& options_;
  const StopSignals& signals_;
  Findings& findings_;
  Session session_;
  Progress progress_;
  TrainRules rules_;
  std::unique_ptr<TrainingGame> game_;
  std::unique_ptr<Trainer> trainer_;
  std::optional<DirectoryLock> lock_;
  std::uint64_t goal_ = 0;
  std::size_t announced_ = 0;                  // bytes
  std::uint64_t began_ = 0, nodes_began_ = 0;  // iterations and nodes before this process
  std::uint64_t saved_ = ~std::uint64_t{0};    // iterations of the last checkpoint
  std::uint64_t next_measure_ = 0;
  Deadline started_ = 0;
  double aside_s_ = 0, saving_s_ = 0;  // measuring and saving; saving alone
  bool budget_spent_ = false;
  std::vector<CurvePoint> curve_;
  std::optional<double> value_;  // of the average strategy for player 0, chips
};

}  // namespace weir::mccfr
