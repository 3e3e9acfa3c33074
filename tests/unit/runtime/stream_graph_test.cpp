#include <atomic>
#include <stdexcept>
#include <vector>
#include <weir/task.hpp>

#include "stream_fixture.hpp"

using namespace weir;
using namespace weir::test;

TEST_CASE("stream: a serial chain sums, on 0 to 8 workers and small to large rings") {
  for (const int workers : {0, 1, 2, 4, 8}) {
    auto runtime = runtime_of(workers);
    for (const std::uint32_t capacity : {1u, 2u, 7u, 64u}) {
      StreamGraph graph(*runtime, "squares");
      auto numbers = graph.source<int>("numbers", {}, counting(2000));
      auto squares =
          graph.map("square", numbers, {.capacity = capacity}, [](int&& x) { return long{x} * x; });
      long sum = 0;
      graph.sink("sum", squares, {.mode = Mode::serial, .capacity = capacity},
                 [&](long&& x) { sum += x; });
      build_and_run(graph);
      CHECK(sum == 2664667000L);
      const Ledger l = graph.ledger();
      CHECK(l.in == 2000);
      CHECK(l.out == 2000);
    }
    CHECK(runtime->metrics().total.lost_wakeups == 0);
    CHECK(runtime->metrics().stalls == 0);
  }
}

TEST_CASE("stream: an ordered node behind a parallel one sees every number in order") {
  for (const int workers : {1, 2, 4}) {
    auto runtime = runtime_of(workers);
    for (const std::uint32_t window : {1u, 2u, 8u, 100u}) {
      StreamGraph graph(*runtime, "ordered", {.window = window});
      auto numbers = graph.source<int>("numbers", {}, counting(3000));
      auto passed = graph.map("pass", numbers, {.capacity = 3}, [](int&& x) { return x; });
      std::vector<int> seen;
      graph.sink("in order", passed, {.mode = Mode::ordered}, [&](int&& x) { seen.push_back(x); });
      build_and_run(graph);
      REQUIRE(seen.size() == 3000);
      for (int i = 0; i < 3000; ++i) REQUIRE(seen[static_cast<std::size_t>(i)] == i);
    }
  }
}

TEST_CASE("stream: a broadcast copies, and a join matches by number behind parallel nodes") {
  for (const int workers : {0, 1, 2, 4}) {
    auto runtime = runtime_of(workers);
    for (const std::uint32_t capacity : {1u, 5u}) {
      StreamGraph graph(*runtime, "diamond", {.window = 4});
      auto numbers = graph.source<int>("numbers", {}, counting(2000));
      auto left = graph.map("left", numbers, {.capacity = capacity}, [](int&& x) { return x * 2; });
      auto right = graph.map("right", numbers, {.capacity = capacity},
                             [](int&& x) { return std::to_string(x); });
      auto both = graph.join("both", left, right);
      long wrong = 0, count = 0;
      graph.sink("check", both, {.mode = Mode::serial}, [&](std::tuple<int, std::string>&& t) {
        wrong += std::get<0>(t) != 2 * std::stoi(std::get<1>(t)) ? 1 : 0;
        ++count;
      });
      build_and_run(graph);
      CHECK(count == 2000);
      CHECK(wrong == 0);
      check_balanced(graph.ledger());
      CHECK(graph.ledger().in == 4000);
    }
  }
}

TEST_CASE("stream: dropped and failed tokens leave tombstones, and joins stay aligned") {
  auto runtime = runtime_of(2);
  StreamGraph graph(*runtime, "filter", {.window = 3});
  auto numbers = graph.source<int>("numbers", {}, counting(999));
  auto odd = graph.map("odd", numbers, {.capacity = 2},
                       [](int&& x) { return x % 2 == 1 ? Maybe<int>(x) : Maybe<int>(); });
  auto risky = graph.map("risky", numbers, {.capacity = 2}, [](int&& x) {
    if (x % 5 == 0) throw std::runtime_error("a fifth");
    return x;
  });
  auto both = graph.join("both", odd, risky);
  long count = 0;
  graph.sink("count", both, {.mode = Mode::serial}, [&](std::tuple<int, int>&& t) {
    CHECK(std::get<0>(t) == std::get<1>(t));
    ++count;
  });
  build_and_run(graph);
  CHECK(count == 399);  // odd and no fifth below 999
  const Ledger l = graph.ledger();
  check_balanced(l);
  CHECK(l.failed == 200);
  CHECK(graph.first_error().what == "a fifth");
}

