// tasks_tbb.cpp: oneTBB's task_group: the waiting thread is one of its two threads, as oneTBB means
// it.
#include "pool_patterns.hpp"

#if defined(WEIR_BENCH_HAS_TBB)
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_group.h>

namespace weir::bench {
namespace {

class TbbPool {
 public:
  ~TbbPool() { group_.wait(); }
  template <class F>
  void submit(F f) {
    group_.run(f);
  }
  template <class F>
  void submit_n(F* f, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) group_.run(f[i]);
  }
  void wait() { group_.wait(); }
  template <class F>
  void spawn(F f) {
    group_.run(f);
  }
  template <class F>
  void spawn_last(F f) {
    group_.run(f);
  }

 private:
  tbb::global_control threads_{tbb::global_control::max_allowed_parallelism, worker_count};
  tbb::task_group group_;
};

std::uint64_t fib(int n) {
  if (n < 2) return static_cast<std::uint64_t>(n);
  std::uint64_t a = 0, b = 0;
  tbb::task_group group;
  group.run([&b, n] { b = fib(n - 2); });
  a = fib(n - 1);
  group.wait();
  return a + b;
}

void fib32(benchmark::State& state) {
  const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, worker_count);
  bool right = true;
  for (auto _ : state) right &= fib(fib_argument) == fib_value;
  finish(state, fib_calls, right);
}

void start_stop(benchmark::State& state) {
  std::atomic<int> ran{0};
  bool right = true;
  for (auto _ : state) {
    tbb::task_scheduler_handle handle{tbb::attach{}};
    ran.store(0, std::memory_order_relaxed);
    tbb::parallel_for(0, worker_count, [&](int) { ran.fetch_add(1, std::memory_order_relaxed); });
    right &=
        ran.load(std::memory_order_relaxed) == worker_count && tbb::finalize(handle, std::nothrow);
  }
  finish(state, 1, right);
}

const AddAll all([] {
  Add("task_external", "tbb", task_external<TbbPool>);
  Add("task_external_n64", "tbb", task_external_n64<TbbPool>);
  Add("fib32", "tbb", fib32);
  Add("chain_1m", "tbb_task_group", chain_1m<TbbPool>);
  Add("wide_100k", "tbb_task_group", wide_100k<TbbPool>);
  Add("wavefront_512", "tbb_task_group", wavefront_512<TbbPool>);
  Add("stream_4x64", "tbb_task_group", stream_4x64<TbbPool>);
  Add("barrier_hot", "tbb", barrier_hot<TbbPool>);
  Add("barrier_parked", "tbb", barrier_parked<TbbPool>);
  Add("start_stop", "tbb", start_stop);
});

}  // namespace
}  // namespace weir::bench
#endif
