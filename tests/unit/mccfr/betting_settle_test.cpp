#include <array>
#include <cmath>
#include <vector>

#include "betting_play.hpp"

using namespace betting_test;

namespace {

using Ranks = std::vector<std::uint32_t>;

/// Pots chip by chip: each chip's layer is won by the best of those who are in and put that much.
std::array<double, players_max> settle_by_chip(const BettingState& state, const Ranks& ranks) {
  const BettingRules& rules = state.rules();
  std::array<double, players_max> net{};
  for (int p = 0; p < rules.players; ++p) net[static_cast<std::size_t>(p)] = -state.put(p);
  const auto pay = [&](double chips, Chips stake, bool antes) {
    std::vector<std::size_t> best;
    Chips most = -1;
    for (int p = 0; p < rules.players; ++p) {  // nobody in put so much: who put most takes it
      if (!state.folded(p)) most = std::max(most, antes ? state.put(p) : state.bet(p));
    }
    for (int p = 0; p < rules.players; ++p) {
      const Chips his = antes ? state.put(p) : state.bet(p);
      if (state.folded(p) || his < std::min(stake, most)) continue;
      const auto seat = static_cast<std::size_t>(p);
      if (!best.empty() && ranks[seat] > ranks[best[0]]) best.clear();
      if (best.empty() || ranks[seat] == ranks[best[0]]) best.push_back(seat);
    }
    for (const std::size_t seat : best) net[seat] += chips / static_cast<double>(best.size());
  };
  const bool equal = rules.equal_antes();
  for (Chips layer = 1; layer <= 200; ++layer) {
    double chips = 0;
    for (int p = 0; p < rules.players; ++p) {
      if ((equal ? state.put(p) : state.bet(p)) >= layer) ++chips;
    }
    if (chips > 0) pay(chips, layer, equal);
  }
  if (!equal) {
    for (int p = 0; p < rules.players; ++p) pay(state.put(p) - state.bet(p), 0, false);
  }
  return net;
}

Settlement play_out(const BettingRules& rules, const std::string& actions, const Ranks& ranks) {
  BettingState state(rules);
  play(state, actions);
  REQUIRE(state.over());
  return state.settle(ranks);
}

}  // namespace

TEST_CASE("settle: an uncalled bet goes back, a fold pays the pot") {
  const BettingRules rules = no_limit_holdem_rules(2, 400, 1, 2);
  const Settlement result = play_out(rules, "r100 f", {});
  CHECK(result.net[0] == -2);
  CHECK(result.net[1] == 2);
  CHECK(result.rake == 0);
}

TEST_CASE("settle: side pots by stack") {
  BettingRules rules = no_limit_holdem_rules(4, 1000, 5, 10);
  rules.stacks = {50, 100, 300, 1000};
  // All-in: main pot 200, second 150, third 400; 700 of the last seat were never called.
  const std::string all = "r300 r1000 c c";
  const Settlement a = play_out(rules, all, {4, 3, 2, 1});
  CHECK(a.net == std::array<double, players_max>{150, 50, 100, -300, 0, 0});
  const Settlement b = play_out(rules, all, {1, 2, 2, 1});
  CHECK(b.net == std::array<double, players_max>{-50, 75, 275, -300, 0, 0});
}

TEST_CASE("settle: odd chips go one by one to the first winners left of the button") {
  BettingRules rules = no_limit_holdem_rules(3, 100, 1, 2);
  rules.antes = {1, 1, 1};
  // With antes the pot is 3 + 3 + 2 and splits evenly, without it is 2 + 2 + 1.
  CHECK(play_out(rules, "c f c/cc/cc/cc", {0, 5, 5}).net ==
        std::array<double, players_max>{-2, 1, 1, 0, 0, 0});
  rules.antes = {};
  CHECK(play_out(rules, "c f c/cc/cc/cc", {0, 5, 5}).net ==
        std::array<double, players_max>{-1, 1, 0, 0, 0, 0});
  rules.whole_chips = false;
  CHECK(play_out(rules, "c f c/cc/cc/cc", {0, 5, 5}).net ==
        std::array<double, players_max>{-1, 0.5, 0.5, 0, 0, 0});
}

TEST_CASE(
    "settle: rake of called chips alone, down to chips, up to the cap, none before the flop") {
  BettingRules rules = no_limit_holdem_rules(2, 400, 1, 2);
  rules.rake = {5, 3, true};
  CHECK(play_out(rules, "r100 f", {}).rake == 0);
  const Settlement small = play_out(rules, "r15 c/r400 f", {});  // a pot of 30: 1.5
  CHECK(small.rake == 1);
  CHECK(small.net[0] == 14);
  CHECK(small.net[1] == -15);
  CHECK(play_out(rules, "r300 c/cc/cc/cc", {1, 2}).rake == 3);
  CHECK(play_out(rules, "r400 c", {1, 2}).rake == 3);  // a showdown before the flop deals it
  rules.whole_chips = false;
  CHECK(play_out(rules, "r15 c/r400 f", {}).rake == doctest::Approx(1.5));
  rules.rake.none_before_flop = false;
  CHECK(play_out(rules, "r100 f", {}).rake == doctest::Approx(0.2));
}

TEST_CASE("settle: unequal antes are dead money of the main pot") {
  BettingRules rules = no_limit_holdem_rules(3, 100, 1, 2);
  rules.antes = {0, 2, 0};  // the big blind antes for the table
  BettingState state(rules);
  CHECK(state.legal().call == 2);
  CHECK(state.pot() == 5);
  play(state, "r100 f f");
  CHECK(state.settle({}).net == std::array<double, players_max>{-1, -4, 5, 0, 0, 0});
}

TEST_CASE("settle: random hands conserve chips and agree with pots counted chip by chip") {
  weir::test::Random random(weir::test::seed(1));
  const std::uint64_t hands = weir::test::amount(2'000, 20'000, 1'000'000);
  std::size_t showdowns = 0;
  for (std::uint64_t hand = 0; hand < hands; ++hand) {
    BettingRules rules = random_rules(random);
    REQUIRE(validate(rules).ok());
    BettingState state(rules);
    int actions = 0;
    while (!state.over()) {
      const LegalActions legal = state.legal();
      REQUIRE((legal.fold || legal.raise));
      REQUIRE(legal.raise_min <= legal.raise_max);
      const BetAction action = random_action(state, random);
      REQUIRE(state.refusal(action) == nullptr);
      state.apply(action);
      REQUIRE(++actions < 500);
      for (int p = 0; p < rules.players; ++p) REQUIRE(state.behind(p) >= 0);
    }
    Ranks ranks;
    for (int p = 0; p < rules.players; ++p) ranks.push_back(random.below(4));
    showdowns += state.kind() == NodeKind::showdown;
    const Settlement result = state.settle(ranks);
    double sum = 0;
    for (int p = 0; p < rules.players; ++p) {
      const double net = result.net[static_cast<std::size_t>(p)];
      REQUIRE(net == std::floor(net));
      REQUIRE(net >= -rules.stacks[static_cast<std::size_t>(p)]);
      sum += net;
    }
    REQUIRE(sum == -result.rake);
    REQUIRE(result.rake >= 0);
    if (rules.rake.cap > 0) REQUIRE(result.rake <= rules.rake.cap);
    rules.rake = {};
    rules.whole_chips = false;
    const Settlement exact = state.settle(ranks);
    const std::array<double, players_max> slow = settle_by_chip(state, ranks);
    for (std::size_t p = 0; p < players_max; ++p) REQUIRE(exact.net[p] == doctest::Approx(slow[p]));
  }
  CHECK(showdowns > hands / 4);
}
