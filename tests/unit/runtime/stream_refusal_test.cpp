#include "stream_fixture.hpp"

using namespace weir;
using namespace weir::test;

namespace {
int same(int&& x) { return x; }
}  // namespace

TEST_CASE("refusal: a port that nobody uses") {
  auto runtime = runtime_of(1);
  StreamGraph graph(*runtime, "g");
  graph.source<int>("lonely", {}, counting(1));
  check_refused(graph, "unused_port", "lonely");
}

TEST_CASE("refusal: a graph without nodes, and a second build") {
  auto runtime = runtime_of(1);
  StreamGraph empty(*runtime, "nothing");
  check_refused(empty, "empty", "nothing");
  StreamGraph graph(*runtime, "g");
  graph.sink("sink", graph.source<int>("numbers", {}, counting(1)), {}, [](int&&) {});
  REQUIRE(graph.build().ok());
  check_refused(graph, "built", "g");
}

TEST_CASE("refusal: a merge and a select of nothing, whatever stands behind them") {
  auto runtime = runtime_of(1);
  for (const bool select : {false, true}) {
    for (const std::string behind : {"sink", "loop", "join"}) {
      StreamGraph graph(*runtime, "g");
      std::span<Port<int>> nothing;
      auto out = select ? graph.select("empty", nothing) : graph.merge("empty", {}, nothing);
      if (behind == "loop") {
        out = graph.loop("spin", out, 1, [&](Port<int> in) {
          return graph.map("turn", in, {}, [](int&& x) -> Turn<int> { return Leave{x}; });
        });
      }
      if (behind == "join") {
        graph.sink("sink", graph.join("both", out, out), {}, [](std::tuple<int, int>&&) {});
      } else {
        graph.sink("sink", out, {}, [](int&&) {});
      }
      check_refused(graph, "fan_out", "empty");
    }
  }
}

TEST_CASE("refusal: a join across two streams") {
  auto runtime = runtime_of(1);
  StreamGraph graph(*runtime, "g");
  auto a = graph.source<int>("a", {}, counting(1));
  auto b = graph.source<int>("b", {}, counting(1));
  graph.sink("sink", graph.join("across", a, b), {}, [](std::tuple<int, int>&&) {});
  check_refused(graph, "join_streams", "across");
}

TEST_CASE("refusal: an ordered node in a loop's body") {
  auto runtime = runtime_of(1);
  StreamGraph graph(*runtime, "g");
  auto numbers = graph.source<int>("numbers", {}, counting(1));
  auto out = graph.loop("spin", numbers, 2, [&](Port<int> in) {
    return graph.map("orderly", in, {.mode = Mode::ordered},
                     [](int&& x) -> Turn<int> { return Leave{x}; });
  });
  graph.sink("sink", out, {}, [](int&&) {});
  check_refused(graph, "loop_body", "orderly");
}

TEST_CASE("refusal: expand, merge, sink and sources in a loop's body") {
  auto runtime = runtime_of(1);
  for (const std::string kind : {"expand", "merge", "sink", "source"}) {
    StreamGraph graph(*runtime, "g");
    auto numbers = graph.source<int>("numbers", {}, counting(1));
    auto out = graph.loop("spin", numbers, 1, [&](Port<int> in) {
      auto inside = in;
      if (kind == "expand") {
        inside = graph.expand("bad", in, {}, 1, [](int&& x, Emit<int>& e) { e(x); });
      } else if (kind == "merge") {
        std::array<Port<int>, 1> ports = {in};
        inside = graph.merge("bad", {}, ports);
      } else if (kind == "sink") {
        graph.sink("bad", in, {}, [](int&&) {});
      } else {
        graph.sink("elsewhere", graph.source<int>("bad", {}, counting(1)), {}, [](int&&) {});
      }
      return graph.map("decide", inside, {}, [](int&& x) -> Turn<int> { return Leave{x}; });
    });
    graph.sink("sink", out, {}, [](int&&) {});
    check_refused(graph, "loop_body", "bad");
  }
}

TEST_CASE("refusal: an edge across a loop's border") {
  auto runtime = runtime_of(1);
  StreamGraph graph(*runtime, "g");
  auto numbers = graph.source<int>("numbers", {}, counting(1));
  auto other = graph.map("other", numbers, {}, same);
  Port<int> leak;
  auto out = graph.loop("spin", numbers, 1, [&](Port<int> in) {
    leak = graph.map("inside", in, {}, same);
    return graph.map("decide", leak, {}, [](int&& x) -> Turn<int> { return Leave{x}; });
  });
  graph.sink("sink", out, {}, [](int&&) {});
  graph.sink("other sink", other, {}, [](int&&) {});
  graph.sink("thief", leak, {}, [](int&&) {});
  check_refused(graph, "loop_body", "thief");
}

