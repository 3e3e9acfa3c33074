// detail/stream/ordered_cells.hpp: items kept by number, taken in the order of their numbers (P2).
//
// Roles: put from any thread, one item a number, at most a window of numbers alive, which a Gate
// sees to; readable and pop by one consumer, handed over by acquire and release.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>
#include <weir/atomic.hpp>

namespace weir::detail {

template <class Item>
class OrderedCells {
 public:
  struct Cell {
    atomic<std::uint64_t> stamp{0};  // 2s + 1: holds number s
    alignas(Item) std::byte raw[sizeof(Item)];
    Item* item() noexcept { return std::launder(reinterpret_cast<Item*>(raw)); }
  };

  OrderedCells() noexcept = default;
  OrderedCells(const OrderedCells&) = delete;
  OrderedCells& operator=(const OrderedCells&) = delete;
  ~OrderedCells() {
    for (std::uint64_t i = 0; cells_ != nullptr && i < window_; ++i) {
      // relaxed: alone by now
      if ((cells_[i].stamp.load(relaxed) & 1) != 0) cells_[i].item()->~Item();
    }
  }
  /// `cells` outlive this; there are `window` of them.
  void use(Cell* cells, std::uint64_t window) noexcept { cells_ = cells, window_ = window; }

  /// True when the consumer should look.
  bool put(std::uint64_t number, Item&& item) noexcept {
    Cell& cell = cells_[number % window_];
    ::new (static_cast<void*>(cell.raw)) Item(std::move(item));
    // (1) seq_cst pairs with (2): the item; before the load of next_ in the order of (3) and (4)
    cell.stamp.store(2 * number + 1, seq_cst);
    return number ==
           next_.load(seq_cst);  // (3) seq_cst pairs with (4): else its look at (2) comes later
  }
  bool readable() const noexcept {
    const std::uint64_t s = next_.load(relaxed);  // relaxed: the consumer is the only writer
    return cells_[s % window_].stamp.load(seq_cst) ==
           2 * s + 1;  // (2) seq_cst pairs with (1): the item
  }
  /// Constructs at most `max` items in raw storage; how many.
  std::uint32_t pop(Item* raw, std::uint32_t max) noexcept {
    std::uint32_t n = 0;
    while (n < max && readable()) {
      const std::uint64_t s = next_.load(relaxed);  // relaxed: the consumer is the only writer
      Cell& cell = cells_[s % window_];
      ::new (static_cast<void*>(raw + n)) Item(std::move(*cell.item()));
      cell.item()->~Item();
      cell.stamp.store(
          0, relaxed);  // relaxed: the next writer comes through the window (retire, gate)
      next_.store(s + 1, seq_cst);  // (4) seq_cst pairs with (3): before the next look at (2)
      ++n;
    }
    return n;
  }

 private:
  Cell* cells_ = nullptr;
  std::uint64_t window_ = 1;
  alignas(contended_bytes) atomic<std::uint64_t> next_{0};
};

}  // namespace weir::detail
