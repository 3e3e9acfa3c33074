// Sizes of batches: what a batch changes of one entry cannot wrap, whatever the batch that is asked for.
#include "batch_size.hpp"

#include <doctest/doctest.h>

#include <weir/mccfr/one_card_game.hpp>

#include "multiway_trainer.hpp"
#include "table_work.hpp"
#include "training_support.hpp"

using namespace weir;
using namespace weir::mccfr;

namespace {

constexpr std::uint32_t long_batch = 1'000'000;

TrainRules long_batches(Algorithm algorithm, bool baselines) {
  TrainRules rules = test::deterministic_rules(algorithm);
  rules.table_bits.fill(16);
  rules.batch = long_batch;
  rules.baselines = baselines;
  return rules;
}

/// Batches of this length are within what 32 bits hold, where each change is the largest there can be.
void check_no_wrap(const TrainRules& rules, std::uint64_t batch, double largest, double units) {
  const bool any_change = rules.algorithm == Algorithm::outcome || rules.baselines;
  const double change = any_change ? narrow_change_max : 2 * largest * units;
  CHECK(change <= static_cast<double>(narrow_change_max));
  CHECK(batch >= 1);
  CHECK(static_cast<double>(batch) * change <= static_cast<double>(NarrowEntries::regret_max));
}

}  // namespace

TEST_CASE("batch size: no batch of a narrow table can wrap an entry, with baselines or without") {
  const auto runtime = test::runtime_of(1);
  const OneCardGame game = OneCardGame::leduc();
  const float largest = largest_value(game.tree());
  CHECK(largest == 13);
  for (const Algorithm algorithm : {Algorithm::external, Algorithm::outcome, Algorithm::chance}) {
    for (const bool baselines : {false, true}) {
      if (baselines && algorithm == Algorithm::chance) continue;
      const TrainRules rules = long_batches(algorithm, baselines);
      CAPTURE(to_string(algorithm));
      CAPTURE(baselines);
      const auto trainer = make_sampling_trainer(*runtime, game, rules).value();
      const std::uint64_t batch = trainer->resting_place(1);
      CHECK(batch == batch_iterations(rules, trainer->shape(), largest, true));
      check_no_wrap(rules, batch, static_cast<double>(largest), narrow_units(largest));
      CHECK(batch_iterations(rules, trainer->shape(), largest, false) == long_batch);
    }
  }
}

TEST_CASE("batches: sums that come near their end are halved with their line, in whole batches") {
  using Work = TableWork<NarrowEntries>;
  TableShape shape;
  shape.rounds = 1;
  shape.entries = 48;
  constexpr std::uint32_t large = (1U << 31) - 10;
  for (const bool whole : {true, false}) {
    auto by_log = Table<NarrowEntries>::zeros(shape).value();
    auto dense = Table<NarrowEntries>::zeros(shape).value();
    for (auto* const table : {&by_log, &dense}) {
      table->sums.data()[17] = large;
      table->sums.data()[18] = large / 3;
      table->sums.data()[40] = large;  // of another line, and stays below
    }
    std::vector<LogBatch> logs(1);
    logs[0].sum(17, 100);
    logs[0].sum(18, 7);
    std::vector<DenseBatch> batches(1);
    batches[0].resize(shape.entries);
    batches[0].sums()[17] = 100;
    batches[0].sums()[18] = 7;
    std::vector<UndoEntry> undo;
    for (std::uint32_t part = 0; part < LogBatch::parts; ++part)
      Work::apply(by_log, logs, part, {!whole, 1}, undo);
    Work::apply(dense, batches, {!whole, 1}, undo);
    for (const auto* const table : {&by_log, &dense}) {
      CHECK(table->sums.span()[17] == (whole ? (large + 100) / 2 : large + 100));
      CHECK(table->sums.span()[18] == (whole ? (large / 3 + 7) / 2 : large / 3 + 7));
      CHECK(table->sums.span()[40] == large);
    }
  }
}

TEST_CASE("batch size: nor can one of rows by visits") {
  const auto runtime = test::runtime_of(1);
  for (const int players : {2, 6}) {
    const MultiwayGame game = MultiwayGame::leduc(players, {}).value();
    double stacks = 0;
    for (int p = 0; p < players; ++p) stacks += game.rules().stacks[static_cast<std::size_t>(p)];
    for (const Algorithm algorithm : {Algorithm::external, Algorithm::outcome}) {
      TrainRules rules = long_batches(algorithm, false);
      rules.table_bits = full_bits;
      const auto trainer =
          MultiwayTrainer::make(*runtime, game, rules, LazySizes::within(1 << 20)).value();
      const std::uint64_t batch = trainer->resting_place(1);
      CHECK(batch == MultiwayTrainer::batch_iterations(game, rules));
      check_no_wrap(rules, batch, stacks, MultiwayTrainer::units(game));
    }
  }
}
