// back_to_back_test.cpp: one stage after the other on the same workers, and graphs torn down while
// their rings are full.
//
// The original started a second pool of processes while the first was still going down. Here there
// is one set of workers for life: a barrier between the stages, and teardown that needs nobody's
// room.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <origin/disturbance.hpp>
#include <support/at_rest.hpp>
#include <support/watchdog.hpp>
#include <weir/stream_graph.hpp>

using namespace weir;
using namespace weir::test;

namespace {

constexpr std::uint64_t tokens_a_stage = 12;

/// Counts the values that exist, so that a torn-down graph is seen to destroy what its rings held.
class Counted {
 public:
  Counted(std::uint64_t token, std::atomic<std::int64_t>& alive) noexcept
      : token_(token), alive_(&alive) {
    alive_->fetch_add(1, std::memory_order_relaxed);
  }
  Counted(Counted&& other) noexcept : token_(other.token_), alive_(other.alive_) {
    alive_->fetch_add(1, std::memory_order_relaxed);
  }
  Counted& operator=(Counted&&) = delete;
  ~Counted() { alive_->fetch_sub(1, std::memory_order_relaxed); }
  std::uint64_t token() const noexcept { return token_; }

 private:
  std::uint64_t token_;
  std::atomic<std::int64_t>* alive_;
};

struct Round {
  Runtime& runtime;
  Setting setting;
  std::uint64_t number;
  Disturbance& trouble;
};

/// One stage, run to its end: source -> work -> sink. Answers the sum of what came out.
std::uint64_t run_stage(const Round& round, const char* name, std::uint64_t first) {
  const Setting& setting = round.setting;
  const NodeConfig config{.mode = setting.mode, .capacity = setting.capacity};
  std::atomic<std::uint64_t> sum{0}, taken{0};
  StreamGraph graph(round.runtime, name);
  auto numbers = graph.source<std::uint64_t>(
      "numbers", {}, [&, next = first](Emit<std::uint64_t>& out) mutable {
        out(next++);
        return next < first + tokens_a_stage ? Give::more : Give::end;
      });
  auto worked = graph.map("work", numbers, config, [&](std::uint64_t&& token) {
    if (setting.trouble == Trouble::throws) round.trouble.at(token);
    return token;
  });
  graph.sink("sum", worked, config, [&](std::uint64_t&& token) {
    sum.fetch_add(token, std::memory_order_relaxed);
    taken.fetch_add(1, std::memory_order_relaxed);
  });
  graph.build().value();
  CHECK(graph.start() == Status::accepted);
  if (setting.trouble == Trouble::cancel) graph.cancel();
  const Status end = graph.wait_until(never);
  CHECK(end == (setting.trouble == Trouble::cancel ? Status::cancelled : Status::accepted));
  const Receipt receipt = round.runtime.barrier();
  CHECK(receipt.status == Status::accepted);
  CHECK(receipt.bytes_live == 0);
  const Ledger ledger = graph.ledger();
  CHECK(ledger.in == ledger.accounted());
  CHECK(ledger.out == taken.load());
  if (setting.trouble == Trouble::cancel) return sum;
  std::uint64_t expected = 0;
  for (std::uint64_t token = first; token < first + tokens_a_stage; ++token) {
    if (!round.trouble.throws(token)) expected += token;
  }
  CHECK(sum.load() == expected);
  return sum;
}

/// A graph whose rings are full: nobody consumes until its end has been asked for.
void tear_down_while_full(const Round& round) {
  const Setting& setting = round.setting;
  const NodeConfig config{.mode = setting.mode, .capacity = setting.capacity};
  std::atomic<std::int64_t> alive{0};
  std::atomic<std::uint64_t> taken{0};
  std::uint64_t accepted = 0;
  {
    Gate consumer_goes_on;
    std::optional<StreamGraph> graph(std::in_place, round.runtime, "full");
    auto door = graph->ingress<Counted>("door", setting.capacity);
    auto worked = graph->map("work", door.port(), config, [&](Counted&& value) {
      if (setting.trouble == Trouble::throws) round.trouble.at(value.token());
      return std::move(value);
    });
    graph->sink("stuck", worked, {.mode = Mode::serial, .capacity = setting.capacity},
                [&](Counted&&) {
                  consumer_goes_on.wait();
                  taken.fetch_add(1, std::memory_order_relaxed);
                });
    graph->build().value();
    CHECK(graph->start() == Status::accepted);
    Producer producer = round.runtime.producer("filler").value();
    const std::uint64_t enough =
        4 * std::uint64_t{setting.capacity} + 512;  // rings and a firing's own batch
    for (std::uint32_t refusals = 0; refusals < 3 && accepted < enough;) {
      if (door.push(producer, Counted(accepted, alive)).status == Status::accepted) {
        ++accepted;
      } else {
        ++refusals;
        std::this_thread::yield();
      }
    }
    const auto window =
        static_cast<std::uint32_t>(4 * setting.workers);  // of a stream with an ordered node
    CHECK(accepted >=
          (setting.mode == Mode::ordered ? std::min(setting.capacity, window) : setting.capacity));
    if (setting.trouble == Trouble::cancel) {
      graph->cancel();
      Counted surplus(accepted, alive);
      CHECK(door.push(producer, std::move(surplus)).status == Status::cancelled);
    }
    consumer_goes_on.open();
    graph.reset();
  }
  CHECK(alive.load() == 0);
  CHECK(taken.load() <= accepted);
}

/// A graph whose source never ends, torn down from full speed.
void tear_down_endless(const Round& round) {
  const NodeConfig config{.mode = round.setting.mode, .capacity = round.setting.capacity};
  std::atomic<std::uint64_t> taken{0};
  {
    StreamGraph graph(round.runtime, "endless");
    auto numbers = graph.source<std::uint64_t>(
        "numbers", {}, [next = std::uint64_t{0}](Emit<std::uint64_t>& out) mutable {
          out(next++);
          return Give::more;
        });
    auto worked = graph.map("work", numbers, config, [&](std::uint64_t&& token) {
      if (round.setting.trouble == Trouble::throws) round.trouble.at(token);
      return token;
    });
    graph.sink("count", worked, config,
               [&](std::uint64_t&&) { taken.fetch_add(1, std::memory_order_relaxed); });
    graph.build().value();
    CHECK(graph.start() == Status::accepted);
    while (taken.load(std::memory_order_relaxed) == 0) std::this_thread::yield();
  }
}

/// A worker that is held while a second stage runs and ends beside it.
void stage_beside_a_held_worker(const Round& round) {
  Disturbance held(round.runtime, round.setting, 0, 0);
  std::atomic<std::uint64_t> done{0};
  StreamGraph graph(round.runtime, "held");
  auto numbers = graph.source<std::uint64_t>(
      "numbers", {}, [next = std::uint64_t{0}](Emit<std::uint64_t>& out) mutable {
        out(next++);
        return next < tokens_a_stage ? Give::more : Give::end;
      });
  graph.sink("held", numbers, {.mode = round.setting.mode, .capacity = round.setting.capacity},
             [&](std::uint64_t&& token) {
               held.at(token);
               done.fetch_add(1, std::memory_order_relaxed);
             });
  graph.build().value();
  CHECK(graph.start() == Status::accepted);
  run_stage(
      Round{round.runtime,
            {round.setting.workers, round.setting.capacity, round.setting.mode, Trouble::none},
            round.number,
            round.trouble},
      "beside", 0);
  CHECK(graph.wait_until(never) == Status::accepted);
  CHECK(done.load() == tokens_a_stage);
  CHECK(held.finish());
}

/// `rounds` rounds of two stages on one runtime; capacity and mode change with every round.
void rounds_of(int workers, Trouble trouble, std::uint64_t rounds) {
  auto runtime = start(workers);
  const std::size_t bytes_before = runtime->memory();
  Watchdog dog("back_to_back", runtime.get());
  {
    std::vector<Setting> all;
    for (const std::uint32_t capacity : {1U, 2U, 10U, 1000U}) {
      for (const Mode mode : {Mode::serial, Mode::ordered, Mode::parallel}) {
        all.push_back({workers, smallest() ? 1 : capacity, mode, trouble});
      }
    }
    Setting flooded = all[0];
    if (trouble == Trouble::held) flooded.trouble = Trouble::none;  // each round has its own
    Disturbance disturbance(*runtime, flooded, 0, 0xb2b);
    for (std::uint64_t number = 0; number < rounds; ++number) {
      const Setting& setting = all[number % all.size()];
      INFO("round " << number << ": " << setting.text());
      if (number % 256 == 0) dog.note("round " + std::to_string(number) + ": " + setting.text());
      const Round round{*runtime, setting, number, disturbance};
      if (trouble == Trouble::held) {
        stage_beside_a_held_worker(round);
      } else {
        run_stage(round, "first", number);
        run_stage(round, "second", number + tokens_a_stage);
      }
      if (number / all.size() % 4 == 1) tear_down_while_full(round);
      if (number / all.size() % 4 == 3) tear_down_endless(round);
    }
    CHECK(disturbance.finish());
  }
  CHECK(runtime->barrier().status == Status::accepted);
  CHECK(runtime->memory() == bytes_before);
  check_runtime(*runtime);
}

void over_worker_counts(Trouble trouble) {
  for (const int workers : worker_counts) {
    // Ten thousand on one runtime in the default tier too: without trouble, on two workers.
    const bool whole = workers == 2 && trouble == Trouble::none;
    rounds_of(workers, trouble, amount(whole ? 300 : 50, whole ? 10'000 : 300, 10'000));
  }
}

}  // namespace

TEST_CASE("back_to_back: two stages ten thousand times, and teardown while full: none") {
  over_worker_counts(Trouble::none);
}
TEST_CASE("back_to_back: two stages ten thousand times, and teardown while full: throws") {
  over_worker_counts(Trouble::throws);
}
TEST_CASE("back_to_back: two stages ten thousand times, and teardown while full: held") {
  over_worker_counts(Trouble::held);
}
TEST_CASE("back_to_back: two stages ten thousand times, and teardown while full: flood") {
  over_worker_counts(Trouble::flood);
}
TEST_CASE("back_to_back: two stages ten thousand times, and teardown while full: cancel") {
  over_worker_counts(Trouble::cancel);
}
