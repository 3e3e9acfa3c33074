// tasks_weir.cpp: weir's tasks. Static shapes (chain_1m, wide_100k, wavefront_512) are TaskGraphs,
// in graphs_weir.cpp; the same shapes made of spawned tasks are the patterns ending in _spawn here.
#include <cstdlib>
#include <weir/runtime.hpp>

#include "pool_patterns.hpp"

namespace weir::bench {
namespace {

class WeirPool {
 public:
  explicit WeirPool(int workers = worker_count, bool recorded = true)
      : runtime_(Runtime::start(config(workers, recorded)).value()),
        producer_(runtime_->producer("bench").value()) {}

  template <class F>
  void submit(F f) {
    Patience patience;
    while (producer_.submit(f).status == Status::would_block) patience.wait();
  }
  template <class F>
  void submit_n(F* f, std::size_t n) {
    Patience patience;
    Outcome outcome;
    for (std::size_t done = 0; done < n;) {
      const std::size_t count = producer_.submit_n(f + done, n - done, outcome);
      done += count;
      count == 0 ? patience.wait() : patience.reset();
    }
  }
  void wait() {
    if (runtime_->barrier().status != Status::accepted) std::abort();
  }
  template <class F>
  void spawn(F f) {
    if (weir::spawn_or_run(f).status != Status::accepted) std::abort();
  }
  template <class F>
  void spawn_last(F f) {
    weir::spawn_last(f);
  }
  Runtime& runtime() { return *runtime_; }

 private:
  static Config config(int workers, bool recorded) {
    Config config;
    if (!recorded) config.trace_events = 0;
    config.workers = workers;
    config.task_slots = 1U << 17;
    config.inbox_slots = ring_capacity;
    config.schedule = Schedule::stealing();
    return config;
  }
  std::unique_ptr<Runtime> runtime_;
  Producer producer_;
};

/// Without the flight recorder.
struct UnrecordedPool : WeirPool {
  UnrecordedPool() : WeirPool(worker_count, false) {}
};

void inbox_1p1c(benchmark::State& state) {
  constexpr std::size_t items = 50'000;
  WeirPool pool(1);
  std::vector<std::uint32_t> cells(items);
  for (auto _ : state) {
    for (std::uint32_t& cell : cells) pool.submit(CountCell{&cell});
    pool.wait();
  }
  finish(state, items, all_are(cells, state.iterations()));
}

std::uint64_t fib(int n) {
  if (n < 2) return static_cast<std::uint64_t>(n);
  std::uint64_t a = 0, b = 0;
  fork_join([&] { a = fib(n - 1); }, [&] { b = fib(n - 2); });
  return a + b;
}

template <class P>
void fib32(benchmark::State& state) {
  P pool;
  std::uint64_t result = 0;
  bool right = true;
  for (auto _ : state) {
    right &= pool.runtime().run([&] { result = fib(fib_argument); }) == Status::accepted &&
             result == fib_value;
  }
  finish(state, fib_calls, right);
}

void start_stop(benchmark::State& state) {
  Config config;
  config.workers = worker_count;
  config.schedule = Schedule::stealing();
  bool right = true;
  for (auto _ : state) {
    const std::unique_ptr<Runtime> runtime = Runtime::start(config).value();
    right &= runtime->stop_until(never) == Status::accepted;
  }
  finish(state, 1, right);
}

const AddAll all([] {
  Add("inbox_1p1c", "weir", inbox_1p1c);
  Add("task_external", "weir", task_external<WeirPool>);
  Add("task_external_n64", "weir", task_external_n64<WeirPool>);
  Add("task_external", "weir_unrecorded", task_external<UnrecordedPool>);
  Add("fib32", "weir", fib32<WeirPool>);
  Add("fib32", "weir_unrecorded", fib32<UnrecordedPool>);
  Add("chain_1m_spawn", "weir", chain_1m<WeirPool>);
  Add("wide_100k_spawn", "weir", wide_100k<WeirPool>);
  Add("wavefront_512_spawn", "weir", wavefront_512<WeirPool>);
  Add("barrier_hot", "weir", barrier_hot<WeirPool>);
  Add("barrier_hot", "weir_unrecorded", barrier_hot<UnrecordedPool>);
  Add("barrier_parked", "weir", barrier_parked<WeirPool>);
  Add("start_stop", "weir", start_stop);
});

}  // namespace
}  // namespace weir::bench
