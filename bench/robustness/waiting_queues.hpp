// waiting_queues.hpp: the contenders of queue_load.hpp: how each waits.
//
// `weir` sleeps (sleeping_edge.hpp); `weir_polling` and `bare` look 64 times, then yield, which is
// all that a ring without a waiting form can do; `mutex_condvar` has two condition variables.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <weir/ring.hpp>

#include "reference_rings.hpp"
#include "sleeping_edge.hpp"

namespace weir::bench {

/// Producer and consumer of a queue that does not tell them apart and waits by itself.
template <class Q, class T>
struct WaitingEnd {
  explicit WaitingEnd(Q& q) : queue(q) {}
  void push(T item) { queue.push(std::move(item)); }
  void pop(T& item) { queue.pop(item); }
  bool try_pop(T& item) { return queue.try_pop(item); }
  Q& queue;
};

template <class T>
struct WeirQueue : SleepingEdge<T> {
  using SleepingEdge<T>::SleepingEdge;
  using Producer = WaitingEnd<WeirQueue, T>;
  using Consumer = Producer;
};

/// R: a ring with bool-like try forms; who is refused polls.
template <class R, class T>
struct PollingQueue {
  explicit PollingQueue(std::size_t capacity) : ring(capacity) {}
  using Producer = WaitingEnd<PollingQueue, T>;
  using Consumer = Producer;
  void push(T item) {
    Patience patience;
    while (!taken(ring.push(std::move(item)))) patience.wait();
  }
  void pop(T& item) {
    Patience patience;
    while (!try_pop(item)) patience.wait();
  }
  bool try_pop(T& item) { return taken(ring.pop(item)); }
  static bool taken(bool done) { return done; }
  static bool taken(Status status) { return status == Status::accepted; }
  R ring;
};
template <class T>
using WeirPollingQueue = PollingQueue<Ring<T, release>, T>;
template <class T>
using BareQueue = PollingQueue<BareRing<T>, T>;

template <class T>
class MutexCondvarQueue {
 public:
  explicit MutexCondvarQueue(std::size_t capacity) : capacity_(capacity) {}
  using Producer = WaitingEnd<MutexCondvarQueue, T>;
  using Consumer = Producer;
  void push(T item) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return items_.size() < capacity_; });
    items_.push_back(std::move(item));
    lock.unlock();
    came_.notify_one();
  }
  void pop(T& item) {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [this] { return !items_.empty(); });
    take(item);
    lock.unlock();
    room_.notify_one();
  }
  bool try_pop(T& item) {
    std::unique_lock lock(mutex_);
    if (items_.empty()) return false;
    take(item);
    lock.unlock();
    room_.notify_one();
    return true;
  }

 private:
  void take(T& item) {
    item = std::move(items_.front());
    items_.pop_front();
  }
  std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable room_, came_;
  std::deque<T> items_;
};

}  // namespace weir::bench
