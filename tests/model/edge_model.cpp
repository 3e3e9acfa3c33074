// edge_model.cpp: P1, Edge<T>: no push with a reservation is refused, occupancy never above N, exact when
// idle; and no wake-up is lost between a refused producer and pops and returns. Beside it the credit
// counter that P1 replaces.
#include "explore.hpp"

#include <weir/detail/inbox_gate.hpp>
#include <weir/edge.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using model::check;
using model::expect;
using model::Options;
using model::Payload;
using model::Strategy;
using namespace weir;

namespace {

/// What a producer's firing reserves and then pushes; the rest it gives back.
struct Firing {
  std::uint32_t reserve, push;
  bool operator==(const Firing&) const = default;
};

struct Shape {
  std::size_t capacity;
  int producers, consumers;
  Firing firing[3];
  std::uint32_t pop_max;
  int pops;       // calls a consumer makes
  int tries = 1;  // reservations a producer attempts
  int there = 0;  // items already there
  bool exclusive = false;  // producers reserve one after the other, by the exclusive form, once each
};

/// What a node that needs n units does in the exclusive form: less than that goes back.
template <class T>
bool reserve_exclusive(Edge<T>& edge, std::uint32_t n) {
  const std::uint32_t got = edge.reserve_exclusive_up_to(n);
  if (got != 0 && got < n) edge.give_back(got);
  return got == n;
}

class Firings final : public model::Program {
 public:
  explicit Firings(const Shape& shape) : shape_(shape), edge_(shape.capacity) {
    for (int i = 0; i < shape.there; ++i) {
      expect(edge_.reserve(1), "set-up");
      edge_.push(Payload(30 + i));
    }
    sent_ = shape.there;
  }
  int threads() const override { return shape_.producers + shape_.consumers; }
  int group(int thread) const override {
    if (thread >= shape_.producers) return 3;
    if (shape_.exclusive) return thread;
    return static_cast<int>(std::find(shape_.firing, shape_.firing + 3, shape_.firing[thread]) -
                            shape_.firing);
  }

  void run(int thread) override {
    if (thread >= shape_.producers) {
      for (int i = 0; i < shape_.pops; ++i) consume();
      return;
    }
    const Firing firing = shape_.firing[thread];
    for (int i = 0; i < shape_.tries; ++i) {
      if (!reserve(thread, firing.reserve)) continue;
      Payload items[2] = {Payload(10 * thread), Payload(10 * thread + 1)};
      if (firing.push == 1) edge_.push(std::move(items[0]));
      if (firing.push == 2) edge_.push_n(items, 2);
      if (firing.push < firing.reserve) edge_.give_back(firing.reserve - firing.push);
      sent_ += static_cast<int>(firing.push);
      return;
    }
  }

  void finish() override {
    const auto left = static_cast<std::uint32_t>(edge_.pushed() - edge_.popped());
    expect(edge_.reserved() == edge_.pushed(), "a unit was lost or made");
    expect(left <= shape_.capacity, "more items than slots");
    const auto room = static_cast<std::uint32_t>(shape_.capacity) - left;
    expect(!edge_.reserve(room + 1), "idle: a reservation that does not fit succeeds");
    expect(edge_.writable(room) && edge_.reserve(room), "idle: a reservation that fits is refused");
    for (std::uint32_t i = 0; i < left; ++i) {
      Payload item;
      expect(edge_.pop(item), "an item was lost");
      take(item);
    }
    expect(!edge_.readable() && taken_ == sent_, "items lost or made");
  }

 private:
  bool reserve(int thread, std::uint32_t n) {
    if (!shape_.exclusive) return edge_.reserve(n);
    const auto mine = static_cast<std::uint32_t>(thread);
    for (std::uint32_t now = 0; (now = turn_.load(acquire)) != mine;) model::wait(turn_, now);
    const bool got = reserve_exclusive(edge_, n);
    turn_.store(mine + 1, release);
    model::wake(turn_);
    return got;
  }
  void consume() {
    Payload items[2];
    const std::uint32_t n = edge_.pop_n(items, shape_.pop_max);
    for (std::uint32_t i = 0; i < n; ++i) take(items[i]);
  }
  void take(const Payload& item) {
    const int value = item.value();
    expect(value >= 0 && value < 40 && !seen_[value], "an item came twice, or none came");
    seen_[value] = true;
    ++taken_;
  }

