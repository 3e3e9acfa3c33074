// next_deadline.hpp: the earliest deadline that the clock has to look after; private to the engine.
//
// Roles:    whoever makes a request wait brings it forward, any thread; the clock alone forgets it before it looks at
//           all slots, and brings forward what is still to come.
// Progress: lock-free; nobody waits here. The clock sleeps on `changes` until the deadline, or until it is earlier.
// Promise:  a deadline that was brought forward after its slot said that it waits is looked at once it is due: either
//           the clock's look comes after and meets the slot, or the deadline is still there, or it is put there anew.
#pragma once

#include <cstdint>
#include <weir/atomic.hpp>
#include <weir/clock.hpp>

namespace weir::search {

class NextDeadline {
 public:
  /// True: it is earlier than the clock knew, who is to be woken on changes().
  bool bring_forward(Deadline deadline) noexcept {
    if (deadline == never) return false;
    // (1) seq_cst pairs with (2): the clock has not forgotten it yet, or its look meets the slot
    Deadline next = earliest_.load(seq_cst);
    while (deadline < next) {
      // (1b) seq_cst pairs with (2): as (1)
      if (!earliest_.compare_exchange_weak(next, deadline, seq_cst, seq_cst)) continue;
      wake();
      return true;
    }
    return false;
  }
  /// The clock is to read look() again, and is to be woken on changes(). Of itself it makes no deadline due.
  void wake() noexcept {
    changes_.fetch_add(1, release);  // (3) release pairs with (4): what there is to see
  }
  const atomic<std::uint32_t>& changes() const noexcept { return changes_; }

  struct Look {
    std::uint32_t changes;  // to sleep on until then
    Deadline until;
  };
  /// The clock's.
  Look look() const noexcept {
    const std::uint32_t changes = changes_.load(acquire);  // (4) acquire pairs with (3)
    return {changes, earliest_.load(relaxed)};             // relaxed: see (4)
  }
  /// The clock's, before it looks at all slots.
  void forget() noexcept {
    // (2) seq_cst pairs with (1), (1b), and with (10), (2b), (11) of slot_word.hpp: the slots' words
    earliest_.exchange(never, seq_cst);
  }

 private:
  // No request that waits has an earlier one, but those that the clock's look, once it has forgotten, is to meet.
  atomic<Deadline> earliest_{never};
  atomic<std::uint32_t> changes_{0};  // a futex word
};

}  // namespace weir::search
