// harness.hpp: what every line of weir-bench-runtime is made with: the list of lines, a team of
// pinned threads, waiting.
//
// Shape: a line is PATTERN/impl:CONTENDER; an iteration of it is `items` units of work, so that
// items_per_second compares. Roles: lines register before main; a Team is used by the thread that
// made it. Errors: a line whose result is wrong is an error of the whole run, never a number.
#pragma once

#include <benchmark/benchmark.h>
#include <sched.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace weir::bench {

inline constexpr std::size_t ring_capacity = 1024;  // slots of every ring and inbox here
inline constexpr int worker_count = 2;  // workers of every pool here, threads of every team

using Body = void (*)(benchmark::State&);

struct Line {
  std::string pattern, contender;
  Body body;
};
/// All lines; main sorts them by pattern and gives them to Google Benchmark.
std::vector<Line>& lines();
/// Peers that were not there when this was built, and why.
std::vector<std::string>& left_out();

struct Add {
  Add(const char* pattern, const char* contender, Body body) {
    lines().push_back({pattern, contender, body});
  }
};
/// Registers a file's lines before main.
struct AddAll {
  explicit AddAll(void (*add)()) { add(); }
};
struct LeaveOut {
  explicit LeaveOut(const char* peer) { left_out().emplace_back(peer); }
};

/// Ends a line: its rate, or the error.
inline void finish(benchmark::State& state, std::int64_t items, bool right) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * items);
  if (!right) state.SkipWithError("wrong result");
}

inline void relax_cpu() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// How every contender waits for a ring that has no room or no item: a moment in place, then the
/// CPU to somebody else.
class Patience {
 public:
  void wait() noexcept {
    if (++tries_ < 64) {
      relax_cpu();
    } else {
      sched_yield();
    }
  }
  void reset() noexcept { tries_ = 0; }

 private:
  unsigned tries_ = 0;
};

/// The CPUs that this process may use, in the kernel's order.
const std::vector<int>& allowed_cpus();
void pin_caller(const std::vector<int>& cpus);

/// `size` threads, the caller included, thread i pinned to the i-th allowed CPU. run(f) calls f(i)
/// on each at the same time and returns when all are through.
class Team {
 public:
  explicit Team(int size);
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;
  ~Team();
  void run(const std::function<void(int)>& f);

 private:
  void help(int index);

  std::vector<std::thread> helpers_;
  const std::function<void(int)>* work_ = nullptr;
  alignas(128) std::atomic<std::uint64_t> round_{0};  // rises when work_ is set
  alignas(128) std::atomic<int> busy_{0};             // helpers that are not through
  std::atomic<bool> over_{false};
};

}  // namespace weir::bench
