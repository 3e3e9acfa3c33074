// Rows that come with the first visit and have no sums in some rounds: kept, gone on with, and averaged by snapshots.
#include "lazy_average.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <unit/platform/temporary_directory.hpp>
#include <utility>
#include <vector>
#include <weir/mccfr/checkpoint.hpp>
#include <weir/mccfr/training_game.hpp>

#include "kept_rows.hpp"
#include "lazy_export.hpp"
#include "loaded.hpp"
#include "multiway_training.hpp"
#include "snapshot_average.hpp"
#include "training_support.hpp"

namespace weir::mccfr::lazy_average_test {

constexpr char kuhn3[] = R"({"name":"kuhn","players":3})";
constexpr char leduc2[] = R"({"name":"leduc","rows":"visited"})";
constexpr std::uint64_t step = 1'024;  // iterations between snapshots: whole batches

const auto go_on = [] { return true; };

struct Run {
  Run(const std::string& of, int average_rounds, int workers = 2)
      : rules(test::deterministic_rules()),
        game(make_game(of).value()),
        runtime(test::runtime_of(workers)) {
    rules.average_rounds = average_rounds;
    rules.lazy = LazySizes::within(1 << 20);
    trainer = game->make_trainer(*runtime, rules).value();
  }
  void train(std::uint64_t iterations) {
    REQUIRE(trainer->advance(iterations, test::look_nowhere, nullptr) == Status::accepted);
  }
  void keep(const std::string& path, Kept kept = Kept::averages) {
    REQUIRE(write_checkpoint(path, game->json(), rules, *trainer, kept));
  }

  TrainRules rules;
  std::unique_ptr<TrainingGame> game;
  std::unique_ptr<Runtime> runtime;
  std::unique_ptr<Trainer> trainer;
};

/// [key][action] of all rows of a file.
using Strategies = std::map<std::string, std::map<std::string, double>>;

struct Read {
  explicit Read(const std::string& path) : loaded(load_checkpoint(path)) {
    REQUIRE(loaded);
    const Trainer& trainer = *loaded.value().trainer;
    for_each_lazy_row(*trainer.multiway(), *loaded.value().trainer->lazy(),
                      [this](int, const std::string& key, const std::string& row) {
                        rows[key] = nlohmann::json::parse(row).get<std::map<std::string, double>>();
                      });
  }
  double exploitability() {
    const Loaded& l = loaded.value();
    return l.game->exact(*l.runtime, *l.trainer).value().exploitability();
  }

