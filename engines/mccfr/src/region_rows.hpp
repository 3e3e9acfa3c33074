// region_rows.hpp: the rows of one region of a table, so that a table is gone through in the order in which it lies;
// private.
//
// Roles: pure; any thread.
#pragma once

#include <cstdint>
#include <vector>
#include <weir/mccfr/betting_tree.hpp>

namespace weir::mccfr {

struct RegionRow {
  std::uint32_t first = 0;    // entry, from the region's beginning
  std::uint32_t entries = 0;  // actions
};

/// Those of a round and player: in the order of nodes, which is that of entries.
inline std::vector<RegionRow> region_rows(const BettingTree& tree, int round, int player) {
  std::vector<RegionRow> rows;
  for (const BettingNode& node : tree.nodes)
    if (node.kind == NodeKind::decision && node.round == round && node.player == player)
      rows.push_back({node.row, node.actions});
  return rows;
}

}  // namespace weir::mccfr
