#include <array>
#include <numeric>

#include "betting_play.hpp"

using namespace betting_test;

namespace {

struct WalkCounts {
  std::array<std::size_t, rounds_max> decisions{};
  std::size_t folds = 0;
  std::size_t showdowns = 0;
  std::size_t edges = 0;
};

/// All sequences of fixed-limit betting.
void walk_fixed(const BettingState& state, WalkCounts& counts) {
  if (state.over()) {
    ++(state.kind() == NodeKind::fold ? counts.folds : counts.showdowns);
    return;
  }
  const LegalActions legal = state.legal();
  REQUIRE((legal.fold || legal.raise));
  ++counts.decisions[static_cast<std::size_t>(state.round())];
  for (const char letter : {'f', 'c', 'r'}) {
    if (state.refusal({letter, 0}) != nullptr) continue;
    ++counts.edges;
    BettingState next = state;
    next.apply({letter, 0});
    walk_fixed(next, counts);
  }
}

WalkCounts walk_fixed(const BettingRules& rules) {
  WalkCounts counts;
  walk_fixed(BettingState(rules), counts);
  return counts;
}

}  // namespace

TEST_CASE("betting state: limit hold'em has the published number of sequences") {
  const WalkCounts counts = walk_fixed(limit_holdem_rules());
  CHECK(counts.decisions == std::array<std::size_t, rounds_max>{8, 70, 630, 5670});
  CHECK(counts.folds + counts.showdowns == 10206);
  CHECK(counts.edges == 16583);
}

TEST_CASE("betting state: Kuhn has 4 decisions, Leduc 6 and then 30") {
  const WalkCounts kuhn = walk_fixed(kuhn_rules());
  CHECK(kuhn.decisions[0] == 4);
  CHECK(kuhn.folds == 2);
  CHECK(kuhn.showdowns == 3);
  const WalkCounts leduc = walk_fixed(leduc_rules());
  CHECK(leduc.decisions == std::array<std::size_t, rounds_max>{6, 30, 0, 0});
}

TEST_CASE("betting state: heads-up the button acts first before the flop and last after it") {
  const BettingRules rules = no_limit_holdem_rules(2, 400, 1, 2);
  BettingState state(rules);
  CHECK(state.player() == 1);
  CHECK(state.put(1) == 1);
  CHECK(state.put(0) == 2);
  CHECK(state.legal().fold);
  CHECK(state.legal().call == 1);
  CHECK(state.legal().raise_min == 4);
  CHECK(state.legal().raise_max == 400);
  play(state, "c");
  CHECK(state.player() == 0);
  CHECK(!state.legal().fold);  // the big blind has nothing to call, and may raise
  CHECK(state.legal().raise_min == 4);
  CHECK(state.refusal({'f', 0}) != nullptr);
  play(state, "c");
  CHECK(state.round() == 1);
  CHECK(state.player() == 0);
  CHECK(state.legal().raise_min == 4);  // a bet of 2 on top of the 2 put in
  play(state, "cc/r10c/r20");
  CHECK(state.round() == 3);
  CHECK(state.player() == 1);
  CHECK(state.legal().raise_min == 30);
}

TEST_CASE("betting state: a raise is as large as the last one, and refusals have reasons") {
  const BettingRules rules = no_limit_holdem_rules(3, 1000, 5, 10);
  BettingState state(rules);
  CHECK(state.player() == 2);
  play(state, "r35");  // a raise of 25
  CHECK(state.legal().raise_min == 60);
  CHECK(state.refusal({'r', 59}) != nullptr);
  CHECK(state.refusal({'r', 60}) == nullptr);
  CHECK(state.refusal({'r', 1001}) != nullptr);
  CHECK(state.refusal({'x', 0}) != nullptr);
  play(state, "r100");  // of 65
  CHECK(state.legal().raise_min == 165);
  play(state, "c");
  // A call does not change the least raise.
  CHECK(state.player() == 2);
  CHECK(state.legal().raise_min == 165);
  play(state, "c");
  CHECK(state.round() == 1);
  CHECK(state.player() == 0);
  CHECK(state.legal().raise_min == 110);
}

