#include "turn_blueprint.hpp"

#include <algorithm>
#include <weir/mccfr/strategy.hpp>

namespace weir::mccfr::subgame {

std::optional<TurnBlueprint> TurnBlueprint::make(const Streets& streets, const Boards& boards,
                                                 const Subgame& subgame, const Blueprint& blueprint,
                                                 const StreetHand& hand, int player) {
  TurnBlueprint made(streets, boards, subgame, blueprint, player);
  for (std::size_t s = 0; s < 2; ++s) made.places_[s].resize(streets.streets[s].nodes.size());
  blueprint.game->cards()->row(subgame.board, made.buckets_of_turn_);
  if (!made.follow(hand, 0, 0, *hand.state, *hand.position)) return std::nullopt;
  return made;
}

bool TurnBlueprint::follow(const StreetHand& hand, std::size_t street, std::uint32_t n,
                           const BettingState& state, const TreePosition& position) {
  const StreetNode& node = streets_->streets[street].nodes[n];
  if (node.step == Step::fold || node.step == Step::showdown) return state.over();
  if (node.step == Step::deal)
    return follow(hand, 1, streets_->streets[1].roots[node.first], state, position);
  if (state.over() || state.player() != node.player) return false;
  const std::vector<BetAction> actions = actions_in(*streets_, *subgame_, hand, node, state);
  if (actions.empty()) return false;
  TreePosition here = position;
  here.check_turn(state, node.player);
  if (node.player == player_) {
    std::vector<std::size_t> as;
    if (here.inside())
      as = actions_for(here, state, actions);
    else
      as = {nearest_action(actions, {'c', 0})};
    read(street, n, here, as);
  }
  for (std::size_t a = 0; a < node.actions; ++a) {
    BettingState next = state;
    next.apply(actions[a]);
    if (!follow(hand, street, node.first + static_cast<std::uint32_t>(a), next,
                place_after(here, state, actions[a])))
      return false;
  }
  return true;
}

void TurnBlueprint::read(std::size_t street, std::uint32_t n, const TreePosition& place,
                         std::span<const std::size_t> as) {
  const StreetNode& node = streets_->streets[street].nodes[n];
  const std::size_t count = buckets(street);
  places_[street][n] = strategies_.size();
  strategies_.resize(strategies_.size() + node.actions * count);
  float* const to = strategies_.data() + places_[street][n];
  double chances[actions_max];
  chances[0] = 1;
  for (std::size_t b = 0; b < count; ++b) {
    if (place.inside())
      average_strategy(
          blueprint_.sums + place.node().row +
              blueprint_.shape->region(place.node().round, node.player, static_cast<Bucket>(b)),
          place.node().actions, chances);
    for (std::size_t a = 0; a < as.size(); ++a)
      to[as[a] * count + b] += static_cast<float>(chances[a]);
  }
}

void TurnBlueprint::turn(std::uint32_t n, float* to) const {
  const PlayerHands& player = boards_->player(static_cast<int>(player_));
  const std::size_t count = buckets(0);
  for (std::size_t a = 0; a < streets_->streets[0].nodes[n].actions; ++a)
    for (std::size_t h = 0; h < player.hands.size(); ++h)
      to[a * player.stride + h] = strategy(0, n)[a * count + buckets_of_turn_[player.hands[h]]];
}

TurnBlueprint::Kinds TurnBlueprint::kinds(const Arrivals& from) const {
  const std::vector<Hand>& hands = boards_->player(static_cast<int>(player_)).hands;
  std::vector<Card> cards = subgame_->board;
  cards.push_back(boards_->of_street(1)[from.board].dealt[0]);
  std::array<Bucket, hand_count> bucket{};
  blueprint_.game->cards()->row(cards, bucket);
  const std::size_t count = buckets(1);
  constexpr std::uint32_t none = 0xffff'ffff;
  std::vector<std::uint32_t> place(river_groups * count, none);
  Kinds made;
  for (std::size_t h = 0; h < hands.size(); ++h) {
    const std::uint8_t group = from.groups[h];
    if (group == river_groups) {
      made.of.push_back(none);
      continue;
    }
    std::uint32_t& kind = place[group * count + bucket[hands[h]]];
    if (kind == none) {
      kind = static_cast<std::uint32_t>(made.list.size());
      made.list.push_back({bucket[hands[h]], group});
    }
    made.of.push_back(kind);
  }
  return made;
}

}  // namespace weir::mccfr::subgame
