#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <support/tier.hpp>
#include <unit/mccfr/subgame_plain.hpp>
#include <weir/file.hpp>
#include <weir/runtime.hpp>

namespace {

using namespace weir::mccfr;
using subgame_test::PlainValues;

Subgame read(const std::string& text) {
  auto game = parse_subgame(text, "test");
  if (!game) FAIL(game.error().text());
  return game.value();
}

SubgameSolver solver_of(const Subgame& game, const SubgameSettings& settings = {}) {
  auto solver = SubgameSolver::make(game, settings);
  if (!solver) FAIL(solver.error().text());
  return std::move(solver).value();
}

void iterate(SubgameSolver& solver, int count) {
  for (int i = 0; i < count; ++i) solver.iterate();
}

double played(const SubgameSolver& solver, const std::string& history, const std::string& hand,
              const std::string& action) {
  const auto decision = solver.decision(history);
  if (!decision) FAIL(decision.error().text());
  const SubgameDecision& d = decision.value();
  const Hand wanted = parse_hand(hand).value();
  for (std::size_t h = 0; h < d.hands.size(); ++h)
    for (std::size_t a = 0; a < d.actions.size(); ++a)
      if (d.hands[h] == wanted && d.actions[a] == action)
        return static_cast<double>(d.probabilities[h * d.actions.size() + a]);
  FAIL("no ", hand, " or no ", action, " after \"", history, "\"");
  return -1;
}

/// What a solver has learnt, all of it.
std::vector<float> all_probabilities(SubgameSolver& solver) {
  std::vector<float> all;
  SubgameDecision decision;
  while (solver.next(decision))
    all.insert(all.end(), decision.probabilities.begin(), decision.probabilities.end());
  return all;
}

void check_against_plain(const Subgame& game, SubgameSolver& solver, std::size_t histories) {
  const SubgameValue found = solver.measure();
  PlainValues plain(game, solver);
  CHECK(plain.histories() == histories);
  double gain = 0;
  for (std::size_t p = 0; p < 2; ++p) {
    const double value = plain.value(p, false);
    const double best = plain.value(p, true);
    CHECK(found.value[p] == doctest::Approx(value).epsilon(1e-4));
    CHECK(found.best_response[p] == doctest::Approx(best).epsilon(1e-4));
    gain += best - value;
  }
  CHECK(std::abs(found.exploitability_pct - 100 * gain / 2 / game.pot) < 0.01);
  CHECK(std::abs(solver.exploitability_pct() - found.exploitability_pct) < 0.001);
}

// The best hand and nothing on one side, a hand between on the other: no card is shared.
const std::string half_street = R"({"board": "KsKh7d7c2s", "pot": 10, "stack": 10, "allin": false,
  "ranges": {"oop": "KdKc,4c3c", "ip": "AdAc"}, "bets": {"oop": [100], "ip": []})";

const std::string monotone =
    R"({"board": "Qs8s4s2s", "pot": 9, "stack": 31, "bets": [75], "raises": [],
  "ranges": {"oop": "AA,KK:0.5,AQ,87s,65", "ip": "QQ,JJ,A5,T9s:0.25"})";

}  // namespace

TEST_CASE(
    "subgame: who has the best hand or nothing bluffs half as often as he bets it, and is called "
    "half the time") {
  SubgameSolver solver = solver_of(read(half_street + "}"));
  iterate(solver, 2000);
  CHECK(played(solver, "", "KdKc", "r10") > 0.999);
  CHECK(played(solver, "", "4c3c", "r10") == doctest::Approx(0.5).epsilon(0.01));
  CHECK(played(solver, "r10", "AdAc", "c") == doctest::Approx(0.5).epsilon(0.01));
  const SubgameValue value = solver.measure();
  CHECK(value.value[0] == doctest::Approx(7.5).epsilon(0.002));
  CHECK(value.value[0] + value.value[1] == doctest::Approx(10));
  CHECK(value.exploitability_pct < 0.1);
  CHECK(value.exploitability_pct >= -1e-4);
}

