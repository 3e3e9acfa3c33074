#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <weir/phase.hpp>
#include <weir/stream_graph.hpp>
#include <weir/task_graph.hpp>

#include "core_fixture.hpp"

using namespace weir;
using namespace weir::test;

TEST_CASE("runtime: every submitted task runs once, with any number of workers") {
  for (const int workers : worker_counts()) {
    CAPTURE(workers);
    auto runtime = start_with(workers);
    const Watchdog dog(*runtime, 60);
    std::atomic<long> sum{0};
    {
      Producer producer = runtime->producer("test").value();
      for (int i = 1; i <= 5000; ++i) submit_all(*runtime, producer, [&sum, i] { sum += i; });
      const Receipt receipt = runtime->barrier();
      CHECK(receipt.status == Status::accepted);
      CHECK(receipt.tasks == 5000);
      CHECK(receipt.bytes_live == 0);
      CHECK(sum == 5000L * 5001 / 2);
    }
    CHECK(runtime->stop_until() == Status::accepted);
    const Metrics metrics = runtime->metrics();
    CHECK(metrics.submitted == metrics.retired);
    CHECK(metrics.total.lost_wakeups == 0);
    CHECK(metrics.steady_state_allocations == 0);
    CHECK(metrics.stalls == 0);
  }
}

TEST_CASE("runtime: the smallest bounds, one task slot and one inbox slot, lose nothing") {
  for (const int workers : worker_counts()) {
    CAPTURE(workers);
    auto runtime = start_with(workers, 1, 1);
    const Watchdog dog(*runtime, 60);
    std::atomic<int> count{0};
    Producer producer = runtime->producer("test").value();
    for (int i = 0; i < 500; ++i) submit_all(*runtime, producer, [&count] { ++count; });
    CHECK(runtime->barrier().status == Status::accepted);
    CHECK(count == 500);
  }
}

TEST_CASE("runtime: submit on full returns would_block and leaves the closure with the caller" *
          needs_room) {
  auto runtime = start_with(1, 8, 4);
  Producer producer = runtime->producer("test").value();
  Gate gate;
  const auto shared_count = std::make_shared<std::atomic<int>>(0);
  REQUIRE(producer.submit([&gate] { gate.pass(); }).status == Status::accepted);
  gate.await(1);
  struct Counting {
    std::shared_ptr<std::atomic<int>> held;
    void operator()() const { ++*held; }
  };
  int accepted = 0;
  Outcome outcome;
  for (;;) {
    Counting task{shared_count};
    outcome = producer.submit(std::move(task));
    if (outcome.status != Status::accepted) {
      CHECK(task.held == shared_count);  // not moved from
      break;
    }
    ++accepted;
  }
  CHECK(outcome.status == Status::would_block);
  CHECK(outcome.edge == no_edge);
  CHECK(accepted == 4);
  CHECK(runtime->metrics().inbox_would_block == 1);
  gate.open();
  CHECK(runtime->barrier().status == Status::accepted);
  CHECK(*shared_count == 4);
  CHECK(shared_count.use_count() == 1);  // closures are destroyed when the barrier returns
}

TEST_CASE("runtime: submit_n takes the longest prefix and says what refused the rest" *
          needs_room) {
  auto runtime = start_with(0, 100, 10);
  Producer producer = runtime->producer("test").value();
  int ran = 0;
  struct Task {
    int* ran;
    void operator()() const { ++*ran; }
  };
  std::vector<Task> tasks(25, Task{&ran});
  Outcome outcome;
  CHECK(producer.submit_n(tasks.data(), tasks.size(), outcome) == 10);
  CHECK(outcome.status == Status::would_block);
  CHECK(runtime->run_until_idle() == 10);
  CHECK(producer.submit_n(tasks.data(), 7, outcome) == 7);
  CHECK(outcome.status == Status::accepted);
  CHECK(runtime->run_until_idle() == 7);
  CHECK(ran == 17);
  CHECK(runtime->run_until_idle() == 0);
}

