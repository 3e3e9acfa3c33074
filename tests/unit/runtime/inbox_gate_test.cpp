// inbox_gate_test.cpp: CreditGate and InboxGate of <weir/detail/inbox_gate.hpp>.
#include <weir/detail/inbox_gate.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

using weir::detail::CreditGate;
using weir::detail::InboxGate;
using weir::detail::RingQueue;

namespace {

/// Refuses every other item, as moodycamel may.
struct MoodyQueue {
  struct Producer {
    int calls = 0;
  };
  struct Consumer {};
  explicit MoodyQueue(std::size_t capacity) : ring(capacity) {}
  bool try_enqueue(Producer& producer, std::unique_ptr<int>&& item) noexcept {
    return producer.calls++ % 2 == 0 && ring.push(std::move(item)) == weir::Status::accepted;
  }
  bool try_dequeue(Consumer&, std::unique_ptr<int>& item) noexcept {
    return ring.pop(item) == weir::Status::accepted;
  }
  weir::Ring<std::unique_ptr<int>> ring;
};

}  // namespace

TEST_CASE("inbox gate: credits are exact") {
  CreditGate gate(3);
  CHECK(gate.take(2) == 2);
  CHECK(gate.take(2) == 1);
  CHECK(gate.take(1) == 0);
  gate.give(2);
  CHECK(gate.free() == 2);
  CHECK(gate.take(5) == 2);
}

TEST_CASE("inbox gate: N items fit although the queue refuses half of them") {
  InboxGate<std::unique_ptr<int>, MoodyQueue> inbox(4, std::size_t{4});
  MoodyQueue::Producer producer;
  MoodyQueue::Consumer consumer;
  std::unique_ptr<int> items[6];
  for (int i = 0; i < 6; ++i) items[i] = std::make_unique<int>(i);
  CHECK(inbox.push_n(producer, items, 6) == 4);
  CHECK(items[3] == nullptr);
  REQUIRE(items[4] != nullptr);
  CHECK(inbox.size() == 4);
  CHECK(inbox.push_n(producer, items + 4, 1) == 0);
  std::unique_ptr<int> out[6];
  CHECK(inbox.pop_n(consumer, out, 3) == 3);
  CHECK(inbox.push_n(producer, items + 4, 2) == 2);
  CHECK(inbox.pop_n(consumer, out + 3, 3) == 3);
  int sum = 0;
  for (const std::unique_ptr<int>& item : out) {
    REQUIRE(item != nullptr);
    sum += *item;
  }
  CHECK(sum == 15);
  CHECK(inbox.size() == 0);
}

TEST_CASE("inbox gate: a queue of no room at all leaves the ring") {
  InboxGate<int, RingQueue<int>> inbox(3, std::size_t{1});
  RingQueue<int>::Producer producer;
  RingQueue<int>::Consumer consumer;
  int items[5] = {1, 2, 3, 4, 5};
  CHECK(inbox.push_n(producer, items, 5) == 3);
  int out[5] = {};
  CHECK(inbox.pop_n(consumer, out, 5) == 3);
  CHECK(out[0] + out[1] + out[2] == 6);
  CHECK(inbox.capacity() == 3);
}

TEST_CASE("inbox gate: smoke mpmc, each item once and never more than N inside") {
  constexpr int producers = 3, consumers = 2;
  constexpr int per_producer = 8'000;
  constexpr std::size_t capacity = 4;
  InboxGate<int, RingQueue<int>> inbox(capacity, std::size_t{2});
  std::atomic<long> sum{0};
  std::atomic<int> received{0}, above{0};
  std::vector<std::thread> threads;
  for (int p = 0; p < producers; ++p) {
    threads.emplace_back([&] {
      RingQueue<int>::Producer token;
      for (int i = 0; i < per_producer;) {
        int item = i;
        if (inbox.push_n(token, &item, 1) == 1) {
          ++i;
        } else {
          std::this_thread::yield();
        }
        if (inbox.size() > capacity) above.fetch_add(1);
      }
    });
  }
  for (int c = 0; c < consumers; ++c) {
    threads.emplace_back([&] {
      RingQueue<int>::Consumer token;
      int items[3];
      while (received.load() < producers * per_producer) {
        const std::size_t n = inbox.pop_n(token, items, 3);
        if (n == 0) std::this_thread::yield();
        for (std::size_t i = 0; i < n; ++i) sum.fetch_add(items[i]);
        received.fetch_add(static_cast<int>(n));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(above.load() == 0);
  CHECK(sum.load() == producers * (long{per_producer} * (per_producer - 1) / 2));
  CHECK(inbox.size() == 0);
}
