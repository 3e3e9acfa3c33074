// sampling_trainer.hpp: Monte Carlo training of one game, phase by phase; private.
//
// A phase is a range of iterations, which lanes walk (fast), a half of a batch and then its changes, an epoch of both
// players' batches or one after the other (epochs.hpp), or a piece of the whole table (discounts).
//
// Errors: too_large, no_memory.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <utility>
#include <vector>
#include <weir/mccfr/deal.hpp>
#include <weir/mccfr/sampling.hpp>
#include <weir/mccfr/trainer.hpp>

#include "baseline_work.hpp"
#include "batch_size.hpp"
#include "compact_work.hpp"
#include "epochs.hpp"
#include "phased_trainer.hpp"
#include "regret_copies.hpp"
#include "table_work.hpp"
#include "walk_lanes.hpp"

namespace weir::mccfr {

/// What random numbers are for.
enum class Purpose : std::uint64_t {
  deal = 1,
  first_walk = 2,
  discount = 8,
  applying = 9,
  rounding = 10
};

template <class G, class Entries>
requires Game<G>
class SamplingTrainer final : public PhasedTrainer {
 public:
  using Regret = typename Entries::Regret;
  using Work = TableWork<Entries>;

  /// Errors: too_large, no_memory.
  static Result<std::unique_ptr<Trainer>> make(Runtime& runtime, G game, const TrainRules& rules) {
    auto shape = TableShape::of(game.tree(), game.buckets());
    if (!shape) return shape.error();
    auto table = Work::make(shape.value(), rules);
    if (!table) return table.error();
    Result<CountedArray<float>> baselines = CountedArray<float>();
    if (rules.baselines) baselines = zero_baselines(shape.value());
    if (!baselines) return baselines.error();
    const Epochs epochs =
        epochs_of<Entries>(shape.value(), rules, batch_of(game, rules, shape.value()));
    const std::size_t lanes = lanes_of(runtime.workers(), rules, epochs);
    auto copies = Copies::make(shape.value(), lanes);
    if (!copies) return copies.error();
    return std::unique_ptr<Trainer>(new SamplingTrainer(
        runtime, std::move(game), rules, std::move(shape).value(), std::move(table).value(),
        std::move(baselines).value(), epochs, lanes, std::move(copies).value()));
  }

  const BettingTree& tree() const noexcept override { return game_.tree(); }
  TableBytes table() noexcept override {
    TableBytes bytes = Work::bytes(table_);
    bytes.average_rounds = rules_.average_rounds;
    if (rules_.baselines) bytes.baselines = std::as_writable_bytes(baselines_.span());
    return bytes;
  }
  void average(std::uint32_t entry, int actions, double* strategy) const noexcept override {
    Work::average(table_, entry, actions, strategy);
  }
  double mean_regret() const noexcept override;
  std::size_t table_bytes() const noexcept override;
  void take_back(std::span<const UndoEntry> list) noexcept override;

 private:
  static constexpr bool narrow = sizeof(Regret) == sizeof(NarrowEntries::Regret);
  static constexpr bool short_entries = std::is_same_v<Entries, CompactEntries>;
  using Copies = std::conditional_t<short_entries, NoCopies, RegretCopies<Entries>>;
  static constexpr std::uint64_t table_block = 1 << 18;  // entries of a discount's block

  SamplingTrainer(Runtime& runtime, G game, const TrainRules& rules, TableShape shape,
                  Table<Entries> table, CountedArray<float> baselines, const Epochs& epochs,
                  std::size_t lanes, Copies copies)
      : PhasedTrainer(runtime, rules, shape),
        game_(std::move(game)),
        table_(std::move(table)),
        baselines_(std::move(baselines)),
        largest_(largest_value(game_.tree())),
        epochs_(epochs),
        lanes_(lanes, shape_.rows),
        copies_(std::move(copies)) {
    if constexpr (narrow) rules_.sampling.units = narrow_units(largest_);
    batch_ = batch_iterations(rules, shape_, largest_, narrow);
    const std::size_t threads = runtime.metrics().contexts.size();
    if (epochs_.there()) {
      batch_ = static_cast<std::uint32_t>(epochs_.iterations());
      logs_.resize(std::max<std::size_t>(threads, 2));
    } else if (rules.mode == UpdateMode::deterministic) {
      if (dense()) {
        batches_.resize(threads);
        for (DenseBatch& batch : batches_) batch.resize(shape_.entries);
      } else {
        logs_.resize(threads);
      }
      deals_.resize(batch_);
      if (rules.baselines) baseline_logs_.resize(threads);
    } else {
      batch_ = 1;
    }
  }