TEST_CASE("runtime: reports may be asked for while other threads define, run and end graphs") {
  auto runtime = start_with(2);
  std::atomic<bool> over{false};
  std::thread reader([&] {
    std::FILE* const nowhere = std::fopen("/dev/null", "w");
    while (nowhere != nullptr && !over.load()) {
      CHECK(runtime->memory() > 0);
      CHECK(!runtime->describe().empty());
      CHECK(runtime->metrics().stalls == 0);
      runtime->dump(nowhere);
    }
    if (nowhere != nullptr) std::fclose(nowhere);
  });
  Producer producer = runtime->producer("graphs").value();
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> run{0};
    StreamGraph stream(*runtime, "stream");
    auto numbers = stream.source<int>("numbers", {}, [n = 0](Emit<int>& out) mutable {
      out(int{n});
      return ++n < 20 ? Give::more : Give::end;
    });
    for (int i = 0; i < 8; ++i) {
      numbers = stream.map("node " + std::to_string(i), numbers, {.capacity = 2},
                           [](int&& x) { return x; });
    }
    stream.sink("sink", numbers, {}, [&run](int&&) { run.fetch_add(1); });
    stream.build().value();
    REQUIRE(stream.start() == Status::accepted);
    TaskGraph tasks(*runtime, "tasks");
    Task last = tasks.task("first", [&run] { run.fetch_add(1); });
    for (int i = 0; i < 40; ++i) {
      const Task next = tasks.task("task " + std::to_string(i), [&run] { run.fetch_add(1); });
      tasks.precede(last, next);
      last = next;
    }
    tasks.build().value();
    REQUIRE(tasks.run(producer).status == Status::accepted);
    CHECK(tasks.wait_until(never) == Status::accepted);
    CHECK(stream.wait_until(never) == Status::accepted);
    CHECK(run.load() == 61);
    submit_all(*runtime, producer, [&runtime] {  // a list of retired objects grows
      for (int i = 0; i < 100; ++i) runtime->retire(new int);
    });
  }
  CHECK(runtime->barrier().status == Status::accepted);
  over = true;
  reader.join();
}

TEST_CASE("runtime: memory() equals what platform allocation has given, before and after work") {
  for (const int workers : {0, 1, 2}) {
    CAPTURE(workers);
    const std::size_t before = allocated_bytes();
    auto runtime = start_with(workers);
    CHECK(runtime->memory() == allocated_bytes() - before);
    {
      Producer producer = runtime->producer("test").value();
      const std::uint64_t calls = allocation_count();
      for (int i = 0; i < 2000; ++i) submit_all(*runtime, producer, [] {});
      CHECK(runtime->barrier().status == Status::accepted);
      CHECK(allocation_count() == calls);
    }
    CHECK(runtime->memory() == allocated_bytes() - before);
    CHECK(runtime->stop_until() == Status::accepted);
    runtime.reset();
    CHECK(allocated_bytes() == before);
  }
}

TEST_CASE("runtime: after stop everything answers closed, and stop is idempotent") {
  for (const int workers : {0, 2}) {
    CAPTURE(workers);
    auto runtime = start_with(workers);
    Producer producer = runtime->producer("test").value();
    CHECK(runtime->stop_until() == Status::accepted);
    CHECK(producer.submit([] {}).status == Status::closed);
    CHECK(runtime->run([] {}) == Status::closed);
    CHECK(runtime->producer("late").error().code == "closed");
    CHECK(runtime->stop_until() == Status::accepted);
    CHECK(runtime->drain_until() == Status::accepted);
  }
}

TEST_CASE("runtime: stop while the inbox is full runs what was accepted") {
  for (const int workers : {0, 1, 4}) {
    CAPTURE(workers);
    auto runtime = start_with(workers, 64, 64);
    std::atomic<int> ran{0};
    int accepted = 0;
    {
      Producer producer = runtime->producer("test").value();
      for (int i = 0; i < 1000; ++i) {
        if (producer.submit([&ran] { ++ran; }).status == Status::accepted) ++accepted;
      }
    }
    CHECK(runtime->stop_until() == Status::accepted);
    CHECK(ran == accepted);
  }
}

