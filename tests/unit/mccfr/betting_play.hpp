// betting_play.hpp: what tests of betting share: playing a line of actions, and random hands.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <support/tier.hpp>
#include <weir/mccfr/betting_state.hpp>

namespace betting_test {

using namespace weir::mccfr;

/// Plays "r6 c f"; all must be legal.
inline void play(BettingState& state, const std::string& actions) {
  for (std::size_t at = 0; at < actions.size();) {
    if (actions[at] == ' ' || actions[at] == '/') {
      ++at;
      continue;
    }
    BetAction action{actions[at++], 0};
    while (at < actions.size() && actions[at] >= '0' && actions[at] <= '9') {
      action.total = action.total * 10 + (actions[at++] - '0');
    }
    INFO("in ", actions, " before ", at);
    REQUIRE(state.refusal(action) == nullptr);
    state.apply(action);
  }
}

/// Random rules for 2 to 6 players with short and long stacks.
inline BettingRules random_rules(weir::test::Random& random) {
  const int players = 2 + static_cast<int>(random.below(5));
  BettingRules rules = no_limit_holdem_rules(players, 100, 1, 2);
  rules.reopen = random.once_in(2) ? Reopen::wsop : Reopen::acpc;
  const Chips ante = static_cast<Chips>(random.below(3));
  const bool everybody = random.once_in(2);
  for (int p = 0; p < players; ++p) {
    const auto seat = static_cast<std::size_t>(p);
    rules.stacks[seat] = 1 + static_cast<Chips>(random.below(random.once_in(2) ? 12 : 120));
    rules.antes[seat] = everybody || p == 1 ? ante : 0;
  }
  if (random.once_in(3)) {
    rules.betting = Betting::fixed;
    rules.bets = {2, 2, 4, 4};
    rules.raises_max = {3, 4, 4, 4};
  }
  if (random.once_in(2)) rules.rake = {5, static_cast<Chips>(random.below(4)), random.once_in(2)};
  return rules;
}

/// One of the legal actions, all-in and the least raise more often than others.
inline BetAction random_action(const BettingState& state, weir::test::Random& random) {
  const LegalActions legal = state.legal();
  if (legal.fold && random.once_in(6)) return {'f', 0};
  if (!legal.raise || !random.once_in(3)) return {'c', 0};
  const auto width = static_cast<std::uint32_t>(legal.raise_max - legal.raise_min + 1);
  if (random.once_in(3)) return {'r', legal.raise_min};
  if (random.once_in(5)) return {'r', legal.raise_max};
  return {'r', legal.raise_min + static_cast<Chips>(random.below(width) / (1 + random.below(4)))};
}

/// `text` with a few bytes changed, taken out, put in, or its end cut off.
inline std::string damaged(std::string text, weir::test::Random& random) {
  static const std::string letters = "0123456789/:|frc#\"'[],=.\n AsKdT?pe%";
  for (std::uint32_t changes = 1 + random.below(3); changes > 0 && !text.empty(); --changes) {
    const std::size_t at = random.below(static_cast<std::uint32_t>(text.size()));
    const char letter = random.once_in(8)
                            ? static_cast<char>(random.below(256))
                            : letters[random.below(static_cast<std::uint32_t>(letters.size()))];
    switch (random.below(8)) {
      case 0:
        text.erase(at, 1 + random.below(8));
        break;
      case 1:
      case 2:
      case 3:
        text.insert(at, 1, letter);
        break;
      case 4:
        text.resize(at);
        break;
      default:
        text[at] = letter;
    }
  }
  return text;
}

}  // namespace betting_test
