// queue_load.hpp: threads on both sides of a queue for a time, and what came of it.
//
// Shape: an element is the time of its push in ticks. A contender Q has Q(capacity);
// Q::Producer(Q&) with push(T), which waits as the contender waits, and Q::Consumer(Q&) with
// pop(T&), which waits, and bool try_pop(T&). Results: count and sum of what went in and came out
// are compared.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>
#include <weir/clock.hpp>

#include "harness.hpp"
#include "measure.hpp"
#include "suite.hpp"

namespace weir::bench {

struct Load {
  int producers = 1, consumers = 1;
  double seconds = 1;
  std::uint64_t items_max = 0;  // a producer's; 0: until the time is over
  unsigned pop_pause_us = 0;    // a consumer sleeps so long after each pop, until the time is over
  double hold_consumers_s = 0;  // they begin so much later
};

namespace detail_load {

struct alignas(128) Producing {
  std::uint64_t pushed = 0, counted = 0, sum = 0;
  double cpu_s = 0;
  Histogram calls;
};
struct alignas(128) Consuming {
  std::uint64_t popped = 0, sum = 0;
  Histogram inside;
};

struct Shared {
  std::atomic<int> ready{0};
  std::atomic<bool> go{false}, over{false}, counting{false};
  void line_up() {
    ready.fetch_add(1, std::memory_order_release);
    while (!go.load(std::memory_order_acquire)) usleep(100);
  }
};

template <class Q>
void produce(Q& queue, const Load& load, Shared& shared, Producing& mine) {
  typename Q::Producer producer(queue);
  shared.line_up();
  const double cpu_from_s = thread_cpu_s();
  std::uint64_t now = ticks();
  for (std::uint64_t i = 0; load.items_max == 0 || i < load.items_max; ++i) {
    if (load.items_max == 0 && shared.over.load(std::memory_order_relaxed)) break;
    const std::uint64_t from = now == 0 ? 1 : now;
    producer.push(from);
    now = ticks();
    mine.calls.add(now - from);
    mine.sum += from;
    ++mine.pushed;
    if (shared.counting.load(std::memory_order_relaxed)) ++mine.counted;
  }
  mine.cpu_s = thread_cpu_s() - cpu_from_s;
}

template <class Q>
void consume(Q& queue, const Load& load, Shared& shared, Consuming& mine) {
  typename Q::Consumer consumer(queue);
  shared.line_up();
  if (load.hold_consumers_s > 0) {
    usleep(static_cast<useconds_t>(load.hold_consumers_s * 1e6));
    shared.counting.store(true, std::memory_order_relaxed);
  }
  std::uint64_t item = 0;
  for (;;) {
    consumer.pop(item);
    if (item == 0) break;
    mine.inside.add(ticks() - item);
    mine.sum += item;
    ++mine.popped;
    if (load.pop_pause_us > 0 && !shared.over.load(std::memory_order_relaxed))
      usleep(load.pop_pause_us);
  }
}

}  // namespace detail_load

/// Runs the load and reports it.
template <class Q>
void run_load(const Load& load, Report& report) {
  using namespace detail_load;
  const auto queue = std::make_unique<Q>(ring_capacity);
  Shared shared;
  std::vector<Producing> in(static_cast<std::size_t>(load.producers));
  std::vector<Consuming> out(static_cast<std::size_t>(load.consumers));
  std::vector<std::thread> producers, consumers;
  for (Producing& mine : in) producers.emplace_back([&] { produce(*queue, load, shared, mine); });
  for (Consuming& mine : out) consumers.emplace_back([&] { consume(*queue, load, shared, mine); });
  while (shared.ready.load(std::memory_order_acquire) != load.producers + load.consumers)
    usleep(100);
  ticks_per_us();
  forget_peak();
  const std::uint64_t memory_before = resident_bytes();
  shared.counting.store(load.hold_consumers_s == 0, std::memory_order_relaxed);
  const double cpu_from_s = process_cpu_s();
  const std::uint64_t from_ns = now_ns();
  shared.go.store(true, std::memory_order_release);
  if (load.items_max == 0) {
    usleep(static_cast<useconds_t>(load.seconds * 1e6));
    shared.over.store(true, std::memory_order_relaxed);
  }
  for (std::thread& producer : producers) producer.join();
  shared.over.store(true, std::memory_order_relaxed);
  {
    typename Q::Producer last(*queue);
    for (int i = 0; i < load.consumers; ++i) last.push(0);
    for (std::thread& consumer : consumers) consumer.join();
    // Where producers have queues of their own, an end may have overtaken items.
    typename Q::Consumer rest(*queue);
    for (std::uint64_t item = 0; rest.try_pop(item);) ++out[0].popped, out[0].sum += item;
  }
  const double elapsed_s = static_cast<double>(now_ns() - from_ns) * 1e-9;
  const double cpu_s = process_cpu_s() - cpu_from_s;

  std::uint64_t pushed = 0, popped = 0, sum = 0, least = ~std::uint64_t{0}, most = 0;
  double producers_cpu_s = 0;
  Histogram calls, inside;
  for (const Producing& mine : in) {
    pushed += mine.pushed, sum += mine.sum, producers_cpu_s += mine.cpu_s;
    least = std::min(least, mine.counted), most = std::max(most, mine.counted);
    calls.add(mine.calls);
  }
  for (const Consuming& mine : out) {
    popped += mine.popped, sum -= mine.sum;
    inside.add(mine.inside);
  }
  if (pushed != popped || sum != 0) {
    report.wrong(std::to_string(pushed) + " in, " + std::to_string(popped) + " out" +
                 (sum == 0 ? "" : ", not the same"));
  }
  report.set("items_per_s", static_cast<double>(popped) / elapsed_s);
  report.set("call_p99_ns", ns_of_ticks(calls.quantile(0.99)));
  report.set("call_p999_ns", ns_of_ticks(calls.quantile(0.999)));
  report.set("call_max_ns", ns_of_ticks(calls.max()));
  report.set("inside_p999_ns", ns_of_ticks(inside.quantile(0.999)));
  report.set("inside_max_ns", ns_of_ticks(inside.max()));
  if (load.producers > 1)
    report.set("least_over_most",
               most == 0 ? 0 : static_cast<double>(least) / static_cast<double>(most));
  if (load.items_max > 0) report.set("burst_ms", elapsed_s * 1e3);
  report.set("cores", cpu_s / elapsed_s);
  if (load.pop_pause_us > 0) report.set("waiting_cores", producers_cpu_s / elapsed_s);
  const std::uint64_t peak = peak_bytes();
  report.set("memory_bytes", peak > memory_before ? static_cast<double>(peak - memory_before) : 0);
}

/// Four threads a CPU, half of them producers.
template <class Q>
void oversubscribed(const Setting& setting, Report& report) {
  const int each = std::clamp(2 * setting.cpus, 2, 32);
  run_load<Q>({.producers = each, .consumers = each, .seconds = setting.seconds}, report);
}
/// Two and two; what is around them makes the scenario.
template <class Q>
void two_and_two(const Setting& setting, Report& report) {
  run_load<Q>({.producers = 2, .consumers = 2, .seconds = setting.seconds}, report);
}
/// A consumer that sleeps 1 ms a pop behind four producers; shares count once the ring is full.
template <class Q>
void slow_consumer(const Setting& setting, Report& report) {
  run_load<Q>({.producers = 4,
               .consumers = 1,
               .seconds = 0.1 + 2 * setting.seconds,
               .pop_pause_us = 1000,
               .hold_consumers_s = 0.1},
              report);
}
/// A million from one thread to two.
template <class Q>
void burst(const Setting&, Report& report) {
  run_load<Q>({.producers = 1, .consumers = 2, .items_max = 1'000'000}, report);
}

template <class Q>
void add_queue_scenarios(const char* contender) {
  AddCase("oversubscribed", contender, oversubscribed<Q>);
  AddCase("one_cpu", contender, two_and_two<Q>, Around::one_cpu);
  AddCase("busy_neighbour", contender, two_and_two<Q>, Around::neighbours);
  AddCase("quota", contender, two_and_two<Q>, Around::quota);
  AddCase("slow_consumer", contender, slow_consumer<Q>);
  AddCase("burst", contender, burst<Q>);
}

}  // namespace weir::bench
