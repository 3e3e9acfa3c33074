// reference_rings.hpp: plain rings without weir's promises, what is physically near: BareRing,
// BareEdge, BareLane, MutexRing.
//
// Shape: power-of-two capacities (masks, no exact bound of any N), release publication (no sleeper
// may rely on them). Progress: a thread that loses a race tries again without bound. Errors: push
// and pop say false for full and empty. Source: D. Vyukov's bounded MPMC queue; L. Lamport's ring
// with cached counters (P. P. C. Lee et al., ANCS 2009).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

namespace weir::bench {

template <class T>
class BareRing {
 public:
  explicit BareRing(std::size_t capacity)
      : mask_(capacity - 1), slots_(std::make_unique<Slot[]>(capacity)) {
    for (std::size_t i = 0; i < capacity; ++i) slots_[i].stamp.store(i, std::memory_order_relaxed);
  }
  bool push(T item) noexcept { return push_n(&item, 1) == 1; }
  bool pop(T& item) noexcept { return pop_n(&item, 1) == 1; }

  std::size_t push_n(const T* items, std::size_t n) noexcept {
    std::uint64_t first = 0;
    const std::size_t count = claim(tail_, 0, n, first);
    for (std::size_t i = 0; i < count; ++i) {
      Slot& slot = slots_[(first + i) & mask_];
      slot.item = items[i];
      slot.stamp.store(first + i + 1, std::memory_order_release);
    }
    return count;
  }
  std::size_t pop_n(T* items, std::size_t n) noexcept {
    std::uint64_t first = 0;
    const std::size_t count = claim(head_, 1, n, first);
    for (std::size_t i = 0; i < count; ++i) {
      Slot& slot = slots_[(first + i) & mask_];
      items[i] = slot.item;
      slot.stamp.store(first + i + mask_ + 1, std::memory_order_release);
    }
    return count;
  }

 private:
  struct Slot {
    std::atomic<std::uint64_t> stamp;
    T item;
  };
  std::size_t claim(std::atomic<std::uint64_t>& counter, std::uint64_t offset, std::size_t n,
                    std::uint64_t& first) noexcept {
    first = counter.load(std::memory_order_relaxed);
    for (;;) {
      std::size_t count = 0;
      while (count < n && slots_[(first + count) & mask_].stamp.load(std::memory_order_acquire) ==
                              first + count + offset) {
        ++count;
      }
      if (count == 0) {
        const std::uint64_t now = counter.load(std::memory_order_relaxed);
        if (now == first) return 0;
        first = now;
      } else if (counter.compare_exchange_weak(first, first + count, std::memory_order_relaxed)) {
        return count;
      }
    }
  }

  alignas(128) std::atomic<std::uint64_t> tail_{0};
  alignas(128) std::atomic<std::uint64_t> head_{0};
  alignas(128) std::uint64_t mask_;
  std::unique_ptr<Slot[]> slots_;
};

/// P1 in its plainest form: a third counter and release stamps; nobody may sleep, no batches, no
/// limit.
template <class T>
class BareEdge {
 public:
  explicit BareEdge(std::size_t capacity)
      : mask_(capacity - 1), slots_(std::make_unique<Slot[]>(capacity)) {
    for (std::size_t i = 0; i < capacity; ++i) slots_[i].stamp.store(i, std::memory_order_relaxed);
  }
  bool reserve() noexcept {
    std::uint64_t ticket = reserved_.load(std::memory_order_relaxed);
    do {
      if (slots_[ticket & mask_].stamp.load(std::memory_order_acquire) != ticket) return false;
    } while (!reserved_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel,
                                              std::memory_order_relaxed));
    return true;
  }
  void push(T item) noexcept {
    const std::uint64_t ticket = tail_.fetch_add(1, std::memory_order_acq_rel);
    Slot& slot = slots_[ticket & mask_];
    slot.item = item;
    slot.stamp.store(ticket + 1, std::memory_order_release);
  }
  bool pop(T& item) noexcept {
    std::uint64_t ticket = head_.load(std::memory_order_relaxed);
    do {
      if (slots_[ticket & mask_].stamp.load(std::memory_order_acquire) != ticket + 1) return false;
    } while (!head_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_relaxed));
    Slot& slot = slots_[ticket & mask_];
    item = slot.item;
    slot.stamp.store(ticket + mask_ + 1, std::memory_order_release);
    return true;
  }

 private:
  struct Slot {
    std::atomic<std::uint64_t> stamp;
    T item;
  };
  alignas(128) std::atomic<std::uint64_t> tail_{0};
  alignas(128) std::atomic<std::uint64_t> reserved_{0};
  alignas(128) std::atomic<std::uint64_t> head_{0};
  alignas(128) std::uint64_t mask_;
  std::unique_ptr<Slot[]> slots_;
};

template <class T>
class BareLane {
 public:
  explicit BareLane(std::size_t capacity)
      : mask_(capacity - 1), items_(std::make_unique<T[]>(capacity)) {}
  bool push(T item) noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ > mask_) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail - head_seen_ > mask_) return false;
    }
    items_[tail & mask_] = item;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }
  bool pop(T& item) noexcept {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head == tail_seen_) return false;
    }
    item = items_[head & mask_];
    head_.store(head + 1, std::memory_order_release);
    return true;
  }
  /// For the producer: what is in it at most.
  std::size_t size() noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ > mask_) head_seen_ = head_.load(std::memory_order_acquire);
    return static_cast<std::size_t>(tail - head_seen_);
  }

 private:
  alignas(128) std::atomic<std::uint64_t> tail_{0};
  std::uint64_t head_seen_ = 0;
  alignas(128) std::atomic<std::uint64_t> head_{0};
  std::uint64_t tail_seen_ = 0;
  alignas(128) std::uint64_t mask_;
  std::unique_ptr<T[]> items_;
};

/// What everybody writes first: a mutex around std::deque, bounded.
template <class T>
class MutexRing {
 public:
  explicit MutexRing(std::size_t capacity) : capacity_(capacity) {}
  bool push(T item) { return push_n(&item, 1) == 1; }
  bool pop(T& item) { return pop_n(&item, 1) == 1; }
  std::size_t push_n(const T* items, std::size_t n) {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    while (count < n && items_.size() < capacity_) items_.push_back(items[count++]);
    return count;
  }
  std::size_t pop_n(T* items, std::size_t n) {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    while (count < n && !items_.empty()) {
      items[count++] = items_.front();
      items_.pop_front();
    }
    return count;
  }

 private:
  std::size_t capacity_;
  std::mutex mutex_;
  std::deque<T> items_;
};

}  // namespace weir::bench
