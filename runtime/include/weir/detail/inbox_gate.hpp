// detail/inbox_gate.hpp: InboxGate<T, Queue>, the exact bound in front of the inbox's queue (P6).
//
// Shape     at most N items in it, in flight included: credits + in flight + stored = N.
// Roles     push_n: any thread with its own Queue::Producer; pop_n: any thread with its own
//           Queue::Consumer.
// Progress  no call waits or allocates. A producer stopped in between keeps its credits; a consumer stopped
//           in between keeps those of the items it took; others see N lowered by as many.
// Order     a producer's items keep their order in the queue, and in the fallback, but not across the two.
// Memory    a Ring of N slots, and what Queue takes.
//
// Queue has: struct Producer, Consumer; bool try_enqueue(Producer&, T&&) noexcept, which may refuse for
// reasons of its own and never grows; bool try_dequeue(Consumer&, T&) noexcept. What it refuses goes to the
// ring, which has room for all N, and refuses only while a consumer is stopped inside it; then the credit
// goes back: would_block. Never a growing enqueue.
#pragma once

#include <weir/atomic.hpp>
#include <weir/check.hpp>
#include <weir/ring.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace weir::detail {

/// N credits.
class CreditGate {
 public:
  explicit CreditGate(std::uint64_t credits) noexcept : free_(credits) {}

  /// Takes as many credits as there are, at most n; 0: would_block.
  std::size_t take(std::size_t n) noexcept {
    std::uint64_t free = free_.load(relaxed);  // relaxed: the exchange decides
    for (;;) {
      const std::size_t count = n < free ? n : static_cast<std::size_t>(free);
      if (count == 0) return 0;
      // (1) acquire pairs with (2): the room that came back with the credit
      if (free_.compare_exchange_weak(free, free - count, acquire, relaxed)) return count;
    }
  }

  /// Gives n credits back, after their room is free.
  void give(std::size_t n) noexcept {
    free_.fetch_add(n, release);  // (2) release pairs with (1): the room
  }

  /// Credits there are; advisory.
  std::uint64_t free() const noexcept { return free_.load(relaxed); }  // relaxed: a figure

 private:
  alignas(contended_bytes) atomic<std::uint64_t> free_;
};

/// Ring in the shape of an inbox queue: for sanitizer builds and models, where moodycamel's fences are not
/// understood.
template <class T>
class RingQueue {
 public:
  struct Producer {};
  struct Consumer {};
  explicit RingQueue(std::size_t capacity) : ring_(capacity) {}
  bool try_enqueue(Producer&, T&& item) noexcept { return ring_.push(std::move(item)) == Status::accepted; }
  bool try_dequeue(Consumer&, T& item) noexcept { return ring_.pop(item) == Status::accepted; }
  std::size_t bytes() const noexcept { return ring_.bytes(); }

 private:
  Ring<T, release> ring_;
};

template <class T, class Queue>
class InboxGate {
 public:
  using Producer = typename Queue::Producer;
  using Consumer = typename Queue::Consumer;

  /// A gate of N = `capacity` credits (>= 1) before a Queue constructed from `queue_arguments`.
  template <class... Arguments>
  explicit InboxGate(std::size_t capacity, Arguments&&... queue_arguments)
      : gate_(capacity), overflow_(capacity), queue_(std::forward<Arguments>(queue_arguments)...) {}

  /// Moves in the longest prefix of items[0 .. n) that has credits and room; returns its length. The rest
  /// is as it was. The caller then counts the publication and notifies (Sleepers::bump, notify).
  std::size_t push_n(Producer& producer, T* items, std::size_t n) noexcept {
    const std::size_t credits = gate_.take(n);
    std::size_t count = 0;
    while (count < credits && push_one(producer, std::move(items[count]))) ++count;
    if (count < credits) gate_.give(credits - count);
    return count;
  }

  /// Moves out up to n items; their credits are back when it returns.
  std::size_t pop_n(Consumer& consumer, T* items, std::size_t n) noexcept {
    std::size_t count = overflow_.pop_n(items, n);
    while (count < n && queue_.try_dequeue(consumer, items[count])) ++count;
    if (count > 0) gate_.give(count);
    return count;
  }

  /// Items inside or in flight; advisory. 0 .. capacity.
  std::size_t size() const noexcept { return overflow_.capacity() - static_cast<std::size_t>(gate_.free()); }
  std::size_t capacity() const noexcept { return overflow_.capacity(); }
  Queue& queue() noexcept { return queue_; }
  /// Bytes of the fallback ring; the queue's own are the queue's to tell.
  std::size_t bytes() const noexcept { return overflow_.bytes(); }

 private:
  bool push_one(Producer& producer, T&& item) noexcept {
    return queue_.try_enqueue(producer, std::move(item)) || overflow_.push(std::move(item)) == Status::accepted;
  }

  CreditGate gate_;
  Ring<T, release> overflow_;
  Queue queue_;
};

}  // namespace weir::detail