TEST_CASE("stream: on_error cancel ends the graph, and wait answers failed") {
  auto runtime = runtime_of(2);
  StreamGraph graph(*runtime, "fails");
  auto numbers = graph.source<int>("numbers", {}, [n = 0](Emit<int>& out) mutable {
    out(n++);
    return Give::more;
  });
  auto risky = graph.map("risky", numbers, {.on_error = OnError::cancel}, [](int&& x) {
    if (x == 100) throw std::runtime_error("enough");
    return x;
  });
  graph.sink("sink", risky, {}, [](int&&) {});
  REQUIRE(graph.build().ok());
  REQUIRE(graph.start() == Status::accepted);
  CHECK(graph.wait_until(never) == Status::failed);
  check_balanced(graph.ledger());
  CHECK(graph.first_error().what == "enough");
}

TEST_CASE("stream: split and select pass each token on one branch") {
  for (const int workers : {0, 2, 4}) {
    auto runtime = runtime_of(workers);
    StreamGraph graph(*runtime, "split", {.window = 5});
    auto numbers = graph.source<int>("numbers", {}, counting(3000));
    auto branches = graph.split<3>("by three", numbers,
                                   [](const int& x) { return static_cast<std::size_t>(x % 4); });
    std::array<Port<int>, 3> changed;
    for (std::size_t i = 0; i < 3; ++i) {
      changed[i] = graph.map("branch " + std::to_string(i), branches[i], {.capacity = 1},
                             [i](int&& x) { return x * 10 + static_cast<int>(i); });
    }
    auto one = graph.select("one", changed);
    long sum = 0, count = 0;
    graph.sink("sum", one, {.mode = Mode::serial}, [&](int&& x) { sum += x, ++count; });
    build_and_run(graph);
    CHECK(count == 2250);
    long expected = 0;
    for (int i = 0; i < 3000; ++i) expected += i % 4 < 3 ? i * 10 + i % 4 : 0;
    CHECK(sum == expected);
    check_balanced(graph.ledger());
    CHECK(graph.ledger().dropped == 750);
  }
}

TEST_CASE("stream: expand makes 0 to burst, merge takes any") {
  for (const int workers : {0, 1, 2, 4}) {
    for (const Mode mode : {Mode::serial, Mode::parallel, Mode::ordered}) {
      auto runtime = runtime_of(workers);
      StreamGraph graph(*runtime, "expand", {.window = 8});
      auto numbers = graph.source<int>("numbers", {}, counting(1000));
      auto more = graph.expand("more", numbers, {.mode = mode}, 5, [](int&& x, Emit<int>& out) {
        for (int i = 0; i < x % 6 && i < 5; ++i) out(int{x});
      });
      auto others = graph.source<int>("others", {}, counting(500));
      std::array<Port<int>, 2> ports = {more, others};
      auto all = graph.merge("all", {.window = 3}, ports);
      long sum = 0, count = 0;
      graph.sink("sum", all, {.mode = Mode::ordered}, [&](int&& x) { sum += x, ++count; });
      build_and_run(graph);
      long expected = 0, expected_count = 500;
      for (int i = 0; i < 1000; ++i) expected += long{i} * (i % 6), expected_count += i % 6;
      for (int i = 0; i < 500; ++i) expected += i;
      CHECK(count == expected_count);
      CHECK(sum == expected);
      check_balanced(graph.ledger());
    }
  }
}

