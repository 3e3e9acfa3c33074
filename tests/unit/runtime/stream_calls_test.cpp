// Calls at odd moments: before build() and start(), from another runtime's tasks, of graphs that have ended.
#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>
#include <weir/task.hpp>
#include <weir/task_graph.hpp>

#include "stream_fixture.hpp"

using namespace weir;
using namespace weir::test;

namespace {

/// A source of `count` numbers and a sink that counts them.
struct Counted {
  Counted(Runtime& runtime, int count) : graph(runtime, "g") {
    numbers = graph.source<int>("numbers", {}, counting(count));
    graph.sink("sink", numbers, {.mode = Mode::serial}, [this](int&&) { ++seen; });
  }
  StreamGraph graph;
  Port<int> numbers;
  std::atomic<int> seen{0};
};

}  // namespace

TEST_CASE("stream calls: a graph that was cancelled and never started leaves nothing behind") {
  auto runtime = runtime_of(2);
  for (int round = 0; round < 300; ++round) {
    auto counted = std::make_unique<Counted>(*runtime, 10);
    if (round % 2 == 0) REQUIRE(counted->graph.build().ok());
    counted->graph.cancel();
    CHECK(counted->seen == 0);
  }
  CHECK(runtime->barrier().status == Status::accepted);
  CHECK(runtime->metrics().total.jobs == 0);
}

TEST_CASE("stream calls: a graph that is cancelled before its start ends at once") {
  auto runtime = runtime_of(2);
  Counted counted(*runtime, 10);
  auto door = counted.graph.ingress<int>("door", 4);
  counted.graph.sink("out", door.port(), {}, [](int&&) {});
  REQUIRE(counted.graph.build().ok());
  counted.graph.cancel();
  REQUIRE(counted.graph.start() == Status::accepted);
  CHECK(counted.graph.wait_until(never) == Status::cancelled);
  CHECK(counted.seen == 0);
}

TEST_CASE("stream calls: to notify a source before the start wakes nobody, and is not lost") {
  auto runtime = runtime_of(1);
  for (int round = 0; round < 200; ++round) {
    StreamGraph graph(*runtime, "g");
    std::atomic<int> there{0};
    int given = 0;
    auto numbers = graph.source<int>("numbers", {}, [&](Emit<int>& out) {
      if (given == there.load(std::memory_order_relaxed)) return Give::idle;
      out(++given);
      return given == 3 ? Give::end : Give::more;
    });
    int seen = 0;
    graph.sink("sink", numbers, {.mode = Mode::serial}, [&](int&&) { ++seen; });
    graph.notify(numbers);
    REQUIRE(graph.build().ok());
    graph.notify(numbers);
    std::thread feeder([&] {
      for (int i = 0; i < 3; ++i) {
        there.fetch_add(1, std::memory_order_relaxed);
        graph.notify(numbers);
      }
    });
    REQUIRE(graph.start() == Status::accepted);
    CHECK(graph.wait_until(after_ms(60'000)) == Status::accepted);
    feeder.join();
    CHECK(seen == 3);
  }
  CHECK(runtime->metrics().stalls == 0);
}

TEST_CASE("stream calls: from a task of another runtime a graph runs on its own workers") {
  auto theirs = runtime_of(4);
  auto own = runtime_of(1);
  std::atomic<bool> wrong{false};
  {
    StreamGraph graph(*own, "g");
    std::atomic<int> calls{0};
    std::atomic<bool> over{false};
    auto numbers = graph.source<int>("numbers", {}, [&](Emit<int>& out) {
      if (over) return Give::end;
      out(++calls);
      return Give::idle;
    });
    graph.sink("sink", numbers, {.mode = Mode::serial}, [&](int&&) {
      if (worker_index() > 1) wrong = true;  // its worker, or the thread that waits for it
    });
    REQUIRE(graph.build().ok());
    REQUIRE(graph.start() == Status::accepted);
    const auto called =
        theirs->run([&] { parallel_for(0, 2000, 1, [&](std::size_t) { graph.notify(numbers); }); });
    CHECK(called == Status::accepted);
    while (calls == 0) std::this_thread::yield();
    over = true;
    graph.notify(numbers);
    CHECK(graph.wait_until(after_ms(60'000)) == Status::accepted);
  }
  CHECK_FALSE(wrong);
  CHECK(own->barrier().status == Status::accepted);
  CHECK(theirs->barrier().status == Status::accepted);
  CHECK(own->metrics().stalls + theirs->metrics().stalls == 0);
}

TEST_CASE("stream calls: the first error has its token's number") {
  auto runtime = runtime_of(1);
  StreamGraph graph(*runtime, "g");
  auto numbers = graph.source<int>("s", {}, [n = 0](Emit<int>& out) mutable {
    if (n == 1000) throw std::runtime_error("at 1000");
    out(n++);
    return Give::more;
  });
  graph.sink("sink", numbers, {}, [](int&&) {});
  REQUIRE(graph.build().ok());
  REQUIRE(graph.start() == Status::accepted);
  static_cast<void>(graph.wait_until(never));
  CHECK(graph.first_error().where == "g.s, token 1000");
}

TEST_CASE("stream calls: no edge is told to hold more than it can, while its graph runs") {
  auto runtime = runtime_of(2);
  StreamGraph graph(*runtime, "g");
  std::atomic<bool> over{false};
  auto numbers = graph.source<int>("numbers", {}, [&](Emit<int>& out) {
    out(1);
    return over ? Give::end : Give::more;
  });
  graph.sink("sink", numbers, {.capacity = 16}, [](int&&) {});
  REQUIRE(graph.build().ok());
  REQUIRE(graph.start() == Status::accepted);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = graph.json();
    const std::size_t at = text.find("\"fill\": ");
    REQUIRE(at != std::string::npos);
    REQUIRE(std::stoull(text.substr(at + 8)) <= 16);
  }
  over = true;
  CHECK(graph.wait_until(never) == Status::accepted);
}

TEST_CASE("stream calls: who has waited for a run may end its scope") {
  auto runtime = runtime_of(2);
  auto producer = runtime->producer("client").value();
  TaskGraph graph(*runtime, "two");
  std::atomic<int> ran{0};
  const auto first = graph.task("first", [&] { ++ran; });
  graph.precede(first, graph.task("second", [&] { ++ran; }));
  REQUIRE(graph.build().ok());
  for (int round = 0; round < 2000; ++round) {
    Scope scope;
    REQUIRE(graph.run(producer, {.scope = &scope}).status == Status::accepted);
    REQUIRE(graph.wait_until(never) == Status::accepted);
  }
  CHECK(ran == 4000);
}
