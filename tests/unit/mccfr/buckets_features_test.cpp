// What hands are told apart by, against hands that are counted one by one.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <weir/mccfr/bucket_build.hpp>

#include "bucket_features.hpp"
#include "support/tier.hpp"

namespace weir::mccfr::abstraction::features_test {

using weir::test::Random;

namespace {

std::vector<Card> cards_of_text(std::string_view text) { return parse_cards(text).value(); }
Hand hand_of_text(std::string_view text) { return parse_hand(text).value(); }

/// The share of the pot of `hand` on a whole board against all hands for which take(hand) holds; -1: there are none.
template <class Take>
double share(Hand hand, const std::vector<Card>& board, Take&& take) {
  const auto rank = [&](Hand h) {
    return hand_ranks()(PartialHand(std::span<const Card>(board)) + PartialHand(h));
  };
  const CardSet gone = set_of(board) | cards_of(hand).set();
  const HandRank own = rank(hand);
  double won = 0, all = 0;
  for (Hand other = 0; other < hand_count; ++other) {
    if ((cards_of(other).set() & gone) != 0 || !take(other)) continue;
    const HandRank theirs = rank(other);
    won += theirs < own ? 1 : theirs == own ? 0.5 : 0;
    all += 1;
  }
  return all == 0 ? -1 : won / all;
}

std::vector<std::uint8_t> row_of(const BoardFeatures& features, std::string_view hand,
                                 std::string_view board) {
  std::vector<std::uint8_t> row(features.row_bytes());
  const Hand h = hand_of_text(hand);
  features.rows(set_of(cards_of_text(board)), std::span(&h, 1), row.data());
  return row;
}

}  // namespace

TEST_CASE("buckets: the hands of all boards are the classes of hands, with their weights") {
  const auto maps = std::make_unique<HandMaps>();
  for (int cards = 3; cards <= 5; ++cards) {
    const HandIndex& index = hand_index(cards - 2);
    BoardHands hands(cards, *maps);
    std::vector<bool> seen(index.size());
    std::uint64_t deals = 0, classes = 0;
    const std::uint32_t step =
        cards == 3 ? 1 : static_cast<std::uint32_t>(weir::test::amount(4001, 401, 1));
    for (std::uint32_t board = 0; board < board_index(cards).size(); board += step) {
      hands.set(board);
      for (std::size_t i = 0; i < hands.size(); ++i) {
        const HandCards& two = cards_of(hands.hand(i));
        const std::uint32_t at =
            index.index(suit_set_of(two.low) | suit_set_of(two.high), hands.board());
        REQUIRE(!seen[at]);
        seen[at] = true;
        ++classes;
        deals += hands.weight(i);
        if (i % 16 == 0) REQUIRE(hands.weight(i) == static_cast<std::uint32_t>(index.weight(at)));
      }
    }
    if (step != 1) continue;
    CHECK(classes == index.size());
    CHECK(deals == (cards == 3   ? 1326ULL * 19'600
                    : cards == 4 ? 1326ULL * 230'300
                                 : 1326ULL * 2'118'760));
  }
}

TEST_CASE("buckets: a histogram of the turn is what its rivers say") {
  const auto features = histogram_features(2);
  const std::string board = "Td9d4c2h";
  for (const char* hand : {"AdKd", "TcTh", "3s3c", "8s7h"}) {
    CAPTURE(hand);
    const auto row = row_of(*features, hand, board);
    std::vector<Card> cards = cards_of_text(board);
    const CardSet gone = set_of(cards) | cards_of(hand_of_text(hand)).set();
    std::array<int, 64> above{};
    int rivers = 0;
    cards.push_back(0);
    for (Card river = 0; river < card_count; ++river) {
      if (has(gone, river)) continue;
      cards.back() = river;
      ++rivers;
      const double s = share(hand_of_text(hand), cards, [](Hand) { return true; });
      for (std::size_t edge = 0; edge < 64; ++edge)
        above[edge] += s * 65 >= static_cast<double>(edge + 1) - 1e-9 ? 1 : 0;
    }
    for (std::size_t edge = 0; edge < 64; ++edge)
      CHECK(row[edge] == std::lround(255.0 * above[edge] / rivers));
  }
  // A draw and a middling pair win as often, and are far apart all the same.
  const auto draw = row_of(*features, "AdKd", board), pair = row_of(*features, "4d3d", board);
  CHECK(row_distance(draw.data(), pair.data(), 64) > 64 * 10);
  // Against more players nobody is stronger.
  const auto more = histogram_features(4);
  CHECK(row_of(*more, "AdKd", board)[60] <= draw[60]);
  CHECK(row_of(*more, "AdKd", board) != draw);
}

TEST_CASE(
    "buckets: strengths against clusters of opponents are those of hands counted one by one") {
  std::array<std::uint8_t, hand_count> clusters{};
  for (Hand hand = 0; hand < hand_count; ++hand)
    clusters[hand] = static_cast<std::uint8_t>(kind_of(hand) % 8);
  // One that is blocked: the aces that are left to nobody.
  for (Hand hand = 0; hand < hand_count; ++hand) {
    if (clusters[hand] == 7) clusters[hand] = 6;
    if (kind_of(hand) == 12) clusters[hand] = 7;
  }
  const auto features = opponent_features(2, clusters);
  Random random(weir::test::seed(61));
  for (const char* board : {"AsAhAd7c2d", "Kd9d4d3d2c", "8c7c6c5c4c", "QhJsTd4c2h"}) {
    const std::vector<Card> cards = cards_of_text(board);
    for (int i = 0; i < 20; ++i) {
      const auto hand = static_cast<Hand>(random.below(hand_count));
      if ((cards_of(hand).set() & set_of(cards)) != 0) continue;
      CAPTURE(hand_text(hand));
      const auto row = row_of(*features, hand_text(hand), board);
      for (std::size_t c = 0; c < 8; ++c) {
        double expected = share(hand, cards, [&](Hand other) { return clusters[other] == c; });
        if (expected < 0) expected = share(hand, cards, [](Hand) { return true; });
        CHECK(row[c] == static_cast<int>(expected * 255 + 0.5));
      }
    }
  }
}

TEST_CASE("buckets: strengths on the river lie on a line") {
  const auto features = strength_features(2);
  const std::string board = "QhJsTd4c2h";
  std::vector<std::pair<double, std::vector<std::uint8_t>>> rows;
  for (const char* hand : {"AcKc", "4s4h", "QcJc", "7h3h", "5s3d", "9c8c"}) {
    rows.emplace_back(share(hand_of_text(hand), cards_of_text(board), [](Hand) { return true; }),
                      row_of(*features, hand, board));
  }
  for (const auto& a : rows) {
    for (const auto& b : rows)
      CHECK(row_distance(a.second.data(), b.second.data(), 8) ==
            static_cast<std::uint32_t>(std::lround(std::fabs(a.first - b.first) * strength_max)));
  }
}

TEST_CASE("buckets: the next street's buckets of a hand are those of all cards that can come") {
  const std::size_t turns = hand_index(2).size();
  std::vector<std::uint8_t> bytes(2 * turns);
  const BucketTableWriter writer(bytes.data(), 900);
  for (std::size_t i = 0; i < turns; ++i) writer.set(i, static_cast<std::uint16_t>(i * 7 % 900));
  const BucketTable table(bytes.data(), 900);
  const auto features = next_features(1, table);
  REQUIRE(features->row_bytes() == 94);
  for (const char* hand : {"AsKs", "7d7c"}) {
    const std::vector<Card> flop = cards_of_text("Ah9s2s");
    const HandCards& two = cards_of(hand_of_text(hand));
    std::vector<std::uint16_t> expected;
    for (Card card = 0; card < card_count; ++card) {
      if (has(set_of(flop) | two.set(), card)) continue;
      expected.push_back(table[hand_index(2).index(suit_set_of(two.low) | suit_set_of(two.high),
                                                   suit_set_of(flop) | suit_set_of(card))]);
    }
    std::sort(expected.begin(), expected.end());
    const auto row = row_of(*features, hand, "Ah9s2s");
    for (std::size_t k = 0; k < expected.size(); ++k)
      CHECK((row[2 * k] | row[2 * k + 1] << 8) == expected[k]);
  }
}

TEST_CASE("buckets: plans that cannot be are refused with their street") {
  const auto where = [](auto&& change) {
    BucketPlan plan;
    change(plan);
    const auto checked = check(plan);
    return checked.ok() ? std::string() : checked.error().where;
  };
  CHECK(where([](BucketPlan&) {}).empty());
  CHECK(where([](BucketPlan& p) { p.streets[0].count = 168; }) == "preflop");
  CHECK(where([](BucketPlan& p) { p.streets[1].method = BucketMethod::ochs; }) == "flop");
  CHECK(where([](BucketPlan& p) { p.streets[2].count = 1001; }) == "turn");
  CHECK(where([](BucketPlan& p) { p.streets[3].method = BucketMethod::emd; }) == "river");
  CHECK(where([](BucketPlan& p) { p.players = 7; }) == "players");
  CHECK(where([](BucketPlan& p) { p.samples = 99; }) == "samples");
  // A street's text changes with what it depends on alone.
  BucketPlan plan, other;
  other.streets[3].count = 100;
  CHECK(street_text(plan, 2) == street_text(other, 2));
  other.streets[2].count = 100;
  CHECK(street_text(plan, 1) != street_text(other, 1));
  CHECK(bytes_of(other, 2) < bytes_of(plan, 2));
}

}  // namespace weir::mccfr::abstraction::features_test
