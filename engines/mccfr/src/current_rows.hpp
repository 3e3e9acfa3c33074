// current_rows.hpp: current strategies in the place of sums, for rounds whose averages no table sums; private.
//
// Roles:  one thread; while nobody trains.
// Memory: one region's entries.
#pragma once

#include <cstdint>
#include <vector>
#include <weir/mccfr/trainer.hpp>

#include "region_rows.hpp"

namespace weir::mccfr {

/// Of a strategy that stands in the place of sums: all of it.
inline constexpr std::uint32_t current_whole = 1U << 24;

/// A region's entries as sums of a table lie: whole numbers, or short ones where the rounds have them.
std::vector<std::byte> region_bytes(const std::vector<std::uint32_t>& parts,
                                    std::uint32_t sum_bytes, int bits);

/// The rows of one player in one round.
class CurrentRows {
 public:
  CurrentRows(Trainer& trainer, int round, int player);

  /// Parts of current_whole by entry of the bucket's region; 0 in rows that nobody came to, and between rows.
  std::vector<std::uint32_t> parts(std::uint32_t bucket) const;
  /// The same as the table's sums would lie.
  std::vector<std::byte> sums(std::uint32_t bucket) const;

 private:
  Trainer& trainer_;
  TableBytes table_;
  int round_, player_;
  std::vector<RegionRow> rows_;
};

}  // namespace weir::mccfr