TEST_CASE("betting state: a short all-in does not reopen the betting (wsop), or does (acpc)") {
  BettingRules rules = no_limit_holdem_rules(3, 1000, 5, 10);
  rules.stacks = {150, 1000, 1000};
  BettingState state(rules);
  play(state, "r100 r150");  // a raise of 90, then an all-in that adds 50
  CHECK(state.player() == 1);
  CHECK(state.legal().raise);
  CHECK(state.legal().raise_min == 240);  // 150 and a full raise of 90
  play(state, "c");
  CHECK(state.player() == 2);
  CHECK(!state.legal().raise);
  CHECK(state.legal().fold);
  CHECK(state.legal().call == 50);

  rules.reopen = Reopen::acpc;
  BettingState open(rules);
  play(open, "r100 r150 c");
  CHECK(open.legal().raise);
  CHECK(open.legal().raise_min == 200);  // 150 and the all-in's 50 are 200, 100 and 90 are less
}

TEST_CASE("betting state: short all-ins that add up to a raise reopen it") {
  BettingRules rules = no_limit_holdem_rules(4, 1000, 5, 10);
  rules.stacks = {150, 190, 1000, 1000};
  BettingState state(rules);
  play(state, "r100 c r150 r190");  // 90 in two steps of 50 and 40
  CHECK(state.player() == 2);
  CHECK(state.legal().raise);
  CHECK(state.legal().raise_min == 280);
  play(state, "c");
  CHECK(state.player() == 3);
  CHECK(state.legal().raise);  // the same 90 since the call of 100

  rules.stacks[1] = 189;
  BettingState shut(rules);
  play(shut, "r100 c r150 r189");
  CHECK(!shut.legal().raise);
}

TEST_CASE("betting state: all-in is legal below the least raise, and called only when needed") {
  BettingRules rules = no_limit_holdem_rules(2, 15, 5, 10);
  BettingState state(rules);
  CHECK(state.legal().raise_min == 15);
  CHECK(state.legal().raise_max == 15);
  play(state, "r15 c");
  CHECK(state.over());
  CHECK(state.kind() == NodeKind::showdown);
  CHECK(state.round() == 0);

  // The big blind has less than the small one: nobody has anything to decide.
  rules.stacks = {4, 1000};
  const BettingState done(rules);
  CHECK(done.kind() == NodeKind::showdown);

  // It has 7 of 10: the small blind calls 2 more or folds, and cannot raise.
  rules.stacks = {7, 1000};
  BettingState call(rules);
  CHECK(call.player() == 1);
  CHECK(call.legal().fold);
  CHECK(!call.legal().raise);
  play(call, "c");
  CHECK(call.kind() == NodeKind::showdown);
}

TEST_CASE("betting state: a blind that is short is called in full by many players") {
  BettingRules rules = no_limit_holdem_rules(3, 1000, 5, 10);
  rules.stacks[1] = 3;
  BettingState state(rules);
  CHECK(state.legal().call == 10);
  play(state, "c");
  CHECK(state.player() == 0);
  CHECK(state.legal().call == 5);
}

TEST_CASE(
    "betting state: fixed limit, an all-in of half a bet stands for a bet, a smaller one not") {
  BettingRules rules = limit_holdem_rules();
  rules.players = 3;
  rules.blinds = {2, 4};
  rules.bets = {4, 4, 8, 8};
  rules.first = {2, 0, 0, 0};
  rules.stacks = {100, 100, 6};
  BettingState half(rules);
  play(half, "r6");
  CHECK(half.raises() == 1);
  CHECK(half.legal().raise_max == 12);
  rules.stacks = {100, 100, 5};
  BettingState less(rules);
  play(less, "r5");
  CHECK(less.raises() == 0);
  CHECK(less.legal().raise_max == 8);
}

TEST_CASE("betting state: three raises, then the cap") {
  const BettingRules rules = limit_holdem_rules();
  BettingState state(rules);
  play(state, "rrr");
  CHECK(state.put(1) == 8);
  CHECK(!state.legal().raise);
  CHECK(state.legal().fold);
}
