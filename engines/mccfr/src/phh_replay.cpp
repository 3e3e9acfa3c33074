#include <algorithm>
#include <numeric>
#include <weir/mccfr/phh.hpp>

#include "card_text.hpp"

namespace weir::mccfr {
namespace {

/// Plays a hand's actions one by one.
class PhhPlayer {
 public:
  explicit PhhPlayer(const PhhHand& hand)
      : hand_(hand), replay_{BettingState(hand.rules), {}, {}, {}} {
    replay_.holes.resize(static_cast<std::size_t>(hand.rules.players));
  }

  Result<PhhReplay> run() {
    for (std::size_t at = 0; at < hand_.actions.size(); ++at) {
      const char* code = "illegal_action";
      if (const char* wrong = step(hand_.actions[at], code)) {
        return Error{code, wrong, "actions[" + std::to_string(at) + "]"};
      }
    }
    return std::move(replay_);
  }

 private:
  /// Null, or what is wrong.
  const char* step(const PhhAction& action, const char*& code) {
    switch (action.kind) {
      case PhhAction::Kind::note:
        return nullptr;
      case PhhAction::Kind::hole:
      case PhhAction::Kind::board:
      case PhhAction::Kind::show:
        code = "bad_cards";
        return action.kind == PhhAction::Kind::hole    ? deal_hole(action)
               : action.kind == PhhAction::Kind::board ? deal_board(action)
                                                       : show(action);
      default:
        return bet(action);
    }
  }

  const char* deal_hole(const PhhAction& action) {
    std::string& hole = replay_.holes[static_cast<std::size_t>(action.player)];
    if (!hole.empty()) return "this player has cards already";
    if (action.cards.size() != 2 * static_cast<std::size_t>(hand_.rules.hole_cards[0])) {
      return "a player gets two cards";
    }
    hole = action.cards;
    return seen_.add(action.cards, true);
  }

  const char* deal_board(const PhhAction& action) {
    const std::size_t cards = (replay_.board.size() + action.cards.size()) / 2;
    if (replay_.state.kind() == NodeKind::fold) return "the hand is over";
    if (cards > due_cards()) return "these cards are not due yet";
    replay_.board += action.cards;
    return seen_.add(action.cards, true);
  }

  /// Cards of the board that may lie there now; after the last bets, all.
  std::size_t due_cards() const {
    const int rounds = replay_.state.over() ? hand_.rules.rounds : replay_.state.round() + 1;
    return static_cast<std::size_t>(std::accumulate(hand_.rules.board_cards.begin(),
                                                    hand_.rules.board_cards.begin() + rounds, 0));
  }

  const char* show(const PhhAction& action) {
    const auto seat = static_cast<std::size_t>(action.player);
    if (!replay_.state.over() || replay_.state.folded(action.player)) {
      return "this player has nothing to show or muck";
    }
    if (action.cards.empty() || action.cards == replay_.holes[seat]) return nullptr;
    std::string& hole = replay_.holes[seat];
    if (hole.size() != action.cards.size()) return "these are not this player's cards";
    // Cards that nobody had seen are now known; one that was known must be shown again.
    for (std::size_t at = 0; at < hole.size(); at += 2) {
      const std::string card = hole.substr(at, 2);
      if (card != "??" && action.cards.find(card) == std::string::npos) {
        return "these are not this player's cards";
      }
    }
    for (std::size_t at = 0; at < hole.size(); at += 2) {
      const std::string card = action.cards.substr(at, 2);
      if (hole.find(card) != std::string::npos) continue;
      if (const char* wrong = seen_.add(card, true)) return wrong;
    }
    hole = action.cards;
    return nullptr;
  }

  const char* bet(const PhhAction& action) {
    const BettingState& state = replay_.state;
    if (state.over()) return "the hand is over";
    if (state.player() != action.player) return "it is another player's turn";
    const bool dealt = std::none_of(replay_.holes.begin(), replay_.holes.end(),
                                    [](const std::string& hole) { return hole.empty(); });
    if (!dealt) return "players have no cards yet";
    if (replay_.board.size() / 2 != due_cards()) return "cards of the board are missing";
    BetAction move{'c', 0};
    if (action.kind == PhhAction::Kind::fold) move.letter = 'f';
    if (action.kind == PhhAction::Kind::bet) {
      const std::int64_t total = std::int64_t{action.amount} + state.round_level() +
                                 state.put(action.player) - state.bet(action.player);
      if (total > stack_max) return "the raise is more than may be put in";
      move = {'r', static_cast<Chips>(total)};
    }
    if (const char* wrong = state.refusal(move)) return wrong;
    replay_.state.apply(move);
    replay_.actions.push_back(move);
    return nullptr;
  }

  const PhhHand& hand_;
  PhhReplay replay_;
  SeenCards seen_;
};

}  // namespace

Result<PhhReplay> replay_hand(const PhhHand& hand) { return PhhPlayer(hand).run(); }

}  // namespace weir::mccfr
