// multiway_trainer.hpp: training of two to six players over a LazyTable; private.
//
// Blocks of iterations are walked by all workers; between two rounds of blocks nobody touches the table. fast:
// additions at once. deterministic: a batch has a part for each player, whose changes are kept apart and applied when
// the part is whole. Rows that come meanwhile are zeros, which say nothing: where they are depends on the threads, and
// no result does. A full table: fast goes on with the rows there are and counts what it refused; deterministic ends
// with table_full, as it was before the batch, because which rows came too late depends on the threads.
#pragma once

#include <weir/mccfr/lazy_table.hpp>
#include <weir/mccfr/multiway_game.hpp>
#include <weir/mccfr/trainer.hpp>
#include <weir/mccfr/updates.hpp>

#include "counted_trainer.hpp"

namespace weir::mccfr {

class MultiwayTrainer final : public CountedTrainer {
 public:
  /// Errors: no_memory, too_large.
  static Result<std::unique_ptr<Trainer>> make(Runtime& runtime, MultiwayGame game,
                                               const TrainRules& rules, const LazySizes& sizes);
  /// Units of a chip in regrets, and iterations of a batch: neither a change nor the sum of a batch's changes of an
  /// entry can wrap.
  static double units(const MultiwayGame& game) noexcept;
  static std::uint32_t batch_iterations(const MultiwayGame& game, const TrainRules& rules) noexcept;

  Status advance(std::uint64_t iterations, void (*look)(void*), void* context) override;
  const BettingTree& tree() const noexcept override { return no_tree_; }
  TableBytes table() noexcept override { return {}; }
  void average(std::uint32_t row, int actions, double* strategy) const noexcept override {
    table_.strategy(row, actions, strategy);
  }
  double mean_regret() const noexcept override;
  std::size_t table_bytes() const noexcept override;
  void restore(const TrainState& state) noexcept override {
    CountedTrainer::restore(state);
    shape_.rows = table_.rows_used();
  }
  void take_back(std::span<const UndoEntry> list) noexcept override;
  LazyTable* lazy() noexcept override { return &table_; }
  const MultiwayGame* multiway() const noexcept override { return &game_; }
  bool full() const noexcept override { return full_; }

 private:
  struct alignas(contended_bytes) Counts {
    std::uint64_t nodes = 0, traversals = 0;
    double value = 0;
  };
  struct Range {
    std::uint64_t first = 0, end = 0;
    int player = -1;  // -1: all
  };

  MultiwayTrainer(Runtime& runtime, MultiwayGame game, const TrainRules& rules, LazyTable table);
  bool averages_apart() const noexcept { return rules_.algorithm != Algorithm::chance; }
  /// Walks iterations on all workers.
  Status walk(const Range& range);
  template <class Updates>
  void walk_block(const Range& block, Updates& updates, std::size_t thread, Counts& counts);
  Status advance_fast();
  Status advance_batch();
  Status apply();
  void apply_part(std::uint32_t part);
  Status discount();
  void discount_rows(std::uint64_t first, std::uint64_t end) noexcept;
  void halve_sums() noexcept;

  MultiwayGame game_;
  LazyTable table_;
  BettingTree no_tree_;
  std::uint64_t goal_ = 0, round_ = 0;  // iterations; of a fast round
  std::vector<Counts> counts_;          // of a round's blocks
  std::vector<LogBatch> logs_;          // one a thread, deterministic
  std::array<std::vector<UndoEntry>, LogBatch::parts> part_undo_;
  std::array<bool, LogBatch::parts> part_large_{};  // a sum is half way to its end
  std::uint64_t refused_ = 0;
  bool full_ = false;
};

}  // namespace weir::mccfr
