#include <algorithm>
#include <set>
#include <thread>

#include "core_fixture.hpp"

using namespace weir;
using namespace weir::test;

namespace {

long fib(int n) {
  if (n < 2) return n;
  long a = 0;
  long b = 0;
  fork_join([&] { a = fib(n - 1); }, [&] { b = fib(n - 2); });
  return a + b;
}

}  // namespace

TEST_CASE("fork_join: fib is right with any number of workers") {
  for (const int workers : worker_counts()) {
    CAPTURE(workers);
    auto runtime = start_with(workers, 1, 1);  // children need no slot
    const Watchdog dog(*runtime, 60);
    for (int round = 0; round < 5; ++round) {
      long result = 0;
      CHECK(runtime->run([&result] { result = fib(18); }) == Status::accepted);
      CHECK(result == 2584);
    }
    CHECK(runtime->metrics().total.lost_wakeups == 0);
  }
}

TEST_CASE("fork_join: children that were private on the way down are had by others on the way back" *
          needs_room) {
  constexpr int depth = 20;
  constexpr int open = static_cast<int>(limits::deque_public_min);
  auto runtime = start_with(2);
  const Watchdog dog(*runtime, 60);
  std::atomic<int> by_owner{0}, by_others{0};
  std::atomic<bool> at_the_bottom{false};
  CHECK(runtime->run([&] {
    const int owner = worker_index();
    const auto child = [&] {
      if (worker_index() != owner) {
        while (!at_the_bottom) std::this_thread::yield();
        ++by_others;
        return;
      }
      // Without more that is open the others would have nothing, however long this child takes.
      const int ran = ++by_owner;
      while (by_others < std::min(open * ran, depth - ran)) std::this_thread::yield();
    };
    const auto walk = [&](const auto& self, int left) -> void {
      if (left == 0) {
        at_the_bottom = true;
        return;
      }
      fork_join([&] { self(self, left - 1); }, child);
    };
    walk(walk, depth);
  }) == Status::accepted);
  CHECK(by_owner + by_others == depth);
}

TEST_CASE("fork_join: outside of tasks everything runs in the calling thread, in order") {
  std::string order;
  fork_join([&] { order += 'a'; }, [&] { order += 'b'; }, [&] { order += 'c'; });
  CHECK(order == "abc");
  long sum = 0;
  parallel_for(3, 10, 2, [&](std::size_t i) { sum += static_cast<long>(i); });
  CHECK(sum == 42);
}

TEST_CASE("fork_join: parallel_for visits every index once") {
  for (const int workers : worker_counts()) {
    CAPTURE(workers);
    auto runtime = start_with(workers);
    std::vector<std::atomic<int>> seen(10'000);
    CHECK(runtime->run([&] {
      parallel_for(0, seen.size(), 7, [&](std::size_t i) { ++seen[i]; });
    }) == Status::accepted);
    int wrong = 0;
    for (const auto& s : seen) wrong += s != 1;
    CHECK(wrong == 0);
    CHECK(runtime->run([&] { parallel_for(5, 5, 1, [&](std::size_t i) { ++seen[i]; }); }) ==
          Status::accepted);
    CHECK(seen[5] == 1);
  }
}

TEST_CASE("fork_join: several functions all end") {
  auto runtime = start_with(4);
  int a = 0, b = 0, c = 0, d = 0;
  CHECK(runtime->run([&] {
    fork_join([&] { a = 1; }, [&] { b = 2; }, [&] { c = 3; }, [&] { d = 4; });
  }) == Status::accepted);
  CHECK(a + b + c + d == 10);
}

TEST_CASE("fork_join: a throw is rethrown after all children have ended, wherever they ran") {
  for (const int workers : {0, 1, 2, 4}) {
    CAPTURE(workers);
    auto runtime = start_with(workers);
    const Watchdog dog(*runtime, 60);
    for (int thrower = 0; thrower < 3; ++thrower) {
      std::atomic<int> ended{0};
      std::string text;
      CHECK(runtime->run([&] {
        const auto part = [&](int i) {
          if (i == thrower) throw std::runtime_error("part");
          ++ended;
        };
        try {
          fork_join([&] { part(0); }, [&] { part(1); }, [&] { part(2); });
        } catch (const std::exception& e) {
          text = e.what();
        }
        CHECK(ended == 2);
      }) == Status::accepted);
      CHECK(text == "part");
    }
  }
}

TEST_CASE("fork_join: a stolen child runs elsewhere while the joiner waits") {
  auto runtime = start_with(2);
  const Watchdog dog(*runtime, 60);
  std::set<int> indices;
  for (int round = 0; round < 50 && indices.size() < 2; ++round) {
    Gate gate;
    int first = -1;
    int second = -1;
    CHECK(runtime->run([&] {
      fork_join(
          [&] {
            first = worker_index();
            gate.await(1);  // the child has begun: on another stack, because this one is here
            gate.open();
          },
          [&] {
            second = worker_index();
            gate.pass();
          });
    }) == Status::accepted);
    indices = {first, second};
  }
  CHECK(indices.size() == 2);
}

TEST_CASE("fork_join: tasks spawned inside children belong to the same scope") {
  for (const int workers : {0, 2, 4}) {
    auto runtime = start_with(workers);
    std::atomic<int> count{0};
    CHECK(runtime->run([&] {
      parallel_for(0, 64, 1,
                   [&](std::size_t) { static_cast<void>(spawn_or_run([&count] { ++count; })); });
    }) == Status::accepted);
    CHECK(count == 64);
  }
}

TEST_CASE("fork_join: deeper than the deque runs serially instead of failing") {
  auto runtime = start_with(1);
  std::atomic<long> sum{0};
  struct Deep {
    static void go(int n, std::atomic<long>& sum) {
      if (n == 0) return;
      fork_join([&] { go(n - 1, sum); }, [&] { ++sum; });
    }
  };
  CHECK(runtime->run([&] { Deep::go(6000, sum); }) == Status::accepted);
  CHECK(sum == 6000);
}
