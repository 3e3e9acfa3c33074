// multiway_trainer.hpp: training of two to six players over a LazyTable; private.
//
// A phase is a round of iterations (fast), or a batch's part of one player and then its changes, or a discount of all
// rows. fast: additions at once. deterministic: what a part changes is kept apart and applied when it is whole. Rows
// that come meanwhile are zeros, which say nothing: where they are depends on the threads, and no result does. A full
// table: fast goes on with the rows there are and counts what it refused; deterministic ends with table_full, as it was
// before the batch, because which rows came too late depends on the threads.
#pragma once

#include <weir/mccfr/lazy_table.hpp>
#include <weir/mccfr/multiway_game.hpp>
#include <weir/mccfr/trainer.hpp>
#include <weir/mccfr/updates.hpp>

#include "phased_trainer.hpp"

namespace weir::mccfr {

class MultiwayTrainer final : public PhasedTrainer {
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
  TableBytes table() noexcept override {
    TableBytes bytes;
    bytes.average_rounds = rules_.average_rounds;
    return bytes;
  }
  void average(std::uint32_t row, int actions, double* strategy) const noexcept override {
    table_.strategy(row, actions, strategy);
  }
  double mean_regret() const noexcept override;
  std::size_t table_bytes() const noexcept override;
  void restore(const TrainState& state) noexcept override {
    PhasedTrainer::restore(state);
    shape_.rows = table_.rows_used();
  }
  void take_back(std::span<const UndoEntry> list) noexcept override;
  LazyTable* lazy() noexcept override { return &table_; }
  const MultiwayGame* multiway() const noexcept override { return &game_; }
  bool full() const noexcept override { return full_; }

 private:
  MultiwayTrainer(Runtime& runtime, MultiwayGame game, const TrainRules& rules, LazyTable table);
  bool averages_apart() const noexcept {
    return rules_.algorithm != Algorithm::chance && rules_.average_rounds > 0;
  }
  Counts walk(const Block& block) override;
  Phase plan() override;
  void end_of_phase() override;
  template <class Updates>
  Counts walk_block(const Block& block, Updates& updates, std::size_t thread);
  Phase part_phase(std::uint8_t player) const noexcept;
  Phase round_phase();
  std::uint64_t steps_due() noexcept;
  void end_of_part();
  void end_of_batch();
  void apply_part(std::uint32_t part);
  void discount_rows(std::uint64_t first, std::uint64_t end) noexcept;
  void halve_sums() noexcept;

  MultiwayGame game_;
  LazyTable table_;
  DiscountFactors factors_;                                    // of the discount under way
  std::uint64_t steps_after_ = ~std::uint64_t{0}, steps_ = 0;  // of steps_due()
  BettingTree no_tree_;
  std::uint64_t round_ = 0;  // iterations of a fast round
  Deadline round_began_ = 0;
  std::uint64_t batch_end_ = 0;
  std::vector<LogBatch> logs_;  // one a thread, deterministic
  std::array<std::vector<UndoEntry>, LogBatch::parts> part_undo_;
  std::array<bool, LogBatch::parts> part_large_{};  // a sum is half way to its end
  std::uint64_t refused_ = 0;
  bool full_ = false;
};

}  // namespace weir::mccfr
