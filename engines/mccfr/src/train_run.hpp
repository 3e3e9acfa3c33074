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

#include "curve.hpp"
#include "session.hpp"
#include "train_memory.hpp"

namespace weir::mccfr {

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
  /// Says what --average-rounds comes to in this game.
  void tell_averages();
  /// Says what memory training will take, before it is taken; too much is refused.
  bool announce();
  std::uint64_t memory_most() const;  // bytes, of a run
  /// Reads the checkpoint that the run goes on from; a run that differs is refused.
  bool load(const std::string& path);
  bool train();
  std::uint64_t next_event() const noexcept;
  void measure(bool last);
  /// Measures exactly, or by a learnt response.
  std::optional<CurvePoint> measured(double seconds, bool last);
  /// One line of --metrics.
  void note_metrics(double seconds);
  void draw_curve();
  bool save();
  bool save_curve();
  /// By the clock.
  bool save_due() const noexcept;
  bool save_due_after(std::uint64_t iterations) const noexcept;
  bool snapshot_due() const noexcept;
  /// Writes the averages; what cannot be written is told, and training goes on.
  void snapshot();
  void look();
  std::string note() const;
  /// The curve of all processes of this run, seconds counted through.
  KeptCurve whole_curve() const;
  void report();
  void report_rows(bool known, const std::string& sha);
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
  TrainMemory memory_;
  std::uint64_t began_ = 0, nodes_began_ = 0;  // iterations and nodes before this process
  std::uint64_t saved_ = ~std::uint64_t{0};    // iterations of the last checkpoint
  std::uint64_t next_measure_ = 0;
  Deadline started_ = 0;
  double aside_s_ = 0, saving_s_ = 0;  // measuring and saving; saving alone
  double busy_s_ = 0;                  // processor time of training, of all threads
  double counting_s_ = 0;              // of measuring: visited rows and mean regret
  double snapshot_s_ = 0;              // writing snapshots, of which the last was then
  Deadline snapshot_last_ = 0, save_last_ = 0;
  std::uint64_t snapshots_ = 0, snapshots_failed_ = 0;
  std::uint64_t visited_ = 0;  // rows, and mean regret, as last measured
  double mean_regret_ = 0;
  bool budget_spent_ = false;
  std::vector<CurvePoint> curve_;  // of this process
  KeptCurve before_;               // of those before it
  std::optional<double> value_;    // of the average strategy for player 0, chips
};

}  // namespace weir::mccfr
