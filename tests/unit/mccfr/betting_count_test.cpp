#include <weir/mccfr/betting_count.hpp>

#include "betting_play.hpp"

using namespace betting_test;

namespace {

/// Decisions by round of all legal betting, one by one.
void walk_all(const BettingState& state, std::array<std::uint64_t, rounds_max>& decisions) {
  if (state.over()) return;
  ++decisions[static_cast<std::size_t>(state.round())];
  const LegalActions legal = state.legal();
  const auto descend = [&](const BetAction& action) {
    BettingState next = state;
    next.apply(action);
    walk_all(next, decisions);
  };
  if (legal.fold) descend({'f', 0});
  descend({'c', 0});
  if (!legal.raise) return;
  for (Chips total = legal.raise_min; total <= legal.raise_max; ++total) descend({'r', total});
}

void check_by_walking(const BettingRules& rules) {
  std::array<std::uint64_t, rounds_max> walked{};
  walk_all(BettingState(rules), walked);
  const auto counts = count_betting(rules);
  REQUIRE_MESSAGE(counts.ok(), (counts ? "" : counts.error().text()));
  for (std::size_t r = 0; r < rounds_max; ++r) {
    CHECK(counts.value().decisions[r] == BigCount(walked[r]));
  }
}

}  // namespace

TEST_CASE("betting count: whole numbers of 1024 bits") {
  CHECK(BigCount().text() == "0");
  CHECK(BigCount(1'000'000'000'000'000'000).text() == "1000000000000000000");
  BigCount power(1);
  for (int i = 0; i < 100; ++i) power *= 10;
  CHECK(power.text() == "1" + std::string(100, '0'));
  BigCount two(1);
  for (int i = 0; i < 128; ++i) two += two;
  CHECK(two.text() == "340282366920938463463374607431768211456");
  for (int i = 128; i < 1023; ++i) two += two;
  CHECK(!two.overflowed());
  CHECK(two.text().size() == 308);
  BigCount twice = two;
  twice += two;
  CHECK(twice.overflowed());
  two *= 2;
  CHECK(two.overflowed());
  BigCount sum(1);
  sum += two;
  CHECK(sum.overflowed());
}

TEST_CASE("betting count: limit hold'em has the published number of information sets") {
  const auto counts = count_betting(limit_holdem_rules());
  REQUIRE(counts.ok());
  CHECK(counts.value().decisions[3] == BigCount(5670));
  CHECK(counts.value().information_sets.text() == "319365922522608");
  CHECK(count_betting(kuhn_rules()).value().information_sets == BigCount(12));
  CHECK(count_betting(kuhn_rules()).value().states == BigCount(24));
  CHECK(count_betting(leduc_rules()).value().information_sets == BigCount(936));
}

TEST_CASE("betting count: no-limit 1/2 with a stack of 400, as published") {
  const auto counts = count_betting(no_limit_holdem_rules(2, 400, 1, 2));
  REQUIRE(counts.ok());
  const BettingCounts& game = counts.value();
  CHECK(game.decisions[0].text() == "22356932810381617952");
  CHECK(game.decisions[1].text() == "991128958090496880750943840");
  CHECK(game.decisions[2].text() == "491790181641500622601471459422400");
  CHECK(game.decisions[3].text() == "24721582900925290560417101717755997728");
  CHECK(game.information_sets.text() == "1389094358906842392181537788403345780331801813952");
  CHECK(game.states.text() == "1375203442350500983963565602824903351778252845259200");
}

TEST_CASE("betting count: the ACPC's game of 2010, 50/100 with a stack of 20,000") {
  if (!weir::test::full() || weir::test::sanitized) return;  // 800 million steps
  const auto counts = count_betting(no_limit_holdem_rules(2, 20'000, 50, 100));
  REQUIRE(counts.ok());
  CHECK(counts.value().states.text().size() == 165);  // 6.31e164 states, 6.37e161 information sets
  CHECK(counts.value().states.text().substr(0, 3) == "631");
  CHECK(counts.value().information_sets.text().size() == 162);
  CHECK(counts.value().information_sets.text().substr(0, 3) == "637");
}

TEST_CASE("betting count: small stacks agree with walking all betting") {
  for (Chips stack = 3; stack <= 9; ++stack) {
    check_by_walking(no_limit_holdem_rules(2, stack, 1, 2));
  }
  BettingRules rules = no_limit_holdem_rules(2, 14, 2, 3);
  rules.rounds = 3;
  check_by_walking(rules);
  rules.min_bet = 1;
  rules.rounds = 2;
  check_by_walking(rules);
  rules.antes = {2, 2};
  rules.reopen = Reopen::acpc;
  check_by_walking(rules);
}

TEST_CASE("betting count: what cannot be counted is refused") {
  CHECK(count_betting(no_limit_holdem_rules(3, 400, 1, 2)).error().code == "unsupported");
  BettingRules rules = no_limit_holdem_rules(2, 400, 1, 2);
  rules.stacks[1] = 300;
  CHECK(count_betting(rules).error().where == "stacks");
  CHECK(count_betting(no_limit_holdem_rules(2, 2, 1, 2)).error().code == "bad_rules");
  CHECK(count_betting(no_limit_holdem_rules(2, 60'000, 1, 2)).error().code == "too_large");
  CHECK(count_betting(no_limit_holdem_rules(2, 1'000, 1, 2)).ok());
  rules.players = 0;
  CHECK(count_betting(rules).error().where == "players");
}
