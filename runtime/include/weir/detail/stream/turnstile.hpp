// detail/stream/turnstile.hpp: one evaluation of a node at a time, no notification lost, and how a
// node that is refused comes to wait (P1).
//
// Turnstile. A node's state goes idle -> queued -> evaluating -> idle; a notification that meets
// `evaluating` makes it `again`, and one that meets `queued` or `again` has nothing to add. Who
// publishes does so by a seq_cst operation and then knocks (seq_cst); who goes idle does so by a
// seq_cst operation that meets `again`, or comes before the knock in their one order, which then
// finds `idle`. A knock that finds `queued` or `again` rests on the exchange that follows: it reads
// the knocker's own or a later state, so the looks of the evaluation see what was published.
//
// Two evaluators at a time would do harm where a node reserves on several edges: each holds one and
// is refused on the other's, and every roll-back wakes the other, for ever. With one, a roll-back
// needs no notification; what a body gives back does, since by then the next evaluation may wait.
#pragma once

#include <cstdint>
#include <weir/atomic.hpp>

namespace weir::detail {

/// Who evaluates. Roles: knock and idle from any thread; the rest by whom knock, queue or
/// leave_or_queue told to queue the node, handed over by the queue.
class Turnstile {
 public:
  /// After a publication that the node may wait for. True: the caller queues the node.
  bool knock() noexcept {
    std::uint32_t s = state_.load(seq_cst);  // (1) seq_cst pairs with (3), (4): after publishing
    for (;;) {
      if (s == queued_state || s == again_state) return false;
      const std::uint32_t wanted = s == idle_state ? queued_state : again_state;
      // (2) seq_cst pairs with (3), (4), (5): acquires the node's plain state from the last
      // evaluator
      if (state_.compare_exchange_weak(s, wanted, seq_cst)) return wanted == queued_state;
    }
  }
  bool idle() const noexcept {
    // (7) acquire pairs with (4): what the last evaluation did
    return state_.load(acquire) == idle_state;
  }

  /// The queued node is evaluated from here on.
  void enter() noexcept {
    // (3) seq_cst pairs with (1), (2): what was published before a knock that met `queued` is seen
    // by the looks that follow
    state_.exchange(evaluating_state, seq_cst);
  }
  /// Ends the evaluation; false: somebody knocked, and it goes on.
  bool leave() noexcept {
    if (leave_quietly()) return true;
    state_.exchange(evaluating_state, seq_cst);  // (5) seq_cst pairs with (2): it was `again`
    return false;
  }
  /// Ends the evaluation because there is more to do; the caller queues the node.
  void queue() noexcept {
    state_.store(queued_state, release);  // (6) release pairs with (3): the node's plain state
  }
  /// Ends the evaluation of a node without input; true: somebody knocked, and the caller queues it.
  bool leave_or_queue() noexcept {
    if (leave_quietly()) return false;
    queue();
    return true;
  }

 private:
  static constexpr std::uint32_t idle_state = 0, queued_state = 1, evaluating_state = 2,
                                 again_state = 3;
  bool leave_quietly() noexcept {
    std::uint32_t expected = evaluating_state;
    // (4) seq_cst pairs with (1), (2), (7): idle before a publisher's look at the state, or the
    // publisher's `again` is met here; it hands the node's plain state to the next evaluator
    return state_.compare_exchange_strong(expected, idle_state, seq_cst);
  }

  atomic<std::uint32_t> state_{idle_state};
};

/// How many bodies of a parallel node run, where their number is bounded. Roles: full and begins by
/// the evaluator, ends by whoever ran a body.
class BodyCount {
 public:
  /// True: `most` bodies run, and the end of one will tell.
  bool full(std::uint32_t most) noexcept {
    // (8) seq_cst pairs with (11): bodies that ended
    if (running_.load(seq_cst) < most) return false;
    capped_.store(1, seq_cst);              // (9) seq_cst pairs with (12): before the second look
    return running_.load(seq_cst) >= most;  // (10) seq_cst pairs with (11): as (8)
  }
  void begins() noexcept {
    running_.fetch_add(1, relaxed);  // relaxed: only the evaluator adds and asks
  }
  /// True: an evaluation found it full; the caller notifies the node.
  bool ends() noexcept {
    running_.fetch_sub(1, seq_cst);  // (11) seq_cst pairs with (8), (10): before the look
    // (12) seq_cst pairs with (9): a flag set before the look that missed the end of this body
    return capped_.load(seq_cst) != 0 && capped_.exchange(0, seq_cst) != 0;
  }

 private:
  atomic<std::uint32_t> running_{0};
  atomic<std::uint32_t> capped_{0};
};

/// Reserves `unit` slots for each of up to `firings` firings, for the evaluator, which is the only
/// one that reserves; how many firings. On 0 the ring's
/// waiting flag is set and was followed by another look. `refused()` is called before each flag.
template <class Ring, class Refused>
std::uint32_t reserve_or_wait(Ring& ring, std::uint32_t unit, std::uint32_t firings,
                              Refused refused) noexcept {
  std::uint32_t units = ring.reserve_exclusive_up_to(firings * unit);
  while (units < unit) {
    if (units != 0) ring.give_back(units);
    refused();
    ring.set_waiting();
    if (!ring.writable(unit)) return 0;
    units = ring.reserve_exclusive_up_to(firings * unit);
  }
  const std::uint32_t got = units / unit;
  if (units > got * unit) ring.give_back(units - got * unit);
  return got;
}

}  // namespace weir::detail