TEST_CASE("stream: batch answers out[i] for in[i]") {
  for (const Mode mode : {Mode::serial, Mode::parallel, Mode::ordered}) {
    auto runtime = runtime_of(2);
    StreamGraph graph(*runtime, "batch", {.window = 16});
    auto numbers = graph.source<int>("numbers", {}, counting(1000));
    std::atomic<int> largest{0};
    auto doubled =
        graph.batch("double", numbers, {.mode = mode, .max = 8},
                    [&](std::span<int> in, std::span<Maybe<long>> out) {
                      int seen = largest.load();
                      while (static_cast<int>(in.size()) > seen &&
                             !largest.compare_exchange_weak(seen, static_cast<int>(in.size()))) {
                      }
                      if (in[0] == 500) throw std::runtime_error("a bad batch");
                      for (std::size_t i = 0; i < in.size(); ++i) {
                        if (in[i] % 3 != 0) out[i] = 2L * in[i];
                      }
                    });
    std::vector<long> seen;
    graph.sink("in order", doubled, {.mode = Mode::ordered}, [&](long&& x) { seen.push_back(x); });
    build_and_run(graph);
    CHECK(largest.load() <= 8);
    for (std::size_t i = 1; i < seen.size(); ++i) REQUIRE(seen[i - 1] < seen[i]);
    const Ledger l = graph.ledger();
    check_balanced(l);
    CHECK(l.out == seen.size());
  }
}

TEST_CASE("stream: zip gives one sequence space; the first to end ends all") {
  auto runtime = runtime_of(2);
  StreamGraph graph(*runtime, "zip", {.window = 2});
  auto [a, b] = graph.zip<int, int>("pair", counting(300), counting(200));
  auto b2 = graph.map("b2", b, {.capacity = 1}, [](int&& x) { return x; });
  auto both = graph.join("both", a, b2);
  int count = 0;
  graph.sink("count", both, {.mode = Mode::serial}, [&](std::tuple<int, int>&& t) {
    CHECK(std::get<0>(t) == std::get<1>(t));
    ++count;
  });
  build_and_run(graph);
  CHECK(count == 200);
  check_balanced(graph.ledger());
}

TEST_CASE("stream: a throwing source leaves a tombstone and ends, or goes on where it is told to") {
  for (const int workers : {0, 2}) {
    for (const OnError on_error : {OnError::tombstone, OnError::go_on}) {
      auto runtime = runtime_of(workers);
      StreamGraph graph(*runtime, "source", {.window = 3});
      auto numbers =
          graph.source<int>("numbers", {.on_error = on_error}, [n = 0](Emit<int>& out) mutable {
            if (n == 100) return Give::end;
            out(n++);
            if (n % 10 == 0) throw std::runtime_error("a tenth");
            return Give::more;
          });
      auto same = graph.map("same", numbers, {.capacity = 2}, [](int&& x) { return x; });
      auto both = graph.join("both", numbers, same);
      std::vector<int> seen;
      graph.sink("seen", both, {.mode = Mode::ordered},
                 [&](std::tuple<int, int>&& t) { seen.push_back(std::get<1>(t)); });
      build_and_run(graph);
      const bool goes_on = on_error == OnError::go_on;
      CHECK(seen.size() == (goes_on ? 90 : 9));
      for (std::size_t i = 0; i < seen.size(); ++i)
        CHECK(seen[i] == static_cast<int>(i / 9 * 10 + i % 9));
      check_balanced(graph.ledger());
      CHECK(graph.ledger().failed == (goes_on ? 10 : 1));
      CHECK(graph.first_error().what == "a tenth");
    }
  }
}

TEST_CASE("stream: a throwing body of a zip fails its value alone") {
  for (const OnError on_error : {OnError::tombstone, OnError::go_on}) {
    auto runtime = runtime_of(2);
    StreamGraph graph(*runtime, "zip", {.window = 2});
    auto [a, b] = graph.zip<int, int>("pair", {.on_error = on_error}, counting(100),
                                      [n = 0](Emit<int>& out) mutable {
                                        if (n++ % 10 == 9) throw std::runtime_error("a tenth");
                                        out(n - 1);
                                        return Give::more;
                                      });
    long alone = 0;
    graph.sink("a alone", a, {.mode = Mode::serial}, [&](int&&) { ++alone; });
    auto both = graph.join("both", a, b);
    long count = 0, wrong = 0;
    graph.sink("count", both, {.mode = Mode::serial}, [&](std::tuple<int, int>&& t) {
      wrong += std::get<0>(t) != std::get<1>(t) || std::get<0>(t) % 10 == 9 ? 1 : 0;
      ++count;
    });
    build_and_run(graph);
    const bool goes_on = on_error == OnError::go_on;
    CHECK(alone == (goes_on ? 100 : 10));
    CHECK(count == (goes_on ? 90 : 9));
    CHECK(wrong == 0);
    check_balanced(graph.ledger());
    CHECK(graph.first_error().what == "a tenth");
  }
}

