// peer_queues.hpp: moodycamel's and oneTBB's queues in their own waiting forms.
#pragma once

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wstringop-overflow"  // 1.0.3 can raise it under -O2
#endif
#include <concurrentqueue/blockingconcurrentqueue.h>

#if defined(WEIR_BENCH_HAS_TBB)
#include <tbb/concurrent_queue.h>
#endif

#include "waiting_queues.hpp"

namespace weir::bench {

/// BlockingConcurrentQueue behind an exact bound: a semaphore of its own kind counts the room.
template <class T>
struct MoodycamelQueue {
  explicit MoodycamelQueue(std::size_t capacity)
      : room(static_cast<std::ptrdiff_t>(capacity)), queue(capacity) {}
  struct Producer {
    explicit Producer(MoodycamelQueue& q) : all(q), token(q.queue) {}
    void push(T item) {
      while (!all.room.wait()) {
      }
      if (!all.queue.enqueue(token, std::move(item))) std::abort();
    }
    MoodycamelQueue& all;
    moodycamel::ProducerToken token;
  };
  struct Consumer {
    explicit Consumer(MoodycamelQueue& q) : all(q), token(q.queue) {}
    void pop(T& item) {
      all.queue.wait_dequeue(token, item);
      all.room.signal();
    }
    bool try_pop(T& item) {
      if (!all.queue.try_dequeue(token, item)) return false;
      all.room.signal();
      return true;
    }
    MoodycamelQueue& all;
    moodycamel::ConsumerToken token;
  };
  moodycamel::LightweightSemaphore room;
  moodycamel::BlockingConcurrentQueue<T> queue;
};

/// ConcurrentQueue behind a counter of credits; who is refused polls.
template <class T>
struct MoodycamelCreditsQueue {
  explicit MoodycamelCreditsQueue(std::size_t capacity)
      : free(static_cast<std::int64_t>(capacity)), queue(capacity) {}
  struct Producer {
    explicit Producer(MoodycamelCreditsQueue& q) : all(q), token(q.queue) {}
    void push(T item) {
      Patience patience;
      while (!all.take()) patience.wait();
      if (!all.queue.enqueue(token, std::move(item))) std::abort();
    }
    MoodycamelCreditsQueue& all;
    moodycamel::ProducerToken token;
  };
  struct Consumer {
    explicit Consumer(MoodycamelCreditsQueue& q) : all(q), token(q.queue) {}
    void pop(T& item) {
      Patience patience;
      while (!try_pop(item)) patience.wait();
    }
    bool try_pop(T& item) {
      if (!all.queue.try_dequeue(token, item)) return false;
      all.free.fetch_add(1, std::memory_order_release);
      return true;
    }
    MoodycamelCreditsQueue& all;
    moodycamel::ConsumerToken token;
  };
  bool take() noexcept {
    std::int64_t now = free.load(std::memory_order_relaxed);
    while (now > 0) {
      if (free.compare_exchange_weak(now, now - 1, std::memory_order_acquire,
                                     std::memory_order_relaxed))
        return true;
    }
    return false;
  }
  alignas(128) std::atomic<std::int64_t> free;
  alignas(128) moodycamel::ConcurrentQueue<T> queue;
};

#if defined(WEIR_BENCH_HAS_TBB)
template <class T>
struct TbbQueue {
  explicit TbbQueue(std::size_t capacity) {
    queue.set_capacity(static_cast<std::ptrdiff_t>(capacity));
  }
  using Producer = WaitingEnd<TbbQueue, T>;
  using Consumer = Producer;
  void push(T item) { queue.push(std::move(item)); }
  void pop(T& item) { queue.pop(item); }
  bool try_pop(T& item) { return queue.try_pop(item); }
  tbb::concurrent_bounded_queue<T> queue;
};
#endif

}  // namespace weir::bench