  Result<Loaded> loaded;
  Strategies rows;
};

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Betting between cards: Leduc's rows of the second round have a card of the board.
bool second_round(const std::string& key) { return key.find('/') != std::string::npos; }

TEST_CASE("visited rows without sums: shorter, and the same bytes however a run was made") {
  const test::TemporaryDirectory folder;
  const std::string path = folder.path() + "/kept";
  for (const int rounds : {0, 1}) {
    CAPTURE(rounds);
    Run whole(leduc2, rounds), all(leduc2, rounds_max);
    whole.train(2'000);
    all.train(2'000);
    CHECK(lazy_sizes_within(1 << 20, whole.rules).rows_max() >
          1.5 * static_cast<double>(lazy_sizes_within(1 << 20, all.rules).rows_max()));
    CHECK(lazy_sizes_within(1 << 20, whole.rules).bytes() ==
          lazy_sizes_within(1 << 20, all.rules).bytes());
    const LazyRows rows = lazy_rows(*whole.trainer->lazy()), more = lazy_rows(*all.trainer->lazy());
    // Regrets are those of a run that sums all: sums play no part in what is learnt.
    CHECK(rows.rows.size() == more.rows.size());
    CHECK(rows.words + rows.words_unsummed == more.words);
    CHECK(rows.words_unsummed > 0.8 * static_cast<double>(more.words - rows.rows.size() * 2) / 2);

    Run first(leduc2, rounds, 1);
    first.train(1'111);
    CHECK(!first.trainer->undo().empty());
    first.keep(path, Kept::all);
    Run second(leduc2, rounds, 4);
    REQUIRE(read_checkpoint(path, *second.trainer, Resume::yes));
    second.train(2'000);
    CHECK(table_sha256(*second.trainer) == table_sha256(*whole.trainer));
    const auto read = read_checkpoint(path, *all.trainer, Resume::no);
    REQUIRE(!read);
    CHECK(read.error().code == "abstraction");
    CHECK(read.error().what.find("sums of") != std::string::npos);
  }
}

TEST_CASE("visited rows without sums: one row read alone is that of the whole file") {
  const test::TemporaryDirectory folder;
  const std::string path = folder.path() + "/kept";
  Run run(leduc2, 1);
  run.train(step);
  for (const Kept kept : {Kept::all, Kept::averages}) {
    run.keep(path, kept);
    const Read all(path);
    auto rows = KeptRows::open(path);
    REQUIRE(rows);
    // A jack that is facing a bet, and behind a check and the card.
    const auto same = [&](const std::vector<std::uint8_t>& way, std::uint32_t bucket,
                          const std::string& key) {
      CAPTURE(key);
      const auto rank = rows.value().rank_of(way);
      REQUIRE(rank);
      REQUIRE(rank.value());
      const auto row = rows.value().strategy(*rank.value(), bucket);
      REQUIRE(row);
      REQUIRE(row.value());
      REQUIRE(all.rows.contains(key));
      std::vector<double> theirs;
      for (const char* const action : {"f", "c", "r"})
        if (all.rows.at(key).contains(action)) theirs.push_back(all.rows.at(key).at(action));
      REQUIRE(row.value()->size() == theirs.size());
      for (std::size_t a = 0; a < theirs.size(); ++a)
        CHECK((*row.value())[a] == doctest::Approx(theirs[a]));
    };
    same({1}, 0, "J::r");
    same({0, 0}, 1, "J:Q:cc/");
  }
}

TEST_CASE("average of snapshots of visited rows: the mean by name, the first rounds as they are") {
  const test::TemporaryDirectory folder;
  const std::string out = folder.path() + "/all";
  for (const int rounds : {0, 1}) {
    CAPTURE(rounds);
    Run run(leduc2, rounds);
    std::vector<std::string> paths;
    std::vector<Strategies> files;
    // The first are so early that rows are still to come.
    for (const std::uint64_t at : {4U, 16U, 256U, 1'024U}) {
      run.train(at);
      paths.push_back(folder.path() + "/" + std::to_string(at));
      run.keep(paths.back(), at == 16 ? Kept::all : Kept::averages);
      files.push_back(Read(paths.back()).rows);
    }
    REQUIRE(files[0].size() < files[3].size());
    std::reverse(paths.begin(), paths.end());
    const auto made = average_snapshots(paths, out, go_on);
    REQUIRE(made);
    CHECK(made.value().files == 4);
    CHECK(made.value().iterations == 1'024);
    CHECK(made.value().first_round == rounds);
    const Read average(out);
    // Rows whose regrets a discount took to zero are in earlier files alone.
    Strategies known = files[3];
    for (const Strategies& file : files)
      for (const auto& [key, row] : file)
        if (rounds == 0 || second_round(key)) known.insert({key, row});
    CHECK(known.size() > files[3].size());
    CHECK(average.rows.size() == known.size());
    double largest = 0;
    for (const auto& [key, row] : average.rows) {
      for (const auto& [action, probability] : row) {
        double expected = 0, have = 0;
        for (const Strategies& file : files) {
          if (!file.contains(key)) continue;
          expected += file.at(key).at(action);
          ++have;
        }
        expected /= have;
        if (rounds == 1 && !second_round(key)) expected = files[3].at(key).at(action);
        largest = std::max(largest, std::abs(probability - expected));
      }
    }
    CHECK(largest < 1e-6);
  }
}

TEST_CASE("average of snapshots of visited rows: three players come nearer to equilibrium") {
  const test::TemporaryDirectory folder;
  const std::string few = folder.path() + "/few", all = folder.path() + "/all";
  constexpr std::uint64_t snapshots = 40;
  Run run(kuhn3, 0);
  std::vector<std::string> paths;
  for (std::uint64_t k = 1; k <= snapshots; ++k) {
    run.train(k * step);
    paths.push_back(folder.path() + "/" + std::to_string(k));
    run.keep(paths.back());
    if (k == 5) REQUIRE(average_snapshots(paths, few, go_on));
  }
  REQUIRE(average_snapshots(paths, all, go_on));
  const double early = Read(few).exploitability(), late = Read(all).exploitability();
  const double current = Read(paths.back()).exploitability();
  MESSAGE(early << " of 5, " << late << " of " << snapshots << ", " << current
                << " of the current strategy");
  CHECK(late < 0.5 * early);
  CHECK(late < 0.5 * current);
}

TEST_CASE("average of snapshots of visited rows: what is none is refused, and nothing is written") {
  const test::TemporaryDirectory folder;
  const auto at = [&](const char* name) { return folder.path() + "/" + name; };
  Run run(kuhn3, 0);
  run.train(step);
  run.keep(at("1"));
  run.train(2 * step + 100);  // within a batch: what leads back is kept too
  run.keep(at("2"), Kept::all);
  Run whole(kuhn3, 1);
  for (const char* const name : {"3", "4"}) {
    whole.train(name[0] == '3' ? step : 2 * step);
    whole.keep(at(name));
  }
  const auto refused = [&](const std::vector<std::string>& paths, const std::string& code,
                           const std::string& words) {
    const auto made = average_snapshots(paths, at("out"), go_on);
    REQUIRE(!made);
    CAPTURE(made.error().text());
    CHECK(made.error().code == code);
    CHECK(made.error().text().find(words) != std::string::npos);
    CHECK(bytes_of(at("out")).empty());
  };
  refused({at("3"), at("4")}, "usage", "no round without sums");
  refused({at("1"), at("3")}, "usage", "of another run");
  CHECK(!average_snapshots({at("1"), at("2")}, at("out"), [] { return false; }));
  CHECK(bytes_of(at("out")).empty());
  REQUIRE(average_snapshots({at("1"), at("2")}, at("good"), go_on));
  for (const char* const name : {"1", "2"}) {
    const std::string good = bytes_of(at(name));
    const auto write = [&](const std::string& bytes) {
      std::ofstream(at("bad"), std::ios::binary) << bytes;
      return average_snapshots({at("bad"), at(name[0] == '1' ? "2" : "1")}, at("out"), go_on);
    };
    for (std::size_t size = 0; size < good.size(); size += 197) {
      INFO("cut at " << size);
      CHECK(!write(good.substr(0, size)));
    }
    for (std::size_t byte = 0; byte < good.size(); byte += 151) {
      std::string bad = good;
      bad[byte] = static_cast<char>(bad[byte] ^ 0x10);
      INFO("byte " << byte);
      CHECK(!write(bad));
    }
    CHECK(bytes_of(at("out")).empty());
  }
}

}  // namespace weir::mccfr::lazy_average_test
