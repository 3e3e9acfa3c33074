// batch_size.hpp: iterations of a batch, and what a chip is worth in regrets, so that nothing can wrap; private.
//
// For the trainers, which take them, and for those who say what a run will take.
//
// Roles:  pure; any thread.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <weir/mccfr/sampling.hpp>
#include <weir/mccfr/table.hpp>
#include <weir/mccfr/trainer.hpp>

namespace weir::mccfr {

/// Tables of so few entries have a place for each in a batch; larger ones have lists of changes.
inline constexpr std::uint64_t dense_entries = 1 << 15;
inline constexpr std::uint64_t small_rows = 10'000;  // of a table, for which batches are small
/// Small enough for the lists of a half to stay in a near cache, about 400 bytes a hand.
inline constexpr std::uint32_t small_batch = 512, large_batch = 1'024;

/// The most that a hand can be worth, chips; at least 1.
inline float largest_value(const BettingTree& tree) noexcept {
  float largest = 1;
  for (const End& end : tree.ends)
    for (const auto& values : end.value)
      for (const float value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

/// Of a narrow or short table: units of a chip, so that no change without an importance weight exceeds the largest.
inline double narrow_units(float largest) noexcept {
  return std::min<double>(NarrowEntries::units, narrow_change_max / (2 * largest));
}

/// The longest batch whose changes of one entry cannot wrap, at least 1. Values that are divided by the probability of
/// a draw, outcome sampling's and those that baselines correct, can come to any change.
inline std::uint32_t narrow_batch_max(const TrainRules& rules, double largest,
                                      double units) noexcept {
  const bool divided = rules.algorithm == Algorithm::outcome || rules.baselines;
  const double change = divided ? narrow_change_max : 2 * largest * units;
  return std::max(1U, static_cast<std::uint32_t>(NarrowEntries::regret_max / change));
}

/// Of a sampling trainer with a table of all rows. `narrow`: its regrets have 32 bits or fewer.
inline std::uint32_t batch_iterations(const TrainRules& rules, const TableShape& shape,
                                      float largest, bool narrow) noexcept {
  const std::uint32_t wanted = rules.batch != 0          ? rules.batch
                               : shape.rows < small_rows ? small_batch
                                                         : large_batch;
  return narrow ? std::min(wanted, narrow_batch_max(rules, static_cast<double>(largest),
                                                    narrow_units(largest)))
                : wanted;
}

}  // namespace weir::mccfr
