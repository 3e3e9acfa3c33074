// table.hpp: what training learns: a regret and a sum of the average strategy for every action of every row.
//
// One array of regrets, one of sums, both ordered so that what a traversal needs lies together: it knows one bucket of
// each player in each round, and all rows of that bucket, round and player are one region.
//
//   entry = base[round][player] + bucket * width[round][player] + row of the node
//
// Shape:  a row lies in one 64-byte line of 32-bit entries unless it has more than 16 actions; what is skipped for
//         that stays 0.
// Roles:  any number of threads at once by add() and load(); everything else while nobody trains.
// Memory: announced() bytes, taken from platform allocation by allocate().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <weir/atomic.hpp>
#include <weir/mccfr/betting_tree.hpp>
#include <weir/memory.hpp>
#include <weir/result.hpp>

namespace weir::mccfr {

/// Where the rows of a game are.
struct TableShape {
  int players = 2;
  int rounds = 1;
  std::array<std::uint32_t, rounds_max> buckets{};  // by round
  std::array<std::array<std::uint64_t, players_max>, rounds_max> base{};
  std::array<std::array<std::uint32_t, players_max>, rounds_max> width{};  // entries of a region
  std::uint64_t entries = 0;
  std::uint64_t rows = 0;  // information sets

  /// Those of the first rounds, which come first. `rounds` of rounds_max or more: all.
  std::uint64_t entries_of_first(int rounds_first) const noexcept {
    return rounds_first >= rounds ? entries : base[static_cast<std::size_t>(rounds_first)][0];
  }

  /// Errors: too_large, when an entry's index does not fit into 32 bits.
  static Result<TableShape> of(const BettingTree& tree,
                               const std::array<std::uint32_t, rounds_max>& buckets);
  std::uint32_t region(int round, int player, std::uint32_t bucket) const noexcept {
    const auto r = static_cast<std::size_t>(round);
    const auto p = static_cast<std::size_t>(player);
    return static_cast<std::uint32_t>(base[r][p] + std::uint64_t{bucket} * width[r][p]);
  }
};

/// An array of zeros from platform allocation.
template <class T>
class CountedArray {
 public:
  CountedArray() noexcept = default;
  CountedArray(CountedArray&& other) noexcept { *this = static_cast<CountedArray&&>(other); }
  CountedArray& operator=(CountedArray&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~CountedArray() { release_bytes(data_, bytes(size_), 64); }

  /// Errors: no_memory.
  static Result<CountedArray> zeros(std::size_t size);
  /// With room for one line behind the last entry, so that a row may be read by whole vectors.
  static constexpr std::size_t bytes(std::size_t size) noexcept {
    return (size * sizeof(T) + 63) / 64 * 64 + 64;
  }
  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  std::span<T> span() noexcept { return {data_, size_}; }
  std::span<const T> span() const noexcept { return {data_, size_}; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

extern template class CountedArray<std::byte>;
extern template class CountedArray<float>;
extern template class CountedArray<std::int32_t>;
extern template class CountedArray<std::int64_t>;
extern template class CountedArray<std::uint32_t>;

/// A relaxed load and a relaxed addition on an entry that others change meanwhile.
template <class T>
T load_entry(const T& entry) noexcept {
  // relaxed: each entry is a sum of its own, and nothing is published by it; phases end by the runtime's own orders
  return std::atomic_ref<T>(const_cast<T&>(entry)).load(relaxed);
}
template <class T>
void store_entry(T& entry, T value) noexcept {
  std::atomic_ref<T>(entry).store(
      value, relaxed);  // relaxed: as in load_entry; the thread alone writes to it
}
template <class T>
void add_entry(T& entry, T amount) noexcept {
  std::atomic_ref<T>(entry).fetch_add(amount, relaxed);  // relaxed: as in load_entry
}

/// Tables of games with few rows: no sum can come near to a wrap.
struct WideEntries {
  using Regret = std::int64_t;
  using Sum = std::int64_t;
  using Real = double;                      // what strategies and values are computed in
  static constexpr Real units = 65536;      // regret units of one chip
  static constexpr Real sum_units = 65536;  // of one visit
  static constexpr Regret regret_max = Regret{1} << 62;
};

/// Tables of large games: half the memory, regrets kept within +-2^30 so that no sum of what threads add at the same
/// time can wrap.
struct NarrowEntries {
  using Regret = std::int32_t;
  using Sum = std::uint32_t;
  using Real = float;
  static constexpr Real units = 64;
  static constexpr Real sum_units = 16;
  static constexpr Regret regret_max = Regret{1} << 30;
};

template <class Entries>
struct Table {
  using Regret = typename Entries::Regret;
  using Sum = typename Entries::Sum;

  CountedArray<Regret> regrets;
  CountedArray<Sum> sums;  // of the first rounds; those of the others are nowhere

  static Result<Table> zeros(const TableShape& shape, int average_rounds = rounds_max);
  static std::size_t announced(const TableShape& shape, int average_rounds = rounds_max) noexcept {
    return CountedArray<Regret>::bytes(shape.entries) +
           CountedArray<Sum>::bytes(shape.entries_of_first(average_rounds));
  }
};

}  // namespace weir::mccfr
