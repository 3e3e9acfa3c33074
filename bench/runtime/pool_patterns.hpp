// pool_patterns.hpp: what is done to every pool: external submission, chain, 1 -> n -> 1,
// wavefront, stream, waiting.
//
// Shape: a contender P has P(); submit(f), submit_n(f, n), wait() for one thread outside; spawn(f),
// spawn_last(f) inside. Closures are trivially copyable and small. An item is one task, cell, token
// or wait. Results are checked.
#pragma once

#include <unistd.h>

#include <array>

#include "harness.hpp"
#include "reference_rings.hpp"

namespace weir::bench {

struct CountCell {
  std::uint32_t* cell;
  void operator()() const { ++*cell; }
};
inline bool all_are(const std::vector<std::uint32_t>& cells, std::int64_t value) {
  bool right = true;
  for (const std::uint32_t cell : cells) right &= cell == static_cast<std::uint32_t>(value);
  return right;
}

inline constexpr std::size_t external_tasks = 51'200;
/// Tasks from outside, one a call, to the end of the last.
template <class P>
void task_external(benchmark::State& state) {
  P pool;
  std::vector<std::uint32_t> cells(external_tasks);
  for (auto _ : state) {
    for (std::uint32_t& cell : cells) pool.submit(CountCell{&cell});
    pool.wait();
  }
  finish(state, external_tasks, all_are(cells, state.iterations()));
}
/// The same, 64 a call.
template <class P>
void task_external_n64(benchmark::State& state) {
  P pool;
  std::vector<std::uint32_t> cells(external_tasks);
  for (auto _ : state) {
    for (std::size_t first = 0; first < cells.size(); first += 64) {
      CountCell tasks[64];
      for (std::size_t i = 0; i < 64; ++i) tasks[i].cell = &cells[first + i];
      pool.submit_n(tasks, 64);
    }
    pool.wait();
  }
  finish(state, external_tasks, all_are(cells, state.iterations()));
}

inline constexpr std::int64_t chain_tasks = 1'000'000;
template <class P>
struct ChainLink {
  P* pool;
  std::int64_t left;
  std::int64_t* count;
  void operator()() const {
    ++*count;
    if (left > 1) pool->spawn_last(ChainLink{pool, left - 1, count});
  }
};
/// A task that is followed by a task, a million times.
template <class P>
void chain_1m(benchmark::State& state) {
  P pool;
  std::int64_t count = 0;
  for (auto _ : state) {
    pool.submit(ChainLink<P>{&pool, chain_tasks, &count});
    pool.wait();
  }
  finish(state, chain_tasks, count == chain_tasks * static_cast<std::int64_t>(state.iterations()));
}

inline constexpr std::size_t wide_tasks = 100'000;
template <class P>
struct WideRoot {
  P* pool;
  std::vector<std::uint32_t>* cells;
  void operator()() const {
    for (std::uint32_t& cell : *cells) pool->spawn(CountCell{&cell});
  }
};
/// One task starts 100,000, one more follows when all have ended (here: whoever waits).
template <class P>
void wide_100k(benchmark::State& state) {
  P pool;
  std::vector<std::uint32_t> cells(wide_tasks);
  bool right = true;
  std::int64_t round = 0;
  for (auto _ : state) {
    pool.submit(WideRoot<P>{&pool, &cells});
    pool.wait();
    right &= all_are(cells, ++round);
  }
  finish(state, wide_tasks, right);
}

inline constexpr std::size_t wave_side = 512, wave_cells = wave_side * wave_side;
/// 512 x 512 cells, each after its left and upper neighbours.
struct Wave {
  std::vector<std::atomic<std::uint8_t>> missing =
      std::vector<std::atomic<std::uint8_t>>(wave_cells);
  std::vector<std::uint32_t> value = std::vector<std::uint32_t>(wave_cells);
  Wave() {
    for (std::size_t i = 0; i < wave_cells; ++i)
      missing[i].store(inputs(i), std::memory_order_relaxed);
  }
  static std::uint8_t inputs(std::size_t i) {
    return static_cast<std::uint8_t>((i % wave_side != 0 ? 1 : 0) + (i >= wave_side ? 1 : 0));
  }
  void compute(std::size_t i) {
    const std::uint32_t left = i % wave_side != 0 ? value[i - 1] : 0;
    const std::uint32_t up = i >= wave_side ? value[i - wave_side] : 0;
    value[i] = left + up + 1;
  }
  /// True for the one of two predecessors that comes last.
  bool arrive(std::size_t i) {
    if (missing[i].fetch_sub(1, std::memory_order_acq_rel) != 1) return false;
    missing[i].store(inputs(i),
                     std::memory_order_relaxed);  // relaxed: the next round begins after the wait
    return true;
  }
  bool right() {
    const std::vector<std::uint32_t> got = value;
    for (std::size_t i = 0; i < wave_cells; ++i) compute(i);
    return got == value;
  }
  void clear() { std::fill(value.begin(), value.end(), 0U); }
};
template <class P>
struct WaveCell {
  P* pool;
  Wave* wave;
  std::size_t index;
  void operator()() const {
    for (std::size_t i = index;;) {
      wave->compute(i);
      const bool right = i % wave_side != wave_side - 1 && wave->arrive(i + 1);
      const bool down = i + wave_side < wave_cells && wave->arrive(i + wave_side);
      if (right && down) pool->spawn(WaveCell{pool, wave, i + wave_side});
      if (!right && !down) return;
      i = right ? i + 1 : i + wave_side;
    }
  }
};
/// Who makes both next cells ready starts a task for one and goes on with the other.
template <class P>
void wavefront_512(benchmark::State& state) {
  P pool;
  Wave wave;
  for (auto _ : state) {
    pool.submit(WaveCell<P>{&pool, &wave, 0});
    pool.wait();
  }
  finish(state, wave_cells, wave.right());
}

inline constexpr std::uint64_t stream_tokens = 100'000;
inline constexpr std::size_t stream_buffer = 64;
/// What the four stages of every stream do: count up; two steps; add up. Each is serial.
inline std::uint64_t stream_step_1(std::uint64_t x) { return 3 * x + 1; }
inline std::uint64_t stream_step_2(std::uint64_t x) { return x ^ (x >> 7); }
inline std::uint64_t stream_sum() {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < stream_tokens; ++i) sum += stream_step_2(stream_step_1(i));
  return sum;  // of no order: oneTBB's serial nodes may overtake each other
}

