// stall_model.cpp: P5, the stall check: no false alarm beside workers that park and wake, a producer and a
// check at any time; and it fires when everybody is parked and something that was submitted cannot move.
#include "explore.hpp"

#include <weir/detail/core.hpp>
#include <weir/detail/epoch_count.hpp>
#include <weir/detail/sleepers.hpp>
#include <weir/detail/stall_check.hpp>

#include <doctest/doctest.h>

using model::check;
using model::expect;
using model::Options;
using model::Strategy;
using namespace weir;
using namespace weir::detail;

namespace {

enum class Way {
  shipped,
  once,           // the words are read once
  once_swapped,   // and submitted is summed before retired
  inside_too,     // a call that is inside is not looked for
  words_only,     // neither what lies in queues nor who was woken is looked at
  park_early,     // a parking worker checks before its word says that it is parked
  count_late,     // a producer leaves its call before what it submitted can be seen
};

struct Setup {
  int workers;
  bool producer;      // submits a task
  bool lost = false;  // a token was submitted that nothing can move
  int checks = 0;     // a waiting thread that checks so often
  bool asleep = false;  // the workers are parked at the start
  Way way = Way::shipped;
};

/// Participants: the workers, then the producer. A worker goes to sleep as Core::search and Core::park do.
class Stall final : public model::Program {
 public:
  explicit Stall(const Setup& setup) : setup_(setup), sleepers_(setup.workers) {
    for (int w = 0; w < setup.workers; ++w) {
      sleepers_.begin_search();
      if (setup.asleep) {
        sleepers_.prepare(w);
      } else {
        enter_call(participants_[w]);
      }
    }
    if (setup.lost) participants_[setup.workers].add_submitted(1, 1);
  }
  int threads() const override {
    return setup_.workers + (setup_.producer ? 1 : 0) + (setup_.checks != 0 ? 1 : 0);
  }
  int group(int thread) const override { return thread; }
  bool at_rest() override {
    if (items_.load(relaxed) != 0 || sleepers_.sleeping() != setup_.workers) return false;
    // The last worker to park has fired, or a park that times out will, where a producer was inside.
    if (!setup_.lost) return !fired_;
    return fired_ || (setup_.producer && stalled());
  }
  void run(int thread) override {
    if (thread < setup_.workers) {
      work(thread);
    } else if (setup_.producer && thread == setup_.workers) {
      submit(participants_[thread]);
    } else {
      for (int i = 0; i < setup_.checks; ++i) check_now();
    }
  }

 private:
  std::size_t count() const { return static_cast<std::size_t>(setup_.workers) + 1; }
  auto at() {
    return [this](std::size_t i) -> Participant& { return participants_[i]; };
  }

  void submit(Participant& self) {
    enter_call(self);
    self.add_submitted(1, 1);
    if (setup_.way == Way::count_late) leave_call(self);
    items_.fetch_add(1, seq_cst);
    sleepers_.bump();
    wake(sleepers_.notify());
    if (setup_.way != Way::count_late) leave_call(self);
  }
  void wake(int worker) {
    if (worker >= 0) model::wake(sleepers_.word(worker));
  }
  bool take_item() {
    std::uint32_t n = items_.load(acquire);
    while (n > 0) {
      if (items_.compare_exchange_strong(n, n - 1, acquire, acquire)) return true;
    }
    return false;
  }
  void work(int w) {
    Participant& self = participants_[w];
    bool parked = setup_.asleep;
    for (;;) {
      if (!parked) {
        const std::uint64_t seen = sleepers_.published();
        if (take_item()) {
          (void)sleepers_.found();
          self.add_retired(1, 1);
          sleepers_.begin_search();
          continue;
        }
        sleepers_.prepare(w);
        if (sleepers_.published() != seen) {
          sleepers_.cancel(w);
          continue;
        }
        if (setup_.way == Way::park_early) last_to_park();
        leave_call(self);
        if (setup_.way != Way::park_early) last_to_park();
      }
      parked = false;
      while (sleepers_.word(w).load(acquire) == 0) model::wait(sleepers_.word(w), 0);
      sleepers_.cancel(w);
      enter_call(self);
    }
  }
  void last_to_park() {
    if (sleepers_.sleeping() == setup_.workers) check_now();
  }