TEST_CASE("subgame: CFR+ finds the same") {
  SubgameSettings settings;
  settings.method = SubgameSettings::Method::cfr_plus;
  SubgameSolver solver = solver_of(read(half_street + "}"), settings);
  iterate(solver, 2000);
  CHECK(played(solver, "", "4c3c", "r10") == doctest::Approx(0.5).epsilon(0.02));
  CHECK(played(solver, "r10", "AdAc", "c") == doctest::Approx(0.5).epsilon(0.02));
  CHECK(solver.measure().exploitability_pct < 0.1);
}

TEST_CASE("subgame: values and best responses are those of hand against hand, on a river") {
  const Subgame game =
      read(R"({"board": "Qs Jh 2h 8d 4s", "pot": 7, "stack": 40, "bets": [50, 100], "raises": [100],
    "ranges": {"oop": "AA,QJ,T9s,88:0.5,65s,43", "ip": "KQ,JJ:0.75,T9,A4s,QcJc"}})");
  SubgameSolver solver = solver_of(game);
  for (const int more : {1, 6, 150}) {
    iterate(solver, more);
    check_against_plain(game, solver, solver.decisions());
  }
  CHECK(solver.measure().exploitability_pct < 1);
}

TEST_CASE("subgame: values and best responses on a turn, all-in before the river, with rake") {
  Subgame game =
      read(monotone + R"(, "donks": {"river": [50]}, "rake": {"percent": 5, "cap": 2}})");
  SubgameSolver solver = solver_of(game);
  iterate(solver, 30);
  check_against_plain(game, solver, solver.decisions_in_all());
  CHECK(solver.decisions() < solver.decisions_in_all());
}

TEST_CASE("subgame: values and best responses from a flop on") {
  const Subgame game = read(
      R"({"board": "Ts9s3s", "pot": 10, "stack": 10, "bets": {"flop": [], "turn": [], "river": [100]},
    "allin": false, "raises": [], "ranges": {"oop": "AA,T8", "ip": "KQs,33"}})");
  SubgameSolver solver = solver_of(game);
  iterate(solver, 5);
  check_against_plain(game, solver, solver.decisions_in_all());
  const Subgame with_bets =
      read(R"({"board": "Ts9s3h", "pot": 10, "stack": 12, "bets": {"flop": [100]},
    "ranges": {"oop": "AcAd,Th8h", "ip": "KcQc,3c3d"}})");
  SubgameSolver apart = solver_of(with_bets);
  iterate(apart, 3);
  check_against_plain(with_bets, apart, apart.decisions_in_all());
}

TEST_CASE("subgame: values and best responses of random rivers and turns") {
  weir::test::Random random(weir::test::seed(11));
  const std::uint64_t games = weir::test::amount(5, 40, 400);
  for (std::uint64_t game_number = 0; game_number < games; ++game_number) {
    Subgame game;
    const std::size_t cards = game_number % 8 == 7 ? 4 : 5;
    while (game.board.size() < cards) {
      const auto card = static_cast<Card>(random.below(card_count));
      if (!has(set_of(game.board), card)) game.board.push_back(card);
    }
    for (Range& range : game.ranges)
      for (int h = 0; h < 14; ++h)
        range[random.below(hand_count)] = 0.05F * static_cast<float>(1 + random.below(20));
    game.pot = 1 + static_cast<Chips>(random.below(30));
    game.stack = 1 + static_cast<Chips>(random.below(60));
    game.min_bet = 1 + static_cast<Chips>(random.below(3));
    if (random.once_in(2)) game.rake_percent = 0.5 * static_cast<double>(1 + random.below(20));
    if (random.once_in(3)) game.rake_cap = 2;
    game.menu.set_all({parse_bet_sizes(random.once_in(2) ? "33%,100%,a" : "75%").value(),
                       parse_bet_sizes(random.once_in(2) ? "a" : "").value()});
    auto made = SubgameSolver::make(game);
    if (!made) continue;  // ranges that never meet
    SubgameSolver solver = std::move(made).value();
    iterate(solver, 1 + static_cast<int>(random.below(40)));
    CAPTURE(game_number);
    check_against_plain(game, solver, solver.decisions_in_all());
  }
}