TEST_CASE("stream: a loop sends tokens round until they leave") {
  for (const int workers : {0, 1, 2, 4}) {
    for (const std::uint32_t tickets : {1u, 3u}) {
      auto runtime = runtime_of(workers);
      StreamGraph graph(*runtime, "loop", {.window = 6});
      auto numbers = graph.source<int>("numbers", {}, counting(500));
      auto pairs =
          graph.map("pair", numbers, {}, [](int&& x) { return std::pair<int, int>(x, x % 7); });
      auto out = graph.loop("spin", pairs, tickets, [&](Port<std::pair<int, int>> in) {
        auto left =
            graph.map("left", in, {.capacity = tickets}, [](std::pair<int, int>&& p) { return p; });
        auto right = graph.map("right", in, {.capacity = tickets},
                               [](std::pair<int, int>&& p) { return p.second; });
        auto both = graph.join("both", left, right);
        return graph.map("decide", both, {.capacity = tickets},
                         [](std::tuple<std::pair<int, int>, int>&& t) -> Turn<std::pair<int, int>> {
                           auto p = std::get<0>(t);
                           CHECK(p.second == std::get<1>(t));
                           if (p.second == 0) return Leave{p};
                           --p.second;
                           return Again{p};
                         });
      });
      std::vector<int> seen;
      graph.sink("in order", out, {.mode = Mode::ordered},
                 [&](std::pair<int, int>&& p) { seen.push_back(p.first); });
      build_and_run(graph);
      REQUIRE(seen.size() == 500);
      for (int i = 0; i < 500; ++i) REQUIRE(seen[static_cast<std::size_t>(i)] == i);
      check_balanced(graph.ledger());
    }
  }
}

TEST_CASE("stream: an idle source rests until it is notified") {
  auto runtime = runtime_of(2);
  StreamGraph graph(*runtime, "idle");
  std::atomic<int> ready{0};
  auto numbers = graph.source<int>("numbers", {}, [&, given = 0](Emit<int>& out) mutable {
    if (given == 100) return Give::end;
    if (given == ready.load()) return Give::idle;
    out(given++);
    return Give::more;
  });
  std::atomic<int> count{0};
  graph.sink("count", numbers, {}, [&](int&&) { ++count; });
  REQUIRE(graph.build().ok());
  REQUIRE(graph.start() == Status::accepted);
  for (int i = 1; i <= 100; ++i) {
    ready = i;
    graph.notify(numbers);
  }
  graph.notify(numbers);
  CHECK(graph.wait_until(never) == Status::accepted);
  CHECK(count == 100);
}

TEST_CASE("stream: an ingress refuses when full, names the edge, and closes") {
  for (const int workers : {0, 2}) {
    auto runtime = runtime_of(workers);
    auto producer = runtime->producer("test").value();
    StreamGraph graph(*runtime, "door");
    auto door = graph.ingress<int>("door", 4);
    long sum = 0;
    graph.sink("sum", door.port(), {.mode = Mode::serial, .capacity = 2},
               [&](int&& x) { sum += x; });
    REQUIRE(graph.build().ok());
    REQUIRE(graph.start() == Status::accepted);
    int refused = 0;
    for (int i = 0; i < 1000; ++i) {
      Outcome outcome = door.push(producer, int{i});
      while (outcome.status == Status::would_block) {
        ++refused;
        CHECK(outcome.edge != no_edge);
        CHECK(outcome.culprit != no_node);
        runtime->run_until_idle();
        outcome = door.push(producer, int{i});
      }
      REQUIRE(outcome.status == Status::accepted);
    }
    if (workers == 0) CHECK(refused > 0);
    door.close();
    CHECK(door.push(producer, 1).status == Status::closed);
    CHECK(graph.wait_until(never) == Status::accepted);
    CHECK(sum == 499500);
    check_balanced(graph.ledger());
  }
}