  void check_now() {
    if (!stalled()) return;
    expect(setup_.lost, "a false alarm");
    fired_ = true;
  }
  bool stalled() {
    StallSums sums;
    const auto look = [this](const StallSums& taken) {
      if (taken.retired == taken.submitted) return false;
      if (setup_.way == Way::words_only) return true;
      return items_.load(seq_cst) == 0 && sleepers_.sleeping() == setup_.workers;
    };
    if (setup_.way == Way::once || setup_.way == Way::once_swapped) {
      std::uint64_t fold = 0;
      if (!all_outside(count(), at(), fold)) return false;
      if (setup_.way == Way::once) {
        sums = stall_sums(count(), at());
      } else {
        for (std::size_t i = 0; i < count(); ++i) sums.submitted += at()(i).submitted[1].load(acquire);
        for (std::size_t i = 0; i < count(); ++i) sums.retired += at()(i).retired[1].load(acquire);
      }
      return look(sums);
    }
    if (setup_.way == Way::inside_too) {
      sums = stall_sums(count(), at());
      return look(sums);
    }
    return at_rest_while(count(), at(), sums, look);
  }

  Setup setup_;
  Participant participants_[3];
  Sleepers sleepers_;
  atomic<std::uint32_t> items_{0};
  bool fired_ = false;
};

// {workers, producer, lost, checks, asleep}
const Setup beside{1, true, false, 1, true};
const Setup last_of_two{2, false, true};
const Setup last_with_producer{1, true, true};

Setup with(Setup setup, Way way) {
  setup.way = way;
  return setup;
}

}  // namespace

TEST_CASE("stall: exhaustively, no false alarm, and it fires when nothing can move") {
  for (const Setup& setup : {beside, last_of_two, last_with_producer, Setup{1, false, true},
                             Setup{1, true, false, 0, true}, Setup{1, true, true, 0, true}}) {
    const auto report = check<Stall>({.name = "stall"}, setup);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    CHECK(report.exhausted);
  }
}

TEST_CASE("stall: larger programs at random and by PCT") {
  const Setup setups[] = {{2, true, false, 2, true}, {2, true, true, 1}};
  for (const Strategy strategy : {Strategy::random, Strategy::pct}) {
    for (const Setup& setup : setups) {
      const Options o{.name = "stall_drawn", .strategy = strategy, .schedules_max = model::drawn(20'000, 4)};
      const auto report = check<Stall>(o, setup);
      CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    }
  }
}

TEST_CASE("stall mutants: the words are read once, whichever sum comes first") {
  CHECK(check<Stall>({.name = "stall_once"}, with(beside, Way::once)).message == "a false alarm");
  CHECK(check<Stall>({.name = "stall_once_swapped"}, with(beside, Way::once_swapped)).message ==
        "a false alarm");
}

TEST_CASE("stall mutant: a call that is inside is not looked for") {
  CHECK(check<Stall>({.name = "stall_inside"}, with(beside, Way::inside_too)).message == "a false alarm");
}

TEST_CASE("stall mutant: neither what lies in queues nor who was woken is looked at") {
  CHECK(check<Stall>({.name = "stall_words_only"}, with(beside, Way::words_only)).message ==
        "a false alarm");
}

TEST_CASE("stall mutant: the last to park checks before its word says so") {
  CHECK(check<Stall>({.name = "stall_park_early"}, with(last_of_two, Way::park_early)).failed);
}

TEST_CASE("stall mutant: a producer leaves its call before what it submitted can be seen") {
  CHECK(check<Stall>({.name = "stall_count_late"}, with(beside, Way::count_late)).message ==
        "a false alarm");
}

TEST_CASE("stall mutants: every order weakened, but those explained") {
  const Options o{.name = "stall", .schedules_max = 60'000};
  std::vector<model::Fault> faults;
  for (const char* file : {"stall_check.hpp", "epoch_count.hpp"}) {
    for (const Setup& setup : {last_of_two, beside}) model::sweep<Stall>(faults, o, file, setup);
  }
  CHECK(faults.size() >= 5);
  // A call that counts beside the check is seen by the second pass over the words, either through the acquired
  // counter or by the seq_cst word: one of the two would do. (The barrier needs the latter, and the former.)
  CHECK(survivors(faults) ==
        "enter_call store seq_cst#1->relaxed\n"
        "enter_call store seq_cst#1->release\n"
        "stall_sums load acquire#1->relaxed\n"
        "stall_sums load acquire#2->relaxed\n");
}
