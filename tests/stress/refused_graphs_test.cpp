// refused_graphs_test.cpp: a random graph that is fine, and one fault planted in it: build()
// refuses that fault by name.
#include <doctest/doctest.h>

#include <memory>
#include <stress/graph_run.hpp>

using namespace weir;
using namespace weir::test;

namespace {

/// What a graph with a planted fault must be refused with.
struct Refusal {
  const char* code;
  std::string place;  // stands in Error::where
};

/// The fault is planted into a graph of good nodes, at `port`.
using Plant = Refusal (*)(StreamGraph&, Port<Value> port, Random& random);

Value same(Value&& v) { return v; }
Turn<Value> leave(Value&& v) { return {false, v}; }
void ignore(Value&&) {}

Port<Value> fresh_source(StreamGraph& graph, const char* name, std::uint32_t window = 0) {
  return graph.source<Value>(name, {.window = window}, [](Emit<Value>& out) {
    out(Value{});
    return Give::end;
  });
}

Refusal ordered_in_loop(StreamGraph& graph, Port<Value> port, Random& random) {
  const std::uint32_t tickets = 1 + random.below(3);
  auto out = graph.loop("cycle", port, tickets, [&](Port<Value> in) {
    auto first = graph.map("first", in, {.capacity = tickets}, &same);
    auto culprit = graph.map("culprit", first, {.mode = Mode::ordered, .capacity = tickets}, &same);
    return graph.map("turn", culprit, {.capacity = tickets}, &leave);
  });
  graph.sink("end", out, {}, &ignore);
  return {"loop_body", "random.culprit"};
}

Refusal end_in_loop(StreamGraph& graph, Port<Value> port, Random& random) {
  const std::uint32_t kind = random.below(5);
  auto out = graph.loop("cycle", port, 1, [&](Port<Value> in) {
    auto turn = graph.map("turn", in, {.capacity = 1}, &leave);
    if (kind == 0) graph.sink("culprit", in, {.capacity = 1}, &ignore);
    if (kind == 1) {
      auto more = graph.expand("culprit", in, {.capacity = 1}, 1,
                               [](Value&& v, Emit<Value>& emit) { emit(v); });
      graph.sink("after", more, {}, &ignore);
    }
    if (kind == 2)
      graph.sink("after", graph.merge("culprit", {.capacity = 1}, std::array{in}), {}, &ignore);
    if (kind == 3) graph.sink("after", fresh_source(graph, "culprit"), {}, &ignore);
    if (kind == 4) graph.sink("after", graph.ingress<Value>("culprit", 1).port(), {}, &ignore);
    return turn;
  });
  graph.sink("end", out, {}, &ignore);
  return {"loop_body", "random.culprit"};
}

Refusal port_across_a_loop(StreamGraph& graph, Port<Value> port, Random& random) {
  Port<Value> inner;
  const bool inwards = random.once_in(2);
  auto out = graph.loop("cycle", port, 1, [&](Port<Value> in) {
    inner = graph.map("inner", in, {.capacity = 1}, &same);
    auto used = inwards
                    ? graph.map("value", graph.join("culprit", inner, port), {.capacity = 1},
                                [](std::tuple<Value, Value>&& both) { return std::get<0>(both); })
                    : inner;
    return graph.map("turn", used, {.capacity = 1}, &leave);
  });
  graph.sink("end", out, {}, &ignore);
  if (!inwards) graph.sink("culprit", inner, {.capacity = 1}, &ignore);
  return {"loop_body", "-> culprit"};
}

Refusal join_of_two_streams(StreamGraph& graph, Port<Value> port, Random&) {
  auto both = graph.join("culprit", port, fresh_source(graph, "other"));
  graph.sink("end", both, {}, [](std::tuple<Value, Value>&&) {});
  return {"join_streams", "random.culprit"};
}

Refusal unused_port(StreamGraph& graph, Port<Value> port, Random& random) {
  switch (random.below(4)) {
    case 0:
      graph.map("culprit", port, {}, &same);
      break;
    case 1:
      fresh_source(graph, "culprit");
      break;
    case 2: {
      auto branches = graph.split<2>("culprit", port, [](const Value&) { return 0U; });
      graph.sink("end", branches[1], {}, &ignore);
      break;
    }
    default:
      graph.join("culprit", port, port);
      break;
  }
  return {"unused_port", "random.culprit"};
}

Refusal burst_above_capacity(StreamGraph& graph, Port<Value> port, Random& random) {
  const std::uint32_t burst = 2 + random.below(9);
  auto more = graph.expand("burst", port, {}, burst, [](Value&& v, Emit<Value>& out) { out(v); });
  graph.sink("culprit", more, {.capacity = burst - 1}, &ignore);
  return {"burst", "random.burst -> culprit"};
}

Refusal burst_above_window(StreamGraph& graph, Port<Value> port, Random& random) {
  const std::uint32_t burst = 2 + random.below(9);
  auto more = graph.expand("culprit", port, {.window = burst - 1}, burst,
                           [](Value&& v, Emit<Value>& out) { out(v); });
  graph.sink("end", more, {.mode = Mode::ordered, .capacity = burst}, &ignore);
  return {"burst", "random.culprit"};
}

Refusal tickets_above_capacity(StreamGraph& graph, Port<Value> port, Random& random) {
  const std::uint32_t tickets = 2 + random.below(9);
  auto out = graph.loop("cycle", port, tickets, [&](Port<Value> in) {
    auto culprit = graph.map("culprit", in, {.capacity = tickets - 1}, &same);
    return graph.map("turn", culprit, {.capacity = tickets}, &leave);
  });
  graph.sink("end", out, {}, &ignore);
  return {"loop_capacity", "-> culprit"};
}

Refusal no_tickets(StreamGraph& graph, Port<Value> port, Random&) {
  auto out = graph.loop("culprit", port, 0, [&](Port<Value> in) {
    return graph.map("turn", in, {.capacity = 1}, &leave);
  });
  graph.sink("end", out, {}, &ignore);
  return {"loop_tickets", "random.culprit"};
}

Refusal select_of_foreign_branches(StreamGraph& graph, Port<Value> port, Random& random) {
  auto a = graph.split<2>("a", port, [](const Value&) { return 0U; });
  auto b = graph.split<2>("b", port, [](const Value&) { return 1U; });
  const std::array<Port<Value>, 2> wrong[] = {{a[0], b[1]}, {a[0], a[0]}, {a[0], port}};
  graph.sink("end", graph.select("culprit", wrong[random.below(3)]), {}, &ignore);
  for (Port<Value> branch : {a[0], a[1], b[0], b[1]}) {
    static int number = 0;
    graph.sink("rest" + std::to_string(number++), branch, {}, &ignore);
  }
  return {"select_branches", "random.culprit"};
}

Refusal wrong_answers(StreamGraph& graph, Port<Value> port, Random& random) {
  auto requests = graph.requests<Value, Value>("culprit", 1 + random.below(3));
  const std::uint32_t kind = random.below(3);
  if (kind == 0) graph.sink("end", requests.in(), {}, &ignore);
  if (kind == 1) {
    requests.answer(requests.in());
    graph.sink("end", port, {}, &ignore);
    requests.answer(graph.map("twice", requests.in(), {}, &same));
    return {"duplicate_name", "random.culprit.answer"};
  }
  if (kind == 2) {
    graph.sink("end", requests.in(), {}, &ignore);
    requests.answer(port);
    return {"answer_stream", "random.culprit"};
  }
  return {"unanswered", "random.culprit"};
}

Refusal duplicate_name(StreamGraph& graph, Port<Value> port, Random&) {
  graph.sink("culprit", port, {}, &ignore);
  graph.sink("culprit", port, {}, &ignore);
  return {"duplicate_name", "random.culprit"};
}

Refusal no_capacity(StreamGraph& graph, Port<Value> port, Random&) {
  graph.sink("culprit", port, {.capacity = 0}, &ignore);
  return {"capacity", "-> culprit"};
}

Refusal too_many_users(StreamGraph& graph, Port<Value> port, Random&) {
  auto culprit = graph.map("culprit", port, {}, &same);
  for (int i = 0; i < 17; ++i) graph.sink("user" + std::to_string(i), culprit, {}, &ignore);
  return {"fan_out", "random.culprit"};
}

Refusal no_such_worker(StreamGraph& graph, Port<Value> port, Random&) {
  graph.sink("culprit", port, {.worker = 64}, &ignore);
  return {"worker", "random.culprit"};
}

Refusal broadcast_of_what_only_moves(StreamGraph& graph, Port<Value> port, Random&) {
  auto culprit =
      graph.map("culprit", port, {}, [](Value&& v) { return std::make_unique<Value>(v); });
  graph.sink("one", culprit, {}, [](std::unique_ptr<Value>&&) {});
  graph.sink("two", culprit, {}, [](std::unique_ptr<Value>&&) {});
  return {"broadcast_copy", "random.culprit"};
}

Refusal batch_of_none(StreamGraph& graph, Port<Value> port, Random& random) {
  const BatchConfig config{.max = random.pick({0U, 65U, 1000U})};
  auto out = graph.batch("culprit", port, config, [](std::span<Value>, std::span<Maybe<Value>>) {});
  graph.sink("end", out, {}, &ignore);
  return {"batch_max", "random.culprit"};
}

struct Fault {
  const char* name;
  Plant plant;
  bool mended_by_smallest = false;  // WEIR_SMALLEST=1 lowers the bound that is too high
};
constexpr Fault faults[] = {
    {"an ordered node in a loop", ordered_in_loop},
    {"an end or a start of a stream in a loop", end_in_loop},
    {"an edge across a loop's border", port_across_a_loop},
    {"a join of two streams", join_of_two_streams},
    {"an unused port", unused_port},
    {"a burst above an edge's capacity", burst_above_capacity},
    {"a burst above the window", burst_above_window, true},
    {"more tickets than an edge holds", tickets_above_capacity, true},
    {"a loop without tickets", no_tickets},
    {"a select of what are not branches of one split", select_of_foreign_branches},
    {"requests with no answer, two, or another stream's", wrong_answers},
    {"a name used twice", duplicate_name},
    {"an edge without room", no_capacity},
    {"a port with too many users", too_many_users},
    {"a worker that does not exist", no_such_worker},
    {"a broadcast of values that only move", broadcast_of_what_only_moves},
    {"a batch of no size", batch_of_none},
};

std::unique_ptr<Runtime> start() {
  Config config;
  config.workers = 2;
  config.pin = Pin::none;
  config.schedule = Schedule::stealing();  // these tests are about real threads
  config.task_slots = 64;
  return Runtime::start(config).value();
}

}  // namespace

