// local_best_response.hpp: what somebody wins who knows a strategy, sees the cards as they are and looks one step
// ahead: a lower bound of how much the strategy loses in the real game.
//
// It keeps the range of its opponent by Bayes' rule over all 1,326 hands, and takes what is worth most if after it both
// check or call to the end:
//   call   p pot - (1 - p) asked                       p: its share of the pot against the range
//   bet    f pot + (1 - f) (p' (pot + s) - (1 - p') (asked + s))
//                                                      f: how often that is folded to; p': against the rest
// and folds where nothing is worth more. What it wins may be less than nothing. The opponent reads bets that its tree
// does not have as agents do; that chance is part of the range.
//
// Shares on the river, turn and flop are of all boards; before the flop of 2,000 sampled boards for each kind of hand,
// the same always. They decide what is played, not what it is worth: a hand counts as the mean over the range of the
// opponent of what the betting came to (and, all-in on the flop or turn, over all boards): the same in the mean, with
// less noise. `dealt` has what was won against the hand that was dealt.
//
// Roles:  play_lbr() on one thread; hands are played by the runtime's workers, and any number of them gives the same.
// Errors: what the runtime refuses; illegal_action; unknown_play, when the opponent does what its strategy never does.
// Cost:   2 ms a hand that sees a flop, and 1 s for the table before the flop (one core of a busy AMD EPYC).
// Source: Lisy, Bowling, "Equilibrium approximation quality of current no-limit poker bots", AAAI-17 workshop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <weir/mccfr/known_player.hpp>
#include <weir/mccfr/match.hpp>

namespace weir::mccfr {

enum class LbrBets : std::uint8_t {
  fold_call,   // fc
  pot_all_in,  // fcpa: and the pot, and all-in
  many,        // 56: and 55 parts of the pot from 5 % to ten pots, and all-in
};
/// Of "fc", "fcpa" and "56".
std::optional<LbrBets> lbr_bets_of(std::string_view name) noexcept;

/// What calling is worth, with the share `p` of the pot.
constexpr double lbr_call_worth(double p, double pot, double asked) noexcept {
  return p * pot - (1 - p) * asked;
}
/// What a bet is worth that is folded to with `f`: `more` chips than calling takes, `p` against those who call it.
constexpr double lbr_bet_worth(double f, double p, double pot, double asked, double more) noexcept {
  return f * pot + (1 - f) * lbr_call_worth(p, pot + more, asked + more);
}

struct LbrConfig {
  std::uint64_t hands = 10'000;
  LbrBets bets = LbrBets::pot_all_in;
  int first_round = 0;  // before it: checks and calls, whatever it holds
  std::uint64_t seed = 1;
};

using MakeKnown = std::function<std::unique_ptr<KnownPlayer>()>;
/// Asked about ten times a second with the number of hands that are done; false: no more of them.
using WatchHands = std::function<bool(std::uint64_t hands)>;

/// Somebody who plays, and what is known of him: both of the same strategy.
struct KnownOpponent {
  MakeAgent agent;
  MakeKnown known;
};

/// Chips a hand and half of the interval.
struct MeanOfHands {
  double chips_per_hand = 0;
  double ci95 = 0;
};

struct LbrResult {
  std::uint64_t hands = 0;
  MeanOfHands won;
  MeanOfHands dealt;
};

/// Two players; it has the button in every other hand.
Result<LbrResult> play_lbr(Runtime& runtime, const BettingRules& rules,
                           const KnownOpponent& opponent, const LbrConfig& config,
                           const WatchHands& watch);

}  // namespace weir::mccfr
