// text_paths.hpp: the cheapest ways to put the outputs of all shown rows together from pieces.
//
// Shape:  a state is how far each output is made; an edge is a group of a pool, or a constant that comes next in all
//         outputs. First the states that lead to the end are found, then the cheapest `paths_max` ways to each.
// Cost:   at most `states_max` states and `edges_max` edges. Source: the data structure is that of FlashFill (Gulwani,
//         POPL 2011), intersected before it is built.
#pragma once

#include <vector>

#include "steps.hpp"
#include "text_pool.hpp"

namespace weir::search::text {

inline constexpr std::size_t states_max = 2500;
inline constexpr std::size_t edges_max = 20'000;
inline constexpr std::size_t paths_max = 8;

struct Path {
  std::vector<Piece> pieces;
  double cost = 0;
};

double constant_cost(View text);
/// Bits that no search finds these pieces for less than.
double least_cost(const std::vector<Piece>& pieces);

/// Appends at most `paths_max`, cheapest first; with an `extra` pool only those that use it.
Steps cheapest_paths(Budget& budget, const Sheet& sheet, Pool& base, Pool* extra,
                     std::vector<Path>& out);

}  // namespace weir::search::text
