// storms_test.cpp: starts, stops, barriers, floods, forks and throws, many of each and at the worst
// moments.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <support/at_rest.hpp>
#include <support/tier.hpp>
#include <support/watchdog.hpp>
#include <thread>
#include <vector>
#include <weir/stream_graph.hpp>
#include <weir/task.hpp>

using namespace weir;
using namespace weir::test;

namespace {

constexpr int worker_counts[] = {1, 2, 4, 8};

std::unique_ptr<Runtime> start(int workers, std::uint32_t task_slots = 256,
                               std::uint32_t inbox_slots = 64) {
  Config config;
  config.workers = workers;
  config.pin = Pin::none;
  config.schedule = Schedule::stealing();  // these tests are about real threads
  config.task_slots = task_slots;
  config.inbox_slots = inbox_slots;
  return Runtime::start(config).value();
}

/// A source that never ends, a map, a sink that counts.
struct Endless {
  Endless(Runtime& runtime, std::uint32_t capacity, Mode mode) : graph(runtime, "endless") {
    auto numbers = graph.source<std::uint64_t>(
        "numbers", {}, [n = std::uint64_t{0}](Emit<std::uint64_t>& out) mutable {
          out(n++);
          return Give::more;
        });
    const NodeConfig config{.mode = mode, .capacity = capacity};
    auto doubled = graph.map("double", numbers, config, [](std::uint64_t&& n) { return 2 * n; });
    graph.sink("count", doubled, config,
               [this](std::uint64_t&&) { taken.fetch_add(1, std::memory_order_relaxed); });
    graph.build().value();
  }
  std::atomic<std::uint64_t> taken{0};
  StreamGraph graph;
};

}  // namespace

TEST_CASE("storm: start and stop, with work under way") {
  Watchdog dog("start and stop");
  for (std::uint64_t i = 0; i < amount(40, 400, 4000); ++i) {
    const int workers = worker_counts[i % 4];
    dog.note("start and stop, round " + std::to_string(i));
    auto runtime = start(workers);
    std::atomic<std::uint64_t> run{0};
    std::uint64_t accepted = 0;
    {
      Producer producer = runtime->producer("storm").value();
      for (int n = 0; n < 50; ++n) {
        if (producer.submit([&run]() noexcept { run.fetch_add(1); }).status == Status::accepted)
          ++accepted;
      }
      if (i % 3 == 0) CHECK(runtime->drain_until() == Status::accepted);
      if (i % 3 == 1) CHECK(runtime->stop_until() == Status::accepted);
      if (i % 3 != 2) {
        CHECK(producer.submit([]() noexcept {}).status == Status::closed);
        CHECK(run.load() == accepted);
        CHECK(runtime->stop_until() == Status::accepted);  // idempotent
        CHECK(runtime->stop_until(after_ms(1)) == Status::accepted);
      }
    }
    if (i % 3 != 2) check_runtime(*runtime);
    runtime.reset();
    CHECK(run.load() == accepted);
  }
}

TEST_CASE("storm: stop while every ring is full and the source never ends") {
  Watchdog dog("stop while full");
  for (std::uint64_t i = 0; i < amount(40, 400, 4000); ++i) {
    const int workers = worker_counts[i % 4];
    dog.note("stop while full, round " + std::to_string(i));
    auto runtime = start(workers);
    Endless endless(*runtime, static_cast<std::uint32_t>(1 + i % 3 * 7),
                    i % 2 == 0 ? Mode::parallel : Mode::ordered);
    REQUIRE(endless.graph.start() == Status::accepted);
    if (i % 5 != 0) {
      while (endless.taken.load() < i % 50) std::this_thread::yield();
    }
    if (i % 7 == 0) endless.graph.cancel();
    CHECK((i % 2 == 0 ? runtime->stop_until() : runtime->drain_until()) == Status::accepted);
    const Status end = endless.graph.wait_until(after_ms(60'000));
    CHECK(end == (i % 7 == 0 ? Status::cancelled : Status::accepted));
    check_ledgers(endless.graph);
    CHECK(endless.graph.ledger().out == endless.taken.load());
    check_runtime(*runtime);
  }
}

TEST_CASE("storm: producers flood an ingress and the inbox until they are told that it is closed") {
  for (const int workers : worker_counts) {
    Watchdog dog("flood until closed");
    for (std::uint64_t i = 0; i < amount(5, 30, 300); ++i) {
      auto runtime = start(workers);
      std::atomic<std::uint64_t> tasks_run{0}, tasks_accepted{0}, taken{0}, pushed{0}, started{0};
      StreamGraph graph(*runtime, "flooded");
      auto door = graph.ingress<std::uint64_t>("door", static_cast<std::uint32_t>(1 + i % 16));
      graph.sink("count", door.port(), {.capacity = 2},
                 [&](std::uint64_t&&) { taken.fetch_add(1); });
      graph.build().value();
      REQUIRE(graph.start() == Status::accepted);
      std::vector<std::thread> threads;
      for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
          auto registered = runtime->producer("flood");
          if (!registered.ok()) return;  // it was drained before this thread began
          Producer& producer = registered.value();
          for (Status status = Status::accepted; status != Status::closed;) {
            if (t % 2 == 0) {
              status = door.push(producer, 7).status;
              if (status == Status::accepted) pushed.fetch_add(1);
            } else {
              status = producer.submit([&]() noexcept { tasks_run.fetch_add(1); }).status;
              if (status == Status::accepted) tasks_accepted.fetch_add(1);
            }
            started.fetch_add(1);
            if (status == Status::would_block) std::this_thread::yield();
          }
        });
      }
      while (started.load() < 100) std::this_thread::yield();
      CHECK(runtime->drain_until() == Status::accepted);
      for (std::thread& thread : threads) thread.join();
      CHECK(graph.wait_until(never) == Status::accepted);
      CHECK(runtime->stop_until() == Status::accepted);
      CHECK(tasks_run.load() == tasks_accepted.load());
      CHECK(taken.load() == pushed.load());
      check_ledgers(graph);
      check_runtime(*runtime);
    }
  }
}

