// ring_patterns.hpp: what is done to every ring: alone, in bursts, between two and four threads, in
// batches, to and fro.
//
// Shape: 64-bit elements, ring_capacity slots; an item is one element pushed and popped
// (round_trip: one there and back). A contender Q has Q(capacity); Q::Producer(Q&) with bool
// push(T) and Q::Consumer(Q&) with bool pop(T&), both false when it cannot be now; for batches
// std::size_t push_n(T*, n), pop_n(T*, n). Handle is both for rings without tokens.
#pragma once

#include <memory>

#include "harness.hpp"

namespace weir::bench {

using Element = std::uint64_t;

/// Producer and consumer of a ring that does not tell them apart.
template <class Q>
struct Handle {
  explicit Handle(Q& queue) : q(queue) {}
  template <class T>
  bool push(T item) {
    return q.push(item);
  }
  template <class T>
  bool pop(T& item) {
    return q.pop(item);
  }
  template <class T>
  std::size_t push_n(T* items, std::size_t n) {
    return q.push_n(items, n);
  }
  template <class T>
  std::size_t pop_n(T* items, std::size_t n) {
    return q.pop_n(items, n);
  }
  Q& q;
};

template <class P, class T>
void push_patiently(P& producer, T item) {
  Patience patience;
  while (!producer.push(item)) patience.wait();
}
template <class C, class T>
void pop_patiently(C& consumer, T& item) {
  Patience patience;
  while (!consumer.pop(item)) patience.wait();
}

/// `burst` pushes, then as many pops, by one thread.
template <class Q, std::int64_t burst>
void one_thread(benchmark::State& state) {
  constexpr std::int64_t items = 4096;
  const auto queue = std::make_unique<Q>(ring_capacity);
  typename Q::Producer producer(*queue);
  typename Q::Consumer consumer(*queue);
  bool right = true;
  Element next = 0, expected = 0;
  for (auto _ : state) {
    for (std::int64_t i = 0; i < items; i += burst) {
      for (std::int64_t k = 0; k < burst; ++k) right &= producer.push(next++);
      for (std::int64_t k = 0; k < burst; ++k) {
        Element item = 0;
        right &= consumer.pop(item) && item == expected++;
      }
    }
  }
  finish(state, items, right);
}
template <class Q>
void ring_1t(benchmark::State& state) {
  one_thread<Q, 1>(state);
}
template <class Q>
void ring_burst(benchmark::State& state) {
  one_thread<Q, 256>(state);
}

/// `pairs` producers and as many consumers, producers on one CPU and consumers on the other where
/// there are two.
template <class Q, int pairs>
void between_threads(benchmark::State& state) {
  constexpr std::int64_t items = 100'000;
  const auto queue = std::make_unique<Q>(ring_capacity);
  Team team(2 * pairs);
  std::atomic<Element> sum{0};
  std::atomic<bool> right{true};
  const std::function<void(int)> work = [&](int index) {
    if (index % 2 == 0) {
      typename Q::Producer producer(*queue);
      for (Element i = 0; i < items / pairs; ++i) push_patiently(producer, i);
    } else {
      typename Q::Consumer consumer(*queue);
      Element mine = 0;
      for (Element i = 0; i < items / pairs; ++i) {
        Element item = 0;
        pop_patiently(consumer, item);
        mine += item;
        if (pairs == 1 && item != i) right.store(false, std::memory_order_relaxed);
      }
      sum.fetch_add(mine, std::memory_order_relaxed);
    }
  };
  for (auto _ : state) team.run(work);
  constexpr Element each = items / pairs;
  const Element expected = each * (each - 1) / 2 * pairs * static_cast<Element>(state.iterations());
  finish(state, items, right.load() && sum.load() == expected);
}
template <class Q>
void ring_1p1c(benchmark::State& state) {
  between_threads<Q, 1>(state);
}
template <class Q>
void ring_2p2c(benchmark::State& state) {
  between_threads<Q, 2>(state);
}

/// One producer, one consumer, 32 elements a call.
template <class Q>
void ring_batch32(benchmark::State& state) {
  constexpr std::size_t batch = 32, items = batch * 10'000;
  const auto queue = std::make_unique<Q>(ring_capacity);
  Team team(2);
  std::atomic<bool> right{true};
  const std::function<void(int)> work = [&](int index) {
    Element buffer[batch];
    Patience patience;
    if (index == 0) {
      typename Q::Producer producer(*queue);
      for (Element first = 0; first < items; first += batch) {
        for (std::size_t i = 0; i < batch; ++i) buffer[i] = first + i;
        for (std::size_t done = 0; done < batch;) {
          const std::size_t count = producer.push_n(buffer + done, batch - done);
          done += count;
          count == 0 ? patience.wait() : patience.reset();
        }
      }
    } else {
      typename Q::Consumer consumer(*queue);
      for (Element expected = 0; expected < items;) {
        const std::size_t count = consumer.pop_n(buffer, batch);
        count == 0 ? patience.wait() : patience.reset();
        for (std::size_t i = 0; i < count; ++i) {
          if (buffer[i] != expected++) right.store(false, std::memory_order_relaxed);
        }
      }
    }
  };
  for (auto _ : state) team.run(work);
  finish(state, items, right.load());
}

/// One element there through one ring and back through another.
template <class Q>
void round_trip(benchmark::State& state) {
  constexpr std::int64_t items = 2'000;
  const auto there = std::make_unique<Q>(ring_capacity);
  const auto back = std::make_unique<Q>(ring_capacity);
  Team team(2);
  bool right = true;
  const std::function<void(int)> work = [&](int index) {
    typename Q::Producer producer(index == 0 ? *there : *back);
    typename Q::Consumer consumer(index == 0 ? *back : *there);
    for (Element i = 0; i < items; ++i) {
      Element item = i;
      if (index == 0) push_patiently(producer, item);
      pop_patiently(consumer, item);
      if (index != 0) push_patiently(producer, item);
      if (index == 0) right &= item == i;
    }
  };
  for (auto _ : state) team.run(work);
  finish(state, items, right);
}

/// What foreign threads give to workers: something to call.
struct InboxItem {
  void (*run)(std::uint32_t*) = nullptr;
  std::uint32_t* cell = nullptr;
};
inline void count_cell(std::uint32_t* cell) { ++*cell; }

/// One producer gives work to one thread that runs it, through a bounded queue; an item is one
/// piece of work done.
template <class Q>
void inbox_1p1c(benchmark::State& state) {
  constexpr std::size_t items = 50'000;
  const auto queue = std::make_unique<Q>(ring_capacity);
  Team team(2);
  std::vector<std::uint32_t> cells(items);
  const std::function<void(int)> work = [&](int index) {
    if (index == 0) {
      typename Q::Producer producer(*queue);
      for (std::uint32_t& cell : cells) push_patiently(producer, InboxItem{&count_cell, &cell});
    } else {
      typename Q::Consumer consumer(*queue);
      for (std::size_t i = 0; i < items; ++i) {
        InboxItem item;
        pop_patiently(consumer, item);
        item.run(item.cell);
      }
    }
  };
  for (auto _ : state) team.run(work);
  bool right = true;
  for (const std::uint32_t cell : cells)
    right &= cell == static_cast<std::uint32_t>(state.iterations());
  finish(state, items, right);
}

/// The patterns of any ring; batches, lanes and inboxes are added one by one where a contender has
/// them.
template <class Q>
void add_ring(const char* contender) {
  Add("ring_1t", contender, ring_1t<Q>);
  Add("ring_burst", contender, ring_burst<Q>);
  Add("ring_1p1c", contender, ring_1p1c<Q>);
  Add("ring_2p2c", contender, ring_2p2c<Q>);
  Add("round_trip", contender, round_trip<Q>);
}

}  // namespace weir::bench
