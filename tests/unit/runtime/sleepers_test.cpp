// sleepers_test.cpp: Sleepers of <weir/detail/sleepers.hpp>.
#include <weir/detail/sleepers.hpp>

#include <doctest/doctest.h>
#include <weir/futex.hpp>

#include <atomic>
#include <thread>
#include <vector>

using weir::detail::Sleepers;
using weir::detail::WorkerMask;

TEST_CASE("sleepers: nobody sleeps, nobody is woken") {
  Sleepers none(0);
  CHECK(none.notify() == -1);
  Sleepers sleepers(3);
  CHECK(sleepers.notify() == -1);
  CHECK_FALSE(sleepers.take(1));
  CHECK(sleepers.sleeping() == 0);
}

TEST_CASE("sleepers: notify takes one, counts it as searching, then skips while it searches") {
  Sleepers sleepers(3);
  for (int w = 0; w < 3; ++w) {
    sleepers.begin_search();
    sleepers.prepare(w);
  }
  CHECK(sleepers.sleeping() == 3);
  CHECK(sleepers.searching() == 0);
  const int woken = sleepers.notify();
  REQUIRE(woken >= 0);
  CHECK(sleepers.word(woken).load() == 1);
  CHECK(sleepers.searching() == 1);
  CHECK(sleepers.notify() == -1);
  CHECK_FALSE(sleepers.cancel(woken));
  CHECK(sleepers.found());
  CHECK(sleepers.notify() >= 0);
  CHECK(sleepers.sleeping() == 1);
}

TEST_CASE("sleepers: a near one is preferred, any other comes next, also beyond 64") {
  Sleepers sleepers(200);
  for (int w : {3, 70, 199}) {
    sleepers.begin_search();
    sleepers.prepare(w);
  }
  WorkerMask near;
  near.add(199);
  CHECK(near.has(199));
  CHECK_FALSE(near.has(3));
  CHECK(sleepers.notify(&near) == 199);
  CHECK(sleepers.found());
  CHECK(sleepers.notify(&near) == 3);
  CHECK(sleepers.found());
  CHECK(sleepers.asleep(70));
  CHECK(sleepers.notify() == 70);
  CHECK(sleepers.found());
  CHECK(sleepers.notify() == -1);
}

TEST_CASE("sleepers: cancel takes the flag back and searches again") {
  Sleepers sleepers(2);
  sleepers.begin_search();
  sleepers.prepare(1);
  CHECK(sleepers.searching() == 0);
  CHECK(sleepers.cancel(1));
  CHECK(sleepers.searching() == 1);
  CHECK(sleepers.sleeping() == 0);
  CHECK(sleepers.found());
}

TEST_CASE("sleepers: take wakes that one, however many search") {
  Sleepers sleepers(2);
  sleepers.begin_search();
  sleepers.prepare(0);
  sleepers.begin_search();
  CHECK(sleepers.take(0));
  CHECK_FALSE(sleepers.take(0));
  CHECK_FALSE(sleepers.found());
  CHECK(sleepers.found());
}

TEST_CASE("sleepers: stress, no publication is left while all sleep") {
  constexpr int workers = 3, producers = 2;
  constexpr int per_producer = 5'000;
  Sleepers sleepers(workers);
  std::atomic<int> items{0};
  std::atomic<int> taken{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  const auto wake = [&](int w) {
    if (w >= 0) weir::futex_wake(sleepers.word(w));
  };
  const auto try_take = [&] {
    for (int n = items.load(); n > 0;) {
      if (items.compare_exchange_weak(n, n - 1)) return true;
    }
    return false;
  };
  for (int w = 0; w < workers; ++w) {
    threads.emplace_back([&, w] {
      sleepers.begin_search();
      for (;;) {
        const std::uint64_t seen = sleepers.published();
        if (try_take()) {
          if (sleepers.found()) wake(sleepers.notify());
          taken.fetch_add(1);
          sleepers.begin_search();
          continue;
        }
        if (stop.load()) break;
        sleepers.prepare(w);
        if (sleepers.published() == seen && !stop.load()) {
          while (sleepers.word(w).load() == 0) weir::futex_wait(sleepers.word(w), 0);
        }
        sleepers.cancel(w);
      }
    });
  }
  for (int p = 0; p < producers; ++p) {
    threads.emplace_back([&] {
      for (int i = 0; i < per_producer; ++i) {
        items.fetch_add(1);
        sleepers.bump();
        wake(sleepers.notify());
      }
    });
  }
  // All are taken without any further publication: a lost wake-up would leave this loop for ever.
  while (taken.load() < producers * per_producer) std::this_thread::yield();
  stop.store(true);
  sleepers.bump();
  for (int w = 0; w < workers; ++w) {
    if (sleepers.take(w)) weir::futex_wake(sleepers.word(w));
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(taken.load() == producers * per_producer);
}