TEST_CASE("subgame: cards that differ by names of suits alone may be dealt once") {
  SubgameSettings apart;
  apart.rename_suits = false;
  for (const char* text :
       {R"({"board": "Qs8s4s", "pot": 10, "stack": 25, "bets": [100], "raises": [],
                               "ranges": {"oop": "AA,AQ,76s", "ip": "QQ,JTs"}})",
        R"({"board": "QsQh4s2h", "pot": 10, "stack": 25, "bets": [100], "raises": [],
                               "ranges": {"oop": "AA,AQ,76s", "ip": "JJ,JTs,A4o"}})"}) {
    const Subgame game = read(text);
    SubgameSolver once = solver_of(game);
    SubgameSolver all = solver_of(game, apart);
    CHECK(once.boards() < all.boards());
    CHECK(once.decisions_in_all() == all.decisions());
    CHECK(all.decisions_in_all() == all.decisions());
    iterate(once, 80);
    iterate(all, 80);
    const SubgameValue once_value = once.measure();
    const SubgameValue all_value = all.measure();
    CHECK(once_value.exploitability_pct < 1);
    CHECK(all_value.exploitability_pct < 1);
    // Both are within what they can be exploited for of the game's one value.
    const double most = once_value.exploitability_pct + all_value.exploitability_pct;
    CHECK(std::abs(once_value.value[0] - all_value.value[0]) <= 2 * most / 100 * game.pot);
    if (game.streets() == 3) continue;  // the same histories and hands, in another order:
    SubgameDecision decision;
    while (once.next(decision))
      REQUIRE(all.decision(decision.history).value().hands == decision.hands);
  }
}

TEST_CASE("subgame: ranges or locks that tell suits apart keep their cards apart") {
  const auto boards = [](const std::string& more, const char* oop) {
    return solver_of(
               read(
                   R"({"board": "Qs8s4s2s", "pot": 10, "stack": 5, "bets": [100], "ranges": {"oop": ")" +
                   std::string(oop) + R"(", "ip": "QQ"})" + more + "}"))
        .boards();
  };
  CHECK(boards("", "AA") == 1 + 22);
  CHECK(boards("", "AcAd") > 1 + 22);
  CHECK(boards(R"(, "lock": [{"history": "", "strategy": {"c": 1}}])", "AA") == 1 + 22);
  CHECK(boards(R"(, "lock": [{"history": "cc/Th/", "strategy": {"c": 1}}])", "AA") == 1 + 48);
  CHECK(boards(R"(, "lock": [{"history": "", "strategy": {"AhAd": {"c": 1}}}])", "AA") == 1 + 48);
}

TEST_CASE("subgame: any number of workers, and either set of instructions, learn the same bits") {
  const Subgame game = read(monotone + "}");
  SubgameSolver alone = solver_of(game);
  iterate(alone, 12);
  const std::vector<float> expected = all_probabilities(alone);
  const SubgameValue value = alone.measure();
  for (const int workers : {0, 1, 2, 5}) {
    weir::Config config;
    config.workers = workers;
    auto runtime = weir::Runtime::start(config).value();
    SubgameSolver solver = solver_of(game);
    CHECK(runtime->run([&] { iterate(solver, 12); }) == weir::Status::accepted);
    CHECK(all_probabilities(solver) == expected);
    CHECK(solver.measure().value == value.value);
    CHECK(solver.measure().best_response == value.best_response);
  }
  SubgameSettings narrow;
  narrow.wide = false;
  SubgameSolver solver = solver_of(game, narrow);
  iterate(solver, 12);
  CHECK(all_probabilities(solver) == expected);
  CHECK(solver.measure().best_response == value.best_response);
}

