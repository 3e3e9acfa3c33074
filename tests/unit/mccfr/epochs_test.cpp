// Deterministic training by epochs: what it comes to, whoever walks and wherever a run is cut.
#include "epochs.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <unit/platform/temporary_directory.hpp>
#include <vector>
#include <weir/mccfr/checkpoint.hpp>

#include "drawn_game.hpp"
#include "sampling_trainer.hpp"
#include "training_support.hpp"

namespace weir::mccfr::epochs_test {

using test::DrawnGame;

constexpr std::uint32_t buckets = 200;
constexpr std::uint32_t odd_batch = 300;  // no multiple of a lane's step

TrainRules rules_of(Algorithm algorithm = Algorithm::external) {
  TrainRules rules = test::deterministic_rules(algorithm);
  rules.batch = odd_batch;
  return rules;
}

std::unique_ptr<Trainer> trainer_of(Runtime& runtime, const TrainRules& rules) {
  return SamplingTrainer<DrawnGame, NarrowEntries>::make(runtime, DrawnGame(buckets), rules)
      .value();
}

/// Iterations of an epoch.
std::uint64_t epoch(const Trainer& trainer) { return trainer.resting_place(1); }

void advance(Trainer& trainer, std::uint64_t iterations) {
  REQUIRE(trainer.advance(iterations, test::look_nowhere, nullptr) == Status::accepted);
}

/// What epochs are by definition: a table, a copy, and one walk after the other.
struct PlainEpochs {
  explicit PlainEpochs(const TrainRules& of)
      : rules(of), shape(TableShape::of(game.tree(), game.buckets()).value()) {
    regrets.resize(shape.entries + 16);
    sums.resize(shape.entries);
    const float largest = largest_value(game.tree());
    rules.sampling.units = narrow_units(largest);
    batch = batch_iterations(rules, shape, largest, true);
  }

  void walk(std::uint64_t first, std::uint64_t end, const std::vector<std::int32_t>& others,
            int player) {
    DenseBatch changes;
    changes.resize(shape.entries);
    BatchUpdates<NarrowEntries> updates(changes, sums.size());
    Traversal<NarrowEntries, BatchUpdates<NarrowEntries>> traversal(game.tree(), regrets.data(),
                                                                    updates, rules.sampling);
    traversal.read_others(others.data());
    for (std::uint64_t i = first; i < end; ++i) {
      Random cards = Random::keyed(rules.seed, i, static_cast<std::uint64_t>(Purpose::deal));
      Deal deal;
      game.deal(shape, cards, deal);
      const Random random = Random::keyed(
          rules.seed, i,
          static_cast<std::uint64_t>(Purpose::first_walk) + static_cast<std::uint64_t>(player));
      if (rules.algorithm == Algorithm::external) traversal.external(deal, player, random);
      if (rules.algorithm == Algorithm::outcome) traversal.outcome(deal, player, random);
      if (rules.algorithm == Algorithm::chance) traversal.chance(deal, player, random);
    }
    for (std::size_t e = 0; e < shape.entries; ++e) {
      regrets[e] = apply_regret<NarrowEntries>(regrets[e], changes.regrets()[e]);
      sums[e] += static_cast<std::uint32_t>(changes.sums()[e]);
    }
  }
  void epoch(std::uint64_t first, std::uint64_t end) {
    const std::vector<std::int32_t> others = regrets;
    for (const int player : {1, 0})  // in any order
      for (std::uint64_t at = first; at < end; at += batch)
        walk(at, std::min(at + batch, end), others, player);
  }

