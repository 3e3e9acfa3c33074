// ring_test.cpp: Ring<T> of <weir/ring.hpp>.
#include <weir/ring.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

using weir::Ring;
using weir::Status;

TEST_CASE("ring: capacity is exact for any size") {
  for (std::size_t n : {1U, 2U, 3U, 5U, 7U, 8U, 100U}) {
    Ring<std::size_t> ring(n);
    CHECK(ring.capacity() == n);
    for (std::size_t lap = 0; lap < 3; ++lap) {
      for (std::size_t i = 0; i < n; ++i) REQUIRE(ring.push(lap * n + i) == Status::accepted);
      CHECK(ring.size() == n);
      CHECK(ring.push(std::size_t{0}) == Status::would_block);
      for (std::size_t i = 0; i < n; ++i) {
        std::size_t item = 0;
        REQUIRE(ring.pop(item) == Status::accepted);
        CHECK(item == lap * n + i);
      }
      std::size_t item = 77;
      CHECK(ring.pop(item) == Status::would_block);
      CHECK(item == 77);
      CHECK(ring.empty());
    }
  }
}

TEST_CASE("ring: push on full returns would_block and leaves the item") {
  Ring<std::unique_ptr<int>> ring(1);
  REQUIRE(ring.push(std::make_unique<int>(1)) == Status::accepted);
  auto item = std::make_unique<int>(2);
  CHECK(ring.push(std::move(item)) == Status::would_block);
  REQUIRE(item != nullptr);
  CHECK(*item == 2);
}

TEST_CASE("ring: push_n and pop_n take the longest prefix") {
  Ring<int> ring(5);
  int items[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  CHECK(ring.push_n(items, 0) == 0);
  CHECK(ring.push_n(items, 3) == 3);
  CHECK(ring.push_n(items + 3, 5) == 2);
  CHECK(ring.push_n(items, 1) == 0);
  int out[8] = {};
  CHECK(ring.pop_n(out, 2) == 2);
  CHECK(ring.push_n(items + 5, 3) == 2);
  CHECK(ring.pop_n(out + 2, 6) == 5);
  for (int i = 0; i < 7; ++i) CHECK(out[i] == i);
  CHECK(ring.pop_n(out, 8) == 0);
}

TEST_CASE("ring: an item is destroyed at pop, and the rest with the ring") {
  auto token = std::make_shared<int>(0);
  {
    Ring<std::shared_ptr<int>> ring(3);
    for (int i = 0; i < 3; ++i) REQUIRE(ring.push(std::shared_ptr<int>(token)) == Status::accepted);
    CHECK(token.use_count() == 4);
    {
      std::shared_ptr<int> item;
      REQUIRE(ring.pop(item) == Status::accepted);
    }
    CHECK(token.use_count() == 3);
  }
  CHECK(token.use_count() == 1);
}

TEST_CASE("ring: the slot's index equals ticket mod capacity") {
  for (std::uint64_t n : {1ULL, 2ULL, 3ULL, 6ULL, 7ULL, 1000ULL, 1024ULL, (1ULL << 33) + 1}) {
    const weir::detail::Wrap wrap(n);
    const std::uint64_t bases[] = {0, n - 1, 5 * n - 1, (1ULL << 32) - 3, (1ULL << 63) - 7, ~0ULL - 40};
    for (const std::uint64_t base : bases) {
      for (std::uint64_t i = 0; i < 20; ++i) REQUIRE(wrap.index(base + i) == (base + i) % n);
    }
  }
}

namespace {

/// Runs producers and consumers over one ring; checks that each item arrives once, in its producer's order.
template <std::memory_order Publish>
void stress(std::size_t capacity, int producers, int consumers, std::size_t batch) {
  constexpr std::uint64_t per_producer = 20'000;
  Ring<std::uint64_t, Publish> ring(capacity);
  const auto total = per_producer * static_cast<std::uint64_t>(producers);
  std::atomic<std::uint64_t> received{0}, sum{0};
  std::atomic<int> out_of_order{0};
  std::vector<std::thread> threads;
  for (int p = 0; p < producers; ++p) {
    threads.emplace_back([&, p] {
      std::vector<std::uint64_t> items(batch);
      for (std::uint64_t next = 0; next < per_producer;) {
        const std::size_t n = std::min<std::size_t>(batch, per_producer - next);
        for (std::size_t i = 0; i < n; ++i) items[i] = (static_cast<std::uint64_t>(p) << 32) | (next + i);
        const std::size_t done = ring.push_n(items.data(), n);
        if (done == 0) std::this_thread::yield();
        next += done;
      }
    });
  }
  for (int c = 0; c < consumers; ++c) {
    threads.emplace_back([&] {
      std::vector<std::uint64_t> items(batch);
      std::vector<std::uint64_t> least(static_cast<std::size_t>(producers), 0);
      while (received.load() < total) {
        const std::size_t n = ring.pop_n(items.data(), batch);
        if (n == 0) std::this_thread::yield();
        for (std::size_t i = 0; i < n; ++i) {
          const std::uint64_t sequence = items[i] & 0xffffffff;
          std::uint64_t& bound = least[items[i] >> 32];
          if (sequence < bound) out_of_order.fetch_add(1);
          bound = sequence + 1;
          sum.fetch_add(sequence);
        }
        received.fetch_add(n);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(received.load() == total);
  CHECK(sum.load() == static_cast<std::uint64_t>(producers) * (per_producer * (per_producer - 1) / 2));
  CHECK(out_of_order.load() == 0);
  CHECK(ring.empty());
}

}  // namespace

TEST_CASE("ring: smoke mpmc, each item once, in its producer's order") {
  stress<weir::seq_cst>(1, 2, 2, 1);
  stress<weir::seq_cst>(3, 3, 2, 2);
  stress<weir::release>(64, 2, 3, 16);
}
