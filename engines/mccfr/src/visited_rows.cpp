#include "visited_rows.hpp"

#include <algorithm>
#include <weir/mccfr/compact_table.hpp>

namespace weir::mccfr {
namespace {

bool some_byte(std::span<const std::byte> table, std::uint64_t first, std::uint64_t size) noexcept {
  const auto row = table.subspan(first, size);
  return std::any_of(row.begin(), row.end(), [](std::byte b) { return b != std::byte{0}; });
}

/// Of a table with short entries, which share words with their neighbours.
bool some_entry(const TableBytes& table, std::uint64_t row, const BettingNode& node) noexcept {
  const CompactRegrets regrets(*table.layout, table.regrets.data());
  const CompactSums sums(*table.layout, table.sums.data());
  for (std::uint32_t a = 0; a < node.actions; ++a) {
    const auto entry = static_cast<std::uint32_t>(row + a);
    if (regrets.value(entry, node.round) != 0 || sums.value(entry, node.round) != 0) return true;
  }
  return false;
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
          table.layout != nullptr
              ? some_entry(table, row, node)
              : some_byte(table.regrets, row * table.regret_bytes,
                          node.actions * table.regret_bytes) ||
                    some_byte(table.sums, row * table.sum_bytes, node.actions * table.sum_bytes);
      count += visited ? 1 : 0;
    }
  }
  return count;
}

}  // namespace weir::mccfr
