// edge.hpp: Edge<T>, the ring between two nodes, where room is reserved before a node runs (P1).
//
// Shape     holds exactly N items, N >= 1. Counters of tickets and units that only grow: head, tail,
//           granted, returned; head <= tail <= reserved = granted - returned.
// Roles     one producing node (reserve, push, give_back: any thread; reserve_exclusive_up_to: one thread
//           at a time) and one consuming node (pop: any thread; the exclusive form: one thread at a time).
//           "One at a time": handed over by acquire and release, and not beside the other form.
// Progress  no call waits or spins on another thread. reserve and pop answer no while the slot they need is
//           not finished by a stopped thread. A push that holds a reservation is never refused and never
//           retries.
// Order     tickets are FIFO in the order of push.
// Memory    N slots of sizeof(T) + 8 bytes (aligned), taken by the constructor; an item is destroyed when
//           it is popped.
//
// Proof of "never refused". Call a unit what a reservation adds to `granted` and push (tail + 1) or
// give_back (returned + 1) uses up: units held + tail = granted - returned. Only the owner of ticket t
// changes a free slot t, so a slot seen free for t stays free until t is pushed. Reservations have an
// order (the exchanges of `granted`, or the hand-over of the exclusive form), and each sees what the ones
// before it saw. One that reads g = granted and y = returned adds n units after the stamps of tickets g-y
// .. g-y+n-1 were seen free; call g-y+n its reach. Reach - n never exceeds the greatest reach before it,
// as y is not older than what the one before read; so every ticket below the greatest reach was seen free
// once. Let R be the first reservation whose reach is above t. Units granted before R and not returned are
// at most the reach before it (units that were read as returned had been granted before), so at most t of
// them are ever pushed: of the first t+1 pushes one used a unit of R or a later one, saw slot t free
// through R, and the read-modify-writes of `tail` carry that to the pusher of t. Hence what is read of
// `granted` is acquired and its exchange released, and additions to `tail` are acq_rel. Occupancy: a
// ticket is pushed only into a free slot.
//
// A credit counter beside the ring does not do: two consumers pop slots 0 and 1, the one at 0 is stopped,
// the other returns its credit; who takes that credit finds slot 0 busy. tests/model keeps that design as a
// mutant.
//
// Proof of "no lost wake-up". A refused producer sets the flag (seq_cst), then re-checks with writable
// (seq_cst loads). pop frees its slots in reverse, the lowest ticket last and seq_cst, then looks at the
// flag (seq_cst). writable reads stamps upwards from `reserved` and is refused at the first that is not
// free, ticket x. If x - N belongs to an unfinished or unseen pop of several, it is its lowest: a lower one
// was either read free just before (its stamp, stored last, makes the others visible), or lies below
// `reserved` and was seen free by a reservation of the caller's. So the store
// that would have let it through is seq_cst and comes after the re-check in the total order; that pop's
// look at the flag comes later still and sees it. The same for give_back (one seq_cst operation on
// `returned`, then the look), and for push_n against a consumer's readable().
#pragma once

#include <weir/detail/slots.hpp>

namespace weir {

template <class T>
class Edge {
 public:
  /// An edge of exactly `capacity` items (>= 1; WEIR_CHECK, also when out of memory).
  explicit Edge(std::size_t capacity) : slots_(capacity) {}
  Edge(const Edge&) = delete;
  Edge& operator=(const Edge&) = delete;

  // The producing node.

  /// Reserves n units, or none (false).
  bool reserve(std::uint32_t n) noexcept { return claim_units<false>(n, n) == n; }

  /// Reserves as many units as there are free in a row, at most `max`; 0: none, as reserve.
  std::uint32_t reserve_up_to(std::uint32_t max) noexcept { return claim_units<false>(1, max); }

  /// reserve_up_to for one reserving thread at a time, no locked instruction. Not beside the other forms.
  std::uint32_t reserve_exclusive_up_to(std::uint32_t max) noexcept { return claim_units<true>(1, max); }

  /// Uses up one unit; never refused. Returns the item's ticket. The caller then looks whether the
  /// consuming node is idle (a seq_cst load: the stamp was stored seq_cst, so that look and readable()
  /// cannot both miss).
  std::uint64_t push(T&& item) noexcept { return push_n(&item, 1); }

