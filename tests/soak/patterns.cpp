// patterns.cpp: tasks, fork_join, barriers, rings, retired objects and short-lived runtimes, of
// random shape.
#include <array>
#include <memory>
#include <soak/soak.hpp>
#include <stdexcept>
#include <thread>
#include <vector>
#include <weir/lane.hpp>
#include <weir/ring.hpp>
#include <weir/task.hpp>

namespace weir::test {
namespace {

/// A tree of tasks: each one counts itself and starts `width` more until `depth` is 0.
struct Tree {
  std::atomic<std::uint64_t>* run;
  std::uint32_t depth, width;
  void operator()() const {
    run->fetch_add(1, std::memory_order_relaxed);
    for (std::uint32_t i = 0; i < width && depth != 0; ++i)
      static_cast<void>(spawn_or_run(Tree{run, depth - 1, width}));
  }
  std::uint64_t size() const noexcept {
    std::uint64_t all = 1, level = 1;
    for (std::uint32_t i = 0; i < depth; ++i) all += level *= width;
    return all;
  }
};

/// Submits until accepted; false: the scope is cancelled.
template <class F>
bool give(Producer& producer, const F& f, const Submit& submit = {}) {
  for (;;) {
    const Status status = producer.submit(f, submit).status;
    if (status != Status::would_block) return status == Status::accepted;
    std::this_thread::yield();
  }
}

std::string tasks(Runtime& runtime, std::uint64_t seed) {
  Random random(seed);
  Producer producer = runtime.producer("tasks").value();
  std::atomic<std::uint64_t> run{0};
  std::uint64_t wanted = 0, may_throw = 0;
  Scope scope;
  const bool cancelled = random.once_in(8), throwing = random.once_in(4);
  const std::uint32_t count = 1 + random.below(300);
  for (std::uint32_t i = 0; i < count; ++i) {
    const Submit submit{.level = static_cast<std::uint8_t>(random.below(3)), .scope = &scope};
    if (throwing && random.once_in(10)) {
      may_throw += give(
                       producer, [] { throw std::runtime_error("as it should"); }, submit)
                       ? 1
                       : 0;
      continue;
    }
    const Tree tree{&run, random.below(4), 1 + random.below(3)};
    if (give(producer, tree, submit)) wanted += tree.size();
    if (cancelled && i == count / 2) scope.cancel();
  }
  const Status end = scope.wait_until(never);
  if (cancelled) {
    if (run.load() > wanted) return differs("tasks run of a cancelled scope", run.load(), wanted);
    return end == Status::cancelled || end == Status::failed ? ""
                                                             : "a cancelled scope ended otherwise";
  }
  if ((end == Status::failed) != (may_throw != 0))
    return "a scope ended as " + std::string(to_string(end));
  return run.load() == wanted ? "" : differs("tasks run", run.load(), wanted);
}

/// The same through submit_n, with some that have expired before they begin.
std::string batches(Runtime& runtime, std::uint64_t seed) {
  Random random(seed);
  Producer producer = runtime.producer("batches").value();
  std::atomic<std::uint64_t> run{0};
  std::uint64_t wanted = 0;
  Scope scope;
  for (std::uint32_t round = 0; round < 1 + random.below(20); ++round) {
    std::array<Tree, 64> trees;
    trees.fill({&run, random.below(2), 1});
    const std::uint32_t n = 1 + random.below(64);
    const bool late = random.once_in(4);
    for (std::size_t done = 0; done < n;) {
      Outcome outcome;
      done += producer.submit_n(trees.data() + done, n - done, outcome,
                                {.deadline = late ? Deadline{1} : never, .scope = &scope});
      if (done < n) std::this_thread::yield();
    }
    wanted += late ? 0 : n * trees[0].size();
  }
  const Status end = scope.wait_until(never);
  if (end != Status::accepted) return "a scope ended as " + std::string(to_string(end));
  return run.load() == wanted ? "" : differs("tasks run", run.load(), wanted);
}

std::uint64_t fib(std::uint32_t n) {
  if (n < 2) return n;
  std::uint64_t a = 0, b = 0;
  fork_join([&] { a = fib(n - 1); }, [&] { b = fib(n - 2); });
  return a + b;
}

std::string forks(Runtime& runtime, std::uint64_t seed) {
  Random random(seed);
  const std::uint32_t n = 5 + random.below(18);
  std::uint64_t got = 0;
  if (runtime.run([&] { got = fib(n); }) != Status::accepted) return "fib did not end well";
  std::uint64_t a = 0, b = 1;
  for (std::uint32_t i = 0; i < n; ++i) a = std::exchange(b, a + b);
  if (got != a) return differs("fib", got, a);

  const std::size_t size = random.below(20'000), grain = 1 + random.below(300);
  const std::size_t bad =
      random.once_in(3) && size != 0 ? random.below(static_cast<std::uint32_t>(size)) : size;
  std::vector<std::atomic<std::uint8_t>> seen(size);
  Error error;
  const Status end = runtime.run(
      [&] {
        parallel_for(0, size, grain, [&](std::size_t i) {
          seen[i].fetch_add(1, std::memory_order_relaxed);
          if (i == bad) throw std::runtime_error("index of ill luck");
        });
      },
      &error);
  if ((end == Status::failed) != (bad != size))
    return "parallel_for ended as " + std::string(to_string(end));
  if (bad != size && error.what.find("ill luck") == std::string::npos)
    return "another error: " + error.what;
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint8_t times = seen[i].load(std::memory_order_relaxed);
    if (times > 1 || (times == 0 && bad == size)) return differs("calls of an index", times, 1);
  }
  return "";
}

std::string barriers(Runtime& runtime, std::uint64_t seed) {
  Random random(seed);
  Producer producer = runtime.producer("barriers").value();
  std::atomic<std::uint64_t> run{0};
  std::uint64_t wanted = 0;
  for (std::uint32_t round = 0; round < 1 + random.below(10); ++round) {
    for (std::uint32_t i = random.below(30); i != 0; --i) {
      const Tree tree{&run, random.below(3), 2};
      if (give(producer, tree)) wanted += tree.size();
    }
    Status status = Status::timed_out;
    switch (random.below(3)) {
      case 0:
        status = runtime.barrier().status;
        break;
      case 1:
        while (status == Status::timed_out) status = runtime.barrier_until(after_ms(1)).status;
        break;
      default: {
        BarrierTicket ticket = runtime.barrier_begin();
        Receipt receipt;
        while (!runtime.poll(ticket, receipt)) std::this_thread::yield();
        status = receipt.status;
      }
    }
    if (status != Status::accepted) return "a barrier answered " + std::string(to_string(status));
    if (run.load() != wanted) return differs("tasks run before a barrier", run.load(), wanted);
  }
  return "";
}

/// Numbered items of several threads through one queue: each arrives once, those of one thread in
/// order.
template <class Queue>
std::string through(Queue& queue, std::uint32_t producers, std::uint32_t consumers,
                    std::uint64_t each) {
  std::atomic<std::uint64_t> popped{0}, sum{0}, disorder{0};
  std::vector<std::thread> threads;
  for (std::uint32_t p = 0; p < producers; ++p) {
    threads.emplace_back([&, p] {
      for (std::uint64_t i = 1; i <= each; ++i) {
        while (queue.push(std::uint64_t{p} << 32 | i) != Status::accepted)
          std::this_thread::yield();
      }
    });
  }
  for (std::uint32_t c = 0; c < consumers; ++c) {
    threads.emplace_back([&] {
      std::array<std::uint64_t, 4> last{};
      while (popped.load() < producers * each) {
        std::uint64_t item = 0;
        if (queue.pop(item) != Status::accepted) {
          std::this_thread::yield();
          continue;
        }
        popped.fetch_add(1);
        const std::uint64_t number = item & 0xffff'ffff;
        if (std::exchange(last[item >> 32], number) >= number) disorder.fetch_add(1);
        sum.fetch_add(number);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::uint64_t wanted = producers * (each * (each + 1) / 2);
  if (disorder.load() != 0) return differs("items out of order", disorder.load(), 0);
  return sum.load() == wanted ? "" : differs("the sum of a queue's items", sum.load(), wanted);
}

std::string queues(Runtime&, std::uint64_t seed) {
  Random random(seed);
  const std::size_t capacity = smallest() ? 1 : 1 + random.below(40);
  const std::uint64_t each = 500 + random.below(3000);
  if (random.once_in(3)) {
    Lane<std::uint64_t> lane(capacity);
    return through(lane, 1, 1, each);
  }
  Ring<std::uint64_t> ring(capacity);
  return through(ring, 1 + random.below(3), 1 + random.below(3), each);
}

/// Objects given to retire() from tasks and from here are destroyed once, and not before a barrier
/// where a task may still read them.
std::string retired(Runtime& runtime, std::uint64_t seed) {
  struct Object {
    explicit Object(std::shared_ptr<std::atomic<std::uint64_t>> counter)
        : gone(std::move(counter)) {}
    ~Object() { gone->fetch_add(1); }
    std::shared_ptr<std::atomic<std::uint64_t>> gone;
  };
  Random random(seed);
  const auto gone = std::make_shared<std::atomic<std::uint64_t>>(0);
  const std::uint64_t count = 1 + random.below(50);
  Producer producer = runtime.producer("retired").value();
  Scope scope;
  for (std::uint64_t i = 0; i < count; ++i) {
    Object* const object = new Object(gone);
    if (random.once_in(2)) {
      runtime.retire(object);
    } else {
      give(producer, [&runtime, object] { runtime.retire(object); }, {.scope = &scope});
    }
  }
  if (scope.wait_until(never) != Status::accepted) return "retiring tasks did not end well";
  for (int i = 0; i < 1000 && gone->load() != count;
       ++i) {  // each worker frees what it was given when it turns
    if (runtime.barrier().status != Status::accepted) return "a barrier did not end well";
    for (int n = 0; n < 8; ++n) give(producer, [] {});
  }
  return gone->load() == count
             ? ""
             : differs("objects destroyed after 1,000 barriers", gone->load(), count);
}

/// A runtime of its own, stopped while a thread submits to it.
std::string short_lived(Runtime&, std::uint64_t seed) {
  Random random(seed);
  Config config;
  config.workers = static_cast<int>(random.below(4));
  config.pin = Pin::none;
  config.schedule = Schedule::stealing();
  config.task_slots = smallest() ? 1 : 1 + random.below(100);
  config.inbox_slots = 1 + random.below(config.task_slots);
  auto started = Runtime::start(config);
  if (!started.ok()) return "not started: " + started.error().text();
  Runtime& runtime = *started.value();
  std::atomic<std::uint64_t> run{0}, accepted{0}, calls{0};
  std::thread submitter([&] {
    auto producer = runtime.producer("short");
    if (!producer.ok()) return;
    for (Status status = Status::accepted; status != Status::closed; calls.fetch_add(1)) {
      const Tree tree{&run, 1, 2};
      status = producer.value().submit(tree).status;
      if (status == Status::accepted) accepted.fetch_add(tree.size());
      if (status == Status::would_block) std::this_thread::yield();
    }
  });
  const std::uint64_t wait_for = random.below(300);
  while (calls.load() < wait_for) {
    if (config.workers == 0) runtime.run_until_idle();
    std::this_thread::yield();
  }
  const Status end = random.once_in(2) ? runtime.stop_until() : runtime.drain_until();
  submitter.join();
  if (end != Status::accepted) return "it stopped as " + std::string(to_string(end));
  return run.load() == accepted.load()
             ? ""
             : differs("tasks of a short runtime", run.load(), accepted.load());
}

constexpr Pattern all[] = {
    {"random_graph", random_graph}, {"request_loop", request_loop},
    {"task_graph", task_graph},     {"tasks", tasks},
    {"batches", batches},           {"forks", forks},
    {"barriers", barriers},         {"queues", queues},
    {"retired", retired},           {"short_lived", short_lived},
};

}  // namespace

std::span<const Pattern> patterns() noexcept { return all; }

}  // namespace weir::test
