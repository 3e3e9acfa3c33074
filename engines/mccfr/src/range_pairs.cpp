#include "range_pairs.hpp"

namespace weir::mccfr {
namespace {

/// Weights passed so far, all of them and by card.
struct CardWeights {
  double all = 0;
  std::array<double, card_count> by_card{};
  void add(const HandCards& cards, double weight) noexcept {
    all += weight;
    by_card[cards.low] += weight;
    by_card[cards.high] += weight;
  }
  /// Of hands that share no card with this one, whose own weight was taken off twice.
  double beside(const HandCards& cards, double own) const noexcept {
    return all - by_card[cards.low] - by_card[cards.high] + own;
  }
};

}  // namespace

PairSums pairs_on_river(const TwoRanges& ranges, const BoardRanks& board) noexcept {
  PairSums sums;
  CardWeights below, up_to, total;
  for (const Hand hand : board.order)
    total.add(cards_of(hand), static_cast<double>((*ranges[1])[hand]));
  for (std::size_t from = 0; from < board_hands;) {
    const HandRank rank = board.ranks[board.order[from]];
    std::size_t to = from;
    for (; to < board_hands && board.ranks[board.order[to]] == rank; ++to)
      up_to.add(cards_of(board.order[to]), static_cast<double>((*ranges[1])[board.order[to]]));
    for (std::size_t i = from; i < to; ++i) {
      const Hand hand = board.order[i];
      const auto weight = static_cast<double>((*ranges[0])[hand]);
      if (!(weight > 0)) continue;
      const auto own = static_cast<double>((*ranges[1])[hand]);
      const HandCards& cards = cards_of(hand);
      sums.won += weight * (below.beside(cards, 0) + up_to.beside(cards, own)) / 2;
      sums.mass += weight * total.beside(cards, own);
    }
    for (std::size_t i = from; i < to; ++i)
      below.add(cards_of(board.order[i]), static_cast<double>((*ranges[1])[board.order[i]]));
    from = to;
  }
  return sums;
}

PairSums pairs_by_strength(const TwoRanges& ranges, const Range& strengths,
                           CardSet board) noexcept {
  std::array<CardWeights, 2> total{};
  for (Hand hand = 0; hand < hand_count; ++hand) {
    const HandCards& cards = cards_of(hand);
    if ((cards.set() & board) != 0) continue;
    for (std::size_t p = 0; p < 2; ++p)
      total[p].add(cards, static_cast<double>((*ranges[p])[hand]));
  }
  PairSums sums;
  double differences = 0;
  for (Hand hand = 0; hand < hand_count; ++hand) {
    const HandCards& cards = cards_of(hand);
    if ((cards.set() & board) != 0) continue;
    const auto first = static_cast<double>((*ranges[0])[hand]);
    const auto second = static_cast<double>((*ranges[1])[hand]);
    const double pairs = first * total[1].beside(cards, second);
    sums.mass += pairs;
    differences +=
        static_cast<double>(strengths[hand]) * (pairs - second * total[0].beside(cards, first));
  }
  sums.won = sums.mass / 2 + differences;
  return sums;
}

}  // namespace weir::mccfr
