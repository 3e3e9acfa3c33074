#include <algorithm>

#include "core_fixture.hpp"

using namespace weir;
using namespace weir::test;

namespace {

Status run_and_wait(TaskGraph& graph, Producer& producer, Submit options = {}) {
  const Outcome outcome = graph.run(producer, options);
  if (outcome.status != Status::accepted) return outcome.status;
  return graph.wait_until(never);
}

std::string refusal(TaskGraph& graph) {
  const auto built = graph.build();
  REQUIRE(!built.ok());
  return built.error().code;
}

}  // namespace

TEST_CASE("task_graph: dependencies hold, and a graph runs any number of times") {
  for (const int workers : worker_counts()) {
    CAPTURE(workers);
    auto runtime = start_with(workers);
    const Watchdog dog(*runtime, 60);
    Producer producer = runtime->producer("test").value();
    TaskGraph graph(*runtime, "diamond");
    std::atomic<int> order{0};
    int at[4] = {};
    const auto note = [&order, &at](int i) { return [&order, &at, i] { at[i] = ++order; }; };
    const Task a = graph.task("a", note(0));
    const Task b = graph.task("b", note(1));
    const Task c = graph.task("c", note(2));
    const Task d = graph.task("d", note(3));
    graph.precede(a, b);
    graph.precede(a, c);
    graph.precede(b, d);
    graph.precede(c, d);
    const Certificate certificate = graph.build().value();
    CHECK(certificate.nodes.size() == 4);
    CHECK(certificate.edges.size() == 4);
    for (int round = 0; round < 200; ++round) {
      order = 0;
      CHECK(run_and_wait(graph, producer) == Status::accepted);
      CHECK(at[0] == 1);
      CHECK(at[3] == 4);
      CHECK(std::min(at[1], at[2]) == 2);
    }
    CHECK(runtime->barrier().status == Status::accepted);
    CHECK(runtime->metrics().total.lost_wakeups == 0);
  }
}

TEST_CASE("task_graph: wide and long graphs run every task once") {
  for (const int workers : {0, 1, 2, 4}) {
    CAPTURE(workers);
    auto runtime = start_with(workers);
    const Watchdog dog(*runtime, 60);
    Producer producer = runtime->producer("test").value();
    TaskGraph graph(*runtime, "wide");
    constexpr std::size_t width = 3000;
    std::vector<std::atomic<int>> ran(width);
    int last = 0;
    long chain = 0;
    const Task first = graph.task("first", [] {});
    const Task end = graph.task("end", [&last] { ++last; });
    for (std::size_t i = 0; i < width; ++i) {
      const Task middle = graph.task("middle", [&ran, i] { ++ran[i]; });
      graph.precede(first, middle);
      graph.precede(middle, end);
    }
    Task previous = end;
    for (int i = 0; i < 10'000; ++i) {
      const Task link = graph.task("link", [&chain] { ++chain; });
      graph.precede(previous, link);
      previous = link;
    }
    REQUIRE(graph.build().ok());
    const std::uint64_t allocations = allocation_count();
    for (int round = 1; round <= 5; ++round) {
      CHECK(run_and_wait(graph, producer) == Status::accepted);
      CHECK(std::all_of(ran.begin(), ran.end(), [round](const auto& r) { return r == round; }));
      CHECK(last == round);
      CHECK(chain == 10'000L * round);
    }
    CHECK(allocation_count() == allocations);
  }
}

TEST_CASE("task_graph: a task of 254 to 512 predecessors runs after the last of them, in every run") {
  auto runtime = start_with(3);
  const Watchdog dog(*runtime, 60);
  Producer producer = runtime->producer("test").value();
  for (const int predecessors : {253, 254, 255, 256, 257, 511, 512}) {
    CAPTURE(predecessors);
    TaskGraph graph(*runtime, "join");
    std::atomic<int> ended{0};
    int seen = -1, runs = 0;
    const Task join = graph.task("join", [&] { seen = ended.load(), ++runs; });
    for (int i = 0; i < predecessors; ++i) {
      graph.precede(graph.task("before", [&ended] { ++ended; }), join);
    }
    REQUIRE(graph.build().ok());
    for (int round = 1; round <= 10; ++round) {
      CHECK(run_and_wait(graph, producer) == Status::accepted);
      CHECK(seen == predecessors * round);
      CHECK(runs == round);
    }
  }
}

TEST_CASE("task_graph: a wavefront computes what the serial loop computes") {
  constexpr int n = 24;
  for (const int workers : {1, 4}) {
    auto runtime = start_with(workers);
    Producer producer = runtime->producer("test").value();
    TaskGraph graph(*runtime, "wavefront");
    long cell[n][n] = {};
    Task task[n][n];
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) {
        task[i][j] = graph.task("cell", [&cell, i, j] {
          cell[i][j] = 1 + ((i > 0 ? cell[i - 1][j] : 0) + (j > 0 ? cell[i][j - 1] : 0)) % 1000;
        });
        if (i > 0) graph.precede(task[i - 1][j], task[i][j]);
        if (j > 0) graph.precede(task[i][j - 1], task[i][j]);
      }
    }
    REQUIRE(graph.build().ok());
    long serial[n][n] = {};
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) {
        serial[i][j] = 1 + ((i > 0 ? serial[i - 1][j] : 0) + (j > 0 ? serial[i][j - 1] : 0)) % 1000;
      }
    }
    for (int round = 0; round < 20; ++round) {
      CHECK(run_and_wait(graph, producer) == Status::accepted);
      CHECK(std::equal(&cell[0][0], &cell[0][0] + n * n, &serial[0][0]));
    }
  }
}

