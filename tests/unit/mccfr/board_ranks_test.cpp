// All hands of a board, against one evaluation a hand and against strengths counted one by one.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <weir/mccfr/board_ranks.hpp>

#include "support/tier.hpp"

using namespace weir::mccfr;

namespace {

using FullBoard = std::array<Card, 5>;

FullBoard board_from(std::string_view text) {
  FullBoard board{};
  const std::vector<Card> cards = parse_cards(text).value();
  std::copy(cards.begin(), cards.end(), board.begin());
  return board;
}

FullBoard random_board(weir::test::Random& random) {
  FullBoard board{};
  CardSet seen = 0;
  for (std::size_t n = 0; n < 5;) {
    const auto card = static_cast<Card>(random.below(52));
    if (has(seen, card)) continue;
    seen |= set_of(card);
    board[n++] = card;
  }
  return board;
}

void check_ranks(const FullBoard& board) {
  HandRankRow row;
  rank_all(board, row);
  const CardSet taken = set_of(board);
  for (Hand hand = 0; hand < hand_count; ++hand) {
    const bool blocked = (cards_of(hand).set() & taken) != 0;
    const HandRank rank =
        hand_ranks()(PartialHand(std::span<const Card>(board)) + PartialHand(hand));
    REQUIRE(row[hand] == (blocked ? no_hand : rank));
  }
}

}  // namespace

TEST_CASE("board_ranks: the ranks are those of single hands, whatever the suits") {
  for (const char* text : {"2c7d9hJsQc", "2c7c9cJsQd", "2c7c9cJcQd", "2c7c9cJcQc", "TcJcQcKcAc",
                           "AsAdAcAhKs", "2s3s4s5s6d", "2c2d2h3s3c", "AcKcQc3d3s"}) {
    check_ranks(board_from(text));
  }
  weir::test::Random random(weir::test::seed(11));
  const std::uint64_t boards = weir::test::amount(50, 500, 20'000);
  for (std::uint64_t i = 0; i < boards; ++i) check_ranks(random_board(random));
}

TEST_CASE("board_ranks: the order is ascending, and has each hand once") {
  weir::test::Random random(weir::test::seed(12));
  for (int i = 0; i < 100; ++i) {
    BoardRanks board;
    board.set(random_board(random));
    for (std::size_t k = 1; k < board_hands; ++k) {
      const Hand before = board.order[k - 1];
      const Hand hand = board.order[k];
      REQUIRE(board.ranks[before] != no_hand);
      REQUIRE((board.ranks[before] < board.ranks[hand] ||
               (board.ranks[before] == board.ranks[hand] && before < hand)));
    }
  }
}

TEST_CASE("board_ranks: strengths are those of all pairs of hands") {
  weir::test::Random random(weir::test::seed(13));
  for (int i = 0; i < 6; ++i) {
    const FullBoard cards = i == 0 ? board_from("TcJcQcKcAc") : random_board(random);
    BoardRanks board;
    board.set(cards);
    StrengthRow row;
    strengths(board, row);
    int sum = 0;
    for (Hand hand = 0; hand < hand_count; ++hand) {
      int strength = 0;
      for (Hand other = 0; other < hand_count && board.ranks[hand] != no_hand; ++other) {
        if (board.ranks[other] == no_hand) continue;
        if ((cards_of(hand).set() & cards_of(other).set()) != 0) continue;
        if (board.ranks[hand] > board.ranks[other]) strength += 2;
        if (board.ranks[hand] == board.ranks[other]) strength += 1;
      }
      REQUIRE(row[hand] == strength);
      sum += strength;
    }
    CHECK(sum == board_hands * opponent_hands);  // a win of one is the loss of another
  }
}

TEST_CASE("board_ranks: strengths by classes are those of the order, and so are the groups") {
  weir::test::Random random(weir::test::seed(14));
  std::vector<FullBoard> boards;
  for (const char* text : {"2c7d9hJsQc", "2c7c9cJsQd", "2c7c9cJcQd", "2c7c9cJcQc", "TcJcQcKcAc",
                           "AsAdAcAhKs", "2s3s4s5s6d", "2c2d2h3s3c", "AcKcQc3d3s", "2c2d2h2s3c"})
    boards.push_back(board_from(text));
  const std::uint64_t drawn = weir::test::amount(200, 2'000, 100'000);
  for (std::uint64_t i = 0; i < drawn; ++i) boards.push_back(random_board(random));
  for (const FullBoard& cards : boards) {
    BoardRanks board;
    board.set(cards);
    StrengthRow row;
    strengths(board, row);
    BoardStrengths by_classes;
    by_classes.set(cards);
    REQUIRE(by_classes.row == row);
    std::size_t first = 0;
    for (std::size_t k = 0; k < by_classes.groups; ++k) {
      const BoardStrengths::Group& group = by_classes.group[k];
      REQUIRE(group.hands > 0);
      REQUIRE(first + group.hands <= board_hands);
      for (std::size_t i = first; i < first + group.hands; ++i)
        REQUIRE(board.ranks[board.order[i]] == group.rank);
      first += group.hands;
      REQUIRE((first == board_hands || board.ranks[board.order[first]] > group.rank));
    }
    REQUIRE(first == board_hands);
  }
}

TEST_CASE("board_ranks: the nuts win always, a royal board ties always") {
  BoardRanks board;
  StrengthRow row;
  board.set(board_from("QcJcTc2d2s"));
  strengths(board, row);
  CHECK(row[parse_hand("AcKc").value()] == strength_max);
  board.set(board_from("TcJcQcKcAc"));
  strengths(board, row);
  CHECK(row[parse_hand("2d2s").value()] == opponent_hands);
  CHECK(row[parse_hand("Ac2s").value()] == 0);
}
