// Search while playing: what is solved is better than the blueprint, is what is played, and comes in time or counts.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <weir/mccfr/aivat.hpp>
#include <weir/mccfr/search_player.hpp>

#include "margin_solver.hpp"
#include "play_choices.hpp"
#include "search_options.hpp"
#include "short_game.hpp"
#include "solved_spots.hpp"
#include "spot_search.hpp"
#include "training_support.hpp"
#include "turn_solver.hpp"

using namespace weir;
using namespace weir::mccfr;
using weir::test::search_too_slow_here;
using weir::test::ShortGame;

namespace {

/// A hand that was called before the flop and checked on it, up to a decision of seat 0.
struct CheckedHand {
  explicit CheckedHand(const ShortGame& game, std::string_view board_text)
      : state(game.rules()), board(parse_cards(board_text).value()) {
    for (const int seat : {0, 1}) {
      players[static_cast<std::size_t>(seat)] = game.known(1e-3);
      players[static_cast<std::size_t>(seat)]->begin(seat);
    }
    for (std::size_t shown = 0;;) {
      const std::size_t cards =
          state.round() == 0 ? 0 : static_cast<std::size_t>(state.round()) + 2;
      if (cards != shown) {
        for (auto& player : players) player->deal(std::span(board).first(cards));
        shown = cards;
      }
      if (shown == board.size()) break;
      take({'c', 0});
    }
  }
  void take(const BetAction& action) {
    const auto seat = static_cast<std::size_t>(state.player());
    players[seat]->did(state, action);
    players[1 - seat]->saw(state, action);
    state.apply(action);
  }
  SearchSpot spot(const ShortGame& game) const {
    SearchSpot made;
    made.menu = &game.holdem().config().menu;
    made.rules = &game.rules();
    made.round = state.round();
    made.board = board;
    made.put = {2, 2};
    for (std::size_t seat = 0; seat < 2; ++seat) players[seat]->weights(made.ranges[seat]);
    made.state = &state;
    made.blueprints = {players[0].get(), players[1].get()};
    return made;
  }
  BettingState state;
  std::vector<Card> board;
  std::array<std::unique_ptr<KnownPlayer>, 2> players;
};

SubgameSolver river_of(const ShortGame& game, const SearchSpot& spot) {
  Subgame subgame = subgame_of(spot);
  REQUIRE(subgame.board.size() == 5);
  subgame.menu = game.holdem().config().menu;
  auto made = SubgameSolver::make(subgame);
  REQUIRE(made);
  REQUIRE(write_blueprint(spot, made.value()));
  return std::move(made).value();
}

/// Of the hands of player 1, that any can meet: how much less the worst wins than its alternative, chips.
double worst_margin(SubgameSolver& solver, std::span<const double> alternatives) {
  Range reach{};
  const std::vector<float> weights = solver.reach(0);
  for (std::size_t h = 0; h < weights.size(); ++h) reach[solver.hands(0)[h]] = weights[h];
  const auto values = solver.worth(1, true);
  double worst = 1e9;
  for (std::size_t h = 0; h < values.size(); ++h) {
    const double met = weight_of(without(reach, cards_of(solver.hands(1)[h]).set()));
    if (met > 0) worst = std::min(worst, alternatives[h] - static_cast<double>(values[h]) / met);
  }
  return worst;
}

std::vector<float> best_worths(SubgameSolver& solver, int player) {
  const std::span<const float> values = solver.worth(player, true);
  return {values.begin(), values.end()};
}

/// The strategy of a decision of a turn, or of a river below it, as the player who knows the blueprint plays it. Its
/// history is "r3c/4s/c": bets in chips since the root.
void write_as_blueprint(const CheckedHand& hand, const SearchSpot& spot,
                        SubgameDecision& decision) {
  const auto seat = static_cast<std::size_t>(decision.player);
  std::array<std::unique_ptr<KnownPlayer>, 2> players{hand.players[0]->copy(),
                                                      hand.players[1]->copy()};
  BettingState state = hand.state;
  std::vector<Card> board = hand.board;
  const auto action_of = [&](const char*& at, int who) {
    BetAction action{*at++, 0};
    if (action.letter == 'r') {
      char* end = nullptr;
      action.total = static_cast<Chips>(std::strtol(at, &end, 10));
      action.total += spot.put[static_cast<std::size_t>(who)];
      at = end;
    }
    return action;
  };
  const char* at = decision.history.c_str();
  while (*at != 0) {
    if (*at == '/') {
      board.push_back(parse_card(std::string_view(at + 1, 2)).value());
      for (auto& player : players) player->deal(board);
      at += at[3] == '/' ? 4 : 3;
      continue;
    }
    const int who = state.player();
    const BetAction action = action_of(at, who);
    players[static_cast<std::size_t>(who)]->did(state, action);
    players[static_cast<std::size_t>(1 - who)]->saw(state, action);
    state.apply(action);
  }
  REQUIRE(state.player() == decision.player);
  std::vector<BetAction> actions;
  for (const std::string& text : decision.actions) {
    const char* from = text.c_str();
    actions.push_back(action_of(from, decision.player));
  }
  std::vector<KnownChoice> list;
  players[seat]->choices(state, list);
  std::fill(decision.probabilities.begin(), decision.probabilities.end(), 0.0F);
  for (std::size_t h = 0; h < decision.hands.size(); ++h) {
    const Hand held = decision.hands[h];
    float all = 0;
    for (const KnownChoice& choice : list) all += choice.weights[held];
    for (const KnownChoice& choice : list)
      decision.probabilities[h * actions.size() + nearest_action(actions, choice.action)] +=
          choice.weights[held] / all;
  }
}

/// Of the later half of the iterations: what the hand of player 1 that gains most over its alternative gains, chips.
/// With `margin` he chooses his hands.
template <class Solver>
double most_gained(Solver& solver, const std::vector<float>& worths, int iterations, bool margin) {
  MarginChoice choice(solver.hands(0), solver.reach(0), solver.hands(1), worths);
  const std::vector<float> own = solver.reach(0);
  Range reach{};
  for (std::size_t h = 0; h < own.size(); ++h) reach[solver.hands(0)[h]] = own[h];
  std::vector<double> met, gains(solver.hands(1).size());
  for (const Hand hand : solver.hands(1))
    met.push_back(weight_of(without(reach, cards_of(hand).set())));
  for (int i = 0; i < iterations; ++i) {
    static_cast<void>(solver.learn(0));
    const std::span<const float> values = solver.learn(1);
    if (i >= iterations / 2)
      for (std::size_t h = 0; h < gains.size(); ++h)
        if (met[h] > 0) gains[h] += static_cast<double>(values[h] - worths[h]) / met[h];
    const std::span<const float> chosen = choice.choose(values);
    if (margin) solver.set_reach(1, chosen);
  }
  return *std::max_element(gains.begin(), gains.end()) / (iterations - iterations / 2);
}

AivatResult searched_hands(int workers, SearchFigures& figures) {
  static const HandStrengths strengths = HandStrengths::make();
  const ShortGame& game = ShortGame::get();
  const auto runtime = weir::test::runtime_of(workers);
  const Searcher searcher(*runtime, game.holdem(), game.shape(), game.sums(), {.iterations = 3});
  const KnownOpponent thinker{[&] { return searcher.agent(); }, [&] { return searcher.known(); }};
  const KnownOpponent blueprint{
      [&] { return make_blueprint(game.holdem(), game.shape(), game.sums()); },
      [&] { return game.known(0); }};
  auto played = play_aivat(*runtime, game.rules(), thinker, blueprint, strengths, {40, true, 3},
                           [](std::uint64_t) { return true; });
  REQUIRE(played);
  figures = searcher.figures();
  return played.value();
}

}  // namespace

