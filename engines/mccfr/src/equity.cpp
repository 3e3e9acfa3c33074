#include <algorithm>
#include <optional>
#include <weir/mccfr/board_ranks.hpp>
#include <weir/mccfr/equity.hpp>

#include "range_pairs.hpp"

namespace weir::mccfr {
namespace {

Error bad_deal(std::string what, std::string where) {
  return {"bad_deal", std::move(what), std::move(where)};
}

/// Adds the cards of a board to `taken`; a card that is there already is an error.
std::optional<Error> take_board(std::span<const Card> board, CardSet& taken) {
  for (std::size_t i = 0; i < board.size(); ++i) {
    const std::string where = "board, card " + std::to_string(i + 1);
    if (board[i] >= card_count) return bad_deal("no such card", where);
    if (has(taken, board[i])) return bad_deal(card_text(board[i]) + " is there twice", where);
    taken |= set_of(board[i]);
  }
  return std::nullopt;
}

/// All that a walk over the rest of the board needs.
struct EquityWalk {
  std::array<PartialHand, equity_hands_max> parts{};
  std::vector<Card> deck;  // cards that may come
  Equity equity;
  const HandRanks& ranks = hand_ranks();

  void settle(const PartialHand& board) noexcept {
    std::array<HandRank, equity_hands_max> made{};
    const std::size_t n = equity.hands.size();
    HandRank best = no_hand;
    for (std::size_t i = 0; i < n; ++i) {
      made[i] = ranks(board + parts[i]);
      best = std::max(best, made[i]);
    }
    std::uint64_t winners = 0;
    for (std::size_t i = 0; i < n; ++i) winners += made[i] == best ? 1 : 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (made[i] != best) continue;
      HandEquity& hand = equity.hands[i];
      ++(winners == 1 ? hand.wins : hand.ties);
      hand.shares += HandEquity::share_unit / winners;
    }
    ++equity.boards;
  }

  void walk(const PartialHand& board, std::size_t left, std::size_t first) noexcept {
    if (left == 0) {
      settle(board);
      return;
    }
    for (std::size_t i = first; i + left <= deck.size(); ++i) {
      walk(board + partial_hands[deck[i]], left - 1, i + 1);
    }
  }
};

std::vector<Card> deck_without(CardSet taken) {
  std::vector<Card> deck;
  for (CardSet left = all_cards & ~taken; left != 0; left = without_lowest(left)) {
    deck.push_back(lowest(left));
  }
  return deck;
}

void walk_boards(const Range& first, const Range& second, std::array<Card, 5>& board,
                 std::size_t cards, const std::vector<Card>& deck, std::size_t next,
                 PairSums& sums) {
  if (cards == board.size()) {
    BoardRanks ranks;
    ranks.set(board);
    const PairSums pairs = pairs_on_river({&first, &second}, ranks);
    sums.won += pairs.won;
    sums.mass += pairs.mass;
    return;
  }
  for (std::size_t i = next; i < deck.size(); ++i) {
    board[cards] = deck[i];
    walk_boards(first, second, board, cards + 1, deck, i + 1, sums);
  }
}

}  // namespace

Result<Equity> equity(std::span<const Hand> hands, std::span<const Card> board) {
  if (hands.size() < 2 || hands.size() > equity_hands_max) {
    return bad_deal("2 to 6 hands are compared", "hands");
  }
  if (board.size() > 5) return bad_deal("a board has at most 5 cards", "board");
  EquityWalk walk;
  CardSet taken = 0;
  for (std::size_t i = 0; i < hands.size(); ++i) {
    const std::string where = "hand " + std::to_string(i + 1);
    if (hands[i] >= hand_count) return bad_deal("no such hand", where);
    const CardSet cards = cards_of(hands[i]).set();
    if ((cards & taken) != 0) {
      return bad_deal(card_text(lowest(cards & taken)) + " is there twice", where);
    }
    taken |= cards;
    walk.parts[i] = PartialHand(hands[i]);
  }
  if (auto error = take_board(board, taken)) return *error;
  walk.deck = deck_without(taken);
  walk.equity.hands.resize(hands.size());
  walk.walk(PartialHand(board), 5 - board.size(), 0);
  return std::move(walk.equity);
}

Result<double> equity(const Range& first, const Range& second, std::span<const Card> board) {
  if (board.size() < 3 || board.size() > 5) return bad_deal("3 to 5 cards are asked for", "board");
  CardSet taken = 0;
  if (auto error = take_board(board, taken)) return *error;
  std::array<Card, 5> full{};
  std::copy(board.begin(), board.end(), full.begin());
  PairSums sums;
  walk_boards(first, second, full, board.size(), deck_without(taken), 0, sums);
  if (!(sums.mass > 0)) return bad_deal("no two hands of the ranges go together", "ranges");
  return sums.share();
}

}  // namespace weir::mccfr
