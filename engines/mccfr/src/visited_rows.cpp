#include "visited_rows.hpp"

#include <algorithm>

namespace weir::mccfr {
namespace {

bool some_byte(std::span<const std::byte> table, std::uint64_t first, std::uint64_t size) noexcept {
  const auto row = table.subspan(first, size);
  return std::any_of(row.begin(), row.end(), [](std::byte b) { return b != std::byte{0}; });
}

}  // namespace

std::uint64_t visited_rows(Trainer& trainer) {
  if (const LazyTable* const lazy = trainer.lazy()) return lazy->rows_used();
  const TableShape& shape = trainer.shape();
  const TableBytes table = trainer.table();
  std::uint64_t count = 0;
  for (const BettingNode& node : trainer.tree().nodes) {
    if (node.kind != NodeKind::decision) continue;
    for (std::uint32_t b = 0; b < shape.buckets[node.round]; ++b) {
      const std::uint64_t row = shape.region(node.round, node.player, b) + node.row;
      const bool visited =
          some_byte(table.regrets, row * table.regret_bytes, node.actions * table.regret_bytes) ||
          some_byte(table.sums, row * table.sum_bytes, node.actions * table.sum_bytes);
      count += visited ? 1 : 0;
    }
  }
  return count;
}

}  // namespace weir::mccfr