TEST_CASE("subgame: a strategy that is given is kept to, and answered") {
  const auto with = [](const std::string& lock) {
    SubgameSolver solver = solver_of(read(half_street + R"(, "lock": [)" + lock + "]}"));
    iterate(solver, 500);
    return solver;
  };
  SubgameSolver folds = with(R"({"history": "r10", "strategy": {"f": 1}})");
  CHECK(played(folds, "r10", "AdAc", "f") == 1);
  CHECK(played(folds, "", "4c3c", "r10") > 0.99);
  CHECK(folds.measure().value[0] == doctest::Approx(10).epsilon(0.001));
  CHECK(folds.measure().exploitability_pct < 0.1);
  SubgameSolver part = with(R"({"history": "", "strategy": {"KK": {"c": 0.75, "r10": 0.25}}})");
  CHECK(played(part, "", "KdKc", "c") == doctest::Approx(0.75));
  // A quarter of one best hand is worth half a quarter of bluffs.
  CHECK(played(part, "", "4c3c", "r10") == doctest::Approx(0.125).epsilon(0.03));
  CHECK(part.measure().exploitability_pct < 0.1);
}

TEST_CASE("subgame: a strategy may be given for any card, and another for one card") {
  const Subgame game =
      read(R"({"board": "KsKh7d7c", "pot": 10, "stack": 10, "bets": {"river": [100]}, "raises": [],
    "allin": false, "ranges": {"oop": "KdKc,4c3c", "ip": "AdAc"},
    "lock": [{"history": "cc//r10", "strategy": {"c": 1}},
             {"history": "cc/2s/r10", "strategy": {"f": 0.25, "c": 0.75}}]})");
  SubgameSolver solver = solver_of(game);
  iterate(solver, 50);
  CHECK(played(solver, "cc/2h/r10", "AdAc", "c") == 1);
  CHECK(played(solver, "cc/2s/r10", "AdAc", "c") == doctest::Approx(0.75));
  CHECK(played(solver, "cc/9h/", "4c3c", "r10") < 0.01);
  PlainValues plain(game, solver);
  CHECK(solver.measure().value[0] == doctest::Approx(plain.value(0, false)).epsilon(1e-4));
  CHECK(solver.measure().best_response[0] == doctest::Approx(plain.value(0, true)).epsilon(1e-4));
}

TEST_CASE("subgame: rake takes from both, up to its cap") {
  const auto sum = [](const std::string& rake) {
    SubgameSolver solver = solver_of(read(half_street + rake + "}"));
    iterate(solver, 500);
    const SubgameValue value = solver.measure();
    CHECK(value.exploitability_pct < 0.2);
    CHECK(value.exploitability_pct > -0.001);
    return std::array<double, 3>{value.value[0], value.value[1], value.value[0] + value.value[1]};
  };
  const auto none = sum("");
  const auto some = sum(R"(, "rake": {"percent": 10})");
  const auto capped = sum(R"(, "rake": {"percent": 10, "cap": 0.5})");
  CHECK(none[2] == doctest::Approx(10));
  CHECK(some[2] < 9.01);
  CHECK(capped[2] == doctest::Approx(9.5));
  CHECK(some[0] < none[0]);
}

