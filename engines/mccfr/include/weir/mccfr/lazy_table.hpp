// lazy_table.hpp: rows and states of betting that come with the first visit, for trees that are too large to enumerate.
//
//   nodes  states of betting: [0 root][children of a node side by side] ...
//   slots  (node, bucket) -> row: an open index
//   words  [key][a regret for each action][a sum for each action, if the row has sums] ...
//
// Shape:  what is where depends on who came first; the order of lazy_rows() does not. A row of zeros says as much as
//         none. With three actions a row has 32 bytes, 20 without sums, a slot 8, a node 32.
// Roles:  strategies, claim() and expand() by any number of threads at once; `thread` is the caller's own number.
//         Everything else while nobody trains.
// Errors: no_memory, too_large. What has no room is refused with 0 and counted; what is there goes on.
// Memory: bytes(), all of it at the start.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>
#include <weir/atomic.hpp>
#include <weir/mccfr/betting_tree.hpp>
#include <weir/mccfr/table.hpp>
#include <weir/memory.hpp>

namespace weir::mccfr {

struct LazySizes {
  std::uint64_t nodes = 0;
  std::uint64_t slots = 0;  // a power of two
  std::uint64_t words = 0;
  std::uint64_t bytes() const noexcept;
  /// Rows that there can be at most: an index is never quite full, and each takes words.
  std::uint64_t rows_max() const noexcept;
  /// What fits into so many bytes: a quarter of nodes, at most a sixth of slots, the rest words.
  static LazySizes within(std::uint64_t bytes) noexcept;
  /// Room for so much and no more.
  static LazySizes of(std::uint64_t nodes, std::uint64_t rows, std::uint64_t words) noexcept;
};

struct LazyNode {
  atomic<std::uint32_t> first{0};  // of its children; 0: nobody was here
  std::uint32_t parent = 0;
  BetAction action;            // that leads here
  std::uint64_t hash = 0;      // of the actions since the root
  std::uint32_t siblings = 0;  // of a first child: how many there are
};
static_assert(sizeof(LazyNode) == 32);

/// What a row says of itself: which it is, and how many actions it has.
struct LazyKey {
  std::uint32_t node = 0;
  std::uint32_t bucket = 0;
  int actions = 0;
  bool summed = true;  // has sums
};

/// Gives an array of platform memory back.
template <class T>
struct ReleaseArray {
  std::size_t count = 0;
  void operator()(T* array) const noexcept { release_bytes(array, count * sizeof(T), 64); }
};

class LazyTable {
 public:
  static Result<LazyTable> make(const LazySizes& sizes, std::size_t threads);

  /// The first child of a node; 0 as long as nobody was here.
  std::uint32_t children(std::uint32_t node) const noexcept {
    return nodes_[node].first.load(acquire);  // (4) acquire pairs with (5): the children
  }
  int actions(std::uint32_t first) const noexcept {
    return static_cast<int>(nodes_[first].siblings);
  }
  const BetAction& action(std::uint32_t node) const noexcept { return nodes_[node].action; }
  std::uint32_t parent(std::uint32_t node) const noexcept { return nodes_[node].parent; }
  /// Depends on the actions since the root alone.
  std::uint64_t hash(std::uint32_t node) const noexcept { return nodes_[node].hash; }
  /// Gives a node its children, if another did not; the first of them, 0: no room.
  std::uint32_t expand(std::uint32_t node, std::span<const BetAction> actions,
                       std::size_t thread) noexcept;

  /// The row of a node and a bucket; 0: none.
  std::uint32_t find(std::uint32_t node, std::uint32_t bucket) const noexcept;
  /// The same, made of zeros if there is none yet; 0: no room. `summed`: with sums, the same in all calls for a row.
  std::uint32_t claim(std::uint32_t node, std::uint32_t bucket, int actions, std::size_t thread,
                      bool summed = true) noexcept;

  /// Asks for what find(), claim() and children() will read, in two steps: each needs what the last has brought.
  void prefetch_slot(std::uint32_t node, std::uint32_t bucket) const noexcept;
  void prefetch_row(std::uint32_t node, std::uint32_t bucket) const noexcept;

