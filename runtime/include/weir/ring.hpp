// ring.hpp: Ring<T>, a bounded queue for any number of producers and consumers.
//
// Shape     holds exactly N items, N >= 1; 64-bit tickets; slots stamped as detail/slots.hpp says.
// Roles     push, push_n, pop, pop_n, size, empty: any thread. Construction and destruction: one thread,
//           alone.
// Progress  no call waits or spins on another thread: a round is lost only to another thread's success, and
//           after claim_rounds_max of them the answer is would_block. Weak semantics: while a thread is
//           stopped between claim and publish, its slot looks full to producers and empty to consumers, and
//           they get would_block.
// Order     tickets are FIFO; items of one producer leave in its order.
// Memory    N slots of sizeof(T) + 8 bytes (aligned), taken by the constructor; an item is destroyed when
//           it is popped.
// Source    D. Vyukov's bounded MPMC queue, with stamps 2t / 2t+1 and batches.
//
// Why a claimed ticket never waits: the claim of t .. t+j-1 is a compare-exchange of tail from t after the
// stamps 2(t+i) were seen; such a stamp is changed by the owner of ticket t+i alone, who is whoever wins
// that exchange; tail never returns to t. A batch longer than N ends by itself: slot t+N holds 2t. Stamps
// of a batch are published in reverse, so who sees its first item sees all of it; the first one is stored
// with the order `Publish`.
#pragma once

#include <weir/detail/slots.hpp>
#include <weir/result.hpp>

namespace weir {

/// `Publish`: seq_cst when a consumer may go to sleep after empty() was true (the store of a batch's first
/// stamp and the load in empty() are then in one total order with the sleeper's flag); release is enough,
/// and cheaper, for others.
template <class T, std::memory_order Publish = seq_cst>
class Ring {
  static_assert(Publish == seq_cst || Publish == release);

 public:
  /// A ring of exactly `capacity` items (>= 1; WEIR_CHECK, also when out of memory).
  explicit Ring(std::size_t capacity) : slots_(capacity) {}
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  /// Moves `item` in. would_block: full (or the oldest pop is not finished); `item` is as it was.
  Status push(T&& item) noexcept {
    std::uint64_t ticket = 0;
    detail::Slot<T>* slot = claim_one<0>(tail_, ticket);
    if (slot == nullptr) return Status::would_block;
    slot->put(std::move(item));
    // (8) Publish (release or seq_cst) pairs with (3), (4), (10): as (2)
    slot->stamp.store(2 * ticket + 1, Publish);
    return Status::accepted;
  }

  /// Moves the oldest item into `item`. would_block: empty (or the oldest push is not finished).
  Status pop(T& item) noexcept {
    std::uint64_t ticket = 0;
    detail::Slot<T>* slot = claim_one<1>(head_, ticket);
    if (slot == nullptr) return Status::would_block;
    slot->take(item);
    // (9) release pairs with (3), (10): as (5)
    slot->stamp.store(2 * (ticket + slots_.capacity()), release);
    return Status::accepted;
  }

  /// Moves in the longest prefix of items[0 .. n) that fits; returns its length. The rest is as it was.
  std::size_t push_n(T* items, std::size_t n) noexcept {
    std::uint64_t first = 0;
    const std::size_t count = claim<0>(tail_, n, first);
    for (std::size_t i = 0; i < count; ++i) slots_[first + i].put(std::move(items[i]));
    for (std::size_t i = count; i-- > 1;) {
      // (1) release pairs with (3), (10): the item in the slot
      slots_[first + i].stamp.store(2 * (first + i) + 1, release);
    }
    // (2) Publish (release or seq_cst) pairs with (3), (4), (10): the items of the batch
    if (count > 0) slots_[first].stamp.store(2 * first + 1, Publish);
    return count;
  }

  /// Moves the oldest items, at most n, into items[0 .. ); returns how many.
  std::size_t pop_n(T* items, std::size_t n) noexcept {
    std::uint64_t first = 0;
    const std::size_t count = claim<1>(head_, n, first);
    for (std::size_t i = 0; i < count; ++i) slots_[first + i].take(items[i]);
    for (std::size_t i = count; i-- > 0;) {
      // (5) release pairs with (3), (10): the item has left the slot
      slots_[first + i].stamp.store(2 * (first + i + slots_.capacity()), release);
    }
    return count;
  }

  std::size_t capacity() const noexcept { return slots_.capacity(); }
  /// Bytes taken from platform allocation.
  std::size_t bytes() const noexcept { return slots_.bytes(); }

