// lane_test.cpp: Lane<T> of <weir/lane.hpp>.
#include <weir/lane.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

using weir::Lane;
using weir::Status;

TEST_CASE("lane: capacity is exact for any size") {
  for (std::size_t n : {1U, 2U, 3U, 7U, 8U}) {
    Lane<std::size_t> lane(n);
    CHECK(lane.capacity() == n);
    CHECK(lane.bytes() == n * sizeof(std::size_t));
    for (std::size_t lap = 0; lap < 5; ++lap) {
      for (std::size_t i = 0; i < n; ++i) REQUIRE(lane.push(lap * 100 + i) == Status::accepted);
      CHECK(lane.size() == n);
      CHECK(lane.push(std::size_t{0}) == Status::would_block);
      for (std::size_t i = 0; i < n; ++i) {
        std::size_t item = 0;
        CHECK_FALSE(lane.empty());
        REQUIRE(lane.pop(item) == Status::accepted);
        CHECK(item == lap * 100 + i);
      }
      std::size_t item = 7;
      CHECK(lane.pop(item) == Status::would_block);
      CHECK(item == 7);
      CHECK(lane.empty());
    }
  }
}

TEST_CASE("lane: push on full returns would_block and leaves the item") {
  Lane<std::unique_ptr<int>> lane(1);
  REQUIRE(lane.push(std::make_unique<int>(1)) == Status::accepted);
  auto item = std::make_unique<int>(2);
  CHECK(lane.push(std::move(item)) == Status::would_block);
  REQUIRE(item != nullptr);
  CHECK(*item == 2);
}

TEST_CASE("lane: push_n and pop_n take the longest prefix") {
  Lane<int> lane(3);
  int items[5] = {0, 1, 2, 3, 4};
  CHECK(lane.push_n(items, 5) == 3);
  int out[5] = {};
  CHECK(lane.pop_n(out, 2) == 2);
  CHECK(lane.push_n(items + 3, 2) == 2);
  CHECK(lane.pop_n(out + 2, 5) == 3);
  for (int i = 0; i < 5; ++i) CHECK(out[i] == i);
}

TEST_CASE("lane: an item is destroyed at pop, and the rest with the lane") {
  auto token = std::make_shared<int>(0);
  {
    Lane<std::shared_ptr<int>> lane(3);
    std::shared_ptr<int> item;
    for (int i = 0; i < 2; ++i) {
      REQUIRE(lane.push(std::shared_ptr<int>(token)) == Status::accepted);
      REQUIRE(lane.pop(item) == Status::accepted);
      item.reset();
    }
    CHECK(token.use_count() == 1);
    for (int i = 0; i < 3; ++i) REQUIRE(lane.push(std::shared_ptr<int>(token)) == Status::accepted);
    CHECK(token.use_count() == 4);
  }
  CHECK(token.use_count() == 1);
}

TEST_CASE("lane: spsc, each item once and in order") {
  for (std::size_t capacity : {1U, 3U, 64U}) {
    constexpr std::uint64_t total = 30'000;
    Lane<std::uint64_t> lane(capacity);
    std::thread producer([&] {
      std::uint64_t items[5];
      for (std::uint64_t next = 0; next < total;) {
        const std::size_t n = std::min<std::size_t>(1 + next % 5, total - next);
        for (std::size_t i = 0; i < n; ++i) items[i] = next + i;
        const std::size_t done = lane.push_n(items, n);
        if (done == 0) std::this_thread::yield();
        next += done;
      }
    });
    std::uint64_t wrong = 0;
    std::uint64_t items[4];
    for (std::uint64_t next = 0; next < total;) {
      const std::size_t n = lane.pop_n(items, 1 + next % 4);
      for (std::size_t i = 0; i < n; ++i) wrong += items[i] != next++ ? 1 : 0;
      if (n == 0) std::this_thread::yield();
    }
    producer.join();
    CHECK(wrong == 0);
    CHECK(lane.empty());
  }
}
