// All-in equities: known numbers, symmetry, and ranges against single hands.
#include <doctest/doctest.h>

#include <algorithm>
#include <weir/mccfr/equity.hpp>
#include <weir/mccfr/hand_rank.hpp>

#include "support/tier.hpp"

using namespace weir::mccfr;

namespace {

std::vector<Hand> hands_from(std::initializer_list<std::string_view> texts) {
  std::vector<Hand> hands;
  for (const std::string_view text : texts) hands.push_back(parse_hand(text).value());
  return hands;
}

Equity equity_of(std::initializer_list<std::string_view> texts, std::string_view board = "") {
  return equity(hands_from(texts), parse_cards(board).value()).value();
}

Range only(Hand hand) {
  Range range{};
  range[hand] = 1;
  return range;
}

/// Wins of the first, wins of the second, ties, over all boards, each hand ranked from its seven cards.
std::array<std::uint64_t, 3> counted(std::string_view first, std::string_view second) {
  std::array<std::uint64_t, 3> counts{};
  std::vector<Card> a = parse_cards(first).value();
  std::vector<Card> b = parse_cards(second).value();
  a.resize(7);
  b.resize(7);
  const CardSet taken =
      set_of(std::span<const Card>(a).first(2)) | set_of(std::span<const Card>(b).first(2));
  const auto deal = [&](auto&& self, std::size_t at, Card from) -> void {
    if (at == 7) {
      const HandRank mine = rank_hand(a);
      const HandRank theirs = rank_hand(b);
      ++counts[mine > theirs ? 0 : mine < theirs ? 1 : 2];
      return;
    }
    for (Card card = from; card < card_count; ++card) {
      if (has(taken, card)) continue;
      a[at] = b[at] = card;
      self(self, at + 1, static_cast<Card>(card + 1));
    }
  };
  deal(deal, 2, 0);
  return counts;
}

}  // namespace

TEST_CASE("equity: aces against kings, board by board") {
  const Equity found = equity_of({"AsAh", "KsKh"});
  const auto expected = counted("AsAh", "KsKh");
  CHECK(found.boards == 1'712'304);
  CHECK(found.hands[0].wins == expected[0]);
  CHECK(found.hands[1].wins == expected[1]);
  CHECK(found.hands[0].ties == expected[2]);
  CHECK(found.hands[1].ties == expected[2]);
  double all = 0;
  for (const auto* kings : {"KsKh", "KsKd", "KsKc", "KhKd", "KhKc", "KdKc"}) {
    const Equity pair = equity_of({"AsAh", kings});
    all += pair.hands[0].of(pair.boards) / 6;
  }
  CHECK(all == doctest::Approx(0.8195).epsilon(0.0003));  // the known 81.9 %
}

TEST_CASE("equity: shares of all hands add up to the pots, whatever the order of hands") {
  for (const auto& texts : {std::vector<std::string_view>{"AsKs", "QdQc", "7h6h"},
                            {"2c2d", "AsKd", "AhKc", "AdKh", "AcKs", "JdTd"}}) {
    std::vector<Hand> hands;
    for (const auto text : texts) hands.push_back(parse_hand(text).value());
    const std::vector<Card> flop = parse_cards("3c8d9h").value();
    const Equity found = equity(hands, flop).value();
    std::uint64_t shares = 0;
    for (const HandEquity& hand : found.hands) shares += hand.shares;
    CHECK(shares == found.boards * HandEquity::share_unit);
    std::reverse(hands.begin(), hands.end());
    const Equity reversed = equity(hands, flop).value();
    for (std::size_t i = 0; i < hands.size(); ++i) {
      CHECK(reversed.hands[hands.size() - 1 - i].shares == found.hands[i].shares);
    }
  }
}

