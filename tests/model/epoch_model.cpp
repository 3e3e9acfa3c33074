// epoch_model.cpp: the barrier's counting (P4): no early return, with a producer that submits, workers that
// run and spawn, and one or two barriers.
#include "explore.hpp"

#include <weir/detail/core.hpp>
#include <weir/detail/epoch_count.hpp>

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
  passes_swapped,  // submitted before retired
  no_grace,        // sums are taken at once
  retire_early,    // a task is counted as retired before its body
  count_late,      // a child is visible before it is counted
};

struct Setup {
  bool producer;  // thread 0 submits task 1 from outside, else it is there from the start
  bool child;     // task 1 spawns task 2
  int barriers;
  bool source = false;  // worker 2 comes online and starts a root of its own, which does not end
  Way way = Way::shipped;
};

/// Participants: 0 the producer, 1 and 2 workers: 1 runs the root, 2 its child. What is not there when a
/// worker looks is left. A task's effect is a plain cell that the barrier's caller reads.
class Barrier final : public model::Program {
 public:
  explicit Barrier(const Setup& setup) : setup_(setup) {
    for (int w : {1, 2}) {
      participants_[w].online.store(w == 2 && setup.source ? 0 : 1, seq_cst);
      participants_[w].epoch_seen.store(1, seq_cst);
    }
    if (setup.producer || setup.source) return;
    participants_[0].add_submitted(1, 1);
    task_[1].store(1, relaxed);
  }
  int threads() const override { return 3 + setup_.barriers; }
  int group(int thread) const override { return thread < 3 ? thread : 3; }

  void run(int thread) override {
    if (thread == 0) {
      if (setup_.producer) submit();
    } else if (thread == 2 && setup_.source) {
      start_root(participants_[2]);
    } else if (thread < 3) {
      work(participants_[thread], thread);
    } else {
      barrier();
    }
  }

 private:
  void submit() {
    enter_call(participants_[0]);
    const auto epoch = static_cast<std::uint32_t>(epoch_.load(seq_cst));
    participants_[0].add_submitted(epoch, 1);
    task_[1].store(epoch, release);
    leave_call(participants_[0]);
    submitted_.store(1, release);  // whoever sees this may claim that the submission happened before
  }

  void work(Participant& self, int id) {
    see_epoch(self, epoch_.load(acquire));
    if (const std::uint32_t epoch = task_[id].exchange(0, acquire); epoch != 0) {
      if (setup_.way == Way::retire_early) self.add_retired(epoch, 1);
      if (id == 1 && setup_.child) {
        if (setup_.way != Way::count_late) self.add_submitted(epoch, 1);
        task_[2].store(epoch, release);
        if (setup_.way == Way::count_late) self.add_submitted(epoch, 1);
      }
      effect_[id].set(1);
      if (setup_.way != Way::retire_early) self.add_retired(epoch, 1);
    }
    go_offline(self);
  }

  void start_root(Participant& self) {
    go_online(self);
    const std::uint64_t epoch = epoch_.load(seq_cst);
    see_epoch(self, epoch);
    self.add_submitted(static_cast<std::uint32_t>(epoch), 1);
    if (setup_.child) see_epoch(self, epoch_.load(acquire));  // a quiescent point, or none
    go_offline(self);
  }

  /// What was submitted before the call, and its descendants, is done when it returns (E1).
  void barrier() {
    const bool covers_root = !setup_.source && (!setup_.producer || submitted_.load(acquire) == 1);
    std::uint64_t one = 1;
    epoch_.compare_exchange_strong(one, 2, seq_cst, seq_cst);  // of several barriers one advances it
    const std::uint64_t begun = call_word(participants_[0]);
    if (setup_.way != Way::no_grace) {
      for (int w : {1, 2}) {
        if (!passed_epoch(participants_[w], 2)) return;  // it would wait; here it gives up
      }
      if (!call_over(participants_[0], begun)) return;
    }
    const auto at = [this](std::size_t i) -> Participant& { return participants_[i]; };
    EpochSums sums;
    if (setup_.way == Way::passes_swapped) {
      for (std::size_t i = 0; i < 3; ++i) sums.submitted += at(i).submitted[1].load(acquire);
      for (std::size_t i = 0; i < 3; ++i) sums.retired += at(i).retired[1].load(acquire);
    } else {
      sums = epoch_sums(3, 1, at);
    }
    if (!sums.done()) return;
    if (covers_root) {
      expect(effect_[1].get() != 0, "the barrier returned before the task had run");
      expect(!setup_.child || effect_[2].get() != 0, "the barrier returned before the child had run");
    }
    // Nobody may still add to the epoch that the barrier has declared complete.
    closed_ = true;
    totals_ = sums.submitted;
  }

