// connect4_move.hpp: a good move in Connect Four by the tree and random playouts alone.
//
// Roles:  pure, any thread.
// Cost:   10,000 simulations 4 to 5 ms at 2.6 GHz, memory included; fewer where the outcome is proven.
// Memory: a tree of as many nodes as simulations can make, given back at the end; 64 MiB at most.
// Errors: of parse_moves; game_over, where "column N" behind the last move.
#pragma once

#include <cstdint>
#include <string_view>
#include <weir/result.hpp>
#include <weir/search/connect4.hpp>

namespace weir::search::games {

/// A column, 0 .. 6, of a position that is not over. The same for the same three.
int best_move(const Position& position, std::uint32_t simulations, std::uint64_t seed = 1);

/// A column as it is written, 1 .. 7, after the moves of a line (parse_moves).
Result<int> move_line(std::string_view line, std::uint32_t simulations, std::uint64_t seed = 1);

}  // namespace weir::search::games