  /// Items claimed by pushes and not by pops. Advisory: it may be stale when it returns; within 0 ..
  /// capacity.
  std::size_t size() const noexcept {
    const std::uint64_t head = head_.load(relaxed);  // relaxed: a figure, nothing is read through it
    const std::uint64_t tail = tail_.load(relaxed);  // relaxed: as above
    const std::uint64_t used = tail > head ? tail - head : 0;
    return used < slots_.capacity() ? static_cast<std::size_t>(used) : slots_.capacity();
  }

  /// True when a pop would find nothing. The re-check of a sleeper: after its flag was set by a seq_cst
  /// operation, either this sees what a push published, or the pusher's later seq_cst look at the flag sees
  /// it (Publish = seq_cst).
  bool empty() const noexcept {
    for (int round = 0; round < detail::claim_rounds_max; ++round) {
      // (6) acquire pairs with (7), (11): what that pop saw, so that no later slot of a batch is seen stale
      const std::uint64_t head = head_.load(acquire);
      // (4) seq_cst pairs with (2), (8): a batch's first stamp, in one order with the sleeper's flag
      if (slots_[head].stamp.load(seq_cst) == 2 * head + 1) return false;
      if (head_.load(relaxed) == head) return true;  // relaxed: who saw a later stamp by (4) sees head moved
    }
    return false;
  }

 private:
  static constexpr std::memory_order claim_order = Publish == seq_cst ? release : relaxed;

  /// The slot has not come to `wanted` yet. Stamps only grow, so its ticket had not been claimed when `stamp` was read:
  /// the counter still stood there, and the ring was full or empty. Who polls is spared a second look at the counter.
  static bool behind(std::uint64_t stamp, std::uint64_t wanted) noexcept {
    return static_cast<std::int64_t>(stamp - wanted) < 0;
  }

  /// Claims up to n consecutive tickets of `counter` whose stamps are 2t + full; the first goes to `first`.
  template <std::uint64_t full>
  std::size_t claim(atomic<std::uint64_t>& counter, std::size_t n, std::uint64_t& first) noexcept {
    std::uint64_t ticket = counter.load(relaxed);  // relaxed: the stamps and the exchange decide
    for (int round = 0; round < detail::claim_rounds_max; ++round) {
      std::size_t count = 0;
      std::uint64_t stamp = 2 * ticket + full;
      for (; count < n; ++count) {
        // (3) acquire pairs with (1), (2), (5), (8), (9): the item is there, or has left
        stamp = slots_[ticket + count].stamp.load(acquire);
        if (stamp != 2 * (ticket + count) + full) break;
      }
      if (count == 0) {
        if (n == 0 || behind(stamp, 2 * ticket + full)) return 0;
        ticket = counter.load(relaxed);  // relaxed: as above; has moved on, as who saw a later stamp by (3) sees
        continue;
      }
      // (7) claim_order (release or relaxed) pairs with (6): what this and earlier claims saw (an exchange
      // goes on with what earlier ones released). Relaxed where nobody sleeps and on failure: the exchange
      // only makes the tickets ours; items travel with the stamps
      if (counter.compare_exchange_strong(ticket, ticket + count, claim_order, relaxed)) {
        first = ticket;
        return count;
      }
    }
    return 0;
  }

  /// claim of one ticket: its slot, or null.
  template <std::uint64_t full>
  detail::Slot<T>* claim_one(atomic<std::uint64_t>& counter, std::uint64_t& ticket) noexcept {
    ticket = counter.load(relaxed);  // relaxed: as in claim
    for (int round = 0; round < detail::claim_rounds_max; ++round) {
      detail::Slot<T>& slot = slots_[ticket];
      const std::uint64_t stamp = slot.stamp.load(acquire);  // (10) acquire pairs with (1), (2), (5), (8), (9): as (3)
      if (stamp == 2 * ticket + full) {
        // (11) claim_order (release or relaxed) pairs with (6): as (7)
        if (counter.compare_exchange_strong(ticket, ticket + 1, claim_order, relaxed)) return &slot;
        continue;
      }
      if (behind(stamp, 2 * ticket + full)) return nullptr;
      ticket = counter.load(relaxed);  // relaxed: as in claim
    }
    return nullptr;
  }

  alignas(contended_bytes) atomic<std::uint64_t> tail_{0};  // next ticket to push
  alignas(contended_bytes) atomic<std::uint64_t> head_{0};  // next ticket to pop
  alignas(contended_bytes) detail::Slots<T> slots_;
};

}  // namespace weir
