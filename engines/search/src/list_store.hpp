// list_store.hpp: the values that a path of the search can take next, each once.
//
// Shape:  a stack. Entry 0.. are the inputs; behind them what every line on the path made possible, in that order. A
//         value that was passed over stays until the line that made it leaves the path: with it every set of values is
//         met on one path only.
// Memory: blocks of block_rows() rows in chunks that never move; at most the bytes given, then push() keeps nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list_pack.hpp>
#include <memory>
#include <vector>

namespace weir::search::lists {

inline constexpr std::int8_t not_judged = -128;

struct Candidate {
  Packed value;
  Line line;                       // what makes it, of slots of the path
  std::int8_t worth = not_judged;  // what the line costs more for its value, units
  std::uint32_t arguments = 0;     // those slots, as bits
  std::uint64_t hash = 0;
};

class Store {
 public:
  Store(const Shape& shape, std::size_t bytes_max);

  std::size_t size() const noexcept { return entries_.size(); }
  const Candidate& operator[](std::size_t at) const noexcept { return entries_[at]; }
  Candidate& operator[](std::size_t at) noexcept { return entries_[at]; }
  /// Tags beside the entries, for scans.
  const std::uint32_t* tags() const noexcept { return tags_.data(); }

  /// Where the next value is to be written; null where memory ends.
  Row* next_block();
  /// Keeps the value in next_block() unless an equal one is there.
  bool push(const Packed& value, const Line& line, std::uint32_t arguments, std::uint32_t tag);
  void truncate(std::size_t size) noexcept;
  /// Something was not kept for want of memory.
  bool overflowed() const noexcept { return overflowed_; }
  std::size_t memory() const noexcept;

 private:
  static constexpr std::size_t chunk_entries = 64;
  std::size_t home(std::uint64_t hash) const noexcept { return hash & (table_.size() - 1); }
  void grow_table();

  Shape shape_;
  std::size_t entries_max_;
  std::vector<Candidate> entries_;
  std::vector<std::uint32_t> tags_;
  std::vector<std::uint32_t>
      table_;  // 1 + entry, 0: free; open addressing, emptied in the order it was filled, back
  std::vector<std::unique_ptr<Row[]>> chunks_;
  bool overflowed_ = false;
};

}  // namespace weir::search::lists