  static constexpr std::uint32_t key_words = 2;
  static constexpr std::uint32_t row_words(int actions, bool summed) noexcept {
    return key_words + (summed ? 2U : 1U) * static_cast<std::uint32_t>(actions);
  }
  std::int32_t* regrets(std::uint32_t row) noexcept {
    return reinterpret_cast<std::int32_t*>(words_.data() + row + key_words);
  }
  const std::int32_t* regrets(std::uint32_t row) const noexcept {
    return reinterpret_cast<const std::int32_t*>(words_.data() + row + key_words);
  }
  /// Of a row that has sums.
  std::uint32_t* sums(std::uint32_t row, int actions) noexcept {
    return words_.data() + row + key_words + actions;
  }
  const std::uint32_t* sums(std::uint32_t row, int actions) const noexcept {
    return words_.data() + row + key_words + actions;
  }
  std::uint32_t* words() noexcept { return words_.data(); }
  LazyKey key(std::uint32_t row) const noexcept;
  /// The average strategy, the current one where there are no sums or nothing is in them; uniform in row 0.
  void strategy(std::uint32_t row, int actions, double* strategy) const noexcept;

  /// Calls f(row) for the rows of slots [first, end).
  template <class F>
  void each_row(std::uint64_t first, std::uint64_t end, F&& f) const {
    constexpr std::uint64_t ahead = 16;
    for (std::uint64_t s = first; s < end; ++s) {
      // relaxed: nobody trains; rows lie anywhere
      if (s + ahead < end)
        prefetch_to_read(words_.data() +
                         static_cast<std::uint32_t>(slots_[s + ahead].load(relaxed)));
      const std::uint64_t slot = slots_[s].load(relaxed);  // relaxed: nobody trains
      if (slot != 0) f(static_cast<std::uint32_t>(slot));
    }
  }
  std::uint64_t slots() const noexcept { return sizes_.slots; }
  /// Places of nodes that were taken, also those made in vain: all nodes are below.
  std::uint32_t nodes_used() const noexcept;
  /// States of betting, without those made in vain: the same for whoever came first.
  std::uint32_t states_used() const noexcept;
  std::uint64_t rows_used() const noexcept;
  std::uint64_t refused() const noexcept;
  std::uint64_t bytes() const noexcept { return sizes_.bytes(); }

 private:
  /// Of one thread: what it made in vain, by the number of actions, and what it was refused.
  struct alignas(contended_bytes) Own {
    std::array<std::uint32_t, actions_max + 1> rows{}, rows_unsummed{}, nodes{};
    std::uint64_t refused = 0;
  };
  class Claim;
  struct Shared {
    alignas(contended_bytes) atomic<std::uint64_t> nodes{1}, words{1}, rows{0};
  };
  template <class T>
  using Array = std::unique_ptr<T[], ReleaseArray<T>>;
  template <class T>
  static Result<Array<T>> array_of(std::size_t count);

  LazyTable() = default;
  static bool take(atomic<std::uint64_t>& used, std::uint64_t count, std::uint64_t most,
                   std::uint64_t& first) noexcept;

  LazySizes sizes_;
  Array<LazyNode> nodes_;
  Array<atomic<std::uint64_t>> slots_;
  CountedArray<std::uint32_t> words_;
  std::vector<Own, PlatformAllocator<Own>> own_;
  std::unique_ptr<Shared> shared_;
};

/// A row in the order that no thread has a say in: of nodes depth first, then of buckets.
struct LazyRow {
  std::uint32_t rank = 0;  // of its node, among the nodes of a LazyRows
  std::uint32_t bucket = 0;
  std::uint32_t row = 0;
};
struct LazyPlace {
  std::uint16_t depth = 0;
  std::uint8_t action = 0;  // of the parent's
  std::uint32_t node = 0;
};
struct LazyRows {
  std::vector<LazyPlace> nodes;  // those with rows, and all above them
  std::vector<LazyRow> rows;
  std::uint64_t words = 0;           // of the rows
  std::uint64_t words_unsummed = 0;  // more, if all of them had sums
  std::uint64_t children = 0;        // of the nodes
};
/// Rows that are not all zeros, and those of `also` (sorted). Memory: program heap, 12 bytes a row.
LazyRows lazy_rows(const LazyTable& table, std::span<const std::uint32_t> also = {});

}  // namespace weir::mccfr