  DrawnGame game{buckets};
  TrainRules rules;
  TableShape shape;
  std::uint64_t batch = 0;  // outcome sampling has shorter ones
  std::vector<std::int32_t> regrets;
  std::vector<std::uint32_t> sums;
};

template <class T>
bool same(const std::vector<T>& plain, std::span<const std::byte> table) {
  return std::memcmp(plain.data(), table.data(), table.size()) == 0;
}

TEST_CASE("epochs: by table, mode and batch alone") {
  TableShape shape;
  shape.rows = 1 << 18;
  shape.entries = 1 << 20;
  TrainRules rules;
  rules.mode = UpdateMode::deterministic;
  const Epochs epochs = epochs_of<NarrowEntries>(shape, rules, 1'024);
  CHECK(epochs.batch == 1'024);
  CHECK(epochs.batches == 4);
  CHECK(epochs.iterations() == 4'096);
  CHECK(epochs_of<NarrowEntries>(shape, rules, 10'000).iterations() == 10'000);
  CHECK(epochs_of<NarrowEntries>(shape, rules, 1).batches == 256);  // a lane has 256 steps
  CHECK(!epochs_of<NarrowEntries>(shape, rules, 20'000).there());
  CHECK(!epochs_of<CompactEntries>(shape, rules, 1'024).there());
  CHECK(lanes_of(0, rules, epochs) == 2);
  CHECK(lanes_of(1, rules, epochs) == 2);
  CHECK(lanes_of(6, rules, epochs) == 6);
  CHECK(lanes_of(6, rules, {}) == 1);
  rules.baselines = true;
  CHECK(!epochs_of<NarrowEntries>(shape, rules, 1'024).there());
  rules.baselines = false;
  rules.mode = UpdateMode::fast;
  CHECK(!epochs_of<NarrowEntries>(shape, rules, 1'024).there());
  CHECK(lanes_of(6, rules, {}) == 6);
  rules.mode = UpdateMode::deterministic;
  shape.rows = 6'000;
  CHECK(!epochs_of<NarrowEntries>(shape, rules, 1'024).there());
}

TEST_CASE("epochs: a trainer comes to what one walk after the other comes to") {
  for (const Algorithm algorithm : {Algorithm::external, Algorithm::outcome, Algorithm::chance}) {
    CAPTURE(to_string(algorithm));
    TrainRules rules = rules_of(algorithm);
    rules.discount = {};
    PlainEpochs plain(rules);
    const std::uint64_t length =
        epochs_of<NarrowEntries>(plain.shape, rules, plain.batch).iterations();
    REQUIRE(length >= 2 * plain.batch);
    // Two epochs, and a third that is cut short within a batch.
    const std::uint64_t end = 2 * length + plain.batch + plain.batch / 2;
    for (std::uint64_t at = 0; at < end; at += length) plain.epoch(at, std::min(at + length, end));
    for (const int workers : {0, 1, 2, 3}) {
      CAPTURE(workers);
      const auto runtime = test::runtime_of(workers);
      const auto trainer = trainer_of(*runtime, rules);
      CHECK(epoch(*trainer) == length);
      advance(*trainer, end);
      CHECK(same(plain.regrets, trainer->table().regrets));
      CHECK(same(plain.sums, trainer->table().sums));
      CHECK(trainer->state().traversals == end);
    }
  }
}

TEST_CASE("epochs: tables depend on no number of workers, nor on where a run ends and goes on") {
  const TrainRules rules = rules_of();
  std::string whole;
  std::uint64_t goal = 0;
  for (const int workers : {1, 2, 4, 8}) {
    const auto runtime = test::runtime_of(workers);
    const auto trainer = trainer_of(*runtime, rules);
    goal = 3 * epoch(*trainer) + 100;
    advance(*trainer, goal);
    if (whole.empty()) whole = table_sha256(*trainer);
    CHECK(table_sha256(*trainer) == whole);
    CHECK(trainer->state().discounts > 0);
  }
  CHECK(whole.substr(0, 16) == "f43ff2f3f5c340fa");  // with every compiler and sanitizer
  const test::TemporaryDirectory folder;
  const std::string path = folder.path() + "/kept";
  const auto two = test::runtime_of(2), three = test::runtime_of(3);
  Runtime *first = two.get(), *second = three.get();
  for (int round = 0; round < 2; ++round, std::swap(first, second)) {
    const auto trainer = trainer_of(*first, rules);
    const std::uint64_t length = epoch(*trainer);
    advance(*trainer, length + 2 * odd_batch + 7);  // within the third batch of the second epoch
    CHECK(!trainer->undo().empty());
    CHECK(trainer->undone().iterations == length);
    REQUIRE(write_checkpoint(path, R"({"name":"drawn"})", rules, *trainer));
    const auto further = trainer_of(*second, rules);
    REQUIRE(read_checkpoint(path, *further, Resume::yes));
    for (Trainer* const each : {trainer.get(), further.get()}) {
      advance(*each, goal);
      CHECK(table_sha256(*each) == whole);
    }
  }
}

TEST_CASE("epochs: entries at their ends stay there, large sums are halved, with any workers") {
  std::string sha;
  for (const int workers : {1, 2, 4}) {
    const auto runtime = test::runtime_of(workers);
    const auto trainer = trainer_of(*runtime, rules_of());
    const TableBytes table = trainer->table();
    auto* const regrets = reinterpret_cast<std::int32_t*>(table.regrets.data());
    auto* const sums = reinterpret_cast<std::uint32_t*>(table.sums.data());
    const std::uint64_t entries = trainer->shape().entries;
    constexpr std::int32_t most = NarrowEntries::regret_max;
    constexpr std::uint32_t large = sum_large<std::uint32_t>;
    for (std::uint64_t e = 0; e < entries; ++e)
      regrets[e] = e % 4 == 0 ? most : e % 4 == 1 ? -most : 0;
    std::fill_n(sums, entries, large);
    advance(*trainer, epoch(*trainer));
    CHECK(std::all_of(regrets, regrets + entries, [](auto now) { return std::abs(now) <= most; }));
    CHECK(std::all_of(sums, sums + entries, [](auto sum) { return sum <= large; }));
    CHECK(std::count_if(sums, sums + entries, [](auto sum) { return sum < large; }) > 100);
    if (!sha.empty()) CHECK(table_sha256(*trainer) == sha);
    sha = table_sha256(*trainer);
  }
}

}  // namespace weir::mccfr::epochs_test
