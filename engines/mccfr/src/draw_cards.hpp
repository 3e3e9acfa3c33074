// draw_cards.hpp: different cards of a deck; private.
#pragma once

#include <array>
#include <cstddef>
#include <weir/mccfr/cards.hpp>
#include <weir/mccfr/random.hpp>

namespace weir::mccfr {

/// `count` different cards.
template <std::size_t count>
std::array<Card, count> draw_cards(Random& random) noexcept {
  std::array<Card, count> cards;
  CardSet taken = 0;
  for (Card& card : cards) {
    do {
      card = static_cast<Card>(random.below(card_count));
    } while (has(taken, card));
    taken |= set_of(card);
  }
  return cards;
}

}  // namespace weir::mccfr
