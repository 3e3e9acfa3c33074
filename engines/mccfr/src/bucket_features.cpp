#include "bucket_features.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <weir/check.hpp>

namespace weir::mccfr::abstraction {
namespace {

constexpr std::size_t histogram_bins = histogram_width + 1;
using BinRow = std::array<std::uint16_t, histogram_bins>;
using BinTable = std::array<std::uint8_t, strength_max + 1>;

double against(double strength, int players) noexcept {
  double product = strength;
  for (int opponent = 2; opponent < players; ++opponent) product *= strength;
  return product;
}

/// [strength]: its bin.
BinTable bins_of(int players) noexcept {
  BinTable bins{};
  for (std::size_t s = 0; s < bins.size(); ++s) {
    const double share = against(static_cast<double>(s) / strength_max, players);
    bins[s] = static_cast<std::uint8_t>(std::min(share * static_cast<double>(histogram_bins),
                                                 static_cast<double>(histogram_width)));
  }
  return bins;
}

CardSet card_set(SuitSet set) noexcept {
  CardSet cards = 0;
  for (Card card = 0; card < card_count; ++card)
    if ((set & suit_set_of(card)) != 0) cards |= set_of(card);
  return cards;
}

SuitSet mapped_set(SuitSet set, const SuitMap& map) noexcept {
  SuitSet out = 0;
  for (std::size_t suit = 0; suit < suit_count; ++suit)
    out |= (set >> (16 * suit) & 0xffff) << (16 * map[suit]);
  return out;
}

/// Calls visit(five cards) for all boards that `board` can become.
template <class Visit>
void complete(CardSet board, Visit&& visit) {
  std::array<Card, 5> cards{};
  std::size_t n = 0;
  for (CardSet left = board; left != 0; left = without_lowest(left)) cards[n++] = lowest(left);
  if (n == 5) return visit(cards);
  for (Card first = 0; first < card_count; ++first) {
    if (has(board, first)) continue;
    cards[n] = first;
    if (n == 4) {
      visit(cards);
      continue;
    }
    for (cards[4] = 0; cards[4] < first; ++cards[4])
      if (!has(board, cards[4])) visit(cards);
  }
}

/// Share of `all` above each edge, in 1 / 255.
template <class Count>
void shares_above(const Count* bins, std::uint64_t all, std::uint8_t* row) noexcept {
  std::uint64_t above = 0;
  for (std::size_t edge = histogram_width; edge-- > 0;) {
    above += bins[edge + 1];
    row[edge] = static_cast<std::uint8_t>((above * 255 + all / 2) / all);
  }
}

class Histograms final : public BoardFeatures {
 public:
  explicit Histograms(int players) : bins_(bins_of(players)) {}
  std::size_t row_bytes() const noexcept override { return histogram_width; }
  void rows(CardSet board, std::span<const Hand> hands, std::uint8_t* rows) const override {
    const auto counts = std::make_unique<std::array<BinRow, hand_count>>();
    BoardRanks ranks;
    StrengthRow strength;
    complete(board, [&](const std::array<Card, 5>& cards) {
      ranks.set(cards);
      strengths(ranks, strength);
      for (const Hand hand : ranks.order) ++(*counts)[hand][bins_[strength[hand]]];
    });
    for (std::size_t i = 0; i < hands.size(); ++i) {
      const BinRow& bins = (*counts)[hands[i]];
      std::uint64_t all = 0;
      for (const std::uint16_t n : bins) all += n;
      shares_above(bins.data(), all, rows + i * histogram_width);
    }
  }

 private:
  BinTable bins_;
};

class Strengths final : public BoardFeatures {
 public:
  explicit Strengths(int players) {
    for (std::size_t s = 0; s <= strength_max; ++s) {
      const double share = against(static_cast<double>(s) / strength_max, players);
      put_on_line(static_cast<std::uint32_t>(std::lround(share * strength_max)), rows_[s].data());
    }
  }
  std::size_t row_bytes() const noexcept override { return 8; }
  void rows(CardSet board, std::span<const Hand> hands, std::uint8_t* rows) const override {
    BoardRanks ranks;
    StrengthRow strength;
    complete(board, [&](const std::array<Card, 5>& cards) { ranks.set(cards); });
    strengths(ranks, strength);
    for (std::size_t i = 0; i < hands.size(); ++i)
      std::memcpy(rows + 8 * i, rows_[strength[hands[i]]].data(), 8);
  }

