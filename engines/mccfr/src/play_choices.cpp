#include "play_choices.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <span>

namespace weir::mccfr {
namespace {

Chips pot_after_call(const BettingState& state) noexcept { return state.pot() + state.to_call(); }

/// A raise as a part of the pot.
double pots_of(const BettingState& state, Chips total) noexcept {
  const double more = total - state.put(state.player()) - state.to_call();
  return more / std::max<double>(1, pot_after_call(state));
}

}  // namespace

BetAction bet_of(const BettingState& state, double pots) noexcept {
  const LegalActions legal = state.legal();
  if (!legal.raise) return {'c', 0};
  const int me = state.player();
  const double wished = state.put(me) + legal.call + pots * pot_after_call(state);
  const double total = std::clamp(std::round(wished), static_cast<double>(legal.raise_min),
                                  static_cast<double>(legal.raise_max));
  return {'r', static_cast<Chips>(total)};
}

BetAction check_or_fold(const BettingState& state) noexcept {
  return {state.legal().fold ? 'f' : 'c', 0};
}

PlayChoices baseline_choices(std::string_view name, const BettingState& state, bool good) noexcept {
  PlayChoices choices;
  const LegalActions legal = state.legal();
  if (name == "call") {
    choices.add({'c', 0}, 1);
  } else if (name == "aggressive") {
    constexpr float bets = 0.7F;
    choices.add(bet_of(state, 1), bets);
    choices.add({'c', 0}, 1 - bets);
  } else if (name == "random") {
    if (legal.fold) choices.add({'f', 0}, 0);
    choices.add({'c', 0}, 0);
    if (legal.raise) choices.add(bet_of(state, 1), 0);
    if (legal.raise && legal.raise_max != choices.actions[choices.count - 1].total)
      choices.add({'r', legal.raise_max}, 0);
    choices.probabilities.fill(1 / static_cast<float>(choices.count));
  } else if (name == "tight" && good) {
    choices.add(state.raises() == 0 ? bet_of(state, 1) : BetAction{'c', 0}, 1);
  } else {
    choices.add(check_or_fold(state), 1);
  }
  return choices;
}

void TreePosition::check_turn(const BettingState& state, int seat) noexcept {
  inside_ = inside_ && state_.player() == seat && state_.round() == state.round();
}

Translation read_action(const BettingState& ours, std::span<const BetAction> actions,
                        const BettingState& state, const BetAction& action) noexcept {
  const LegalActions legal = ours.legal();
  if (action.letter == 'r' && legal.raise) {
    const bool fixed = ours.rules().betting == Betting::fixed;
    const BetAction same =
        fixed ? BetAction{'r', legal.raise_max} : bet_of(ours, pots_of(state, action.total));
    return translate(ours, actions, same.total);
  }
  const char letter = action.letter == 'f' ? 'f' : 'c';
  Translation read;  // a fold where the tree knows no bet: as good as a check
  for (std::size_t a = actions.size(); a-- > 0;)
    if (actions[a].letter == letter) read.lower = read.upper = a;
  return read;
}

BetAction real_action(const BettingState& ours, const BetAction& action,
                      const BettingState& state) noexcept {
  if (action.letter == 'f') return check_or_fold(state);
  if (action.letter == 'c') return {'c', 0};
  const LegalActions legal = state.legal();
  if (legal.raise && action.total == ours.legal().raise_max) return {'r', legal.raise_max};
  return bet_of(state, pots_of(ours, action.total));
}

std::size_t nearest_action(std::span<const BetAction> actions, const BetAction& to) noexcept {
  std::size_t best = actions.size();
  for (std::size_t a = 0; a < actions.size(); ++a) {
    if (actions[a].letter != to.letter) continue;
    if (best == actions.size() ||
        std::abs(actions[a].total - to.total) < std::abs(actions[best].total - to.total))
      best = a;
  }
  return best < actions.size() ? best : nearest_action(actions, {'c', 0});
}

Translation TreePosition::read(const BettingState& state, const BetAction& action) const noexcept {
  const BettingNode& here = node();
  return read_action(state_, {tree_->actions.data() + here.first, here.actions}, state, action);
}

void TreePosition::enter(std::size_t index) noexcept {
  const std::uint32_t child = node().first + static_cast<std::uint32_t>(index);
  state_.apply(tree_->actions[child]);
  node_ = child;
  if (node().kind != NodeKind::decision) inside_ = false;  // if the hand goes on, alone
}

BetAction TreePosition::real(const BettingState& state, std::size_t index) const noexcept {
  return real_action(state_, tree_->actions[node().first + index], state);
}

}  // namespace weir::mccfr
