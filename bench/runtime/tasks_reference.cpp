// tasks_reference.cpp: `bare` and `mutex` in the task patterns; start_stop/bare creates and joins
// as many threads, start_stop/bare_pinned pins them as a runtime does.
#include <weir/thread.hpp>
#include <weir/topology.hpp>

#include "pool_patterns.hpp"
#include "reference_pool.hpp"

namespace weir::bench {
namespace {

std::uint64_t fib(int n) {
  if (n < 2) return static_cast<std::uint64_t>(n);
  std::uint64_t a = 0, b = 0;
  BarePool::fork_join([&] { a = fib(n - 1); }, [&] { b = fib(n - 2); });
  return a + b;
}

void fib32(benchmark::State& state) {
  BarePool pool;
  std::uint64_t result = 0;
  bool right = true;
  for (auto _ : state) {
    pool.submit([&result] { result = fib(fib_argument); });
    pool.wait();
    right &= result == fib_value;
  }
  finish(state, fib_calls, right);
}

void start_stop(benchmark::State& state) {
  std::atomic<std::int64_t> ran{0};
  for (auto _ : state) {
    std::vector<std::thread> threads;
    for (int i = 0; i < worker_count; ++i) {
      threads.emplace_back([&ran] { ran.fetch_add(1, std::memory_order_relaxed); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  finish(state, 1, ran.load() == static_cast<std::int64_t>(state.iterations()) * worker_count);
}

/// Each thread placed as the worker that it stands for: on its CPU before it first runs, or on any
/// where a runtime of two pins none.
void start_stop_pinned(benchmark::State& state) {
  const Placement placement = place_workers(machine_topology(), worker_count);
  std::atomic<std::int64_t> ran{0};
  const auto body = [](void* count) {
    static_cast<std::atomic<std::int64_t>*>(count)->fetch_add(1, std::memory_order_relaxed);
  };
  for (auto _ : state) {
    std::vector<Thread> threads;
    for (const int cpu : placement.cpus) {
      threads.push_back(Thread::start({.name = "bare", .cpu = cpu}, body, &ran).value());
    }
    for (Thread& thread : threads) thread.join();
  }
  finish(state, 1, ran.load() == static_cast<std::int64_t>(state.iterations()) * worker_count);
}

void start_stop_mutex(benchmark::State& state) {
  for (auto _ : state) MutexPool pool;
  finish(state, 1, true);
}

/// Four threads and three locked queues.
void stream_mutex(benchmark::State& state) {
  const std::uint64_t expected = stream_sum();
  bool right = true;
  Team team(4);
  MutexRing<std::uint64_t> first(stream_buffer), second(stream_buffer), third(stream_buffer);
  MutexRing<std::uint64_t>* const rings[] = {&first, &second, &third};
  const std::function<void(int)> stage = [&](int index) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < stream_tokens; ++i) {
      std::uint64_t token = i;
      Patience patience;
      while (index > 0 && !rings[index - 1]->pop(token)) patience.wait();
      if (index == 1) token = stream_step_1(token);
      if (index == 2) token = stream_step_2(token);
      if (index == 3) sum += token;
      patience.reset();
      while (index < 3 && !rings[index]->push(token)) patience.wait();
    }
    if (index == 3) right &= sum == expected;
  };
  for (auto _ : state) team.run(stage);
  finish(state, stream_tokens, right);
}

template <class P>
void add(const char* contender) {
  Add("task_external", contender, task_external<P>);
  Add("task_external_n64", contender, task_external_n64<P>);
  Add("chain_1m", contender, chain_1m<P>);
  Add("wide_100k", contender, wide_100k<P>);
  Add("wavefront_512", contender, wavefront_512<P>);
  Add("barrier_hot", contender, barrier_hot<P>);
  Add("barrier_parked", contender, barrier_parked<P>);
}

const AddAll all([] {
  add<BarePool>("bare");
  add<MutexPool>("mutex");
  Add("fib32", "bare", fib32);
  Add("stream_4x64", "bare", stream_4x64<BarePool>);
  Add("stream_4x64", "mutex", stream_mutex);
  Add("start_stop", "bare", start_stop);
  Add("start_stop", "bare_pinned", start_stop_pinned);
  Add("start_stop", "mutex", start_stop_mutex);
});

}  // namespace
}  // namespace weir::bench