  Shape shape_;
  Edge<Payload> edge_;
  atomic<std::uint32_t> turn_{0};  // the producer that may reserve now
  bool seen_[40] = {};
  int sent_ = 0;
  int taken_ = 0;
};

/// The design that P1 replaces: a counter of credits beside a weak ring.
class CreditCounter final : public model::Program {
 public:
  explicit CreditCounter(std::size_t capacity) : credits_(capacity), ring_(capacity) {
    for (std::size_t i = 0; i < capacity; ++i) expect(push(static_cast<int>(i)), "set-up");
  }
  int threads() const override { return 5; }
  int group(int thread) const override { return thread < 3 ? 0 : 1; }
  void run(int thread) override {
    if (thread < 3) {
      expect(push(10 + thread), "a push that holds a credit is refused");
    } else {
      Payload item;
      if (ring_.pop(item) == Status::accepted) credits_.give(1);
    }
  }

 private:
  bool push(int value) { return credits_.take(1) == 0 || ring_.push(Payload(value)) == Status::accepted; }
  detail::CreditGate credits_;
  Ring<Payload, release> ring_;
};

enum class Waiter { shipped, no_recheck, check_first };

/// A refused producer waits; consumers (one alone: the exclusive form) pop, another firing gives back a
/// unit. Somebody must wake it, and one flag is taken once.
class Waiting final : public model::Program {
 public:
  Waiting(std::size_t capacity, std::uint32_t wanted, std::uint32_t pop_max, int consumers, bool returns,
          bool exclusive, Waiter waiter = Waiter::shipped)
      : exclusive_(exclusive),
        wanted_(wanted),
        pop_max_(pop_max),
        consumers_(consumers),
        returns_(returns),
        waiter_(waiter),
        edge_(capacity) {
    const auto held = static_cast<std::uint32_t>(capacity) - (returns ? 1 : 0);
    expect(edge_.reserve(static_cast<std::uint32_t>(capacity)), "set-up");
    for (std::uint32_t i = 0; i < held; ++i) edge_.push(Payload(static_cast<int>(i)));
    still_there_ = static_cast<int>(held);
  }
  int threads() const override { return 1 + (returns_ ? 1 : 0) + consumers_; }

  void run(int thread) override {
    if (thread == 0) {
      while (!(exclusive_ ? reserve_exclusive(edge_, wanted_) : edge_.reserve(wanted_))) {
        const bool ready = waiter_ == Waiter::check_first && edge_.writable(wanted_);
        ++sets_;
        edge_.set_waiting();
        if (ready || (waiter_ == Waiter::shipped && edge_.writable(wanted_))) continue;
        while (woken_.load(acquire) == 0) model::wait(woken_, 0);
        woken_.store(0, relaxed);
      }
      Payload item(9);
      edge_.push(std::move(item));
      if (wanted_ > 1) edge_.give_back(wanted_ - 1);
    } else if (thread == 1 && returns_) {
      edge_.give_back(1);
      look();
    } else {
      for (int i = 0; i < 2 && still_there_ > 0; ++i) {
        alignas(Payload) std::byte raw[2 * sizeof(Payload)];
        auto* items = reinterpret_cast<Payload*>(raw);
        const std::uint32_t n =
            consumers_ == 1 ? edge_.pop_n_exclusive_raw(items, pop_max_) : edge_.pop_n_raw(items, pop_max_);
        if (n == 0) return;
        std::destroy_n(items, n);
        look();
      }
    }
  }

 private:
  void look() {
    if (!edge_.take_waiting()) return;
    expect(++takes_ <= sets_, "a flag that was set once was taken twice");
    woken_.store(1, release);
    model::wake(woken_);
  }

  bool exclusive_;
  std::uint32_t wanted_, pop_max_;
  int consumers_;
  bool returns_;
  Waiter waiter_;
  int still_there_ = 0;
  int sets_ = 0, takes_ = 0;
  Edge<Payload> edge_;
  atomic<std::uint32_t> woken_{0};
};

/// A consumer goes idle when it finds nothing; a producer pushes a burst, then one more, and looks at its
/// flag each time. With `helper` another consumer takes two items and leaves, and the first tries only
/// once.
class Idle final : public model::Program {
 public:
  Idle(std::uint32_t burst, bool rechecks, bool helper)
      : burst_(burst), rechecks_(rechecks), helper_(helper), edge_(burst + 1) {
    expect(edge_.reserve(burst + 1), "set-up");
  }
  int threads() const override { return helper_ ? 3 : 2; }
  bool at_rest() override { return edge_.pushed() == burst_ + 1 && edge_.popped() == burst_ + 1; }

