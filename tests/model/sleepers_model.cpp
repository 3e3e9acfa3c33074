// sleepers_model.cpp: Sleepers (P5, P6): whatever is published is taken, although producers skip the
// wake-up while somebody searches; each waker wakes one; the count of searchers stays true.
#include "explore.hpp"

#include <weir/detail/sleepers.hpp>

#include <doctest/doctest.h>

using model::check;
using model::expect;
using model::Options;
using model::Strategy;
using namespace weir;

namespace {

enum class Way {
  shipped,
  no_recheck,      // sleeps without looking at `published` again
  check_first,     // looks before it sets its flag
  no_baton,        // the last searcher that finds work wakes nobody
  bump_late,       // the publisher notifies before it counts the publication
  trust_the_word,  // a woken worker takes its word for the waker's count
  no_timer,        // waits do not time out
};

struct Setup {
  int workers, producers, items;  // items a producer publishes
  bool asleep;                    // the workers sleep at the start
  Way way = Way::shipped;
  bool one_stopped = false;  // one more worker searches, and stands still for ever
};

/// Workers search, take one item at a time, and sleep. An item's body ends only when no item is left, so no
/// item may wait for a busy worker while another sleeps.
class Publishing final : public model::Program {
 public:
  explicit Publishing(const Setup& setup) : setup_(setup), sleepers_(setup.workers) {
    for (int w = 0; w < setup.workers; ++w) {
      sleepers_.begin_search();
      if (setup.asleep) sleepers_.prepare(w);
    }
    if (setup.one_stopped) sleepers_.begin_search();
  }
  int threads() const override { return setup_.workers + setup_.producers; }
  int group(int thread) const override { return thread < setup_.workers ? thread : setup_.workers; }
  bool at_rest() override {
    return items_.load(relaxed) == 0 && sleepers_.sleeping() == setup_.workers &&
           sleepers_.searching() == (setup_.one_stopped ? 1 : 0);
  }

  void run(int thread) override {
    if (thread < setup_.workers) {
      work(thread);
    } else {
      for (int i = 0; i < setup_.items; ++i) publish();
    }
  }

 private:
  void publish() {
    items_.fetch_add(1, release);
    if (setup_.way != Way::bump_late) sleepers_.bump();
    wake(sleepers_.notify());
    if (setup_.way == Way::bump_late) sleepers_.bump();
    if (times_out()) model::wake(items_);
  }
  /// Beside a worker that stands still waits time out. One that changes nothing is left out: they end when there is an
  /// item, woken for it or not.
  bool times_out() const { return setup_.one_stopped && setup_.way != Way::no_timer; }
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
  void sleep(int w) {
    if (times_out()) {
      while (items_.load(relaxed) == 0) model::wait(items_, 0);
      return;
    }
    while (sleepers_.word(w).load(acquire) == 0) model::wait(sleepers_.word(w), 0);
  }
  void work(int w) {
    bool searching = !setup_.asleep;
    if (!searching) {
      sleep(w);
      sleepers_.cancel(w);
    }
    for (;;) {
      std::uint64_t seen = sleepers_.published();
      if (take_item()) {
        if (sleepers_.found() && setup_.way != Way::no_baton) wake(sleepers_.notify());
        model::wake(items_);
        while (const std::uint32_t left = items_.load(relaxed)) model::wait(items_, left);
        sleepers_.begin_search();
        continue;
      }
      if (setup_.way == Way::check_first) seen = sleepers_.published();
      const bool same_before = sleepers_.published() == seen;
      sleepers_.prepare(w);
      const bool same = setup_.way == Way::no_recheck    ? true
                        : setup_.way == Way::check_first ? same_before
                                                         : sleepers_.published() == seen;
      if (same) sleep(w);
      if (setup_.way != Way::trust_the_word || !same) sleepers_.cancel(w);
    }
  }

  Setup setup_;
  detail::Sleepers sleepers_;
  atomic<std::uint32_t> items_{0};
};

/// Work for one worker only: put where it looks, then take.
class Affine final : public model::Program {
 public:
  explicit Affine(bool rechecks) : rechecks_(rechecks), sleepers_(1) { sleepers_.begin_search(); }
  int threads() const override { return 2; }
  void run(int thread) override {
    if (thread == 1) {
      before_.set(1);
      work_.store(1, seq_cst);
      if (sleepers_.take(0)) model::wake(sleepers_.word(0));
      return;
    }
    sleepers_.prepare(0);
    if (!rechecks_ || work_.load(seq_cst) == 0) {
      while (sleepers_.word(0).load(acquire) == 0) model::wait(sleepers_.word(0), 0);
      expect(before_.get() == 1, "what the waker did before is not seen");
    }
    sleepers_.cancel(0);
  }
  void finish() override {
    expect(sleepers_.searching() == 1 && sleepers_.sleeping() == 0, "the count of searchers is wrong");
  }

 private:
  bool rechecks_;
  detail::Sleepers sleepers_;
  model::Cell before_;
  atomic<std::uint32_t> work_{0};
};

}  // namespace