 private:
  std::array<std::array<std::uint8_t, 8>, strength_max + 1> rows_;
};

/// Strengths against eight kinds of opponents at once: as strengths(), with eight counts for each.
class Opponents final : public BoardFeatures {
 public:
  Opponents(int players, const std::array<std::uint8_t, hand_count>& clusters) : players_(players) {
    for (std::size_t hand = 0; hand < hand_count; ++hand) ones_[hand][clusters[hand]] = 1;
  }
  std::size_t row_bytes() const noexcept override { return opponent_clusters; }
  void rows(CardSet board, std::span<const Hand> hands, std::uint8_t* rows) const override {
    BoardRanks ranks;
    complete(board, [&](const std::array<Card, 5>& cards) { ranks.set(cards); });
    const auto shares = std::make_unique<std::array<Eight, hand_count>>();
    const auto all = std::make_unique<ByCard>();
    const Eight total = count_all(ranks, *all);
    count_won(ranks, *shares);
    for (std::size_t i = 0; i < hands.size(); ++i)
      put(hands[i], (*shares)[hands[i]], total, *all, rows + i * opponent_clusters);
  }

 private:
  using Eight = std::array<std::int16_t, opponent_clusters>;
  using ByCard = std::array<Eight, card_count>;

  static void add(Eight& to, const Eight& what) noexcept {
    for (std::size_t k = 0; k < to.size(); ++k) to[k] = static_cast<std::int16_t>(to[k] + what[k]);
  }

  Eight count_all(const BoardRanks& board, ByCard& by_card) const noexcept {
    Eight total{};
    for (const Hand hand : board.order) {
      const HandCards& cards = cards_of(hand);
      add(total, ones_[hand]);
      add(by_card[cards.low], ones_[hand]);
      add(by_card[cards.high], ones_[hand]);
    }
    return total;
  }

  /// [hand]: twice the opponents of each cluster that it beats and once those it ties.
  void count_won(const BoardRanks& board, std::array<Eight, hand_count>& won) const noexcept {
    ByCard below{}, up_to{};
    Eight before{}, with{};  // all hands before the group, and with it
    for (std::size_t first = 0; first < board_hands;) {
      const HandRank rank = board.ranks[board.order[first]];
      std::size_t last = first;
      for (; last < board_hands && board.ranks[board.order[last]] == rank; ++last) {
        const Hand hand = board.order[last];
        add(up_to[cards_of(hand).low], ones_[hand]);
        add(up_to[cards_of(hand).high], ones_[hand]);
        add(with, ones_[hand]);
      }
      for (std::size_t i = first; i < last; ++i) {
        const Hand hand = board.order[i];
        const HandCards& cards = cards_of(hand);
        // The hand itself was taken off twice, once by each card.
        for (std::size_t k = 0; k < opponent_clusters; ++k) {
          won[hand][k] = static_cast<std::int16_t>(
              before[k] - below[cards.low][k] - below[cards.high][k] + with[k] -
              up_to[cards.low][k] - up_to[cards.high][k] + ones_[hand][k]);
        }
      }
      for (std::size_t i = first; i < last; ++i) {
        const HandCards& cards = cards_of(board.order[i]);
        below[cards.low] = up_to[cards.low];
        below[cards.high] = up_to[cards.high];
      }
      before = with;
      first = last;
    }
  }

  void put(Hand hand, const Eight& won, const Eight& total, const ByCard& by_card,
           std::uint8_t* row) const noexcept {
    const HandCards& cards = cards_of(hand);
    int won_all = 0;
    for (const std::int16_t n : won) won_all += n;
    for (std::size_t k = 0; k < opponent_clusters; ++k) {
      const int there = total[k] - by_card[cards.low][k] - by_card[cards.high][k] + ones_[hand][k];
      // A cluster none of whose hands can be there says as much as all.
      const double share = there > 0 ? static_cast<double>(won[k]) / (2 * there)
                                     : static_cast<double>(won_all) / strength_max;
      row[k] = static_cast<std::uint8_t>(against(share, players_) * 255 + 0.5);
    }
  }

  int players_;
  std::array<Eight, hand_count> ones_{};  // [hand]: 1 at its cluster
};

class NextBuckets final : public BoardFeatures {
 public:
  NextBuckets(int round, BucketTable next)
      : index_(hand_index(round + 1)),
        next_(next),
        cards_(static_cast<std::size_t>(card_count - round - 4)) {}
  std::size_t row_bytes() const noexcept override { return 2 * cards_; }
  void rows(CardSet board, std::span<const Hand> hands, std::uint8_t* rows) const override {
    SuitSet set = 0;
    for (CardSet left = board; left != 0; left = without_lowest(left))
      set |= suit_set_of(lowest(left));
    std::array<std::uint32_t, card_count> classes;
    std::array<std::uint16_t, card_count> buckets;
    for (std::size_t i = 0; i < hands.size(); ++i) {
      const HandCards& cards = cards_of(hands[i]);
      const SuitSet hole = suit_set_of(cards.low) | suit_set_of(cards.high);
      std::size_t n = 0;
      for (CardSet left = all_cards & ~board & ~cards.set(); left != 0;
           left = without_lowest(left)) {
        classes[n] = index_.index(hole, set | suit_set_of(lowest(left)));
        next_.prefetch(classes[n++]);
      }
      for (std::size_t k = 0; k < n; ++k) buckets[k] = next_[classes[k]];
      std::sort(buckets.begin(), buckets.begin() + static_cast<std::ptrdiff_t>(n));
      std::memcpy(rows + i * row_bytes(), buckets.data(), row_bytes());
    }
  }

