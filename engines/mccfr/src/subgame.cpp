#include <weir/mccfr/betting_state.hpp>
#include <weir/mccfr/subgame.hpp>

namespace weir::mccfr {

BettingRules Subgame::rules() const {
  BettingRules rules;
  rules.rounds = streets();
  rules.hole_cards = {2, 0, 0, 0};
  rules.board_cards = {static_cast<int>(board.size()), 1, 1, 0};
  rules.min_bet = min_bet;
  for (std::size_t p = 0; p < 2; ++p) {
    rules.antes[p] = ante(static_cast<int>(p));
    rules.stacks[p] = stack + rules.antes[p];
  }
  return rules;
}

Result<Done> validate(const Subgame& subgame, const std::string& path) {
  const auto refuse = [&](const char* key, std::string what) {
    return Error{"bad_config", std::move(what), path.empty() ? key : path + ": " + key};
  };
  constexpr Chips most = stack_max / 2;
  if (subgame.board.size() < 3 || subgame.board.size() > 5)
    return refuse("board", "a subgame has 3 to 5 cards on its board, these are " +
                               std::to_string(subgame.board.size()));
  if (count(set_of(subgame.board)) != static_cast<int>(subgame.board.size()))
    return refuse("board", "the same card is there twice");
  if (subgame.pot < 1 || subgame.pot > most)
    return refuse("pot", "1 to " + std::to_string(most) + " chips");
  if (subgame.stack < 1 || subgame.stack > most)
    return refuse("stack", "1 to " + std::to_string(most) + " chips");
  if (subgame.min_bet < 1 || subgame.min_bet > most)
    return refuse("min_bet", "1 to " + std::to_string(most));
  if (!(subgame.rake_percent >= 0 && subgame.rake_percent <= 100))
    return refuse("rake.percent", "0 to 100");
  if (!(subgame.rake_cap >= 0)) return refuse("rake.cap", "chips, 0 (none) or more");
  constexpr const char* keys[] = {"ranges.oop", "ranges.ip"};
  for (std::size_t p = 0; p < 2; ++p) {
    if (weight_of(without(subgame.ranges[p], set_of(subgame.board))) > 0) continue;
    return refuse(keys[p], "no hand of this range is left on this board");
  }
  const BettingRules rules = subgame.rules();
  if (auto valid = validate(subgame.menu, rules); !valid) return valid.error();
  BettingState state(rules);
  for (const BetAction& action : subgame.done) {
    const char* const reason = state.refusal(action);
    if (reason != nullptr) return refuse("done", reason);
    state.apply(action);
    if (state.over() || state.round() != 0) return refuse("done", "ends the street");
  }
  return Done{};
}

}  // namespace weir::mccfr
