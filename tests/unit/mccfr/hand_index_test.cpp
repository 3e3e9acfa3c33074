// Suit-isomorphic numbers: known sizes, each number hit, the same for permuted suits, weights that add up.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <weir/mccfr/hand_index.hpp>

#include "support/tier.hpp"

using namespace weir::mccfr;

namespace {

struct RawDeal {
  std::vector<Card> hole;
  std::vector<Card> board;
  SuitedDeal suited() const { return {suit_set_of(hole), suit_set_of(board)}; }
};

RawDeal random_deal(weir::test::Random& random, int hole, int board) {
  RawDeal deal;
  CardSet seen = 0;
  while (static_cast<int>(deal.hole.size() + deal.board.size()) < hole + board) {
    const auto card = static_cast<Card>(random.below(52));
    if (has(seen, card)) continue;
    seen |= set_of(card);
    (static_cast<int>(deal.hole.size()) < hole ? deal.hole : deal.board).push_back(card);
  }
  return deal;
}

/// The least of the 24 permuted deals: what classes are, plainly.
std::pair<CardSet, CardSet> least(const RawDeal& deal) {
  std::pair<CardSet, CardSet> best{~CardSet{0}, 0};
  SuitMap map{0, 1, 2, 3};
  do {
    std::pair<CardSet, CardSet> sets{0, 0};
    for (const Card card : deal.hole) sets.first |= set_of(mapped(card, map));
    for (const Card card : deal.board) sets.second |= set_of(mapped(card, map));
    best = std::min(best, sets);
  } while (std::next_permutation(map.begin(), map.end()));
  return best;
}

SuitSet mapped_set(SuitSet set, const SuitMap& map) {
  SuitSet result = 0;
  for (std::size_t suit = 0; suit < 4; ++suit) {
    result |= (set >> (16 * suit) & 0xffff) << (16 * map[suit]);
  }
  return result;
}

std::uint64_t choose(std::uint64_t n, std::uint64_t k) {
  std::uint64_t value = 1;
  for (std::uint64_t i = 0; i < k; ++i) value = value * (n - i) / (i + 1);
  return value;
}

void check_all(const HandIndex& index) {
  std::uint64_t weights = 0;
  for (std::uint32_t i = 0; i < index.size(); ++i) {
    REQUIRE(index.index(index.unindex(i)) == i);
    weights += static_cast<std::uint64_t>(index.weight(i));
  }
  const auto hole = static_cast<std::uint64_t>(index.hole_cards());
  CHECK(weights ==
        choose(52, hole) * choose(52 - hole, static_cast<std::uint64_t>(index.board_cards())));
}

}  // namespace

TEST_CASE("hand_index: sizes are the known ones") {
  CHECK(hand_index(0).size() == 169);
  CHECK(hand_index(1).size() == 1'286'792);
  CHECK(hand_index(2).size() == 13'960'050);
  CHECK(hand_index(3).size() == 123'156'254);
  CHECK(board_index(3).size() == 1'755);
  CHECK(board_index(4).size() == 16'432);
  CHECK(board_index(5).size() == 134'459);
}

TEST_CASE("hand_index: every number has a deal of its own, and weights add up to all deals") {
  check_all(hand_index(0));
  for (int cards = 3; cards <= 5; ++cards) check_all(board_index(cards));
  if (!weir::test::sanitized || weir::test::full()) check_all(hand_index(1));
  if (weir::test::full()) check_all(hand_index(2));
}

TEST_CASE("hand_index: the raw flops of a class are as many as its weight") {
  // All raw boards of three cards: each of the 1,755 classes as often as its weight says.
  std::vector<int> hits(board_index(3).size());
  for (Card a = 0; a < 52; ++a) {
    for (Card b = 0; b < a; ++b) {
      for (Card c = 0; c < b; ++c)
        ++hits[board_index(3).index(0, suit_set_of(std::array{a, b, c}))];
    }
  }
  for (std::uint32_t i = 0; i < hits.size(); ++i) REQUIRE(hits[i] == board_index(3).weight(i));
}

TEST_CASE("hand_index: the same number where the suits are permuted, else another one") {
  weir::test::Random random(weir::test::seed(21));
  const std::uint64_t deals = weir::test::amount(500, 5'000, 200'000);
  for (const auto& [hole, board] : {std::pair{2, 0}, {2, 3}, {2, 4}, {2, 5}, {0, 3}, {0, 5}}) {
    const HandIndex index(hole, board);
    std::map<std::uint32_t, std::pair<CardSet, CardSet>> classes;
    std::set<std::pair<CardSet, CardSet>> different;
    for (std::uint64_t i = 0; i < deals; ++i) {
      const SuitedDeal deal = [&] {
        const RawDeal raw = random_deal(random, hole, board);
        const auto least_deal = least(raw);
        const std::uint32_t number = index.index(raw.suited());
        REQUIRE(classes.emplace(number, least_deal).first->second == least_deal);
        different.insert(least_deal);
        return raw.suited();
      }();
      SuitMap map{0, 1, 2, 3};
      for (std::uint32_t n = 3; n > 0; --n) std::swap(map[n], map[random.below(n + 1)]);
      const SuitedDeal permuted{mapped_set(deal.hole, map), mapped_set(deal.board, map)};
      REQUIRE(index.index(permuted) == index.index(deal));
    }
    CHECK(classes.size() == different.size());
  }
}

TEST_CASE("hand_index: the map of suits leads to the class's own deal") {
  weir::test::Random random(weir::test::seed(22));
  for (int i = 0; i < 2000; ++i) {
    const int board = i % 3 + 3;
    const HandIndex& index = i % 2 == 0 ? hand_index(board - 2) : board_index(board);
    const SuitedDeal deal = random_deal(random, index.hole_cards(), board).suited();
    SuitMap map{};
    const std::uint32_t number = index.index(deal.hole, deal.board, map);
    const SuitedDeal own = index.unindex(number);
    REQUIRE(own == SuitedDeal{mapped_set(deal.hole, map), mapped_set(deal.board, map)});
    REQUIRE(index.index(deal) == number);
  }
}

TEST_CASE("hand_index: numbers of the river, sampled, come back") {
  weir::test::Random random(weir::test::seed(23));
  const std::uint64_t samples = weir::test::amount(5'000, 200'000, 5'000'000);
  for (int round = 2; round <= 3; ++round) {
    const HandIndex& index = hand_index(round);
    for (std::uint64_t i = 0; i < samples; ++i) {
      const std::uint32_t number = random.below(index.size());
      REQUIRE(index.index(index.unindex(number)) == number);
    }
    REQUIRE(index.index(index.unindex(index.size() - 1)) == index.size() - 1);
  }
}
