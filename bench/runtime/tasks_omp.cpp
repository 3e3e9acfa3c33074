// tasks_omp.cpp: OpenMP's tasks, with two threads. Each line gives its threads back at the end:
// idle ones spin.
#include "pool_patterns.hpp"

#if defined(WEIR_BENCH_HAS_OMP)
#include <omp.h>

namespace weir::bench {
namespace {

struct GiveBack {
  ~GiveBack() { omp_pause_resource_all(omp_pause_soft); }
};

template <class F>
void in_region(F f) {
#pragma omp parallel num_threads(worker_count)
#pragma omp single
  f();
}

void task_external(benchmark::State& state) {
  const GiveBack give_back;
  std::vector<std::uint32_t> cells(external_tasks);
  for (auto _ : state) {
    in_region([&] {
      for (std::uint32_t& reference : cells) {
        std::uint32_t* const cell = &reference;
#pragma omp task firstprivate(cell)
        ++*cell;
      }
    });
  }
  finish(state, external_tasks, all_are(cells, state.iterations()));
}

std::uint64_t fib(int n) {
  if (n < 2) return static_cast<std::uint64_t>(n);
  std::uint64_t a = 0, b = 0;
#pragma omp task shared(b) firstprivate(n)
  b = fib(n - 2);
  a = fib(n - 1);
#pragma omp taskwait
  return a + b;
}

void fib32(benchmark::State& state) {
  const GiveBack give_back;
  bool right = true;
  for (auto _ : state) in_region([&] { right &= fib(fib_argument) == fib_value; });
  finish(state, fib_calls, right);
}

void chain_1m(benchmark::State& state) {
  const GiveBack give_back;
  std::int64_t count = 0;
  std::int64_t* const counter = &count;
  for (auto _ : state) {
    in_region([&] {
      for (std::int64_t i = 0; i < chain_tasks; ++i) {
#pragma omp task depend(inout : counter[0]) firstprivate(counter)
        ++*counter;
      }
    });
  }
  finish(state, chain_tasks, count == chain_tasks * static_cast<std::int64_t>(state.iterations()));
}

void wide_100k(benchmark::State& state) {
  const GiveBack give_back;
  std::vector<std::uint32_t> cells(wide_tasks);
  bool right = true;
  std::int64_t round = 0;
  for (auto _ : state) {
    in_region([&] {
      for (std::uint32_t& reference : cells) {
        std::uint32_t* const cell = &reference;
#pragma omp task firstprivate(cell)
        ++*cell;
      }
#pragma omp taskwait
      right &= all_are(cells, ++round);
    });
  }
  finish(state, wide_tasks, right);
}

void wavefront_512(benchmark::State& state) {
  const GiveBack give_back;
  Wave wave;
  Wave* const all = &wave;
  std::vector<char> marks(wave_cells + wave_side + 1);
  char* const mark =
      marks.data() + wave_side;  // above and left of the first cells there are unused ones
  for (auto _ : state) {
    in_region([&] {
      for (std::size_t i = 0; i < wave_cells; ++i) {
        [[maybe_unused]] char* const left = i % wave_side != 0 ? mark + i - 1 : mark + i;
        [[maybe_unused]] char* const up = mark + i - wave_side;
        [[maybe_unused]] char* const here = mark + i;
#pragma omp task firstprivate(i, all) depend(in : left[0], up[0]) depend(out : here[0])
        all->compute(i);
      }
    });
  }
  finish(state, wave_cells, wave.right());
}

void stream_4x64(benchmark::State& state) {
  const GiveBack give_back;
  const std::uint64_t expected = stream_sum();
  std::vector<std::uint64_t> slots(stream_buffer);
  char stages[4] = {};
  std::uint64_t sum = 0;
  std::uint64_t* const total = &sum;
  bool right = true;
  for (auto _ : state) {
    sum = 0;
    in_region([&] {
      for (std::uint64_t i = 0; i < stream_tokens; ++i) {
        std::uint64_t* const slot = &slots[i % stream_buffer];
#pragma omp task firstprivate(slot, i) depend(inout : stages[0]) depend(inout : slot[0])
        *slot = i;
#pragma omp task firstprivate(slot) depend(inout : stages[1]) depend(inout : slot[0])
        *slot = stream_step_1(*slot);
#pragma omp task firstprivate(slot) depend(inout : stages[2]) depend(inout : slot[0])
        *slot = stream_step_2(*slot);
#pragma omp task firstprivate(slot, total) depend(inout : stages[3]) depend(inout : slot[0])
        *total += *slot;
      }
    });
    right &= sum == expected;
  }
  finish(state, stream_tokens, right);
}

/// A region with one task: OpenMP's threads wait for each other at its end.
void one_region(std::uint32_t& cell) {
  std::uint32_t* const counter = &cell;
  in_region([=] {
#pragma omp task firstprivate(counter)
    ++*counter;
  });
}
void barrier_hot(benchmark::State& state) {
  const GiveBack give_back;
  std::uint32_t cell = 0;
  for (auto _ : state) one_region(cell);
  finish(state, 1, cell == static_cast<std::uint32_t>(state.iterations()));
}
void barrier_parked(benchmark::State& state) {
  const GiveBack give_back;
  std::uint32_t cell = 0;
  for (auto _ : state) {
    state.PauseTiming();
    usleep(200);
    state.ResumeTiming();
    one_region(cell);
  }
  finish(state, 1, cell == static_cast<std::uint32_t>(state.iterations()));
}

void start_stop(benchmark::State& state) {
  std::uint32_t cell = 0;
  for (auto _ : state) {
    one_region(cell);
    omp_pause_resource_all(omp_pause_soft);
  }
  finish(state, 1, cell == static_cast<std::uint32_t>(state.iterations()));
}

const AddAll all([] {
  Add("task_external", "omp", task_external);
  Add("fib32", "omp", fib32);
  Add("chain_1m", "omp", chain_1m);
  Add("wide_100k", "omp", wide_100k);
  Add("wavefront_512", "omp", wavefront_512);
  Add("stream_4x64", "omp", stream_4x64);
  Add("barrier_hot", "omp", barrier_hot);
  Add("barrier_parked", "omp", barrier_parked);
  Add("start_stop", "omp", start_stop);
});

}  // namespace
}  // namespace weir::bench
#else
namespace weir::bench {
namespace {
const LeaveOut without("omp");
}
}  // namespace weir::bench
#endif