TEST_CASE("task_graph: conditions choose, loop, and end") {
  for (const int workers : worker_counts()) {
    CAPTURE(workers);
    auto runtime = start_with(workers);
    const Watchdog dog(*runtime, 60);
    Producer producer = runtime->producer("test").value();
    TaskGraph graph(*runtime, "loop");
    int rounds = 0;
    int ended = 0;
    const Task start = graph.task("start", [&rounds] { rounds = 0; });
    const Task body = graph.task("body", [&rounds] { ++rounds; });
    const Task again = graph.condition("again", [&rounds] { return rounds < 100 ? 0 : 1; });
    const Task end = graph.task("end", [&ended] { ++ended; });
    const Task enter = graph.condition("enter", [] { return 0; });
    graph.precede(start, enter);
    graph.precede(enter, body);
    graph.precede(body, again);
    graph.precede(again, body);
    graph.precede(again, end);
    REQUIRE(graph.build().ok());
    for (int round = 1; round <= 10; ++round) {
      CHECK(run_and_wait(graph, producer) == Status::accepted);
      CHECK(rounds == 100);
      CHECK(ended == round);
    }
  }
}

TEST_CASE(
    "task_graph: a choice out of range ends the path, and a join half counted is armed again") {
  auto runtime = start_with(2);
  Producer producer = runtime->producer("test").value();
  TaskGraph graph(*runtime, "branch");
  int choice = 0;
  int joined = 0;
  const Task decide = graph.condition("decide", [&choice] { return choice; });
  const Task left = graph.task("left", [] {});
  const Task always = graph.task("always", [] {});
  const Task join = graph.task("join", [&joined] { ++joined; });
  graph.precede(decide, left);
  graph.precede(left, join);
  graph.precede(always, join);
  REQUIRE(graph.build().ok());
  for (int round = 0; round < 10; ++round) {
    choice = round % 2 == 0 ? 0 : 7;
    CHECK(run_and_wait(graph, producer) == Status::accepted);
  }
  CHECK(joined == 5);
}

TEST_CASE("task_graph: a throw ends the run, is named, and the next run is whole again") {
  for (const int workers : {0, 1, 4}) {
    auto runtime = start_with(workers);
    Producer producer = runtime->producer("test").value();
    TaskGraph graph(*runtime, "throws");
    bool bad = true;
    int after = 0;
    const Task first = graph.task("first", [&bad] {
      if (bad) throw std::runtime_error("no luck");
    });
    const Task second = graph.task("second", [&after] { ++after; });
    graph.precede(first, second);
    REQUIRE(graph.build().ok());
    CHECK(run_and_wait(graph, producer) == Status::failed);
    CHECK(graph.first_error().what == "no luck");
    CHECK(graph.first_error().where == "throws: first");
    CHECK(after == 0);
    bad = false;
    CHECK(run_and_wait(graph, producer) == Status::accepted);
    CHECK(graph.first_error().code.empty());
    CHECK(after == 1);
    CHECK(runtime->barrier().status == Status::accepted);
  }
}

TEST_CASE("task_graph: cancelled by its scope or by itself, expired by its deadline") {
  auto runtime = start_with(1);
  Producer producer = runtime->producer("test").value();
  TaskGraph graph(*runtime, "cancelled");
  Gate gate;
  int after = 0;
  const Task first = graph.task("first", [&gate] { gate.pass(); });
  const Task second = graph.task("second", [&after] { ++after; });
  graph.precede(first, second);
  REQUIRE(graph.build().ok());
  Scope scope;
  REQUIRE(graph.run(producer, {.scope = &scope}).status == Status::accepted);
  gate.await(1);
  CHECK(graph.run(producer).status == Status::would_block);
  CHECK(graph.wait_until(1) == Status::timed_out);
  scope.cancel();
  gate.open();
  CHECK(graph.wait_until(never) == Status::cancelled);
  CHECK(scope.wait_until(never) == Status::cancelled);
  CHECK(graph.run(producer, {.scope = &scope}).status == Status::cancelled);
  CHECK(run_and_wait(graph, producer, {.deadline = 1}) == Status::expired);
  CHECK(after == 0);
  CHECK(run_and_wait(graph, producer) == Status::accepted);
  CHECK(after == 1);
}

