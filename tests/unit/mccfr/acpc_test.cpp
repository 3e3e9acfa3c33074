#include <weir/mccfr/acpc.hpp>

#include "betting_play.hpp"

using namespace betting_test;

namespace {

BettingRules acpc_holdem() {
  BettingRules rules = no_limit_holdem_rules(2, 20000, 50, 100);
  rules.reopen = Reopen::acpc;
  return rules;
}

std::string betting_refused(const BettingRules& rules, std::string_view text) {
  const auto parsed = parse_betting(rules, text);
  if (parsed) return "";
  CHECK(parsed.error().code == "bad_betting");
  return parsed.error().where + ": " + parsed.error().what;
}

std::string line_refused(std::string_view line) {
  const auto parsed = parse_match_state(acpc_holdem(), line);
  return parsed ? "" : parsed.error().code + " " + parsed.error().where;
}

}  // namespace

TEST_CASE("acpc: a betting string is its actions, and is written back") {
  const BettingRules rules = acpc_holdem();
  for (const char* text : {"", "c", "cc/", "r300c/cr600", "r300c/cr600f",
                           "r300r900c/cc/cr2000c/r5000", "cc/cc/cc/cc", "r20000c"}) {
    const auto actions = parse_betting(rules, text);
    REQUIRE_MESSAGE(actions.ok(), text);
    CHECK(betting_text(rules, actions.value()) == text);
  }
  const auto all_in = parse_betting(rules, "r20000c///");
  REQUIRE(all_in.ok());
  CHECK(betting_text(rules, all_in.value(), true) == "r20000c///");
  CHECK(replay(rules, all_in.value()).kind() == NodeKind::showdown);
  const BettingRules limit = limit_holdem_rules();
  const auto fixed = parse_betting(limit, "rrc/crrc/");
  REQUIRE(fixed.ok());
  CHECK(betting_text(limit, fixed.value()) == "rrc/crrc/");
  CHECK(fixed.value()[1].total == 6);
}

TEST_CASE("acpc: what is wrong with a betting string has a column") {
  const BettingRules rules = acpc_holdem();
  CHECK(betting_refused(rules, "x") == "column 1: is none of f, c and r");
  CHECK(betting_refused(rules, "cf") == "column 2: nobody folds without a bet to call");
  CHECK(betting_refused(rules, "r199") == "column 1: the raise is smaller than the least one");
  CHECK(betting_refused(rules, "r20001") == "column 1: the raise is more than may be put in");
  CHECK(betting_refused(rules, "r99999999999") == "column 1: the total is too large");
  CHECK(betting_refused(rules, "r0200") == "column 1: a total does not begin with 0");
  CHECK(betting_refused(rules, "r") == "column 1: a raise needs its total");
  CHECK(betting_refused(rules, "c5") == "column 1: no number belongs here");
  CHECK(betting_refused(rules, "cc") == "column 3: the round is over: '/' is missing");
  CHECK(betting_refused(rules, "c/c").starts_with("column 2"));
  CHECK(betting_refused(rules, "cc//").starts_with("column 4"));
  CHECK(betting_refused(rules, "fc") == "column 2: the hand is over");
  CHECK(betting_refused(rules, "f/") == "column 2: the hand is over");
  CHECK(betting_refused(rules, "r20000c//") == "column 8: the hand is over");
  CHECK(betting_refused(rules, "r20000c////") == "column 8: the hand is over");
  CHECK(betting_refused(limit_holdem_rules(), "r4") == "column 1: no number belongs here");
}

