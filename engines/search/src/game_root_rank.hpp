// game_root_rank.hpp: which moves of Connect Four's root come first, by what the rules and the tree's proofs say.
//
// Order: a win at once; one that comes with the stone after the reply; another proven win; what is open or drawn; a
//        proven loss; one at the next stone. How soon a proof of the tree ends the game is not kept.
#pragma once

#include <weir/search/connect4.hpp>
#include <weir/search/tree.hpp>

namespace weir::search::games {

/// More is better.
inline int rank_of(const Position& root, const RootMove& move) noexcept {
  Position next = root;
  next.play(static_cast<int>(move.action));
  if (next.lost()) return 5;
  if (next.wins() != 0) return 0;
  if (!next.full() && ConnectFour::known(next) == 0.0F) return 4;
  if (move.proof == Proof::win) return 3;
  return move.proof == Proof::loss ? 1 : 2;
}

}  // namespace weir::search::games
