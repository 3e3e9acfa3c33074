// cards.hpp: cards, sets of cards and the 1,326 hands of two cards, as numbers and as text.
//
//   Card      rank * 4 + suit        2c 2d 2h 2s 3c .. As        0 .. 51
//   CardSet   bit c: card c is in
//   SuitSet   suit 3      suit 2      suit 1      suit 0         the ranks of one suit side by side
//             ...AKQ..2   ...AKQ..2   ...AKQ..2   ...AKQ..2      16 bits each, the upper 3 are 0
//   Hand      high * (high - 1) / 2 + low                        0 .. 1325, of cards low < high
//
// Roles:  pure, any thread.
// Errors: Error{code "bad_cards", what, where "column N", from 1}.
// Memory: tables of 4 KiB, made by the compiler.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <weir/result.hpp>

namespace weir::mccfr {

using Card = std::uint8_t;
using CardSet = std::uint64_t;
using SuitSet = std::uint64_t;
using Hand = std::uint16_t;

inline constexpr int rank_count = 13;
inline constexpr int suit_count = 4;
inline constexpr int card_count = 52;
inline constexpr int hand_count = 1326;  // 52 x 51 / 2
inline constexpr CardSet all_cards = (CardSet{1} << card_count) - 1;

constexpr Card make_card(int rank, int suit) noexcept { return static_cast<Card>(rank * 4 + suit); }
constexpr int rank_of(Card card) noexcept { return card >> 2; }
constexpr int suit_of(Card card) noexcept { return card & 3; }

constexpr CardSet set_of(Card card) noexcept { return CardSet{1} << card; }
constexpr CardSet set_of(std::span<const Card> cards) noexcept {
  CardSet set = 0;
  for (const Card card : cards) set |= set_of(card);
  return set;
}
constexpr bool has(CardSet set, Card card) noexcept { return (set >> card & 1) != 0; }
constexpr int count(CardSet set) noexcept { return std::popcount(set); }
/// The lowest card of a set that is not empty, and the set without it.
constexpr Card lowest(CardSet set) noexcept { return static_cast<Card>(std::countr_zero(set)); }
constexpr CardSet without_lowest(CardSet set) noexcept { return set & (set - 1); }

constexpr SuitSet suit_set_of(Card card) noexcept {
  return SuitSet{1} << (suit_of(card) * 16 + rank_of(card));
}
constexpr SuitSet suit_set_of(std::span<const Card> cards) noexcept {
  SuitSet set = 0;
  for (const Card card : cards) set |= suit_set_of(card);
  return set;
}

struct HandCards {
  Card low = 0;
  Card high = 1;
  constexpr CardSet set() const noexcept { return set_of(low) | set_of(high); }
  friend constexpr bool operator==(const HandCards&, const HandCards&) = default;
};

namespace detail {
constexpr std::array<HandCards, hand_count> make_hand_cards() noexcept {
  std::array<HandCards, hand_count> hands{};
  std::size_t hand = 0;
  for (Card high = 1; high < card_count; ++high) {
    for (Card low = 0; low < high; ++low) hands[hand++] = {low, high};
  }
  return hands;
}
inline constexpr std::array<HandCards, hand_count> hand_cards = make_hand_cards();
}  // namespace detail

/// The number of the hand of two different cards, in any order.
constexpr Hand hand_of(Card a, Card b) noexcept {
  const Card low = a < b ? a : b;
  const Card high = a < b ? b : a;
  return static_cast<Hand>(high * (high - 1) / 2 + low);
}
constexpr const HandCards& cards_of(Hand hand) noexcept { return detail::hand_cards[hand]; }

/// Of the 169 kinds of hands: pairs 0 .. 12 from 22, then 78 suited from 32s, then as many offsuit from 32o.
constexpr int kind_of(Hand hand) noexcept {
  const HandCards& cards = cards_of(hand);
  const int low = rank_of(cards.low);
  const int high = rank_of(cards.high);
  if (low == high) return low;
  const int pair_of_ranks = high * (high - 1) / 2 + low;
  return rank_count + pair_of_ranks + (suit_of(cards.low) == suit_of(cards.high) ? 0 : 78);
}
inline constexpr int kind_count = 169;

inline constexpr std::string_view rank_letters = "23456789TJQKA";
inline constexpr std::string_view suit_letters = "cdhs";
/// -1: the letter is none. Both cases of a letter are taken.
int rank_from(char letter) noexcept;
int suit_from(char letter) noexcept;

/// "As"
std::string card_text(Card card);
/// "AsKdQh", in the order given.
std::string cards_text(std::span<const Card> cards);
/// The higher card first: "AsKd".
std::string hand_text(Hand hand);
/// "As", nothing more.
Result<Card> parse_card(std::string_view text);
/// "AsKdQh" or "As Kd Qh": each card once at most. Empty text has no cards.
Result<std::vector<Card>> parse_cards(std::string_view text);
/// "AsKd": two different cards.
Result<Hand> parse_hand(std::string_view text);

}  // namespace weir::mccfr
