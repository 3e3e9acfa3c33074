#include "strength_sums.hpp"

namespace weir::mccfr {

void add_mapped(const HandMaps& maps, std::uint8_t map, const std::uint32_t* added,
                std::uint32_t* sum) noexcept {
  if (map == 0) {  // as they are
    for (std::size_t hand = 0; hand < hand_count; ++hand) sum[hand] += added[hand];
    return;
  }
  const std::array<Hand, hand_count>& row = maps.row(map);
  const SuitMap suits = maps.suits(map);
  std::size_t hand = 0;
  for (Card high = 1; high < card_count; ++high) {
    const std::size_t others = high - high % 4;  // cards of lower ranks
    if (others > 0) {
      const std::uint32_t* const from = added + row[hand] - suits[0];  // of the lowest rank
      for (std::size_t low = 0; low < others; low += 4) {
        for (std::size_t suit = 0; suit < 4; ++suit)
          sum[hand + low + suit] += from[low + suits[suit]];
      }
    }
    for (std::size_t low = others; low < high; ++low) sum[hand + low] += added[row[hand + low]];
    hand += high;
  }
}

CountedVector<BoardStep> board_steps(int cards, const HandMaps& maps) {
  const HandIndex& boards = board_index(cards);
  const HandIndex& next = board_index(cards + 1);
  CountedVector<BoardStep> steps;
  steps.reserve(boards.size() * board_steps_each(cards));
  for (std::uint32_t board = 0; board < boards.size(); ++board) {
    const SuitSet set = boards.unindex(board).board;
    for (Card card = 0; card < card_count; ++card) {
      if ((set & suit_set_of(card)) != 0) continue;
      SuitMap map{};
      const std::uint32_t after = next.index(0, set | suit_set_of(card), map);
      steps.push_back({board, after, maps.number(map)});
    }
  }
  return steps;
}

std::array<Card, 5> full_board(std::uint32_t index) noexcept {
  const SuitSet set = board_index(5).unindex(index).board;
  std::array<Card, 5> cards{};
  std::size_t n = 0;
  for (Card card = 0; card < card_count; ++card) {
    if ((set & suit_set_of(card)) != 0) cards[n++] = card;
  }
  return cards;
}

CountedVector<std::uint64_t> sum_turns(const CountedVector<std::uint32_t>& turn_sums,
                                       const HandMaps& maps) {
  CountedVector<std::uint64_t> sums(board_index(3).size() * std::size_t{hand_count});
  for (const BoardStep& step : board_steps(3, maps)) {
    const auto& map = maps.row(step.map);
    std::uint64_t* sum = sums.data() + step.board * std::size_t{hand_count};
    const std::uint32_t* turn = turn_sums.data() + step.next * std::size_t{hand_count};
    for (std::size_t hand = 0; hand < hand_count; ++hand) sum[hand] += turn[map[hand]];
  }
  return sums;
}

std::array<std::uint64_t, hand_count> sum_flops(const CountedVector<std::uint64_t>& flop_sums,
                                                const HandMaps& maps) {
  std::array<std::uint64_t, hand_count> sums{};
  for (Card a = 2; a < card_count; ++a) {
    for (Card b = 1; b < a; ++b) {
      for (Card c = 0; c < b; ++c) {
        SuitMap map{};
        const std::uint32_t flop = board_index(3).index(0, suit_set_of(std::array{a, b, c}), map);
        const auto& row = maps.row(maps.number(map));
        const std::uint64_t* sum = flop_sums.data() + flop * std::size_t{hand_count};
        for (std::size_t hand = 0; hand < hand_count; ++hand) sums[hand] += sum[row[hand]];
      }
    }
  }
  return sums;
}

}  // namespace weir::mccfr
