// Deterministic training, checkpoints, and the traps of samplers.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <support/watchdog.hpp>
#include <thread>
#include <unit/platform/temporary_directory.hpp>
#include <vector>
#include <weir/clock.hpp>
#include <weir/mccfr/checkpoint.hpp>
#include <weir/mccfr/one_card_solver.hpp>

#include "training_support.hpp"

using namespace weir;
using namespace weir::mccfr;

namespace {

/// The table after `iterations` with that many workers.
std::string hash_after(const TrainRules& rules, std::uint64_t iterations, int workers) {
  const auto runtime = test::runtime_of(workers);
  auto trainer = make_sampling_trainer(*runtime, OneCardGame::leduc(), rules).value();
  REQUIRE(trainer->advance(iterations, test::look_nowhere, nullptr) == Status::accepted);
  return table_sha256(*trainer);
}

/// The mean value of player 0 after `iterations` with that many workers.
double value_after(const TrainRules& rules, std::uint64_t iterations, int workers) {
  const auto runtime = test::runtime_of(workers);
  auto trainer = make_sampling_trainer(*runtime, OneCardGame::leduc(), rules).value();
  REQUIRE(trainer->advance(iterations, test::look_nowhere, nullptr) == Status::accepted);
  return trainer->state().value_sum;
}

/// The first digits of the table's SHA-256 after 7,000 iterations of Leduc.
std::string_view known_hash(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::external:
      return "6521bd8470c9e80f";
    case Algorithm::outcome:
      return "caeb5b2cf589b6ac";
    default:
      return "fbd81af67ce179cb";
  }
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void put_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

TEST_CASE("training: deterministic tables depend on no number of workers") {
  for (const Algorithm algorithm : {Algorithm::external, Algorithm::outcome, Algorithm::chance}) {
    const TrainRules rules = test::deterministic_rules(algorithm);
    const std::string one = hash_after(rules, 7'000, 1);
    for (const int workers : {0, 2, 4, 8}) CHECK(hash_after(rules, 7'000, workers) == one);
    // Known bytes: every compiler, machine and sanitizer comes to them.
    CHECK(one.substr(0, 16) == known_hash(algorithm));
    TrainRules other = rules;
    other.seed = 12;
    CHECK(hash_after(other, 7'000, 2) != one);
  }
}

TEST_CASE("training: the sum of values depends on no number of workers, nor on who comes first") {
  const TrainRules rules = test::deterministic_rules(Algorithm::chance);
  const double one = value_after(rules, 3'001, 0);
  for (int round = 0; round < 5; ++round) CHECK(value_after(rules, 3'001, 4) == one);
  CHECK(one != 0);
}

TEST_CASE("training: a discount that is never due is none") {
  for (const std::uint64_t interval : {~std::uint64_t{0}, ~std::uint64_t{0} - 510}) {
    TrainRules rules = test::deterministic_rules();
    rules.discount_interval = interval;
    const auto runtime = test::runtime_of(1);
    auto trainer = make_sampling_trainer(*runtime, OneCardGame::leduc(), rules).value();
    REQUIRE(trainer->advance(1024, test::look_nowhere, nullptr) == Status::accepted);
    CHECK(trainer->state().discounts == 0);
    CHECK(trainer->resting_place(interval) >= interval);
  }
}

TEST_CASE("training: it ends while a worker is held, whoever looks at it slowly") {
  // What stopped the original: far more results than its buffers held, a slow consumer, a worker that was away.
  TrainRules rules = test::deterministic_rules();
  for (const UpdateMode mode : {UpdateMode::deterministic, UpdateMode::fast}) {
    rules.mode = mode;
    const auto runtime = test::runtime_of(3);
    test::Watchdog watchdog("training beside a held worker", runtime.get());
    auto producer = runtime->producer("holds").value();
    std::atomic<bool> held{false}, over{false};
    REQUIRE(producer
                .submit([&] {
                  held = true;
                  while (!over) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                })
                .status == Status::accepted);
    while (!held) std::this_thread::yield();
    auto trainer = make_sampling_trainer(*runtime, OneCardGame::leduc(), rules).value();
    const auto look = [](void*) { std::this_thread::sleep_for(std::chrono::milliseconds(20)); };
    const std::uint64_t begun = now_ns(), busy = process_cpu_ns();
    CHECK(trainer->advance(60'000, look, nullptr) == Status::accepted);
    MESSAGE("CPUs busy beside the held worker: " << static_cast<double>(process_cpu_ns() - busy) /
                                                        static_cast<double>(now_ns() - begun));
    CHECK(trainer->state().iterations == 60'000);
    if (mode == UpdateMode::deterministic)
      CHECK(table_sha256(*trainer) == hash_after(rules, 60'000, 1));
    over = true;
    CHECK(runtime->barrier().status == Status::accepted);
  }
}

TEST_CASE("training: a run that ends inside a batch goes on as if it had not ended") {
  const TrainRules rules = test::deterministic_rules();
  const std::string whole = hash_after(rules, 9'000, 2);
  const test::TemporaryDirectory folder;
  const std::string path = folder.path() + "/kept";
  {
    const auto runtime = test::runtime_of(2);
    auto trainer = make_sampling_trainer(*runtime, OneCardGame::leduc(), rules).value();
    REQUIRE(trainer->advance(5'000, test::look_nowhere, nullptr) == Status::accepted);
    CHECK(!trainer->undo().empty());
    CHECK(trainer->state().iterations == 5'000);
    CHECK(trainer->undone().iterations == 4'608);
    REQUIRE(write_checkpoint(path, R"({"name":"leduc"})", rules, *trainer));
    SUBCASE("in the same process") {
      REQUIRE(trainer->advance(9'000, test::look_nowhere, nullptr) == Status::accepted);
      CHECK(table_sha256(*trainer) == whole);
    }
  }
  const auto runtime = test::runtime_of(4);
  auto again = make_sampling_trainer(*runtime, OneCardGame::leduc(), rules).value();
  REQUIRE(read_checkpoint(path, *again, Resume::no));
  CHECK(table_sha256(*again) == hash_after(rules, 5'000, 1));
  auto further = make_sampling_trainer(*runtime, OneCardGame::leduc(), rules).value();
  REQUIRE(read_checkpoint(path, *further, Resume::yes));
  REQUIRE(further->advance(9'000, test::look_nowhere, nullptr) == Status::accepted);
  CHECK(table_sha256(*further) == whole);
}

TEST_CASE("checkpoint: every cut and every changed byte is refused") {
  const TrainRules rules = test::deterministic_rules();
  const test::TemporaryDirectory folder;
  const std::string path = folder.path() + "/kept";
  const auto runtime = test::runtime_of(1);
  auto trainer = make_sampling_trainer(*runtime, OneCardGame::kuhn(), rules).value();
  REQUIRE(trainer->advance(1'000, test::look_nowhere, nullptr) == Status::accepted);
  REQUIRE(write_checkpoint(path, R"({"name":"kuhn"})", rules, *trainer));
  const std::string good = bytes_of(path);
  REQUIRE(read_checkpoint(path, *trainer, Resume::no));
  for (std::size_t size = 0; size < good.size(); size += 7) {
    put_bytes(path, good.substr(0, size));
    const auto read = read_checkpoint(path, *trainer, Resume::no);
    REQUIRE(!read);
    CHECK(read.error().code == "truncated");
    CHECK(read.error().where.find("kept, byte") != std::string::npos);
  }
  for (std::size_t at = 0; at < good.size(); at += 3) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    put_bytes(path, bad);
    INFO("byte " << at);
    CHECK(!read_checkpoint(path, *trainer, Resume::no));
  }
  std::string newer = good;
  newer[8] = 99;
  put_bytes(path, newer);
  CHECK(read_checkpoint(path, *trainer, Resume::no).error().code == "version");
  put_bytes(path, good + "x");
  CHECK(read_checkpoint(path, *trainer, Resume::no).error().code == "corrupt");
  put_bytes(path, good);
  auto other = make_sampling_trainer(*runtime, OneCardGame::leduc(), rules).value();
  CHECK(read_checkpoint(path, *other, Resume::no).error().code == "abstraction");
}

TEST_CASE("strategy: probabilities sum to one, draws follow them, nothing impossible is drawn") {
  Random random(5);
  for (int round = 0; round < 200; ++round) {
    const int actions = 1 + static_cast<int>(random.below(8));
    std::int32_t regrets[actions_max] = {};
    for (int a = 0; a < actions; ++a)
      regrets[a] = static_cast<std::int32_t>(random.below(2'000)) - 1'000;
    float strategy[actions_max];
    match_regrets<NarrowEntries>(regrets, actions, strategy);
    float total = 0;
    for (int a = 0; a < actions; ++a) {
      total += strategy[a];
      CHECK(strategy[a] >= 0);
    }
    CHECK(total == doctest::Approx(1).epsilon(1e-6));
    int drawn[actions_max] = {};
    constexpr int draws = 4'000;
    for (int k = 0; k < draws; ++k) ++drawn[draw_action(strategy, actions, random.unit())];
    for (int a = 0; a < actions; ++a) {
      if (strategy[a] == 0) CHECK(drawn[a] == 0);
      CHECK(static_cast<float>(drawn[a]) / draws == doctest::Approx(strategy[a]).epsilon(0.05));
    }
    CHECK(strategy[draw_action(strategy, actions, 0.99999994F)] > 0);
  }
}

TEST_CASE("strategy: rounding has the mean of what is rounded") {
  Random random(6);
  for (const float value : {0.0F, 0.3F, -0.3F, 2.75F, -2.75F, 5.0F, -5.0F}) {
    double sum = 0;
    Fractions<float> fractions(random);
    constexpr int rounds = 40'000;
    for (int k = 0; k < rounds; ++k) {
      const auto whole = round_unbiased<std::int32_t>(value, fractions.next());
      CHECK(std::abs(static_cast<float>(whole) - value) < 1);
      sum += whole;
    }
    CHECK(sum / rounds == doctest::Approx(value).epsilon(0.02));
  }
}

TEST_CASE("training: a discount reaches rows that nobody visits") {
  for (const UpdateMode mode : {UpdateMode::fast, UpdateMode::deterministic}) {
    TrainRules rules = test::deterministic_rules();
    rules.mode = mode;
    rules.discount_interval = 512;
    const auto runtime = test::runtime_of(2);
    auto trainer = make_sampling_trainer(*runtime, OneCardGame::leduc(), rules).value();
    // An entry of the padding between two regions belongs to no node.
    std::vector<bool> used(trainer->shape().entries);
    for (const BettingNode& node : trainer->tree().nodes) {
      for (std::uint32_t b = 0;
           node.kind == NodeKind::decision && b < trainer->shape().buckets[node.round]; ++b)
        for (std::uint32_t a = 0; a < node.actions; ++a)
          used[trainer->shape().region(node.round, node.player, b) + node.row + a] = true;
    }
    std::size_t free = 0;
    while (used[free]) ++free;
    const auto regrets = trainer->table().regrets;
    std::int64_t value = 1'000'000;
    std::memcpy(regrets.data() + free * sizeof(value), &value, sizeof(value));
    REQUIRE(trainer->advance(4 * 512, test::look_nowhere, nullptr) == Status::accepted);
    std::memcpy(&value, regrets.data() + free * sizeof(value), sizeof(value));
    CHECK(trainer->state().discounts == 4);
    CHECK(std::abs(value - 200'000) <= 4);  // 1/2 x 2/3 x 3/4 x 4/5
  }
}

TEST_CASE("pruning: what is skipped keeps its regret, and the best is never skipped") {
  TrainRules rules;
  rules.sampling.pruning = true;
  rules.sampling.prune_probability = 1;
  rules.sampling.prune_below = -100;
  const auto runtime = test::runtime_of(1);
  auto trainer = make_sampling_trainer(*runtime, OneCardGame::leduc(), rules).value();
  const TableShape& shape = trainer->shape();
  const auto regrets = trainer->table().regrets;
  const auto entry = [&](std::uint32_t at) {
    std::int64_t value = 0;
    std::memcpy(&value, regrets.data() + at * sizeof(value), sizeof(value));
    return value;
  };
  const auto put = [&](std::uint32_t at, std::int64_t value) {
    std::memcpy(regrets.data() + at * sizeof(value), &value, sizeof(value));
  };
  const std::int64_t hopeless = -1'000 * 65'536LL;
  const std::uint32_t root = shape.region(0, 0, 2) + trainer->tree().nodes[0].row;
  put(root, 50 * 65'536LL), put(root + 1, hopeless);
  const std::uint32_t all_bad = shape.region(0, 0, 1) + trainer->tree().nodes[0].row;
  put(all_bad, hopeless), put(all_bad + 1, hopeless);
  REQUIRE(trainer->advance(300, test::look_nowhere, nullptr) == Status::accepted);
  CHECK(entry(root + 1) == hopeless);
  CHECK(entry(all_bad) != hopeless);
  CHECK(entry(all_bad + 1) != hopeless);
}