TEST_CASE("stream: cancel drains endless sources and every token is accounted for") {
  for (const int workers : {1, 2, 4}) {
    auto runtime = runtime_of(workers);
    for (int round = 0; round < 50; ++round) {
      StreamGraph graph(*runtime, "endless", {.window = 4});
      auto numbers = graph.source<int>("numbers", {}, [n = 0](Emit<int>& out) mutable {
        out(n++);
        return Give::more;
      });
      auto a = graph.map("a", numbers, {.capacity = 1}, [](int&& x) { return x; });
      auto b = graph.map("b", numbers, {.capacity = 1}, [](int&& x) { return x; });
      std::atomic<int> count{0};
      graph.sink("count", graph.join("both", a, b), {}, [&](std::tuple<int, int>&&) { ++count; });
      REQUIRE(graph.build().ok());
      REQUIRE(graph.start() == Status::accepted);
      while (count < 20) CHECK(graph.wait_until(after_us(100)) == Status::timed_out);
      graph.cancel();
      CHECK(graph.wait_until(never) == Status::cancelled);
      check_balanced(graph.ledger());
    }
  }
}

TEST_CASE("stream: a graph destroyed while it runs, or from its own body, is cancelled and freed") {
  auto runtime = runtime_of(2);
  for (int round = 0; round < 50; ++round) {
    auto graph = std::make_unique<StreamGraph>(*runtime, "gone");
    auto numbers = graph->source<int>("numbers", {}, [n = 0](Emit<int>& out) mutable {
      out(n++);
      return Give::more;
    });
    std::atomic<int> count{0};
    graph->sink("count", numbers, {.capacity = 1}, [&](int&&) { ++count; });
    REQUIRE(graph->build().ok());
    REQUIRE(graph->start() == Status::accepted);
    while (count == 0) CHECK(graph->wait_until(after_us(100)) == Status::timed_out);
    graph.reset();
  }
  struct Shared {
    std::unique_ptr<StreamGraph> graph;
    std::atomic<int> gone{0};
  } shared;
  shared.graph = std::make_unique<StreamGraph>(*runtime, "own body");
  auto numbers = shared.graph->source<int>("numbers", {}, [n = 0](Emit<int>& out) mutable {
    out(n++);
    return Give::more;
  });
  shared.graph->sink("sink", numbers, {.mode = Mode::serial}, [&shared](int&& x) {
    if (x == 50) {
      shared.graph.reset();
      shared.gone = 1;
    }
  });
  REQUIRE(shared.graph->build().ok());
  REQUIRE(shared.graph->start() == Status::accepted);
  while (shared.gone == 0) CHECK(runtime->barrier().status == Status::accepted);
  CHECK(runtime->barrier().status == Status::accepted);
}

TEST_CASE("stream: a barrier returns although sources never end, and what it saw is through") {
  auto runtime = runtime_of(2);
  StreamGraph graph(*runtime, "endless");
  std::atomic<long> given{0}, taken{0};
  auto numbers = graph.source<long>("numbers", {}, [&](Emit<long>& out) {
    out(++given);
    return Give::more;
  });
  graph.sink("taken", numbers, {.mode = Mode::serial}, [&](long&& x) { taken = x; });
  REQUIRE(graph.build().ok());
  REQUIRE(graph.start() == Status::accepted);
  for (int i = 0; i < 100; ++i) {
    const long before = taken;
    const Receipt receipt = runtime->barrier();
    CHECK(receipt.status == Status::accepted);
    CHECK(receipt.bytes_live == 0);
    CHECK(taken >= before);
  }
  graph.cancel();
  CHECK(graph.wait_until(never) == Status::cancelled);
}

