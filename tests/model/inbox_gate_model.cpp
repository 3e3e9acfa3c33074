// inbox_gate_model.cpp: InboxGate (P6): never more than N inside, nothing lost, room comes back, whatever
// the queue refuses.
#include "explore.hpp"

#include <weir/detail/inbox_gate.hpp>

#include <doctest/doctest.h>

using model::check;
using model::expect;
using model::Options;
using model::Payload;
using model::Strategy;
using namespace weir;
using namespace weir::detail;

namespace {

/// A queue of two places that refuses every other item of a producer.
struct MoodyQueue {
  struct Producer {
    int calls = 0;
  };
  struct Consumer {};
  explicit MoodyQueue(bool moody) : refuses(moody), ring(2) {}
  bool try_enqueue(Producer& producer, Payload&& item) noexcept {
    if (refuses && producer.calls++ % 2 == 0) return false;
    return ring.push(std::move(item)) == Status::accepted;
  }
  bool try_dequeue(Consumer&, Payload& item) noexcept { return ring.pop(item) == Status::accepted; }
  bool refuses;
  Ring<Payload, release> ring;
};

enum class Way {
  shipped,
  no_gate,       // the queue's own bound is the only one
  leaks_credit,  // a refused item's credit is not given back
};

class Inbox final : public model::Program {
 public:
  Inbox(std::size_t capacity, int producers, int consumers, bool moody, Way way = Way::shipped)
      : producers_(producers), consumers_(consumers), way_(way), inbox_(capacity, moody) {}
  int threads() const override { return producers_ + consumers_; }
  int group(int thread) const override { return thread < producers_ ? 0 : 1; }

  void run(int thread) override {
    if (thread < producers_) {
      MoodyQueue::Producer producer;
      Payload item(thread);
      push(producer, item);
      // A pop in progress has given its credit back before it has told us of its item.
      expect(sent_ - taken_ <= static_cast<int>(inbox_.capacity()) + popping_, "more than N inside");
      return;
    }
    for (int i = 0; i < 2; ++i) {
      ++popping_;
      pop();
      --popping_;
    }
  }

  void finish() override {
    while (pop()) {
    }
    expect(taken_ == sent_, "an item was lost");
    expect(inbox_.size() == 0, "a credit was lost");
    MoodyQueue::Producer producer;
    std::size_t room = 0;
    for (int i = 0; i < 4; ++i) {
      Payload more(10 + i);
      if (push(producer, more)) ++room;
    }
    expect(room == inbox_.capacity(), "idle: not exactly N fit");
  }

 private:
  bool push(MoodyQueue::Producer& producer, Payload& item) {
    bool done = false;
    if (way_ == Way::shipped) {
      done = inbox_.push_n(producer, &item, 1) == 1;
    } else if (way_ == Way::no_gate || credits_.take(1) == 1) {
      done = inbox_.queue().try_enqueue(producer, std::move(item));
    }
    if (done) ++sent_;
    return done;
  }
  bool pop() {
    MoodyQueue::Consumer consumer;
    Payload item;
    if (way_ == Way::shipped) {
      if (inbox_.pop_n(consumer, &item, 1) == 0) return false;
    } else {
      if (!inbox_.queue().try_dequeue(consumer, item)) return false;
      credits_.give(1);
    }
    take(item);
    return true;
  }
  void take(const Payload& item) {
    const int value = item.value();
    expect(value >= 0 && !seen_[value], "an item came twice, or none came");
    seen_[value] = true;
    ++taken_;
  }
  int producers_, consumers_;
  Way way_;
  InboxGate<Payload, MoodyQueue> inbox_;
  CreditGate credits_{1};
  bool seen_[16] = {};
  int sent_ = 0, taken_ = 0, popping_ = 0;
};

/// The gate alone: what a credit stands for is free when it is taken.
class Credits final : public model::Program {
 public:
  explicit Credits(std::uint64_t credits) : credits_(credits), gate_(credits) {}
  int threads() const override { return 3; }
  int group(int) const override { return 0; }
  void run(int) override {
    for (int i = 0; i < (credits_ == 1 ? 2 : 1); ++i) {
      if (gate_.take(credits_ == 1 ? 2 : 1) == 0) continue;
      if (credits_ == 1) room_.set(room_.get() + 1);
      gate_.give(1);
    }
  }
  void finish() override { expect(gate_.free() == credits_, "credits lost or made"); }

 private:
  std::uint64_t credits_;
  CreditGate gate_;
  model::Cell room_;
};

}  // namespace

TEST_CASE("inbox gate: exhaustively, credits") {
  for (const std::uint64_t credits : {1U, 2U}) {
    const auto report = check<Credits>({.name = "gate"}, credits);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    CHECK(report.exhausted);
  }
}

TEST_CASE("inbox gate: exhaustively, N = 1 and 2, a queue that refuses") {
  for (const std::size_t capacity : {1U, 2U}) {
    for (const bool moody : {true, false}) {
      const auto report = check<Inbox>({.name = "inbox"}, capacity, 2, 1, moody);
      CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
      CHECK(report.exhausted);
    }
  }
}

TEST_CASE("inbox gate: three producers, two consumers, by PCT") {
  const Options o{.name = "inbox_drawn",
                  .strategy = Strategy::pct,
                  .schedules_max = model::drawn(60'000, 2)};
  for (const bool moody : {true, false}) {
    const auto report = check<Inbox>(o, std::size_t{2}, 3, 2, moody);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
  }
}

TEST_CASE("inbox gate mutant: without credits the bound is not exact") {
  CHECK(check<Inbox>({.name = "inbox_no_gate"}, std::size_t{1}, 2, 1, false, Way::no_gate).failed);
}

TEST_CASE("inbox gate mutant: a refusal that keeps its credit loses room") {
  CHECK(check<Inbox>({.name = "inbox_leak"}, std::size_t{1}, 2, 1, true, Way::leaks_credit).message ==
        "idle: not exactly N fit");
}

TEST_CASE("inbox gate mutants: every order weakened and every read-modify-write split is caught") {
  const Options o{.name = "gate", .schedules_max = 100'000};
  std::vector<model::Fault> faults;
  model::sweep<Credits>(faults, o, "inbox_gate.hpp", std::uint64_t{1});
  model::sweep<Credits>(faults, o, "inbox_gate.hpp", std::uint64_t{2});
  model::sweep<Inbox>(faults, o, "inbox_gate.hpp", std::size_t{1}, 2, 1, true);
  CHECK(faults.size() >= 4);
  CHECK(survivors(faults) == "");
}
