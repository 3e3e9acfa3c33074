// soak_test.cpp: rounds of all patterns on one runtime of random size, beside random trouble, for
// as long as is asked. At the end of each: no lost wake-up, no alarm of the oracle, no allocation
// by workers, no byte kept.
//
// WEIR_SOAK_S=n: for so many seconds; tests/run --long soak: an hour. WEIR_SEED=n: the round of
// that seed, again and again.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <soak/soak.hpp>
#include <support/reproduce.hpp>
#include <support/watchdog.hpp>
#include <thread>
#include <vector>
#include <weir/memory.hpp>

using namespace weir;
using namespace weir::test;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_to_soak() {
  if (const char* const asked = std::getenv("WEIR_SOAK_S")) return std::atof(asked);
  if (soak_times() > 1) return 3600;
  return full() ? 60 : 3;
}

std::atomic<std::uint64_t> alarms{0};
void on_alarm(const StallReport& report) {
  alarms.fetch_add(1);
  std::fprintf(stderr, "ORACLE: %s\n", report.text);
}

struct Totals {
  std::uint64_t rounds = 0, tasks = 0, steals = 0, parks = 0, would_block = 0, lost_wakeups = 0,
                replaced = 0;
  std::vector<std::uint64_t> runs = std::vector<std::uint64_t>(patterns().size(), 0);
  TroubleCounts trouble;

  void print(std::FILE* file, double seconds) const {
    std::fprintf(file, "soak: %.0f s, %llu rounds", seconds,
                 static_cast<unsigned long long>(rounds));
    const auto number = [file](const char* name, std::uint64_t n) {
      std::fprintf(file, ", %s %llu", name, static_cast<unsigned long long>(n));
    };
    for (std::size_t i = 0; i < runs.size(); ++i) number(patterns()[i].name, runs[i]);
    number("tasks", tasks), number("steals", steals), number("parks", parks),
        number("refusals", would_block);
    number("held", trouble.held), number("interrupted", trouble.interrupted),
        number("moved", trouble.moved);
    number("placed anew", replaced), number("looked", trouble.looked),
        number("forked", trouble.forked);
    number("lulls", trouble.lulls), number("lost wake-ups", lost_wakeups),
        number("alarms", alarms.load());
    std::fprintf(file, ", RSS %zu MiB\n", rss_bytes() >> 20);
    std::fflush(file);
  }
};

Config random_config(Random& random) {
  Config config;
  config.workers = random.pick({1, 2, 2, 3, 4, 8});
  config.pin = random.pick({Pin::none, Pin::cores});
  config.schedule = Schedule::stealing();
  config.task_slots = smallest() ? 1 : random.pick({1U, 2U, 16U, 64U, 256U, 4096U});
  config.inbox_slots = 1 + random.below(config.task_slots);
  config.producers_max = 32;
  config.guests_max = random.pick({1U, 2U, 8U});
  config.spin_us = random.pick({0U, 10U, 100U, 1000U});
  config.trace_events = random.pick({0U, 2U, 64U, 4096U});
  config.on_stall = on_alarm;
  return config;
}

