#include <algorithm>
#include <limits>
#include <weir/mccfr/lazy_table.hpp>

namespace weir::mccfr {
namespace {

bool says_something(const LazyTable& table, std::uint32_t row, const LazyKey& key) noexcept {
  const std::int32_t* const entries = table.regrets(row);
  return std::any_of(entries, entries + (key.summed ? 2 : 1) * key.actions,
                     [](std::int32_t entry) { return entry != 0; });
}

/// Numbers the nodes that are marked, depth first; `ranks` of the others stay as they are.
std::vector<LazyPlace> ranked_nodes(const LazyTable& table, const std::vector<bool>& marked,
                                    std::vector<std::uint32_t>& ranks) {
  std::vector<LazyPlace> kept, open;
  kept.reserve(static_cast<std::size_t>(std::count(marked.begin(), marked.end(), true)));
  if (marked[0]) open.push_back({});
  while (!open.empty()) {
    const LazyPlace at = open.back();
    open.pop_back();
    ranks[at.node] = static_cast<std::uint32_t>(kept.size());
    kept.push_back(at);
    const std::uint32_t first = table.children(at.node);
    if (first == 0) continue;
    for (auto a = static_cast<std::uint32_t>(table.actions(first)); a-- > 0;) {
      if (!marked[first + a]) continue;
      open.push_back(
          {static_cast<std::uint16_t>(at.depth + 1), static_cast<std::uint8_t>(a), first + a});
    }
  }
  return kept;
}

}  // namespace

LazyRows lazy_rows(const LazyTable& table, std::span<const std::uint32_t> also) {
  LazyRows list;
  list.rows.reserve(table.rows_used());
  std::vector<bool> marked(table.nodes_used());
  table.each_row(0, table.slots(), [&](std::uint32_t row) {
    const LazyKey key = table.key(row);
    if (!says_something(table, row, key) && !std::binary_search(also.begin(), also.end(), row))
      return;
    list.rows.push_back({key.node, key.bucket, row});
    list.words += LazyTable::row_words(key.actions, key.summed);
    list.words_unsummed += key.summed ? 0 : static_cast<std::uint64_t>(key.actions);
    for (std::uint32_t node = key.node; !marked[node]; node = table.parent(node)) {
      marked[node] = true;
      if (node == 0) break;
    }
  });
  std::vector<std::uint32_t> ranks(marked.size());
  list.nodes = ranked_nodes(table, marked, ranks);
  for (const LazyPlace& place : list.nodes) {
    const std::uint32_t first = table.children(place.node);
    list.children += first == 0 ? 0 : static_cast<std::uint64_t>(table.actions(first));
  }
  for (LazyRow& row : list.rows) row.rank = ranks[row.rank];
  std::sort(list.rows.begin(), list.rows.end(), [](const LazyRow& a, const LazyRow& b) {
    return a.rank != b.rank ? a.rank < b.rank : a.bucket < b.bucket;
  });
  return list;
}

}  // namespace weir::mccfr