 private:
  const HandIndex& index_;
  BucketTable next_;
  std::size_t cards_;
};

}  // namespace

// A hand stands for those that a change of suits which leaves the board as it is makes of it: the lowest of them does.
void BoardHands::set(std::uint32_t board) {
  board_ = board_index(cards_).unindex(board).board;
  board_cards_ = card_set(board_);
  std::array<const Hand*, 24> same;
  std::size_t n_same = 0;
  SuitMap map{0, 1, 2, 3};
  do {
    if (mapped_set(board_, map) == board_) same[n_same++] = maps_.row(maps_.number(map)).data();
  } while (std::next_permutation(map.begin(), map.end()));
  n_ = 0;
  for (Hand hand = 0; hand < hand_count; ++hand) {
    if ((cards_of(hand).set() & board_cards_) != 0) continue;
    std::uint32_t fixed = 0;
    bool lowest_one = true;
    for (std::size_t k = 0; k < n_same; ++k) {
      const Hand other = same[k][hand];
      lowest_one = lowest_one && hand <= other;
      fixed += other == hand ? 1U : 0U;
    }
    if (!lowest_one) continue;
    hands_[n_] = hand;
    weights_[n_++] = static_cast<std::uint8_t>(24 / fixed);
  }
}

std::unique_ptr<BoardFeatures> histogram_features(int players) {
  return std::make_unique<Histograms>(players);
}
std::unique_ptr<BoardFeatures> strength_features(int players) {
  return std::make_unique<Strengths>(players);
}
std::unique_ptr<BoardFeatures> opponent_features(
    int players, const std::array<std::uint8_t, hand_count>& clusters) {
  return std::make_unique<Opponents>(players, clusters);
}
std::unique_ptr<BoardFeatures> next_features(int round, BucketTable next) {
  return std::make_unique<NextBuckets>(round, next);
}

std::vector<std::uint8_t> kind_histograms(int players, const HandMaps& maps, Watch& watch) {
  using Bins = std::array<std::array<std::uint64_t, histogram_bins>, kind_count>;
  constexpr std::size_t block = 2048;
  const std::size_t boards = board_index(5).size();
  const BinTable bins = bins_of(players);
  std::vector<std::unique_ptr<Bins>> parts((boards + block - 1) / block);
  in_blocks(watch, boards, block, [&](std::size_t b, std::size_t board, std::size_t last) {
    parts[b] = std::make_unique<Bins>();
    BoardHands hands(5, maps);
    BoardRanks ranks;
    StrengthRow strength;
    for (; board < last; ++board) {
      hands.set(static_cast<std::uint32_t>(board));
      ranks.set(full_board(static_cast<std::uint32_t>(board)));
      strengths(ranks, strength);
      for (std::size_t i = 0; i < hands.size(); ++i) {
        const Hand hand = hands.hand(i);
        (*parts[b])[static_cast<std::size_t>(kind_of(hand))][bins[strength[hand]]] +=
            hands.weight(i);
      }
    }
    watch.add(block);
  });
  std::vector<std::uint8_t> rows(kind_count * histogram_width);
  if (watch.stopped()) return rows;
  for (std::size_t kind = 0; kind < kind_count; ++kind) {
    std::array<std::uint64_t, histogram_bins> sum{};
    std::uint64_t all = 0;
    for (const auto& part : parts)
      for (std::size_t bin = 0; bin < histogram_bins; ++bin) sum[bin] += (*part)[kind][bin];
    for (const std::uint64_t n : sum) all += n;
    shares_above(sum.data(), all, rows.data() + kind * histogram_width);
  }
  return rows;
}

void put_on_line(std::uint32_t value, std::uint8_t* row) noexcept {
  for (std::size_t k = 0; k < 8; ++k, value -= std::min(value, std::uint32_t{255}))
    row[k] = static_cast<std::uint8_t>(std::min(value, std::uint32_t{255}));
}

}  // namespace weir::mccfr::abstraction
