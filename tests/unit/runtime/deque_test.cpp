// deque_test.cpp: Deque<T> of <weir/detail/deque.hpp>.
#include <weir/detail/deque.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

using Deque = weir::detail::Deque<int>;
using weir::detail::Pushed;

TEST_CASE("deque: the owner takes the newest, a thief the oldest") {
  int items[4] = {0, 1, 2, 3};
  Deque deque(4);
  CHECK(deque.looks_empty());
  CHECK(deque.pop() == nullptr);
  CHECK(deque.steal() == nullptr);
  for (int& item : items) REQUIRE(deque.push(&item));
  CHECK(deque.size() == 4);
  CHECK_FALSE(deque.push(items));
  CHECK(deque.steal() == items + 0);
  CHECK(deque.pop() == items + 3);
  CHECK(deque.pop_oldest() == items + 1);
  CHECK_FALSE(deque.looks_empty());
  CHECK(deque.pop() == items + 2);
  CHECK(deque.pop() == nullptr);
  CHECK(deque.pop_oldest() == nullptr);
  CHECK(deque.empty());
}

TEST_CASE("deque: of private pushes the oldest few are open to thieves") {
  constexpr int n = 40;
  constexpr int open = weir::limits::deque_public_min;
  int items[n];
  Deque deque(64);
  for (int i = 0; i < n; ++i)
    REQUIRE(deque.push_private(items + i) == (i < open ? Pushed::published : Pushed::hidden));
  CHECK_FALSE(deque.private_empty());
  for (int i = 0; i < open; ++i) CHECK(deque.steal() == items + i);
  CHECK(deque.steal() == nullptr);
  CHECK(deque.looks_empty());
  CHECK(deque.pop() == items + n - 1);
  CHECK(deque.pop_oldest() == items + open);
  int extra = 0;
  REQUIRE(deque.push_private(&extra) == Pushed::published);
  CHECK(deque.steal() == items + open + 1);
  CHECK(deque.pop() == &extra);
  for (int i = n - 2; i >= open + 2; --i) CHECK(deque.pop() == items + i);
  CHECK(deque.empty());
}

TEST_CASE("deque: an owner that only pops opens more when thieves have taken what was open") {
  constexpr int n = 12;
  constexpr int open = weir::limits::deque_public_min;
  static_assert(n > 2 * open);
  int items[n];
  Deque deque(16);
  CHECK_FALSE(deque.top_up());
  for (int& item : items) REQUIRE(deque.push_private(&item) != Pushed::refused);
  CHECK_FALSE(deque.top_up());
  for (int i = 0; i < open; ++i) CHECK(deque.steal() == items + i);
  CHECK(deque.pop() == items + n - 1);
  CHECK(deque.steal() == nullptr);
  CHECK(deque.top_up());
  CHECK_FALSE(deque.top_up());
  for (int i = open; i < 2 * open; ++i) CHECK(deque.steal() == items + i);
  CHECK(deque.steal() == nullptr);
  while (deque.pop() != nullptr) {
  }
  CHECK_FALSE(deque.top_up());
  CHECK(deque.empty());
}

TEST_CASE("deque: push publishes what push_private left private") {
  constexpr int n = 20;
  int items[n];
  Deque deque(32);
  for (int i = 0; i + 1 < n; ++i) REQUIRE(deque.push_private(items + i) != Pushed::refused);
  REQUIRE(deque.push(items + n - 1));
  CHECK(deque.private_empty());
  for (int& item : items) CHECK(deque.steal() == &item);
}

