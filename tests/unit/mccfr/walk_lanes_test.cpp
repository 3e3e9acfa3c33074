// Lanes of fast training: every walk once, whatever the lanes do meanwhile; two never walk for one player at once.
#include "walk_lanes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <utility>
#include <vector>
#include <weir/mccfr/one_card_game.hpp>
#include <weir/mccfr/sampling.hpp>
#include <weir/mccfr/training_game.hpp>

#include "regret_copies.hpp"
#include "training_support.hpp"

using namespace weir;
using namespace weir::mccfr;

namespace {

constexpr std::uint64_t many_rows = 1 << 20, few_rows = 100;

void draw_numbers(std::uint64_t first, std::uint64_t end, Deal* to) {
  for (std::uint64_t i = first; i < end; ++i) to[i - first].outcome = static_cast<std::uint32_t>(i);
}

/// One lane's walk of a phase: counts[player][iteration], and whether each deal was that of its iteration.
void walk_all(WalkLanes& lanes, std::size_t thread, std::uint64_t begun,
              std::vector<std::atomic<int>>* counts, std::atomic<int>& wrong) {
  WalkLanes::Lane lane(lanes, thread);
  WalkLanes::Turn turn;
  while (lane.next(turn)) {
    const Deal* const deals = lane.deals(turn, draw_numbers);
    for (std::uint64_t i = turn.first; i < turn.end; ++i) {
      if (deals[i - turn.first].outcome != i) ++wrong;
      ++counts[turn.player][i - begun];
    }
  }
}

/// Notes what a walk writes to.
struct WrittenRows {
  std::set<std::uint32_t> regrets_of, sums_of;
  void regrets(std::uint32_t row, int, const std::int64_t*) { regrets_of.insert(row); }
  void strategy(std::uint32_t row, int, const double*, double, Random&) { sums_of.insert(row); }
  void prefetch(std::uint32_t, int) const noexcept {}
};

bool disjoint(const std::set<std::uint32_t>& a, const std::set<std::uint32_t>& b) {
  return std::none_of(a.begin(), a.end(), [&](std::uint32_t row) { return b.contains(row); });
}

/// What many walks for each player write to in tables of these regrets.
std::array<WrittenRows, 2> walk_leduc(const OneCardGame& game, const TableShape& shape,
                                      const std::vector<std::int64_t>& regrets,
                                      Algorithm algorithm) {
  const SamplingRules rules;
  std::array<WrittenRows, 2> written;
  for (int player = 0; player < 2; ++player) {
    WrittenRows& rows = written[static_cast<std::size_t>(player)];
    Traversal<WideEntries, WrittenRows> traversal(game.tree(), regrets.data(), rows, rules);
    for (std::uint64_t i = 0; i < 30'000; ++i) {
      Random cards = Random::keyed(1, i, 1);
      Deal deal;
      game.deal(shape, cards, deal);
      const Random random = Random::keyed(1, i, 2);
      if (algorithm == Algorithm::external) traversal.external(deal, player, random);
      if (algorithm == Algorithm::outcome) traversal.outcome(deal, player, random);
      if (algorithm == Algorithm::chance) traversal.chance(deal, player, random);
    }
  }
  return written;
}

}  // namespace

TEST_CASE("walk lanes: walks for two players write to no entry in common") {
  const OneCardGame game = OneCardGame::leduc();
  const TableShape shape = TableShape::of(game.tree(), game.buckets()).value();
  const std::vector<std::int64_t> regrets(shape.entries, -1);  // learnt, and still uniform
  for (const Algorithm algorithm : {Algorithm::external, Algorithm::outcome, Algorithm::chance}) {
    CAPTURE(to_string(algorithm));
    const std::array<WrittenRows, 2> written = walk_leduc(game, shape, regrets, algorithm);
    CHECK(written[0].regrets_of.size() + written[1].regrets_of.size() == shape.rows);
    CHECK(disjoint(written[0].regrets_of, written[1].regrets_of));
    CHECK(written[0].sums_of.size() + written[1].sums_of.size() == shape.rows);
    CHECK(disjoint(written[0].sums_of, written[1].sums_of));
  }
}

