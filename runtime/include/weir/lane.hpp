// lane.hpp: Lane<T>, a bounded queue from one producing thread to one consuming thread.
//
// Shape     holds exactly N items, N >= 1.
// Roles     push, push_n: one thread at a time; pop, pop_n: one thread at a time; size, empty: any thread.
// Progress  wait-free: each call ends after as many steps as it moves items.
// Order     first in, first out.
// Memory    N slots of sizeof(T), taken by the constructor; an item is destroyed when it is popped.
// Source    L. Lamport's ring; each side keeps a copy of the other's counter and reads the true one only
//           when the copy says full or empty (P. P. C. Lee et al., "A lock-free, cache-efficient shared
//           ring buffer", ANCS 2009).
#pragma once

#include <weir/detail/slots.hpp>
#include <weir/result.hpp>

namespace weir {

/// `Publish`: seq_cst when the consumer may go to sleep after empty() was true, release otherwise; see
/// Ring.
template <class T, std::memory_order Publish = seq_cst>
class Lane {
  static_assert(Publish == seq_cst || Publish == release);
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
                    std::is_nothrow_destructible_v<T>,
                "a lane's element must move and end without throwing");

 public:
  /// A lane of exactly `capacity` items (>= 1; WEIR_CHECK, also when out of memory).
  explicit Lane(std::size_t capacity) : capacity_(capacity) {
    WEIR_CHECK(capacity >= 1, "a lane holds at least one item");
    WEIR_CHECK(capacity <= (std::size_t{1} << 40) / sizeof(T), "a lane of more than 2^40 bytes");
    items_ = static_cast<T*>(allocate_bytes(bytes(), alignof(T)));
    WEIR_CHECK(items_ != nullptr, "out of memory for a lane");
  }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  ~Lane() {
    // relaxed: whoever destroys a lane has joined or otherwise synchronised with its two users
    for (std::uint64_t left = tail_.load(relaxed) - head_.load(relaxed); left > 0; --left) {
      std::destroy_at(items_ + head_index_);
      head_index_ = next(head_index_);
    }
    release_bytes(items_, bytes(), alignof(T));
  }

  /// Moves `item` in. would_block: full; `item` is as it was.
  Status push(T&& item) noexcept {
    return push_n(&item, 1) == 1 ? Status::accepted : Status::would_block;
  }

  /// Moves the oldest item into `item`. would_block: empty.
  Status pop(T& item) noexcept { return pop_n(&item, 1) == 1 ? Status::accepted : Status::would_block; }

  /// Moves in the longest prefix of items[0 .. n) that fits; returns its length. The rest is as it was.
  std::size_t push_n(T* items, std::size_t n) noexcept {
    const std::uint64_t tail = tail_.load(relaxed);  // relaxed: this side's own counter
    if (capacity_ - (tail - head_seen_) < n) {
      head_seen_ = head_.load(acquire);  // (1) acquire pairs with (4): the items below have left their slots
    }
    const std::uint64_t room = capacity_ - (tail - head_seen_);
    const std::size_t count = n < room ? n : static_cast<std::size_t>(room);
    for (std::size_t i = 0; i < count; ++i) {
      ::new (static_cast<void*>(items_ + tail_index_)) T(std::move(items[i]));
      tail_index_ = next(tail_index_);
    }
    // (2) Publish (release or seq_cst) pairs with (3), (5): the items below the new tail
    if (count > 0) tail_.store(tail + count, Publish);
    return count;
  }

  /// Moves the oldest items, at most n, into items[0 .. ); returns how many.
  std::size_t pop_n(T* items, std::size_t n) noexcept {
    const std::uint64_t head = head_.load(relaxed);  // relaxed: this side's own counter
    if (tail_seen_ - head < n) {
      tail_seen_ = tail_.load(acquire);  // (3) acquire pairs with (2): the items below it
    }
    const std::uint64_t there = tail_seen_ - head;
    const std::size_t count = n < there ? n : static_cast<std::size_t>(there);
    for (std::size_t i = 0; i < count; ++i) {
      items[i] = std::move(items_[head_index_]);
      std::destroy_at(items_ + head_index_);
      head_index_ = next(head_index_);
    }
    // (4) release pairs with (1): the items have left their slots
    if (count > 0) head_.store(head + count, release);
    return count;
  }

  std::size_t capacity() const noexcept { return static_cast<std::size_t>(capacity_); }
  /// Bytes taken from platform allocation.
  std::size_t bytes() const noexcept { return capacity() * sizeof(T); }

  /// Items in the lane, 0 .. capacity; advisory.
  std::size_t size() const noexcept {
    const std::uint64_t head = head_.load(relaxed);  // relaxed: a figure
    const std::uint64_t tail = tail_.load(relaxed);  // relaxed: a figure
    const std::uint64_t used = tail > head ? tail - head : 0;
    return static_cast<std::size_t>(used < capacity_ ? used : capacity_);
  }

  /// True when a pop would find nothing; for the consumer, and its re-check before it sleeps (Publish =
  /// seq_cst).
  bool empty() const noexcept {
    const std::uint64_t head = head_.load(relaxed);  // relaxed: the consumer's own counter
    // (5) seq_cst pairs with (2): in one order with the sleeper's flag
    return tail_.load(seq_cst) == head;
  }

 private:
  std::size_t next(std::size_t index) const noexcept { return index + 1 == capacity_ ? 0 : index + 1; }

  alignas(contended_bytes) atomic<std::uint64_t> tail_{0};  // items pushed
  std::uint64_t head_seen_ = 0;                             // producer's copy of head_, never above it
  std::size_t tail_index_ = 0;                              // tail_ mod N
  alignas(contended_bytes) atomic<std::uint64_t> head_{0};  // items popped
  std::uint64_t tail_seen_ = 0;                             // consumer's copy of tail_, never above it
  std::size_t head_index_ = 0;                              // head_ mod N
  alignas(contended_bytes) std::uint64_t capacity_;
  T* items_ = nullptr;
};

}  // namespace weir
