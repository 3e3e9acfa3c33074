// Averages made of snapshots of the current strategy, for rounds whose averages no table sums.
#include "snapshot_average.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <string>
#include <unit/platform/temporary_directory.hpp>
#include <utility>
#include <vector>
#include <weir/mccfr/checkpoint.hpp>
#include <weir/mccfr/training_game.hpp>
#include <weir/memory.hpp>

#include "loaded.hpp"
#include "training_support.hpp"
#include "visited_rows.hpp"

namespace weir::mccfr::snapshot_average_test {

constexpr std::uint64_t step = 2'560;  // iterations between snapshots: whole batches
constexpr std::uint64_t snapshots = 40;

const auto go_on = [] { return true; };

struct Run {
  explicit Run(const TrainRules& by, const std::string& of = R"({"name":"leduc"})", int workers = 2)
      : rules(by), game(make_game(of).value()), runtime(test::runtime_of(workers)) {
    trainer = game->make_trainer(*runtime, rules).value();
  }
  void train(std::uint64_t iterations) {
    REQUIRE(trainer->advance(iterations, test::look_nowhere, nullptr) == Status::accepted);
  }
  void keep(const std::string& path, Kept kept = Kept::averages) {
    REQUIRE(write_checkpoint(path, game->json(), rules, *trainer, kept));
  }
  /// Adds the strategies of rows that somebody came to, and counts them by entry.
  void add_to(std::vector<double>& totals, std::vector<double>& counts) {
    const TableShape& shape = trainer->shape();
    const std::vector<double> now = average_strategies(*trainer);
    totals.resize(now.size());
    counts.resize(now.size());
    for (const BettingNode& node : trainer->tree().nodes) {
      if (node.kind != NodeKind::decision) continue;
      for (std::uint32_t b = 0; b < shape.buckets[node.round]; ++b) {
        const std::uint32_t row = shape.region(node.round, node.player, b) + node.row;
        const bool summed = row < shape.entries_of_first(rules.average_rounds);
        if (!summed && !visited(trainer->table(), row, node.actions, node.round)) continue;
        for (std::uint32_t e = row; e < row + node.actions; ++e) {
          // Sums grow over all iterations: the newest stand for all.
          totals[e] = summed ? now[e] : totals[e] + now[e];
          counts[e] = summed ? 1 : counts[e] + 1;
        }
      }
    }
  }
  double exploitability() { return game->exact(*runtime, *trainer).value().exploitability(); }

