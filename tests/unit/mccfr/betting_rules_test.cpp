#include <doctest/doctest.h>

#include <functional>
#include <weir/mccfr/betting_rules.hpp>

using namespace weir::mccfr;

namespace {

std::string refused_field(BettingRules rules, const std::function<void(BettingRules&)>& spoil) {
  spoil(rules);
  const weir::Result<weir::Done> done = validate(rules);
  if (done) return "";
  CHECK(done.error().code == "bad_rules");
  CHECK(!done.error().what.empty());
  return done.error().where;
}

}  // namespace

TEST_CASE("betting rules: the named games are valid") {
  CHECK(validate(kuhn_rules()).ok());
  CHECK(validate(leduc_rules()).ok());
  CHECK(validate(limit_holdem_rules()).ok());
  for (int players = 2; players <= players_max; ++players) {
    CHECK(validate(no_limit_holdem_rules(players, 400, 1, 2)).ok());
  }
}

TEST_CASE("betting rules: the button posts the small blind heads-up, seat 0 with more players") {
  const BettingRules two = no_limit_holdem_rules(2, 400, 1, 2);
  CHECK(two.blinds[0] == 2);
  CHECK(two.blinds[1] == 1);
  CHECK(two.first[0] == 1);
  CHECK(two.first[1] == 0);
  const BettingRules three = no_limit_holdem_rules(3, 400, 1, 2);
  CHECK(three.blinds[0] == 1);
  CHECK(three.first[0] == 2);
  CHECK(three.first[1] == 0);
  CHECK(three.largest_blind() == 2);
}

TEST_CASE("betting rules: a refusal names the field") {
  const BettingRules good = no_limit_holdem_rules(6, 400, 1, 2);
  CHECK(refused_field(good, [](BettingRules& r) { r.players = 1; }) == "players");
  CHECK(refused_field(good, [](BettingRules& r) { r.players = 7; }) == "players");
  CHECK(refused_field(good, [](BettingRules& r) { r.rounds = 5; }) == "rounds");
  CHECK(refused_field(good, [](BettingRules& r) { r.ranks = 0; }) == "ranks");
  CHECK(refused_field(good, [](BettingRules& r) { r.suits = 5; }) == "suits");
  CHECK(refused_field(good, [](BettingRules& r) { r.stacks[4] = 0; }) == "stacks[4]");
  CHECK(refused_field(good, [](BettingRules& r) { r.stacks[5] = stack_max + 1; }) == "stacks[5]");
  CHECK(refused_field(good, [](BettingRules& r) { r.blinds[2] = -1; }) == "blinds[2]");
  CHECK(refused_field(good, [](BettingRules& r) { r.antes[3] = -1; }) == "antes[3]");
  CHECK(refused_field(good, [](BettingRules& r) { r.blinds = {}; }) == "blinds");
  CHECK(refused_field(good, [](BettingRules& r) { r.first[3] = 6; }) == "first[3]");
  CHECK(refused_field(good, [](BettingRules& r) { r.hole_cards[0] = 0; }) == "hole_cards[0]");
  CHECK(refused_field(good, [](BettingRules& r) { r.hole_cards[0] = 8; }) == "hole_cards");
  CHECK(refused_field(good, [](BettingRules& r) { r.min_bet = 0; }) == "min_bet");
  CHECK(refused_field(good, [](BettingRules& r) { r.rake.percent = 101; }) == "rake.percent");
  CHECK(refused_field(good, [](BettingRules& r) { r.rake.percent = 0.0 / 0.0; }) == "rake.percent");
  CHECK(refused_field(good, [](BettingRules& r) { r.rake.cap = -1; }) == "rake.cap");
  const BettingRules fixed = limit_holdem_rules();
  CHECK(refused_field(fixed, [](BettingRules& r) { r.bets[1] = 0; }) == "bets[1]");
  CHECK(refused_field(fixed, [](BettingRules& r) { r.raises_max[2] = 0; }) == "raises_max[2]");
  CHECK(refused_field(fixed, [](BettingRules& r) { r.raises_max[2] = 65; }) == "raises_max[2]");
}
