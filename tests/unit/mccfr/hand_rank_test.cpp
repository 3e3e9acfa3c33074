// Ranks of hands, against an evaluator that is slow and plain, and against the known numbers of hands by category.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>
#include <weir/mccfr/hand_rank.hpp>

#include "support/tier.hpp"

using namespace weir::mccfr;

namespace {

/// Category and kickers of five cards, one after the other.
std::vector<int> plain_five(const std::array<Card, 5>& cards) {
  std::array<int, 13> times{};
  bool suited = true;
  for (const Card card : cards) {
    ++times[static_cast<std::size_t>(rank_of(card))];
    suited = suited && suit_of(card) == suit_of(cards[0]);
  }
  std::vector<std::pair<int, int>> groups;  // how often, rank
  for (int rank = 0; rank < 13; ++rank) {
    if (times[static_cast<std::size_t>(rank)] > 0) {
      groups.emplace_back(times[static_cast<std::size_t>(rank)], rank);
    }
  }
  std::sort(groups.rbegin(), groups.rend());
  std::vector<int> kickers;
  for (const auto& group : groups) kickers.push_back(group.second);
  bool straight = groups.size() == 5 && kickers[0] - kickers[4] == 4;
  if (kickers == std::vector<int>{12, 3, 2, 1, 0}) {
    straight = true;
    kickers = {3, 2, 1, 0, -1};
  }
  int what = 0;
  if (straight && suited) {
    what = 8;
  } else if (groups[0].first == 4) {
    what = 7;
  } else if (groups[0].first == 3 && groups[1].first == 2) {
    what = 6;
  } else if (suited) {
    what = 5;
  } else if (straight) {
    what = 4;
  } else if (groups[0].first == 3) {
    what = 3;
  } else if (groups[0].first == 2) {
    what = groups[1].first == 2 ? 2 : 1;
  }
  kickers.insert(kickers.begin(), what);
  return kickers;
}

/// The best five of them, each five tried.
std::vector<int> plain(const std::vector<Card>& cards) {
  std::vector<int> best;
  for (unsigned mask = 0; mask < 1U << cards.size(); ++mask) {
    if (std::popcount(mask) != 5) continue;
    std::array<Card, 5> five{};
    std::size_t n = 0;
    for (std::size_t i = 0; i < cards.size(); ++i) {
      if ((mask >> i & 1) != 0) five[n++] = cards[i];
    }
    best = std::max(best, plain_five(five));
  }
  return best;
}

std::vector<Card> draw(weir::test::Random& random, std::size_t n, std::uint32_t deck) {
  std::vector<Card> cards;
  CardSet seen = 0;
  while (cards.size() < n) {
    const auto card = static_cast<Card>(random.below(deck));
    if (!has(seen, card)) cards.push_back(card);
    seen |= set_of(card);
  }
  return cards;
}

HandRank ranked(std::string_view text) { return rank_hand(parse_cards(text).value()); }

}  // namespace

TEST_CASE("evaluator: random hands are ordered as by a plain evaluator") {
  weir::test::Random random(weir::test::seed(7));
  std::vector<std::pair<std::vector<int>, HandRank>> hands;
  const std::uint64_t count = weir::test::amount(2000, 12'000, 300'000);
  for (std::uint64_t i = 0; i < count; ++i) {
    // A deck of few ranks has more of the rare hands.
    const std::uint32_t deck = i % 3 == 0 ? 20 : 52;
    const std::vector<Card> cards = draw(random, 5 + i % 3, deck);
    hands.emplace_back(plain(cards), rank_hand(cards));
    REQUIRE(static_cast<int>(category(hands.back().second)) == hands.back().first[0]);
  }
  std::sort(hands.begin(), hands.end());
  for (std::size_t i = 1; i < hands.size(); ++i) {
    const bool tie = hands[i].first == hands[i - 1].first;
    REQUIRE((tie ? hands[i].second == hands[i - 1].second : hands[i].second > hands[i - 1].second));
  }
}

TEST_CASE("evaluator: all hands of five cards by category, and 7,462 different ranks") {
  const std::array<std::uint64_t, 9> expected{1'302'540, 1'098'240, 123'552, 54'912, 10'200,
                                              5'108,     3'744,     624,     40};
  CHECK(hands_count(5) == expected);
  std::vector<bool> seen(1 << 16);
  const HandRanks& ranks = hand_ranks();
  for (Card a = 0; a < 52; ++a) {
    for (Card b = 0; b < a; ++b) {
      const PartialHand ab = PartialHand(a) + PartialHand(b);
      for (Card c = 0; c < b; ++c) {
        for (Card d = 0; d < c; ++d) {
          for (Card e = 0; e < d; ++e) {
            seen[ranks(ab + PartialHand(hand_of(c, d)) + PartialHand(e))] = true;
          }
        }
      }
    }
  }
  CHECK(std::count(seen.begin(), seen.end(), true) == 7'462);
  CHECK_FALSE(seen[no_hand]);
}

TEST_CASE("evaluator: all hands of seven cards by category") {
  if (!weir::test::full()) {
    MESSAGE("SKIP: 133,784,560 hands are for the long tier");
    return;
  }
  const std::array<std::uint64_t, 9> expected{23'294'460, 58'627'800, 31'433'400,
                                              6'461'620,  6'180'020,  4'047'644,
                                              3'473'184,  224'848,    41'584};
  CHECK(hands_count(7) == expected);
}

TEST_CASE("evaluator: names and single hands") {
  CHECK(to_string(category(ranked("AsKsQsJsTs2d2c"))) == "straight flush");
  CHECK(to_string(category(ranked("As2s3s4s5s"))) == "straight flush");
  CHECK(to_string(category(ranked("AsAdAcAhKs"))) == "four of a kind");
  CHECK(to_string(category(ranked("7c5d4h3s2c"))) == "high card");
  CHECK(ranked("As2d3c4h5s") < ranked("2d3c4h5s6s"));
  CHECK(ranked("AsAdKsKdQc") == ranked("AcAhKcKhQd"));
  CHECK(ranked("AsKdQh7c7d2s3h") == ranked("AcKcQc7h7s3d2d"));
  CHECK(ranked("QsKs2s3s4s") < ranked("As3s4s5s7s"));
  CHECK(rank_hand({}) == no_hand);
  CHECK(ranked("AsKs2s3s") == no_hand);
}

TEST_CASE("evaluator: parts add up to the same hand in any order") {
  weir::test::Random random(3);
  for (int i = 0; i < 1000; ++i) {
    std::vector<Card> cards = draw(random, 7, 52);
    const HandRank rank = rank_hand(cards);
    const PartialHand board(std::span<const Card>(cards).first(5));
    CHECK(hand_ranks()(board + PartialHand(hand_of(cards[5], cards[6]))) == rank);
    std::reverse(cards.begin(), cards.end());
    CHECK(rank_hand(cards) == rank);
  }
}
