// pools.hpp: pools with a number of workers and one shape: submit, which is true when the task was
// taken, wait, and spawn inside of a task: weir's runtime, our references, oneTBB's two ways.
//
// weir's submit answers would_block instead of taking without bound; BarePool waits while its inbox
// is full; the others take everything.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <weir/runtime.hpp>

#include "reference_pool.hpp"

#if defined(WEIR_BENCH_HAS_TBB)
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>
#endif

namespace weir::bench {

class WeirRuntime {
 public:
  explicit WeirRuntime(int workers)
      : runtime_(Runtime::start(config(workers)).value()),
        producer_(runtime_->producer("bench").value()) {}
  template <class F>
  bool submit(F f) {
    return producer_.submit(f).status == Status::accepted;
  }
  /// Helps.
  void wait() {
    if (runtime_->barrier().status != Status::accepted) std::abort();
  }
  /// Leaves the work to the workers.
  void wait_asleep() {
    if (runtime_->barrier_until(after_ms(600'000)).status != Status::accepted) std::abort();
  }
  Runtime& runtime() { return *runtime_; }
  template <class F>
  void spawn(F f) {
    if (weir::spawn_or_run(f).status != Status::accepted) std::abort();
  }

 private:
  static Config config(int workers) {
    Config config;
    config.workers = workers;
    config.schedule = Schedule::stealing();
    return config;
  }
  std::unique_ptr<Runtime> runtime_;
  Producer producer_;
};

/// MutexPool and BarePool take everything (BarePool waits while its inbox is full).
template <class Pool>
class Unbounded {
 public:
  explicit Unbounded(int workers) : pool_(workers) {}
  template <class F>
  bool submit(F f) {
    pool_.submit(f);
    return true;
  }
  void wait() { pool_.wait(); }
  template <class F>
  void spawn(F f) {
    pool_.spawn(f);
  }

 private:
  Pool pool_;
};

#if defined(WEIR_BENCH_HAS_TBB)
/// task_group as it is meant: the submitting thread is outside, `workers` others run the tasks.
class TaskGroup {
 public:
  explicit TaskGroup(int workers)
      : threads_(tbb::global_control::max_allowed_parallelism,
                 static_cast<std::size_t>(workers) + 1),
        arena_(workers + 1, 1) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup() { wait(); }
  template <class F>
  bool submit(F f) {
    arena_.execute([&] { group_.run(f); });
    return true;
  }
  void wait() {
    arena_.execute([&] { group_.wait(); });
  }
  template <class F>
  void spawn(F f) {
    group_.run(f);
  }

 private:
  tbb::global_control threads_;
  tbb::task_arena arena_;
  tbb::task_group group_;
};

/// task_arena::enqueue: fire and forget, counted here so that one can wait.
class ArenaEnqueue {
 public:
  explicit ArenaEnqueue(int workers)
      : threads_(tbb::global_control::max_allowed_parallelism,
                 static_cast<std::size_t>(workers) + 1),
        arena_(workers, 0) {}
  template <class F>
  bool submit(F f) {
    live_.fetch_add(1, std::memory_order_relaxed);
    arena_.enqueue([this, f] {
      f();
      live_.fetch_sub(1, std::memory_order_release);
    });
    return true;
  }
  void wait() {
    while (live_.load(std::memory_order_acquire) != 0) usleep(50);
  }
  template <class F>
  void spawn(F f) {
    submit(f);
  }

 private:
  tbb::global_control threads_;
  tbb::task_arena arena_;
  std::atomic<std::int64_t> live_{0};
};
#endif

}  // namespace weir::bench
