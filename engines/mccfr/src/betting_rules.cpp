#include <algorithm>
#include <string>
#include <weir/mccfr/betting_rules.hpp>

namespace weir::mccfr {
namespace {

Error rules_error(std::string where, std::string what) {
  return {"bad_rules", std::move(what), std::move(where)};
}

std::string indexed(const char* field, int index) {
  return std::string(field) + "[" + std::to_string(index) + "]";
}

bool rules_within(int value, int low, int high) { return value >= low && value <= high; }

Result<Done> check_shape(const BettingRules& rules) {
  if (!rules_within(rules.players, 2, players_max)) {
    return rules_error("players", "2 to " + std::to_string(players_max) + " can play");
  }
  if (!rules_within(rules.rounds, 1, rounds_max)) {
    return rules_error("rounds", "a game has 1 to " + std::to_string(rounds_max));
  }
  if (!rules_within(rules.ranks, 1, 13)) return rules_error("ranks", "1 to 13");
  if (!rules_within(rules.suits, 1, 4)) return rules_error("suits", "1 to 4");
  if (!(rules.rake.percent >= 0 && rules.rake.percent <= 100)) {
    return rules_error("rake.percent", "0 to 100");
  }
  if (!rules_within(rules.rake.cap, 0, stack_max)) {
    return rules_error("rake.cap", "0 (none) to " + std::to_string(stack_max));
  }
  return Done{};
}

Result<Done> check_seats(const BettingRules& rules) {
  bool forced = false;
  for (int p = 0; p < rules.players; ++p) {
    const auto seat = static_cast<std::size_t>(p);
    if (!rules_within(rules.stacks[seat], 1, stack_max)) {
      return rules_error(indexed("stacks", p), "1 to " + std::to_string(stack_max) + " chips");
    }
    if (!rules_within(rules.blinds[seat], 0, stack_max)) {
      return rules_error(indexed("blinds", p), "0 to " + std::to_string(stack_max) + " chips");
    }
    if (!rules_within(rules.antes[seat], 0, stack_max)) {
      return rules_error(indexed("antes", p), "0 to " + std::to_string(stack_max) + " chips");
    }
    forced = forced || rules.blinds[seat] > 0 || rules.antes[seat] > 0;
  }
  if (!forced) return rules_error("blinds", "nobody posts anything: there is nothing to play for");
  return Done{};
}

Result<Done> check_rounds(const BettingRules& rules) {
  int cards = 0;
  for (int r = 0; r < rules.rounds; ++r) {
    const auto round = static_cast<std::size_t>(r);
    if (!rules_within(rules.first[round], 0, rules.players - 1)) {
      return rules_error(indexed("first", r), "is no seat of this game");
    }
    if (!rules_within(rules.hole_cards[round], 0, 52) ||
        !rules_within(rules.board_cards[round], 0, 52)) {
      return rules_error(indexed("hole_cards", r), "0 to 52 cards");
    }
    cards += rules.hole_cards[round] * rules.players + rules.board_cards[round];
    if (rules.betting == Betting::no_limit) continue;
    if (!rules_within(rules.bets[round], 1, stack_max)) {
      return rules_error(indexed("bets", r), "1 to " + std::to_string(stack_max) + " chips");
    }
    if (!rules_within(rules.raises_max[round], 1, raises_limit)) {
      return rules_error(indexed("raises_max", r), "1 to " + std::to_string(raises_limit));
    }
  }
  if (rules.betting == Betting::no_limit && !rules_within(rules.min_bet, 1, stack_max)) {
    return rules_error("min_bet", "1 to " + std::to_string(stack_max) + " chips");
  }
  if (rules.hole_cards[0] == 0) return rules_error("hole_cards[0]", "players need cards to bet on");
  if (cards > rules.deck()) {
    return rules_error("hole_cards", std::to_string(cards) + " cards are dealt, the deck has " +
                                         std::to_string(rules.deck()));
  }
  return Done{};
}

BettingRules holdem(int players) {
  BettingRules rules;
  rules.players = players;
  rules.hole_cards = {2, 0, 0, 0};
  rules.board_cards = {0, 3, 1, 1};
  rules.first = {players == 2 ? 1 : 2 % players, 0, 0, 0};
  return rules;
}

}  // namespace

Chips BettingRules::largest_blind() const noexcept {
  return *std::max_element(blinds.begin(), blinds.begin() + players);
}

bool BettingRules::equal_antes() const noexcept {
  return std::all_of(antes.begin(), antes.begin() + players,
                     [this](Chips ante) { return ante == antes[0]; });
}

Result<Done> validate(const BettingRules& rules) {
  for (const auto check : {check_shape, check_seats, check_rounds}) {
    Result<Done> done = check(rules);
    if (!done) return done;
  }
  return Done{};
}

BettingRules kuhn_rules() {
  BettingRules rules;
  rules.betting = Betting::fixed;
  rules.rounds = 1;
  rules.ranks = 3;
  rules.suits = 1;
  rules.stacks = {2, 2};
  rules.antes = {1, 1};
  rules.bets = {1};
  rules.raises_max = {1};
  rules.hole_cards = {1};
  return rules;
}

BettingRules leduc_rules() {
  BettingRules rules;
  rules.betting = Betting::fixed;
  rules.rounds = 2;
  rules.ranks = 3;
  rules.suits = 2;
  rules.stacks = {13, 13};
  rules.antes = {1, 1};
  rules.bets = {2, 4};
  rules.raises_max = {2, 2};
  rules.hole_cards = {1, 0};
  rules.board_cards = {0, 1};
  return rules;
}

BettingRules limit_holdem_rules() {
  BettingRules rules = holdem(2);
  rules.betting = Betting::fixed;
  rules.stacks = {48, 48};  // all that the bets of four rounds can take: 8 + 8 + 16 + 16
  rules.blinds = {2, 1};
  rules.bets = {2, 2, 4, 4};
  rules.raises_max = {3, 4, 4, 4};
  return rules;
}

BettingRules no_limit_holdem_rules(int players, Chips stack, Chips small_blind, Chips big_blind) {
  BettingRules rules = holdem(players);
  for (int p = 0; p < std::min(players, players_max); ++p) {
    rules.stacks[static_cast<std::size_t>(p)] = stack;
  }
  rules.blinds[0] = players == 2 ? big_blind : small_blind;
  rules.blinds[1] = players == 2 ? small_blind : big_blind;
  rules.min_bet = big_blind;
  return rules;
}

}  // namespace weir::mccfr