TEST_CASE("task_graph: build refuses by name") {
  auto runtime = start_with(1);
  const auto nothing = [] {};
  const auto zero = [] { return 0; };
  {
    TaskGraph graph(*runtime, "g");
    CHECK(refusal(graph) == "empty_graph");
  }
  {
    TaskGraph graph(*runtime, "g");
    const Task a = graph.task("a", nothing);
    graph.precede(a, Task{});
    CHECK(refusal(graph) == "unknown_task");
  }
  {
    TaskGraph graph(*runtime, "g");
    const Task a = graph.task("a", nothing);
    const Task b = graph.task("b", nothing);
    graph.precede(a, b);
    graph.precede(a, b);
    CHECK(refusal(graph) == "duplicate_edge");
  }
  {
    TaskGraph graph(*runtime, "g");
    const Task a = graph.task("a", nothing);
    const Task c = graph.condition("c", zero);
    const Task both = graph.task("both", nothing);
    graph.precede(a, both);
    graph.precede(c, both);
    const auto built = graph.build();
    REQUIRE(!built.ok());
    CHECK(built.error().code == "mixed_predecessors");
    CHECK(built.error().what.find("'both'") != std::string::npos);
  }
  {
    TaskGraph graph(*runtime, "g");
    const Task a = graph.task("a", nothing);
    graph.precede(a, a);
    CHECK(refusal(graph) == "no_start_task");
  }
  {
    TaskGraph graph(*runtime, "g");
    const Task s = graph.task("s", nothing);
    const Task a = graph.task("a", nothing);
    const Task b = graph.task("b", nothing);
    graph.precede(s, a);
    graph.precede(a, b);
    graph.precede(b, a);
    const auto built = graph.build();
    REQUIRE(!built.ok());
    CHECK(built.error().code == "cycle");
    CHECK(built.error().what.find("'a' -> 'b'") != std::string::npos);
  }
}

TEST_CASE("task_graph: destroyed while it runs, from outside and from its own task") {
  for (const int workers : {1, 2}) {
    CAPTURE(workers);
    const std::size_t before = allocated_bytes();
    {
      auto runtime = start_with(workers);
      const Watchdog dog(*runtime, 60);
      Producer producer = runtime->producer("test").value();
      for (int i = 0; i < 50; ++i) {
        TaskGraph graph(*runtime, "short-lived");
        Task previous = graph.task("0", [] {});
        for (int k = 0; k < 100; ++k) {
          const Task next = graph.task("k", [] {});
          graph.precede(previous, next);
          previous = next;
        }
        REQUIRE(graph.build().ok());
        REQUIRE(graph.run(producer).status == Status::accepted);
      }
      auto owned = std::make_unique<TaskGraph>(*runtime, "suicidal");
      const Task first = owned->task("first", [&owned] { owned.reset(); });
      int after = 0;
      const Task second = owned->task("second", [&after] { ++after; });
      owned->precede(first, second);
      REQUIRE(owned->build().ok());
      REQUIRE(owned->run(producer).status == Status::accepted);
      CHECK(runtime->barrier().status == Status::accepted);
      CHECK(after == 0);
      CHECK(runtime->memory() == allocated_bytes() - before);
    }
    CHECK(allocated_bytes() == before);
  }
}

TEST_CASE("task_graph: its first error is there once the wait for its scope has ended") {
  auto runtime = start_with(2);
  const Watchdog dog(*runtime, 60);
  Producer producer = runtime->producer("main").value();
  TaskGraph graph(*runtime, "fails");
  graph.task("only", [] { throw std::runtime_error("no luck"); });
  REQUIRE(graph.build().ok());
  int untold = 0;
  for (int i = 0; i < 2000; ++i) {
    Scope scope;
    REQUIRE(graph.run(producer, {.scope = &scope}).status == Status::accepted);
    REQUIRE(scope.wait_until(after_ms(60'000)) == Status::failed);  // with a deadline: no help
    untold += graph.first_error().what == "no luck" ? 0 : 1;
    REQUIRE(graph.wait_until(never) == Status::failed);
  }
  CHECK(untold == 0);
}

TEST_CASE("task_graph: what its tasks spawn belongs to its scope and epoch") {
  auto runtime = start_with(2);
  Producer producer = runtime->producer("test").value();
  TaskGraph graph(*runtime, "spawns");
  std::atomic<int> count{0};
  graph.task("t", [&count] {
    for (int i = 0; i < 10; ++i) static_cast<void>(spawn_or_run([&count] { ++count; }));
    parallel_for(0, 10, 1, [&count](std::size_t) { ++count; });
  });
  REQUIRE(graph.build().ok());
  Scope scope;
  REQUIRE(graph.run(producer, {.scope = &scope}).status == Status::accepted);
  CHECK(scope.wait_until(never) == Status::accepted);
  CHECK(count == 20);
}