TEST_CASE("equity: boards that are there") {
  const Equity river = equity_of({"AsAh", "KsKh"}, "KdKc2s3s4s");
  CHECK(river.boards == 1);
  CHECK(river.hands[1].wins == 1);
  const Equity split = equity_of({"2c2d", "3c3d", "4c4d"}, "TsJsQsKsAs");
  CHECK(split.hands[0].ties == 1);
  CHECK(split.hands[2].of(1) == doctest::Approx(1.0 / 3));
  // One card to come, of 44: the two kings win.
  const Equity turn = equity_of({"AsAh", "KsKh"}, "2c3d7h9c");
  CHECK(turn.boards == 44);
  CHECK(turn.hands[1].wins == 2);
  CHECK(turn.hands[1].ties == 0);
}

TEST_CASE("equity: six hands without a board") {
  const Equity found = equity_of({"AsAh", "KsKh", "QsQh", "JsJh", "TsTh", "9s9h"});
  CHECK(found.boards == 658'008);
  std::uint64_t shares = 0;
  for (const HandEquity& hand : found.hands) shares += hand.shares;
  CHECK(shares == found.boards * HandEquity::share_unit);
  for (std::size_t i = 1; i < 6; ++i) CHECK(found.hands[0].shares > found.hands[i].shares);
}

TEST_CASE("equity: of ranges is the mean over their hands") {
  const Range first = parse_range("AsKs:0.5,QdQc,7h6h:0.25").value();
  const Range second = parse_range("QhQd,AhKs:0.75,5c5d:0.5,AsKs").value();
  const std::vector<Card> flop = parse_cards("3c8d9h").value();
  const std::vector<Card> turn = parse_cards("3c8d9hTs").value();
  for (const auto& board : {flop, turn}) {
    double won = 0;
    double all = 0;
    for (Hand a = 0; a < hand_count; ++a) {
      for (Hand b = 0; b < hand_count; ++b) {
        const double weight = static_cast<double>(first[a]) * static_cast<double>(second[b]);
        if (weight == 0 || (cards_of(a).set() & cards_of(b).set()) != 0) continue;
        const Equity pair = equity(std::array{a, b}, board).value();
        // A range's deal weighs as many boards as it leaves.
        won += weight * static_cast<double>(pair.hands[0].shares) / HandEquity::share_unit;
        all += weight * static_cast<double>(pair.boards);
      }
    }
    const double found = equity(first, second, board).value();
    CHECK(found == doctest::Approx(won / all).epsilon(1e-9));
    CHECK(found + equity(second, first, board).value() == doctest::Approx(1));
  }
  const Hand aces = parse_hand("AsAh").value();
  const Hand kings = parse_hand("KsKh").value();
  const Equity pair = equity(std::array{aces, kings}, flop).value();
  CHECK(equity(only(aces), only(kings), flop).value() ==
        doctest::Approx(pair.hands[0].of(pair.boards)));
}

TEST_CASE("equity: deals that cannot be are refused with their place") {
  const auto where = [](std::initializer_list<std::string_view> hands, std::vector<Card> board) {
    const auto found = equity(hands_from(hands), board);
    REQUIRE_FALSE(found.ok());
    CHECK(found.error().code == "bad_deal");
    return found.error().where;
  };
  CHECK(where({"AsAh"}, {}) == "hands");
  CHECK(where({"AsAh", "AsKd"}, {}) == "hand 2");
  CHECK(where({"AsAh", "KsKd"}, parse_cards("2c3cKd").value()) == "board, card 3");
  CHECK(where({"AsAh", "KsKd"}, {1, 1}) == "board, card 2");
  CHECK(where({"AsAh", "KsKd"}, {52}) == "board, card 1");
  CHECK(where({"AsAh", "KsKd"}, {0, 1, 2, 3, 4, 5}) == "board");
  CHECK_FALSE(equity(std::vector<Hand>{0, 1326}, {}).ok());
  const Range aces = parse_range("AsAh").value();
  CHECK(equity(aces, aces, parse_cards("2c3c4c").value()).error().where == "ranges");
  CHECK(equity(aces, aces, parse_cards("2c3c").value()).error().where == "board");
}