  static std::uint64_t batch_of(const G& game, const TrainRules& rules,
                                const TableShape& shape) noexcept {
    return batch_iterations(rules, shape, largest_value(game.tree()), narrow);
  }
  bool dense() const noexcept { return shape_.entries <= dense_entries; }
  std::uint64_t block_iterations() const noexcept { return shape_.rows < small_rows ? 128 : 64; }
  /// With two of them and whole entries, no two threads write to the same.
  bool writes_alone() const noexcept {
    return lanes_.one_writer() && (lanes_.lanes() == 1 || !short_entries);
  }

  Counts walk(const Block& block) override;
  Phase plan() override;
  void end_of_phase() override;
  Counts walk_adding(const Block& block, LogBatch& log);
  template <class Updates>
  Counts walk_range(const Block& block, Updates& updates);
  template <class Traverse>
  Counts walk_with(const Block& block, Traverse traversal);
  template <class Traverse>
  Counts walk_lane(const Block& block, Traverse traversal);
  void copy(const Block& block) noexcept;
  void apply_alone(LogBatch& log);
  Phase epoch_half() noexcept;
  template <class Traverse>
  auto walk_one(Traverse& traversal, const Deal& deal, std::uint64_t iteration,
                std::uint32_t player) const noexcept;

  /// Deals of iterations one after the other, each asked for some deals before it is read.
  template <std::uint64_t ahead>
  class Draws {
   public:
    /// The trainer outlives it.
    Draws(const SamplingTrainer& of, std::uint64_t first, std::uint64_t end) noexcept
        : of_(of), at_(first), asked_(first), end_(end) {
      while (asked_ < std::min(first + ahead, end)) ask();
    }
    void next(Deal& deal) noexcept {
      of_.game_.deal(of_.shape_, drawn_[at_++ % ahead], deal);
      if (asked_ < end_) ask();
    }

   private:
    void ask() noexcept {
      Random cards =
          Random::keyed(of_.rules_.seed, asked_, static_cast<std::uint64_t>(Purpose::deal));
      of_.game_.draw(cards, drawn_[asked_++ % ahead]);
    }

    const SamplingTrainer& of_;
    std::uint64_t at_, asked_;
    const std::uint64_t end_;
    std::array<typename G::Drawn, ahead> drawn_;
  };

  void discount_range(const Block& block) noexcept;
  Phase half_phase(std::uint8_t player) const noexcept;
  bool keeps_undo() const noexcept { return batch_end_ % batch_ != 0; }
  Applying applying() const noexcept;

  // Apart from the counts, which change while all walk.
  alignas(contended_bytes) G game_;
  Table<Entries> table_;
  CountedArray<float> baselines_;  // empty where there are none
  float largest_;                  // chips, of what a hand can be worth
  const Epochs epochs_;            // deterministic mode
  WalkLanes lanes_;                // fast mode, epochs
  Copies copies_;                  // of their regrets

