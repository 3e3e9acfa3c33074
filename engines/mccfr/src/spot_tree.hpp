// spot_tree.hpp: a spot's own betting tree beside the real hand and the blueprint's tree; private.
//
// Roles: pure, any thread.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "play_choices.hpp"
#include "subgame_streets.hpp"

namespace weir::mccfr::subgame {

/// Where a spot is in a real hand.
struct StreetHand {
  const BettingState* state = nullptr;
  std::array<Chips, 2> put{};              // by seat, before the street
  const TreePosition* position = nullptr;  // in the blueprint's tree
};

/// The actions of a decision, as the real hand has them; none where it refuses one.
std::vector<BetAction> actions_in(const Streets& streets, const Subgame& subgame,
                                  const StreetHand& hand, const StreetNode& node,
                                  const BettingState& state);

/// The blueprint's place after an action, which `state` has not taken yet.
TreePosition place_after(TreePosition place, const BettingState& state, const BetAction& action);

/// [action of the blueprint's node]: which of `actions` it comes nearest to.
std::vector<std::size_t> actions_for(const TreePosition& place, const BettingState& state,
                                     std::span<const BetAction> actions);

}  // namespace weir::mccfr::subgame
