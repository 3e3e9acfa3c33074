// Buckets against strengths that are summed board by board, and hands counted one by one.
#include <doctest/doctest.h>

#include <algorithm>
#include <weir/mccfr/board_ranks.hpp>
#include <weir/mccfr/bucketing.hpp>

#include "support/tier.hpp"

using namespace weir::mccfr;

namespace {

std::vector<Card> drawn(weir::test::Random& random, std::size_t n) {
  std::vector<Card> cards;
  CardSet seen = 0;
  while (cards.size() < n) {
    const auto card = static_cast<Card>(random.below(52));
    if (has(seen, card)) continue;
    seen |= set_of(card);
    cards.push_back(card);
  }
  return cards;
}

/// [hand]: the sum over all full boards of its strength or of the square of it.
std::vector<std::uint64_t> summed(std::vector<Card> board, StrengthMeasure measure) {
  std::vector<std::uint64_t> sums(hand_count);
  const auto walk = [&](auto&& self) -> void {
    if (board.size() < 5) {
      const CardSet taken = set_of(board);
      for (Card card = 0; card < card_count; ++card) {
        if (has(taken, card)) continue;
        board.push_back(card);
        self(self);
        board.pop_back();
      }
      return;
    }
    BoardRanks ranks;
    ranks.set(std::span<const Card, 5>(board));
    StrengthRow row;
    strengths(ranks, row);
    for (std::size_t hand = 0; hand < hand_count; ++hand) {
      const std::uint64_t once = row[hand];
      sums[hand] += measure == StrengthMeasure::mean ? once : once * once;
    }
  };
  walk(walk);
  return sums;
}

/// Each hand's bucket by counting the weaker and the equal ones.
void check_board(const CardBuckets& buckets, const std::vector<Card>& board,
                 const std::vector<std::uint64_t>& values) {
  const int round = static_cast<int>(board.size()) - 2;
  const CardSet taken = set_of(board);
  std::vector<std::uint64_t> live;
  for (Hand hand = 0; hand < hand_count; ++hand) {
    if ((cards_of(hand).set() & taken) == 0) live.push_back(values[hand]);
  }
  std::sort(live.begin(), live.end());
  for (Hand hand = 0; hand < hand_count; ++hand) {
    if ((cards_of(hand).set() & taken) != 0) continue;
    const auto range = std::equal_range(live.begin(), live.end(), values[hand]);
    const double middle =
        static_cast<double>((range.first - live.begin()) + (range.second - live.begin())) / 2;
    const auto expected = static_cast<int>(static_cast<double>(buckets.count(round)) * middle /
                                           static_cast<double>(live.size()));
    REQUIRE(buckets.bucket(hand, board) == expected);
  }
}

void check_rivers(const CardBuckets& buckets, weir::test::Random& random) {
  for (int i = 0; i < 20; ++i) {
    const std::vector<Card> board = drawn(random, 5);
    std::vector<std::uint64_t> values(hand_count);
    for (Hand hand = 0; hand < hand_count; ++hand) {
      values[hand] = hand_ranks()(PartialHand(std::span<const Card>(board)) + PartialHand(hand));
    }
    check_board(buckets, board, values);
  }
}

void check_seen(const CardBuckets& buckets, weir::test::Random& random) {
  for (int i = 0; i < 2000; ++i) {
    const std::vector<Card> cards = drawn(random, 9);
    const std::array<Hand, 2> hands{hand_of(cards[0], cards[1]), hand_of(cards[2], cards[3])};
    const auto board = std::span<const Card>(cards).subspan(4).first<5>();
    SeenDeal deal;
    buckets.see(hands, board, deal);
    SuitMap map{0, 1, 2, 3};
    for (std::uint32_t n = 3; n > 0; --n) std::swap(map[n], map[random.below(n + 1)]);
    std::vector<Card> other;
    for (const Card card : board) other.push_back(mapped(card, map));
    for (std::size_t player = 0; player < 2; ++player) {
      for (std::size_t round = 0; round < 4; ++round) {
        const std::size_t n = round == 0 ? 0 : round + 2;
        const Bucket bucket = deal.buckets[player][round];
        REQUIRE(bucket < buckets.count(static_cast<int>(round)));
        REQUIRE(buckets.bucket(hands[player], board.first(n)) == bucket);
        REQUIRE(buckets.bucket(mapped(hands[player], map), std::span(other).first(n)) == bucket);
      }
      std::vector<Card> seven(board.begin(), board.end());
      seven.push_back(cards_of(hands[player]).low);
      seven.push_back(cards_of(hands[player]).high);
      REQUIRE(deal.ranks[player] == rank_hand(seven));
    }
  }
}

void check_buckets(const BucketConfig& config) {
  const auto made = CardBuckets::make(config);
  REQUIRE(made.ok());
  const CardBuckets& buckets = made.value();
  weir::test::Random random(weir::test::seed(41));
  check_seen(buckets, random);
  check_rivers(buckets, random);
  for (std::size_t cards = 3; cards <= 4; ++cards) {
    for (int i = 0; i < 3; ++i) {
      const std::vector<Card> board =
          i == 0 ? parse_cards(cards == 3 ? "9h8h7h" : "QsJh2h8d").value() : drawn(random, cards);
      check_board(buckets, board, summed(board, config.measure));
    }
  }
  for (std::size_t cards = 3; cards <= 5; ++cards) {
    const std::vector<Card> board = drawn(random, cards);
    const auto alone = CardBuckets::on_board(config, board);
    REQUIRE(alone.ok());
    for (Hand hand = 0; hand < hand_count; ++hand) {
      const bool blocked = (cards_of(hand).set() & set_of(board)) != 0;
      REQUIRE(alone.value()[hand] == (blocked ? 0 : buckets.bucket(hand, board)));
    }
  }
  const auto preflop = [&](std::string_view hand) {
    return static_cast<int>(buckets.bucket(parse_hand(hand).value(), {}));
  };
  if (config.buckets[0] < kind_count) {
    CHECK(preflop("AsAh") == config.buckets[0] - 1);
    CHECK(preflop("KsKh") == config.buckets[0] - 1);
    CHECK(preflop("3s2h") == 0);
    if (config.buckets[0] > 1) CHECK(preflop("8s2h") < preflop("JsTs"));
  } else {
    for (Hand hand = 0; hand < hand_count; ++hand) {
      REQUIRE(buckets.bucket(hand, {}) == kind_of(hand));
    }
  }
}

}  // namespace