  // Of the batch under way; not a multiple of its size: training goes on from its beginning.
  std::uint64_t batch_end_ = 0;
  std::uint64_t walked_ = 0;         // of an epoch whose batches end for all at once: iterations
  std::vector<DenseBatch> batches_;  // one a worker and guest, in small tables
  std::vector<LogBatch> logs_;       // in large ones
  std::vector<BaselineLog> baseline_logs_;
  std::array<std::vector<UndoEntry>, LogBatch::parts> part_undo_;
  std::vector<Deal, PlatformAllocator<Deal>> deals_;  // of the batch
};

template <class G, class Entries>
requires Game<G>
template <class Updates>
auto SamplingTrainer<G, Entries>::walk_range(const Block& block, Updates& updates) -> Counts {
  const auto walk = [&](auto baselines) {
    Traversal<Entries, Updates, decltype(baselines)> traversal(game_.tree(), Work::regrets(table_),
                                                               updates, rules_.sampling, baselines);
    return block.work == Task::walk || epochs_.there() ? walk_lane(block, traversal)
                                                       : walk_with(block, traversal);
  };
  if (!rules_.baselines) return walk(NoBaselines{});
  if (block.work == Task::walk) return walk(SharedBaselines(baselines_.data(), largest_));
  return walk(BatchBaselines(baselines_.data(), largest_,
                             baseline_logs_[static_cast<std::size_t>(worker_index())]));
}

template <class G, class Entries>
requires Game<G>
template <class Traverse>
auto SamplingTrainer<G, Entries>::walk_one(Traverse& traversal, const Deal& deal,
                                           std::uint64_t iteration,
                                           std::uint32_t player) const noexcept {
  const Random random = Random::keyed(rules_.seed, iteration,
                                      static_cast<std::uint64_t>(Purpose::first_walk) + player);
  const int who = static_cast<int>(player);
  return rules_.algorithm == Algorithm::external  ? traversal.external(deal, who, random)
         : rules_.algorithm == Algorithm::outcome ? traversal.outcome(deal, who, random)
                                                  : traversal.chance(deal, who, random);
}

/// A half of a batch.
template <class G, class Entries>
requires Game<G>
template <class Traverse>
auto SamplingTrainer<G, Entries>::walk_with(const Block& block, Traverse traversal) -> Counts {
  Counts counts;
  const bool draws = block.player == 0;  // the second half plays the deals of the first
  // What a draw asks for takes about two walks to come.
  Draws<2> drawn(*this, block.first, draws ? block.end : block.first);
  for (std::uint64_t i = block.first; i < block.end; ++i) {
    Deal& deal = deals_[i - phase().first];
    if (draws) drawn.next(deal);
    const auto value = walk_one(traversal, deal, i, block.player);
    if (block.player != 0) continue;
    counts.value += static_cast<double>(value);
    ++counts.traversals;
  }
  counts.nodes = traversal.nodes();
  return counts;
}

template <class G, class Entries>
requires Game<G>
template <class Traverse>
auto SamplingTrainer<G, Entries>::walk_lane(const Block& block, Traverse traversal) -> Counts {
  Counts counts;
  WalkLanes::Lane lane(lanes_, static_cast<std::size_t>(worker_index()));
  if constexpr (!short_entries)
    if (copies_.there()) traversal.read_others(copies_.data());
  const auto draw = [this](std::uint64_t first, std::uint64_t end, Deal* to) {
    Draws<4> drawn(*this, first, end);
    for (std::uint64_t i = first; i < end; ++i) drawn.next(*to++);
  };
  WalkLanes::Turn turn;
  while (lane.next(turn)) {
    if constexpr (!short_entries)
      if (block.work == Task::walk)
        copies_.before(turn.step, shape_, table_.regrets.data(), 1 - turn.player);
    const Deal* const deals = lane.deals(turn, draw);
    for (std::uint64_t i = turn.first; i < turn.end; ++i) {
      const auto value = walk_one(traversal, deals[i - turn.first], i, turn.player);
      if (turn.player != 0) continue;
      counts.value += static_cast<double>(value);
      ++counts.traversals;
    }
    if (block.work == Task::epoch && turn.last)
      apply_alone(logs_[static_cast<std::size_t>(worker_index())]);
  }
  counts.nodes = traversal.nodes();
  return counts;
}

/// A player's batch of an epoch, by the lane that has him: nobody else writes where his walks do.
template <class G, class Entries>
requires Game<G>
void SamplingTrainer<G, Entries>::apply_alone(LogBatch& log) {
  if constexpr (Work::sums_at_once) {
    const std::span<LogBatch> one(&log, 1);
    std::vector<UndoEntry> none;
    for (std::uint32_t part = 0; part < LogBatch::parts; ++part)
      Work::apply(table_, one, part, {}, none);
    Work::halve_large(table_, one);
  }
}

template <class G, class Entries>
requires Game<G>
auto SamplingTrainer<G, Entries>::walk(const Block& block) -> Counts {
  if (block.work == Task::discount) {
    discount_range(block);
    return {};
  }
  if (block.work == Task::apply) {
    const auto part = static_cast<std::uint32_t>(block.first);
    Work::apply(table_, logs_, part, applying(), part_undo_[part]);
    apply_baselines(baselines_.span(), baseline_logs_, part, largest_, keeps_undo(),
                    part_undo_[part]);
    return {};
  }
  if (block.work == Task::copy) {
    copy(block);
    return {};
  }
  if (block.work == Task::half || block.work == Task::epoch) {
    const auto thread = static_cast<std::size_t>(worker_index());
    if (dense()) {
      BatchUpdates<Entries> updates(batches_[thread], Work::summed(table_));
      return walk_range(block, updates);
    }
    // What is taken back is kept as it is applied.
    if (Work::sums_at_once && !keeps_undo()) return walk_adding(block, logs_[thread]);
    LogUpdates<Entries> updates(logs_[thread], Work::summed(table_));
    return walk_range(block, updates);
  }
  const Random rounding =
      Random::keyed(rules_.seed, state_.iterations * lanes_.lanes() + block.first,
                    static_cast<std::uint64_t>(Purpose::rounding));
  if (writes_alone()) {
    SharedUpdates<Entries, Sharing::alone> updates(table_, rounding);
    return walk_range(block, updates);
  }
  SharedUpdates<Entries, Sharing::threads> updates(table_, rounding);
  return walk_range(block, updates);
}

/// In a batch, with sums added at once.
template <class G, class Entries>
requires Game<G>
auto SamplingTrainer<G, Entries>::walk_adding(const Block& block, LogBatch& log) -> Counts {
  if constexpr (Work::sums_at_once) {
    if (runtime_.workers() <= 1 || block.work == Task::epoch) {
      RegretLogUpdates<Entries, Sharing::alone> updates(log, table_);
      return walk_range(block, updates);
    }
    RegretLogUpdates<Entries, Sharing::threads> updates(log, table_);
    return walk_range(block, updates);
  }
  return {};
}

template <class G, class Entries>
requires Game<G>
void SamplingTrainer<G, Entries>::discount_range(const Block& block) noexcept {
  // Rounded by a key of the place: the same whoever does it.
  Random random = Random::keyed(rules_.seed ^ (state_.discounts << 32), block.first,
                                static_cast<std::uint64_t>(Purpose::discount));
  Work::discount(table_, block.first, block.end, rules_.discount.factors(state_.discounts + 1),
                 random);
}

template <class G, class Entries>
requires Game<G> Applying SamplingTrainer<G, Entries>::applying()
const noexcept {
  Random half = Random::keyed(rules_.seed, 2 * state_.iterations + phase().player,
                              static_cast<std::uint64_t>(Purpose::applying));
  return {keeps_undo(), half.next()};
}

template <class G, class Entries>
requires Game<G>
auto SamplingTrainer<G, Entries>::plan() -> Phase {
  const Task task = phase().work;
  if (task == Task::copy && lanes_.lanes() == 2 && !keeps_undo()) {
    lanes_.begin(state_.iterations, batch_end_, epochs_.batch);
    return {Task::epoch, 0, 0, 2, 1};
  }
  if (task == Task::copy || (epochs_.there() && task == Task::apply && walked_ < batch_end_))
    return epoch_half();
  if (task == Task::half && !dense()) return {Task::apply, phase().player, 0, LogBatch::parts, 1};
  if (!epochs_.there() && (task == Task::half || task == Task::apply) && phase().player == 0)
    return half_phase(1);
  const std::uint64_t at = state_.iterations;
  if (at == discount_due()) return {Task::discount, 0, 0, shape_.entries, table_block};
  if (at >= goal() || stop_asked()) return {Task::end, 0, 0, 0, 1};
  if (rules_.mode == UpdateMode::fast) {
    // Before an advance the table may have become another.
    if constexpr (!short_entries)
      if (task == Task::none) copies_.renew(table_.regrets.data());
    lanes_.begin(at, std::min({goal(), discount_due(), at + lanes_.iterations_max()}));
    return {Task::walk, 0, 0, lanes_.lanes(), 1};
  }
  undone_ = state_;
  batch_end_ = std::min(goal(), (at / batch_ + 1) * batch_);
  if (!epochs_.there()) return half_phase(0);
  walked_ = at;
  lanes_.begin(at, batch_end_, epochs_.batch);
  return {Task::copy, 0, 0, lanes_.lanes(), 1};
}

/// A batch of an epoch for both players, that is applied when all have walked it.
template <class G, class Entries>
requires Game<G>
auto SamplingTrainer<G, Entries>::epoch_half() noexcept -> Phase {
  const std::uint64_t first = std::exchange(walked_, std::min(walked_ + epochs_.batch, batch_end_));
  lanes_.begin(first, walked_);
  return {Task::half, 0, 0, lanes_.lanes(), 1};
}

/// The regrets as they are when an epoch begins.
template <class G, class Entries>
requires Game<G>
void SamplingTrainer<G, Entries>::copy(const Block& block) noexcept {
  if constexpr (!short_entries) {
    if (lanes_.lanes() > 2)
      return copies_.renew_part(table_.regrets.data(), block.first, lanes_.lanes());
    // By who reads them next.
    const WalkLanes::Lane lane(lanes_, static_cast<std::size_t>(worker_index()));
    copies_.renew_player(shape_, table_.regrets.data(), 1 - lane.player());
  }
}

template <class G, class Entries>
requires Game<G>
auto SamplingTrainer<G, Entries>::half_phase(std::uint8_t player) const noexcept -> Phase {
  // A half has enough blocks for all workers, or it would be as slow as its longest.
  const std::uint64_t size = batch_end_ - state_.iterations;
  return {Task::half, player, state_.iterations, batch_end_,
          std::clamp<std::uint64_t>(size / 16, 8, block_iterations())};
}

template <class G, class Entries>
requires Game<G>
void SamplingTrainer<G, Entries>::end_of_phase() {
  const bool half = phase().work == Task::half;
  if (half && dense()) {
    Work::apply(table_, batches_, applying(), undo_);
    for (std::uint32_t part = 0; part < LogBatch::parts; ++part)
      apply_baselines(baselines_.span(), baseline_logs_, part, largest_, keeps_undo(), undo_);
  }
  const bool applied = phase().work == Task::apply;
  // A batch is done when its second half is in the table, an epoch when its last batch is.
  const bool done = epochs_.there()
                        ? phase().work == Task::epoch || (applied && walked_ == batch_end_)
                        : phase().player == 1 && (applied || (half && dense()));
  if (applied) {
    if constexpr (Work::sums_at_once) Work::halve_large(table_, logs_);
    for (std::vector<UndoEntry>& undo : part_undo_) {
      if (epochs_.there() && !done) break;  // what comes first is kept
      undo_.insert(undo_.end(), undo.begin(), undo.end());
      undo.clear();
    }
  }
  if (phase().work == Task::walk) state_.iterations = lanes_.end();
  if (done) state_.iterations = batch_end_;
  if (phase().work == Task::discount) ++state_.discounts;
}

template <class G, class Entries>
requires Game<G>
void SamplingTrainer<G, Entries>::take_back(std::span<const UndoEntry> list) noexcept {
  // Backwards: what both halves of a batch changed was kept twice.
  for (auto undo = list.rbegin(); undo != list.rend(); ++undo) {
    if (undo->entry < shape_.entries) {
      Work::take_back(table_, *undo);
    } else if (undo->entry - shape_.entries < baselines_.size()) {
      baselines_.data()[undo->entry - shape_.entries] =
          std::bit_cast<float>(static_cast<std::uint32_t>(undo->regret));
    }
  }
}

template <class G, class Entries>
requires Game<G>
double SamplingTrainer<G, Entries>::mean_regret() const noexcept {
  const double iterations = std::max<double>(1, static_cast<double>(state_.iterations));
  const double units = rules_.sampling.units > 0 ? rules_.sampling.units : Entries::units;
  return Work::positive(table_) / units / static_cast<double>(shape_.entries) / iterations;
}

template <class G, class Entries>
requires Game<G> std::size_t SamplingTrainer<G, Entries>::table_bytes()
const noexcept {
  std::size_t bytes = Work::announced(shape_, rules_) + deals_.size() * sizeof(Deal) +
                      lanes_bytes<Entries>(shape_, lanes_.lanes());
  for (const DenseBatch& batch : batches_) bytes += batch.bytes();
  for (const LogBatch& log : logs_) bytes += log.bytes();
  for (const BaselineLog& log : baseline_logs_) bytes += log.bytes();
  return rules_.baselines ? bytes + CountedArray<float>::bytes(shape_.entries) : bytes;
}

/// A trainer with entries of `Whole`, or with short ones where the rules have them.
template <class Whole, class G>
Result<std::unique_ptr<Trainer>> make_sampling(Runtime& runtime, G game, const TrainRules& rules) {
  if (compact_bits(rules.table_bits))
    return SamplingTrainer<G, CompactEntries>::make(runtime, std::move(game), rules);
  return SamplingTrainer<G, Whole>::make(runtime, std::move(game), rules);
}

}  // namespace weir::mccfr
