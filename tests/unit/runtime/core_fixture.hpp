// core_fixture.hpp: what the tests of the runtime's core share.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <weir/futex.hpp>
#include <weir/memory.hpp>
#include <weir/runtime.hpp>
#include <weir/task_graph.hpp>

namespace weir::test {

inline std::unique_ptr<Runtime> start_with(int workers, std::uint32_t task_slots = 1024,
                                           std::uint32_t inbox_slots = 256) {
  Config config;
  config.workers = workers;
  config.task_slots = task_slots;
  config.inbox_slots = inbox_slots;
  config.schedule = Schedule::stealing();
  return Runtime::start(config).value();
}

/// For cases that say how much room there is: skipped under WEIR_SMALLEST=1.
inline const doctest::skip needs_room(detail::smallest_bounds());

/// The worker counts that promises are tested with; 0: the caller drives.
inline const std::vector<int>& worker_counts() {
  static const std::vector<int> counts{0, 1, 2, 4, 8};
  return counts;
}

/// Submits until it is taken; where there are no threads, driving makes the room.
template <class F>
void submit_all(Runtime& runtime, Producer& producer, F f, Submit options = {}) {
  for (;;) {
    const Outcome outcome = producer.submit(f, options);
    if (outcome.status == Status::accepted) return;
    REQUIRE(outcome.status == Status::would_block);
    if (runtime.run_until_idle() == 0) std::this_thread::yield();
  }
}

/// A place where tasks wait until the test lets them go on: a gate, not a sleep.
class Gate {
 public:
  void pass() {
    arrived_.fetch_add(1);
    while (open_.load() == 0) static_cast<void>(futex_wait(open_, 0));
  }
  void open() {
    open_.store(1);
    futex_wake_all(open_);
  }
  void await(int n) const {
    while (arrived_.load() < n) std::this_thread::yield();
  }

 private:
  atomic<std::uint32_t> open_{0};
  std::atomic<int> arrived_{0};
};

/// Prints every worker's state and aborts when a test has not ended after `seconds`.
class Watchdog {
 public:
  Watchdog(Runtime& runtime, int seconds)
      : thread_([this, &runtime, seconds] {
          const Deadline deadline = after_ms(static_cast<std::uint64_t>(seconds) * 1000);
          while (done_.load() == 0) {
            if (!futex_wait(done_, 0, deadline)) {
              std::fprintf(stderr, "watchdog: the test hangs\n");
              runtime.dump(stderr);
              std::abort();
            }
          }
        }) {}
  ~Watchdog() {
    done_.store(1);
    futex_wake_all(done_);
    thread_.join();
  }

 private:
  atomic<std::uint32_t> done_{0};
  std::thread thread_;
};

}  // namespace weir::test