TEST_CASE("storm: barriers from several threads each see their own tasks and descendants ended") {
  for (const int workers : worker_counts) {
    auto runtime = start(workers, 1024, 128);
    Watchdog dog("barriers", runtime.get());
    Endless beside(*runtime, 4, Mode::parallel);  // barriers do not wait for a source
    REQUIRE(beside.graph.start() == Status::accepted);
    std::atomic<std::uint64_t> early{0}, wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        Producer producer = runtime->producer("storm").value();
        std::atomic<std::uint64_t> run{0};
        std::uint64_t accepted = 0;
        for (std::uint64_t round = 0; round < amount(20, 150, 2000); ++round) {
          for (int n = 0; n < 20; ++n) {
            const Outcome outcome = producer.submit([&run] {
              static_cast<void>(spawn_or_run([&run] { run.fetch_add(1); }));
              run.fetch_add(1);
            });
            accepted += outcome.status == Status::accepted ? 2 : 0;
          }
          if (runtime->barrier().status != Status::accepted) wrong.fetch_add(1);
          if (run.load() != accepted) early.fetch_add(1);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(early.load() == 0);
    CHECK(wrong.load() == 0);
    beside.graph.cancel();
    CHECK(beside.graph.wait_until(never) == Status::cancelled);
    check_ledgers(beside.graph);
    check_runtime(*runtime);
  }
}

TEST_CASE(
    "storm: a fork in the middle leaves the child with a dead runtime and the parent with a live "
    "one") {
  auto runtime = start(2);
  Watchdog dog("fork", runtime.get());
  auto endless = std::make_unique<Endless>(*runtime, 2, Mode::parallel);
  REQUIRE(endless->graph.start() == Status::accepted);
  Producer producer = runtime->producer("forker").value();
  for (std::uint64_t i = 0; i < amount(3, 20, 100); ++i) {
    std::atomic<bool> run{false};
    while (producer.submit([&run]() noexcept { run = true; }).status != Status::accepted)
      std::this_thread::yield();
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      int faults = 0;
      faults += producer.submit([]() noexcept {}).status != Status::forked ? 1 : 0;
      faults += runtime->barrier().status != Status::forked ? 2 : 0;
      faults += runtime->stop_until() != Status::forked ? 4 : 0;
      faults += endless->graph.wait_until(never) != Status::forked ? 8 : 0;
      faults += runtime->run([] {}) != Status::forked ? 16 : 0;
      endless.reset();
      { const Producer gone = std::move(producer); }
      runtime.reset();
      _exit(faults);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(runtime->barrier().status == Status::accepted);
    CHECK(run.load());
  }
  endless->graph.cancel();
  CHECK(endless->graph.wait_until(never) == Status::cancelled);
  check_ledgers(endless->graph);
}

TEST_CASE("storm: everything throws, and everything is accounted for") {
  for (const int workers : worker_counts) {
    auto runtime = start(workers);
    Watchdog dog("throws", runtime.get());
    const auto fail = [](const char* where) { throw std::runtime_error(where); };
    for (std::uint64_t round = 0; round < amount(5, 50, 500); ++round) {
      StreamGraph graph(*runtime, "throws");
      auto numbers = graph.source<std::uint64_t>(
          "numbers", {}, [&, n = std::uint64_t{0}](Emit<std::uint64_t>& out) mutable {
            if (n == 60) fail("source");
            out(n++);
            return Give::more;
          });
      const auto at = [](std::uint64_t n, std::uint64_t where) { return n % 6 == where; };
      auto mapped = graph.map("map", numbers, {.capacity = 1}, [&](std::uint64_t&& n) {
        if (at(n, 0)) fail("map");
        return n;
      });
      auto batched =
          graph.batch("batch", mapped, {.max = 1},
                      [&](std::span<std::uint64_t> in, std::span<Maybe<std::uint64_t>> out) {
                        if (at(in[0], 1)) fail("batch");
                        out[0] = in[0];
                      });
      auto branches = graph.split<2>("split", batched, [&](const std::uint64_t& n) {
        if (at(n, 2)) fail("split");
        return n % 2;
      });
      auto selected = graph.select("select", branches);
      auto more = graph.expand("expand", selected, {.mode = Mode::ordered}, 2,
                               [&](std::uint64_t&& n, Emit<std::uint64_t>& out) {
                                 out(n);
                                 if (at(n, 3)) fail("expand");
                                 out(n);
                               });
      graph.sink("sink", more, {.capacity = 2}, [&](std::uint64_t&& n) {
        if (at(n, 4)) fail("sink");
      });
      graph.build().value();
      REQUIRE(graph.start() == Status::accepted);
      CHECK(graph.wait_until(never) == Status::accepted);
      check_ledgers(graph);
      // 61 numbers: a throw of the source, 10 each of map, batch, split and expand, 20 children of
      // 10 in the sink.
      CHECK(graph.ledger().failed == 1 + 4 * 10 + 20);
      CHECK(graph.ledger().out == 20 + 20);  // 20 numbers expanded, 20 children consumed
      CHECK(graph.first_error().code == "body_failed");
    }
    Producer producer = runtime->producer("thrower").value();
    Scope scope;
    std::atomic<std::uint64_t> thrown{0};
    std::uint64_t accepted = 0;
    for (int n = 0; n < 100; ++n) {
      const auto body = [&fail, &thrown] {
        thrown.fetch_add(1);
        fail("task");
      };
      if (producer.submit(body, {.scope = &scope}).status == Status::accepted) ++accepted;
    }
    CHECK(scope.wait_until(never) == Status::failed);
    CHECK(scope.first_error().what.find("task") != std::string::npos);
    CHECK(thrown.load() == accepted);
    CHECK(runtime->barrier().status == Status::accepted);  // failures under a scope are the scope's
    Error error;
    CHECK(runtime->run([&] { fork_join([&] { fail("left"); }, [&] { fail("right"); }); }, &error) ==
          Status::failed);
    CHECK(!error.what.empty());
    check_runtime(*runtime);
  }
}

TEST_CASE("storm: on_error = cancel ends the graph as failed") {
  auto runtime = start(2);
  Watchdog dog("cancel on error", runtime.get());
  for (std::uint64_t round = 0; round < amount(20, 300, 3000); ++round) {
    StreamGraph graph(*runtime, "fatal");
    auto numbers = graph.source<std::uint64_t>(
        "numbers", {}, [n = std::uint64_t{0}](Emit<std::uint64_t>& out) mutable {
          out(n++);
          return Give::more;
        });
    auto mapped = graph.map("map", numbers, {.capacity = 2, .on_error = OnError::cancel},
                            [&](std::uint64_t&& n) {
                              if (n == round % 64) throw std::runtime_error("the end");
                              return n;
                            });
    graph.sink("sink", mapped, {.capacity = 1}, [](std::uint64_t&&) {});
    graph.build().value();
    REQUIRE(graph.start() == Status::accepted);
    CHECK(graph.wait_until(never) == Status::failed);
    CHECK(graph.first_error().what == "the end");
    CHECK(graph.first_error().where.find("fatal.map") == 0);
    CHECK(graph.ledger().failed == 1);
    check_ledgers(graph);
  }
  check_runtime(*runtime);
}

TEST_CASE("storm: graphs destroyed from their own bodies") {
  for (const int workers : worker_counts) {
    auto runtime = start(workers);
    const std::size_t bytes = runtime->memory();
    {
      Watchdog dog("destroyed from inside", runtime.get());
      for (std::uint64_t round = 0; round < amount(10, 100, 1000); ++round) {
        dog.note("destroyed from inside, round " + std::to_string(round));
        std::optional<StreamGraph> graph(std::in_place, *runtime, "suicide");
        std::atomic<bool> gone{false};
        auto numbers = graph->source<std::uint64_t>(
            "numbers", {}, [n = std::uint64_t{0}](Emit<std::uint64_t>& out) mutable {
              out(n++);
              return Give::more;
            });
        graph->sink("sink", numbers, {.mode = Mode::serial, .capacity = 2},
                    [&graph, &gone, round](std::uint64_t&& n) {
                      if (n != round % 40) return;
                      graph.reset();
                      gone = true;
                    });
        graph->build().value();
        REQUIRE(graph->start() == Status::accepted);
        while (!gone.load()) std::this_thread::yield();
        // What is left of it may still run: only the barrier says that it has ended.
        CHECK(runtime->barrier().status == Status::accepted);
      }
    }
    CHECK(runtime->drain_until() == Status::accepted);
    CHECK(runtime->barrier().status == Status::accepted);
    CHECK(runtime->metrics().stalls == 0);
    CHECK(runtime->stop_until() == Status::accepted);
    CHECK(runtime->memory() <= bytes);
  }
}
