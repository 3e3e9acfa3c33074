// margin_solver.hpp: MarginSolver, the maxmargin gadget around the solver of a spot; private.
//
// The opponent of who resolves chooses the hand that he holds, and is paid what it wins above its alternative; then the
// spot is played with the cards that the other can hold beside it. So what the worst of his hands loses against its
// alternative is made as large as can be.
//
//   alternative   what a hand wins by a best response to the strategy that is there already
//
// Source: Moravcik, Schmid, Ha, Hladik, Gaukrodger, AAAI 2016.
#pragma once

#include <cstdint>
#include <span>
#include <vector>
#include <weir/mccfr/range.hpp>

namespace weir::mccfr {

/// What the opponent's hands gain, and how often he chooses each.
class MarginChoice {
 public:
  /// `reach` of the hands of who resolves; `worths` of `theirs`, by pair of hands.
  MarginChoice(std::span<const Hand> hands, std::span<const float> reach,
               std::span<const Hand> theirs, std::span<const float> worths);

  /// Chips by dealt pair.
  const std::vector<double>& alternatives() const noexcept { return alternatives_; }
  /// After an iteration in which their hands were worth `values`: what they reach next, until the next call.
  std::span<const float> choose(std::span<const float> values);

 private:
  std::vector<double> met_;              // [hand]: reach of the other that shares no card with it
  std::vector<double> alternatives_;     // [hand]
  std::vector<double> regrets_, gains_;  // [hand]: of choosing it
  std::vector<float> reach_;
  double hands_ = 0;  // that any can meet
};

/// Around a SubgameSolver or a TurnSolver.
template <class Solver>
class MarginSolver {
 public:
  /// For `player`, who resolves. The solver outlives it, and has seen no iteration. `worths`: MarginChoice's.
  MarginSolver(Solver& solver, int player, std::span<const float> worths)
      : solver_(&solver),
        player_(player),
        choice_(solver.hands(player), solver.reach(player), solver.hands(1 - player), worths) {}

  void iterate() {
    for (const int player : {0, 1}) {
      const std::span<const float> values = solver_->learn(player);
      if (player != player_) solver_->set_reach(1 - player_, choice_.choose(values));
    }
  }
  std::uint64_t iterations() const noexcept { return solver_->iterations(); }
  const Solver& solver() const noexcept { return *solver_; }
  /// Of the opponent's hands, chips by dealt pair.
  const std::vector<double>& alternatives() const noexcept { return choice_.alternatives(); }

 private:
  Solver* solver_;
  int player_;
  MarginChoice choice_;
};

}  // namespace weir::mccfr