TEST_CASE("search: a solved river is exploited less than the blueprint in it") {
  if (search_too_slow_here()) return;
  const ShortGame& game = ShortGame::get();
  CheckedHand hand(game, "Td7d2cJh9s");
  SUBCASE("from the start of the street") {}
  SUBCASE("facing a bet that the tree does not have") {
    hand.take({'c', 0});
    hand.take({'r', 5});
  }
  SearchSpot spot = hand.spot(game);
  if (hand.state.to_call() > 0) spot.done = {{'c', 0}, {'r', 5}};
  SubgameSolver solver = river_of(game, spot);
  CHECK(solver.decision("").value().actions.front() == (spot.done.empty() ? "c" : "f"));
  const SubgameValue learnt = solver.measure();
  for (int i = 0; i < 60; ++i) solver.iterate();
  const SubgameValue solved = solver.measure();
  CHECK(learnt.exploitability_pct > 1);
  CHECK(solved.exploitability_pct < learnt.exploitability_pct / 3);
  CHECK(solved.value[0] + solved.value[1] == doctest::Approx(4));
}

TEST_CASE("search: maxmargin leaves no hand of the opponent better off than its alternative") {
  if (search_too_slow_here()) return;
  const ShortGame& game = ShortGame::get();
  const CheckedHand hand(game, "Td7d2cJh9s");
  const SearchSpot spot = hand.spot(game);
  SubgameSolver solver = river_of(game, spot), unsafe = river_of(game, spot);
  const std::vector<float> worths = best_worths(solver, 1);
  MarginSolver margin(solver, 0, worths);
  CHECK(worst_margin(unsafe, margin.alternatives()) == doctest::Approx(0).epsilon(1e-3));
  for (int i = 0; i < 300; ++i) margin.iterate();
  for (int i = 0; i < 300; ++i) unsafe.iterate();
  const double safe = worst_margin(solver, margin.alternatives());
  CHECK(safe > -0.04);  // a hundredth of the pot
  CHECK(safe > worst_margin(unsafe, margin.alternatives()));
}