  TrainRules rules;
  std::unique_ptr<TrainingGame> game;
  std::unique_ptr<Runtime> runtime;
  std::unique_ptr<Trainer> trainer;
};

TrainRules rules_of(int average_rounds) {
  TrainRules rules = test::deterministic_rules();
  rules.average_rounds = average_rounds;
  return rules;
}

std::vector<double> strategies_in(const std::string& path) {
  const auto loaded = load_checkpoint(path);
  REQUIRE(loaded);
  return average_strategies(*loaded.value().trainer);
}

double exploitability_of(const std::string& path) {
  const auto loaded = load_checkpoint(path);
  REQUIRE(loaded);
  const Loaded& l = loaded.value();
  return l.game->exact(*l.runtime, *l.trainer).value().exploitability();
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_CASE("average rounds: tables have sums of the first rounds alone, as announced") {
  for (const std::uint32_t bits : {32U, 16U, 8U}) {
    CAPTURE(bits);
    std::size_t before = 0;
    for (const int rounds : {rounds_max, 1, 0}) {
      TrainRules rules = rules_of(rounds);
      rules.mode = UpdateMode::fast;
      rules.table_bits.fill(static_cast<std::uint8_t>(bits));
      const auto game = make_game(R"({"name":"leduc"})").value();
      const auto runtime = test::runtime_of(1);
      const std::size_t taken = allocated_bytes();
      const auto trainer = game->make_trainer(*runtime, rules).value();
      CHECK(allocated_bytes() - taken == game->announce(rules).value());
      CHECK(trainer->table_bytes() == game->announce(rules).value());
      const std::uint64_t summed = trainer->shape().entries_of_first(rounds);
      CHECK(trainer->table().sums.size() ==
            (bits == 32 ? summed * sizeof(std::int64_t) : summed * bits / 8));
      if (rounds != rounds_max) CHECK(trainer->table_bytes() < before);
      before = trainer->table_bytes();
    }
  }
}

TEST_CASE("average rounds: the table depends on no number of workers, nor on where a run ended") {
  for (const std::uint32_t bits : {32U, 16U}) {
    TrainRules rules = rules_of(1);
    rules.table_bits.fill(static_cast<std::uint8_t>(bits));
    Run whole(rules);
    whole.train(6'000);
    const test::TemporaryDirectory folder;
    Run first(rules, whole.game->json(), 1);
    first.train(3'333);
    CHECK(!first.trainer->undo().empty());
    first.keep(folder.path() + "/kept", Kept::all);
    Run second(rules, whole.game->json(), 4);
    REQUIRE(read_checkpoint(folder.path() + "/kept", *second.trainer, Resume::yes));
    second.train(6'000);
    CHECK(table_sha256(*second.trainer) == table_sha256(*whole.trainer));
  }
}

TEST_CASE("average rounds: a checkpoint goes into a table with the same sums alone") {
  const test::TemporaryDirectory folder;
  const std::string path = folder.path() + "/kept";
  Run some(rules_of(1));
  some.train(step);
  some.keep(path, Kept::all);
  for (const int rounds : {0, rounds_max}) {
    Run other(rules_of(rounds));
    const auto read = read_checkpoint(path, *other.trainer, Resume::no);
    REQUIRE(!read);
    CHECK(read.error().code == "abstraction");
    CHECK(read.error().what.find("sums of") != std::string::npos);
  }
  CHECK(strategies_in(path) == average_strategies(*some.trainer));
}

TEST_CASE("average of snapshots: the mean of what they have, and it comes nearer to equilibrium") {
  for (const int rounds : {0, 1}) {
    CAPTURE(rounds);
    const test::TemporaryDirectory folder;
    const std::string few = folder.path() + "/few", all = folder.path() + "/all";
    Run run(rules_of(rounds));
    std::vector<std::string> paths;
    std::vector<double> totals, counts;
    for (std::uint64_t k = 1; k <= snapshots; ++k) {
      run.train(k * step);
      paths.push_back(folder.path() + "/snapshot" + std::to_string(k));
      run.keep(paths.back(), k % 7 == 0 ? Kept::all : Kept::averages);  // of both kinds
      run.add_to(totals, counts);
      if (k == 5) REQUIRE(average_snapshots(paths, few, go_on));
    }
    const double current = run.exploitability();
    CHECK(exploitability_of(paths.back()) == doctest::Approx(current).epsilon(1e-3));
    std::reverse(paths.begin(), paths.end());  // in any order
    const auto made = average_snapshots(paths, all, go_on);
    REQUIRE(made);
    CHECK(made.value().files == paths.size());
    CHECK(made.value().iterations == snapshots * step);
    CHECK(made.value().first_round == rounds);
    const std::vector<double> average = strategies_in(all);
    REQUIRE(average.size() == totals.size());
    double largest = 0;
    for (std::size_t e = 0; e < average.size(); ++e)
      if (counts[e] > 0) largest = std::max(largest, std::abs(average[e] - totals[e] / counts[e]));
    CHECK(largest < 1e-6);
    const double early = exploitability_of(few), late = exploitability_of(all);
    MESSAGE(rounds << " rounds summed: " << early << " of 5, " << late << " of " << snapshots
                   << ", " << current << " of the current strategy");
    CHECK(late < 0.5 * early);
    CHECK(late < 0.15 * current);
  }
}

TEST_CASE("average of snapshots: short entries are averaged to within their steps") {
  for (const auto& [first, second] : {std::pair{16, 16}, {8, 8}, {32, 16}, {16, 32}}) {
    CAPTURE(first);
    CAPTURE(second);
    const test::TemporaryDirectory folder;
    TrainRules rules = rules_of(1);
    rules.table_bits[0] = static_cast<std::uint8_t>(first);
    rules.table_bits[1] = static_cast<std::uint8_t>(second);
    Run run(rules);
    std::vector<std::string> paths;
    std::vector<double> totals, counts;
    for (std::uint64_t k = 1; k <= 2; ++k) {
      run.train(k * step);
      paths.push_back(folder.path() + "/" + std::to_string(k));
      run.keep(paths.back(), k == 1 ? Kept::averages : Kept::all);
      run.add_to(totals, counts);
    }
    REQUIRE(average_snapshots(paths, folder.path() + "/all", go_on));
    const std::vector<double> average = strategies_in(folder.path() + "/all");
    const double within = second == 8 ? 2e-2 : 1e-4;
    double largest = 0;
    for (std::size_t e = 0; e < average.size(); ++e)
      if (counts[e] > 0) largest = std::max(largest, std::abs(average[e] - totals[e] / counts[e]));
    CHECK(largest < within);
  }
}

TEST_CASE("average of snapshots: what is none is refused by name, and nothing is written") {
  const test::TemporaryDirectory folder;
  const auto at = [&](const char* name) { return folder.path() + "/" + name; };
  Run run(rules_of(1));
  for (std::uint64_t k = 1; k <= 3; ++k) {
    run.train(k * step);
    run.keep(at(k == 1 ? "1" : k == 2 ? "2" : "3"));
  }
  run.keep(at("3 again"), Kept::all);
  TrainRules seeded = rules_of(1);
  seeded.seed = 12;
  Run other(seeded);
  other.train(step);
  other.keep(at("other"));
  Run whole(rules_of(rounds_max));
  whole.train(step);
  whole.keep(at("whole"));
  const auto refused = [&](const std::vector<std::string>& paths, const std::string& code,
                           const std::string& words) {
    const auto made = average_snapshots(paths, at("out"), go_on);
    REQUIRE(!made);
    CAPTURE(made.error().text());
    CHECK(made.error().code == code);
    CHECK(made.error().text().find(words) != std::string::npos);
    CHECK(bytes_of(at("out")).empty());
  };
  refused({at("1")}, "usage", "two snapshots");
  refused({at("1"), at("none")}, "not_found", "none");
  refused({at("3"), at("1"), at("3 again")}, "usage", "same iteration");
  refused({at("1"), at("2"), at("other")}, "usage", "of another run");
  refused({at("1"), at("whole")}, "usage", "whole: sums the averages of all its rounds");
  std::string bytes = bytes_of(at("2"));
  bytes[bytes.size() - 100] = static_cast<char>(bytes[bytes.size() - 100] ^ 1);
  std::ofstream(at("bad"), std::ios::binary) << bytes;
  refused({at("1"), at("bad"), at("3")}, "corrupt", "bad, byte");
  std::ofstream(at("cut"), std::ios::binary) << bytes.substr(0, bytes.size() - 50);
  refused({at("1"), at("cut"), at("3")}, "truncated", "cut, byte");
  REQUIRE(!average_snapshots({at("1"), at("2")}, at("out"), [] { return false; }));
  CHECK(bytes_of(at("out")).empty());
  REQUIRE(average_snapshots({at("1"), at("2")}, at("out"), go_on));
  CHECK(average_snapshots({at("1"), at("out")}, at("more"), go_on).error().code == "usage");
}

}  // namespace weir::mccfr::snapshot_average_test
