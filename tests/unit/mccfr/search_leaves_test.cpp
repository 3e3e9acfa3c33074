// Search up to the end of a street: what leaves are worth is what the blueprint, or what is made of it, wins there.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>
#include <weir/mccfr/equity.hpp>
#include <weir/mccfr/search_player.hpp>
#include <weir/mccfr/strategy.hpp>

#include "play_choices.hpp"
#include "short_game.hpp"
#include "spot_search.hpp"
#include "street_solver.hpp"
#include "subgame_kernels.hpp"
#include "subgame_tables.hpp"

using namespace weir;
using namespace weir::mccfr;
using namespace weir::mccfr::subgame;
using weir::test::search_too_slow_here;
using weir::test::ShortGame;

namespace {

/// A hand that was called before the flop, on it or, where that was checked, on the turn.
struct LeavesHand {
  explicit LeavesHand(std::string_view board_text)
      : board(parse_cards(board_text).value()), state(game().rules()), position(game().holdem()) {
    for (std::size_t done = 0; done < 2 * (board.size() - 2); ++done) call();
  }
  static const ShortGame& game() { return ShortGame::get(); }
  void call() {
    std::size_t a = 0;
    while (position.action(a).letter != 'c') ++a;
    position.enter(a);
    state.apply({'c', 0});
  }
  /// Nobody bets before the next card, unless `bets`.
  Subgame subgame(const Range& first, const Range& second, bool bets = false) const {
    Subgame made;
    made.board = board;
    made.pot = 4;
    made.stack = 28;
    made.min_bet = 2;
    made.ranges = {first, second};
    made.menu = pot_menu();
    if (!bets) made.menu.sizes[0].fill({});
    return made;
  }
  StreetSolver solver(const Subgame& subgame, const StreetSettings& settings) const {
    auto made = StreetSolver::make(subgame, {&game().holdem(), &game().shape(), game().sums()},
                                   {&state, {2, 2}, &position}, settings);
    REQUIRE(made);
    return std::move(made).value();
  }
  std::vector<Card> board;
  BettingState state;
  TreePosition position;
};

StreetSettings all_boards(std::size_t ways) {
  StreetSettings settings;
  settings.ways = ways;
  settings.boards = {48, 48, 1};
  settings.begun = 0;
  settings.limits.bytes_max = std::uint64_t{2} << 30;
  return settings;
}

Range only(std::string_view hand) { return parse_range(hand).value(); }
Hand hand_named(std::string_view text) {
  const auto cards = parse_cards(text).value();
  return hand_of(cards[0], cards[1]);
}

/// What seat 0 wins from a node on, by the strategies as they are read and changed: slow and plain.
class PlainPlay {
 public:
  PlainPlay(const std::array<Hand, 2>& hands, const std::array<std::size_t, 2>& ways)
      : hands_(hands), ways_(ways) {}

  double on_board(std::uint32_t n, std::span<const Card, 5> board) const {
    const ShortGame& game = ShortGame::get();
    const BettingTree& tree = game.holdem().tree();
    const BettingNode& node = tree.nodes[n];
    if (node.kind != NodeKind::decision) {
      const HandRank first = rank(hands_[0], board), second = rank(hands_[1], board);
      const std::size_t outcome = first < second ? 0 : first == second ? 1 : 2;
      return static_cast<double>(tree.ends[node.first].value[0][outcome]);
    }
    const auto shown = board.first(static_cast<std::size_t>(node.round) + 2);
    const Bucket bucket = game.holdem().cards()->bucket(hands_[node.player], shown);
    double chances[actions_max];
    average_strategy(game.sums() + game.shape().region(node.round, node.player, bucket) + node.row,
                     node.actions, chances);
    constexpr char letters[] = " fcr";
    double all = 0, sum = 0;
    for (std::uint32_t a = 0; a < node.actions; ++a) {
      if (tree.actions[node.first + a].letter == letters[ways_[node.player]]) chances[a] *= 5;
      all += chances[a];
    }
    for (std::uint32_t a = 0; a < node.actions; ++a)
      sum += chances[a] / all * on_board(node.first + a, board);
    return sum;
  }

  /// On all boards that the hands leave.
  double mean(std::uint32_t n, std::span<const Card> shown) const {
    const CardSet taken = set_of(shown) | cards_of(hands_[0]).set() | cards_of(hands_[1]).set();
    std::array<Card, 5> board{};
    std::copy(shown.begin(), shown.end(), board.begin());
    double sum = 0, count = 0;
    const std::function<void(std::size_t, CardSet)> deal = [&](std::size_t known, CardSet seen) {
      if (known == 5) {
        sum += on_board(n, board);
        ++count;
        return;
      }
      for (Card card = 0; card < card_count; ++card) {
        if (has(seen, card)) continue;
        board[known] = card;
        deal(known + 1, seen | set_of(card));
      }
    };
    deal(shown.size(), taken);
    return sum / count;
  }

 private:
  static HandRank rank(Hand hand, std::span<const Card, 5> board) {
    return hand_ranks()(PartialHand(board) + PartialHand(hand));
  }
  std::array<Hand, 2> hands_;
  std::array<std::size_t, 2> ways_;
};

}  // namespace

