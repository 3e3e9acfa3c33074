// detail/slot_stack.hpp: SlotStack, the free slots of a pool, by index.
//
// Shape     a stack of bundles; a bundle is named by the index of its first slot. One word holds
//           {changes:32, index + 1:32}; each slot has a word `below` of its own, which belongs to the
//           stack for as long as the stack lives.
// Roles     take, push: any thread.
// Progress  lock-free; a stopped thread holds the one bundle that it has taken, and nobody waits.
// Order     the last pushed first: what lies in it is in the order of the taker after its push.
// Source    R. K. Treiber, "Systems programming: coping with parallelism", IBM RJ 5118, 1986.
//
// Why a stale `below` is harmless: it was read after the word, and each change counts the word up; so
// the exchange succeeds only if nothing changed in between, unless exactly 2^32 changes pass there.
#pragma once

#include <weir/atomic.hpp>

#include <cstdint>

namespace weir::detail {

class SlotStack {
 public:
  static constexpr std::uint32_t none = ~0U;

  /// Takes the bundle on top; none: empty. `below(index)` is the atomic word of that slot.
  template <class Below>
  std::uint32_t take(Below below) noexcept {
    for (;;) {
      // (1) acquire pairs with (2): the bundle on top. Those below it too: every change of the word is a
      // read-modify-write, which goes on with what (2) released
      std::uint64_t top = top_.load(acquire);
      if (name_of(top) == 0) return none;
      // relaxed: if another has taken the bundle meanwhile, the exchange fails
      const std::uint64_t next = changed(top, below(name_of(top) - 1).load(relaxed));
      // relaxed: (1) has seen this very bundle
      if (top_.compare_exchange_weak(top, next, relaxed, relaxed)) return name_of(top) - 1;
    }
  }

  /// Puts the bundle that begins with slot `index` on top.
  template <class Below>
  void push(std::uint32_t index, Below below) noexcept {
    std::uint64_t top = top_.load(relaxed);  // relaxed: the exchange decides
    do {
      below(index).store(name_of(top), relaxed);  // relaxed: published by (2)
      // (2) release pairs with (1): the bundle, and its word
    } while (!top_.compare_exchange_weak(top, changed(top, index + 1), release, relaxed));
  }

 private:
  static std::uint32_t name_of(std::uint64_t top) noexcept { return static_cast<std::uint32_t>(top); }
  static std::uint64_t changed(std::uint64_t top, std::uint32_t name) noexcept {
    return ((top >> 32) + 1) << 32 | name;
  }

  alignas(contended_bytes) atomic<std::uint64_t> top_{0};
};

}  // namespace weir::detail
