#include <vector>
#include <weir/mccfr/local_best_response.hpp>

#include "block_runs.hpp"
#include "hand_means.hpp"
#include "play_choices.hpp"
#include "pot_shares.hpp"
#include "table_cards.hpp"

namespace weir::mccfr {
namespace {

constexpr std::uint64_t lbr_block_hands = 8;
constexpr std::uint64_t lbr_play_purpose = 41;

/// The bets of a menu, as parts of the pot; all-in comes beside them.
std::vector<double> lbr_parts(LbrBets bets) {
  std::vector<double> parts;
  if (bets == LbrBets::pot_all_in) parts = {1};
  if (bets != LbrBets::many) return parts;
  // 55: in steps of 5 % to one pot, 10 % to two, 20 % to five, 50 % to ten.
  for (int k = 1; k <= 20; ++k) parts.push_back(0.05 * k);
  for (int k = 1; k <= 10; ++k) parts.push_back(1 + 0.1 * k);
  for (int k = 1; k <= 15; ++k) parts.push_back(2 + 0.2 * k);
  for (int k = 1; k <= 10; ++k) parts.push_back(5 + 0.5 * k);
  return parts;
}

/// Of a range: how much it weighs, and the share of the pot against it.
struct Against {
  double weight = 0, won = 0;
  double share() const noexcept { return weight > 0 ? won / weight : 0; }
};

Against against(const Range& weights, const Range& shares) noexcept {
  Against sum;
  for (std::size_t hand = 0; hand < hand_count; ++hand) {
    const auto weight = static_cast<double>(weights[hand]);
    sum.weight += weight;
    sum.won += weight * static_cast<double>(shares[hand]);
  }
  return sum;
}

/// One who plays; for one thread.
class LbrPlayer {
 public:
  enum class Ending : std::uint8_t { played, unknown, illegal };
  LbrPlayer(const BettingRules& rules, const KnownOpponent& opponent, const LbrConfig& config,
            const KindShares* kinds)
      : rules_(rules),
        config_(config),
        kinds_(kinds),
        agent_(opponent.agent()),
        known_(opponent.known()),
        parts_(lbr_parts(config.bets)) {}

  /// Hand `number`: what it came to, and what against the hand that was dealt.
  Ending play(std::uint64_t number, double& won, double& dealt) {
    begin(number);
    BettingState state(rules_);
    while (!state.over()) {
      deal(cards_shown(state.round()));
      BetAction action;
      if (state.player() == seat_) {
        if (!choose(state, action)) return Ending::unknown;
        known_->saw(state, action);
      } else {
        action = agent_->act(state, std::span(cards_.board).first(shown_), random_);
        if (state.refusal(action) != nullptr) return Ending::illegal;
        known_->did(state, action);
      }
      agent_->saw(state, action, random_);
      state.apply(action);
    }
    const auto me = static_cast<std::size_t>(seat_);
    dealt = state.settle(cards_.ranks).net[me];
    return settle(state, won) ? Ending::played : Ending::unknown;
  }

 private:
  void begin(std::uint64_t number) {
    cards_ = deal_cards(config_.seed, number);
    random_ = Random::keyed(config_.seed, number, lbr_play_purpose);
    seat_ = static_cast<int>(number % 2);
    hand_ = cards_.hands[static_cast<std::size_t>(seat_)];
    const int other = 1 - seat_;
    agent_->begin(other, cards_.hands[static_cast<std::size_t>(other)]);
    known_->begin(other);
    shown_ = 0;
    shares_known_ = false;
  }
  void deal(std::size_t shown) {
    if (shown == shown_) return;
    shown_ = shown;
    shares_known_ = false;
    known_->deal(std::span(cards_.board).first(shown));
  }
  const Range& shares() {
    if (shares_known_) return shares_;
    shares_known_ = true;
    if (shown_ == 0) {
      kinds_->of(hand_, shares_);
    } else {
      pot_shares(hand_, std::span(cards_.board).first(shown_), shares_);
    }
    return shares_;
  }
  /// Hands that share a card with its own weigh nothing.
  void without_own(Range& weights) const noexcept {
    const HandCards& own = cards_of(hand_);
    for (Card card = 0; card < card_count; ++card) {
      if (card != own.low) weights[hand_of(card, own.low)] = 0;
      if (card != own.high) weights[hand_of(card, own.high)] = 0;
    }
  }

  bool choose(const BettingState& state, BetAction& action) {
    action = {'c', 0};
    if (state.round() < config_.first_round) return true;
    Range weights;
    known_->weights(weights);
    without_own(weights);
    const Against now = against(weights, shares());
    if (!(now.weight > 0)) return false;
    const double pot = state.pot(), asked = state.to_call();
    double best = lbr_call_worth(now.share(), pot, asked);
    const LegalActions legal = state.legal();
    if (legal.raise && config_.bets != LbrBets::fold_call) {
      Chips before = 0;
      for (std::size_t k = 0; k <= parts_.size(); ++k) {
        const BetAction bet = k < parts_.size() && rules_.betting == Betting::no_limit
                                  ? bet_of(state, parts_[k])
                                  : BetAction{'r', legal.raise_max};
        if (bet.total == before) continue;
        before = bet.total;
        const double worth = bet_worth(state, bet, now);
        if (worth > best) best = worth, action = bet;
      }
    }
    if (legal.fold && best <= 0) action = {'f', 0};
    return true;
  }

