// range_pairs.hpp: sums over all pairs of two players' hands that share no card, without walking the pairs; private.
#pragma once

#include <array>
#include <weir/mccfr/board_ranks.hpp>
#include <weir/mccfr/range.hpp>

namespace weir::mccfr {

/// Of two ranges: how much all pairs weigh, and what part of the pot the first gets, times that.
struct PairSums {
  double mass = 0;
  double won = 0;
  double share() const noexcept { return mass > 0 ? won / mass : 0.5; }
};

using TwoRanges = std::array<const Range*, 2>;

/// Shares on a full board, exactly. Cost: 10 us.
PairSums pairs_on_river(const TwoRanges& ranges, const BoardRanks& board) noexcept;
/// Before the river: 1/2 and the mean of the first's strengths less that of the second's. Hands that share a card with
/// `board` do not count. Cost: 8 us.
PairSums pairs_by_strength(const TwoRanges& ranges, const Range& strengths, CardSet board) noexcept;

}  // namespace weir::mccfr
