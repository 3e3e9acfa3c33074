// connect4_check.hpp: how often a network, and the tree with it, agree with the exact solver.
//
// Roles:  drawing: one thread; measuring: const, any number of threads.
// Cost:   drawing positions of 14 and more stones: some 10 ms each; measuring: a search a position.
#pragma once

#include <cstdint>
#include <vector>
#include <weir/search/connect4.hpp>
#include <weir/search/connect4_move.hpp>
#include <weir/search/network.hpp>

namespace weir::search::games {

/// A position with what the solver says of it: outcome (1 won, 0 drawn, -1 lost for who is to move) and a bit for each
/// column that keeps it.
struct SolvedPosition {
  Position position;
  int outcome = 0;
  std::uint32_t keeps = 0;
  /// Some move keeps the outcome, and some other does not.
  bool has_choice() const noexcept { return keeps != ConnectFour::legal(position); }
};

/// Positions of random games with 0 <= stones_min .. stones_max <= 41 stones, whose outcome is not plain from the
/// rules. The same for the same seed. Below 14 stones the solver may take minutes a position.
std::vector<SolvedPosition> draw_solved(std::size_t count, int stones_min, int stones_max,
                                        std::uint64_t seed);

/// What the solver says of positions that are not over; below 14 stones it may take minutes a position.
std::vector<SolvedPosition> solved(const std::vector<Position>& positions);

/// Shares of positions, 0 .. 1; moves are looked at where there is a choice.
struct Agreement {
  double policy = 0;  // the network's first move keeps the outcome
  double value = 0;   // of those that are won or lost, its value is on the right side
};
Agreement agreement(const Network& network, const std::vector<SolvedPosition>& positions);

/// The share of positions with a choice in which the tree's move after so many simulations keeps the outcome. `network`
/// null: leaves are judged by alert playouts.
double kept_by_search(const Network* network, const std::vector<SolvedPosition>& positions,
                      std::uint32_t simulations, Root root = Root::puct);

}  // namespace weir::search::games