TEST_CASE("deque: push_n adds what fits and publishes all, the last one newest") {
  int items[6];
  int* list[6];
  for (int i = 0; i < 6; ++i) list[i] = items + i;
  Deque deque(8);
  CHECK(deque.push_n(list, 0) == 0);
  CHECK(deque.looks_empty());
  REQUIRE(deque.push_private(items) == Pushed::published);
  CHECK(deque.push_n(list + 1, 5) == 5);
  CHECK(deque.private_empty());
  CHECK(deque.push_n(list, 6) == 2);
  CHECK(deque.push_n(list, 6) == 0);
  CHECK(deque.steal() == items);
  CHECK(deque.pop() == items + 1);
  CHECK(deque.pop() == items);
  CHECK(deque.pop() == items + 5);
  for (int i = 1; i < 5; ++i) CHECK(deque.steal() == items + i);
  CHECK(deque.empty());
}

TEST_CASE("deque: a capacity of one, and many laps") {
  for (std::uint32_t capacity : {1U, 2U, 8U}) {
    Deque deque(capacity);
    int item = 0;
    for (int lap = 0; lap < 100; ++lap) {
      for (std::uint32_t i = 0; i < capacity; ++i) {
        REQUIRE((lap % 2 == 0 ? deque.push(&item) : deque.push_private(&item) != Pushed::refused));
      }
      CHECK(deque.push_private(&item) == Pushed::refused);
      for (std::uint32_t i = 0; i < capacity; ++i) {
        int* taken = i % 3 == 0 ? deque.pop() : i % 3 == 1 ? deque.pop_oldest() : deque.steal();
        REQUIRE(taken == &item);
      }
      REQUIRE(deque.empty());
    }
  }
}

TEST_CASE("deque: the largest capacity fills and empties") {
  Deque deque(weir::limits::deque_slots_max);
  int item = 0;
  for (std::uint32_t i = 0; i < weir::limits::deque_slots_max; ++i) REQUIRE(deque.push(&item));
  CHECK_FALSE(deque.push(&item));
  CHECK_FALSE(deque.looks_empty());
  for (std::uint32_t i = 0; i < weir::limits::deque_slots_max; ++i) REQUIRE(deque.steal() == &item);
  CHECK(deque.empty());
}

TEST_CASE("deque: a leap is refused in another generation") {
  Deque deque(4);
  int item = 0;
  const std::uint16_t before = deque.generation();
  REQUIRE(deque.push(&item));
  deque.raise_generation();
  CHECK(deque.generation() == static_cast<std::uint16_t>(before + 1));
  CHECK(deque.steal_if_generation(before) == nullptr);
  CHECK(deque.steal_if_generation(deque.generation()) == &item);
  for (int i = 0; i < 65'536; ++i) deque.raise_generation();
  CHECK(deque.generation() == static_cast<std::uint16_t>(before + 1));
  CHECK(deque.empty());
}

TEST_CASE("deque: stress, each item is taken once") {
  constexpr int total = 60'000;
  constexpr int thieves = 2;
  for (std::uint32_t capacity : {2U, 64U}) {
    Deque deque(capacity);
    std::vector<int> items(total);
    std::vector<std::atomic<int>> taken(total);
    std::atomic<bool> done{false};
    const auto take = [&](int* item) {
      if (item != nullptr) taken[static_cast<std::size_t>(item - items.data())].fetch_add(1);
    };
    std::vector<std::thread> threads;
    for (int t = 0; t < thieves; ++t) {
      threads.emplace_back([&, t] {
        while (!done.load()) take(t == 0 ? deque.steal() : deque.steal_if_generation(deque.generation()));
      });
    }
    for (int i = 0; i < total; ++i) {
      int* item = &items[static_cast<std::size_t>(i)];
      while (!(i % 3 == 0 ? deque.push(item) : deque.push_private(item) != Pushed::refused)) take(deque.pop());
      if (i % 5 == 0) take(deque.pop());
      if (i % 7 == 0) take(deque.pop_oldest());
      if (i % 11 == 0) deque.raise_generation();
    }
    while (!deque.empty()) take(deque.pop());
    done.store(true);
    for (std::thread& thread : threads) thread.join();
    int wrong = 0;
    for (std::atomic<int>& count : taken) wrong += count.load() != 1 ? 1 : 0;
    CHECK(wrong == 0);
  }
}
