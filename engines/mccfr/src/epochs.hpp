// epochs.hpp: Epochs, how deterministic training goes on where the players can be walked for apart; private.
//
//   epoch   copy     the regrets of both players
//           batches  of walks for player 0, each applied before the next     at once, or in any order:
//           batches  of walks for player 1, the same                         each reads the other from the copy
//
// So an entry of the table is one player's to change from the beginning of an epoch to its end: with one or two
// workers a player's batches are one lane's, which waits for nobody in between; with more a batch is shared by all, and
// ends for all at once. The table is the same, whichever way and however many workers. How long an epoch is, the game
// says (regret_copies.hpp) and the batch.
//
// Roles:  pure; any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <weir/mccfr/compact_table.hpp>
#include <weir/mccfr/trainer.hpp>

#include "regret_copies.hpp"
#include "walk_lanes.hpp"

namespace weir::mccfr {

struct Epochs {
  std::uint64_t batch = 0;  // iterations
  std::uint64_t batches =
      0;  // of an epoch; 0: there are none, halves of batches are walked in turn
  bool there() const noexcept { return batches != 0; }
  std::uint64_t iterations() const noexcept { return batch * batches; }
};

/// For batches of so many iterations. Where copies of regrets are worth it, and a batch is no longer than what lanes
/// hold the deals of; what baselines say depends on the order of walks for both players.
template <class Entries>
Epochs epochs_of(const TableShape& shape, const TrainRules& rules, std::uint64_t batch) noexcept {
  if (rules.mode != UpdateMode::deterministic || rules.baselines) return {};
  const std::uint64_t steps = WalkLanes::steps_of(batch);
  const std::uint64_t iterations = RegretCopies<Entries>::renewed_after(shape);
  if (iterations == 0 || steps > WalkLanes::steps_max) return {};
  return {batch, std::clamp<std::uint64_t>(iterations / batch, 1, WalkLanes::steps_max / steps)};
}
/// Of tables with short entries.
template <>
inline Epochs epochs_of<CompactEntries>(const TableShape&, const TrainRules&,
                                        std::uint64_t) noexcept {
  return {};
}

/// Lanes of a trainer with so many workers: threads that change the table at once. Epochs have one a player at least.
inline std::size_t lanes_of(int workers, const TrainRules& rules, const Epochs& epochs) noexcept {
  if (epochs.there()) return static_cast<std::size_t>(std::max(workers, 2));
  return rules.mode == UpdateMode::fast ? static_cast<std::size_t>(std::max(workers, 1)) : 1;
}
/// What a trainer takes for its lanes, of platform allocation.
template <class Entries>
std::size_t lanes_bytes(const TableShape& shape, std::size_t lanes) noexcept {
  if constexpr (std::is_same_v<Entries, CompactEntries>)
    return WalkLanes::announced(lanes, shape.rows);
  else
    return WalkLanes::announced(lanes, shape.rows) + RegretCopies<Entries>::announced(shape, lanes);
}

}  // namespace weir::mccfr
