#include "visited_rows.hpp"

#include <algorithm>
#include <weir/mccfr/compact_table.hpp>

#include "region_rows.hpp"

namespace weir::mccfr {
namespace {

bool some_byte(std::span<const std::byte> table, std::uint64_t first, std::uint64_t size) noexcept {
  const auto row = table.subspan(first, size);
  return std::any_of(row.begin(), row.end(), [](std::byte b) { return b != std::byte{0}; });
}

/// Of a table with short entries, which share words with their neighbours.
bool some_entry(const TableBytes& table, std::uint64_t first, std::uint32_t actions,
                int round) noexcept {
  const CompactRegrets regrets(*table.layout, table.regrets.data());
  const CompactSums sums(*table.layout, table.sums.data());
  for (std::uint32_t a = 0; a < actions; ++a) {
    const auto entry = static_cast<std::uint32_t>(first + a);
    if (regrets.value(entry, round) != 0) return true;
    if (entry < table.layout->summed && sums.value(entry, round) != 0) return true;
  }
  return false;
}

}  // namespace

bool visited(const TableBytes& table, std::uint64_t first, std::uint32_t actions,
             int round) noexcept {
  if (table.layout != nullptr) return some_entry(table, first, actions, round);
  return some_byte(table.regrets, first * table.regret_bytes,
                   std::uint64_t{actions} * table.regret_bytes) ||
         (round < table.average_rounds &&
          some_byte(table.sums, first * table.sum_bytes, std::uint64_t{actions} * table.sum_bytes));
}

std::uint64_t visited_rows(Trainer& trainer) {
  if (const LazyTable* const lazy = trainer.lazy()) return lazy->rows_used();
  const TableShape& shape = trainer.shape();
  const TableBytes table = trainer.table();
  std::uint64_t count = 0;
  for (int r = 0; r < shape.rounds; ++r) {
    for (int p = 0; p < shape.players; ++p) {
      const std::vector<RegionRow> rows = region_rows(trainer.tree(), r, p);
      for (std::uint32_t b = 0; b < shape.buckets[static_cast<std::size_t>(r)]; ++b) {
        const std::uint64_t region = shape.region(r, p, b);
        for (const RegionRow& row : rows)
          count += visited(table, region + row.first, row.entries, r) ? 1 : 0;
      }
    }
  }
  return count;
}

}  // namespace weir::mccfr