/// Four stages as tasks: a stage runs while it has input and room, then starts its neighbours.
template <class P>
class TaskStream {
 public:
  explicit TaskStream(P& pool) : pool_(pool) {}
  std::uint64_t run() {
    next_ = 0;
    sum_ = 0;
    stages_[0].store(scheduled, std::memory_order_relaxed);  // relaxed: nothing runs yet
    pool_.submit(Firing{this, 0});
    pool_.wait();
    return sum_;
  }

 private:
  enum State : int { idle, scheduled, again };
  struct Firing {
    TaskStream* stream;
    std::size_t stage;
    void operator()() const { stream->fire(stage); }
  };
  void notify(std::size_t stage) {
    int now = stages_[stage].load(std::memory_order_relaxed);  // relaxed: the exchange decides
    while (now != again) {
      if (stages_[stage].compare_exchange_weak(now, now == idle ? scheduled : again,
                                               std::memory_order_acq_rel)) {
        if (now == idle) pool_.spawn(Firing{this, stage});
        return;
      }
    }
  }
  void fire(std::size_t stage) {
    int expected = scheduled;
    do {
      stages_[stage].exchange(scheduled, std::memory_order_acq_rel);
      if (move(stage)) {
        if (stage < 3) notify(stage + 1);
        if (stage > 0) notify(stage - 1);
      }
      expected = scheduled;
    } while (!stages_[stage].compare_exchange_strong(expected, idle, std::memory_order_acq_rel));
  }
  /// As many tokens as there are and fit; true when there was one.
  bool move(std::size_t stage) {
    std::uint64_t token = 0;
    bool moved = false;
    switch (stage) {
      case 0:
        for (; next_ < stream_tokens && lanes_[0].push(next_); ++next_) moved = true;
        return moved;
      case 1:
        return carry(0, 1, stream_step_1);
      case 2:
        return carry(1, 2, stream_step_2);
      default:
        for (; lanes_[2].pop(token); moved = true) sum_ += token;
        return moved;
    }
  }
  template <class F>
  bool carry(std::size_t from, std::size_t to, F step) {
    std::uint64_t token = 0;
    bool moved = false;
    for (; lanes_[to].size() < stream_buffer && lanes_[from].pop(token); moved = true)
      lanes_[to].push(step(token));
    return moved;
  }

  P& pool_;
  std::array<std::atomic<int>, 4> stages_{};
  std::array<BareLane<std::uint64_t>, 3> lanes_{BareLane<std::uint64_t>(stream_buffer),
                                                BareLane<std::uint64_t>(stream_buffer),
                                                BareLane<std::uint64_t>(stream_buffer)};
  std::uint64_t next_ = 0, sum_ = 0;
};
template <class P>
void stream_4x64(benchmark::State& state) {
  P pool;
  TaskStream<P> stream(pool);
  const std::uint64_t expected = stream_sum();
  bool right = true;
  for (auto _ : state) right &= stream.run() == expected;
  finish(state, stream_tokens, right);
}

/// One task and the wait for it, while the workers are still awake from the one before.
template <class P>
void barrier_hot(benchmark::State& state) {
  P pool;
  std::uint32_t cell = 0;
  for (auto _ : state) {
    pool.submit(CountCell{&cell});
    pool.wait();
  }
  finish(state, 1, cell == static_cast<std::uint32_t>(state.iterations()));
}
/// The same after 200 us in which the workers have gone to sleep.
template <class P>
void barrier_parked(benchmark::State& state) {
  P pool;
  std::uint32_t cell = 0;
  for (auto _ : state) {
    state.PauseTiming();
    usleep(200);
    state.ResumeTiming();
    pool.submit(CountCell{&cell});
    pool.wait();
  }
  finish(state, 1, cell == static_cast<std::uint32_t>(state.iterations()));
}

/// fib(32) with a task at every call, no cut-off. An item is one call.
inline constexpr int fib_argument = 32;
inline constexpr std::uint64_t fib_value = 2'178'309, fib_calls = 7'049'155;

}  // namespace weir::bench
