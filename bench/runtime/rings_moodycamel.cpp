// rings_moodycamel.cpp: moodycamel::ConcurrentQueue with explicit tokens: `moodycamel` unbounded,
// as it is fastest, and `moodycamel_credits` behind an exact bound, as a bounded ring would have to
// use it.
#include "ring_patterns.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wstringop-overflow"  // 1.0.3 can raise it under -O2
#endif
#include <concurrentqueue/concurrentqueue.h>

namespace weir::bench {
namespace {

template <class T>
struct Unbounded {
  explicit Unbounded(std::size_t capacity) : queue(capacity, 4, 0) {}
  struct Producer {
    explicit Producer(Unbounded& q) : queue(q.queue), token(q.queue) {}
    bool push(const T& item) { return queue.enqueue(token, item); }
    std::size_t push_n(T* items, std::size_t n) {
      return queue.enqueue_bulk(token, items, n) ? n : 0;
    }
    moodycamel::ConcurrentQueue<T>& queue;
    moodycamel::ProducerToken token;
  };
  struct Consumer {
    explicit Consumer(Unbounded& q) : queue(q.queue), token(q.queue) {}
    bool pop(T& item) { return queue.try_dequeue(token, item); }
    std::size_t pop_n(T* items, std::size_t n) { return queue.try_dequeue_bulk(token, items, n); }
    moodycamel::ConcurrentQueue<T>& queue;
    moodycamel::ConsumerToken token;
  };
  moodycamel::ConcurrentQueue<T> queue;
};

template <class T>
struct Credited {
  explicit Credited(std::size_t capacity) : free(capacity), queue(capacity) {}
  struct Producer {
    explicit Producer(Credited& q) : all(q), inner(q.queue) {}
    bool push(const T& item) {
      if (all.take(1) == 0) return false;
      return inner.push(item);
    }
    std::size_t push_n(T* items, std::size_t n) {
      const std::size_t count = all.take(n);
      return count == 0 ? 0 : inner.push_n(items, count);
    }
    Credited& all;
    typename Unbounded<T>::Producer inner;
  };
  struct Consumer {
    explicit Consumer(Credited& q) : all(q), inner(q.queue) {}
    bool pop(T& item) {
      if (!inner.pop(item)) return false;
      all.free.fetch_add(1, std::memory_order_release);
      return true;
    }
    std::size_t pop_n(T* items, std::size_t n) {
      const std::size_t count = inner.pop_n(items, n);
      if (count > 0) all.free.fetch_add(count, std::memory_order_release);
      return count;
    }
    Credited& all;
    typename Unbounded<T>::Consumer inner;
  };
  std::size_t take(std::size_t n) noexcept {
    std::size_t there = free.load(std::memory_order_relaxed);
    for (;;) {
      const std::size_t count = n < there ? n : there;
      if (count == 0) return 0;
      if (free.compare_exchange_weak(there, there - count, std::memory_order_acquire,
                                     std::memory_order_relaxed)) {
        return count;
      }
    }
  }
  alignas(128) std::atomic<std::size_t> free;
  alignas(128) Unbounded<T> queue;
};

template <template <class> class Q>
void add(const char* contender) {
  add_ring<Q<Element>>(contender);
  Add("ring_batch32", contender, ring_batch32<Q<Element>>);
  Add("inbox_1p1c", contender, inbox_1p1c<Q<InboxItem>>);
}

const AddAll all([] {
  add<Unbounded>("moodycamel");
  add<Credited>("moodycamel_credits");
});

}  // namespace
}  // namespace weir::bench