  void run(int thread) override {
    if (thread == 0) {
      Payload items[3] = {Payload(0), Payload(1), Payload(2)};
      edge_.push_n(items, burst_);
      look();
      edge_.push(std::move(items[2]));
      look();
    } else if (thread == 2) {
      for (int i = 0; i < 2; ++i) pop();
    } else {
      do {
        if (pop()) continue;
        idle_.store(1, seq_cst);
        if (rechecks_ && edge_.readable()) continue;
        while (idle_.load(acquire) == 1) model::wait(idle_, 1);
      } while (!helper_);
    }
  }

 private:
  void look() {
    if (idle_.load(seq_cst) != 0 && idle_.exchange(0, acq_rel) != 0) model::wake(idle_);
  }
  bool pop() {
    alignas(Payload) std::byte raw[sizeof(Payload)];
    auto* items = reinterpret_cast<Payload*>(raw);
    const std::uint32_t n = helper_ ? edge_.pop_n_raw(items, 1) : edge_.pop_n_exclusive_raw(items, 1);
    std::destroy_n(items, n);
    return n > 0;
  }
  std::uint32_t burst_;
  bool rechecks_, helper_;
  Edge<Payload> edge_;
  atomic<std::uint32_t> idle_{0};
};

}  // namespace

TEST_CASE("edge: P1 exhaustively, three producers' firings and two consumers', N = 1, 2, 3") {
  // {capacity, producers, consumers, {reserve, push}..., pop_max, pops, tries, there}
  const Shape shapes[] = {
      {1, 3, 2, {{1, 1}, {1, 1}, {1, 1}}, 1, 1, 1, 0}, {1, 3, 2, {{1, 1}, {1, 1}, {1, 1}}, 1, 1, 1, 1},
      {2, 3, 2, {{1, 1}, {1, 1}, {1, 1}}, 1, 1, 1, 0}, {2, 3, 2, {{1, 1}, {1, 1}, {1, 1}}, 1, 1, 1, 2},
      {3, 3, 2, {{1, 1}, {1, 1}, {1, 1}}, 1, 1, 1, 0}, {3, 3, 2, {{1, 1}, {1, 1}, {1, 1}}, 1, 1, 1, 3},
      {2, 3, 2, {{2, 1}, {1, 1}, {1, 1}}, 1, 1, 1, 1}, {3, 2, 2, {{2, 2}, {2, 1}, {}}, 2, 1, 2, 2},
      {1, 3, 2, {{1, 1}, {1, 1}, {1, 1}}, 1, 1, 1, 1, true}, {2, 3, 2, {{2, 1}, {1, 1}, {1, 1}}, 1, 1, 1, 1, true},
      {3, 2, 2, {{2, 2}, {2, 1}, {}}, 2, 1, 1, 2, true}, {2, 2, 2, {{2, 0}, {2, 2}, {}}, 2, 1, 1, 1, true},
  };
  for (const Shape& shape : shapes) {
    const auto report = check<Firings>({.name = "edge_firings", .schedules_max = 3'000'000}, shape);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    CHECK(report.exhausted);
  }
  if (!model::long_mode()) return;
  const Shape larger[] = {
      {2, 3, 2, {{2, 1}, {1, 1}, {1, 1}}, 2, 1, 1, 2},
      {3, 3, 2, {{2, 2}, {2, 1}, {1, 1}}, 2, 1, 1, 3},
      {3, 3, 2, {{2, 2}, {2, 1}, {1, 1}}, 2, 1, 1, 0},
      {2, 3, 2, {{2, 1}, {2, 2}, {1, 1}}, 2, 1, 1, 0},
  };
  for (const Shape& shape : larger) {
    const auto report = check<Firings>({.name = "edge_firings_long", .schedules_max = 60'000'000}, shape);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    CHECK(report.exhausted);
  }
}

