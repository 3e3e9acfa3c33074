// engine_model.cpp: the checker checked: litmus tests whose outcomes C++ allows or forbids.
#include "explore.hpp"

#include <doctest/doctest.h>

using model::check;
using model::expect;
using model::Options;
using model::Strategy;
using namespace weir;

namespace {

/// x = 1; r0 = y  beside  y = 1; r1 = x. Both may read 0 unless all four are seq_cst.
struct StoreBuffering final : model::Program {
  std::memory_order store_order, load_order;
  atomic<int> x{0}, y{0};
  int r[2] = {-1, -1};
  StoreBuffering(std::memory_order s, std::memory_order l) : store_order(s), load_order(l) {}
  int threads() const override { return 2; }
  void run(int t) override {
    (t == 0 ? x : y).store(1, store_order);
    r[t] = (t == 0 ? y : x).load(load_order);
  }
  void finish() override { expect(r[0] == 1 || r[1] == 1, "both read 0"); }
};

/// A plain cell published by a flag.
struct MessagePassing final : model::Program {
  std::memory_order store_order, load_order;
  bool relay;  // through a read-modify-write of a third thread
  atomic<int> flag{0};
  model::Cell cell;
  MessagePassing(std::memory_order s, std::memory_order l, bool r)
      : store_order(s), load_order(l), relay(r) {}
  int threads() const override { return relay ? 3 : 2; }
  void run(int t) override {
    if (t == 0) {
      cell.set(7);
      flag.store(1, store_order);
    } else if (t == 1) {
      const int wanted = relay ? 3 : 1;
      if (flag.load(load_order) == wanted) expect(cell.get() == 7, "the cell was not seen");
    } else {
      flag.fetch_add(2, relaxed);
    }
  }
};

/// Two readers disagree on the order of two independent stores; seq_cst forbids it.
struct IndependentReads final : model::Program {
  std::memory_order order_store, order_load;
  atomic<int> x{0}, y{0};
  int r[4] = {};
  IndependentReads(std::memory_order s, std::memory_order l) : order_store(s), order_load(l) {}
  int threads() const override { return 4; }
  void run(int t) override {
    if (t == 0) x.store(1, order_store);
    if (t == 1) y.store(1, order_store);
    if (t == 2) r[0] = x.load(order_load), r[1] = y.load(order_load);
    if (t == 3) r[2] = y.load(order_load), r[3] = x.load(order_load);
  }
  void finish() override { expect(!(r[0] == 1 && r[1] == 0 && r[2] == 1 && r[3] == 0), "readers disagree"); }
};

/// One location never runs backwards, even relaxed.
struct Coherence final : model::Program {
  atomic<int> x{0};
  int threads() const override { return 2; }
  void run(int t) override {
    if (t == 0) {
      x.store(1, relaxed);
      x.store(2, relaxed);
    } else {
      const int first = x.load(relaxed);
      expect(x.load(relaxed) >= first, "a location ran backwards");
    }
  }
};

struct Counter final : model::Program {
  atomic<int> x{0};
  bool whole;
  explicit Counter(bool w) : whole(w) {}
  int threads() const override { return 3; }
  int group(int) const override { return 0; }
  void run(int) override {
    if (whole) {
      x.fetch_add(1, relaxed);
    } else {
      x.store(x.load(relaxed) + 1, relaxed);
    }
  }
  void finish() override { expect(x.load(relaxed) == 3, "an increment was lost"); }
};

struct SleepAndWake final : model::Program {
  atomic<std::uint32_t> word{0};
  bool wakes;
  explicit SleepAndWake(bool w) : wakes(w) {}
  int threads() const override { return 2; }
  void run(int t) override {
    if (t == 0) {
      while (word.load(acquire) == 0) model::wait(word, 0);
    } else {
      word.store(1, release);
      if (wakes) model::wake(word);
    }
  }
};

/// litmus/reservation_chain.litmus: a slot's emptying is handed on through read-modify-writes of two counters.
struct ReservationChain final : model::Program {
  std::memory_order order;
  atomic<int> slot{1}, stamp{0}, reserved{0}, tail{0};
  int r[5] = {};
  explicit ReservationChain(std::memory_order o) : order(o) {}
  int threads() const override { return 4; }
  void run(int t) override {
    if (t == 0) slot.store(0, relaxed), stamp.store(1, release);
    if (t == 1) r[0] = stamp.load(acquire), r[1] = reserved.fetch_add(1, order);
    if (t == 2) r[2] = reserved.fetch_add(1, order), r[3] = tail.fetch_add(1, order);
    if (t == 3 && tail.fetch_add(1, order) == 1) r[4] = slot.load(relaxed);
  }
  void finish() override {
    expect(!(r[0] == 1 && r[1] == 0 && r[2] == 1 && r[3] == 0 && r[4] == 1), "the slot was not seen emptied");
  }
};

struct Race final : model::Program {
  model::Cell cell;
  atomic<int> x{0};
  int threads() const override { return 2; }
  void run(int t) override {
    x.store(t, relaxed);
    cell.set(t);
  }
};

}  // namespace

