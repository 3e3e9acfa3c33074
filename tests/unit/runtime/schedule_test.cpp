#include <weir/stream_graph.hpp>

#include "core_fixture.hpp"

using namespace weir;
using namespace weir::test;

namespace {

std::unique_ptr<Runtime> drawn(std::uint64_t seed, int workers = 3) {
  Config config;
  config.workers = workers;
  config.task_slots = 256;
  config.schedule = Schedule::deterministic(seed);
  return Runtime::start(config).value();
}

/// Runs one program under a seed; returns its trace hash and the order in which its tasks ran.
std::pair<std::uint64_t, std::string> trace(std::uint64_t seed) {
  auto runtime = drawn(seed);
  std::string order;
  Producer producer = runtime->producer("test").value();
  for (char name = 'a'; name < 'i'; ++name) {
    REQUIRE(producer
                .submit([&order, name] {
                  order += name;
                  static_cast<void>(
                      spawn([&order, name] { order += static_cast<char>(name - 'a' + 'A'); }));
                  fork_join([&] { order += '0'; }, [&] { order += '1'; }, [&] { order += '2'; });
                })
                .status == Status::accepted);
  }
  CHECK(runtime->barrier().status == Status::accepted);
  CHECK(order.size() == 8 * 5);
  return {runtime->metrics().trace_hash, order};
}

/// Tasks and forks, then a stream with a parallel and an ordered node.
std::string fixed_program(std::uint64_t seed) {
  const auto [hash, order] = trace(seed);
  auto runtime = drawn(seed);
  std::string text = order;
  StreamGraph graph(*runtime, "fixed", {.window = 5});
  auto numbers = graph.source<int>("numbers", {}, [n = 0](Emit<int>& out) mutable {
    out(int{n});
    return ++n < 30 ? Give::more : Give::end;
  });
  auto worked = graph.map("work", numbers, {.mode = Mode::parallel, .capacity = 3}, [&](int&& x) {
    text += static_cast<char>('a' + x % 26);
    return x;
  });
  graph.sink("keep", worked, {.mode = Mode::ordered},
             [&](int&& x) { text += static_cast<char>('A' + x % 26); });
  graph.build().value();
  REQUIRE(graph.start() == Status::accepted);
  CHECK(graph.wait_until(never) == Status::accepted);
  return text + ' ' + std::to_string(hash) + ' ' + std::to_string(runtime->metrics().trace_hash);
}

}  // namespace

TEST_CASE("schedule: the same seed gives the same trace, other seeds give others" * needs_room) {
  std::vector<std::string> orders;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto first = trace(seed);
    const auto second = trace(seed);
    CHECK(first == second);
    orders.push_back(first.second);
  }
  std::sort(orders.begin(), orders.end());
  orders.erase(std::unique(orders.begin(), orders.end()), orders.end());
  CHECK(orders.size() >= 15);
}

// The same on every machine and under every compiler and sanitizer. To be renewed, with a word in
// the commit, when the scheduler's choices change: recordings made before are then refused by
// commit.
TEST_CASE("schedule: a fixed program has its known trace hash" * needs_room) {
  CHECK(fixed_program(1) ==
        "acC0210bB01212deE0210D12Af0g01212FGhH012abcdeABCDEfghijFGHIJklmnoKLMNOpqrPQRstuvwSTUVWxyzab"
        "XYZABcdCD 17595292666654687026 4480817325240619882");
}

TEST_CASE("schedule: deterministic mode starts no thread and keeps every promise of the core" *
          needs_room) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    auto runtime = drawn(seed, 1 + static_cast<int>(seed % 4));
    std::atomic<int> count{0};
    Scope scope;
    Producer producer = runtime->producer("test").value();
    for (int i = 0; i < 20; ++i) {
      REQUIRE(producer
                  .submit(
                      [&count] {
                        parallel_for(0, 8, 1, [&count](std::size_t) { ++count; });
                        static_cast<void>(spawn_or_run([&count] { ++count; }));
                        spawn_last([&count] { ++count; });
                      },
                      {.scope = &scope})
                  .status == Status::accepted);
    }
    CHECK(scope.wait_until(never) == Status::accepted);
    CHECK(count == 200);
    CHECK(runtime->barrier().status == Status::accepted);
    int ran = 0;
    CHECK(runtime->run([&ran] { ran = 1; }) == Status::accepted);
    CHECK(ran == 1);
  }
}

TEST_CASE("schedule: WEIR_SCHED is read strictly") {
  const char* const before = std::getenv("WEIR_SCHED");
  const std::string kept = before == nullptr ? "" : before;
  setenv("WEIR_SCHED", "det:77", 1);
  CHECK(Schedule::from_env().kind == Schedule::Kind::deterministic);
  CHECK(Schedule::from_env().seed == 77);
  for (const char* text : {"det:", "det:x", "det:7x", "random", "det:-1"}) {
    setenv("WEIR_SCHED", text, 1);
    CHECK(Schedule::from_env().kind == Schedule::Kind::invalid);
  }
  unsetenv("WEIR_SCHED");
  CHECK(Schedule::from_env().kind == Schedule::Kind::stealing);
  if (before != nullptr) setenv("WEIR_SCHED", kept.c_str(), 1);
}

TEST_CASE("schedule: with no workers the caller drives, and only one at a time" * needs_room) {
  auto runtime = start_with(0);
  Producer producer = runtime->producer("test").value();
  std::string order;
  for (char name = 'a'; name < 'd'; ++name) {
    REQUIRE(producer.submit([&order, name] { order += name; }).status == Status::accepted);
  }
  CHECK(order.empty());
  CHECK(runtime->run_until_idle() == 3);
  CHECK(order == "abc");
  std::size_t inner = 1;
  CHECK(runtime->run([&] { inner = runtime->run_until_idle(); }) == Status::accepted);
  CHECK(inner == 0);
}
