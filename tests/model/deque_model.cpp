// deque_model.cpp: Deque<T> (P7): each item taken once, also by slow thieves; leaps of another generation
// refused; a sleeper sees what was published.
#include "explore.hpp"

#include <weir/detail/deque.hpp>

#include <doctest/doctest.h>

using model::check;
using model::expect;
using model::Options;
using model::Strategy;
using namespace weir;

namespace {

enum class Step { none, push, push_private, pop, pop_oldest, raise, top_up };

struct Script {
  std::uint32_t capacity;
  int thieves, steals;
  Step steps[7];
};

/// The owner follows its script; thieves steal. Each item is a plain cell, written before it is pushed.
class Stealing final : public model::Program {
 public:
  explicit Stealing(const Script& script) : script_(script), deque_(script.capacity) {}
  int threads() const override { return 1 + script_.thieves; }
  int group(int thread) const override { return thread == 0 ? 0 : 1; }
  void run(int thread) override {
    if (thread == 0) {
      owner();
      return;
    }
    for (int i = 0; i < script_.steals; ++i) take(deque_.steal(), thread);
  }
  void finish() override {
    while (model::Cell* item = deque_.pop()) take(item, 0);
    expect(deque_.empty() && deque_.looks_empty(), "not empty at the end");
    expect(taken_ == pushed_, "an item was lost");
  }

 private:
  void owner() {
    for (const Step step : script_.steps) {
      if (step == Step::pop) take(deque_.pop(), 0);
      if (step == Step::pop_oldest) take(deque_.pop_oldest(), 0);
      if (step == Step::raise) deque_.raise_generation();
      if (step == Step::top_up) (void)deque_.top_up();
      if (step != Step::push && step != Step::push_private) continue;
      model::Cell* item = &items_[pushed_];
      item->set(pushed_);
      if (step == Step::push ? deque_.push(item) : deque_.push_private(item) != detail::Pushed::refused) ++pushed_;
    }
  }
  void take(model::Cell* item, int thread) {
    if (item == nullptr) return;
    expect(item->get() >= 0, "an item came twice");
    item->set(-1 - thread);
    ++taken_;
  }
  Script script_;
  detail::Deque<model::Cell, 1> deque_;  // so that short scripts have a private part
  model::Cell items_[8];
  int pushed_ = 0, taken_ = 0;
};

/// P7: a leap is aimed at the generation that holds the awaited child. The owner ends that work, raises the
/// generation and pushes unrelated work: the leap must not take it.
class Leap final : public model::Program {
 public:
  explicit Leap(bool raises) : raises_(raises), deque_(2) {}
  int threads() const override { return 2; }
  void run(int thread) override {
    if (thread == 0) {
      deque_.push(&child_);
      (void)deque_.pop();
      if (raises_) deque_.raise_generation();
      deque_.push(&unrelated_);
    } else {
      // The generation that the thief wrote into the child it took: 0.
      expect(deque_.steal_if_generation(0) != &unrelated_, "a leap took unrelated work");
    }
  }

 private:
  bool raises_;
  detail::Deque<model::Cell> deque_;
  model::Cell child_, unrelated_;
};

/// A sleeper's re-check against push.
class Sleep final : public model::Program {
 public:
  explicit Sleep(bool rechecks) : rechecks_(rechecks), deque_(2) {}
  int threads() const override { return 2; }
  void run(int thread) override {
    if (thread == 0) {
      item_.set(1);
      deque_.push(&item_);
      if (idle_.load(seq_cst) != 0 && idle_.exchange(0, acq_rel) != 0) model::wake(idle_);
      return;
    }
    while (deque_.steal() == nullptr) {
      idle_.store(1, seq_cst);
      if (rechecks_ && !deque_.looks_empty()) continue;
      while (idle_.load(acquire) == 1) model::wait(idle_, 1);
    }
    expect(item_.get() == 1, "the item was not seen");
  }

 private:
  bool rechecks_;
  detail::Deque<model::Cell> deque_;
  model::Cell item_;
  atomic<std::uint32_t> idle_{0};
};

/// An owner that keeps an item private, waits until a thief has taken the open one, opens it, and waits for
/// that one too: whoever sleeps must be told of what top_up opens.
class Opened final : public model::Program {
 public:
  explicit Opened(bool tells) : tells_(tells), deque_(2) {}
  int threads() const override { return 2; }
  void run(int thread) override {
    if (thread == 0) {
      for (model::Cell& item : items_) {
        if (deque_.push_private(&item) == detail::Pushed::published) tell();
      }
      await(1);
      if (deque_.top_up() && tells_) tell();
      await(2);
      return;
    }
    for (std::uint32_t n = 1; n <= 2; ++n) {
      while (deque_.steal() == nullptr) {
        idle_.store(1, seq_cst);
        if (!deque_.looks_empty()) continue;
        while (idle_.load(acquire) == 1) model::wait(idle_, 1);
      }
      taken_.store(n, release);
      model::wake(taken_);
    }
  }

