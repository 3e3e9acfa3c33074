#include <algorithm>
#include <weir/mccfr/board_ranks.hpp>

namespace weir::mccfr {
namespace {

constexpr std::size_t first_hand_of(std::size_t high) noexcept { return high * (high - 1) / 2; }

/// The ranks by the ranks of two cards, as if no suit had five.
void rank_without_flush(const PartialHand& board, HandRankRow& ranks) noexcept {
  const HandRanks& table = hand_ranks();
  std::array<HandRank, card_count> row;  // [low card], for one rank of the high one
  for (std::size_t high = 0; high < rank_count; ++high) {
    for (std::size_t low = 0; low <= high; ++low) {
      const HandRank rank =
          table.without_flush(board + partial_hands[high * 4] + partial_hands[low * 4 + 1]);
      std::fill_n(row.begin() + static_cast<std::ptrdiff_t>(low * 4), 4, rank);
    }
    for (std::size_t card = high * 4; card < high * 4 + 4; ++card) {
      std::copy_n(row.begin(), card,
                  ranks.begin() + static_cast<std::ptrdiff_t>(card == 0 ? 0 : first_hand_of(card)));
    }
  }
}

/// The hands that make a flush in `suit`, of which the board has `on_board` cards, at least three.
void rank_flushes(const PartialHand& board, int suit, int on_board, HandRankRow& ranks) noexcept {
  const HandRanks& table = hand_ranks();
  for (Card high = 1; high < card_count; ++high) {
    const PartialHand part = board + partial_hands[high];
    const int suited = on_board + (suit_of(high) == suit ? 1 : 0);
    if (suited == 3) continue;
    const std::size_t first = first_hand_of(high);
    // With four, only a low card of the suit makes five.
    for (std::size_t low = suited == 4 ? static_cast<std::size_t>(suit) : 0; low < high;
         low += suited == 4 ? 4 : 1) {
      ranks[first + low] = table(part + partial_hands[low]);
    }
  }
}

void block(std::span<const Card, 5> board, HandRankRow& ranks) noexcept {
  for (const Card card : board) {
    for (Card other = 0; other < card_count; ++other) {
      if (other != card) ranks[hand_of(card, other)] = no_hand;
    }
  }
}

}  // namespace

void rank_all(std::span<const Card, 5> board, HandRankRow& ranks) noexcept {
  const PartialHand part(board);
  rank_without_flush(part, ranks);
  for (int suit = 0; suit < suit_count; ++suit) {
    const int on_board = std::popcount(part.suits() >> (16 * suit) & 0x1fff);
    if (on_board >= 3) rank_flushes(part, suit, on_board, ranks);
  }
  block(board, ranks);
}

// Two passes of a sort by counting, of the lower and of the upper bits. Neighbours often have one rank:
// the upper bits are counted in four rows in turn, so that an increment does not wait for the last.
void BoardRanks::set(std::span<const Card, 5> board) noexcept {
  rank_all(board, ranks);
  std::array<Hand, hand_count + 1> live;  // one more than needed: each hand is written, then kept
  std::size_t n = 0;
  for (std::size_t hand = 0; hand < hand_count; ++hand) {
    live[n] = static_cast<Hand>(hand);
    n += ranks[hand] != no_hand ? 1 : 0;
  }
  std::array<std::array<std::uint16_t, 4>, 256> low_places{};
  std::array<std::array<std::uint16_t, 4>, category_count * 16> high_places{};
  for (std::size_t i = 0; i < board_hands; ++i) {
    const HandRank rank = ranks[live[i]];
    ++low_places[rank & 0xff][i & 3];
    ++high_places[rank >> 8][i & 3];
  }
  const auto to_first_places = [](auto& places) {
    int sum = 0;
    for (auto& place : places) {
      const int count_here = place[0] + place[1] + place[2] + place[3];
      place[0] = static_cast<std::uint16_t>(sum);
      sum += count_here;
    }
  };
  to_first_places(low_places);
  to_first_places(high_places);
  std::array<Hand, board_hands> by_low;
  for (std::size_t i = 0; i < board_hands; ++i) {
    by_low[low_places[ranks[live[i]] & 0xff][0]++] = live[i];
  }
  for (const Hand hand : by_low) order[high_places[ranks[hand] >> 8][0]++] = hand;
}

// Hands below, less those that share a card; a tie is a hand of the same group.
void strengths(const BoardRanks& board, StrengthRow& row) noexcept {
  row.fill(0);
  std::array<int, card_count> below{};  // [card]: hands with it in the groups before this one
  std::array<int, card_count> up_to{};  // and with this one
  for (std::size_t first = 0; first < board_hands;) {
    const HandRank rank = board.ranks[board.order[first]];
    std::size_t last = first;  // one past the group
    for (; last < board_hands && board.ranks[board.order[last]] == rank; ++last) {
      const HandCards& cards = cards_of(board.order[last]);
      ++up_to[cards.low];
      ++up_to[cards.high];
    }
    for (std::size_t i = first; i < last; ++i) {
      const HandCards& cards = cards_of(board.order[i]);
      const int beaten = static_cast<int>(first) - below[cards.low] - below[cards.high];
      // The hand itself was taken off twice, once by each card.
      const int not_lost = static_cast<int>(last) - up_to[cards.low] - up_to[cards.high] + 1;
      row[board.order[i]] = static_cast<std::uint16_t>(beaten + not_lost);
    }
    for (std::size_t i = first; i < last; ++i) {
      const HandCards& cards = cards_of(board.order[i]);
      below[cards.low] = up_to[cards.low];
      below[cards.high] = up_to[cards.high];
    }
    first = last;
  }
}

}  // namespace weir::mccfr
