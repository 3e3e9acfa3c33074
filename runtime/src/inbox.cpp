#include "inbox.hpp"

#include <new>
#include <weir/memory.hpp>
#include <weir/ring.hpp>

#ifndef WEIR_SANITIZED
#pragma GCC diagnostic push
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wstringop-overflow"  // moodycamel 1.0.3 under g++ -O2
#endif
#include <concurrentqueue/concurrentqueue.h>
#endif

namespace weir::detail {

#ifdef WEIR_SANITIZED

// ThreadSanitizer does not see moodycamel's stand-alone fences and reports its hand-overs as races.
struct Inbox::Queue {
  Queue(std::uint32_t slots, std::uint32_t, std::uint32_t) : ring(slots) {}
  Ring<std::uint32_t, release> ring;

  std::size_t push(std::uint32_t, std::uint32_t* items, std::size_t n) noexcept {
    return ring.push_n(items, n);
  }
  std::size_t pop(std::uint32_t, std::uint32_t* items, std::size_t n) noexcept {
    return ring.pop_n(items, n);
  }
  std::size_t bytes() const noexcept { return ring.bytes(); }
};

#else

namespace {

/// What the queue under construction has taken; moodycamel's allocator hooks are static.
thread_local std::size_t* bytes_taken = nullptr;

struct QueueTraits : moodycamel::ConcurrentQueueDefaultTraits {
  static constexpr std::size_t header = 16;                              // keeps malloc's alignment
  static constexpr std::size_t INITIAL_IMPLICIT_PRODUCER_HASH_SIZE = 0;  // explicit tokens only

  static void* malloc(std::size_t bytes) {
    void* block = allocate_bytes(bytes + header, header);
    if (block == nullptr) return nullptr;
    *static_cast<std::size_t*>(block) = bytes + header;
    if (bytes_taken != nullptr) *bytes_taken += bytes + header;
    return static_cast<std::byte*>(block) + header;
  }
  static void free(void* block) {
    if (block == nullptr) return;
    void* start = static_cast<std::byte*>(block) - header;
    release_bytes(start, *static_cast<std::size_t*>(start), header);
  }
};

using TaskQueue = moodycamel::ConcurrentQueue<std::uint32_t, QueueTraits>;

}  // namespace

// All tokens are made at start, so that registering a producer allocates nothing in here. The
// blocks that a producer has once taken stay its own: with the three-argument constructor each
// producer has enough of them for all slots.
struct Inbox::Queue {
  Queue(std::uint32_t slots, std::uint32_t producers, std::uint32_t consumers)
      : producer_count(producers), consumer_count(consumers), queue(make(slots, producers, taken)) {
    bytes_taken = &taken;
    producer = static_cast<moodycamel::ProducerToken*>(
        take(producers * sizeof(moodycamel::ProducerToken)));
    consumer = static_cast<moodycamel::ConsumerToken*>(
        take(consumers * sizeof(moodycamel::ConsumerToken)));
    for (std::uint32_t i = 0; i < producers; ++i)
      ::new (static_cast<void*>(producer + i)) moodycamel::ProducerToken(queue);
    for (std::uint32_t i = 0; i < consumers; ++i)
      ::new (static_cast<void*>(consumer + i)) moodycamel::ConsumerToken(queue);
    bytes_taken = nullptr;
  }
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;
  ~Queue() {
    for (std::uint32_t i = 0; i < producer_count; ++i) producer[i].~ProducerToken();
    for (std::uint32_t i = 0; i < consumer_count; ++i) consumer[i].~ConsumerToken();
    QueueTraits::free(producer);
    QueueTraits::free(consumer);
  }

  static TaskQueue make(std::uint32_t slots, std::uint32_t producers, std::size_t& taken) {
    bytes_taken = &taken;
    return TaskQueue(slots, producers, 0);
  }
  static void* take(std::size_t bytes) {
    void* block = QueueTraits::malloc(bytes);
    WEIR_CHECK(block != nullptr, "out of memory for the inbox");
    return block;
  }

  std::size_t push(std::uint32_t index, std::uint32_t* items, std::size_t n) noexcept {
    if (n == 1) return queue.try_enqueue(producer[index], items[0]) ? 1 : 0;
    return queue.try_enqueue_bulk(producer[index], items, n) ? n : 0;
  }
  std::size_t pop(std::uint32_t index, std::uint32_t* items, std::size_t n) noexcept {
    return queue.try_dequeue_bulk(consumer[index], items, n);
  }
  std::size_t bytes() const noexcept { return taken; }

  std::size_t taken = 0;
  std::uint32_t producer_count, consumer_count;
  TaskQueue queue;
  moodycamel::ProducerToken* producer = nullptr;
  moodycamel::ConsumerToken* consumer = nullptr;
};

#endif

Inbox* Inbox::make(std::uint32_t slots, std::uint32_t producers, std::uint32_t consumers) {
  void* place = allocate_bytes(sizeof(Queue), alignof(Queue));
  void* self = allocate_bytes(sizeof(Inbox), alignof(Inbox));
  if (place == nullptr || self == nullptr) {
    release_bytes(place, sizeof(Queue), alignof(Queue));
    release_bytes(self, sizeof(Inbox), alignof(Inbox));
    return nullptr;
  }
  return ::new (self) Inbox(slots, ::new (place) Queue(slots, producers, consumers));
}

void Inbox::destroy(Inbox* inbox) noexcept {
  if (inbox == nullptr) return;
  Queue* const queue = inbox->queue_;
  queue->~Queue();
  release_bytes(queue, sizeof(Queue), alignof(Queue));
  inbox->~Inbox();
  release_bytes(inbox, sizeof(Inbox), alignof(Inbox));
}

std::size_t Inbox::push(std::uint32_t producer, std::uint32_t* items, std::size_t n) noexcept {
  return queue_->push(producer, items, n);
}
std::size_t Inbox::pop(std::uint32_t consumer, std::uint32_t* items, std::size_t n) noexcept {
  return queue_->pop(consumer, items, n);
}
std::size_t Inbox::bytes() const noexcept {
  return sizeof(Inbox) + sizeof(Queue) + queue_->bytes();
}

}  // namespace weir::detail

#if !defined(WEIR_SANITIZED)
#pragma GCC diagnostic pop
#endif
