// stopped_queue.hpp: one thread of a queue is stopped in mid-operation, again and again: what do
// the others of that queue do, and those of another queue?
//
// Shape: two producers and two consumers on one queue, of which one is the victim; one and one on
// another queue. `ring frozen`: the others of the victim's queue did less than 1 % of what they
// normally do in 15 ms, 5 ms after the stop. `other ring frozen`: the other queue did less than 1 %
// in half a second. All must go on after the release, and nothing be lost.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <weir/clock.hpp>

#include "harness.hpp"
#include "stopping.hpp"
#include "suite.hpp"

namespace weir::bench {

template <class Q>
class StoppedQueue {
 public:
  explicit StoppedQueue(Victim::Role role) : victim_(role), role_(role) {
    for (int i = 0; i < 2; ++i) {
      start_producer(*mine_, role == Victim::Role::producer && i == 0, i == 0 ? 0 : 1);
      start_consumer(*mine_, role == Victim::Role::consumer && i == 0, i == 0 ? 2 : 3);
    }
    start_producer(*other_, false, 4);
    start_consumer(*other_, false, 5);
  }

  void run(const Setting& setting, Report& report) {
    usleep(20'000);
    const Counts before = counts();
    usleep(150'000);
    const Counts normal = (counts() - before) / 10;  // of 15 ms
    const int wanted = static_cast<int>(std::clamp(20 * setting.seconds, 3.0, 100.0));
    int stops = 0, by_breakpoint = 0, frozen = 0, others_frozen = 0;
    std::vector<double> rates;
    std::string why_not;
    for (int i = 0; i < wanted; ++i) {
      usleep(static_cast<useconds_t>(3000 + 577 * (i % 9)));
      const bool worth_it = by_breakpoint > 0 || i < 3;  // three in vain: there are none here
      bool hit = worth_it && victim_.stop(true, 40);
      if (hit) {
        ++by_breakpoint;
      } else {
        if (worth_it) why_not = victim_.why_no_breakpoint();
        hit = victim_.stop(false, 200);
      }
      if (!hit) continue;
      ++stops;
      usleep(5'000);
      const Counts at = counts();
      usleep(15'000);
      const Counts did = counts() - at;
      frozen += did.mine * 100 < normal.mine ? 1 : 0;
      rates.push_back(static_cast<double>(did.other) / std::max(1.0, double(normal.other)));
      for (int wait = 0; wait < 50 && (counts() - at).other * 100 < normal.other; ++wait)
        usleep(10'000);
      others_frozen += (counts() - at).other * 100 < normal.other ? 1 : 0;
      victim_.release();
    }
    end(report);
    report.set("stops", stops);
    report.set("by_breakpoint", by_breakpoint);
    report.set("frozen", frozen);
    report.set("others_frozen", others_frozen);
    std::sort(rates.begin(), rates.end());
    if (!rates.empty()) report.set("other_rate", rates[rates.size() / 2]);
    if (stops == 0) report.wrong("the thread could not be stopped");
    if (!why_not.empty()) report.note("stopped by the hook; breakpoint: " + why_not);
  }

 private:
  struct Counts {
    std::uint64_t mine = 0, other = 0;
    Counts operator-(const Counts& from) const { return {mine - from.mine, other - from.other}; }
    Counts operator/(std::uint64_t n) const { return {mine / n, other / n}; }
  };
  struct alignas(128) Count {
    std::atomic<std::uint64_t> operations{0};
    std::atomic<std::uint64_t> sum{0};
    void add(std::uint64_t value) noexcept {
      // relaxed: figures of one writer; the joins publish the last ones
      operations.store(operations.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      sum.store(sum.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
    }
  };

  /// Operations of all but the victim.
  Counts counts() const {
    const std::size_t skipped = role_ == Victim::Role::producer ? 0 : 2;
    Counts sum;
    for (std::size_t i = 0; i < 6; ++i) {
      const std::uint64_t done = counts_[i].operations.load(std::memory_order_relaxed);
      if (i >= 4) sum.other += done;
      if (i < 4 && i != skipped) sum.mine += done;
    }
    return sum;
  }

  void start_producer(Q& queue, bool is_victim, std::size_t index) {
    producers_.emplace_back([this, &queue, is_victim, index] {
      typename Q::Producer producer(queue);
      if (is_victim) victim_.enter();
      for (std::uint64_t i = 1; !over_.load(std::memory_order_relaxed); ++i) {
        producer.push(StopItem(i));
        counts_[index].add(i);
      }
      victim_here = nullptr;
    });
  }
  void start_consumer(Q& queue, bool is_victim, std::size_t index) {
    consumers_.emplace_back([this, &queue, is_victim, index] {
      typename Q::Consumer consumer(queue);
      if (is_victim) victim_.enter();
      StopItem item;
      for (;;) {
        consumer.pop(item);
        if (item.value == 0) break;
        counts_[index].add(item.value);
      }
      victim_here = nullptr;
    });
  }

  void end(Report& report) {
    over_.store(true, std::memory_order_relaxed);
    for (std::thread& producer : producers_) producer.join();
    {
      typename Q::Producer last(*mine_), other_last(*other_);
      last.push(StopItem(0));
      last.push(StopItem(0));
      other_last.push(StopItem(0));
      for (std::thread& consumer : consumers_) consumer.join();
      // Where producers have queues of their own, an end may have overtaken items.
      typename Q::Consumer rest(*mine_), other_rest(*other_);
      StopItem item;
      while (rest.try_pop(item)) counts_[3].add(item.value);
      while (other_rest.try_pop(item)) counts_[5].add(item.value);
    }
    const auto total = [this](std::size_t a, std::size_t b, auto member) {
      return (counts_[a].*member).load(std::memory_order_relaxed) +
             (counts_[b].*member).load(std::memory_order_relaxed);
    };
    const bool same = total(0, 1, &Count::operations) == total(2, 3, &Count::operations) &&
                      total(0, 1, &Count::sum) == total(2, 3, &Count::sum) &&
                      counts_[4].sum.load() == counts_[5].sum.load();
    if (!same) report.wrong("what went in is not what came out");
  }

  std::unique_ptr<Q> mine_ = std::make_unique<Q>(ring_capacity);
  std::unique_ptr<Q> other_ = std::make_unique<Q>(ring_capacity);
  Victim victim_;
  Victim::Role role_;
  std::atomic<bool> over_{false};
  Count counts_[6];  // producers and consumers of the victim's queue, two each; those of the other
  std::vector<std::thread> producers_, consumers_;
};

template <class Q>
void producer_stopped(const Setting& setting, Report& report) {
  StoppedQueue<Q>(Victim::Role::producer).run(setting, report);
}
template <class Q>
void consumer_stopped(const Setting& setting, Report& report) {
  StoppedQueue<Q>(Victim::Role::consumer).run(setting, report);
}
template <class Q>
void add_stop_scenarios(const char* contender) {
  AddCase("producer_stopped", contender, producer_stopped<Q>);
  AddCase("consumer_stopped", contender, consumer_stopped<Q>);
}

}  // namespace weir::bench