TEST_CASE("search leaves: one hand against another is worth what the blueprint plays it for") {
  if (search_too_slow_here()) return;
  for (const char* const board : {"Td7d2c", "Td7d2cJh"}) {
    LeavesHand hand(board);
    LeavesHand after = hand;
    after.call();
    after.call();
    for (const auto& [first, second] :
         {std::pair("AdKd", "7h7s"), std::pair("JsTs", "9d8d"), std::pair("3h2h", "AhAs")}) {
      CAPTURE(board);
      CAPTURE(first);
      const std::array<Hand, 2> hands{hand_named(first), hand_named(second)};
      const Subgame subgame = hand.subgame(only(first), only(second));
      StreetSolver one = hand.solver(subgame, all_boards(1));
      one.iterate();
      const double plain =
          PlainPlay(hands, {0, 0}).mean(after.position.at(), std::span(hand.board));
      CHECK(one.values(0).at(0) == doctest::Approx(plain).epsilon(1e-4));
      CHECK(one.values(1).at(0) == doctest::Approx(-plain).epsilon(1e-4));
      // Before anything is learnt each way is as likely.
      StreetSolver four = hand.solver(subgame, all_boards(4));
      four.iterate();
      double even = 0;
      for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = 0; j < 4; ++j)
          even += PlainPlay(hands, {i, j}).mean(after.position.at(), std::span(hand.board)) / 16;
      CHECK(four.values(0).at(0) == doctest::Approx(even).epsilon(1e-4));
    }
  }
}

TEST_CASE("search leaves: who is all-in has his exact part of the pot") {
  if (search_too_slow_here()) return;
  LeavesHand hand("Td7d2c");
  hand.state.apply({'r', 30});
  const Hand first = hand_named("AdKd"), second = hand_named("7h7s");
  Subgame subgame = hand.subgame(only("AdKd"), only("7h7s"), true);
  subgame.done = {{'r', 30}};
  StreetSolver solver = hand.solver(subgame, all_boards(4));
  for (int i = 0; i < 50; ++i) solver.iterate();
  const std::array<Hand, 2> hands{first, second};
  const Equity counted = equity(hands, hand.board).value();
  const double part = counted.hands[1].of(counted.boards);
  CHECK(solver.values(1).at(0) == doctest::Approx((2 * part - 1) * 30).epsilon(1e-4));
  CHECK(solver.root().actions == std::vector<std::string>{"f", "c"});
  CHECK(solver.root().probabilities.at(1) > 0.99F);
}

TEST_CASE("search leaves: a sample of boards is worth about what all are") {
  if (search_too_slow_here()) return;
  Range all{};
  all.fill(1);
  for (const bool all_in : {false, true}) {
    CAPTURE(all_in);
    LeavesHand hand("Td7d2c");
    if (all_in) hand.state.apply({'r', 30});
    Subgame subgame = hand.subgame(all, all, all_in);
    if (all_in) subgame.done = {{'r', 30}};
    StreetSettings few = all_boards(1);
    few.boards = {4, 1, 1};
    StreetSolver sample = hand.solver(subgame, few), whole = hand.solver(subgame, all_boards(1));
    sample.iterate();
    whole.iterate();
    const std::vector<float> some = sample.values(0), every = whole.values(0);
    const std::vector<float> other = whole.values(1);
    double off = 0, size = 0, made = 0;
    for (std::size_t h = 0; h < some.size(); ++h) {
      off += std::abs(static_cast<double>(some[h] - every[h]));
      size += std::abs(static_cast<double>(every[h]));
      made += static_cast<double>(every[h] + other[h]);
    }
    MESSAGE(std::string(all_in ? "all-in" : "played on")
            << ": off by " << off / size << ", made " << made);
    CHECK(off / size < (all_in ? 0.02 : 0.097));
    if (!all_in) CHECK(std::abs(made) < 0.02);
  }
}

TEST_CASE("search leaves: kernels give the same bits with and without AVX2") {
  const Kernels& wide = kernels(true);
  const Kernels& narrow = kernels(false);
  constexpr std::size_t row = ways * play_lanes;
  Random random(7);
  for (const bool folds : {false, true}) {
    for (std::size_t actions = folds ? 2 : 1; actions <= 5; ++actions) {
      FloatBlock strategy(actions * play_lanes), reach(row), rows(actions * row);
      for (std::size_t c = 0; c < play_lanes; ++c) {
        float sum = 0;
        for (std::size_t a = 0; a < actions; ++a)
          sum += strategy.data()[a * play_lanes + c] = random.unit();
        for (std::size_t a = 0; a < actions; ++a) strategy.data()[a * play_lanes + c] /= sum;
      }
      for (std::size_t i = 0; i < row; ++i) reach.data()[i] = random.unit();
      for (std::size_t i = 0; i < actions * row; ++i) rows.data()[i] = random.unit() - 0.5F;
      const PlayChoice choice{strategy.data(), actions, folds};
      const auto both = [&](std::size_t count, const auto& run) {
        FloatBlock one(count), two(count);
        run(wide, one.data());
        run(narrow, two.data());
        return std::equal(one.data(), one.data() + count, two.data());
      };
      CHECK(both(actions * row, [&](const Kernels& k, float* to) {
        k.play_down({choice, reach.data(), to});
      }));
      CHECK(both(row, [&](const Kernels& k, float* to) {
        k.play_up({choice, rows.data(), to, folds ? 1u : 0u});
      }));
      CHECK(both(row, [&](const Kernels& k, float* to) {
        k.play_sum({rows.data(), actions, to, 1});
      }));
      CHECK(both(play_lanes, [&](const Kernels& k, float* to) {
        k.play_fold({reach.data(), to, {3, 3, 3}});
      }));
      CHECK(both(play_lanes, [&](const Kernels& k, float* to) {
        k.play_showdown({reach.data(), to, {-3, -0.1F, 2.5F}});
      }));
    }
  }
}