TEST_CASE("engine: store buffering is seen below seq_cst and excluded by it") {
  CHECK(check<StoreBuffering>({.name = "sb_release"}, release, acquire).failed);
  CHECK(check<StoreBuffering>({.name = "sb_half"}, seq_cst, acquire).failed);
  CHECK(check<StoreBuffering>({.name = "sb_random", .strategy = Strategy::random}, relaxed, relaxed).failed);
  CHECK(check<StoreBuffering>({.name = "sb_pct", .strategy = Strategy::pct}, relaxed, relaxed).failed);
  const auto report = check<StoreBuffering>({.name = "sb_seq_cst"}, seq_cst, seq_cst);
  CHECK_FALSE(report.failed);
  CHECK(report.exhausted);
}

TEST_CASE("engine: a flag publishes by release and acquire only, also through a read-modify-write") {
  CHECK_FALSE(check<MessagePassing>({.name = "mp"}, release, acquire, false).failed);
  CHECK_FALSE(check<MessagePassing>({.name = "mp_relay"}, release, acquire, true).failed);
  CHECK(check<MessagePassing>({.name = "mp_store"}, relaxed, acquire, false).failed);
  CHECK(check<MessagePassing>({.name = "mp_load"}, release, relaxed, false).failed);
  CHECK(check<MessagePassing>({.name = "mp_relay_store"}, relaxed, acquire, true).failed);
}

TEST_CASE("engine: a chain of read-modify-writes over two counters hands on what its first one saw") {
  CHECK(check<ReservationChain>({.name = "chain"}, acq_rel).exhausted);
  CHECK(check<ReservationChain>({.name = "chain_relaxed"}, relaxed).failed);
}

TEST_CASE("engine: independent reads agree only under seq_cst") {
  CHECK(check<IndependentReads>({.name = "iriw_acquire"}, release, acquire).failed);
  CHECK_FALSE(check<IndependentReads>({.name = "iriw_seq_cst"}, seq_cst, seq_cst).failed);
}

TEST_CASE("engine: coherence, atomicity, races, sleep") {
  CHECK(check<Coherence>({.name = "coherence"}).exhausted);
  CHECK(check<Counter>({.name = "counter"}, true).exhausted);
  CHECK(check<Counter>({.name = "counter_split"}, false).failed);
  CHECK(check<Race>({.name = "race"}).failed);
  CHECK(check<SleepAndWake>({.name = "sleep"}, true).exhausted);
  CHECK(check<SleepAndWake>({.name = "sleep_unwoken"}, false).message == "all threads are blocked");
}

TEST_CASE("engine: a failing schedule is replayed step by step") {
  const auto report = check<Counter>({.name = "replay"}, false);
  REQUIRE(report.failed);
  CHECK(report.schedule.starts_with("replay:"));
  CHECK(report.trace.find("load x0") != std::string::npos);
  CHECK(report.trace.find("ended otherwise") == std::string::npos);
}