TEST_CASE("acpc: match states are read, written and answered") {
  const BettingRules rules = acpc_holdem();
  const std::string line = "MATCHSTATE:0:12:r300c/cr600:AsKd|/7c8d2h";
  const auto state = parse_match_state(rules, line + "\r\n");
  REQUIRE(state.ok());
  CHECK(state.value().position == 0);
  CHECK(state.value().hand == 12);
  CHECK(state.value().holes == std::vector<std::string>{"AsKd", ""});
  CHECK(state.value().board == std::vector<std::string>{"", "7c8d2h"});
  const BettingState betting = replay(rules, state.value().actions);
  CHECK(betting.player() == 0);
  CHECK(betting.to_call() == 300);
  CHECK(match_state_text(rules, state.value()) == line);
  CHECK(match_reply(rules, line + "\r\n", {'r', 1500}) == line + ":r1500\r\n");
  CHECK(match_reply(rules, line, {'f', 0}) == line + ":f\r\n");
  const std::string end = "MATCHSTATE:1:3:r20000c///:AsKd|QcQh/7c8d2h/3s/4s";
  const auto over = parse_match_state(rules, end);
  REQUIRE(over.ok());
  CHECK(match_state_text(rules, over.value()) == end);
}

TEST_CASE("acpc: malformed match states are refused with their place") {
  CHECK(line_refused("MATCHSTATE:0:0::AsKd|") == "");
  CHECK(line_refused("") == "bad_line column 1");
  CHECK(line_refused("# MATCHSTATE:0:0::AsKd|") == "bad_line column 1");
  CHECK(line_refused("MATCHSTATE:0:0:") == "bad_line column 16");
  CHECK(line_refused("MATCHSTATE:0:0::AsKd|:c") == "bad_line column 23");
  CHECK(line_refused("MATCHSTATE:2:0::AsKd|") == "bad_line column 12");
  CHECK(line_refused("MATCHSTATE:-1:0::AsKd|") == "bad_line column 12");
  CHECK(line_refused("MATCHSTATE:0:x::AsKd|") == "bad_line column 14");
  CHECK(line_refused("MATCHSTATE:0:0:cf:AsKd|") == "bad_betting column 17");
  CHECK(line_refused("MATCHSTATE:0:0::AsKd") == "bad_cards column 17");
  CHECK(line_refused("MATCHSTATE:0:0::As|") == "bad_cards column 17");
  CHECK(line_refused("MATCHSTATE:0:0::AsKx|") == "bad_cards column 17");
  CHECK(line_refused("MATCHSTATE:0:0::AsKd|AsQd") == "bad_cards column 22");
  CHECK(line_refused("MATCHSTATE:0:0::AsKd|/7c8d2h") == "bad_cards column 23");
  CHECK(line_refused("MATCHSTATE:0:0:cc/:AsKd|") == "bad_cards column 25");
  CHECK(line_refused("MATCHSTATE:0:0:cc/:AsKd|/7c8d") == "bad_cards column 26");
  CHECK(line_refused("MATCHSTATE:0:0:cc/:AsKd|/7c8dKd") == "bad_cards column 26");
}

TEST_CASE("acpc: log lines") {
  const BettingRules rules = acpc_holdem();
  for (const char* line : {"STATE:0:r300f:AsKd|QcQh", "STATE:7:r300f:AsKd|QcQh:-100|100",
                           "STATE:7:cc/cc/cc/cc:AsKd|QcQh/7c8d2h/3s/4s:-50.5|50.5:Anna|Ben"}) {
    const auto hand = parse_logged_hand(rules, line);
    REQUIRE_MESSAGE(hand.ok(), line);
    CHECK(logged_hand_text(rules, hand.value()) == line);
  }
  CHECK(!parse_logged_hand(rules, "STATE:0:r300f:AsKd|QcQh:-100").ok());
  CHECK(!parse_logged_hand(rules, "STATE:0:r300f:AsKd|QcQh:-100|nan").ok());
  CHECK(!parse_logged_hand(rules, "STATE:0:r300f:AsKd|QcQh:-100|1x").ok());
  CHECK(!parse_logged_hand(rules, "STATE:0:r300f:AsKd|QcQh:-100|100:Anna").ok());
  CHECK(!parse_logged_hand(rules, "STATE:0:r300f").ok());
}

