// agent.hpp: who plays hands of hold'em: baselines, and a learnt strategy that reads bets which its tree does not have.
//
// random      a fold, call, pot or all-in that is legal, each as likely
// call        checks and calls
// fold        checks, and folds to any bet
// tight       the best 20 % before the flop, later E[HS] >= 0.7: bets the pot, or calls a raise; else checks or folds
// aggressive  bets the pot in 70 % of the cases, else calls
// blueprint   the average strategy; others' bets by pseudo-harmonic translation, its own by the part of the pot that
//             they are in its tree. Where the tree has ended and the hand has not it checks and calls
//
// Roles:  an agent plays one hand at a time, on one thread; what it reads is const.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <weir/mccfr/bet_menu.hpp>
#include <weir/mccfr/betting_state.hpp>
#include <weir/mccfr/hand_strength.hpp>
#include <weir/mccfr/holdem_game.hpp>
#include <weir/mccfr/random.hpp>
#include <weir/mccfr/table.hpp>

namespace weir::mccfr {

class Agent {
 public:
  Agent() = default;
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  virtual ~Agent() = default;

  virtual void begin(int seat, Hand hand) = 0;
  /// Somebody's action, its own too, before `state` takes it.
  virtual void saw(const BettingState& state, const BetAction& action, Random& random) = 0;
  /// A legal action of its own. `board`: what is dealt so far.
  virtual BetAction act(const BettingState& state, std::span<const Card> board, Random& random) = 0;
};

inline constexpr std::string_view baseline_names[] = {"random", "call", "fold", "tight",
                                                      "aggressive"};

/// One of baseline_names; null for other names. `strengths` outlives it.
std::unique_ptr<Agent> make_baseline(std::string_view name, const HandStrengths& strengths);

/// The average strategy of a trained table: `sums` and `shape` outlive it, and so does the game, whose cards are made.
std::unique_ptr<Agent> make_blueprint(const HoldemGame& game, const TableShape& shape,
                                      const NarrowEntries::Sum* sums);

}  // namespace weir::mccfr
