#include <algorithm>
#include <utility>
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

/// Cards that are alike for all hands of a board.
struct Alike {
  std::array<Card, 2> some{};  // of them, as many as there are
  int count = 0;
};
constexpr std::size_t alike_max = 2 * rank_count;

/// A pair of kinds of cards: hands of one rank.
struct HandClass {
  HandRank rank = no_hand;
  std::uint8_t first = 0, second = 0;  // kinds
  std::uint16_t hands = 0;
};

/// The kinds of cards that a board leaves; a card's kind is alike_max where the board has it.
std::size_t kinds_of(CardSet taken, int suit, std::array<Alike, alike_max>& kinds,
                     std::array<std::uint8_t, card_count>& kind) noexcept {
  std::size_t n = 0;
  const auto add = [&](Card rank, bool suited) {
    Alike& alike = kinds[n];
    alike.count = 0;
    for (Card card = rank * 4; card < rank * 4 + 4; ++card) {
      if (has(taken, card) || (suit_of(card) == suit) != suited) continue;
      if (alike.count < 2) alike.some[static_cast<std::size_t>(alike.count)] = card;
      ++alike.count;
      kind[card] = static_cast<std::uint8_t>(n);
    }
    n += alike.count > 0 ? 1 : 0;
  };
  kind.fill(alike_max);
  for (Card rank = 0; rank < rank_count; ++rank) {
    add(rank, false);
    if (suit >= 0) add(rank, true);
  }
  return n;
}

/// By rank: two passes of a sort by counting.
void sort_classes(std::span<HandClass> classes) noexcept {
  std::array<HandClass, BoardStrengths::groups_max> by_low;
  std::array<std::uint16_t, 256> low_places{};
  std::array<std::uint16_t, category_count * 16> high_places{};
  for (const HandClass& one : classes) {
    ++low_places[one.rank & 0xff];
    ++high_places[one.rank >> 8];
  }
  const auto to_first_places = [](auto& places) {
    int sum = 0;
    for (std::uint16_t& place : places)
      sum += std::exchange(place, static_cast<std::uint16_t>(sum));
  };
  to_first_places(low_places);
  to_first_places(high_places);
  for (const HandClass& one : classes) by_low[low_places[one.rank & 0xff]++] = one;
  for (std::size_t i = 0; i < classes.size(); ++i)
    classes[high_places[by_low[i].rank >> 8]++] = by_low[i];
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

// As strengths(), by classes: a card of a kind is in as many hands of a class as the other kind has cards.
void BoardStrengths::set(std::span<const Card, 5> board) noexcept {
  const HandRanks& table = hand_ranks();
  const PartialHand part(board);
  int suit = -1;  // of a flush
  for (int s = 0; s < suit_count; ++s) {
    if (std::popcount(part.suits() >> (16 * s) & 0x1fff) >= 3) suit = s;
  }
  std::array<Alike, alike_max> kinds;
  std::array<std::uint8_t, card_count> kind;
  const std::size_t n = kinds_of(set_of(board), suit, kinds, kind);

  std::array<HandClass, groups_max> classes;
  std::size_t count = 0;
  for (std::size_t a = 0; a < n; ++a) {
    const PartialHand with = part + partial_hands[kinds[a].some[0]];
    for (std::size_t b = 0; b <= a; ++b) {
      const bool one_kind = a == b;
      if (one_kind && kinds[a].count < 2) continue;
      const PartialHand all = with + partial_hands[kinds[b].some[one_kind ? 1 : 0]];
      const int hands =
          one_kind ? kinds[a].count * (kinds[a].count - 1) / 2 : kinds[a].count * kinds[b].count;
      classes[count++] = {suit < 0 ? table.without_flush(all) : table(all),
                          static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b),
                          static_cast<std::uint16_t>(hands)};
    }
  }
  sort_classes({classes.data(), count});

  std::array<std::array<std::uint16_t, alike_max + 1>, alike_max + 1> strength{};
  std::array<int, alike_max> below{},
      up_to{};  // [kind]: hands with one card of it, as in strengths()
  int hands_below = 0, hands_up_to = 0;
  groups = 0;
  for (std::size_t first = 0; first < count;) {
    std::size_t last = first;
    for (; last < count && classes[last].rank == classes[first].rank; ++last) {
      const HandClass& one = classes[last];
      hands_up_to += one.hands;
      up_to[one.first] += kinds[one.second].count - (one.first == one.second ? 1 : 0);
      if (one.first != one.second) up_to[one.second] += kinds[one.first].count;
    }
    for (std::size_t i = first; i < last; ++i) {
      const HandClass& one = classes[i];
      const int beaten = hands_below - below[one.first] - below[one.second];
      const int not_lost = hands_up_to - up_to[one.first] - up_to[one.second] + 1;
      strength[one.first][one.second] = strength[one.second][one.first] =
          static_cast<std::uint16_t>(beaten + not_lost);
    }
    for (std::size_t i = first; i < last; ++i) {
      below[classes[i].first] = up_to[classes[i].first];
      below[classes[i].second] = up_to[classes[i].second];
    }
    group[groups++] = {classes[first].rank, static_cast<std::uint16_t>(hands_up_to - hands_below)};
    hands_below = hands_up_to;
    first = last;
  }

  // A row of 52 cards for each kind, of which a high card takes those below it.
  std::array<std::array<std::uint16_t, card_count>, alike_max + 1> of_card;
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t card = 0; card < card_count; ++card)
      of_card[a][card] = strength[a][kind[card]];
  }
  of_card[alike_max].fill(0);
  for (std::size_t high = 1; high < card_count; ++high) {
    std::copy_n(of_card[kind[high]].begin(), high,
                row.begin() + static_cast<std::ptrdiff_t>(first_hand_of(high)));
  }
}

}  // namespace weir::mccfr
