// Batches of large tables: sums added at once and regrets by rows come to what lists of all changes come to.
#include <doctest/doctest.h>

#include <algorithm>
#include <weir/mccfr/checkpoint.hpp>

#include "drawn_game.hpp"
#include "sampling_trainer.hpp"
#include "training_support.hpp"

namespace weir::mccfr::batch_updates_test {

using test::DrawnGame;

constexpr std::uint32_t batch = 200;

/// Of a table whose entries begin at their ends, one batch; `whole`: it is not cut short.
std::unique_ptr<Trainer> trained(Runtime& runtime, Algorithm algorithm, bool whole) {
  TrainRules rules;
  rules.algorithm = algorithm;
  rules.mode = UpdateMode::deterministic;
  rules.batch = whole ? batch : batch + 50;
  auto trainer =
      SamplingTrainer<DrawnGame, NarrowEntries>::make(runtime, DrawnGame(), rules).value();
  REQUIRE(trainer->shape().entries > dense_entries);
  const TableBytes table = trainer->table();
  auto* const regrets = reinterpret_cast<std::int32_t*>(table.regrets.data());
  constexpr std::int32_t most = NarrowEntries::regret_max;
  for (std::uint64_t e = 0; e < trainer->shape().entries; ++e)
    regrets[e] = e % 4 == 0 ? most : e % 4 == 1 ? -most : 0;
  REQUIRE(trainer->advance(batch, test::look_nowhere, nullptr) == Status::accepted);
  CHECK(trainer->undo().empty() == whole);
  return trainer;
}

TEST_CASE("batches: whole ones and what is cut short as long come to the same, with any workers") {
  const auto one = test::runtime_of(1), four = test::runtime_of(4);
  for (const Algorithm algorithm : {Algorithm::external, Algorithm::outcome, Algorithm::chance}) {
    CAPTURE(to_string(algorithm));
    const auto first = trained(*one, algorithm, true);
    const std::string sha = table_sha256(*first);
    CHECK(table_sha256(*trained(*one, algorithm, false)) == sha);
    CHECK(table_sha256(*trained(*four, algorithm, true)) == sha);
    CHECK(table_sha256(*trained(*four, algorithm, false)) == sha);
    const auto* const regrets =
        reinterpret_cast<const std::int32_t*>(first->table().regrets.data());
    CHECK(std::all_of(regrets, regrets + first->shape().entries, [](std::int32_t regret) {
      return std::abs(regret) <= NarrowEntries::regret_max;
    }));
  }
}

TEST_CASE("batches: sums that were added at once are halved when they are large") {
  const auto one = test::runtime_of(1), four = test::runtime_of(4);
  std::string sha;
  for (Runtime* const runtime : {one.get(), four.get()}) {
    TrainRules rules;
    rules.mode = UpdateMode::deterministic;
    rules.batch = batch;
    const auto trainer =
        SamplingTrainer<DrawnGame, NarrowEntries>::make(*runtime, DrawnGame(), rules).value();
    const TableBytes table = trainer->table();
    auto* const sums = reinterpret_cast<std::uint32_t*>(table.sums.data());
    const std::uint64_t entries = trainer->shape().entries;
    constexpr std::uint32_t large = sum_large<std::uint32_t>;
    std::fill_n(sums, entries, large);
    REQUIRE(trainer->advance(batch, test::look_nowhere, nullptr) == Status::accepted);
    const auto halved = std::count_if(sums, sums + entries, [](auto sum) { return sum < large; });
    CHECK(halved > 100);
    CHECK(std::all_of(sums, sums + entries, [](auto sum) { return sum <= large; }));
    if (!sha.empty()) CHECK(table_sha256(*trainer) == sha);
    sha = table_sha256(*trainer);
  }
}

}  // namespace weir::mccfr::batch_updates_test
