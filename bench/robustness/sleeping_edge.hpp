// sleeping_edge.hpp: weir's Edge between threads that sleep when there is no room or no item, as a
// user of the library would build it of Edge and futex words.
//
// Roles     push and pop: any thread. Progress: both wait, a moment in place where there is a
// second CPU, then asleep.
// Why no wake-up is lost: a sleeper counts itself in (seq_cst), then asks once more (writable or
// readable, seq_cst); who frees a slot or publishes an item does that seq_cst, then looks at the
// count (seq_cst). One of the two sees the other (edge.hpp's proof, with a count for its flag). Who
// wakes takes one out of the count, so that a sleeper not yet running is not woken twice; a sleeper
// takes itself out only when its time was up. Its sleep is bounded, since the one wake-up may have
// gone to a thread that is stopped.
#pragma once

#include <weir/edge.hpp>
#include <weir/futex.hpp>

#include "harness.hpp"

namespace weir::bench {

class Sleepers {
 public:
  /// Sleeps unless `ready()` by now. Callers loop.
  template <class F>
  void sleep(F ready) noexcept {
    // acquire: the word before the count, so that a wake-up in between is seen by the futex
    const std::uint32_t seen = word_.load(std::memory_order_acquire);
    count_.fetch_add(1, std::memory_order_seq_cst);
    if (ready() || !futex_wait(word_, seen, after_ms(sleep_ms))) leave();
  }
  /// After a change that a sleeper may wait for.
  void wake_one() noexcept {
    std::uint32_t now = count_.load(std::memory_order_seq_cst);
    while (now > 0) {
      if (count_.compare_exchange_weak(now, now - 1, std::memory_order_seq_cst)) {
        word_.fetch_add(1, std::memory_order_release);
        futex_wake(word_, 1);
        return;
      }
    }
  }

 private:
  static constexpr std::uint64_t sleep_ms = 10;
  void leave() noexcept {
    std::uint32_t now = count_.load(std::memory_order_relaxed);
    while (now > 0 && !count_.compare_exchange_weak(now, now - 1, std::memory_order_seq_cst)) {
    }
  }
  alignas(contended_bytes) std::atomic<std::uint32_t> count_{0};
  std::atomic<std::uint32_t> word_{0};
};

template <class T>
class SleepingEdge {
 public:
  explicit SleepingEdge(std::size_t capacity)
      : edge_(capacity), tries_(allowed_cpus().size() > 1 ? 100 : 1) {}
  SleepingEdge(const SleepingEdge&) = delete;
  SleepingEdge& operator=(const SleepingEdge&) = delete;

  void push(T item) noexcept {
    while (!in_place([this] { return edge_.reserve(1); }))
      room_.sleep([this] { return edge_.writable(1); });
    edge_.push(std::move(item));
    items_.wake_one();
  }
  void pop(T& item) noexcept {
    while (!in_place([&] { return edge_.pop(item); }))
      items_.sleep([this] { return edge_.readable(); });
    room_.wake_one();
  }
  bool try_pop(T& item) noexcept {
    if (!edge_.pop(item)) return false;
    room_.wake_one();
    return true;
  }

 private:
  template <class F>
  bool in_place(F attempt) noexcept {
    for (int i = 0; i < tries_; ++i) {
      if (attempt()) return true;
      cpu_relax();
    }
    return false;
  }
  Edge<T> edge_;
  int tries_;
  Sleepers room_, items_;
};

}  // namespace weir::bench