  double bet_worth(const BettingState& state, const BetAction& bet, const Against& now) {
    const auto them = known_->copy();
    them->saw(state, bet);
    BettingState next = state;
    next.apply(bet);
    them->choices(next, choices_);
    Against folding;
    for (KnownChoice& choice : choices_) {
      if (choice.action.letter != 'f') continue;
      without_own(choice.weights);
      folding = against(choice.weights, shares());
    }
    const double folds = folding.weight / now.weight;
    const double rest = now.weight - folding.weight;
    const double share = rest > 0 ? (now.won - folding.won) / rest : 0;
    const double pot = state.pot(), asked = state.to_call(), more = next.to_call();
    return lbr_bet_worth(folds, share, pot, asked, more);
  }

  bool settle(const BettingState& state, double& won) {
    const auto me = static_cast<std::size_t>(seat_);
    if (state.kind() == NodeKind::fold) {
      won = state.settle({}).net[me];
      return true;
    }
    // All-in before the flop: on the board that was dealt. Else on all that could follow the cards shown.
    if (shown_ == 0) deal(cards_.board.size());
    Range weights;
    known_->weights(weights);
    without_own(weights);
    const Against range = against(weights, shares());
    std::array<std::uint32_t, 2> ranks{};
    ranks[me] = 1;
    const double most = state.settle(ranks).net[me];
    ranks[1 - me] = 2;
    const double least = state.settle(ranks).net[me];
    won = least + range.share() * (most - least);
    return range.weight > 0;
  }

  const BettingRules& rules_;
  const LbrConfig& config_;
  const KindShares* kinds_;  // null: it never decides before the flop
  std::unique_ptr<Agent> agent_;
  std::unique_ptr<KnownPlayer> known_;
  std::vector<double> parts_;
  std::vector<KnownChoice> choices_;
  TableCards cards_;
  Random random_{0};
  int seat_ = 0;
  Hand hand_ = 0;
  std::size_t shown_ = 0;  // cards of the board
  bool shares_known_ = false;
  Range shares_{};
};

struct alignas(contended_bytes) LbrBlock {
  HandSums won, dealt;
  LbrPlayer::Ending ending = LbrPlayer::Ending::played;
  void add(const LbrBlock& other) noexcept {
    won.add(other.won);
    dealt.add(other.dealt);
    ending = std::max(ending, other.ending);
  }
};

MeanOfHands mean_of(const HandSums& sums) noexcept { return {sums.mean(), sums.ci95()}; }

}  // namespace

std::optional<LbrBets> lbr_bets_of(std::string_view name) noexcept {
  if (name == "fc") return LbrBets::fold_call;
  if (name == "fcpa") return LbrBets::pot_all_in;
  if (name == "56") return LbrBets::many;
  return std::nullopt;
}

Result<LbrResult> play_lbr(Runtime& runtime, const BettingRules& rules,
                           const KnownOpponent& opponent, const LbrConfig& config,
                           const WatchHands& watch) {
  std::optional<KindShares> kinds;
  if (config.first_round == 0) {
    auto made = KindShares::make(runtime);
    if (!made) return made.error();
    kinds = std::move(made).value();
  }
  const auto play_block = [&](std::uint64_t b, LbrBlock& block) {
    LbrPlayer player(rules, opponent, config, kinds ? &*kinds : nullptr);
    const std::uint64_t end = std::min(config.hands, (b + 1) * lbr_block_hands);
    for (std::uint64_t number = b * lbr_block_hands; number < end; ++number) {
      double won = 0, dealt = 0;
      block.ending = player.play(number, won, dealt);
      if (block.ending != LbrPlayer::Ending::played) return;
      block.won.add(won);
      block.dealt.add(dealt);
    }
  };
  const auto all = run_blocks<LbrBlock>(
      runtime, (config.hands + lbr_block_hands - 1) / lbr_block_hands, play_block,
      [&](std::uint64_t n) { return watch(std::min(n * lbr_block_hands, config.hands)); }, "lbr");
  if (!all) return all.error();
  const LbrBlock& found = all.value();
  if (found.ending == LbrPlayer::Ending::illegal)
    return Error{"illegal_action", "the opponent did what the rules do not allow", "lbr"};
  if (found.ending == LbrPlayer::Ending::unknown)
    return Error{"unknown_play", "the opponent did what its strategy never does", "lbr"};
  return LbrResult{static_cast<std::uint64_t>(found.won.n), mean_of(found.won),
                   mean_of(found.dealt)};
}

}  // namespace weir::mccfr
