#include "spot_tree.hpp"

namespace weir::mccfr::subgame {

std::vector<BetAction> actions_in(const Streets& streets, const Subgame& subgame,
                                  const StreetHand& hand, const StreetNode& node,
                                  const BettingState& state) {
  const std::uint32_t first = streets.tree.nodes[node.source].first;
  std::vector<BetAction> actions;
  for (std::uint32_t a = 0; a < node.actions; ++a) {
    BetAction& action = actions.emplace_back(streets.tree.actions[first + a]);
    if (action.letter == 'r') action.total += hand.put[node.player] - subgame.ante(node.player);
    if (state.refusal(action) != nullptr) return {};
  }
  return actions;
}

TreePosition place_after(TreePosition place, const BettingState& state, const BetAction& action) {
  if (!place.inside()) return place;
  const Translation read = place.read(state, action);
  place.enter(read.p_lower >= 0.5 ? read.lower : read.upper);
  return place;
}

std::vector<std::size_t> actions_for(const TreePosition& place, const BettingState& state,
                                     std::span<const BetAction> actions) {
  std::vector<std::size_t> found;
  for (std::size_t a = 0; a < place.node().actions; ++a)
    found.push_back(nearest_action(actions, place.real(state, a)));
  return found;
}

}  // namespace weir::mccfr::subgame
