// tree_pick.hpp: which child of a node a simulation goes to: the scan over its lanes.
//
// Shape:  a lane is a child's number; visits, values and priors stand in arrays of their own, `lanes` of each, a
//         multiple of lane_block, 64-byte aligned. A value sum counts in 1/value_unit; a prior of -infinity closes a
//         lane.
// Score:  value + prior * exploration * sqrt(visits of all lanes) / (1 + visits), the value of a lane without visits
//         being `unvisited`; the first of the best is taken.
// Roles:  pure, any thread.
// Cost:   where each pick waits for the last: 7 lanes 19 ns, 50 lanes 31 ns with AVX-512, 36 with AVX2 (25 and 59
//         without), at 2.6 GHz.
// Source: Rosin, "Multi-armed bandits with episode context", 2011; Silver et al., Nature 550, 2017 (PUCT).
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::search::games {

inline constexpr std::uint32_t lane_block = 8;
/// 2^20: sums of 2^32 values stay below 2^52, so that a double holds them exactly, in whatever order they were added.
inline constexpr double value_unit = 1048576.0;

constexpr std::uint32_t padded_lanes(std::uint32_t lanes) noexcept {
  return (lanes + lane_block - 1) / lane_block * lane_block;
}

/// Scans read the words of a node where they stand while other workers add to them: an aligned load of x86-64 never
/// tears a word of a vector, and a scan needs no more. ThreadSanitizer cannot know that: its builds copy word by word.
#if defined(WEIR_SANITIZED)
inline constexpr bool scans_in_place = false;
#else
inline constexpr bool scans_in_place = true;
#endif

struct Lanes {
  const std::uint32_t* visits;  // each below 2^31
  const std::uint64_t* values;
  const float* priors;
  std::uint32_t count;
  std::uint32_t total;  // the sum of visits
};

using PickLane = std::uint32_t (*)(const Lanes& lanes, float exploration, float unvisited) noexcept;

/// Baseline x86-64. The others give the same answer for the same bits.
std::uint32_t pick_lane_sse2(const Lanes& lanes, float exploration, float unvisited) noexcept;
/// Only where the processor has AVX2; the same of AVX-512 F, DQ and VL.
std::uint32_t pick_lane_avx2(const Lanes& lanes, float exploration, float unvisited) noexcept;
std::uint32_t pick_lane_avx512(const Lanes& lanes, float exploration, float unvisited) noexcept;
bool has_avx2() noexcept;
bool has_avx512() noexcept;
/// The fastest of them that this processor has.
PickLane best_pick_lane() noexcept;

}  // namespace weir::search::games
