#include <cstring>
#include <limits>
#include <weir/detail/huge_pages.hpp>
#include <weir/mccfr/table.hpp>

namespace weir::mccfr {

Result<TableShape> TableShape::of(const BettingTree& tree,
                                  const std::array<std::uint32_t, rounds_max>& buckets) {
  TableShape shape;
  shape.players = tree.players;
  shape.rounds = tree.rounds;
  shape.buckets = buckets;
  for (std::size_t r = 0; r < static_cast<std::size_t>(tree.rounds); ++r) {
    for (std::size_t p = 0; p < static_cast<std::size_t>(tree.players); ++p) {
      shape.base[r][p] = shape.entries;
      // Regions begin with a line of 32-bit entries, as rows were placed for.
      shape.width[r][p] = (tree.region_entries[r][p] + 15) / 16 * 16;
      shape.entries += std::uint64_t{shape.width[r][p]} * buckets[r];
    }
  }
  for (const BettingNode& node : tree.nodes)
    if (node.kind == NodeKind::decision) shape.rows += buckets[node.round];
  if (shape.entries > std::numeric_limits<std::uint32_t>::max()) {
    return Error{"too_large",
                 std::to_string(shape.rows) + " information sets have " +
                     std::to_string(shape.entries) +
                     " actions, more than 4,294,967,295; take fewer bet sizes or buckets",
                 "table"};
  }
  return shape;
}

template <class T>
Result<CountedArray<T>> CountedArray<T>::zeros(std::size_t size) {
  CountedArray array;
  array.data_ = static_cast<T*>(allocate_bytes(bytes(size), 64));
  if (array.data_ == nullptr) {
    return Error{"no_memory", "there is no memory for " + std::to_string(bytes(size)) + " bytes",
                 "table"};
  }
  array.size_ = size;
  weir::detail::ask_for_huge_pages(array.data_, bytes(size));
  std::memset(array.data_, 0, bytes(size));
  return array;
}

template class CountedArray<std::byte>;
template class CountedArray<float>;
template class CountedArray<std::int32_t>;
template class CountedArray<std::int64_t>;
template class CountedArray<std::uint32_t>;

template <class Entries>
Result<Table<Entries>> Table<Entries>::zeros(const TableShape& shape, int average_rounds) {
  auto regrets = CountedArray<Regret>::zeros(shape.entries);
  if (!regrets) return regrets.error();
  auto sums = CountedArray<Sum>::zeros(shape.entries_of_first(average_rounds));
  if (!sums) return sums.error();
  Table table;
  table.regrets = std::move(regrets).value();
  table.sums = std::move(sums).value();
  return table;
}

template struct Table<WideEntries>;
template struct Table<NarrowEntries>;

}  // namespace weir::mccfr