TEST_CASE("bucketing: numbers of buckets that cannot be are refused with their street") {
  const auto where = [](std::array<int, 4> counts) {
    return CardBuckets::make({counts, StrengthMeasure::mean}).error().where;
  };
  CHECK(where({0, 1, 1, 1}) == "preflop");
  CHECK(where({170, 1, 1, 1}) == "preflop");
  CHECK(where({1, 0, 1, 1}) == "flop");
  CHECK(where({1, 1, 1001, 1}) == "turn");
  CHECK(where({1, 1, 1, -1}) == "river");
  const std::vector<Card> board = parse_cards("QsJh2h").value();
  CHECK(CardBuckets::on_board({{1, 1, 1001, 1}, {}}, board).error().where == "turn");
}

TEST_CASE("bucketing: buckets are the parts of each board's hands by strength") {
  if (weir::test::sanitized && !weir::test::full()) {
    MESSAGE("SKIP: all boards are too many for a sanitizer outside the long tier");
    return;
  }
  check_buckets({{10, 50, 20, 30}, StrengthMeasure::mean});
  if (weir::test::full()) {
    check_buckets({{169, 170, 170, 450}, StrengthMeasure::mean_of_squares});
    check_buckets({{1, 1, 1, 1}, StrengthMeasure::mean});
  }
}
