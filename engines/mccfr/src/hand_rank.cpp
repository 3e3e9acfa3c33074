#include <algorithm>
#include <vector>
#include <weir/check.hpp>
#include <weir/mccfr/hand_rank.hpp>

namespace weir::mccfr {
namespace {

using RankCounts = std::array<int, rank_count>;

constexpr std::uint32_t choose(std::uint32_t n, std::uint32_t k) noexcept {
  std::uint32_t value = 1;
  for (std::uint32_t i = 0; i < k; ++i) value = value * (n - i) / (i + 1);
  return n < k ? 0 : value;
}

/// The `wanted` highest ranks of a mask as a number that orders them as poker does.
std::uint32_t order_of_highest(std::uint32_t mask, std::uint32_t wanted) noexcept {
  std::uint32_t order = 0;
  for (; wanted > 0; --wanted) {
    const auto high = static_cast<std::uint32_t>(std::bit_width(mask)) - 1;
    order += choose(high, wanted);
    mask &= ~(1U << high);
  }
  return order;
}

/// The highest rank of a straight in the mask, 3 for the five-high one; -1: none.
int straight_top(std::uint32_t mask) noexcept {
  const std::uint32_t with_low_ace = mask << 1 | mask >> 12;
  std::uint32_t runs = with_low_ace;
  for (int i = 1; i < 5; ++i) runs &= with_low_ace >> i;
  return runs == 0 ? -1 : static_cast<int>(std::bit_width(runs)) - 1 + 3;
}

HandRank made(Category what, std::uint32_t order) noexcept {
  return static_cast<HandRank>(static_cast<std::uint32_t>(what) << 12 | order);
}

int highest(std::uint32_t mask) noexcept { return static_cast<int>(std::bit_width(mask)) - 1; }

/// The best five cards of a suit that has at least five.
HandRank rank_suited(std::uint32_t mask) noexcept {
  const int top = straight_top(mask);
  if (top >= 0) return made(Category::straight_flush, static_cast<std::uint32_t>(top));
  return made(Category::flush, order_of_highest(mask, 5));
}

/// The best five cards where no suit has five.
HandRank rank_counts(const RankCounts& counts) noexcept {
  std::array<std::uint32_t, 5> at_least{};  // [n]: ranks that are there n times or more
  for (std::uint32_t rank = 0; rank < rank_count; ++rank) {
    for (int n = 1; n <= counts[rank]; ++n) at_least[static_cast<std::size_t>(n)] |= 1U << rank;
  }
  const auto bit = [](int rank) { return 1U << rank; };
  const auto number = [](int rank) { return static_cast<std::uint32_t>(rank); };
  if (at_least[4] != 0) {
    const int four = highest(at_least[4]);
    const int kicker = highest(at_least[1] & ~bit(four));
    return made(Category::four_of_a_kind, number(four) * 13 + number(kicker));
  }
  const int three = highest(at_least[3]);
  if (three >= 0 && (at_least[2] & ~bit(three)) != 0) {
    const int pair = highest(at_least[2] & ~bit(three));
    return made(Category::full_house, number(three) * 13 + number(pair));
  }
  const int top = straight_top(at_least[1]);
  if (top >= 0) return made(Category::straight, number(top));
  if (three >= 0) {
    return made(Category::three_of_a_kind,
                number(three) * 78 + order_of_highest(at_least[1] & ~bit(three), 2));
  }
  const int pair = highest(at_least[2]);
  if (pair < 0) return made(Category::high_card, order_of_highest(at_least[1], 5));
  const int second = highest(at_least[2] & ~bit(pair));
  if (second < 0) {
    return made(Category::pair, number(pair) * 286 + order_of_highest(at_least[1] & ~bit(pair), 3));
  }
  const int kicker = highest(at_least[1] & ~bit(pair) & ~bit(second));
  return made(Category::two_pair,
              order_of_highest(bit(pair) | bit(second), 2) * 13 + number(kicker));
}

struct KeyedRank {
  std::uint32_t key;
  HandRank rank;
};

/// All ways to have 5 to 7 cards by rank. One card of `rank` adds `rank_key` to the key.
void list_counts(RankCounts& counts, std::uint32_t rank, int left, std::uint32_t key,
                 std::uint32_t rank_key, std::vector<KeyedRank>& list) {
  if (rank == rank_count) {
    if (left <= 2) list.push_back({key, rank_counts(counts)});
    return;
  }
  for (int n = 0; n <= std::min(left, 4); ++n) {
    counts[rank] = n;
    list_counts(counts, rank + 1, left - n, key + static_cast<std::uint32_t>(n) * rank_key,
                rank_key * 5, list);
  }
  counts[rank] = 0;
}

using CategoryTotals = std::array<std::uint64_t, category_count>;

template <int left>
void count_from(const HandRanks& ranks, const PartialHand& part, Card first,
                CategoryTotals& totals) {
  for (int card = first; card <= card_count - left; ++card) {
    const PartialHand more = part + partial_hands[static_cast<std::size_t>(card)];
    if constexpr (left == 1) {
      ++totals[static_cast<std::size_t>(category(ranks(more)))];
    } else {
      count_from<left - 1>(ranks, more, static_cast<Card>(card + 1), totals);
    }
  }
}

}  // namespace

std::string_view to_string(Category what) noexcept {
  constexpr std::string_view names[] = {"high card",       "pair",           "two pair",
                                        "three of a kind", "straight",       "flush",
                                        "full house",      "four of a kind", "straight flush"};
  return names[static_cast<std::uint8_t>(what)];
}

// Places are given to the largest groups of keys with one offset first: the first free one is near.
HandRanks::HandRanks() {
  for (std::uint32_t mask = 0; mask < flushes_.size(); ++mask) {
    if (std::popcount(mask) >= 5) flushes_[mask] = rank_suited(mask);
  }
  std::vector<KeyedRank> list;
  RankCounts counts{};
  list_counts(counts, 0, 7, 0, PartialHands::rank_key(0), list);
  std::vector<std::vector<KeyedRank>> groups(offsets_.size());
  for (const KeyedRank& keyed : list) groups[keyed.key >> offset_shift].push_back(keyed);
  std::vector<std::uint32_t> order(groups.size());
  for (std::uint32_t group = 0; group < order.size(); ++group) order[group] = group;
  std::sort(order.begin(), order.end(), [&groups](std::uint32_t a, std::uint32_t b) {
    return groups[a].size() != groups[b].size() ? groups[a].size() > groups[b].size() : a < b;
  });
  for (const std::uint32_t group : order) {
    const auto taken = [this, &groups, group](std::uint32_t offset) {
      return std::any_of(groups[group].begin(), groups[group].end(), [&](const KeyedRank& keyed) {
        return ranks_[(keyed.key ^ offset) & place_mask] != no_hand;
      });
    };
    std::uint32_t offset = 0;
    while (offset <= 0xffff && taken(offset)) ++offset;
    WEIR_CHECK(offset <= 0xffff, "no place for a group of hands");
    offsets_[group] = static_cast<std::uint16_t>(offset);
    for (const KeyedRank& keyed : groups[group]) {
      HandRank& place = ranks_[(keyed.key ^ offset) & place_mask];
      WEIR_CHECK(place == no_hand, "two hands of one place");
      place = keyed.rank;
    }
  }
}

const HandRanks& hand_ranks() {
  static const HandRanks ranks;
  return ranks;
}

HandRank rank_hand(std::span<const Card> cards) {
  if (cards.size() < 5 || cards.size() > 7) return no_hand;
  return hand_ranks()(PartialHand(cards));
}

std::array<std::uint64_t, category_count> hands_count(int cards) {
  CategoryTotals totals{};
  const HandRanks& ranks = hand_ranks();
  if (cards == 5) count_from<5>(ranks, {}, 0, totals);
  if (cards == 6) count_from<6>(ranks, {}, 0, totals);
  if (cards == 7) count_from<7>(ranks, {}, 0, totals);
  return totals;
}

}  // namespace weir::mccfr