TEST_CASE("search: a turn's alternatives are about what a best response to the blueprint wins") {
  if (search_too_slow_here()) return;
  const ShortGame& game = ShortGame::get();
  CheckedHand hand(game, "Td7d2cJh");
  SearchSpot spot = hand.spot(game);
  SUBCASE("from the start of the street") {}
  SUBCASE("facing a bet that the tree does not have") {
    hand.take({'c', 0});
    hand.take({'r', 5});
    spot.done = {{'c', 0}, {'r', 5}};
    for (std::size_t seat = 0; seat < 2; ++seat) hand.players[seat]->weights(spot.ranges[seat]);
  }
  const int player = hand.state.player(), other = 1 - player;
  // Few hands, so that each hand on each river is played by the exact solver in no time.
  for (std::size_t seat = 0; seat < 2; ++seat)
    for (Hand h = 0; h < hand_count; ++h)
      if (h % 9 != seat) spot.ranges[seat][h] = 0;
  Subgame subgame = subgame_of(spot);
  subgame.menu = game.holdem().config().menu;
  auto turn = subgame::TurnSolver::make(subgame).value();
  const Blueprint blueprint{&game.holdem(), &game.shape(), game.sums()};
  const subgame::StreetHand place{&hand.state, spot.put,
                                  hand.players[static_cast<std::size_t>(player)]->place()};
  const std::vector<float> found = turn.alternatives(blueprint, place, player);
  REQUIRE(found.size() == turn.hands(other).size());

  SubgameSolver exact = SubgameSolver::make(subgame).value();
  SubgameDecision decision;
  while (exact.next(decision)) {
    if (decision.player != player) continue;
    write_as_blueprint(hand, spot, decision);
    REQUIRE(exact.set_average(decision));
  }
  const std::vector<float> best = best_worths(exact, other);
  double apart = 0, size = 0;
  for (std::size_t h = 0; h < best.size(); ++h) {
    apart += std::abs(static_cast<double>(found[h] - best[h]));
    size += std::abs(static_cast<double>(best[h]));
  }
  MESSAGE("apart by " << apart / size << " of what hands are worth");
  CHECK(apart < 0.1 * size);
  // It is as if nobody had asked.
  auto fresh = subgame::TurnSolver::make(subgame).value();
  for (int i = 0; i < 5; ++i) {
    fresh.iterate();
    turn.iterate();
  }
  CHECK(turn.root().probabilities == fresh.root().probabilities);
}

