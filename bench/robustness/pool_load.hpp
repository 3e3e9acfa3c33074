// pool_load.hpp: tasks of 1 us from outside, at most 256 under way, and what came of it; bursts,
// overload, a stopped worker.
//
// A contender P has P(workers); submit(f), which is true when f was taken (weir's answers
// would_block instead of taking without bound), and wait(), until all that was taken has ended;
// spawn(f) inside of a task. Closures are trivially copyable and at most 48 bytes.
#pragma once

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <weir/clock.hpp>
#include <weir/futex.hpp>

#include "harness.hpp"
#include "measure.hpp"
#include "suite.hpp"

namespace weir::bench {

/// Shared by the submitter and its tasks. A task notes when it was submitted.
struct PoolRun {
  static constexpr std::size_t shelves = 64;  // tasks run at the same time, at most
  struct alignas(128) Shelf {
    std::atomic<bool> taken{false};
    Histogram inside;
  };
  alignas(128) std::atomic<std::uint64_t> ended{0};
  alignas(128) std::atomic<std::uint64_t> sum{0};
  Shelf shelf[shelves];
  std::uint64_t work_ticks = 0;

  void note(std::uint64_t submitted) noexcept {
    for (std::size_t i = submitted;; ++i) {
      Shelf& here = shelf[i % shelves];
      if (here.taken.exchange(true, std::memory_order_acquire)) continue;
      here.inside.add(ticks() - submitted);
      here.taken.store(false, std::memory_order_release);
      return;
    }
  }
};
struct TimedTask {
  PoolRun* run;
  std::uint64_t submitted;
  void operator()() const {
    const std::uint64_t from = ticks();
    while (ticks() - from < run->work_ticks) relax_cpu();
    run->note(submitted);
    run->sum.fetch_add(submitted, std::memory_order_relaxed);
    run->ended.fetch_add(1, std::memory_order_release);
  }
};

inline void report_inside(const PoolRun& run, Report& report) {
  Histogram all;
  for (const PoolRun::Shelf& shelf : run.shelf) all.add(shelf.inside);
  report.set("inside_p99_ns", ns_of_ticks(all.quantile(0.99)));
  report.set("inside_p999_ns", ns_of_ticks(all.quantile(0.999)));
  report.set("inside_max_ns", ns_of_ticks(all.max()));
}

struct PoolLoad {
  int workers = 2;
  double seconds = 1;
  double work_us = 1;
  std::uint64_t in_flight_max = 256;  // 0: no limit but the pool's own
  std::uint64_t tasks_max = 0;        // 0: until the time is over
  unsigned pause_us = 0;              // who may not submit more sleeps so long; 0: yields
};

template <class P>
void run_pool(const PoolLoad& load, Report& report) {
  P pool(load.workers);
  const auto run = std::make_unique<PoolRun>();
  run->work_ticks = static_cast<std::uint64_t>(load.work_us * ticks_per_us());
  for (int i = 0; i < 1000; ++i) {
    while (!pool.submit(TimedTask{run.get(), 1})) sched_yield();
  }
  pool.wait();
  const std::uint64_t warm = run->ended.load();
  run->sum.store(0);
  for (PoolRun::Shelf& shelf : run->shelf) shelf.inside = Histogram();
  forget_peak();
  const std::uint64_t memory_before = resident_bytes();
  const double cpu_from_s = process_cpu_s();
  const std::uint64_t from_ns = now_ns();
  const std::uint64_t end_ns = from_ns + static_cast<std::uint64_t>(load.seconds * 1e9);
  std::uint64_t taken = 0, sum = 0, refused = 0;
  Histogram calls;
  while (load.tasks_max == 0 ? now_ns() < end_ns : taken < load.tasks_max) {
    if (load.in_flight_max > 0 &&
        taken + warm - run->ended.load(std::memory_order_acquire) >= load.in_flight_max) {
      load.pause_us > 0 ? static_cast<void>(usleep(load.pause_us))
                        : static_cast<void>(sched_yield());
      continue;
    }
    const std::uint64_t submitted = ticks();
    const bool accepted = pool.submit(TimedTask{run.get(), submitted});
    calls.add(ticks() - submitted);
    if (accepted) {
      ++taken;
      sum += submitted;
    } else {
      ++refused;
      sched_yield();
    }
  }
  pool.wait();
  const double elapsed_s = static_cast<double>(now_ns() - from_ns) * 1e-9;
  const std::uint64_t ran = run->ended.load() - warm;
  if (ran != taken || run->sum.load() != sum)
    report.wrong(std::to_string(taken) + " taken, " + std::to_string(ran) + " ran");
  report.set("items_per_s", static_cast<double>(ran) / elapsed_s);
  report.set("call_p99_ns", ns_of_ticks(calls.quantile(0.99)));
  report.set("call_p999_ns", ns_of_ticks(calls.quantile(0.999)));
  report.set("call_max_ns", ns_of_ticks(calls.max()));
  report_inside(*run, report);
  if (load.tasks_max > 0) report.set("burst_ms", elapsed_s * 1e3);
  report.set("would_block", static_cast<double>(refused));
  report.set("cores", (process_cpu_s() - cpu_from_s) / elapsed_s);
  const std::uint64_t peak = peak_bytes();
  report.set("memory_bytes", peak > memory_before ? static_cast<double>(peak - memory_before) : 0);
}

template <class P>
void pool_oversubscribed(const Setting& setting, Report& report) {
  run_pool<P>({.workers = std::clamp(4 * setting.cpus, 4, 60), .seconds = setting.seconds}, report);
}
template <class P>
void pool_two_workers(const Setting& setting, Report& report) {
  run_pool<P>({.workers = 2, .seconds = setting.seconds}, report);
}
/// A yield would give the neighbours a whole slice each time: the submitter sleeps.
template <class P>
void pool_busy_neighbour(const Setting& setting, Report& report) {
  run_pool<P>({.workers = 2, .seconds = setting.seconds, .pause_us = 50}, report);
}
template <class P>
void pool_burst(const Setting&, Report& report) {
  run_pool<P>({.work_us = 0, .in_flight_max = 0, .tasks_max = 1'000'000}, report);
}

struct SleepingTask {
  std::atomic<std::uint64_t>* ran;
  void operator()() const {
    usleep(1000);
    ran->fetch_add(1, std::memory_order_release);
  }
};
struct EmptyTask {
  std::atomic<std::uint64_t>* ran;
  void operator()() const { ran->fetch_add(1, std::memory_order_release); }
};

/// Tasks that sleep 1 ms, submitted as fast as they are taken, 1 M at most.
template <class P>
void overload(const Setting& setting, Report& report) {
  P& pool = *new P(2);  // left alone when it has taken more than it can run
  static std::atomic<std::uint64_t> warm{0}, ran{0};
  for (int i = 0; i < 200'000; ++i) {
    while (!pool.submit(EmptyTask{&warm})) sched_yield();
    if (i % 256 == 255) pool.wait();
  }
  pool.wait();
  forget_peak();
  const std::uint64_t memory_before = resident_bytes();
  const double cpu_from_s = process_cpu_s();
  const std::uint64_t from_ns = now_ns();
  const auto span_ns = static_cast<std::uint64_t>(setting.seconds * 1e9);
  std::uint64_t taken = 0, refused = 0;
  while (now_ns() - from_ns < span_ns && taken < 1'000'000) {
    if (pool.submit(SleepingTask{&ran})) {
      ++taken;
    } else {
      ++refused;
      usleep(100);  // as a client does that was told to come again
    }
  }
  const double elapsed_s = static_cast<double>(now_ns() - from_ns) * 1e-9;
  const std::uint64_t peak = peak_bytes();
  report.set("cores", (process_cpu_s() - cpu_from_s) / elapsed_s);
  report.set("accepted", static_cast<double>(taken));
  report.set("would_block", static_cast<double>(refused));
  report.set("memory_bytes", peak > memory_before ? static_cast<double>(peak - memory_before) : 0);
  if (taken - ran.load(std::memory_order_acquire) < 20'000) {
    pool.wait();
    report.set("ran", static_cast<double>(ran.load()));
    if (ran.load() != taken) report.wrong("taken tasks did not run");
    delete &pool;
  } else {
    report.set("ran", static_cast<double>(ran.load()));
    report.note("ended before the rest had run");
  }
}

/// What a stopped worker holds up. One task stops its worker: by waiting where nobody wakes it.
struct StopRun {
  std::atomic<std::uint32_t> gate{0};
  std::atomic<int> standing{0};
  std::atomic<std::uint64_t> ran{0}, children_ran{0};
};
template <class P>
struct StoppingTask {
  P* pool;
  StopRun* run;
  int children;
  void operator()() const {
    for (int i = 0; i < children; ++i) pool->spawn(EmptyTask{&run->children_ran});
    run->standing.fetch_add(1, std::memory_order_release);
    while (run->gate.load(std::memory_order_acquire) == 0) futex_wait(run->gate, 0);
  }
};

/// Four workers. A task spawns 64 children and stops in the middle; then 1,000 tasks come from
/// outside. Stuck: not run within two seconds although three workers are free.
template <class P>
void worker_stopped(const Setting& setting, Report& report) {
  constexpr int workers = 4, children = 64, outside = 1000;
  P pool(workers);
  std::uint64_t stuck = 0, stuck_children = 0;
  const int rounds = static_cast<int>(std::clamp(10 * setting.seconds, 2.0, 20.0));
  int stops = 0;
  for (int round = 0; round < rounds; ++round) {
    StopRun run;
    while (!pool.submit(StoppingTask<P>{&pool, &run, children})) sched_yield();
    for (int i = 0; i < 20'000 && run.standing.load(std::memory_order_acquire) == 0; ++i)
      usleep(100);
    stops += run.standing.load(std::memory_order_acquire);
    for (int i = 0; i < outside; ++i) {
      while (!pool.submit(EmptyTask{&run.ran})) sched_yield();
    }
    for (int i = 0; i < 2000; ++i) {
      if (run.ran.load(std::memory_order_acquire) == outside &&
          run.children_ran.load(std::memory_order_acquire) == children)
        break;
      usleep(1000);
    }
    stuck += outside - run.ran.load(std::memory_order_acquire);
    stuck_children += children - run.children_ran.load(std::memory_order_acquire);
    const bool over = run.ran.load() != outside || run.children_ran.load() != children;
    run.gate.store(1, std::memory_order_release);
    futex_wake_all(run.gate);
    pool.wait();
    if (run.ran.load() != outside || run.children_ran.load() != children)
      report.wrong("a task is lost");
    if (over && round >= 1) break;  // two seconds each
  }
  report.set("stops", stops);
  report.set("stuck", static_cast<double>(stuck));
  report.set("stuck_spawned", static_cast<double>(stuck_children));
  if (stops == 0) report.wrong("no worker could be stopped");
}

/// A signal's handler in which a thread stands until release().
struct Standing {
  static inline std::atomic<std::uint32_t> gate{0}, standing{0};
  static void stand(int) {
    const int saved = errno;
    const std::uint32_t seen = gate.load(std::memory_order_acquire);
    standing.store(1, std::memory_order_release);
    while (gate.load(std::memory_order_acquire) == seen) futex_wait(gate, seen);
    errno = saved;
  }
  /// False when the thread does not take the signal in time.
  static bool stop(int thread) {
    standing.store(0, std::memory_order_relaxed);
    if (syscall(SYS_tgkill, getpid(), thread, SIGUSR2) != 0) return false;
    for (int i = 0; i < 5000 && standing.load(std::memory_order_acquire) == 0; ++i) usleep(100);
    return standing.load(std::memory_order_acquire) != 0;
  }
  static void release() {
    gate.fetch_add(1, std::memory_order_release);
    futex_wake_all(gate);
  }
};

/// Four workers, 256 tasks of 1 us under way; a signal stops one worker wherever it is. Stuck at
/// most: tasks not run half a second later, the one in the stopped worker's hands among them.
template <class P>
void worker_signalled(const Setting& setting, Report& report) {
  struct sigaction action {};
  action.sa_handler = &Standing::stand;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR2, &action, nullptr);
  const std::vector<int> before = thread_ids();
  P pool(4);
  const auto run = std::make_unique<PoolRun>();
  run->work_ticks = static_cast<std::uint64_t>(ticks_per_us());
  std::uint64_t taken = 0;
  const auto ended = [&] { return run->ended.load(std::memory_order_acquire); };
  const auto keep_busy = [&](std::uint64_t span_ms) {
    for (const Deadline end = after_ms(span_ms); now_ns() < end;) {
      if (taken - ended() < 256) {
        taken += pool.submit(TimedTask{run.get(), ticks()}) ? 1 : 0;
      } else {
        sched_yield();
      }
    }
  };
  keep_busy(50);
  std::vector<int> workers;
  for (const int thread : thread_ids()) {
    if (std::find(before.begin(), before.end(), thread) == before.end()) workers.push_back(thread);
  }
  const std::uint64_t normal_from = ended();
  keep_busy(100);
  const std::uint64_t normal = (ended() - normal_from) / 5;  // of 20 ms
  const int rounds = static_cast<int>(std::clamp(20 * setting.seconds, 4.0, 60.0));
  int stops = 0, frozen = 0;
  std::uint64_t most = 0;
  for (int round = 0; round < rounds && !workers.empty() && frozen < 4; ++round) {
    keep_busy(static_cast<std::uint64_t>(3 + round % 5));
    if (!Standing::stop(workers[static_cast<std::size_t>(round * 7) % workers.size()])) continue;
    ++stops;
    const std::uint64_t at = ended();
    keep_busy(20);
    if ((ended() - at) * 100 < normal) ++frozen;
    for (int i = 0; i < 500 && taken - ended() > 0; ++i) usleep(1000);
    most = std::max(most, taken - ended());
    Standing::release();
  }
  pool.wait();
  if (ended() != taken) report.wrong("a task is lost");
  report.set("stops", stops);
  report.set("frozen", frozen);
  report.set("stuck_most", static_cast<double>(most));
  if (stops == 0) report.wrong("no worker could be stopped");
}

template <class P>
void add_pool_scenarios(const char* contender) {
  AddCase("pool_oversubscribed", contender, pool_oversubscribed<P>);
  AddCase("pool_one_cpu", contender, pool_two_workers<P>, Around::one_cpu);
  AddCase("pool_busy_neighbour", contender, pool_busy_neighbour<P>, Around::neighbours);
  AddCase("pool_quota", contender, pool_two_workers<P>, Around::quota);
  AddCase("pool_burst", contender, pool_burst<P>);
  AddCase("overload", contender, overload<P>);
  AddCase("worker_stopped", contender, worker_stopped<P>, Around::nothing, 60);
}

}  // namespace weir::bench