  /// Uses up n units (n >= 1); never refused. Tickets are the returned one and the n-1 after it.
  std::uint64_t push_n(T* items, std::uint32_t n) noexcept {
    // (1) acq_rel pairs with (1): the views that earlier pushers had of freed slots, by their reservations
    const std::uint64_t first = tail_.fetch_add(n, acq_rel);
    for (std::uint32_t i = 0; i < n; ++i) {
      Slot& slot = slots_[first + i];
      // relaxed: only a check of the caller; by the proof above the slot is free and its pop happened
      // before
      WEIR_ASSERT(slot.stamp.load(relaxed) == 2 * (first + i), "a push without a reservation");
      slot.put(std::move(items[i]));
    }
    for (std::uint32_t i = n; i-- > 1;) {
      // (2) release pairs with (5): the item in the slot
      slots_[first + i].stamp.store(2 * (first + i) + 1, release);
    }
    // (3) seq_cst pairs with (5), (9): all items of the batch; in one order with the consumer's flag
    slots_[first].stamp.store(2 * first + 1, seq_cst);
    return first;
  }

  /// Returns n unused units. The caller then looks whether somebody waits (take_waiting), unless it is
  /// itself the only one who could.
  void give_back(std::uint32_t n) noexcept {
    // (4) seq_cst pairs with (10): in one order with the waiting flag
    returned_.fetch_add(n, seq_cst);
  }

  /// True when a reservation of n would succeed now: the re-check after set_waiting, by the only thread that
  /// reserves at the time. A false is final until a pop or a give_back that will see the flag.
  bool writable(std::uint32_t n) const noexcept {
    for (int round = 0; round < detail::claim_rounds_max; ++round) {
      const std::uint64_t granted = granted_.load(relaxed);  // relaxed: who waits is the only one who reserves
      // (10) seq_cst pairs with (4): returns before the flag
      const std::uint64_t first = granted - returned_.load(seq_cst);
      std::uint32_t free = 0;
      // (11) seq_cst pairs with (8), (16): a pop that finished before the flag
      while (free < n && slots_[first + free].stamp.load(seq_cst) == 2 * (first + free)) ++free;
      if (free == n) return true;
      // relaxed, both: by (11) a later stamp shows them moved
      if (granted_.load(relaxed) - returned_.load(relaxed) == first) return false;
    }
    return true;
  }

  // The consuming node.

  /// Moves the oldest item into `item`; false: none there (or its push is not finished).
  bool pop(T& item) noexcept { return pop_n(&item, 1) == 1; }

  /// Moves the oldest items, at most max, into items[0 .. ); returns how many.
  std::uint32_t pop_n(T* items, std::uint32_t max) noexcept {
    std::uint64_t first = 0;
    const std::uint32_t count = claim_items(max, first);
    for (std::uint32_t i = 0; i < count; ++i) slots_[first + i].take(items[i]);
    free_slots(first, count);
    return count;
  }

  /// pop_n into raw storage: constructs the items there; the caller destroys them.
  std::uint32_t pop_n_raw(T* raw, std::uint32_t max) noexcept {
    std::uint64_t first = 0;
    const std::uint32_t count = claim_items(max, first);
    for (std::uint32_t i = 0; i < count; ++i) slots_[first + i].take_raw(raw + i);
    free_slots(first, count);
    return count;
  }

  /// pop_n_raw for one consumer at a time, no locked instruction for the claim. Not beside the other forms:
  /// all pops of this edge are ordered among themselves by the caller (acquire and release).
  std::uint32_t pop_n_exclusive_raw(T* raw, std::uint32_t max) noexcept {
    const std::uint64_t first = head_.load(relaxed);  // relaxed: written here only, ordered by the caller
    const std::uint32_t count = filled(first, max);
    if (count == 0) return 0;
    head_.store(first + count, relaxed);  // relaxed: others read it as a figure, or after a stamp of (8)
    for (std::uint32_t i = 0; i < count; ++i) slots_[first + i].take_raw(raw + i);
    free_slots(first, count);
    return count;
  }

  /// True when a pop would find an item: the re-check of a consumer after its idle flag was set (seq_cst).
  bool readable() const noexcept {
    for (int round = 0; round < detail::claim_rounds_max; ++round) {
      // (12) acquire pairs with (6): what that pop saw; a stale head is caught by (9), as (8) is seq_cst
      const std::uint64_t head = head_.load(acquire);
      // (9) seq_cst pairs with (3), (8): a batch's first stamp, in one order with the consumer's flag
      if (slots_[head].stamp.load(seq_cst) == 2 * head + 1) return true;
      if (head_.load(relaxed) == head) return false;  // relaxed: who saw a later stamp by (9) sees head moved
    }
    return true;
  }

  // The flag of a producing node that waits for room.

  /// Says that the producing node waits. Then writable() must be asked once more.
  void set_waiting() noexcept {
    // (13) seq_cst pairs with (14): set before the re-check, in one order with pops and returns
    waiting_.store(1, seq_cst);
  }

  /// After a pop or give_back: true when the producing node waits; it is then the caller's to wake it. One
  /// load in the common case.
  bool take_waiting() noexcept {
    // (14) seq_cst pairs with (13): a flag set before the re-check that did not see our pop
    if (waiting_.load(seq_cst) == 0) return false;
    return waiting_.exchange(0, relaxed) != 0;  // relaxed: it only picks one taker; (14) has acquired
  }