TEST_CASE("refused graphs: a fault planted in a random graph is refused by name") {
  auto runtime = start();
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 0; i < amount(3, 30, 300) && wrong < 5; ++i) {
    for (const Fault& fault : faults) {
      if (smallest() && fault.mended_by_smallest) continue;
      const std::uint64_t number = seed(i + 1);
      const Spec spec = number % 2 == 0 ? random_structured(number) : random_dag(number);
      Random random(number ^ 0xbad);
      Trial trial(*runtime, spec);
      // A port of the top level: where the first origin comes out.
      const Refusal wanted = fault.plant(trial.graph(), trial.port(spec.steps[0].out[0]), random);
      const Result<Certificate> built = trial.graph().build();
      const std::string what = std::string(fault.name) + " in " + spec.text();
      if (built.ok()) {
        MESSAGE(what << " was accepted");
        ++wrong;
        continue;
      }
      const Error& error = built.error();
      CHECK(trial.graph().start() == Status::closed);
      if (error.code == wanted.code && error.where.find(wanted.place) != std::string::npos)
        continue;
      MESSAGE(what << ": " << error.text());
      ++wrong;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("refused graphs: ports of another graph") {
  auto runtime = start();
  StreamGraph one(*runtime, "one"), other(*runtime, "other");
  auto port = fresh_source(one, "numbers");
  one.sink("end", port, {}, &ignore);
  SUBCASE("map") { other.sink("end", other.map("culprit", port, {}, &same), {}, &ignore); }
  SUBCASE("sink") { other.sink("culprit", port, {}, &ignore); }
  SUBCASE("merge") { other.sink("end", other.merge("culprit", {}, std::array{port}), {}, &ignore); }
  SUBCASE("join") {
    other.sink("end", other.join("culprit", port, port), {}, [](std::tuple<Value, Value>&&) {});
  }
  const Result<Certificate> built = other.build();
  REQUIRE(!built.ok());
  CHECK(built.error().code == "foreign_port");
  CHECK(built.error().where == "other.culprit");
  CHECK(one.build().ok());
}

TEST_CASE("refused graphs: nothing in it, built twice, started unbuilt") {
  auto runtime = start();
  StreamGraph empty(*runtime, "empty");
  CHECK(empty.start() == Status::closed);
  const Result<Certificate> nothing = empty.build();
  REQUIRE(!nothing.ok());
  CHECK(nothing.error().code == "empty");
  CHECK(nothing.error().where == "empty");

  StreamGraph graph(*runtime, "twice");
  graph.sink("end", fresh_source(graph, "numbers"), {}, &ignore);
  CHECK(graph.start() == Status::closed);
  CHECK(graph.wait_until(never) == Status::closed);
  CHECK(graph.build().ok());
  const Result<Certificate> again = graph.build();
  REQUIRE(!again.ok());
  CHECK(again.error().code == "built");
  CHECK(graph.start() == Status::accepted);
  CHECK(graph.start() == Status::closed);
  CHECK(graph.wait_until(never) == Status::accepted);
}
