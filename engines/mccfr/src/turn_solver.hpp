// turn_solver.hpp: TurnSolver, a spot on the turn for both players' whole ranges within milliseconds, by discounted
// CFR; private.
//
// The turn is played hand by hand. On each river all hands of about the same strength are a group, which plays as one:
//
//   hands ──> reach of groups ──> betting of the river ──> values of groups ──> hands
//
// so that a river costs as many lanes as there are groups, and no memory to speak of. What is lost: on the river a hand
// does not see which cards it takes from the other, but for how often they meet at all.
//
// Shape:  a float of regret for each group, action, node and river; of regret and average for each hand on the turn.
// Roles:  one thread at a time; inside a task the rivers are walked in parallel, with the same numbers for any
//         number of workers.
// Errors: bad_config where the subgame is none of the turn; too_large; no_memory. Locks are refused.
// Memory: program heap, taken by make().
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>
#include <weir/mccfr/subgame_solver.hpp>

#include "turn_blueprint.hpp"

namespace weir::mccfr::subgame {

struct TurnLimits {
  std::uint64_t nodes_max = 2'000;  // of the betting tree
  std::uint64_t bytes_max = std::uint64_t{256} << 20;
};

class TurnSolver {
 public:
  static Result<TurnSolver> make(const Subgame& subgame, const TurnLimits& limits = {});
  TurnSolver(TurnSolver&&) noexcept;
  TurnSolver& operator=(TurnSolver&&) noexcept;
  ~TurnSolver();

  void iterate();
  std::uint64_t iterations() const noexcept;
  /// The average strategy at the root.
  SubgameDecision root() const;

  // For those who put something around it, as with SubgameSolver: an iteration is learn(0), then learn(1).

  std::span<const float> learn(int player);
  const std::vector<Hand>& hands(int player) const noexcept;
  std::vector<float> reach(int player) const;
  void set_reach(int player, std::span<const float> reach);
  /// What the hands of the other win by a best response, as learn() has it, while `player` keeps to the blueprint.
  /// Before the first iteration, which is as if it had not been asked for. Empty where the tree is none of the real
  /// hand.
  std::vector<float> alternatives(const Blueprint& blueprint, const StreetHand& hand, int player);

 private:
  struct State;
  explicit TurnSolver(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace weir::mccfr::subgame
