#include "multiway_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <weir/mccfr/discount.hpp>
#include <weir/task.hpp>

#include "batch_size.hpp"
#include "multiway_walk.hpp"

namespace weir::mccfr {
namespace {

constexpr Deadline round_ns = 50'000'000;          // of a fast round, about
constexpr std::uint64_t averages_holdem = 4;       // walks for averages a player and iteration
constexpr std::uint64_t discount_slots = 1 << 16;  // of a block
constexpr std::uint32_t sum_high = std::uint32_t{1} << 31;
constexpr double one_card_units = 1024;  // of a chip
constexpr std::uint32_t one_card_batch = 512, holdem_batch = 256;
enum : std::uint64_t {
  multiway_deal = 48,
  multiway_walk = 49,  // and one more a player
  multiway_average = 64,
  multiway_average_deal = 128,
  multiway_discount = 47
};

/// More than any hand can be worth, chips.
double all_stacks(const BettingRules& rules) noexcept {
  double chips = 1;
  for (int p = 0; p < rules.players; ++p) chips += rules.stacks[static_cast<std::size_t>(p)];
  return chips;
}

}  // namespace

double MultiwayTrainer::units(const MultiwayGame& game) noexcept {
  return std::min<double>(game.cards() != nullptr ? NarrowEntries::units : one_card_units,
                          narrow_change_max / (2 * all_stacks(game.rules())));
}

std::uint32_t MultiwayTrainer::batch_iterations(const MultiwayGame& game,
                                                const TrainRules& rules) noexcept {
  const std::uint32_t wanted = rules.batch != 0          ? rules.batch
                               : game.cards() != nullptr ? holdem_batch
                                                         : one_card_batch;
  return std::min(wanted, narrow_batch_max(rules, all_stacks(game.rules()), units(game)));
}

Result<std::unique_ptr<Trainer>> MultiwayTrainer::make(Runtime& runtime, MultiwayGame game,
                                                       const TrainRules& rules,
                                                       const LazySizes& sizes) {
  auto table = LazyTable::make(sizes, runtime.metrics().contexts.size());
  if (!table) return table.error();
  return std::unique_ptr<Trainer>(
      new MultiwayTrainer(runtime, std::move(game), rules, std::move(table).value()));
}

MultiwayTrainer::MultiwayTrainer(Runtime& runtime, MultiwayGame game, const TrainRules& rules,
                                 LazyTable table)
    : CountedTrainer(runtime, rules, {}), game_(std::move(game)), table_(std::move(table)) {
  const BettingRules& r = game_.rules();
  no_tree_.players = shape_.players = r.players;
  no_tree_.rounds = shape_.rounds = r.rounds;
  shape_.buckets = game_.buckets();
  rules_.sampling.units = units(game_);
  batch_ = rules_.mode == UpdateMode::fast ? 1 : batch_iterations(game_, rules_);
  if (rules_.mode == UpdateMode::deterministic) logs_.resize(runtime.metrics().contexts.size());
  round_ = 64;
}

template <class Updates>
void MultiwayTrainer::walk_block(const Range& block, Updates& updates, std::size_t thread,
                                 Counts& counts) {
  MultiwayWalk<Updates> walk(game_, table_, updates, rules_.sampling, thread);
  const int players = game_.rules().players;
  const std::uint64_t averages = !averages_apart()          ? 0
                                 : game_.cards() != nullptr ? averages_holdem
                                                            : 1;
  MultiwayDeal deal;
  for (std::uint64_t i = block.first; i < block.end; ++i) {
    Random cards = Random::keyed(rules_.seed, i, multiway_deal);
    game_.deal(cards, deal);
    for (int player = block.player < 0 ? 0 : block.player;
         player < (block.player < 0 ? players : block.player + 1); ++player) {
      const auto key = static_cast<std::uint64_t>(player);
      const Random random = Random::keyed(rules_.seed, i, multiway_walk + key);
      const float value =
          rules_.algorithm == Algorithm::external  ? walk.external(deal, player, random)
          : rules_.algorithm == Algorithm::outcome ? walk.outcome(deal, player, random)
                                                   : walk.chance(deal, player, random);
      if (player == 0) {
        counts.value += static_cast<double>(value);
        ++counts.traversals;
      }
      for (std::uint64_t k = 0; k < averages; ++k) {
        MultiwayDeal other;
        const std::uint64_t number = i * averages + k;
        Random shuffled = Random::keyed(rules_.seed, number, multiway_average_deal + key);
        game_.deal(shuffled, other);
        walk.average(other, player, Random::keyed(rules_.seed, number, multiway_average + key));
      }
    }
  }
  counts.nodes += walk.nodes();
}

Status MultiwayTrainer::walk(const Range& range) {
  const std::uint64_t count = range.end - range.first;
  const std::uint64_t size = std::clamp<std::uint64_t>(count / 64, 1, 64);
  counts_.assign(static_cast<std::size_t>((count + size - 1) / size), Counts{});
  const bool alone = runtime_.workers() == 0;  // with one worker the caller helps
  const Status status = runtime_.run([&] {
    parallel_for(0, counts_.size(), 1, [&](std::size_t b) {
      const std::uint64_t first = range.first + b * size;
      const Range block{first, std::min(first + size, range.end), range.player};
      const auto thread = static_cast<std::size_t>(worker_index());
      if (rules_.mode == UpdateMode::deterministic) {
        LazyLogUpdates updates(logs_[thread]);
        walk_block(block, updates, thread, counts_[b]);
      } else if (alone) {
        LazySharedUpdates<Sharing::alone> updates(table_);
        walk_block(block, updates, thread, counts_[b]);
      } else {
        LazySharedUpdates<Sharing::threads> updates(table_);
        walk_block(block, updates, thread, counts_[b]);
      }
    });
  });
  if (status != Status::accepted) return status;
  for (const Counts& counts : counts_) {
    state_.nodes += counts.nodes;
    state_.traversals += counts.traversals;
    state_.value_sum += counts.value;
  }
  return status;
}

void MultiwayTrainer::apply_part(std::uint32_t part) {
  std::uint32_t* const words = table_.words();
  std::vector<UndoEntry>& undo = part_undo_[part];
  const auto kept = [&](std::uint32_t word) {
    undo.push_back({word, static_cast<std::uint32_t>(undo.size()), words[word], 0});
  };
  for (LogBatch& log : logs_) {
    for (const LogBatch::Change& change : log.regrets(part)) {
      kept(change.entry);
      words[change.entry] += static_cast<std::uint32_t>(change.amount);
    }
    for (const LogBatch::Change& change : log.sums(part)) {
      kept(change.entry);
      words[change.entry] += static_cast<std::uint32_t>(change.amount);
      part_large_[part] = part_large_[part] || words[change.entry] > sum_high;
    }
  }
  // Each was summed up before it is cut off: the order of changes plays no part.
  for (LogBatch& log : logs_) {
    for (const LogBatch::Change& change : log.regrets(part)) {
      const auto regret = static_cast<std::int32_t>(words[change.entry]);
      words[change.entry] = static_cast<std::uint32_t>(
          std::clamp(regret, -NarrowEntries::regret_max, NarrowEntries::regret_max));
    }
    log.regrets(part).clear();
    log.sums(part).clear();
  }
  keep_first(undo);
}

Status MultiwayTrainer::apply() {
  const Status status = runtime_.run([&] {
    parallel_for(0, LogBatch::parts, 1,
                 [&](std::size_t part) { apply_part(static_cast<std::uint32_t>(part)); });
  });
  for (std::vector<UndoEntry>& undo : part_undo_) {
    undo_.insert(undo_.end(), undo.begin(), undo.end());
    undo.clear();
  }
  return status;
}

/// Proportions alone matter. Between whole batches, and long before a sum can wrap.
void MultiwayTrainer::halve_sums() noexcept {
  table_.each_row(0, table_.slots(), [&](std::uint32_t row) {
    const int actions = table_.key(row).actions;
    std::uint32_t* const sums = table_.sums(row, actions);
    if (std::any_of(sums, sums + actions, [](std::uint32_t sum) { return sum > sum_high; }))
      for (int a = 0; a < actions; ++a) sums[a] /= 2;
  });
}

Status MultiwayTrainer::advance_batch() {
  const TrainState before = state_;
  const std::uint64_t at = state_.iterations;
  const std::uint64_t end = std::min(goal_, (at / batch_ + 1) * batch_);
  const bool keep = end % batch_ != 0;
  for (int player = 0; player < game_.rules().players; ++player) {
    Status status = walk({at, end, player});
    if (status != Status::accepted) return status;
    if (table_.refused() != refused_) {
      refused_ = table_.refused();
      full_ = true;
      for (LogBatch& log : logs_) {
        for (std::uint32_t part = 0; part < LogBatch::parts; ++part) {
          log.regrets(part).clear();
          log.sums(part).clear();
        }
      }
      take_back(undo_);
      undo_.clear();
      state_ = before;
      return Status::accepted;
    }
    // What an earlier player of the batch changed is put back as well, if a later one finds the table full.
    status = apply();
    if (status != Status::accepted) return status;
  }
  state_.iterations = end;
  undone_ = before;
  if (!keep) undo_.clear();
  if (!keep && std::any_of(part_large_.begin(), part_large_.end(), [](bool b) { return b; })) {
    halve_sums();
    part_large_ = {};
  }
  return Status::accepted;
}

Status MultiwayTrainer::advance_fast() {
  const std::uint64_t at = state_.iterations;
  const std::uint64_t end = std::min({goal_, discount_due(), at + round_});
  const Deadline begin = now_ns();
  const Status status = walk({at, end, -1});
  if (status != Status::accepted) return status;
  const Deadline took = now_ns() - begin;
  if (took < round_ns / 2 && end - at == round_)
    round_ = std::min<std::uint64_t>(round_ * 2, 1 << 20);
  if (took > round_ns * 2) round_ = std::max<std::uint64_t>(round_ / 2, 64);
  state_.iterations = end;
  return status;
}

void MultiwayTrainer::discount_rows(std::uint64_t first, std::uint64_t end) noexcept {
  const DiscountFactors factors = rules_.discount.factors(state_.discounts + 1);
  table_.each_row(first, end, [&](std::uint32_t row) {
    const LazyKey key = table_.key(row);
    // Rounded by a key of what the row is: the same wherever it lies.
    Random random = Random::keyed(rules_.seed ^ (state_.discounts << 32),
                                  table_.hash(key.node) + key.bucket, multiway_discount);
    Fractions<double> fractions(random);
    std::int32_t* const regrets = table_.regrets(row);
    std::uint32_t* const sums = table_.sums(row, key.actions);
    for (int a = 0; a < key.actions; ++a) {
      const double factor = regrets[a] > 0 ? factors.positive : factors.negative;
      regrets[a] = round_unbiased<std::int32_t>(regrets[a] * factor, fractions.next());
      sums[a] = round_unbiased<std::uint32_t>(sums[a] * factors.average, fractions.next());
    }
  });
}

Status MultiwayTrainer::discount() {
  const std::uint64_t blocks = (table_.slots() + discount_slots - 1) / discount_slots;
  const Status status = runtime_.run([&] {
    parallel_for(0, blocks, 1, [&](std::size_t b) {
      discount_rows(b * discount_slots, std::min((b + 1) * discount_slots, table_.slots()));
    });
  });
  if (status == Status::accepted) ++state_.discounts;
  return status;
}

Status MultiwayTrainer::advance(std::uint64_t iterations, void (*look)(void*), void* context) {
  constexpr Deadline look_ns = 50'000'000;
  begin_advance();
  goal_ = iterations;
  Deadline looked = now_ns();
  Status status = Status::accepted;
  while (status == Status::accepted && !full_ && state_.iterations < goal_ && !stop_asked()) {
    status = rules_.mode == UpdateMode::fast ? advance_fast() : advance_batch();
    if (status == Status::accepted && !full_ && state_.iterations == discount_due())
      status = discount();
    show_counts();
    if (now_ns() - looked < look_ns) continue;
    look(context);
    looked = now_ns();
  }
  shape_.rows = table_.rows_used();
  return status;
}

void MultiwayTrainer::take_back(std::span<const UndoEntry> list) noexcept {
  // Backwards: what several parts of a batch changed was kept several times.
  for (auto undo = list.rbegin(); undo != list.rend(); ++undo)
    table_.words()[undo->entry] = static_cast<std::uint32_t>(undo->regret);
}

double MultiwayTrainer::mean_regret() const noexcept {
  double total = 0, entries = 0;
  table_.each_row(0, table_.slots(), [&](std::uint32_t row) {
    const int actions = table_.key(row).actions;
    for (int a = 0; a < actions; ++a) total += std::max(0, table_.regrets(row)[a]);
    entries += actions;
  });
  const double iterations = std::max<double>(1, static_cast<double>(state_.iterations));
  return total / rules_.sampling.units / std::max(1.0, entries) / iterations;
}

std::size_t MultiwayTrainer::table_bytes() const noexcept {
  std::size_t bytes = table_.bytes();
  for (const LogBatch& log : logs_) bytes += log.bytes();
  return bytes;
}

}  // namespace weir::mccfr