TEST_CASE("acpc: payoffs of hands that the competition's dealer settled") {
  BettingRules limit = limit_holdem_rules();
  limit.blinds = {10, 5};
  limit.bets = {10, 10, 20, 20};
  limit.stacks = {1000, 1000};
  const auto won = [](const BettingRules& rules, const char* betting,
                      std::vector<std::uint32_t> ranks) {
    const auto actions = parse_betting(rules, betting);
    REQUIRE_MESSAGE(actions.ok(), (actions ? "" : actions.error().text()));
    return replay(rules, actions.value()).settle(ranks).net;
  };
  using Net = std::array<double, players_max>;
  CHECK(won(limit, "rc/crc/crc/crc", {1, 2}) == Net{-70, 70});
  CHECK(won(limit, "rrc/rc/rrc/cc", {2, 1}) == Net{80, -80});
  CHECK(won(limit, "rrc/rf", {}) == Net{30, -30});
  CHECK(won(limit, "rc/cc/crf", {}) == Net{-20, 20});
  CHECK(won(limit, "f", {}) == Net{5, -5});
  limit.players = 3;
  limit.blinds = {5, 10};
  limit.stacks = {1000, 1000, 1000};
  limit.first = {2, 0, 0, 0};
  CHECK(won(limit, "rfrrc/cc/rrc/rrrrc", {0, 1, 2}) == Net{-5, -160, 165});
  BettingRules free = no_limit_holdem_rules(3, 20000, 50, 100);
  free.reopen = Reopen::acpc;
  CHECK(won(free, "cr13057cr20000cc///", {1, 2, 1}) == Net{-20000, 40000, -20000});
}

TEST_CASE("acpc: betting strings of random hands come back as they were") {
  weir::test::Random random(weir::test::seed(2));
  const std::uint64_t hands = weir::test::amount(500, 5'000, 200'000);
  for (std::uint64_t hand = 0; hand < hands; ++hand) {
    BettingRules rules = random_rules(random);
    if (rules.betting == Betting::no_limit) rules.antes = {};
    BettingState state(rules);
    std::vector<BetAction> actions;
    const std::uint32_t stop = random.below(40);  // some hands are cut short
    while (!state.over() && actions.size() < stop) {
      actions.push_back(random_action(state, random));
      state.apply(actions.back());
    }
    const bool every_round = random.once_in(2);
    const std::string text = betting_text(rules, actions, every_round);
    const auto parsed = parse_betting(rules, text);
    REQUIRE_MESSAGE(parsed.ok(), text);
    REQUIRE(parsed.value() == actions);
    REQUIRE(betting_text(rules, parsed.value(), every_round) == text);
  }
}

TEST_CASE("acpc: damaged lines are refused, or are another line that comes back as it is") {
  weir::test::Random random(weir::test::seed(6));
  const BettingRules rules = acpc_holdem();
  const std::uint64_t lines = weir::test::amount(2'000, 20'000, 1'000'000);
  std::uint64_t refused = 0;
  for (std::uint64_t i = 0; i < lines; ++i) {
    const std::string line = damaged("MATCHSTATE:0:12:r300c/cr600c/cc/:AsKd|/7c8d2h/3s/4s", random);
    const auto state = parse_match_state(rules, line);
    if (state) {
      const std::string text = match_state_text(rules, state.value());
      const auto again = parse_match_state(rules, text);
      REQUIRE_MESSAGE(again.ok(), line);
      REQUIRE(again.value() == state.value());
    } else {
      ++refused;
      REQUIRE(state.error().where.starts_with("column "));
    }
    const auto logged = parse_logged_hand(
        rules, damaged("STATE:7:r300c/cc/cr600f:AsKd|QcQh/7c8d2h/3s:-300|300:Anna|Ben", random));
    if (logged) {
      const auto again = parse_logged_hand(rules, logged_hand_text(rules, logged.value()));
      REQUIRE(again.ok());
      REQUIRE(again.value() == logged.value());
    }
  }
  CHECK(refused > lines / 2);
}
