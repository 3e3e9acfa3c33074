// spot_search.hpp: one spot of a hand, solved in time or not; private.
//
// Time:  a search ends at most one step after its deadline: the making of a solver, the blueprint's worths for
//        maxmargin, or an iteration.
// Roles: pure but for the clock; inside of a task its workers help.
#pragma once

#include <array>
#include <string>
#include <vector>
#include <weir/clock.hpp>
#include <weir/mccfr/bet_menu.hpp>
#include <weir/mccfr/search_player.hpp>
#include <weir/mccfr/subgame_solver.hpp>

#include "continuations.hpp"

namespace weir::mccfr {

/// A decision within a hand, and what is known of both players there.
struct SearchSpot {
  const BetMenu* menu = nullptr;
  const BettingRules* rules = nullptr;
  int round = 2;
  std::vector<Card> board;
  std::array<Chips, 2> put{};                      // by seat, before the round
  std::vector<BetAction> done;                     // in the round; by seats' turns
  std::array<Range, 2> ranges{};                   // by seat
  const BettingState* state = nullptr;             // at the decision
  std::array<const KnownPlayer*, 2> blueprints{};  // by seat, there
  Blueprint blueprint;  // theirs; without one, streets are solved to the end of the hand alone
};

/// The strategy of who acts; without actions: there is none.
struct SolvedSpot {
  std::vector<BetAction> actions;
  std::vector<Range> probabilities;  // [action]; of a hand that was left out all are 0
  std::uint64_t iterations = 0;
  int tries = 0;  // trees, each with fewer bets
  double ms = 0;
};

/// Gives a river's solver the blueprint's strategies as its average ones. Errors: those of the solver; late, where
/// `end` comes first.
Result<Done> write_blueprint(const SearchSpot& spot, SubgameSolver& solver, Deadline end = never);

/// The spot as a subgame; its board is empty where it is none. Hands below 1e-5 of a range's heaviest are left out, but
/// where the other chooses his (maxmargin, to the end of the hand) he has all that the board leaves, and the light ones
/// weigh that.
Subgame subgame_of(const SearchSpot& spot, const SearchSettings& settings = {});
/// When a search that begins at `begin` ends: never, where iterations are given.
Deadline search_end(const SearchSettings& settings, Deadline begin);
SolvedSpot solve_spot(const SearchSpot& spot, const SearchSettings& settings);

}  // namespace weir::mccfr
