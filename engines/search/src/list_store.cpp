#include <algorithm>
#include <list_store.hpp>

namespace weir::search::lists {

Store::Store(const Shape& shape, std::size_t bytes_max) : shape_(shape), table_(1024) {
  const std::size_t entry =
      shape.block_rows() * sizeof(Row) + sizeof(Candidate) + 5 * sizeof(std::uint32_t);
  entries_max_ = std::max<std::size_t>(bytes_max / entry, 2 * inputs_max);
}

Row* Store::next_block() {
  if (entries_.size() >= entries_max_) {
    overflowed_ = true;
    return nullptr;
  }
  const std::size_t chunk = entries_.size() / chunk_entries;
  if (chunk == chunks_.size())
    chunks_.push_back(std::make_unique<Row[]>(chunk_entries * shape_.block_rows()));
  return chunks_[chunk].get() + entries_.size() % chunk_entries * shape_.block_rows();
}

bool Store::push(const Packed& value, const Line& line, std::uint32_t arguments,
                 std::uint32_t tag) {
  const std::uint64_t hash = hash_of(value, shape_);
  std::size_t at = home(hash);
  for (; table_[at] != 0; at = (at + 1) & (table_.size() - 1)) {
    const Candidate& other = entries_[table_[at] - 1];
    if (other.hash == hash && same(other.value, value, shape_)) return false;
  }
  entries_.push_back({value, line, not_judged, arguments, hash});
  tags_.push_back(tag);
  table_[at] = static_cast<std::uint32_t>(entries_.size());
  if (entries_.size() * 2 > table_.size()) grow_table();
  return true;
}

void Store::truncate(std::size_t size) noexcept {
  while (entries_.size() > size) {
    std::size_t at = home(entries_.back().hash);
    while (table_[at] != entries_.size()) at = (at + 1) & (table_.size() - 1);
    table_[at] = 0;
    entries_.pop_back();
    tags_.pop_back();
  }
}

void Store::grow_table() {
  table_.assign(table_.size() * 2, 0);
  for (std::size_t entry = 0; entry < entries_.size(); ++entry) {
    std::size_t at = home(entries_[entry].hash);
    while (table_[at] != 0) at = (at + 1) & (table_.size() - 1);
    table_[at] = static_cast<std::uint32_t>(entry + 1);
  }
}

std::size_t Store::memory() const noexcept {
  return entries_.capacity() * sizeof(Candidate) +
         (tags_.capacity() + table_.capacity()) * sizeof(std::uint32_t) +
         chunks_.size() * chunk_entries * shape_.block_rows() * sizeof(Row);
}

}  // namespace weir::search::lists
