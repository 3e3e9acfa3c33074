// play_choices.hpp: what agents choose from, shared by those who play and those who know how somebody plays; private.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <weir/mccfr/bet_menu.hpp>
#include <weir/mccfr/holdem_game.hpp>

namespace weir::mccfr {

/// The total that a bet of this part of the pot comes to, as far as it is legal; else a call.
BetAction bet_of(const BettingState& state, double pots) noexcept;
BetAction check_or_fold(const BettingState& state) noexcept;

/// Some actions and how often each is taken.
struct PlayChoices {
  std::array<BetAction, 4> actions{};
  std::array<float, 4> probabilities{};
  std::size_t count = 0;
  void add(const BetAction& action, float probability) noexcept {
    actions[count] = action;
    probabilities[count++] = probability;
  }
};
/// Of one of baseline_names. `good`: what "tight" thinks of its hand; the others do not look at theirs.
PlayChoices baseline_choices(std::string_view name, const BettingState& state, bool good) noexcept;
/// What "tight" takes for good: the part of hands that are weaker before the flop, E[HS] after it.
inline constexpr float good_before_flop = 0.8F, good_after_flop = 0.7F;

/// Which of the actions in `ours`, a hand as a strategy's bets have it, stand for an action in the real one, `state`,
/// which has not taken it yet.
Translation read_action(const BettingState& ours, std::span<const BetAction> actions,
                        const BettingState& state, const BetAction& action) noexcept;
/// What an action in `ours` is in the real hand.
BetAction real_action(const BettingState& ours, const BetAction& action,
                      const BettingState& state) noexcept;

/// The place of the action nearest to `to`: the same letter and the least difference, else the call.
std::size_t nearest_action(std::span<const BetAction> actions, const BetAction& to) noexcept;

/// Where the tree of a strategy is while a hand goes on that may have other bets.
class TreePosition {
 public:
  explicit TreePosition(const HoldemGame& game) : TreePosition(game.tree(), game.config().rules) {}
  /// Both outlive it.
  TreePosition(const BettingTree& tree, const BettingRules& rules) : tree_(&tree), state_(rules) {}

  /// False: the tree has ended and the hand has not, or the two differ in whose turn it is.
  bool inside() const noexcept { return inside_; }
  /// Before the player at `seat` acts: leaves the tree where it is another's turn there.
  void check_turn(const BettingState& state, int seat) noexcept;
  void leave() noexcept { inside_ = false; }
  std::uint32_t at() const noexcept { return node_; }
  const BettingNode& node() const noexcept { return tree_->nodes[node_]; }
  /// Action `index` of the node, as the tree has it.
  const BetAction& action(std::size_t index) const noexcept {
    return tree_->actions[node().first + index];
  }

  /// Which actions of the node stand for somebody's action, which `state` has not taken yet.
  Translation read(const BettingState& state, const BetAction& action) const noexcept;
  /// Action `index` of the node is taken.
  void enter(std::size_t index) noexcept;
  /// What its own action `index` is in the hand.
  BetAction real(const BettingState& state, std::size_t index) const noexcept;

 private:
  const BettingTree* tree_;
  BettingState state_;  // of the tree
  std::uint32_t node_ = 0;
  bool inside_ = true;
};

}  // namespace weir::mccfr
