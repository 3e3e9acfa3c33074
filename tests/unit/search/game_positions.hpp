// game_positions.hpp: positions of Connect Four for tests, the same for the same seed.
#pragma once

#include <weir/search/connect4.hpp>
#include <weir/search/tree_random.hpp>

namespace weir::search::games {

/// After so many random moves, or where the game was over before.
inline Position random_position(Xorshift& random, int moves) {
  Position position;
  while (position.stones() < moves && !position.over()) {
    const auto column = static_cast<int>(random.below(board_columns));
    if (position.can_play(column)) position.play(column);
  }
  return position;
}

}  // namespace weir::search::games