TEST_CASE("walk lanes: a row is averaged once something was learnt of it, and not before") {
  const OneCardGame game = OneCardGame::leduc();
  const TableShape shape = TableShape::of(game.tree(), game.buckets()).value();
  std::vector<std::int64_t> regrets(shape.entries);
  const std::uint32_t first = shape.region(0, 0, 1);  // the root with a queen
  for (const Algorithm algorithm : {Algorithm::external, Algorithm::outcome}) {
    regrets[first] = 0;
    for (const WrittenRows& rows : walk_leduc(game, shape, regrets, algorithm))
      CHECK(rows.sums_of.empty());
    regrets[first] = -1;
    const auto written = walk_leduc(game, shape, regrets, algorithm);
    CHECK(written[0].sums_of.empty());
    CHECK(written[1].sums_of == std::set<std::uint32_t>{first + game.tree().nodes[0].row});
  }
}

TEST_CASE(
    "walk lanes: each player's walk of each iteration is made once, with the iteration's deal") {
  for (const std::uint64_t rows : {many_rows, few_rows}) {
    for (const std::size_t count : std::initializer_list<std::size_t>{1, 2, 3, 4, 8}) {
      CAPTURE(rows);
      CAPTURE(count);
      WalkLanes lanes(count, rows);
      std::uint64_t begun = 1'000;
      for (const std::uint64_t length :
           {std::uint64_t{1}, std::uint64_t{64}, std::uint64_t{1'000}, lanes.iterations_max()}) {
        std::vector<std::atomic<int>> counts[2] = {std::vector<std::atomic<int>>(length),
                                                   std::vector<std::atomic<int>>(length)};
        std::atomic<int> wrong{0};
        lanes.begin(begun, begun + length);
        CHECK(lanes.end() == begun + length);
        {
          std::vector<std::jthread> threads;
          for (std::size_t t = 0; t < count; ++t)
            threads.emplace_back([&, t] { walk_all(lanes, t, begun, counts, wrong); });
        }
        int other = 0;
        for (const auto& of_player : counts)
          for (const std::atomic<int>& walks : of_player) other += walks == 1 ? 0 : 1;
        CHECK(other == 0);
        CHECK(wrong == 0);
        begun += length;
      }
    }
  }
}

TEST_CASE("walk lanes: no step goes beyond its batch, and the last of a batch is told") {
  WalkLanes lanes(2, many_rows);
  lanes.begin(1'000, 1'750, 300);  // 300, 300 and 150 iterations: 5, 5 and 3 steps
  WalkLanes::Lane lane(lanes, 0);
  WalkLanes::Turn turn;
  std::vector<std::uint64_t> ends, last;
  std::uint64_t at = 1'000;
  while (lane.next(turn)) {
    CHECK(turn.first == at);
    at = turn.end;
    const Deal* const deals = lane.deals(turn, draw_numbers);
    CHECK(deals[turn.end - turn.first - 1].outcome == turn.end - 1);
    ends.push_back(at);
    if (turn.last) last.push_back(at);
  }
  CHECK(ends.size() == 13);
  CHECK(last == std::vector<std::uint64_t>{1'300, 1'600, 1'750});
}

TEST_CASE("walk lanes: two lanes have a player each, also one after the other and of any threads") {
  WalkLanes lanes(2, many_rows);
  CHECK(lanes.one_writer());
  for (const std::size_t second : std::initializer_list<std::size_t>{0, 1, 5}) {
    lanes.begin(0, 500);
    WalkLanes::Lane a(lanes, 1), b(lanes, second);
    WalkLanes::Turn turn;
    std::map<std::uint32_t, int> of_a, of_b;
    REQUIRE(b.next(turn));
    ++of_b[turn.player];
    while (a.next(turn)) ++of_a[turn.player];
    while (b.next(turn)) ++of_b[turn.player];
    CHECK(of_a == std::map<std::uint32_t, int>{{1, 8}});
    CHECK(of_b == std::map<std::uint32_t, int>{{0, 8}});
  }
}

TEST_CASE("walk lanes: a lane does not wait for deals that another has begun to draw") {
  WalkLanes lanes(2, many_rows);
  lanes.begin(0, 640);
  WalkLanes::Lane held(lanes, 0), free(lanes, 1);
  WalkLanes::Turn turn;
  REQUIRE(held.next(turn));
  int walks = 0;
  // In the middle of a draw of the one, the other walks to the end of the phase.
  bool first = true;
  const Deal* const mine = held.deals(turn, [&](std::uint64_t begin, std::uint64_t end, Deal* to) {
    draw_numbers(begin, end, to);
    if (!std::exchange(first, false)) return;
    WalkLanes::Turn other;
    while (free.next(other)) {
      const Deal* const deals = free.deals(other, draw_numbers);
      for (std::uint64_t i = other.first; i < other.end; ++i)
        walks += deals[i - other.first].outcome == i ? 1 : 0;
    }
  });
  CHECK(walks == 640);
  CHECK(mine[5].outcome == 5);
}

TEST_CASE("walk lanes: which threads write to an entry, and what lanes take") {
  CHECK(WalkLanes(1, many_rows).one_writer());
  CHECK(!WalkLanes(2, few_rows).one_writer());
  CHECK(!WalkLanes(4, many_rows).one_writer());
  CHECK(WalkLanes::announced(1, many_rows) == 0);
  CHECK(WalkLanes::announced(2, few_rows) == 0);
  CHECK(WalkLanes::announced(2, many_rows) > 256 * 64 * sizeof(Deal));
  CHECK(WalkLanes(2, 5'000).iterations_max() < WalkLanes(2, many_rows).iterations_max());
}

TEST_CASE("regret copies: a player's regrets are those of the last step that renewed them") {
  TableShape shape;
  shape.rounds = 2;
  shape.buckets = {3, 2};
  shape.width = {{{10, 20}, {30, 40}}};
  shape.base = {{{0, 30}, {90, 150}}};
  shape.entries = 230;
  shape.rows = 1 << 17;
  using Copies = RegretCopies<NarrowEntries>;
  CHECK(!Copies::make(shape, 1).value().there());
  CHECK(Copies::announced(shape, 1) == 0);
  CHECK(Copies::announced(shape, 2) >= 230 * sizeof(std::int32_t));
  auto copies = Copies::make(shape, 2).value();
  REQUIRE(copies.there());
  std::vector<std::int32_t> regrets(shape.entries, 7);
  copies.before(0, shape, regrets.data(), 1);
  for (std::size_t e = 0; e < shape.entries; ++e)
    if (copies.data()[e] != ((e >= 30 && e < 90) || e >= 150 ? 7 : 0)) FAIL_CHECK(e);
  std::fill(regrets.begin(), regrets.end(), 9);
  copies.before(1, shape, regrets.data(), 1);
  CHECK(copies.data()[30] == 7);
  copies.before(32, shape, regrets.data(),
                1);  // 2^17 rows: an iteration for 64, 64 iterations a step
  CHECK(copies.data()[30] == 9);
  CHECK(copies.data()[0] == 0);
  std::fill(regrets.begin(), regrets.end(), 4);
  copies.renew(regrets.data());
  CHECK(std::all_of(copies.data(), copies.data() + shape.entries, [](int r) { return r == 4; }));
  std::fill(regrets.begin(), regrets.end(), 3);
  copies.renew_player(shape, regrets.data(), 0);
  for (std::size_t e = 0; e < shape.entries; ++e)
    if (copies.data()[e] != ((e >= 30 && e < 90) || e >= 150 ? 4 : 3)) FAIL_CHECK(e);
  std::fill(regrets.begin(), regrets.end(), 2);
  for (std::uint64_t part = 0; part < 7; ++part) copies.renew_part(regrets.data(), part, 7);
  CHECK(std::all_of(copies.data(), copies.data() + shape.entries, [](int r) { return r == 2; }));
  shape.rows = 1'000;
  CHECK(!Copies::make(shape, 2).value().there());
}

TEST_CASE("walk lanes: with two workers every walk is made, and it is learnt as with one") {
  const auto game =
      mccfr::make_game(R"({"name":"nolimit","stack":20,"buckets":[169,20,20,20]})").value();
  REQUIRE(game->prepare());
  for (const int workers : {2, 4}) {
    const auto runtime = weir::test::runtime_of(workers);
    const auto trainer = game->make_trainer(*runtime, {}).value();
    REQUIRE(trainer->advance(20'000, &weir::test::look_nowhere, nullptr) == Status::accepted);
    CHECK(trainer->state().iterations == 20'000);
    CHECK(trainer->state().traversals == 20'000);
    const auto caller = weir::test::runtime_of(0);
    const auto alone = game->make_trainer(*caller, {}).value();
    REQUIRE(alone->advance(20'000, &weir::test::look_nowhere, nullptr) == Status::accepted);
    const auto sum = [](Trainer& of) {
      const auto bytes = of.table().sums;
      double all = 0;
      for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4)
        all += static_cast<double>(*reinterpret_cast<const std::uint32_t*>(bytes.data() + i));
      return all;
    };
    // Visits of rows. How far lanes are apart changes what is played by some hundredths.
    CHECK(sum(*trainer) == doctest::Approx(sum(*alone)).epsilon(0.2));
  }
}
