// faults.cpp: exceptions, submission while a pool stops, fork, refused threads: weir's answers are
// counted and checked, peers show what becomes of theirs.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <thread>
#include <weir/stream_graph.hpp>
#include <weir/thread.hpp>
#include <weir/topology.hpp>

#include "measure.hpp"
#include "reference_pool.hpp"
#include "suite.hpp"

#if defined(WEIR_BENCH_HAS_TBB)
#include <tbb/global_control.h>
#include <tbb/task_group.h>
#endif

namespace weir::bench {
namespace {

constexpr std::uint64_t tasks = 1000, every = 10;  // each tenth of 1,000 throws

std::unique_ptr<Runtime> start(int workers = 2) {
  Config config;
  config.workers = workers;
  config.schedule = Schedule::stealing();
  return Runtime::start(config).value();
}

struct ThrowingTask {
  std::atomic<std::uint64_t>* ran;
  std::uint64_t index;
  void operator()() const {
    if (index % every == 0) throw std::runtime_error("planned");
    ran->fetch_add(1, std::memory_order_release);
  }
};

/// 1,000 tasks in a scope, 1,000 without, 1,000 tokens, one fork_join.
void exceptions_weir(const Setting&, Report& report) {
  const auto runtime = start();
  std::atomic<std::uint64_t> ran{0};
  std::uint64_t threw = 0, reported = 0;
  {
    Producer producer = runtime->producer("bench").value();
    Scope scope;
    for (Scope* under : {&scope, static_cast<Scope*>(nullptr)}) {
      for (std::uint64_t i = 0; i < tasks; ++i) {
        while (producer.submit(ThrowingTask{&ran, i}, {.scope = under}).status != Status::accepted)
          sched_yield();
      }
      threw += tasks / every;
    }
    const bool said = scope.wait_until(never) == Status::failed &&
                      scope.first_error().what.find("planned") != std::string::npos;
    const bool barrier = runtime->barrier().status == Status::failed;
    if (!said || !barrier) report.wrong("a throw was not reported");
  }
  reported += runtime->metrics().failed;
  if (runtime->metrics().first_error.find("planned") == std::string::npos)
    report.wrong("the first error has no text");

  Error error;
  const Status joined =
      runtime->run([] { fork_join([] {}, [] { throw std::runtime_error("planned"); }); }, &error);
  ++threw;
  reported += joined == Status::failed && error.what.find("planned") != std::string::npos ? 1 : 0;

  std::uint64_t next = 0, out = 0;
  StreamGraph graph(*runtime, "throwing");
  auto numbers = graph.source<std::uint64_t>("numbers", {}, [&](Emit<std::uint64_t>& emit) {
    emit(next++);
    return next < tasks ? Give::more : Give::end;
  });
  auto checked = graph.map("checked", numbers, {}, [](std::uint64_t&& x) {
    if (x % every == 0) throw std::runtime_error("planned");
    return x;
  });
  graph.sink("count", checked, {.mode = Mode::serial}, [&out](std::uint64_t&&) { ++out; });
  if (!graph.build().ok() || graph.start() != Status::accepted ||
      graph.wait_until(never) != Status::accepted)
    report.wrong("the graph did not end");
  threw += tasks / every;
  for (const NodeMetrics& node : graph.nodes())
    if (std::string(node.name) == "checked") reported += node.ledger.failed;
  if (ran.load() != 2 * (tasks - tasks / every) || out != tasks - tasks / every)
    report.wrong("a task that did not throw did not run");
  if (reported != threw) report.wrong("a throw was swallowed");
  report.set("ran", static_cast<double>(ran.load() + out));
  report.set("threw", static_cast<double>(threw));
  report.set("reported", static_cast<double>(reported));
}

void exceptions_mutex(const Setting&, Report& report) {
  std::atomic<std::uint64_t> ran{0};
  MutexPool pool(2);
  for (std::uint64_t i = 0; i < tasks; ++i) pool.submit(ThrowingTask{&ran, i});
  pool.wait();
  report.set("ran", static_cast<double>(ran.load()));
}

/// Submitters go on while the runtime stops, until they are told `closed`.
void stop_weir(const Setting& setting, Report& report) {
  const int rounds = setting.seconds < 0.5 ? 5 : 20;
  std::uint64_t closed = 0, all = 0;
  for (int round = 0; round < rounds; ++round) {
    auto runtime = start();
    std::atomic<std::uint64_t> ran{0}, accepted{0}, refused{0};
    std::atomic<int> ready{0};
    std::vector<std::thread> submitters;
    for (int i = 0; i < 3; ++i) {
      submitters.emplace_back([&] {
        Producer producer = runtime->producer("bench").value();
        ready.fetch_add(1);
        for (;;) {
          const Status status = producer.submit([&ran] { ran.fetch_add(1); }).status;
          if (status == Status::accepted) accepted.fetch_add(1);
          if (status == Status::closed) break;
          if (status == Status::would_block) sched_yield();
        }
        for (int k = 0; k < 10; ++k)
          refused.fetch_add(producer.submit([] {}).status == Status::closed ? 1 : 0);
      });
    }
    while (ready.load() != 3) sched_yield();
    usleep(static_cast<useconds_t>(500 * round));
    if (runtime->stop_until() != Status::accepted) report.wrong("stop_until failed");
    for (std::thread& submitter : submitters) submitter.join();
    runtime.reset();
    closed += refused.load();
    all += accepted.load();
    if (ran.load() != accepted.load()) report.wrong("an accepted task did not run");
    if (refused.load() != 30) report.wrong("a later call was not refused");
  }
  report.set("accepted", static_cast<double>(all));
  report.set("closed", static_cast<double>(closed));
}

/// The pool is destroyed while a thread submits to it.
template <class Start>
void stop_peer(Start start_pool, Report& report) {
  std::uint64_t all = 0;
  static std::atomic<std::uint64_t> ran{0};
  for (int round = 0; round < 5; ++round) {
    auto pool = start_pool();
    auto* const raw = pool.get();
    std::atomic<bool> over{false};
    std::atomic<std::uint64_t> accepted{0};
    std::thread submitter([&] {
      while (!over.load() && accepted.load() < 200'000) {
        raw->submit([] { ran.fetch_add(1); });
        accepted.fetch_add(1);
      }
    });
    usleep(2000);
    pool.reset();
    over.store(true);
    submitter.join();
    all += accepted.load();
  }
  usleep(100'000);
  report.set("accepted", static_cast<double>(all));
  report.set("ran", static_cast<double>(ran.load()));
  if (ran.load() != all) report.wrong(std::to_string(all - ran.load()) + " taken tasks never ran");
}
void stop_mutex(const Setting&, Report& report) {
  stop_peer([] { return std::make_unique<MutexPool>(2); }, report);
}

/// What a child of fork does with the pool of its parent: its exit status, -1 when it hangs.
template <class F>
int in_forked_child(F f) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(5);  // its end when it hangs
    _exit(f());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void fork_weir(const Setting&, Report& report) {
  auto runtime = start();
  {
    Producer producer = runtime->producer("bench").value();
    if (runtime->run([] {}) != Status::accepted) report.wrong("the parent's run failed");
    const int forked = in_forked_child([&] {
      int count = producer.submit([] {}).status == Status::forked ? 1 : 0;
      count += runtime->run([] {}) == Status::forked ? 1 : 0;
      count += runtime->barrier().status == Status::forked ? 1 : 0;
      count += runtime->drain_until() == Status::forked ? 1 : 0;
      { const Producer gone = std::move(producer); }
      runtime.reset();
      return count;
    });
    if (forked < 0) report.wrong("the child hangs");
    report.set("forked", forked);
    if (runtime->run([] {}) != Status::accepted) report.wrong("the parent's runtime is broken");
  }
}

template <class P>
void fork_peer(P& pool, Report& report) {
  static std::atomic<std::uint64_t> ran{0};
  pool.submit([] { ran.fetch_add(1); });
  pool.wait();
  const int status = in_forked_child([&] {
    pool.submit([] { ran.fetch_add(1); });
    pool.wait();
    return ran.load() == 2 ? 0 : 1;
  });
  report.note(status < 0    ? "the child hangs"
              : status == 0 ? "works in the child"
                            : "lost in the child");
}
void fork_mutex(const Setting&, Report& report) {
  MutexPool pool(2);
  fork_peer(pool, report);
}

/// From here on the process may have `threads` threads in all: as a user who has no others.
bool allow_threads(int threads) {
  const rlimit limit{static_cast<rlim_t>(threads), 4096};
  return setrlimit(RLIMIT_NPROC, &limit) == 0;
}
bool become_nobody(Report& report) {
  machine_topology();
  const auto user = static_cast<uid_t>(200'000 + getpid() % 100'000);
  if (getuid() != 0 || setresuid(user, user, user) != 0) {
    report.skip("only root can become a user without other processes");
    return false;
  }
  prctl(PR_SET_DUMPABLE, 1);
  return true;
}

/// Threads beside the caller. The kernel lists one that has been joined for a moment longer.
std::size_t threads_left() {
  for (int looks = 0; looks < 1'000 && thread_count() != 1; ++looks) usleep(1'000);
  return thread_count() - 1;
}

/// A runtime of four workers where the n-th thread is refused, n = 1 to 4; then it starts.
void refused_weir(const Setting&, Report& report) {
  if (!become_nobody(report)) return;
  constexpr int workers = 4;
  Config config;
  config.workers = workers;
  config.schedule = Schedule::stealing();
  int refused = 0, good = 0;
  std::size_t left = 0;
  for (int allowed = 1; allowed <= workers + 1; ++allowed) {
    if (!allow_threads(allowed)) report.wrong("RLIMIT_NPROC cannot be set");
    auto started = Runtime::start(config);
    if (!started) {
      refused += started.error().code == "thread_refused" ? 1 : 0;
      left += threads_left();
    } else {
      good += started.value()->run([] {}) == Status::accepted ? 1 : 0;
    }
  }
  if (refused != workers || good != 1) report.wrong("not each refusal was an error");
  report.set("refused_starts", refused);
  report.set("good_starts", good);
  report.set("threads_left", static_cast<double>(left));
}
void refused_mutex(const Setting&, Report& report) {
  if (!become_nobody(report)) return;
  allow_threads(2);
  MutexPool pool(4);
  report.note("started");
}

#if defined(WEIR_BENCH_HAS_TBB)
struct Group {
  template <class F>
  void submit(F f) {
    group.run(f);
  }
  void wait() { group.wait(); }
  ~Group() { group.wait(); }
  tbb::global_control threads{tbb::global_control::max_allowed_parallelism, 3};
  tbb::task_group group;
};
void exceptions_tbb(const Setting&, Report& report) {
  std::atomic<std::uint64_t> ran{0};
  Group pool;
  std::uint64_t reported = 0;
  for (std::uint64_t i = 0; i < tasks; ++i) pool.submit(ThrowingTask{&ran, i});
  try {
    pool.wait();
  } catch (const std::exception&) {
    ++reported;
  }
  report.set("ran", static_cast<double>(ran.load()));
  report.set("threw", static_cast<double>(tasks / every));
  report.set("reported", static_cast<double>(reported));
  report.note("the rest is cancelled without a count");
}
void stop_tbb(const Setting&, Report& report) {
  stop_peer([] { return std::make_unique<Group>(); }, report);
}
void fork_tbb(const Setting&, Report& report) {
  Group pool;
  fork_peer(pool, report);
}
void refused_tbb(const Setting&, Report& report) {
  if (!become_nobody(report)) return;
  allow_threads(1);
  Group pool;
  std::atomic<std::uint64_t> ran{0};
  for (int i = 0; i < 100; ++i) pool.submit([&ran] { ran.fetch_add(1); });
  pool.wait();
  report.note("runs in the caller");
}
#endif

const bool all = [] {
  cases().push_back({"exceptions", "weir", exceptions_weir, Around::nothing, 10});
  cases().push_back({"exceptions", "mutex_condvar", exceptions_mutex, Around::nothing, 3});
  cases().push_back({"stop_while_submitting", "weir", stop_weir, Around::nothing, 20});
  cases().push_back({"stop_while_submitting", "mutex_condvar", stop_mutex, Around::nothing, 3});
  cases().push_back({"fork", "weir", fork_weir, Around::nothing, 10});
  cases().push_back({"fork", "mutex_condvar", fork_mutex, Around::nothing, 8});
  cases().push_back({"thread_refused", "weir", refused_weir, Around::nothing, 10});
  cases().push_back({"thread_refused", "mutex_condvar", refused_mutex, Around::nothing, 3});
#if defined(WEIR_BENCH_HAS_TBB)
  cases().push_back({"exceptions", "tbb_task_group", exceptions_tbb, Around::nothing, 3});
  cases().push_back({"stop_while_submitting", "tbb_task_group", stop_tbb, Around::nothing, 3});
  cases().push_back({"fork", "tbb_task_group", fork_tbb, Around::nothing, 8});
  cases().push_back({"thread_refused", "tbb_task_group", refused_tbb, Around::nothing, 3});
#endif
  return true;
}();

}  // namespace
}  // namespace weir::bench
