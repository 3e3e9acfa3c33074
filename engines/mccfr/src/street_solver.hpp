// street_solver.hpp: StreetSolver, a spot on flop or turn for both players' whole ranges up to the end of its street,
// within milliseconds, by discounted CFR; private.
//
// The street is played hand by hand. Where the next card is due is a leaf: both players choose there, with each hand
// and without seeing what the other chooses, how the blueprint plays on for them (continuations.hpp). What that is
// worth is walked anew in each iteration, on a part of some boards that are drawn at the start, where hands are in
// classes (sampled_boards.hpp):
//
//   hands ──> reach of classes, by ways ──> betting of turn and river ──> values of classes, by ways ──> hands
//
// Where both are all-in the boards are more, and hands in finer groups. What is lost: classes are somewhat less than
// hands, and after the leaf a hand does not see which cards it takes from the other, but for how often they meet at
// all.
//
// It begins as if the blueprint's strategy had been learnt in some iterations, with regrets of some pots: it is left
// where the ranges, the board or the pot say something else, and after few iterations little of it is.
//
// Shape:  a float of regret for each hand, action, node and way at a leaf; of the average for each hand, action and
//         node.
// Roles:  one thread at a time; inside a task the boards are walked in parallel, with the same numbers for any number
//         of workers, with and without AVX2.
// Errors: bad_config where the subgame is none of flop or turn; too_large, also where it is none of this hand;
//         no_memory. Locks are refused.
// Memory: program heap, taken by make().
// Cost:   bench/README.md.
// Source: Brown, Sandholm, Amos, NeurIPS 2018 (depth limits); Johanson, Waugh, Bowling, Zinkevich, IJCAI 2011 (public
//         chance); Brown, Sandholm, AAAI 2019 (discounting); the same, AAAI 2016 (beginning with a strategy).
#pragma once

#include <cstdint>
#include <memory>
#include <weir/mccfr/subgame_solver.hpp>

#include "continuations.hpp"
#include "sampled_boards.hpp"
#include "spot_tree.hpp"

namespace weir::mccfr::subgame {

struct StreetLimits {
  std::uint64_t nodes_max = 300;         // of the street's betting
  std::uint64_t play_nodes_max = 4'000;  // after it, of all leaves
  std::uint64_t bytes_max = std::uint64_t{256} << 20;
};

struct StreetSettings {
  StreetLimits limits;
  std::size_t ways = subgame::ways;  // 1: both play on as the blueprint
  SampleSizes boards;                // an iteration takes one part of each kind
  std::uint64_t begun =
      30;  // iterations that the blueprint counts for, which it begins with; 0: from nothing
  double trust = 10;  // regrets that it begins with, in pots
};

class StreetSolver {
 public:
  static Result<StreetSolver> make(const Subgame& subgame, const Blueprint& blueprint,
                                   const StreetHand& hand, const StreetSettings& settings = {});
  StreetSolver(StreetSolver&&) noexcept;
  StreetSolver& operator=(StreetSolver&&) noexcept;
  ~StreetSolver();

  void iterate();
  std::uint64_t iterations() const noexcept;
  /// The average strategy at the root.
  SubgameDecision root() const;
  /// What the hands of `player` were worth in the last iteration, by the other's reach, chips since the hand began;
  /// [hand of SubgameDecision].
  std::vector<float> values(int player) const;

 private:
  struct State;
  explicit StreetSolver(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace weir::mccfr::subgame
