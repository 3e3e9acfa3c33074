// aivat.hpp: AIVAT: what hands between players of known strategies came to, without the luck that is known.
//
//   estimate = what the end is worth to the ranges that the betting has left
//            + for each action and each deal: what the value function expected of it, less what it says of what came
//
// Neither part depends on the cards that a player of known strategy was dealt: all that he could hold count, as often
// as he would have played so. Whatever the value function says, each correction is 0 in the mean, so the estimate has
// the mean of what is won; the better the function, the less it scatters. That rests on the strategies: with the wrong
// one it is biased.
//
// Roles:  AivatSum one thread; one_card_aivat() pure; play_aivat() on one thread, hands by the runtime's workers, any
//         number of which gives the same.
// Errors: of play_aivat(): what the runtime refuses; illegal_action; unknown_play, when somebody does what his strategy
//         never does.
// Cost:   play_aivat() 0.5 ms a hand, the mean of 100,000 (one core of a busy AMD EPYC).
// Source: Burch, Schmid, Moravcik, Morrill, Bowling, "AIVAT: a new variance reduction technique for agent evaluation in
//         imperfect information games", AAAI 2018.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <weir/mccfr/hand_strength.hpp>
#include <weir/mccfr/local_best_response.hpp>
#include <weir/mccfr/match.hpp>
#include <weir/mccfr/one_card_game.hpp>

namespace weir::mccfr {

/// One way in which an event could go: how likely, in any unit, and what the value function says of it.
struct AivatOutcome {
  double mass = 0;
  double value = 0;
};
/// The mean of the values; 0 when there is no mass.
double expected_value(std::span<const AivatOutcome> outcomes) noexcept;

class AivatSum {
 public:
  void add(double expected, double came) noexcept { corrections_ += expected - came; }
  double estimate(double end) const noexcept { return end + corrections_; }

 private:
  double corrections_ = 0;
};

// --- Kuhn and Leduc -------------------------------------------------------------------------------------------------

inline constexpr std::size_t one_card_hands_max = 8;
/// [player][card]: how often he would have played so, holding it.
using OneCardRanges = std::array<std::array<double, one_card_hands_max>, 2>;
/// What somebody thinks that player 0 wins: at a node of the tree, with that card on the board (-1: none yet).
using OneCardValue =
    std::function<double(std::uint32_t node, int board, const OneCardRanges& ranges)>;

struct OneCardHand {
  std::array<int, 2> cards{};
  int board = -1;         // -1: the hand ended before it was dealt
  std::uint32_t end = 0;  // the node where it ended
};

/// An estimate of what player 0 wins, from one hand. `strategies`: of each player, by entry; empty: not known, and then
/// his own card alone counts and nothing that he does is corrected.
double one_card_aivat(const OneCardGame& game, const TableShape& shape,
                      const std::array<std::span<const double>, 2>& strategies,
                      const OneCardHand& hand, const OneCardValue& value);

// --- Hold'em --------------------------------------------------------------------------------------------------------

struct AivatResult {
  std::uint64_t hands = 0;
  MeanOfHands estimate;                  // that the first wins
  MeanOfHands dealt;                     // the same hands as play_match() has them
  double estimate_sd = 0, dealt_sd = 0;  // of a deal, chips a hand
};

/// The hands of play_match(). The value function: both check to the end, whoever faces a bet folding as often as his
/// strategy does; shares of the pot exact on the river, before it as E[HS] against a random hand of the one less the
/// other's. `strengths` for that.
Result<AivatResult> play_aivat(Runtime& runtime, const BettingRules& rules,
                               const KnownOpponent& first, const KnownOpponent& second,
                               const HandStrengths& strengths, const MatchConfig& config,
                               const WatchHands& watch);

}  // namespace weir::mccfr