TEST_CASE("refusal: more tickets than an edge of the body holds") {
  auto runtime = runtime_of(1);
  StreamGraph graph(*runtime, "g");
  auto numbers = graph.source<int>("numbers", {}, counting(1));
  auto out = graph.loop("spin", numbers, 8, [&](Port<int> in) {
    return graph.map("small", in, {.capacity = 3}, [](int&& x) -> Turn<int> { return Leave{x}; });
  });
  graph.sink("sink", out, {}, [](int&&) {});
  if (!detail::smallest_bounds()) check_refused(graph, "loop_capacity", "small");
}

TEST_CASE("refusal: a burst above the window, and above an edge") {
  auto runtime = runtime_of(1);
  if (detail::smallest_bounds()) return;
  for (const bool window : {true, false}) {
    StreamGraph graph(*runtime, "g");
    auto numbers = graph.source<int>("numbers", {}, counting(1));
    auto more = graph.expand("bursty", numbers, {.window = window ? 4u : 0u}, 6,
                             [](int&& x, Emit<int>& e) { e(x); });
    graph.sink("sink", more,
               {.mode = window ? Mode::ordered : Mode::serial, .capacity = window ? 16u : 5u},
               [](int&&) {});
    check_refused(graph, "burst", "bursty");
  }
}

TEST_CASE("refusal: select of what are not the branches of one split") {
  auto runtime = runtime_of(1);
  StreamGraph graph(*runtime, "g");
  auto numbers = graph.source<int>("numbers", {}, counting(1));
  auto a = graph.map("a", numbers, {}, same);
  auto b = graph.map("b", numbers, {}, same);
  std::array<Port<int>, 2> ports = {a, b};
  graph.sink("sink", graph.select("chosen", ports), {}, [](int&&) {});
  check_refused(graph, "select_branches", "chosen");
}

TEST_CASE("refusal: a broadcast of what cannot be copied") {
  auto runtime = runtime_of(1);
  StreamGraph graph(*runtime, "g");
  auto numbers = graph.source<int>("numbers", {}, counting(1));
  auto owned = graph.map("owned", numbers, {}, [](int&& x) { return std::make_unique<int>(x); });
  graph.sink("one", owned, {}, [](std::unique_ptr<int>&&) {});
  graph.sink("two", owned, {}, [](std::unique_ptr<int>&&) {});
  check_refused(graph, "broadcast_copy", "owned");
}

TEST_CASE("refusal: two nodes of one name, capacity 0, a worker that is not there") {
  auto runtime = runtime_of(1);
  {
    StreamGraph graph(*runtime, "g");
    graph.sink("twice", graph.source<int>("twice", {}, counting(1)), {}, [](int&&) {});
    check_refused(graph, "duplicate_name", "twice");
  }
  {
    StreamGraph graph(*runtime, "g");
    graph.sink("sink", graph.source<int>("numbers", {}, counting(1)), {.capacity = 0},
               [](int&&) {});
    check_refused(graph, "capacity", "sink");
  }
  {
    StreamGraph graph(*runtime, "g");
    graph.sink("sink", graph.source<int>("numbers", {}, counting(1)), {.worker = 7}, [](int&&) {});
    check_refused(graph, "worker", "sink");
  }
}

TEST_CASE("refusal: requests without an answer, or answered from another stream") {
  auto runtime = runtime_of(1);
  {
    StreamGraph graph(*runtime, "g");
    auto requests = graph.requests<int, int>("ask", 4);
    graph.sink("sink", requests.in(), {}, [](int&&) {});
    check_refused(graph, "unanswered", "ask");
  }
  {
    StreamGraph graph(*runtime, "g");
    auto requests = graph.requests<int, int>("ask", 4);
    graph.sink("sink", requests.in(), {}, [](int&&) {});
    requests.answer(graph.source<int>("numbers", {}, counting(1)));
    check_refused(graph, "answer_stream", "ask");
  }
  {  // a side end may throw when the request's slot is the next one's
    StreamGraph graph(*runtime, "g");
    auto requests = graph.requests<int, int>("ask", 4);
    requests.answer(requests.in());
    graph.sink("beside", requests.in(), {}, [](int&&) {});
    check_refused(graph, "answer_stream", "ask");
  }
}

TEST_CASE("refusal: a port of another graph") {
  auto runtime = runtime_of(1);
  StreamGraph one(*runtime, "one");
  StreamGraph two(*runtime, "two");
  auto numbers = one.source<int>("numbers", {}, counting(1));
  two.sink("sink", numbers, {}, [](int&&) {});
  check_refused(two, "foreign_port", "sink");
}

TEST_CASE("refusal: start before build is closed") {
  auto runtime = runtime_of(1);
  StreamGraph graph(*runtime, "g");
  graph.sink("sink", graph.source<int>("numbers", {}, counting(1)), {}, [](int&&) {});
  CHECK(graph.start() == Status::closed);
  CHECK(graph.wait_until(never) == Status::closed);
}