TEST_CASE("subgame: weights of any unit, hands that nothing meets, ranges of one hand") {
  Subgame game = read(half_street + "}");
  SubgameSolver solver = solver_of(game);
  iterate(solver, 100);
  for (Range& range : game.ranges)
    for (float& weight : range) weight *= 0x1p-60F;
  SubgameSolver scaled = solver_of(game);
  iterate(scaled, 100);
  CHECK(all_probabilities(scaled) == all_probabilities(solver));
  CHECK(scaled.measure().value == solver.measure().value);
  const Subgame blocked =
      read(R"({"board": "KsKh7d7c2s", "pot": 10, "stack": 10, "ranges": {"oop": "AcAd,4c3c",
    "ip": "AcAh,AdAh"}, "bets": [100]})");
  SubgameSolver pairs = solver_of(blocked);
  iterate(pairs, 50);
  check_against_plain(blocked, pairs, pairs.decisions());
  const auto nobody = SubgameSolver::make(read(
      R"({"board": "KsKh7d7c2s", "pot": 10, "stack": 10, "ranges": {"oop": "AcAd", "ip": "AcAh"}})"));
  REQUIRE(!nobody);
  CHECK(nobody.error().where == "ranges");
}

TEST_CASE("subgame: what is too large says what to cut, before anything is taken") {
  SubgameSettings settings;
  settings.bytes_max = 1 << 20;
  const auto solver =
      SubgameSolver::make(read(R"({"board": "Qs8s4d", "pot": 10, "stack": 90, "bets": [50, 100],
    "raises": [100], "ranges": {"oop": "22+,A2+,K2+", "ip": "22+,A2+,K2+"}})"),
                          settings);
  REQUIRE(!solver);
  CHECK(solver.error().code == "too_large");
  CHECK(solver.error().where == "bets.river");
  CHECK(solver.error().what.find("1.0 MiB are allowed") != std::string::npos);
  CHECK(solver.error().what.find("raises") != std::string::npos);
}

TEST_CASE("subgame: histories that lead nowhere are named") {
  const SubgameSolver solver = solver_of(read(monotone + "}"));
  const auto refused = [&](const std::string& history, const std::string& words) {
    CAPTURE(history);
    const auto decision = solver.decision(history);
    REQUIRE(!decision);
    CHECK(decision.error().code == "bad_config");
    CAPTURE(decision.error().text());
    CHECK(decision.error().text().find(words) != std::string::npos);
  };
  refused("r8", "the nearest is");
  refused("x", "no action here");
  refused("cc", "a card is dealt after it");
  refused("ccc", "a card is dealt here");
  refused("cc/7h", "a card is dealt here");
  refused("cc/Qs/", "on the board already");
  refused("cc/1s/", "");
  refused("cc//", "every card");
  refused("r7f", "the hand is over");
  refused("r7fc", "the hand is over before");
  refused("r99999999999999999999", "no action here");
  CHECK(solver.decision("cc/7h/").value().player == 0);
  CHECK(solver.decision("cc/7h/").value().history == "cc/7h/");
}

TEST_CASE("subgame: the endgames of Libratus' kind come below half a percent of the pot") {
  const char* given = std::getenv("WEIR_TEST_DATA");
  const std::string folder =
      std::string(given == nullptr ? "../shared/data" : given) + "/endgames/";
  struct Endgame {
    const char *file, *board;
    Chips pot;
  };
  for (const Endgame& end :
       {Endgame{"river_3.reaches", "4s8hTc9h2s", 500}, {"river_4.reaches", "JsKs5cQs7d", 3750}}) {
    if (!weir::stat_file(folder + end.file)) {
      MESSAGE("SKIP: no " << folder << std::string(end.file) << "; set WEIR_TEST_DATA");
      return;
    }
    const Subgame game =
        read(R"({"bets": [50, 100], "raises": [100], "min_bet": 100, "reaches": ")" + folder +
             end.file + R"(", "board": ")" + end.board + R"(", "pot": )" + std::to_string(end.pot) +
             R"(, "stack": )" + std::to_string(20'000 - end.pot / 2) + "}");
    SubgameSolver solver = solver_of(game);
    double pct = 100;
    while (pct > 0.5 && solver.iterations() < 600) {
      iterate(solver, 20);
      pct = solver.exploitability_pct();
    }
    CHECK(pct <= 0.5);
    CHECK(pct > 0);
  }
}
