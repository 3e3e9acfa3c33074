// steady_state_test.cpp: a running graph takes no memory, and memory() is what the platform counts.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <support/at_rest.hpp>
#include <support/tier.hpp>
#include <support/watchdog.hpp>
#include <thread>
#include <weir/memory.hpp>
#include <weir/ring.hpp>
#include <weir/stream_graph.hpp>

using namespace weir;
using namespace weir::test;

namespace {

std::unique_ptr<Runtime> start(int workers) {
  Config config;
  config.workers = workers;
  config.pin = Pin::none;
  config.schedule = Schedule::stealing();  // these tests are about real threads
  return Runtime::start(config).value();
}

}  // namespace

TEST_CASE(
    "steady state: a stream of a million tokens allocates nothing, and memory() is the platform's "
    "count") {
  for (const int workers : {1, 2, 4}) {
    const std::size_t before = allocated_bytes();
    {
      auto runtime = start(workers);
      Watchdog dog("a million tokens", runtime.get());
      CHECK(runtime->memory() == allocated_bytes() - before);
      StreamGraph graph(*runtime, "million");
      const std::uint64_t count = amount(50'000, 1'000'000, 5'000'000);
      auto [left, right] = graph.zip<std::uint64_t, std::uint64_t>(
          "numbers",
          [count, n = std::uint64_t{0}](Emit<std::uint64_t>& out) mutable {
            out(n++);
            return n < count ? Give::more : Give::end;
          },
          [count, n = std::uint64_t{0}](Emit<std::uint64_t>& out) mutable {
            out(n++);
            return n < count ? Give::more : Give::end;
          });
      auto squared = graph.map("square", left, {}, [](std::uint64_t&& n) { return n * n; });
      auto both = graph.join("both", squared, right);
      auto looped = graph.loop("twice",
                               graph.map("first", both, {.mode = Mode::ordered},
                                         [](std::tuple<std::uint64_t, std::uint64_t>&& t) {
                                           return std::get<0>(t) - std::get<1>(t) * std::get<1>(t);
                                         }),
                               4, [&](Port<std::uint64_t> in) {
                                 return graph.map("turn", in, {.capacity = 4},
                                                  [](std::uint64_t&& n) -> Turn<std::uint64_t> {
                                                    if (n == 0) return Again<std::uint64_t>{1};
                                                    return Leave<std::uint64_t>{n};
                                                  });
                               });
      std::uint64_t sum = 0;
      graph.sink("sum", looped, {.mode = Mode::serial}, [&](std::uint64_t&& n) { sum += n; });
      const Certificate certificate = graph.build().value();
      CHECK(certificate.bytes == graph.memory());
      CHECK(runtime->memory() == allocated_bytes() - before);
      REQUIRE(graph.start() == Status::accepted);
      const std::uint64_t allocations = allocation_count();
      CHECK(graph.wait_until(never) == Status::accepted);
      CHECK(runtime->barrier().status == Status::accepted);
      CHECK(allocation_count() == allocations);
      CHECK(runtime->metrics().steady_state_allocations == 0);
      CHECK(sum == count);
      check_ledgers(graph);
      check_runtime(*runtime);
      CHECK(runtime->memory() == allocated_bytes() - before);
    }
    CHECK(allocated_bytes() == before);
  }
}

TEST_CASE("steady state: pushes, requests and tasks from outside allocate nothing") {
  const std::size_t before = allocated_bytes();
  {
    auto runtime = start(2);
    Watchdog dog("from outside", runtime.get());
    StreamGraph graph(*runtime, "outside");
    auto door = graph.ingress<std::uint64_t>("door", 8);
    std::atomic<std::uint64_t> taken{0}, run{0};
    graph.sink("sink", door.port(), {}, [&](std::uint64_t&&) { taken.fetch_add(1); });
    auto requests = graph.requests<std::uint64_t, std::uint64_t>("questions", 8);
    requests.answer(
        graph.map("answer", requests.in(), {}, [](std::uint64_t&& n) { return n + 1; }));
    graph.build().value();
    REQUIRE(graph.start() == Status::accepted);
    Producer producer = runtime->producer("client").value();
    const std::uint64_t allocations = allocation_count();
    const std::uint64_t count = amount(2000, 50'000, 500'000);
    std::uint64_t pushed = 0, accepted = 0, wrong = 0;
    for (std::uint64_t n = 0; n < count; ++n) {
      if (door.push(producer, std::uint64_t{n}).status == Status::accepted) ++pushed;
      if (producer.submit([&run]() noexcept { run.fetch_add(1); }).status == Status::accepted)
        ++accepted;
      if (n % 8 != 0) continue;
      Reply<std::uint64_t> reply;
      std::uint64_t answer = 0;
      const Status asked = requests.submit(producer, std::uint64_t{n}, reply).status;
      if (asked == Status::accepted)
        wrong += reply.wait_until(never, answer) == Status::accepted && answer == n + 1 ? 0 : 1;
    }
    door.close();
    requests.close();
    CHECK(graph.wait_until(never) == Status::accepted);
    CHECK(runtime->barrier().status == Status::accepted);
    CHECK(allocation_count() == allocations);
    CHECK(runtime->metrics().steady_state_allocations == 0);
    CHECK(wrong == 0);
    CHECK(taken.load() == pushed);
    CHECK(run.load() == accepted);
    check_ledgers(graph);
    CHECK(runtime->memory() == allocated_bytes() - before);
  }
  CHECK(allocated_bytes() == before);
}

TEST_CASE("steady state: a ring between threads allocates nothing after it is made") {
  Watchdog dog("ring");
  Ring<std::uint64_t> ring(7);
  const std::uint64_t count = amount(50'000, 1'000'000, 10'000'000);
  std::atomic<std::uint64_t> sum{0}, left{count};
  const std::uint64_t allocations = allocation_count();
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t n = t; n < count;) {
        if (ring.push(std::uint64_t{n}) == Status::accepted) {
          n += 2;
        } else {
          std::this_thread::yield();
        }
      }
    });
    threads.emplace_back([&] {
      while (left.load() != 0) {
        std::uint64_t n = 0;
        if (ring.pop(n) == Status::accepted) {
          sum.fetch_add(n), left.fetch_sub(1);
        } else {
          std::this_thread::yield();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(allocation_count() == allocations);
  CHECK(sum.load() == count * (count - 1) / 2);
}
