// board_ranks.hpp: all hands on one full board at once: their ranks, their order, their strength.
//
// Where no flush is possible a rank follows from the two ranks of a hand, so 91 look-ups do for all;
// with three or more of a suit on the board the hands that make the flush are ranked one by one.
//
// Shape:  arrays over the 1,326 hands; the 245 that share a card with the board have rank no_hand.
// Roles:  pure, any thread; nothing is allocated.
// Memory: 5 KiB a BoardRanks, with 4 KiB of stack in strengths().
// Cost:   see the functions (one core of a busy AMD EPYC, Zen 5, g++ 12 -O3).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <weir/mccfr/hand_rank.hpp>

namespace weir::mccfr {

inline constexpr int board_hands = 1081;    // 47 x 46 / 2: hands that a full board leaves
inline constexpr int opponent_hands = 990;  // 45 x 44 / 2: those that a board and a hand leave
inline constexpr int strength_max = 2 * opponent_hands;

using HandRankRow = std::array<HandRank, hand_count>;
/// [hand]: twice the hands of an opponent that it beats and once those that it ties, 0 .. strength_max:
/// its expected share of the pot against a random hand, in units of 1 / strength_max. Blocked hands: 0.
using StrengthRow = std::array<std::uint16_t, hand_count>;

/// All ranks on the board, five different cards. Cost: 0.9 us, the mean over random boards.
void rank_all(std::span<const Card, 5> board, HandRankRow& ranks) noexcept;

/// The hands that are not blocked, by rank, then by number, ascending.
struct BoardRanks {
  HandRankRow ranks;
  std::array<Hand, board_hands> order;

  /// Cost: 5.4 us.
  void set(std::span<const Card, 5> board) noexcept;
};

/// Cost: 3.2 us.
void strengths(const BoardRanks& board, StrengthRow& row) noexcept;

/// Strengths without the order of hands: cards of one rank, and, where three of a suit are on the board, of or not of
/// that suit, are alike, so there are at most 351 classes of hands, of one rank and strength each.
struct BoardStrengths {
  struct Group {
    HandRank rank = no_hand;
    std::uint16_t hands = 0;
  };
  static constexpr std::size_t groups_max = 351;

  StrengthRow row;                      // as strengths() has it
  std::array<Group, groups_max> group;  // all hands of one rank, ascending
  std::size_t groups = 0;

  /// Cost: 1.8 us without three of a suit, else 3.6 us.
  void set(std::span<const Card, 5> board) noexcept;
};

}  // namespace weir::mccfr
