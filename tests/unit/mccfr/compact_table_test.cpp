// Short entries: what a word of four does, that no thread loses a change, that training with them is training.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <thread>
#include <unit/platform/temporary_directory.hpp>
#include <vector>
#include <weir/mccfr/checkpoint.hpp>
#include <weir/mccfr/holdem_game.hpp>
#include <weir/mccfr/one_card_solver.hpp>

#include "compact_work.hpp"
#include "training_support.hpp"

using namespace weir;
using namespace weir::mccfr;

namespace {

TrainRules short_rules(TableBits bits, Algorithm algorithm = Algorithm::external) {
  TrainRules rules = test::deterministic_rules(algorithm);
  rules.table_bits = bits;
  return rules;
}

std::string short_hash(const TrainRules& rules, std::uint64_t iterations, int workers) {
  const auto runtime = test::runtime_of(workers);
  auto trainer = make_sampling_trainer(*runtime, OneCardGame::leduc(), rules).value();
  REQUIRE(trainer->advance(iterations, test::look_nowhere, nullptr) == Status::accepted);
  return table_sha256(*trainer);
}

/// Exploitability after so many iterations of Leduc, the median of three seeds.
double short_exploitability(TrainRules rules, std::uint64_t iterations) {
  std::vector<double> found;
  const OneCardGame game = OneCardGame::leduc();
  for (rules.seed = 1; rules.seed <= 3; ++rules.seed) {
    const auto runtime = test::runtime_of(1);
    auto trainer = make_sampling_trainer(*runtime, game, rules).value();
    REQUIRE(trainer->advance(iterations, test::look_nowhere, nullptr) == Status::accepted);
    found.push_back(measure(game, trainer->shape(), average_strategies(*trainer)).exploitability());
  }
  std::sort(found.begin(), found.end());
  return found[1];
}

/// The mean of an entry after `count` changes, over many words.
template <class G>
double mean_after(std::int64_t change, int count, Random& random) {
  constexpr int words = 4'000;
  double total = 0;
  for (int w = 0; w < words; ++w) {
    typename G::Word word = 0;
    for (int k = 0; k < count; ++k) word = G::add(word, 2, change, random);
    for (const std::uint32_t other : {0U, 1U, 3U}) REQUIRE(G::value(word, other) == 0);
    total += static_cast<double>(G::value(word, 2));
  }
  return total / words;
}

template <class G>
void check_no_wrap(Random& random) {
  typename G::Word word = 0;
  std::int64_t before = 0;
  for (int k = 0; k < 3'000; ++k) {
    word = G::add(word, 1, std::int64_t{1} << 22, random);
    const std::int64_t now = G::value(word, 1);
    REQUIRE(now > 0);
    REQUIRE(now >= before / 4);  // halved at most, at the end of all there is
    before = now;
  }
  CHECK(G::exponent(word) == G::exponent_max);
  if (G::least == 0) return;
  for (int k = 0; k < 3'000; ++k) {
    word = G::add(word, 3, -(std::int64_t{1} << 22), random);
    REQUIRE(G::value(word, 3) <= 0);
    REQUIRE(G::value(word, 1) >= 0);
  }
  CHECK(G::number(word, 3) == G::least);
}

/// Four threads add to four neighbours; what must come out.
void check_threads(TableBits bits, std::int32_t step, int each) {
  TableShape shape;
  shape.rounds = 1;
  shape.entries = 16;
  auto table = Table<CompactEntries>::zeros(shape, bits).value();
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&table, t, each, step] {
      SharedUpdates<CompactEntries, Sharing::threads> updates(table, Random(t));
      const std::int32_t changes[] = {step, -step, step, -step};
      for (int k = 0; k < each; ++k) updates.regrets(4, 4, changes);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const RegretView<CompactEntries> view = TableWork<CompactEntries>::regrets(table);
  for (std::uint32_t e = 0; e < 16; ++e) {
    const std::int64_t expected = e < 4 || e >= 8 ? 0 : (e % 2 == 0 ? 4 : -4) * each * step;
    CHECK(view.value(e, 0) == expected);
  }
}

}  // namespace

