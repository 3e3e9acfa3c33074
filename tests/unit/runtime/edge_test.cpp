// edge_test.cpp: Edge<T> of <weir/edge.hpp>.
#include <weir/edge.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

using weir::Edge;

TEST_CASE("edge: a reservation is all or nothing and exact") {
  for (std::uint32_t n : {1U, 2U, 3U, 7U}) {
    Edge<int> edge(n);
    CHECK_FALSE(edge.reserve(n + 1));
    CHECK(edge.reserve(n));
    CHECK(edge.reserved() == n);
    CHECK_FALSE(edge.reserve(1));
    edge.give_back(n);
    CHECK(edge.reserved() == 0);
    CHECK(edge.reserve(1));
    CHECK_FALSE(edge.reserve(n));
    edge.give_back(1);
  }
}

TEST_CASE("edge: reserve_up_to takes the longest prefix") {
  Edge<int> edge(5);
  CHECK(edge.reserve_up_to(3) == 3);
  CHECK(edge.reserve_up_to(3) == 2);
  CHECK(edge.reserve_up_to(3) == 0);
}

TEST_CASE("edge: the exclusive reservation takes the longest prefix and sees what was given back") {
  Edge<int> edge(5);
  CHECK(edge.reserve_exclusive_up_to(3) == 3);
  CHECK(edge.reserve_exclusive_up_to(3) == 2);
  CHECK(edge.reserve_exclusive_up_to(3) == 0);
  CHECK(edge.reserved() == 5);
  edge.give_back(4);
  CHECK(edge.reserved() == 1);
  CHECK(edge.push(7) == 0);
  CHECK(edge.writable(4));
  CHECK_FALSE(edge.writable(5));
  CHECK(edge.reserve_exclusive_up_to(8) == 4);
}

TEST_CASE("edge: a push with a reservation is taken, tickets follow the order of push") {
  Edge<int> edge(3);
  std::uint64_t expected = 0;
  int value = 0;
  int next = 0;
  for (int lap = 0; lap < 20; ++lap) {
    REQUIRE(edge.reserve(2));
    CHECK(edge.push(value++) == expected++);
    int one[1] = {value++};
    CHECK(edge.push_n(one, 1) == expected++);
    CHECK(edge.size() == 2);
    CHECK(edge.readable());
    int out[3] = {};
    CHECK(edge.pop_n(out, 3) == 2);
    CHECK(out[0] == next++);
    CHECK(out[1] == next++);
    CHECK_FALSE(edge.readable());
    CHECK(edge.writable(3));
    CHECK_FALSE(edge.writable(4));
  }
  CHECK(edge.pushed() == 40);
  CHECK(edge.popped() == 40);
}

TEST_CASE("edge: pop frees the room of what it took") {
  Edge<int> edge(2);
  REQUIRE(edge.reserve(2));
  int items[2] = {1, 2};
  CHECK(edge.push_n(items, 2) == 0);
  CHECK_FALSE(edge.reserve(1));
  int out = 0;
  REQUIRE(edge.pop(out));
  CHECK(out == 1);
  CHECK(edge.reserve(1));
  CHECK_FALSE(edge.reserve(1));
}

TEST_CASE("edge: raw pops construct there and destroy the slot's item") {
  auto token = std::make_shared<int>(0);
  {
    Edge<std::shared_ptr<int>> edge(4);
    REQUIRE(edge.reserve(4));
    for (int i = 0; i < 4; ++i) edge.push(std::shared_ptr<int>(token));
    CHECK(token.use_count() == 5);
    alignas(std::shared_ptr<int>) std::array<std::byte, 2 * sizeof(std::shared_ptr<int>)> raw;
    auto* items = reinterpret_cast<std::shared_ptr<int>*>(raw.data());
    REQUIRE(edge.pop_n_raw(items, 2) == 2);
    CHECK(token.use_count() == 5);
    std::destroy_n(items, 2);
    CHECK(token.use_count() == 3);
    REQUIRE(edge.pop_n_exclusive_raw(items, 1) == 1);
    std::destroy_n(items, 1);
    CHECK(token.use_count() == 2);
  }
  CHECK(token.use_count() == 1);
}

TEST_CASE("edge: the waiting flag is taken once") {
  Edge<int> edge(1);
  CHECK_FALSE(edge.take_waiting());
  edge.set_waiting();
  CHECK(edge.take_waiting());
  CHECK_FALSE(edge.take_waiting());
}

TEST_CASE("edge: its bytes are the slots'") {
  Edge<std::uint64_t> edge(10);
  CHECK(edge.bytes() == 10 * (sizeof(std::uint64_t) + sizeof(std::uint64_t)));
}

TEST_CASE("edge: smoke, firings with bursts and returns lose and refuse nothing") {
  constexpr int producers = 3, consumers = 2;
  constexpr int firings = 10'000;
  for (std::uint32_t capacity : {2U, 3U, 16U}) {
    Edge<std::unique_ptr<int>> edge(capacity);
    std::atomic<std::uint64_t> pushed{0}, popped{0};
    std::atomic<int> producing{producers}, above{0};
    std::vector<std::thread> threads;
    for (int p = 0; p < producers; ++p) {
      threads.emplace_back([&, p] {
        for (int i = 0; i < firings;) {
          if (!edge.reserve(2)) {
            std::this_thread::yield();
            continue;
          }
          if (edge.size() > capacity) above.fetch_add(1);
          edge.push(std::make_unique<int>(i));
          const bool both = (i + p) % 3 != 0;
          if (both) {
            edge.push(std::make_unique<int>(i));
          } else {
            edge.give_back(1);
          }
          pushed.fetch_add(both ? 2 : 1);
          ++i;
        }
        producing.fetch_sub(1);
      });
    }
    for (int c = 0; c < consumers; ++c) {
      threads.emplace_back([&] {
        std::unique_ptr<int> items[3];
        for (;;) {
          const bool last = producing.load() == 0;
          const std::uint32_t n = edge.pop_n(items, 3);
          for (std::uint32_t i = 0; i < n; ++i) {
            if (items[i] != nullptr) popped.fetch_add(1);
          }
          if (n == 0 && last) break;
          if (n == 0) std::this_thread::yield();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(above.load() == 0);
    CHECK(pushed.load() == popped.load());
    CHECK(edge.pushed() == pushed.load());
    CHECK(edge.reserved() == edge.pushed());
    CHECK(edge.reserve(capacity));
  }
}
