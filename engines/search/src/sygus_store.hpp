// sygus_store.hpp: containers that grow by small steps: no turn of a search waits for a large one to be copied.
//
// Memory: blocks of block_rows rows; an index of shards, each of which doubles at a time of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace weir::search::sygus {

/// Rows of `width` elements whose addresses stay.
template <class T>
class Rows {
 public:
  static constexpr std::size_t block_rows = 1024;

  explicit Rows(std::size_t width = 1) : width_(width) {}

  std::size_t size() const noexcept { return size_; }
  T* operator[](std::size_t row) noexcept {
    return blocks_[row / block_rows].get() + row % block_rows * width_;
  }
  const T* operator[](std::size_t row) const noexcept {
    return blocks_[row / block_rows].get() + row % block_rows * width_;
  }
  /// A new row.
  T* push() {
    if (size_ % block_rows == 0)
      blocks_.push_back(std::make_unique_for_overwrite<T[]>(block_rows * width_));
    size_ += 1;
    return (*this)[size_ - 1];
  }
  std::size_t bytes() const noexcept { return blocks_.size() * block_rows * width_ * sizeof(T); }

 private:
  std::size_t width_, size_ = 0;
  std::vector<std::unique_ptr<T[]>> blocks_;
};

/// Finds rows by the hash of what they hold.
class HashIndex {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  HashIndex() {
    for (Shard& shard : shards_) shard.slots.resize(first_slots);
  }

  /// The row with this hash that is the same; none.
  template <class Same>
  std::uint32_t find(std::uint64_t hash, Same same) const {
    const Shard& shard = shards_[hash % shard_count];
    const std::size_t last = shard.slots.size() - 1;
    for (std::size_t slot = (hash >> 32U) & last; shard.slots[slot] != 0;
         slot = (slot + 1) & last) {
      const std::uint64_t entry = shard.slots[slot];
      if (entry >> 32U == hash >> 32U && same(static_cast<std::uint32_t>(entry) - 1)) {
        return static_cast<std::uint32_t>(entry) - 1;
      }
    }
    return none;
  }

  /// A row that is not there yet.
  void insert(std::uint64_t hash, std::uint32_t row) {
    const std::size_t number = hash % shard_count;
    Shard& shard = shards_[number];
    if (++shard.used * shard_count > shard.slots.size() * load_max(number)) grow(shard);
    put(shard, hash >> 32U, (hash >> 32U << 32U) | (row + 1));
  }

  std::size_t bytes() const noexcept {
    std::size_t slots = 0;
    for (const Shard& shard : shards_) slots += shard.slots.size();
    return slots * sizeof(std::uint64_t);
  }

 private:
  static constexpr std::size_t shard_count =
      64;  // by the lower half of a hash; places within by the upper half
  static constexpr std::size_t first_slots = 8;

  /// Of so many slots as there are shards: from 3/8 to 3/4, so that shards, which fill alike, do not double together.
  static constexpr std::size_t load_max(std::size_t shard) noexcept {
    return shard_count * 3 / 8 + shard * 3 / 8;
  }

  struct Shard {
    std::vector<std::uint64_t> slots;  // upper half of the hash, row + 1; 0: free
    std::size_t used = 0;
  };

  static void put(Shard& shard, std::uint64_t place, std::uint64_t entry) {
    const std::size_t last = shard.slots.size() - 1;
    std::size_t slot = place & last;
    while (shard.slots[slot] != 0) slot = (slot + 1) & last;
    shard.slots[slot] = entry;
  }

  static void grow(Shard& shard) {
    std::vector<std::uint64_t> old(shard.slots.size() * 2);
    old.swap(shard.slots);
    for (const std::uint64_t entry : old) {
      if (entry != 0) put(shard, entry >> 32U, entry);
    }
  }

  std::array<Shard, shard_count> shards_;
};

}  // namespace weir::search::sygus
