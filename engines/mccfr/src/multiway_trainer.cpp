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
    : PhasedTrainer(runtime, rules, {}), game_(std::move(game)), table_(std::move(table)) {
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
auto MultiwayTrainer::walk_block(const Block& block, Updates& updates, std::size_t thread)
    -> Counts {
  Counts counts;
  const bool all = block.work == Task::walk;
  MultiwayWalk<Updates> walk(game_, table_, updates, rules_, thread);
  const int players = game_.rules().players;
  const std::uint64_t averages = !averages_apart()          ? 0
                                 : game_.cards() != nullptr ? averages_holdem
                                                            : 1;
  MultiwayDeal deal, own;
  for (std::uint64_t i = block.first; i < block.end; ++i) {
    Random cards = Random::keyed(rules_.seed, i, multiway_deal);
    game_.deal(cards, deal);
    for (int player = all ? 0 : block.player; player < (all ? players : block.player + 1);
         ++player) {
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
        const std::uint64_t number = i * averages + k;
        Random shuffled = Random::keyed(rules_.seed, number, multiway_average_deal + key);
        game_.deal_to(player, shuffled, own);
        walk.average(own, player, Random::keyed(rules_.seed, number, multiway_average + key));
      }
    }
  }
  counts.nodes = walk.nodes();
  return counts;
}

auto MultiwayTrainer::walk(const Block& block) -> Counts {
  if (block.work == Task::discount) {
    discount_rows(block.first, block.end);
    return {};
  }
  if (block.work == Task::apply) {
    apply_part(static_cast<std::uint32_t>(block.first));
    return {};
  }
  const auto thread = static_cast<std::size_t>(worker_index());
  if (block.work == Task::half) {
    LazyLogUpdates updates(logs_[thread]);
    return walk_block(block, updates, thread);
  }
  if (runtime_.workers() <= 1) {
    LazySharedUpdates<Sharing::alone> updates(table_);
    return walk_block(block, updates, thread);
  }
  LazySharedUpdates<Sharing::threads> updates(table_);
  return walk_block(block, updates, thread);
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

/// Proportions alone matter. Between whole batches, and long before a sum can wrap.
void MultiwayTrainer::halve_sums() noexcept {
  table_.each_row(0, table_.slots(), [&](std::uint32_t row) {
    const auto key = table_.key(row);
    if (!key.summed) return;
    const int actions = key.actions;
    std::uint32_t* const sums = table_.sums(row, actions);
    if (std::any_of(sums, sums + actions, [](std::uint32_t sum) { return sum > sum_high; }))
      for (int a = 0; a < actions; ++a) sums[a] /= 2;
  });
}

auto MultiwayTrainer::part_phase(std::uint8_t player) const noexcept -> Phase {
  const std::uint64_t size = batch_end_ - state_.iterations;
  return {Task::half, player, state_.iterations, batch_end_,
          std::clamp<std::uint64_t>(size / 64, 1, 64)};
}

/// Steps that the next discount takes; counted once for each.
std::uint64_t MultiwayTrainer::steps_due() noexcept {
  if (steps_after_ != state_.discounts) {
    steps_after_ = state_.discounts;
    steps_ = rules_.discount.steps_at_once(steps_after_);
  }
  return steps_;
}

/// Twice as long as the last where that was short, so that a request to stop is soon seen.
auto MultiwayTrainer::round_phase() -> Phase {
  const Deadline now = now_ns();
  if (phase().work == Task::walk) {
    const Deadline took = now - round_began_;
    if (took < round_ns / 2 && phase().end - phase().first == round_)
      round_ = std::min<std::uint64_t>(round_ * 2, 1 << 20);
    if (took > round_ns * 2) round_ = std::max<std::uint64_t>(round_ / 2, 64);
  }
  round_began_ = now;
  const std::uint64_t at = state_.iterations;
  const std::uint64_t end = std::min({goal(), discount_due(steps_due()), at + round_});
  return {Task::walk, 0, at, end, std::clamp<std::uint64_t>((end - at) / 64, 1, 64)};
}

auto MultiwayTrainer::plan() -> Phase {
  if (full_) return {Task::end, 0, 0, 0, 1};
  if (phase().work == Task::half) return {Task::apply, phase().player, 0, LogBatch::parts, 1};
  if (phase().work == Task::apply && phase().player + 1 < game_.rules().players)
    return part_phase(static_cast<std::uint8_t>(phase().player + 1));
  const std::uint64_t at = state_.iterations;
  if (at == discount_due(steps_due())) {
    factors_ = rules_.discount.factors(state_.discounts, steps_due());
    return {Task::discount, 0, 0, table_.slots(), discount_slots};
  }
  if (at >= goal() || stop_asked()) return {Task::end, 0, 0, 0, 1};
  if (rules_.mode == UpdateMode::fast) return round_phase();
  undone_ = state_;
  batch_end_ = std::min(goal(), (at / batch_ + 1) * batch_);
  return part_phase(0);
}

/// A table that had no room for a row of it: the batch is taken back.
void MultiwayTrainer::end_of_part() {
  if (table_.refused() == refused_) return;
  refused_ = table_.refused();
  full_ = true;
  for (LogBatch& log : logs_) {
    for (std::uint32_t part = 0; part < LogBatch::parts; ++part) {
      log.regrets(part).clear();
      log.sums(part).clear();
    }
  }
  // What an earlier player of the batch changed as well.
  take_back(undo_);
  undo_.clear();
  state_ = undone_;
}

void MultiwayTrainer::end_of_batch() {
  state_.iterations = batch_end_;
  if (batch_end_ % batch_ != 0) return;
  undo_.clear();
  if (std::none_of(part_large_.begin(), part_large_.end(), [](bool large) { return large; }))
    return;
  halve_sums();
  part_large_ = {};
}

void MultiwayTrainer::end_of_phase() {
  switch (phase().work) {
    case Task::walk:
      state_.iterations = phase().end;
      break;
    case Task::half:
      end_of_part();
      break;
    case Task::apply:
      for (std::vector<UndoEntry>& undo : part_undo_) {
        undo_.insert(undo_.end(), undo.begin(), undo.end());
        undo.clear();
      }
      if (phase().player + 1 == game_.rules().players) end_of_batch();
      break;
    case Task::discount:
      state_.discounts += steps_due();
      break;
    case Task::none:
    case Task::copy:
    case Task::epoch:
    case Task::end:
      break;
  }
}

void MultiwayTrainer::discount_rows(std::uint64_t first, std::uint64_t end) noexcept {
  table_.each_row(first, end, [&](std::uint32_t row) {
    const LazyKey key = table_.key(row);
    // Rounded by a key of what the row is: the same wherever it lies.
    Random random = Random::keyed(rules_.seed ^ (state_.discounts << 32),
                                  table_.hash(key.node) + key.bucket, multiway_discount);
    Fractions<double> fractions(random);
    std::int32_t* const regrets = table_.regrets(row);
    std::uint32_t* const sums = table_.sums(row, key.actions);
    for (int a = 0; a < key.actions; ++a) {
      const double factor = regrets[a] > 0 ? factors_.positive : factors_.negative;
      regrets[a] = round_unbiased<std::int32_t>(regrets[a] * factor, fractions.next());
      if (!key.summed) continue;
      sums[a] = round_unbiased<std::uint32_t>(sums[a] * factors_.average, fractions.next());
    }
  });
}

Status MultiwayTrainer::advance(std::uint64_t iterations, void (*look)(void*), void* context) {
  const Status status = PhasedTrainer::advance(iterations, look, context);
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