 private:
  void tell() {
    if (idle_.load(seq_cst) != 0 && idle_.exchange(0, acq_rel) != 0) model::wake(idle_);
  }
  void await(std::uint32_t n) {
    for (std::uint32_t now = taken_.load(acquire); now < n; now = taken_.load(acquire)) model::wait(taken_, now);
  }
  bool tells_;
  detail::Deque<model::Cell, 1> deque_;
  model::Cell items_[2];
  atomic<std::uint32_t> idle_{0}, taken_{0};
};

constexpr Step push = Step::push, keep = Step::push_private, pop = Step::pop, oldest = Step::pop_oldest,
               raise_ = Step::raise, open = Step::top_up;

}  // namespace

TEST_CASE("deque: exhaustively, an owner and one or two thieves") {
  const Script scripts[] = {
      {1, 2, 1, {push, push, pop}},
      {1, 1, 3, {push, pop, push, pop, push}},
      {2, 2, 2, {push, push, pop, push, pop}},
      {2, 1, 3, {push, keep, oldest, keep, push, pop}},
      {2, 2, 1, {keep, keep, oldest, push, pop}},
      {1, 2, 2, {push, oldest, push, push}},
      {2, 2, 2, {push, raise_, push, pop, push}},
      {4, 2, 1, {keep, keep, keep, pop, pop, oldest}},
      {4, 1, 3, {keep, keep, keep, pop, keep, oldest, keep}},
      {2, 2, 1, {keep, keep, oldest, keep, pop, keep}},
      {4, 2, 2, {keep, keep, keep, pop, open, pop, open}},
  };
  for (const Script& script : scripts) {
    const auto report = check<Stealing>({.name = "deque"}, script);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    CHECK(report.exhausted);
  }
}

TEST_CASE("deque: longer scripts at random and by PCT") {
  const Script script{2, 3, 3, {push, keep, pop, push, oldest, push, pop}};
  const std::uint64_t budget = model::drawn(100'000, 2);
  for (const Strategy strategy : {Strategy::random, Strategy::pct}) {
    const auto report =
        check<Stealing>({.name = "deque_drawn", .strategy = strategy, .schedules_max = budget}, script);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
  }
}

TEST_CASE("deque: a leap never takes work of another generation") {
  CHECK(check<Leap>({.name = "deque_leap"}, true).exhausted);
}

TEST_CASE("deque: no wake-up is lost after looks_empty") {
  const auto report = check<Sleep>({.name = "deque_sleep"}, true);
  CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
  CHECK(report.exhausted);
}

TEST_CASE("deque: a sleeper is told of what an owner opens later") {
  const auto report = check<Opened>({.name = "deque_opened"}, true);
  CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
  CHECK(report.exhausted);
}

TEST_CASE("deque mutant: who opens private items and tells nobody leaves them") {
  CHECK(check<Opened>({.name = "deque_untold"}, false).failed);
}

TEST_CASE("deque mutant: without a new generation a leap takes unrelated work") {
  CHECK(check<Leap>({.name = "deque_leap_mutant"}, false).failed);
}

TEST_CASE("deque mutant: a sleeper that does not check again is never woken") {
  CHECK(check<Sleep>({.name = "deque_no_recheck"}, false).failed);
}

TEST_CASE("deque mutants: every order weakened and every exchange split is caught") {
  const Options o{.name = "deque", .schedules_max = 300'000};
  std::vector<model::Fault> faults;
  model::sweep<Stealing>(faults, o, "deque.hpp", Script{1, 1, 3, {push, pop, push, pop, push}});
  model::sweep<Stealing>(faults, o, "deque.hpp", Script{2, 1, 3, {push, keep, oldest, keep, push, pop}});
  model::sweep<Stealing>(faults, o, "deque.hpp", Script{1, 2, 2, {push, oldest, push, push}});
  model::sweep<Stealing>(faults, o, "deque.hpp", Script{2, 1, 2, {push, raise_, push, pop, push}});
  model::sweep<Sleep>(faults, o, "deque.hpp", true);
  model::sweep<Leap>(faults, o, "deque.hpp", true);
  CHECK(faults.size() >= 12);
  // These three exclude that a thief's read of a slot sees what the owner writes there after that thief's
  // exchange: a load that reads a later store, which this engine leaves out (and C++ without them would
  // allow).
  CHECK(survivors(faults) ==
        "pop_oldest load acquire#1->relaxed\n"
        "raise_limit load acquire#1->relaxed\n"
        "steal_where compare_exchange release#1->relaxed\n");
}
