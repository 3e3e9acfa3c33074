// all_in_value.hpp: what a player gets where all are all-in before the river; private.
//
// The mean over the board that was dealt and a few more, each drawn from the cards that nobody holds: luck of the cards
// to come is most of what such hands scatter by, and the mean of means stays what it was.
//
// Roles: pure. Cost: a settlement, and a rank for each hand left, a board.
#pragma once

#include <array>
#include <span>
#include <weir/mccfr/betting_state.hpp>
#include <weir/mccfr/hand_rank.hpp>
#include <weir/mccfr/random.hpp>

#include "table_cards.hpp"

namespace weir::mccfr {

inline constexpr int all_in_boards = 4;

/// Chips. `state` is a showdown of hold'em, with `hands` and `ranks` by seat; the cards of `board` that its round shows
/// stay.
inline double all_in_value(const BettingState& state, int player, std::span<const Hand> hands,
                           std::span<const Card, 5> board, std::span<const std::uint32_t> ranks,
                           Random& random) noexcept {
  const auto seat = static_cast<std::size_t>(player);
  const std::span<const Card> shown = board.first(cards_shown(state.round()));
  std::uint64_t dealt = 0;
  const auto take = [&dealt](Card card) { dealt |= std::uint64_t{1} << card; };
  for (const Hand hand : hands) {
    take(cards_of(hand).low);
    take(cards_of(hand).high);
  }
  for (const Card card : shown) take(card);
  const PartialHand part(shown);
  double net = state.settle(ranks).net[seat];
  for (int k = 1; k < all_in_boards; ++k) {
    std::uint64_t taken = dealt;
    PartialHand whole = part;
    for (std::size_t c = shown.size(); c < board.size(); ++c) {
      Card card = 0;
      do card = static_cast<Card>(random.below(card_count));
      while ((taken >> card & 1) != 0);
      taken |= std::uint64_t{1} << card;
      whole.add(card);
    }
    std::array<std::uint32_t, players_max> others{};
    for (std::size_t p = 0; p < hands.size(); ++p)
      if (!state.folded(static_cast<int>(p)))
        others[p] = hand_ranks()(whole + PartialHand(hands[p]));
    net += state.settle(others).net[seat];
  }
  return net / all_in_boards;
}

}  // namespace weir::mccfr
