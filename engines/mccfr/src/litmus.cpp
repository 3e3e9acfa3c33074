#include <algorithm>
#include <vector>
#include <weir/mccfr/board_ranks.hpp>
#include <weir/mccfr/litmus.hpp>
#include <weir/mccfr/random.hpp>
#include <weir/mccfr/strategy.hpp>

namespace weir::mccfr {
namespace {

constexpr double litmus_visits = 1'000;
constexpr double aces_fold_allowed = 0.005, tenths_fold_allowed = 0.02;
constexpr std::uint32_t strength_boards = 1'000, symmetry_deals = 2'000;
constexpr std::size_t tenths = 10;
enum : std::uint64_t { strength_purpose = 42, symmetry_purpose = 43 };

template <std::size_t count>
std::array<Card, count> litmus_cards(Random& random) noexcept {
  std::array<Card, count> cards{};
  CardSet taken = 0;
  for (Card& card : cards) {
    do card = static_cast<Card>(random.below(card_count));
    while (has(taken, card));
    taken |= set_of(card);
  }
  return cards;
}

/// A row before the flop: how often it was visited, and how often it folds.
struct FoldRow {
  double visits = 0, folds = 0;
};

class LitmusTest {
 public:
  LitmusTest(const HoldemGame& game, const TableShape& shape, const NarrowEntries::Sum* sums)
      : game_(game), shape_(shape), sums_(sums) {}

  Litmus run() {
    sort_buckets();
    const BettingTree& tree = game_.tree();
    const Bucket aces = game_.cards()->bucket(hand_of(make_card(12, 0), make_card(12, 1)), {});
    for (const BettingNode& node : tree.nodes) {
      if (node.kind != NodeKind::decision || node.round != 0) continue;
      if (tree.actions[node.first].letter != 'f') continue;
      look_at_aces(row_of(node, aces));
      look_at_tenths(node);
    }
    look_at_suits();
    return found_;
  }

 private:
  FoldRow row_of(const BettingNode& node, std::uint32_t bucket) const noexcept {
    const auto* const row = sums_ + shape_.region(node.round, node.player, bucket) + node.row;
    double total = 0;
    for (std::uint32_t a = 0; a < node.actions; ++a) total += static_cast<double>(row[a]);
    return {total / static_cast<double>(NarrowEntries::sum_units),
            total > 0 ? static_cast<double>(row[0]) / total : 0};
  }

  /// Which tenth of the hands each bucket is in by strength, and how many hands it has.
  void sort_buckets() {
    const auto buckets = static_cast<std::size_t>(game_.cards()->count(0));
    std::vector<double> strength(buckets);
    hands_.assign(buckets, 0);
    Random random = Random::keyed(0, 0, strength_purpose);
    std::array<double, hand_count> sums{}, boards{};
    for (std::uint32_t b = 0; b < strength_boards; ++b) {
      BoardRanks ranks;
      ranks.set(litmus_cards<5>(random));
      StrengthRow row;
      strengths(ranks, row);
      for (const Hand hand : ranks.order) sums[hand] += row[hand], ++boards[hand];
    }
    for (Hand hand = 0; hand < hand_count; ++hand) {
      const Bucket bucket = game_.cards()->bucket(hand, {});
      strength[bucket] += sums[hand] / std::max(1.0, boards[hand]);
      ++hands_[bucket];
    }
    std::vector<std::size_t> order(buckets);
    for (std::size_t b = 0; b < buckets; ++b) order[b] = b;
    const auto mean = [&](std::size_t b) { return hands_[b] > 0 ? strength[b] / hands_[b] : 0; };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return mean(a) != mean(b) ? mean(a) < mean(b) : a < b;
    });
    tenth_.assign(buckets, 0);
    double below = 0;
    for (const std::size_t b : order) {
      const double middle = (below + hands_[b] / 2) / hand_count;
      tenth_[b] = std::min(tenths - 1, static_cast<std::size_t>(middle * tenths));
      below += hands_[b];
    }
  }

  void look_at_aces(const FoldRow& row) noexcept {
    if (row.visits < litmus_visits) return;
    ++found_.aces_rows;
    found_.aces_violations += row.folds > aces_fold_allowed ? 1 : 0;
    found_.aces_fold_max = std::max(found_.aces_fold_max, row.folds);
  }

  void look_at_tenths(const BettingNode& node) {
    std::array<double, tenths> hands{}, folds{};
    for (std::size_t b = 0; b < tenth_.size(); ++b) {
      const FoldRow row = row_of(node, static_cast<std::uint32_t>(b));
      if (row.visits < litmus_visits) continue;
      hands[tenth_[b]] += hands_[b];
      folds[tenth_[b]] += hands_[b] * row.folds;
    }
    double weaker = -1;
    for (std::size_t t = 0; t < tenths; ++t) {
      if (!(hands[t] > 0)) continue;
      const double here = folds[t] / hands[t];
      if (weaker >= 0) {
        ++found_.monotony_checked;
        found_.monotony_violations += here > weaker + tenths_fold_allowed ? 1 : 0;
      }
      weaker = here;
    }
  }

  void look_at_suits() noexcept {
    Random random = Random::keyed(0, 0, symmetry_purpose);
    for (std::uint32_t d = 0; d < symmetry_deals; ++d) {
      const std::array<Card, 7> cards = litmus_cards<7>(random);
      SuitMap map{0, 1, 2, 3};
      for (std::size_t s = suit_count; s-- > 1;)
        std::swap(map[s], map[random.below(static_cast<std::uint32_t>(s + 1))]);
      std::array<Card, 7> others{};
      for (std::size_t k = 0; k < cards.size(); ++k) others[k] = mapped(cards[k], map);
      for (const std::size_t shown : {0U, 3U, 4U, 5U}) {
        const auto bucket = [&](const std::array<Card, 7>& deal) {
          return game_.cards()->bucket(hand_of(deal[0], deal[1]),
                                       std::span(deal).subspan(2, shown));
        };
        ++found_.symmetry_checked;
        found_.symmetry_violations += bucket(cards) != bucket(others) ? 1 : 0;
      }
    }
  }

  const HoldemGame& game_;
  const TableShape& shape_;
  const NarrowEntries::Sum* sums_;
  std::vector<double> hands_;       // [bucket]
  std::vector<std::size_t> tenth_;  // [bucket]
  Litmus found_;
};

}  // namespace

Litmus litmus(const HoldemGame& game, const TableShape& shape, const NarrowEntries::Sum* sums) {
  return LitmusTest(game, shape, sums).run();
}

}  // namespace weir::mccfr
