// hand_index.hpp: numbers for what a player sees, the same for all that differ by names of suits alone.
//
// The order in which board cards came is forgotten. The numbers are dense: 0 .. size() - 1, each used.
//
//   hole, board   2, 0   2, 3        2, 4         2, 5          0, 3    0, 4     0, 5
//   size()        169    1,286,792   13,960,050   123,156,254   1,755   16,432   134,459
//
// How: each suit has its hole ranks and its board ranks, a number among all that have as many. The
// suits are sorted, by how many cards they have and then by that number; suits with as many cards
// count as a multiset. A deal is the place of its numbers of cards, then the numbers of its suits.
//
// Roles:  const after construction, any thread.
// Errors: cards that are not as many as the constructor said, or twice there, give nonsense.
// Memory: 20 KiB each, and 26 KiB for all.
// Cost:   see the functions (one core of a busy AMD EPYC, Zen 5, g++ 12 -O3).
// Source: the idea of sorting suits is Waugh's, "A fast and optimal hand isomorphism algorithm" (2013).
#pragma once

#include <array>
#include <cstdint>
#include <vector>
#include <weir/mccfr/cards.hpp>

namespace weir::mccfr {

struct SuitedDeal {
  SuitSet hole = 0;
  SuitSet board = 0;
  friend bool operator==(const SuitedDeal&, const SuitedDeal&) = default;
};

/// [suit]: the suit that takes its place.
using SuitMap = std::array<std::uint8_t, suit_count>;
inline Card mapped(Card card, const SuitMap& map) noexcept {
  return make_card(rank_of(card), map[static_cast<std::size_t>(suit_of(card))]);
}
inline Hand mapped(Hand hand, const SuitMap& map) noexcept {
  return hand_of(mapped(cards_of(hand).low, map), mapped(cards_of(hand).high, map));
}

class HandIndex {
 public:
  /// Hands of 0 to 2 cards, boards of 0 to 5.
  HandIndex(int hole_cards, int board_cards);

  std::uint32_t size() const noexcept { return size_; }
  int hole_cards() const noexcept { return hole_cards_; }
  int board_cards() const noexcept { return board_cards_; }

  /// Cost: 30 to 45 ns.
  std::uint32_t index(SuitSet hole, SuitSet board) const noexcept;
  std::uint32_t index(const SuitedDeal& deal) const noexcept {
    return index(deal.hole, deal.board);
  }
  /// The same, and which suit of the class's own deal each suit is: unindex() is the deal, mapped.
  std::uint32_t index(SuitSet hole, SuitSet board, SuitMap& map) const noexcept;
  /// The class's own deal. Cost: 65 to 155 ns.
  SuitedDeal unindex(std::uint32_t index) const noexcept;
  /// How many deals are of this class: 1 to 24.
  int weight(std::uint32_t index) const noexcept;

 private:
  /// Suits with as many cards each: `length` of them from the sorted suit `first`.
  struct Group {
    std::uint8_t first = 0;
    std::uint8_t length = 0;
    std::uint32_t size = 1;  // multisets of their numbers
  };
  /// Deals whose sorted suits have the same numbers of cards.
  struct Shape {
    std::uint32_t first = 0;  // index of the first deal
    std::uint32_t groups_count = 0;
    std::array<Group, suit_count> groups{};  // only those that tell deals apart
    std::array<std::uint8_t, suit_count> codes{};
  };
  using SortedSuits = std::array<std::uint32_t, suit_count>;
  void add_shapes(std::array<std::uint8_t, suit_count>& codes, std::size_t suit, int hole,
                  int board);
  SortedSuits sorted(SuitSet hole, SuitSet board) const noexcept;
  std::uint32_t index_of(const SortedSuits& suits) const noexcept;

  int hole_cards_;
  int board_cards_;
  std::uint32_t size_ = 0;
  std::vector<Shape> shapes_;
  std::vector<std::uint16_t> shape_at_;  // by the codes of the first three sorted suits
};

/// What one player sees in a round, 0 (preflop) to 3 (river).
const HandIndex& hand_index(int round);
/// Boards of 3 to 5 cards.
const HandIndex& board_index(int cards);

}  // namespace weir::mccfr