TEST_CASE(
    "search leaves: a flop ends with its deadline, and falls back where the blueprint is not "
    "known") {
  if (search_too_slow_here()) return;
  const LeavesHand hand("Td7d2c");
  const ShortGame& game = ShortGame::get();
  std::array<std::unique_ptr<KnownPlayer>, 2> players;
  SearchSpot spot;
  spot.menu = &game.holdem().config().menu;
  spot.rules = &game.rules();
  spot.round = 1;
  spot.board = hand.board;
  spot.put = {2, 2};
  spot.state = &hand.state;
  BettingState state(game.rules());
  for (const std::size_t seat : {std::size_t{0}, std::size_t{1}}) {
    players[seat] = game.known(1e-3);
    players[seat]->begin(static_cast<int>(seat));
  }
  for (int done = 0; done < 2; ++done) {
    const auto seat = static_cast<std::size_t>(state.player());
    players[seat]->did(state, {'c', 0});
    players[1 - seat]->saw(state, {'c', 0});
    state.apply({'c', 0});
  }
  for (const std::size_t seat : {std::size_t{0}, std::size_t{1}}) {
    players[seat]->deal(hand.board);
    players[seat]->weights(spot.ranges[seat]);
    spot.blueprints[seat] = players[seat].get();
  }
  CHECK(solve_spot(spot, {.iterations = 6}).actions.empty());
  spot.blueprint = {&game.holdem(), &game.shape(), game.sums()};
  CHECK(solve_spot(spot, {.deadline_ms = 0}).tries == 0);
  const SolvedSpot late = solve_spot(spot, {.deadline_ms = 1});
  CHECK(late.actions.empty());
  CHECK(late.tries <= 1);
  const SolvedSpot solved = solve_spot(spot, {.iterations = 6});
  CHECK(solved.iterations == 6);
  CHECK(solved.tries == 1);
  REQUIRE(solved.actions.size() == 3);
  CHECK(solved.actions[0] == BetAction{'c', 0});
  CHECK(solved.actions[2] == BetAction{'r', 30});
  for (Hand h = 0; h < hand_count; ++h) {
    double sum = 0;
    for (const Range& row : solved.probabilities) sum += static_cast<double>(row[h]);
    const bool in_range = spot.ranges[0][h] > 0;
    if (sum != doctest::Approx(in_range ? 1 : 0).epsilon(1e-4)) FAIL_CHECK(h);
  }
  // A bet that no tree has.
  BettingState odd = hand.state;
  for (const BetAction& action : {BetAction{'c', 0}, BetAction{'r', 5}}) {
    const auto seat = static_cast<std::size_t>(odd.player());
    players[seat]->did(odd, action);
    players[1 - seat]->saw(odd, action);
    odd.apply(action);
    spot.done.push_back(action);
  }
  spot.state = &odd;
  for (const std::size_t seat : {std::size_t{0}, std::size_t{1}})
    players[seat]->weights(spot.ranges[seat]);
  const SolvedSpot facing = solve_spot(spot, {.iterations = 6});
  CHECK(facing.iterations == 6);
  REQUIRE(facing.actions.size() >= 3);
  CHECK(facing.actions[0] == BetAction{'f', 0});
  for (const BetAction& action : facing.actions) CHECK(odd.refusal(action) == nullptr);
}

TEST_CASE("search leaves: the buckets of all hands of a board are those of each") {
  if (search_too_slow_here()) return;
  const CardBuckets& cards = *ShortGame::get().holdem().cards();
  const std::vector<Card> board = parse_cards("Td7d2cJh9s").value();
  for (const std::size_t shown : {std::size_t{0}, std::size_t{3}, std::size_t{4}, std::size_t{5}}) {
    const auto some = std::span(board).first(shown);
    std::array<Bucket, hand_count> row{};
    row.fill(999);
    cards.row(some, row);
    std::size_t wrong = 0;
    for (Hand h = 0; h < hand_count; ++h) {
      const bool taken = (cards_of(h).set() & set_of(some)) != 0;
      if (row[h] != (taken ? 0 : cards.bucket(h, some))) ++wrong;
    }
    CHECK(wrong == 0);
  }
}
