// litmus.hpp: what a strategy for hold'em should not do, whatever else it does: quick signs that training went wrong.
//
//   aces       before the flop they fold in at most 0.5 % of the cases
//   symmetry   hands that only the names of suits tell apart are one bucket, on every street
//   monotony   before the flop a tenth of the hands that is stronger does not fold more often (by over 2 %)
//
// Aces and monotony look at rows that were visited 1,000 times or more; the others say nothing yet. A sound strategy
// may break monotony here and there, where suits and connections count for more than strength.
//
// Roles:  pure, any thread; the table while nobody trains. Cost: 20 ms.
#pragma once

#include <cstdint>
#include <weir/mccfr/holdem_game.hpp>
#include <weir/mccfr/table.hpp>

namespace weir::mccfr {

struct Litmus {
  std::uint64_t aces_rows = 0;  // looked at
  std::uint64_t aces_violations = 0;
  double aces_fold_max = 0;
  std::uint64_t symmetry_checked = 0;
  std::uint64_t symmetry_violations = 0;
  std::uint64_t monotony_checked = 0;  // neighbouring tenths at one node
  std::uint64_t monotony_violations = 0;
};

/// Of an average strategy; the game's cards are made.
Litmus litmus(const HoldemGame& game, const TableShape& shape, const NarrowEntries::Sum* sums);

}  // namespace weir::mccfr
