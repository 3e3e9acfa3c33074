// hand_rank.hpp: how good the best five of 5, 6 or 7 cards are: a number, higher is better.
//
//   HandRank   category 15..12 | order within the category 11..0       equal numbers: a tie
//   Part       key 63..32: sum over the cards of multiplier * 5^rank   which ranks, how often
//              key 15..0:  cards of each suit, 4 bits a suit           5 or more: a flush
//
// A card is an addition, so parts of hands are added up once and used many times: the board for all
// hands, six cards for all seventh ones. The key of the ranks is the base-5 number of their counts
// times an odd number, modulo 2^32: different counts have different keys. Its upper bits choose an
// offset, which leads the other bits to a place that no other key has.
//
// Roles:  pure, any thread. The first call of hand_ranks() fills the tables (20 to 40 ms), others wait.
// Memory: 288 KiB, of which those without a flush use 272.
// Cost:   random hands of seven cards 180 to 270 M/s, all of them in order 440 to 590 M/s (one core of
//         a busy AMD EPYC, Zen 5, g++ 12 -O3).
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <string_view>
#include <weir/mccfr/cards.hpp>

namespace weir::mccfr {

using HandRank = std::uint16_t;
inline constexpr HandRank no_hand = 0;  // below all hands

enum class Category : std::uint8_t {
  high_card,
  pair,
  two_pair,
  three_of_a_kind,
  straight,
  flush,
  full_house,
  four_of_a_kind,
  straight_flush,
};
inline constexpr int category_count = 9;
constexpr Category category(HandRank rank) noexcept { return static_cast<Category>(rank >> 12); }
/// "two pair"
std::string_view to_string(Category category) noexcept;

/// Some cards of a hand; adding the same card twice gives nonsense.
class PartialHand {
 public:
  constexpr PartialHand() noexcept = default;
  explicit PartialHand(Card card) noexcept;
  explicit PartialHand(Hand hand) noexcept;
  explicit PartialHand(std::span<const Card> cards) noexcept {
    for (const Card card : cards) add(card);
  }

  void add(Card card) noexcept { *this = *this + PartialHand(card); }
  friend constexpr PartialHand operator+(const PartialHand& a, const PartialHand& b) noexcept {
    return PartialHand(a.key_ + b.key_, a.suits_ | b.suits_);
  }
  std::uint64_t key() const noexcept { return key_; }
  SuitSet suits() const noexcept { return suits_; }

 private:
  friend struct PartialHands;
  constexpr PartialHand(std::uint64_t key, SuitSet suits) noexcept : key_(key), suits_(suits) {}
  std::uint64_t key_ = 0;
  SuitSet suits_ = 0;
};

/// Those of one and of two cards, made by the compiler.
struct PartialHands {
  static constexpr std::uint32_t multiplier = 0x20ccc389;  // odd; the first tried that fits
  static constexpr std::uint32_t rank_key(int rank) noexcept {
    std::uint32_t key = multiplier;
    for (int r = 0; r < rank; ++r) key *= 5;
    return key;
  }
  static constexpr std::array<PartialHand, card_count> make() noexcept {
    std::array<PartialHand, card_count> parts{};
    for (Card card = 0; card < card_count; ++card) {
      parts[card] = PartialHand(
          std::uint64_t{rank_key(rank_of(card))} << 32 | std::uint64_t{1} << (4 * suit_of(card)),
          suit_set_of(card));
    }
    return parts;
  }
};
inline constexpr std::array<PartialHand, card_count> partial_hands = PartialHands::make();

inline PartialHand::PartialHand(Card card) noexcept : PartialHand(partial_hands[card]) {}
inline PartialHand::PartialHand(Hand hand) noexcept
    : PartialHand(partial_hands[cards_of(hand).low] + partial_hands[cards_of(hand).high]) {}

/// The tables. Loops take the reference once.
class HandRanks {
 public:
  /// Of 5, 6 or 7 cards; others give a number without meaning.
  HandRank operator()(const PartialHand& hand) const noexcept {
    const std::uint64_t flush = (hand.key() + 0x3333) & 0x8888;  // bit 3 of a suit: 5 cards of it
    if (flush != 0) [[unlikely]] {
      const int shift = (std::countr_zero(flush) & ~3) * 4;
      return flushes_[hand.suits() >> shift & 0x1fff];
    }
    return without_flush(hand);
  }

  /// The same, but five cards of a suit make nothing.
  HandRank without_flush(const PartialHand& hand) const noexcept {
    const auto key = static_cast<std::uint32_t>(hand.key() >> 32);
    return ranks_[(key ^ offsets_[key >> offset_shift]) & place_mask];
  }

 private:
  friend const HandRanks& hand_ranks();
  HandRanks();
  static constexpr int offset_shift = 19;
  static constexpr std::uint32_t place_mask = (1U << 17) - 1;

  std::array<std::uint16_t, 1U << (32 - offset_shift)> offsets_{};
  std::array<HandRank, place_mask + 1> ranks_{};
  std::array<HandRank, 1U << rank_count> flushes_{};
};

const HandRanks& hand_ranks();

/// Of 5 to 7 different cards; no_hand for other numbers of them.
HandRank rank_hand(std::span<const Card> cards);

/// How many hands of `cards` cards (5, 6 or 7) there are of each category: each one is ranked.
std::array<std::uint64_t, category_count> hands_count(int cards);

}  // namespace weir::mccfr
