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

namespace weir::mccfr {

class MultiwayTrainer final : public Trainer {
 public:
  /// Errors: no_memory, too_large.
  static Result<std::unique_ptr<Trainer>> make(Runtime& runtime, MultiwayGame game,
                                               const TrainRules& rules, const LazySizes& sizes);

  Status advance(std::uint64_t iterations, void (*look)(void*), void* context) override;
  void request_stop() noexcept override {
    stop_.store(1, relaxed);  // relaxed: only asks for an early end
  }
  std::uint64_t iterations_now() const noexcept override { return state_.iterations; }
  std::uint64_t nodes_now() const noexcept override { return state_.nodes; }
  const BettingTree& tree() const noexcept override { return no_tree_; }
  const TableShape& shape() const noexcept override { return shape_; }
  const TrainState& state() const noexcept override { return state_; }
  TableBytes table() noexcept override { return {}; }
  void average(std::uint32_t row, int actions, double* strategy) const noexcept override {
    table_.strategy(row, actions, strategy);
  }
  double mean_regret() const noexcept override;
  std::size_t table_bytes() const noexcept override;
  std::span<const UndoEntry> undo() const noexcept override { return undo_; }
  TrainState undone() const noexcept override { return undo_.empty() ? state_ : undone_; }
  void restore(const TrainState& state) noexcept override {
    state_ = state;
    shape_.rows = table_.rows_used();
  }
  void take_back(std::span<const UndoEntry> list) noexcept override;
  const TrainGraph& graph() const noexcept override { return graph_; }
  std::uint64_t resting_place(std::uint64_t iterations) const noexcept override {
    return rules_.mode == UpdateMode::fast ? iterations
                                           : (iterations + batch_ - 1) / batch_ * batch_;
  }
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
  std::uint64_t discount_due() const noexcept;
  /// Walks iterations on all workers.
  Status walk(const Range& range);
  template <class Updates>
  void walk_block(const Range& block, Updates& updates, std::size_t thread, Counts& counts);
  Status advance_fast();
  Status advance_batch();
  Status apply(bool keep);
  void apply_part(std::uint32_t part, bool keep);
  Status discount();
  void discount_rows(std::uint64_t first, std::uint64_t end) noexcept;
  void halve_sums() noexcept;

  Runtime& runtime_;
  MultiwayGame game_;
  TrainRules rules_;
  LazyTable table_;
  BettingTree no_tree_;
  TableShape shape_;  // rows alone
  std::uint32_t batch_ = 0;
  TrainState state_, undone_;
  std::uint64_t goal_ = 0, round_ = 0;  // iterations; of a fast round
  std::vector<Counts> counts_;          // of a round's blocks
  std::vector<LogBatch> logs_;          // one a thread, deterministic
  std::array<std::vector<UndoEntry>, LogBatch::parts> part_undo_;
  std::array<bool, LogBatch::parts> part_large_{};  // a sum is half way to its end
  std::vector<UndoEntry> undo_;
  std::uint64_t refused_ = 0;
  bool full_ = false;
  atomic<std::uint32_t> stop_{0};
  TrainGraph graph_;
};

}  // namespace weir::mccfr