TEST_CASE("search: with maxmargin no hand gains on a turn") {
  if (search_too_slow_here()) return;
  const ShortGame& game = ShortGame::get();
  const Blueprint blueprint{&game.holdem(), &game.shape(), game.sums()};
  const CheckedHand hand(game, "Td7d2cJh");
  const SearchSpot spot = hand.spot(game);
  Subgame subgame = subgame_of(spot, {.method = SearchSettings::Method::maxmargin});
  subgame.menu = game.holdem().config().menu;
  const auto gained = [&](bool margin) {
    auto solver = subgame::TurnSolver::make(subgame).value();
    const std::vector<float> worths =
        solver.alternatives(blueprint, {&hand.state, spot.put, hand.players[0]->place()}, 0);
    REQUIRE(worths.size() == solver.hands(1).size());
    return most_gained(solver, worths, 200, margin);
  };
  const double safe = gained(true), unsafe = gained(false);
  MESSAGE("most gained: " << safe << " chips of a pot of 4; unsafe " << unsafe);
  CHECK(safe < 0);
  CHECK(safe < unsafe);
}

TEST_CASE("search: with maxmargin no hand of the opponent is left out") {
  if (search_too_slow_here()) return;
  const ShortGame& game = ShortGame::get();
  const CheckedHand hand(game, "Td7d2cJh9s");
  SearchSpot spot = hand.spot(game);
  std::vector<Hand> there;
  for (Hand h = 0; h < hand_count; ++h)
    if (spot.ranges[0][h] > 0 && spot.ranges[1][h] > 0) there.push_back(h);
  REQUIRE(there.size() > 2);
  const Hand light = there.front(), gone = there.back();
  for (Range& range : spot.ranges) {
    range[light] = 1e-7F * *std::max_element(range.begin(), range.end());
    range[gone] = 0;
  }
  for (const auto method : {SearchSettings::Method::unsafe, SearchSettings::Method::maxmargin}) {
    const bool all = method == SearchSettings::Method::maxmargin;
    Subgame subgame = subgame_of(spot, {.method = method});
    subgame.menu = game.holdem().config().menu;
    SubgameSolver solver = SubgameSolver::make(subgame).value();
    const auto has = [&](int player, Hand h) {
      return std::count(solver.hands(player).begin(), solver.hands(player).end(), h) == 1;
    };
    for (const Hand h : {light, gone}) {
      CHECK(!has(0, h));
      CHECK(has(1, h) == all);
    }
    if (!all) continue;
    CHECK(solver.hands(1).size() == 1'081);
    const SolvedSpot solved = solve_spot(spot, {.method = method, .iterations = 50});
    CHECK(solved.iterations == 50);
    for (Hand h = 0; h < hand_count; ++h) {
      double mass = 0;
      for (const Range& row : solved.probabilities) mass += static_cast<double>(row[h]);
      const bool dealt = spot.ranges[0][h] > 0 && h != light;
      if (dealt && mass != doctest::Approx(1).epsilon(1e-4)) FAIL_CHECK(h);
      if (!dealt && mass != 0) FAIL_CHECK(h);
    }
  }
}

TEST_CASE("search: a turn with rivers in groups is played about as well as hand by hand") {
  Subgame game;
  game.board = parse_cards("QsJh2h8d").value();
  game.pot = 10;
  game.stack = 25;
  game.ranges = {parse_range("AA,QJ,AKs,T9s,55,76s").value(),
                 parse_range("KK,AQ,JTs,22,A5s,98s").value()};
  game.menu = pot_menu();
  auto turn = subgame::TurnSolver::make(game).value();
  for (int i = 0; i < 150; ++i) turn.iterate();
  const SubgameDecision root = turn.root();
  SubgameSolver exact = SubgameSolver::make(game).value();
  Subgame given = game;
  SubgameLock& lock = given.locks.emplace_back();
  for (std::size_t h = 0; h < root.hands.size(); ++h) {
    SubgameLock::Part& part = lock.parts.emplace_back();
    part.hands[root.hands[h]] = 1;
    for (std::size_t a = 0; a < root.actions.size(); ++a)
      part.actions.emplace_back(
          root.actions[a], static_cast<double>(root.probabilities[h * root.actions.size() + a]));
  }
  SubgameSolver locked = SubgameSolver::make(given).value();
  for (int i = 0; i < 150; ++i) {
    exact.iterate();
    locked.iterate();
  }
  const double lost = exact.measure().value[0] - locked.measure().value[0];
  MESSAGE("lost of a pot of 10: " << lost);
  CHECK(lost < 0.15);
  Subgame river = game;
  river.board.push_back(parse_card("4s").value());
  CHECK(!subgame::TurnSolver::make(river));
  CHECK(subgame::TurnSolver::make(game, {.nodes_max = 5}).error().code == "too_large");
}

TEST_CASE("search: what is solved is what is played, and the range is that of the solution") {
  if (search_too_slow_here()) return;
  const ShortGame& game = ShortGame::get();
  const auto runtime = weir::test::runtime_of(0);
  const Searcher searcher(*runtime, game.holdem(), game.shape(), game.sums(),
                          {.iterations = 8, .first_round = 2});
  CheckedHand hand(game, "Td7d2cJh");
  const auto known = searcher.known(), again = searcher.known();
  for (KnownPlayer* const player : {known.get(), again.get()}) {
    player->begin(0);
    BettingState state(game.rules());
    for (std::size_t cards : {std::size_t{0}, std::size_t{3}}) {
      if (cards > 0) player->deal(std::span(hand.board).first(cards));
      for (int turn = 0; turn < 2; ++turn) {
        if (state.player() == 0)
          player->did(state, {'c', 0});
        else
          player->saw(state, {'c', 0});
        state.apply({'c', 0});
      }
    }
    player->deal(hand.board);
  }
  std::vector<KnownChoice> list, same, learnt;
  Range before, after;
  known->weights(before);
  known->choices(hand.state, list);
  again->choices(hand.state, same);
  CHECK(searcher.figures().searches == 1);
  CHECK(searcher.figures().iterations == 8);
  known->guess()->choices(hand.state, learnt);
  CHECK(searcher.figures().searches == 1);
  double differs = 0;
  Range sum{};
  for (std::size_t c = 0; c < list.size(); ++c) {
    CHECK(list[c].weights == same[c].weights);
    for (const KnownChoice& other : learnt)
      for (std::size_t h = 0; other.action == list[c].action && h < hand_count; ++h)
        differs += std::abs(static_cast<double>(other.weights[h] - list[c].weights[h]));
    for (std::size_t h = 0; h < hand_count; ++h) sum[h] += list[c].weights[h];
  }
  CHECK(differs > 1);
  for (std::size_t h = 0; h < hand_count; ++h)
    CHECK(sum[h] == doctest::Approx(static_cast<double>(before[h])).epsilon(1e-4));
  const auto taken = std::max_element(list.begin(), list.end(), [](const auto& a, const auto& b) {
    return weight_of(a.weights) < weight_of(b.weights);
  });
  known->did(hand.state, taken->action);
  known->weights(after);
  CHECK(after == taken->weights);
}

TEST_CASE("search: without time it plays the blueprint, and counts that") {
  if (search_too_slow_here()) return;
  const ShortGame& game = ShortGame::get();
  const auto runtime = weir::test::runtime_of(2);
  const Searcher searcher(*runtime, game.holdem(), game.shape(), game.sums(), {.deadline_ms = 0});
  const auto played = play_match(
      *runtime, game.rules(), [&] { return searcher.agent(); },
      [&] { return make_blueprint(game.holdem(), game.shape(), game.sums()); }, {200, true, 5});
  CHECK(played);
  CHECK(searcher.figures().searches == 0);
  CHECK(searcher.figures().fallbacks > 0);
}

TEST_CASE("search: after the deadline nothing more is begun") {
  CHECK(search_end({.deadline_ms = 80}, 5) == 80'000'005);
  CHECK(search_end({.deadline_ms = ~std::uint64_t{0}}, 5) == 3'600'000'000'005);
  CHECK(search_end({.deadline_ms = 80, .iterations = 1}, 5) == never);
  if (search_too_slow_here()) return;
  const ShortGame& game = ShortGame::get();
  const CheckedHand turn(game, "Td7d2cJh"), river(game, "Td7d2cJh9s");
  const SolvedSpot late = solve_spot(turn.spot(game), {.deadline_ms = 1});
  CHECK(late.actions.empty());
  CHECK(late.tries <= 1);  // a turn takes far more than a millisecond to make
  CHECK(solve_spot(turn.spot(game), {.deadline_ms = 0}).tries == 0);
  CHECK(solve_spot(turn.spot(game), {.iterations = 2}).tries == 1);
  const SearchSpot spot = river.spot(game);
  Subgame subgame = subgame_of(spot);
  subgame.menu = game.holdem().config().menu;
  auto solver = SubgameSolver::make(subgame);
  REQUIRE(solver);
  CHECK(write_blueprint(spot, solver.value(), now_ns()).error().code == "late");
}

TEST_CASE("search: solutions are kept by what they take, the oldest go first") {
  const auto spot_with = [](std::size_t ranges) {
    SolvedSpot spot;
    spot.probabilities.resize(ranges);
    return spot;
  };
  SolvedSpots spots(10);
  CHECK(spots.find("a") == nullptr);
  const auto a = spots.keep("a", spot_with(4));
  spots.keep("b", spot_with(4));
  spots.keep("c", spot_with(0));  // none, counts as one
  CHECK(spots.find("a") == a);
  spots.keep("d", spot_with(1));
  CHECK(spots.find("a") == a);
  spots.keep("e", spot_with(1));
  CHECK(spots.find("a") == nullptr);
  CHECK(a->probabilities.size() == 4);  // who has it keeps it
  for (const char* const key : {"b", "c", "d", "e"}) CHECK(spots.find(key) != nullptr);
  spots.keep("f", spot_with(20));
  CHECK(spots.find("e") == nullptr);
  CHECK(spots.find("f") != nullptr);
  for (int i = 0; i < 100; ++i) spots.keep("none " + std::to_string(i), spot_with(0));
  CHECK(spots.find("none 89") == nullptr);
  CHECK(spots.find("none 90") != nullptr);
}

TEST_CASE("search: by iterations the same is played for any number of workers") {
  if (search_too_slow_here()) return;
  SearchFigures first;
  const AivatResult none = searched_hands(0, first);
  CHECK(first.searches > 0);
  CHECK(first.fallbacks == 0);
  CHECK(first.iterations == 3 * first.searches);
  for (const int workers : {1, 2, 4}) {
    SearchFigures figures;
    const AivatResult played = searched_hands(workers, figures);
    CHECK(played.estimate.chips_per_hand == none.estimate.chips_per_hand);
    CHECK(played.estimate.ci95 == none.estimate.ci95);
    CHECK(played.dealt.chips_per_hand == none.dealt.chips_per_hand);
    CHECK(figures.searches == first.searches);
  }
}

TEST_CASE("search: what is asked for is read or refused") {
  CHECK(parse_search("").value().deadline_ms == 80);
  CHECK(parse_search("250").value().deadline_ms == 250);
  CHECK(parse_search("maxmargin").value().method == SearchSettings::Method::maxmargin);
  const SearchSettings both = parse_search("unsafe,0").value();
  CHECK(both.method == SearchSettings::Method::unsafe);
  CHECK(both.deadline_ms == 0);
  for (const char* const text : {"abc", "-1", "80,", ",80", "80,90", "unsafe,maxmargin", "8.5",
                                 "99999999999999999999999", "3600001"}) {
    CAPTURE(text);
    CHECK(!parse_search(text));
  }
}