TEST_CASE(
    "runtime: drain_until with a deadline in the past returns timed_out and keeps the workers") {
  auto runtime = start_with(2);
  Producer producer = runtime->producer("test").value();
  Gate gate;
  REQUIRE(producer.submit([&gate] { gate.pass(); }).status == Status::accepted);
  gate.await(1);
  CHECK(runtime->drain_until(1) == Status::timed_out);
  CHECK(runtime->stop_until(1) == Status::timed_out);
  CHECK(producer.submit([] {}).status == Status::closed);
  gate.open();
  CHECK(runtime->stop_until() == Status::accepted);
}

TEST_CASE("runtime: start and stop a thousand times leaves no thread and no byte") {
  const std::size_t bytes = allocated_bytes();
  for (int i = 0; i < 1000; ++i) {
    auto runtime = start_with(1 + i % 3, 64, 16);
    if (i % 2 == 0) {
      int ran = 0;
      CHECK(runtime->run([&ran] { ran = 1; }) == Status::accepted);
      CHECK(ran == 1);
    }
  }
  CHECK(allocated_bytes() == bytes);
}

TEST_CASE("runtime: run from many threads at once, more than there are guests") {
  auto runtime = start_with(2);
  const Watchdog dog(*runtime, 60);
  std::atomic<int> count{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 6; ++t) {
    callers.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const Status status = runtime->run([&count] {
          for (int k = 0; k < 4; ++k) static_cast<void>(spawn_or_run([&count] { ++count; }));
        });
        if (status != Status::accepted) count += 1'000'000;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(count == 6 * 50 * 4);
}

TEST_CASE("runtime: who waits goes on helping where every CPU's worker is in a long body") {
  const int workers = static_cast<int>(std::thread::hardware_concurrency());
  auto runtime = start_with(workers);
  const Watchdog dog(*runtime, 60);
  Producer producer = runtime->producer("test").value();
  constexpr int wanted = 2'000;  // far more jobs than a helper takes before it sleeps
  std::atomic<int> by_guest{0};
  TaskGraph graph(*runtime, "held");
  const Task first = graph.task("first", [] {});
  for (int i = 0; i < 3 * wanted; ++i) {
    graph.precede(first, graph.task("one", [&] {
      if (worker_index() >= workers) ++by_guest;
      while (worker_index() < workers && by_guest < wanted) std::this_thread::yield();
    }));
  }
  REQUIRE(graph.build().ok());
  REQUIRE(graph.run(producer).status == Status::accepted);
  CHECK(graph.wait_until(never) == Status::accepted);
  CHECK(by_guest >= wanted);
}

TEST_CASE("runtime: run reports the first throw of what it started") {
  for (const int workers : {0, 2}) {
    auto runtime = start_with(workers);
    Error error;
    CHECK(runtime->run(
              [] { static_cast<void>(spawn_or_run([] { throw std::runtime_error("inner"); })); },
              &error) == Status::failed);
    CHECK(error.what == "inner");
    CHECK(error.code == "task_failed");
    CHECK(runtime->run([] {}) == Status::accepted);
  }
}

TEST_CASE(
    "runtime: a task that throws outside of a scope fails its epoch's receipt and kills no "
    "worker") {
  auto runtime = start_with(2);
  Producer producer = runtime->producer("test").value();
  REQUIRE(producer.submit([] { throw std::runtime_error("first"); }).status == Status::accepted);
  CHECK(runtime->barrier().status == Status::failed);
  int ran = 0;
  REQUIRE(producer.submit([&ran] { ran = 1; }).status == Status::accepted);
  CHECK(runtime->barrier().status == Status::accepted);
  CHECK(ran == 1);
  CHECK(runtime->metrics().failed == 1);
  CHECK(runtime->metrics().first_error == "first");
}

TEST_CASE("runtime: waits inside a task answer would_deadlock") {
  for (const int workers : {0, 2}) {
    auto runtime = start_with(workers);
    auto other = start_with(1);
    Status seen[6] = {};
    CHECK(runtime->run([&] {
      seen[0] = runtime->barrier().status;
      seen[1] = runtime->drain_until();
      seen[2] = runtime->stop_until();
      seen[3] = other->barrier().status;
      seen[4] = runtime->run([] {});
      Scope scope;
      seen[5] = scope.wait_until(never);
    }) == Status::accepted);
    for (const Status status : seen) CHECK(status == Status::would_deadlock);
  }
}

TEST_CASE("runtime: a configuration that cannot be is refused by name") {
  const auto refused = [](auto change) {
    Config config;
    change(config);
    const auto started = Runtime::start(config);
    REQUIRE(!started.ok());
    CHECK(started.error().code == "bad_config");
    return started.error().where;
  };
  CHECK(refused([](Config& c) { c.workers = 257; }) == "Config::workers");
  CHECK(refused([](Config& c) { c.workers = -2; }) == "Config::workers");
  CHECK(refused([](Config& c) { c.task_slots = 0; }) == "Config::task_slots");
  CHECK(refused([](Config& c) { c.inbox_slots = 0; }) == "Config::inbox_slots");
  CHECK(refused([](Config& c) { c.producers_max = 0; }) == "Config::producers_max");
  CHECK(refused([](Config& c) { c.guests_max = 65; }) == "Config::guests_max");
  CHECK(refused([](Config& c) { c.spin_us = 10'001; }) == "Config::spin_us");
  CHECK(refused([](Config& c) { c.schedule.kind = Schedule::Kind::invalid; }) == "WEIR_SCHED");
}

TEST_CASE("runtime: producers beyond the bound are refused, and places come back") {
  Config config;
  config.workers = 1;
  config.producers_max = 2;
  config.schedule = Schedule::stealing();
  auto runtime = Runtime::start(config).value();
  Producer a = runtime->producer("a").value();
  {
    const Producer b = runtime->producer("b").value();
    CHECK(runtime->producer("c").error().code == "too_many_producers");
  }
  CHECK(runtime->producer("c").ok());
  Producer moved = std::move(a);
  CHECK(moved.submit([] {}).status == Status::accepted);
  CHECK(&moved.runtime() == runtime.get());
}

TEST_CASE("runtime: a fork's child gets forked from every call and frees nothing") {
  auto runtime = start_with(2);
  Producer producer = runtime->producer("test").value();
  REQUIRE(producer.submit([] {}).status == Status::accepted);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int bad = 0;
    if (producer.submit([] {}).status != Status::forked) bad |= 1;
    if (runtime->barrier().status != Status::forked) bad |= 2;
    if (runtime->drain_until() != Status::forked) bad |= 4;
    if (runtime->stop_until() != Status::forked) bad |= 8;
    if (runtime->run([] {}) != Status::forked) bad |= 16;
    if (runtime->producer("x").ok()) bad |= 32;
    if (runtime->run_until_idle() != 0) bad |= 64;
    { const Producer gone = std::move(producer); }
    runtime.reset();
    _exit(bad);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(runtime->barrier().status == Status::accepted);
}

TEST_CASE("runtime: describe is one line that says who works where" * needs_room) {
  auto runtime = start_with(2);
  const std::string line = runtime->describe();
  CHECK(line.find('\n') == std::string::npos);
  CHECK(line.find("2 workers") != std::string::npos);
  CHECK(line.find("1024 task slots") != std::string::npos);
  CHECK(start_with(0)->describe().find("0 workers") != std::string::npos);
}

TEST_CASE("runtime: flooding from many producers loses nothing and no wake-up") {
  for (const int workers : {1, 2, 4}) {
    CAPTURE(workers);
    auto runtime = start_with(workers, 256, 16);
    const Watchdog dog(*runtime, 120);
    std::atomic<long> ran{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&] {
        Producer producer = runtime->producer("flood").value();
        for (int i = 0; i < 3000; ++i) {
          while (producer.submit([&ran] { ++ran; }).status != Status::accepted)
            std::this_thread::yield();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(runtime->barrier().status == Status::accepted);
    CHECK(ran == 9000);
    CHECK(runtime->metrics().total.lost_wakeups == 0);
  }
}
