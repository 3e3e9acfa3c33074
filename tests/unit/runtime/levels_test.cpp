// levels_test.cpp: priorities of what comes in and of nodes (P10).
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>
#include <weir/runtime.hpp>
#include <weir/stream_graph.hpp>

#include "stream_fixture.hpp"

using namespace weir;
using namespace weir::test;

namespace {

std::unique_ptr<Runtime> stealing_runtime_of(int workers) {
  Config config;
  config.workers = workers;
  config.schedule = Schedule::stealing();  // the rule that is tested is the stealing policy's
  return Runtime::start(config).value();
}

/// The longest run of jobs for which `passes` while a job of `level` waited.
template <class Passes>
int longest_wait(const std::vector<int>& order, int level, Passes passes) {
  const auto last = std::find(order.rbegin(), order.rend(), level).base();
  int longest = 0, now = 0;
  for (auto it = order.begin(); it != last; ++it) {
    now = passes(*it) ? now + 1 : 0;
    longest = std::max(longest, now);
  }
  return longest;
}

}  // namespace

TEST_CASE("levels: the most urgent goes first, and nothing is passed over for long") {
  auto runtime = stealing_runtime_of(0);
  Producer producer = runtime->producer("levels").value();
  std::vector<int> order;
  for (const int level : {2, 1, 0}) {
    for (int i = 0; i < 200; ++i) {
      const auto task = [&order, level] { order.push_back(level); };
      const Outcome outcome =
          producer.submit(task, {.level = static_cast<std::uint8_t>(level)});
      if (outcome.status == Status::would_block) break;  // WEIR_SMALLEST
      REQUIRE(outcome.status == Status::accepted);
    }
  }
  const std::size_t given = runtime->metrics().submitted;
  CHECK(runtime->run_until_idle() > 0);
  REQUIRE(order.size() == given);
  if (given < 600) return;
  CHECK(std::count(order.begin(), order.begin() + 16, 0) == 16);
  CHECK(std::count(order.begin(), order.begin() + 200, 0) >= 200 * 16 / 18);
  CHECK(longest_wait(order, 1, [](int level) { return level == 0; }) <= 17);
  CHECK(longest_wait(order, 2, [](int level) { return level != 2; }) <= 17);
  CHECK(order.back() == 2);
}

TEST_CASE("levels: submit_n keeps its level, and credits come back") {
  auto runtime = stealing_runtime_of(0);
  Producer producer = runtime->producer("levels").value();
  std::vector<int> order;
  for (int round = 0; round < 100; ++round) {  // 6,400 tasks: more than the inbox holds
    order.clear();
    for (const std::uint8_t level : {std::uint8_t{2}, std::uint8_t{0}}) {
      auto one = [&order, level] { order.push_back(level); };
      std::vector<decltype(one)> tasks(32, one);
      Outcome outcome;
      const std::size_t taken = producer.submit_n(tasks.data(), tasks.size(), outcome, {.level = level});
      REQUIRE((taken == tasks.size() || outcome.status == Status::would_block));
    }
    runtime->run_until_idle();
    REQUIRE(!order.empty());
    if (order.size() == 64) CHECK(std::count(order.begin(), order.begin() + 16, 0) == 16);
  }
}

TEST_CASE("levels: the least urgent is reached although others never end") {
  for (const int workers : {0, 1, 2}) {
    auto runtime = stealing_runtime_of(workers);
    Producer producer = runtime->producer("levels").value();
    std::atomic<bool> reached{false};
    struct Again {
      std::atomic<bool>* reached;
      void operator()() const {
        if (!reached->load()) static_cast<void>(spawn_or_run(Again{reached}));
      }
    };
    REQUIRE(producer.submit(Again{&reached}).status == Status::accepted);
    Outcome outcome;
    do {
      outcome = producer.submit([&reached] { reached.store(true); }, {.level = 2});
      if (workers == 0 && outcome.status == Status::would_block) break;
    } while (outcome.status == Status::would_block);
    if (outcome.status != Status::accepted) reached.store(true);
    CHECK(runtime->barrier().status == Status::accepted);
  }
}

TEST_CASE("levels: ready nodes go in the order of their levels") {
  auto runtime = stealing_runtime_of(0);
  Producer producer = runtime->producer("levels").value();
  StreamGraph graph(*runtime, "levels");
  std::vector<int> order;
  Ingress<int> doors[3];
  for (int level = 0; level < 3; ++level) {
    const NodeConfig config{.mode = Mode::serial, .level = static_cast<std::uint8_t>(level)};
    const std::string name = std::to_string(level);
    doors[level] = graph.ingress<int>("door " + name, 8, config);
    graph.sink("sink " + name, doors[level].port(), config,
               [&order, level](int&&) { order.push_back(level); });
  }
  REQUIRE(graph.build().ok());
  REQUIRE(graph.start() == Status::accepted);
  std::size_t pushed = 0;
  for (int level = 2; level >= 0; --level) {
    for (int i = 0; i < 8; ++i)
      pushed += doors[level].push(producer, int{i}).status == Status::accepted ? 1 : 0;
  }
  runtime->run_until_idle();
  REQUIRE(order.size() == pushed);
  CHECK(order.front() == 0);
  CHECK(order.back() == 2);
  CHECK(std::is_sorted(order.begin(), order.end()));
  CHECK(runtime->drain_until() == Status::accepted);
  CHECK(graph.wait_until(never) == Status::accepted);
}

TEST_CASE("levels: workers run all levels, of tasks and affine nodes") {
  auto runtime = runtime_of(3);
  StreamGraph graph(*runtime, "levels");
  std::atomic<int> count{0};
  for (int level = 0; level < 3; ++level) {
    const std::string name = std::to_string(level);
    auto numbers = graph.source<int>("numbers " + name, {.level = static_cast<std::uint8_t>(level)},
                                     counting(2000));
    auto same = graph.map("affine " + name, numbers,
                          {.mode = Mode::serial,
                           .capacity = 2,
                           .level = static_cast<std::uint8_t>(2 - level),
                           .worker = level},
                          [](int&& x) { return x; });
    graph.sink("sink " + name, same, {.level = static_cast<std::uint8_t>(level)},
               [&count](int&&) { count.fetch_add(1); });
  }
  Producer producer = runtime->producer("levels").value();
  REQUIRE(graph.build().ok());
  REQUIRE(graph.start() == Status::accepted);
  int given = 0;
  for (int i = 0; i < 3000; ++i) {
    given += producer.submit([&count] { count.fetch_add(1); },
                             {.level = static_cast<std::uint8_t>(i % 3)}).status == Status::accepted;
  }
  CHECK(graph.wait_until(never) == Status::accepted);
  CHECK(runtime->barrier().status == Status::accepted);
  CHECK(count.load() == 6000 + given);
  CHECK(runtime->metrics().total.lost_wakeups == 0);
}

TEST_CASE("levels: a level that does not exist is refused") {
  auto runtime = runtime_of(0);
  StreamGraph graph(*runtime, "levels");
  auto numbers = graph.source<int>("numbers", {}, counting(1));
  graph.sink("beyond", numbers, {.level = 3}, [](int&&) {});
  check_refused(graph, "bad_config", "beyond");
}