  // Figures: pushed and popped exact at some instant of the call, those that are made of two when nothing runs.

  std::uint64_t pushed() const noexcept { return tail_.load(relaxed); }  // relaxed: a figure
  std::uint64_t popped() const noexcept { return head_.load(relaxed); }  // relaxed: a figure
  std::uint64_t reserved() const noexcept {
    return granted_.load(relaxed) - returned_.load(relaxed);  // relaxed, both: a figure
  }
  std::size_t capacity() const noexcept { return slots_.capacity(); }
  /// Bytes taken from platform allocation.
  std::size_t bytes() const noexcept { return slots_.bytes(); }
  /// Items in the edge, 0 .. capacity; advisory.
  std::size_t size() const noexcept {
    const std::uint64_t head = popped();
    const std::uint64_t tail = pushed();
    const std::uint64_t used = tail > head ? tail - head : 0;
    return used < slots_.capacity() ? static_cast<std::size_t>(used) : slots_.capacity();
  }

 private:
  using Slot = detail::Slot<T>;

  /// The longest prefix of free stamps from `reserved`, at least min and at most max units; else 0.
  template <bool exclusive>
  std::uint32_t claim_units(std::uint32_t min, std::uint32_t max) noexcept {
    for (int round = 0; round < detail::claim_rounds_max; ++round) {
      // (17) acquire pairs with (7): what that reservation saw and read. relaxed: written by the caller only
      std::uint64_t granted = granted_.load(exclusive ? relaxed : acquire);
      // relaxed: not older than what the reservation before read, by (17)
      const std::uint64_t first = granted - returned_.load(relaxed);
      std::uint32_t count = 0;
      // (15) acquire pairs with (8), (16): the item has left the slot
      while (count < max && slots_[first + count].stamp.load(acquire) == 2 * (first + count)) ++count;
      if (count < min || count == 0) {
        // relaxed, both: only ask for another round; later than the stamp, by (15)
        if (granted_.load(relaxed) - returned_.load(relaxed) == first) return 0;
        continue;
      }
      if constexpr (exclusive) {
        granted_.store(granted + count, relaxed);  // relaxed: others read it as a figure
        return count;
      }
      // (7) release pairs with (17): views of freed slots and of `returned`; relaxed on failure: read again
      if (granted_.compare_exchange_strong(granted, granted + count, release, relaxed)) return count;
    }
    return 0;
  }

  /// How many items lie in a row from ticket `first`, at most max.
  std::uint32_t filled(std::uint64_t first, std::uint32_t max) const noexcept {
    std::uint32_t count = 0;
    // (5) acquire pairs with (2), (3): the item in the slot
    while (count < max && slots_[first + count].stamp.load(acquire) == 2 * (first + count) + 1) ++count;
    return count;
  }

  std::uint32_t claim_items(std::uint32_t max, std::uint64_t& first) noexcept {
    first = head_.load(relaxed);  // relaxed: stamps and exchange decide
    for (int round = 0; round < detail::claim_rounds_max; ++round) {
      const std::uint32_t count = filled(first, max);
      if (count == 0) {
        const std::uint64_t now = head_.load(relaxed);  // relaxed: as above; not older than the stamp, by (5)
        if (now == first) return 0;
        first = now;
        continue;
      }
      // (6) release pairs with (12): what this and earlier pops saw (an exchange goes on with what earlier
      // ones released); relaxed on failure: we read the stamps again
      if (head_.compare_exchange_strong(first, first + count, release, relaxed)) return count;
    }
    return 0;
  }

  void free_slots(std::uint64_t first, std::uint32_t count) noexcept {
    for (std::uint32_t i = count; i-- > 1;) {
      // (16) release pairs with (15), (11): the item has left the slot
      slots_[first + i].stamp.store(2 * (first + i + slots_.capacity()), release);
    }
    // (8) seq_cst pairs with (9), (11), (15): the whole batch has left; in one order with the waiting flag
    if (count > 0) slots_[first].stamp.store(2 * (first + slots_.capacity()), seq_cst);
  }

  alignas(contended_bytes) atomic<std::uint64_t> tail_{0};      // next ticket to push
  alignas(contended_bytes) atomic<std::uint64_t> granted_{0};   // units reserved so far
  alignas(contended_bytes) atomic<std::uint64_t> returned_{0};  // of those, units given back
  alignas(contended_bytes) atomic<std::uint64_t> head_{0};      // next ticket to pop
  alignas(contended_bytes) atomic<std::uint32_t> waiting_{0};   // 1: the producing node waits for room
  detail::Slots<T> slots_;
};

}  // namespace weir