/// One round; what was found, or "".
std::string round_of(std::uint64_t number, Watchdog& dog, Totals& totals) {
  Random random(number);
  const Config config = random_config(random);
  const std::uint32_t clients = 1 + random.below(4), ms = 200 + random.below(1300);
  const std::string text =
      "round " + std::to_string(number) + ": " + std::to_string(config.workers) + " workers" +
      (config.pin == Pin::cores ? ", pinned, " : ", ") + std::to_string(config.task_slots) +
      " slots, inbox of " + std::to_string(config.inbox_slots) + ", " + std::to_string(clients) +
      " clients";
  dog.note(text);
  const std::size_t bytes_before = allocated_bytes();
  std::mutex mutex;
  std::string found;
  const auto find = [&](const std::string& fault) {
    const std::lock_guard lock(mutex);
    if (!fault.empty() && found.empty()) found = text + ": " + fault;
  };
  {
    auto started = Runtime::start(config);
    if (!started.ok()) return text + ": " + started.error().text();
    Runtime& runtime = *started.value();
    std::atomic<bool> over{false};
    std::thread trouble(
        [&, seed = random.next()] { find(make_trouble(runtime, seed, over, totals.trouble)); });
    std::vector<std::thread> threads;
    const auto end = Clock::now() + std::chrono::milliseconds(ms);
    for (std::uint32_t c = 0; c < clients; ++c) {
      threads.emplace_back([&, seed = random.next()] {
        Random own(seed);
        do {
          const std::size_t which = own.below(static_cast<std::uint32_t>(patterns().size()));
          const std::uint64_t salt = own.next();
          const std::string fault = patterns()[which].run(runtime, salt);
          if (!fault.empty())
            find(std::string(patterns()[which].name) + " of " + std::to_string(salt) + ": " +
                 fault);
          const std::lock_guard lock(mutex);
          ++totals.runs[which];
          if (!found.empty()) break;
        } while (Clock::now() < end);
      });
    }
    for (std::thread& thread : threads) thread.join();
    over = true;
    trouble.join();
    if (runtime.barrier().status != Status::accepted) find("the last barrier failed");
    const Metrics metrics = runtime.metrics();
    if (metrics.total.lost_wakeups != 0)
      find(differs("lost wake-ups", metrics.total.lost_wakeups, 0));
    if (metrics.stalls != 0 || alarms.load() != 0) find("the stall oracle gave an alarm");
    if (metrics.steady_state_allocations != 0)
      find(differs("allocations by workers", metrics.steady_state_allocations, 0));
    if (metrics.submitted != metrics.retired)
      find(differs("retired", metrics.retired, metrics.submitted));
    ++totals.rounds;
    totals.tasks += metrics.total.tasks, totals.steals += metrics.total.steals;
    totals.parks += metrics.total.parks, totals.would_block += metrics.inbox_would_block;
    totals.lost_wakeups += metrics.total.lost_wakeups, totals.replaced += metrics.replacements;
    const Status stopped = number % 3 == 0   ? Status::accepted  // the destructor stops it
                           : number % 3 == 1 ? runtime.stop_until()
                                             : runtime.drain_until();
    if (stopped != Status::accepted) find("it stopped as " + std::string(to_string(stopped)));
  }
  if (allocated_bytes() != bytes_before)
    find(differs("bytes of the platform", allocated_bytes(), bytes_before));
  return found;
}

}  // namespace

TEST_CASE("soak: all patterns, random capacities and random trouble") {
  Watchdog dog("soak", nullptr, 300);
  Totals totals;
  const double wanted_s = seconds_to_soak();
  const std::uint64_t only = seed(0);
  const auto start = Clock::now();
  const auto elapsed_s = [start] {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  constexpr double told_every_s = 60;
  constexpr std::size_t growth_max = std::size_t{sanitized ? 512 : 64} << 20;
  std::size_t settled = 0;
  double next_line_s = told_every_s;
  std::string found;
  for (std::uint64_t i = 1; found.empty() && (i == 1 || elapsed_s() < wanted_s); ++i) {
    const std::uint64_t number = only != 0 ? only : i;
    found = round_of(number, dog, totals);
    if (!found.empty())
      MESSAGE("to try it again: " << command_with("WEIR_SEED=" + std::to_string(number)));
    if (i == 50) settled = rss_bytes();
    if (elapsed_s() >= next_line_s) {
      totals.print(stderr, elapsed_s());
      next_line_s += told_every_s;
    }
  }
  totals.print(stdout, elapsed_s());
  CHECK(found == "");
  CHECK(totals.lost_wakeups == 0);
  CHECK(alarms.load() == 0);
  if (settled != 0)
    CHECK(rss_bytes() < settled + growth_max);  // what leaks a little a round shows here
}