TEST_CASE("compact table: what is added arrives in the mean, and neighbours keep what they have") {
  Random random(3);
  CHECK(mean_after<Regrets16>(3, 50, random) == doctest::Approx(150));
  CHECK(mean_after<Regrets16>(-700'001, 20, random) == doctest::Approx(-14'000'020).epsilon(1e-4));
  CHECK(mean_after<Regrets8>(5, 40, random) == doctest::Approx(200).epsilon(0.03));
  CHECK(mean_after<Regrets8>(900, 30, random) == doctest::Approx(27'000).epsilon(0.03));
  CHECK(mean_after<Sums16>(16, 5'000, random) == doctest::Approx(80'000).epsilon(1e-3));
  CHECK(mean_after<Sums8>(7, 300, random) == doctest::Approx(2'100).epsilon(0.03));
}

TEST_CASE("compact table: nothing wraps at either end, a regret that falls stops at its floor") {
  Random random(4);
  check_no_wrap<Regrets16>(random);
  check_no_wrap<Regrets8>(random);
  check_no_wrap<Sums16>(random);
  check_no_wrap<Sums8>(random);
  // What no training brings at once, either.
  constexpr std::int64_t huge = std::numeric_limits<std::int32_t>::max();
  CHECK(Regrets8::value(Regrets8::add(0, 0, huge, random), 0) > 0);
  CHECK(Regrets16::value(Regrets16::add(0, 3, -huge, random), 3) < 0);
  CHECK(Sums8::value(Sums8::add(0, 1, huge, random), 1) > 0);
}

TEST_CASE("compact table: discounts keep proportions, and precision comes back") {
  Random random(5);
  Regrets16::Word word = 0;
  for (int k = 0; k < 200; ++k) {
    word = Regrets16::add(word, 0, 40'000, random);
    word = Regrets16::add(word, 1, 10'000, random);
    word = Regrets16::add(word, 2, -10'000, random);
  }
  const int before = Regrets16::exponent(word);
  for (int k = 0; k < 10; ++k) word = Regrets16::scaled(word, 0.5, 0.25, random);
  CHECK(Regrets16::exponent(word) < before);
  CHECK(static_cast<double>(Regrets16::value(word, 0)) == doctest::Approx(7812).epsilon(0.02));
  CHECK(static_cast<double>(Regrets16::value(word, 1)) == doctest::Approx(1953).epsilon(0.02));
  CHECK(std::abs(Regrets16::value(word, 2)) <= 4);
}

TEST_CASE("compact table: threads lose no change of an entry or its neighbours") {
  check_threads({16, 16, 16, 16}, 1, 2'000);
  check_threads({8, 8, 8, 8}, 16, 15);
  check_threads(full_bits, 1, 2'000);
}

TEST_CASE("compact table: it takes as many bytes as its bits say") {
  HoldemConfig config;
  config.rules = no_limit_holdem_rules(2, 20, 1, 2);
  config.menu = pot_menu();
  config.buckets.buckets = {169, 20, 20, 20};
  const auto game = HoldemGame::make(config).value();
  const TableShape shape = TableShape::of(game.tree(), game.buckets()).value();
  CHECK(CompactLayout::of(shape, full_bits).bytes == 4 * shape.entries);
  CHECK(CompactLayout::of(shape, {16, 16, 16, 16}).bytes == 2 * shape.entries);
  CHECK(CompactLayout::of(shape, {8, 8, 8, 8}).bytes == shape.entries);
  const CompactLayout mixed = CompactLayout::of(shape, {32, 16, 8, 32});
  std::vector<bool> taken(mixed.bytes);
  for (std::uint64_t e = 0; e < shape.entries; ++e) {
    const int round = mixed.round_of(e);
    const std::size_t width = mixed.bits[static_cast<std::size_t>(round)] / 8U;
    const std::size_t group = width == 4 ? 0 : e % group_entries;
    const std::size_t at = mixed.place(e, round) + group * width;
    for (std::size_t b = at; b < at + width; ++b) {
      REQUIRE(b < taken.size());
      REQUIRE(!taken[b]);
      taken[b] = true;
    }
  }
}

TEST_CASE("compact table: deterministic tables depend on no number of workers") {
  for (const TableBits bits :
       {TableBits{16, 16, 16, 16}, TableBits{8, 8, 8, 8}, TableBits{32, 8, 32, 32}}) {
    for (const bool baselines : {false, true}) {
      TrainRules rules = short_rules(bits, Algorithm::outcome);
      rules.baselines = baselines;
      const std::string one = short_hash(rules, 7'000, 1);
      for (const int workers : {0, 3}) CHECK(short_hash(rules, 7'000, workers) == one);
    }
  }
}

TEST_CASE("compact table: a run that ends inside a batch goes on as if it had not ended") {
  for (const bool baselines : {false, true}) {
    TrainRules rules = short_rules({16, 8, 32, 32});
    rules.baselines = baselines;
    const std::string whole = short_hash(rules, 6'000, 2);
    const test::TemporaryDirectory folder;
    const std::string path = folder.path() + "/kept";
    const auto runtime = test::runtime_of(2);
    auto trainer = make_sampling_trainer(*runtime, OneCardGame::leduc(), rules).value();
    REQUIRE(trainer->advance(3'300, test::look_nowhere, nullptr) == Status::accepted);
    REQUIRE(!trainer->undo().empty());
    REQUIRE(write_checkpoint(path, R"({"name":"leduc"})", rules, *trainer));
    CHECK(read_checkpoint_header(path).value().rules.table_bits == rules.table_bits);
    auto further = make_sampling_trainer(*runtime, OneCardGame::leduc(), rules).value();
    REQUIRE(read_checkpoint(path, *further, Resume::yes));
    REQUIRE(further->advance(6'000, test::look_nowhere, nullptr) == Status::accepted);
    CHECK(table_sha256(*further) == whole);
    auto plain =
        make_sampling_trainer(*runtime, OneCardGame::leduc(), test::deterministic_rules()).value();
    CHECK(read_checkpoint(path, *plain, Resume::no).error().code == "abstraction");
  }
}

TEST_CASE("compact table: a checkpoint with other bits is refused, and both are named") {
  const auto runtime = test::runtime_of(1);
  const auto trainer_of = [&](TableBits bits) {
    return make_sampling_trainer(*runtime, OneCardGame::leduc(), short_rules(bits)).value();
  };
  const TableBits kinds[] = {full_bits, {16, 16, 16, 16}, {8, 8, 8, 8}, {16, 8, 32, 32}};
  const test::TemporaryDirectory folder;
  const std::string path = folder.path() + "/kept";
  for (const TableBits& kept : kinds) {
    REQUIRE(write_checkpoint(path, R"({"name":"leduc"})", short_rules(kept), *trainer_of(kept)));
    for (const TableBits& read : kinds) {
      const auto done = read_checkpoint(path, *trainer_of(read), Resume::yes);
      CAPTURE(int{kept[0]});
      CAPTURE(int{read[0]});
      CHECK(static_cast<bool>(done) == (kept == read));
      if (done) continue;
      CHECK(done.error().code == "abstraction");
      CAPTURE(done.error().what);
      for (const TableBits& bits : {kept, read}) {
        const std::string words = std::to_string(bits[0]) + "," + std::to_string(bits[1]);
        CHECK(done.error().what.find(words) != std::string::npos);
      }
    }
  }
}

TEST_CASE("compact table: Leduc with 16 bits learns as with more") {
  TrainRules rules = short_rules(full_bits);
  rules.discount = {};
  constexpr std::uint64_t iterations = 200'000;
  const double wide = short_exploitability(rules, iterations);
  rules.table_bits = {16, 16, 16, 16};
  const double sixteen = short_exploitability(rules, iterations);
  rules.table_bits = {8, 8, 8, 8};
  const double eight = short_exploitability(rules, iterations);
  MESSAGE("64 bits " << wide << ", 16 bits " << sixteen << ", 8 bits " << eight);
  CHECK(sixteen < 1.25 * wide);
  CHECK(eight < 0.2);
}
