// table_cards.hpp: the cards of a hand between two agents, and the keys of its random numbers; private.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <weir/mccfr/betting_state.hpp>
#include <weir/mccfr/cards.hpp>

namespace weir::mccfr {

enum : std::uint64_t { table_deal_purpose = 32, table_play_purpose = 33 };

struct TableCards {
  std::array<Hand, 2> hands{};
  std::array<Card, 5> board{};
  std::array<std::uint32_t, 2> ranks{};
};

/// Those of hand `number`.
TableCards deal_cards(std::uint64_t seed, std::uint64_t number);

/// Cards of the board in a round.
constexpr std::size_t cards_shown(int round) noexcept {
  return round == 0 ? 0 : static_cast<std::size_t>(round) + 2;
}

}  // namespace weir::mccfr