TEST_CASE("edge: larger firings at random and by PCT") {
  const Shape shape{3, 3, 2, {{2, 2}, {2, 1}, {1, 1}}, 2, 2, 2, 1};
  const std::uint64_t budget = model::drawn(100'000, 2);
  for (const Strategy strategy : {Strategy::random, Strategy::pct}) {
    const auto report =
        check<Firings>({.name = "edge_drawn", .strategy = strategy, .schedules_max = budget}, shape);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
  }
}

TEST_CASE("edge: no wake-up of a refused producer is lost") {
  for (const std::uint32_t wanted : {1U, 2U}) {
    for (const std::uint32_t pop_max : {1U, 2U}) {
      for (const bool returns : {false, true}) {
        for (const int consumers : {0, 1, 2}) {
          if (consumers == 0 && (!returns || wanted > 1)) continue;
          if (consumers == 2 && (returns || pop_max == 1)) continue;  // above a million states: drawn below
          for (const bool exclusive : {false, true}) {
            const auto report = check<Waiting>({.name = "edge_waiting"}, std::size_t{2}, wanted, pop_max,
                                               consumers, returns, exclusive);
            CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
            CHECK(report.exhausted);
          }
        }
      }
    }
  }
  const auto report =
      check<Waiting>({.name = "edge_waiting_drawn", .strategy = Strategy::pct, .schedules_max = 100'000},
                     std::size_t{2}, 1U, 1U, 2, true, false);
  CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
}

TEST_CASE("edge: no wake-up of an idle consumer is lost") {
  for (const std::uint32_t burst : {1U, 2U}) {
    for (const bool helper : {false, true}) {
      const auto report = check<Idle>({.name = "edge_idle"}, burst, true, helper);
      CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
      CHECK(report.exhausted);
    }
  }
}

TEST_CASE("edge mutant: a credit counter beside the ring refuses a holder") {
  CHECK(check<CreditCounter>({.name = "edge_credit_counter"}, std::size_t{2}).message ==
        "a push that holds a credit is refused");
}

TEST_CASE("edge mutant: a waiter that does not check again is never woken") {
  CHECK(check<Waiting>({.name = "edge_no_recheck"}, std::size_t{2}, 1U, 1U, 1, false, true, Waiter::no_recheck)
            .failed);
  CHECK(check<Idle>({.name = "edge_idle_no_recheck"}, 1U, false, false).failed);
}

TEST_CASE("edge mutant: a waiter that checks before it sets its flag is never woken") {
  CHECK(check<Waiting>({.name = "edge_check_first"}, std::size_t{2}, 1U, 1U, 1, false, true, Waiter::check_first)
            .failed);
}

TEST_CASE("edge mutants: every order weakened and every read-modify-write split is caught") {
  const Options o{.name = "edge", .schedules_max = 400'000};
  std::vector<model::Fault> faults;
  model::sweep<Idle>(faults, o, "edge.hpp", 2U, true, true);
  model::sweep<Waiting>(faults, o, "edge.hpp", std::size_t{2}, 1U, 1U, 0, true, true);
  model::sweep<Waiting>(faults, o, "edge.hpp", std::size_t{2}, 2U, 2U, 1, false, true);
  model::sweep<Waiting>(faults, o, "edge.hpp", std::size_t{2}, 2U, 2U, 1, true, false);
  model::sweep<Waiting>(faults, o, "edge.hpp", std::size_t{2}, 1U, 2U, 2, false, true);
  model::sweep<Firings>(faults, o, "edge.hpp", Shape{2, 2, 2, {{2, 2}, {2, 1}, {}}, 2, 1});
  model::sweep<Firings>(faults, o, "edge.hpp", Shape{1, 3, 2, {{1, 1}, {1, 1}, {1, 1}}, 1, 1, 1, 1});
  model::sweep<Firings>(faults, o, "edge.hpp", Shape{2, 3, 2, {{1, 1}, {1, 1}, {1, 1}}, 1, 1, 1, 2});
  model::sweep<Firings>(faults, o, "edge.hpp", Shape{3, 2, 2, {{2, 2}, {2, 1}, {}}, 2, 1, 2, 2});
  model::sweep<Firings>(faults, o, "edge.hpp", Shape{2, 2, 1, {{1, 0}, {1, 0}, {}}, 1, 1});
  CHECK(faults.size() >= 30);
  // The later slots of a popped batch are passed on twice: by their stamps, and by the exchanges of
  // `reserved`.
  CHECK(survivors(faults) == "free_slots store release#1->relaxed\n");
}