TEST_CASE("stream: an affine node runs on its worker only") {
  auto runtime = runtime_of(2);
  StreamGraph graph(*runtime, "affine");
  auto numbers = graph.source<int>("numbers", {}, counting(2000));
  std::atomic<int> elsewhere{0};
  graph.sink("here", numbers, {.worker = 1},
             [&](int&&) { elsewhere += worker_index() != 1 ? 1 : 0; });
  build_and_run(graph);
  CHECK(elsewhere == 0);
}

TEST_CASE("stream: concurrency_max bounds the bodies at a time") {
  auto runtime = runtime_of(4);
  StreamGraph graph(*runtime, "bounded");
  auto numbers = graph.source<int>("numbers", {}, counting(3000));
  std::atomic<int> now{0}, most{0}, count{0};
  graph.sink("at most two", numbers, {.concurrency_max = 2, .capacity = 8}, [&](int&&) {
    const int n = ++now;
    int seen = most.load();
    while (n > seen && !most.compare_exchange_weak(seen, n)) {
    }
    ++count;
    --now;
  });
  build_and_run(graph);
  CHECK(count == 3000);
  CHECK(most <= 2);
}

TEST_CASE("stream: two stages back to back on one runtime, a barrier between") {
  auto runtime = runtime_of(2);
  for (int round = 0; round < 300; ++round) {
    long sums[2] = {};
    for (long& sum : sums) {
      StreamGraph graph(*runtime, "stage");
      auto numbers = graph.source<int>("numbers", {}, counting(50));
      graph.sink("sum", numbers, {.mode = Mode::serial, .capacity = 1}, [&](int&& x) { sum += x; });
      REQUIRE(graph.build().ok());
      REQUIRE(graph.start() == Status::accepted);
      CHECK(graph.wait_until(never) == Status::accepted);
      CHECK(runtime->barrier().status == Status::accepted);
    }
    REQUIRE(sums[0] == 1225);
    REQUIRE(sums[1] == 1225);
  }
}

TEST_CASE("stream: memory() is what the platform gave, and running takes nothing") {
  auto runtime = runtime_of(2);
  const std::size_t before = allocated_bytes();
  {
    StreamGraph graph(*runtime, "counted", {.window = 8});
    auto numbers = graph.source<int>("numbers", {}, counting(100000));
    auto a = graph.map("a", numbers, {}, [](int&& x) { return x; });
    long sum = 0;
    graph.sink("sum", graph.join("both", a, numbers), {.mode = Mode::ordered},
               [&](std::tuple<int, int>&& t) { sum += std::get<0>(t); });
    CHECK(graph.memory() == allocated_bytes() - before);
    auto built = graph.build();
    REQUIRE(built.ok());
    CHECK(graph.memory() == allocated_bytes() - before);
    CHECK(built.value().bytes == graph.memory());
    const std::uint64_t allocations = allocation_count();
    REQUIRE(graph.start() == Status::accepted);
    CHECK(graph.wait_until(never) == Status::accepted);
    CHECK(allocation_count() == allocations);
    CHECK(sum == 4999950000L);
  }
  CHECK(allocated_bytes() == before);
}

TEST_CASE("stream: memory() is right at each step of defining, and of a graph that is refused") {
  auto runtime = runtime_of(1);
  const std::size_t before = allocated_bytes();
  StreamGraph graph(*runtime, "growing", {.window = 300});
  const auto right = [&] { return graph.memory() == allocated_bytes() - before; };
  CHECK(right());
  auto port = graph.source<int>("numbers", {}, counting(10));
  for (int i = 0; i < 200; ++i) {
    port = graph.map("node " + std::to_string(i), port, {}, [](int&& x) { return x; });
    REQUIRE(right());
  }
  auto many = graph.expand("many", port, {.mode = Mode::ordered, .capacity = 400}, 400,
                           [](int&& x, Emit<int>& out) { out(int{x}); });
  graph.sink("sink", many, {.mode = Mode::ordered}, [](int&&) {});
  CHECK(right());
  const auto built = graph.build();
  CHECK(built.ok() == detail::smallest_bounds());  // there the window is as wide as the burst
  if (!built.ok()) CHECK(built.error().code == "burst");
  CHECK(right());
}

