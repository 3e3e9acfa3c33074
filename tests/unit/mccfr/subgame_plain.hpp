// subgame_plain.hpp: a subgame's values once more, hand against hand and card by card, with nothing in common with the
// solver but the rules of betting.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>
#include <weir/mccfr/hand_rank.hpp>
#include <weir/mccfr/subgame_solver.hpp>

namespace subgame_test {

using namespace weir::mccfr;

class PlainValues {
 public:
  PlainValues(const Subgame& game, SubgameSolver& solver) : game_(game), rules_(game.rules()) {
    rules_.whole_chips = false;
    rules_.rake = {game.rake_percent, static_cast<Chips>(game.rake_cap), false};
    for (std::size_t p = 0; p < 2; ++p)
      for (Hand hand = 0; hand < hand_count; ++hand)
        if (game.ranges[p][hand] > 0 && (cards_of(hand).set() & set_of(game.board)) == 0)
          hands_[p].push_back(hand);
    SubgameDecision decision;
    while (solver.next(decision)) {
      const std::size_t actions = decision.actions.size();
      auto& hands = strategies_[decision.history];
      for (std::size_t h = 0; h < decision.hands.size(); ++h) {
        auto& p = hands[decision.hands[h]];
        for (std::size_t a = 0; a < actions; ++a)
          p[decision.actions[a]] = static_cast<double>(decision.probabilities[h * actions + a]);
      }
    }
  }

  std::size_t histories() const { return strategies_.size(); }

  /// By pair of hands that share no card.
  double value(std::size_t player, bool best) {
    player_ = player;
    best_ = best;
    std::vector<double> reach;
    for (const Hand hand : hands_[1 - player])
      reach.push_back(static_cast<double>(game_.ranges[1 - player][hand]));
    const std::vector<double> values = walk(BettingState(rules_), "", game_.board, reach);
    double sum = 0;
    double pairs = 0;
    for (std::size_t h = 0; h < values.size(); ++h) {
      const Hand hand = hands_[player][h];
      sum += static_cast<double>(game_.ranges[player][hand]) * values[h];
      for (std::size_t o = 0; o < reach.size(); ++o)
        if ((cards_of(hand).set() & cards_of(hands_[1 - player][o]).set()) == 0)
          pairs += static_cast<double>(game_.ranges[player][hand]) * reach[o];
    }
    return sum / pairs;
  }

 private:
  using Row = std::vector<double>;

  /// The player's values against the other's reach, on a board that may lack cards.
  Row walk(const BettingState& state, const std::string& history, const std::vector<Card>& board,
           const Row& reach) {
    const std::size_t cards = game_.board.size() + static_cast<std::size_t>(state.round());
    if (state.kind() == NodeKind::fold) return ends(state, board, reach);
    if (state.kind() == NodeKind::showdown && board.size() == 5) return ends(state, board, reach);
    if (state.kind() == NodeKind::showdown || board.size() < cards)
      return deal(state, history, board, reach);
    std::array<BetAction, actions_max> actions;
    const int count = menu_actions(state, game_.menu, actions);
    const auto who = static_cast<std::size_t>(state.player());
    Row sum(hands_[player_].size(), best_ && who == player_ ? -1e300 : 0.0);
    for (int a = 0; a < count; ++a) {
      const BetAction& action = actions[static_cast<std::size_t>(a)];
      std::string letter(1, action.letter);
      if (action.letter == 'r') letter += std::to_string(action.total - game_.ante(state.player()));
      BettingState next = state;
      next.apply(action);
      Row reached = reach;
      for (std::size_t h = 0; who != player_ && h < reach.size(); ++h)
        reached[h] *= played(history, hands_[who][h], letter);
      const Row values = walk(next, history + letter, board, reached);
      for (std::size_t h = 0; h < sum.size(); ++h) {
        if (who != player_) {
          sum[h] += values[h];
        } else if (best_) {
          sum[h] = std::max(sum[h], values[h]);
        } else {
          sum[h] += played(history, hands_[who][h], letter) * values[h];
        }
      }
    }
    return sum;
  }

  Row deal(const BettingState& state, const std::string& history, const std::vector<Card>& board,
           const Row& reach) {
    Row sum(hands_[player_].size(), 0.0);
    for (Card card = 0; card < card_count; ++card) {
      if (has(set_of(board), card)) continue;
      std::vector<Card> longer = board;
      longer.push_back(card);
      Row reached = reach;
      for (std::size_t h = 0; h < reach.size(); ++h)
        reached[h] *= has(cards_of(hands_[1 - player_][h]).set(), card)
                          ? 0
                          : 1.0 / static_cast<double>(48 - board.size());
      const Row values = walk(state, history + "/" + card_text(card) + "/", longer, reached);
      for (std::size_t h = 0; h < sum.size(); ++h)
        if (!has(cards_of(hands_[player_][h]).set(), card)) sum[h] += values[h];
    }
    return sum;
  }

  Row ends(const BettingState& state, const std::vector<Card>& board, const Row& reach) const {
    Row sum(hands_[player_].size(), 0.0);
    for (std::size_t h = 0; h < sum.size(); ++h) {
      for (std::size_t o = 0; o < reach.size(); ++o) {
        const Hand mine = hands_[player_][h];
        const Hand theirs = hands_[1 - player_][o];
        if (reach[o] == 0 || (cards_of(mine).set() & cards_of(theirs).set()) != 0) continue;
        std::array<std::uint32_t, 2> ranks{};
        if (state.kind() == NodeKind::showdown) ranks = {rank(mine, board), rank(theirs, board)};
        if (player_ == 1) std::swap(ranks[0], ranks[1]);
        sum[h] +=
            reach[o] * (state.settle(ranks).net[player_] + game_.ante(static_cast<int>(player_)));
      }
    }
    return sum;
  }

  static std::uint32_t rank(Hand hand, const std::vector<Card>& board) {
    std::vector<Card> cards = board;
    cards.push_back(cards_of(hand).low);
    cards.push_back(cards_of(hand).high);
    return rank_hand(cards);
  }

  double played(const std::string& history, Hand hand, const std::string& letter) const {
    const auto decision = strategies_.find(history);
    if (decision == strategies_.end()) return -1e9;  // must not happen: no test passes with it
    const auto found = decision->second.find(hand);
    return found == decision->second.end() ? 0 : found->second.at(letter);
  }

  const Subgame& game_;
  BettingRules rules_;
  std::array<std::vector<Hand>, 2> hands_;
  std::map<std::string, std::map<Hand, std::map<std::string, double>>> strategies_;
  std::size_t player_ = 0;
  bool best_ = false;
};

}  // namespace subgame_test
