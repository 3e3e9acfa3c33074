// margin_solver.hpp: MarginSolver, the maxmargin gadget around the subgame of a river; private.
//
// The opponent of who resolves chooses the hand that he holds, and is paid what it wins above its alternative; then the
// subgame is played with the cards that the other can hold beside it. So what the worst of his hands loses against its
// alternative is made as large as can be.
//
//   alternative   what a hand wins by a best response to the average strategy that the solver has at first
//
// Source: Moravcik, Schmid, Ha, Hladik, Gaukrodger, AAAI 2016.
#pragma once

#include <vector>
#include <weir/mccfr/subgame_solver.hpp>

namespace weir::mccfr {

class MarginSolver {
 public:
  /// For `player`, who resolves. The solver outlives it, and has seen no iteration.
  MarginSolver(SubgameSolver& solver, int player);

  void iterate();
  std::uint64_t iterations() const noexcept { return solver_.iterations(); }
  SubgameDecision root() const { return solver_.decision("").value(); }
  /// Of the opponent's hands, chips by dealt pair.
  const std::vector<double>& alternatives() const noexcept { return alternatives_; }

 private:
  void choose(std::span<const float> values);

  SubgameSolver& solver_;
  int player_;
  std::vector<double> met_;           // [hand]: reach of the other that shares no card with it
  std::vector<double> alternatives_;  // [hand]
  std::vector<double> regrets_;       // [hand]: of choosing it
  std::vector<float> reach_;
};

}  // namespace weir::mccfr