TEST_CASE("stream: pictures hold the nodes and their fill") {
  auto runtime = runtime_of(1);
  StreamGraph graph(*runtime, "picture");
  auto numbers = graph.source<int>("numbers", {}, counting(10));
  graph.sink("sink", numbers, {}, [](int&&) {});
  auto built = graph.build();
  REQUIRE(built.ok());
  CHECK(built.value().json().find("\"numbers\"") != std::string::npos);
  CHECK(built.value().dot().find("numbers | source") != std::string::npos);
  REQUIRE(graph.start() == Status::accepted);
  CHECK(graph.wait_until(never) == Status::accepted);
  CHECK(graph.json().find("\"pushed\": 10") != std::string::npos);
  CHECK(graph.dot().find(detail::smallest_bounds() ? "0/1" : "0/16") != std::string::npos);
  CHECK(graph.edges().size() == 1);
  CHECK(graph.edges()[0].popped == 10);
  CHECK(graph.nodes()[1].ledger.in == 10);
}

TEST_CASE("stream: a body may be a named callable, and pushing before start() is closed") {
  auto runtime = runtime_of(1);
  auto producer = runtime->producer("test").value();
  StreamGraph graph(*runtime, "named");
  auto door = graph.ingress<int>("door", 2);
  CHECK(door.push(producer, 1).status == Status::closed);
  const auto doubled = [](int&& x) { return 2 * x; };
  long sum = 0;
  graph.sink("sum", graph.map("double", door.port(), {}, doubled), {.mode = Mode::serial},
             [&](int&& x) { sum += x; });
  REQUIRE(graph.build().ok());
  CHECK(door.push(producer, 1).status == Status::closed);
  REQUIRE(graph.start() == Status::accepted);
  CHECK(door.push(producer, 21).status == Status::accepted);
  door.close();
  CHECK(graph.wait_until(never) == Status::accepted);
  CHECK(sum == 42);
}

TEST_CASE("stream: a graph of a runtime that has drained does not start") {
  auto runtime = runtime_of(1);
  REQUIRE(runtime->drain_until() == Status::accepted);
  StreamGraph graph(*runtime, "late");
  graph.sink("sink", graph.source<int>("numbers", {}, counting(3)), {}, [](int&&) {});
  REQUIRE(graph.build().ok());
  CHECK(graph.start() == Status::closed);
}

TEST_CASE("stream: a loop may stand right behind an expand whose burst is above its tickets") {
  auto runtime = runtime_of(2);
  StreamGraph graph(*runtime, "burst");
  auto numbers = graph.source<int>("numbers", {}, counting(100));
  auto more = graph.expand("more", numbers, {}, 4, [](int&& x, Emit<int>& out) {
    for (int i = 0; i < 4; ++i) out(int{x});
  });
  auto through = graph.loop("once", more, 1, [&](Port<int> in) {
    return graph.map("leave", in, {}, [](int&& x) -> Turn<int> { return Leave{x}; });
  });
  long sum = 0;
  graph.sink("sum", through, {.mode = Mode::serial}, [&](int&& x) { sum += x; });
  build_and_run(graph);
  CHECK(sum == 4 * 4950);
}

TEST_CASE("stream: what a body spawns descends from its token, and a barrier covers it") {
  for (const int workers : {0, 2}) {
    auto runtime = runtime_of(workers);
    StreamGraph graph(*runtime, "spawns");
    std::atomic<int> ran{0}, refused{0};
    auto numbers = graph.source<int>("numbers", {}, counting(500));
    graph.sink("spawn", numbers, {}, [&](int&& x) {
      if (x % 5 != 0) return;
      if (spawn([&] { ++ran; }).status != Status::accepted) ++refused;
    });
    build_and_run(graph);
    CHECK(runtime->barrier().status == Status::accepted);
    CHECK(ran + refused == 100);
  }
}