TEST_CASE("sleepers: exhaustively, one worker, and two that sleep") {
  // {workers, producers, items, asleep}: at most as many items as workers, since bodies wait for each other
  for (const Setup& setup : {Setup{1, 1, 1, false}, Setup{1, 1, 1, true}, Setup{2, 1, 1, true}}) {
    const auto report = check<Publishing>({.name = "sleepers"}, setup);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    CHECK(report.exhausted);
  }
}

TEST_CASE("sleepers: exhaustively, work for one worker only") {
  const auto report = check<Affine>({.name = "sleepers_affine"}, true);
  CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
  CHECK(report.exhausted);
  CHECK(check<Affine>({.name = "sleepers_affine_no_recheck"}, false).failed);
}

TEST_CASE("sleepers: all schedules with few preemptions, and PCT, two workers and two items") {
  for (const Setup& setup :
       {Setup{2, 1, 2, true}, Setup{2, 1, 2, false}, Setup{2, 2, 1, true}, Setup{2, 2, 1, false}}) {
    const int bound = (model::long_mode() ? 2 : 1) + (setup.producers == 1 ? 1 : 0);
    const auto bounded = check<Publishing>(
        {.name = "sleepers_bounded", .schedules_max = 60'000'000, .preemptions_max = bound}, setup);
    CHECK_MESSAGE(!bounded.failed, bounded.schedule, "\n", bounded.trace);
    CHECK(bounded.exhausted);
    const std::uint64_t budget = model::drawn(30'000, 8);
    for (const Strategy strategy : {Strategy::pct, Strategy::random}) {
      const auto drawn =
          check<Publishing>({.name = "sleepers_drawn", .strategy = strategy, .schedules_max = budget}, setup);
      CHECK_MESSAGE(!drawn.failed, drawn.schedule, "\n", drawn.trace);
    }
  }
}

TEST_CASE("sleepers: what is published beside a searcher that stands still is found, as waits time out") {
  for (const bool asleep : {true, false}) {
    const auto report =
        check<Publishing>({.name = "sleepers_stopped"}, Setup{1, 1, 1, asleep, Way::shipped, true});
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    CHECK(report.exhausted);
    const Options drawn{
        .name = "sleepers_stopped_drawn", .strategy = Strategy::pct, .schedules_max = model::drawn(30'000, 8)};
    const auto two = check<Publishing>(drawn, Setup{2, 1, 2, asleep, Way::shipped, true});
    CHECK_MESSAGE(!two.failed, two.schedule, "\n", two.trace);
  }
}

TEST_CASE("sleepers mutant: waits beside a searcher that stands still have no end") {
  CHECK(check<Publishing>({.name = "sleepers_no_timer"}, Setup{1, 1, 1, true, Way::no_timer, true}).failed);
}

TEST_CASE("sleepers mutant: no second look at the publications") {
  CHECK(check<Publishing>({.name = "sleepers_no_recheck"}, Setup{1, 1, 1, false, Way::no_recheck}).failed);
}

TEST_CASE("sleepers mutant: the look comes before the flag") {
  CHECK(check<Publishing>({.name = "sleepers_check_first"}, Setup{1, 1, 1, false, Way::check_first}).failed);
}

TEST_CASE("sleepers mutant: the last searcher passes no baton") {
  CHECK(check<Publishing>({.name = "sleepers_no_baton"}, Setup{2, 1, 2, true, Way::no_baton}).failed);
}

TEST_CASE("sleepers mutant: the publication is counted after the notification") {
  CHECK(check<Publishing>({.name = "sleepers_bump_late"}, Setup{1, 1, 1, false, Way::bump_late}).failed);
}

TEST_CASE("sleepers mutant: a worker takes a late word for a wake-up") {
  const Options o{.name = "sleepers_trust", .strategy = Strategy::pct};
  CHECK(check<Publishing>(o, Setup{1, 1, 1, false, Way::trust_the_word}).failed);
}

TEST_CASE("sleepers mutants: every order weakened and every read-modify-write split is caught") {
  const Options o{.name = "sleepers", .schedules_max = 100'000};
  std::vector<model::Fault> faults;
  model::sweep<Publishing>(faults, o, "sleepers.hpp", Setup{1, 1, 1, false});
  model::sweep<Publishing>(faults, o, "sleepers.hpp", Setup{2, 1, 1, true});
  model::sweep<Affine>(faults, o, "sleepers.hpp", true);
  const Options drawn{.name = "sleepers", .strategy = Strategy::pct, .schedules_max = 20'000};
  model::sweep<Publishing>(faults, drawn, "sleepers.hpp", Setup{2, 1, 2, false});
  model::sweep<Publishing>(faults, drawn, "sleepers.hpp", Setup{2, 2, 1, false});
  CHECK(faults.size() >= 18);
  // It keeps the look at the mask from being taken before the count is lowered; this engine runs a thread
  // in its order.
  CHECK(survivors(faults) == "found fetch_sub acquire#1->relaxed\n");
}