 public:
  void finish() override {
    if (!closed_) return;
    std::uint64_t total = 0;
    for (Participant& participant : participants_) total += participant.submitted[1].load(relaxed);
    expect(total == totals_, "a submission came into an epoch that was complete");
  }

 private:
  Setup setup_;
  Participant participants_[3];
  atomic<std::uint32_t> task_[3];  // the epoch of a task that is there, by id
  atomic<std::uint64_t> epoch_{1};
  atomic<std::uint32_t> submitted_{0};
  model::Cell effect_[3];
  bool closed_ = false;
  std::uint64_t totals_ = 0;
};

}  // namespace

TEST_CASE("epoch: exhaustively, a producer, two workers, a child, one and two barriers") {
  // {producer, child, barriers, source}
  for (const Setup& setup :
       {Setup{false, false, 1}, Setup{false, true, 1}, Setup{true, false, 1}, Setup{true, true, 1},
        Setup{false, true, 2}, Setup{false, false, 2, true}, Setup{false, true, 1, true}}) {
    const auto report = check<Barrier>({.name = "epoch"}, setup);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    CHECK(report.exhausted);
  }
}

TEST_CASE("epoch: larger programs at random and by PCT") {
  // A producer beside two barriers may submit into the second epoch, of which these programs claim nothing.
  for (const Strategy strategy : {Strategy::random, Strategy::pct}) {
    for (const Setup& setup : {Setup{true, true, 1}, Setup{false, true, 2, true}}) {
      const Options o{.name = "epoch_drawn", .strategy = strategy, .schedules_max = model::drawn(10'000, 4)};
      const auto report = check<Barrier>(o, setup);
      CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    }
  }
}

TEST_CASE("epoch mutant: submitted is summed before retired") {
  CHECK(check<Barrier>({.name = "epoch_swapped"}, Setup{false, true, 1, false, Way::passes_swapped}).failed);
}

TEST_CASE("epoch mutant: no grace period") {
  CHECK(check<Barrier>({.name = "epoch_no_grace"}, Setup{true, false, 1, false, Way::no_grace}).message ==
        "a submission came into an epoch that was complete");
}

TEST_CASE("epoch mutant: a task is counted as retired before its body") {
  CHECK(check<Barrier>({.name = "epoch_retire_early"}, Setup{false, false, 1, false, Way::retire_early})
            .failed);
}

TEST_CASE("epoch mutant: a child is visible before it is counted") {
  CHECK(check<Barrier>({.name = "epoch_count_late"}, Setup{false, true, 1, false, Way::count_late}).failed);
}

TEST_CASE("epoch mutants: every order weakened is caught") {
  const Options o{.name = "epoch", .schedules_max = 120'000};
  std::vector<model::Fault> faults;
  model::sweep<Barrier>(faults, o, "epoch_count.hpp", Setup{false, true, 1});
  model::sweep<Barrier>(faults, o, "epoch_count.hpp", Setup{true, false, 1});
  model::sweep<Barrier>(faults, o, "epoch_count.hpp", Setup{false, false, 1, true});
  model::sweep<Barrier>(faults, o, "epoch_count.hpp", Setup{false, true, 1, true});
  model::sweep<Barrier>(faults, o, "core.hpp", Setup{false, true, 1});
  CHECK(faults.size() >= 12);
  // Not needed by the proof: the caller also sees what happened before each submission. And leave_call
  // serves the stall check as well.
  CHECK(survivors(faults) ==
        "add_submitted store release#1->relaxed\n"
        "epoch_sums load acquire#2->relaxed\n"
        "leave_call store seq_cst#1->release\n");
}
