// ring_model.cpp: Ring<T> (R2, R3, R4): nothing lost, made or doubled, FIFO by producer, exact bound, no
// lost wake-up.
#include "explore.hpp"

#include <weir/ring.hpp>

#include <doctest/doctest.h>

using model::check;
using model::expect;
using model::Options;
using model::Payload;
using model::Strategy;
using namespace weir;

namespace {

struct Shape {
  std::size_t capacity;
  int producers, consumers;
  std::size_t batch;    // items a producer pushes in one call
  std::size_t pop_max;  // items a consumer takes in one call
  int pops;             // its calls
  int there = 0;        // items already there
};

template <std::memory_order Publish>
class Mpmc final : public model::Program {
 public:
  explicit Mpmc(const Shape& shape) : shape_(shape), ring_(shape.capacity) {
    for (int i = 0; i < shape.there; ++i) expect(ring_.push(Payload(90 + i)) == Status::accepted, "set-up");
    sent_ = shape.there;
  }
  int threads() const override { return shape_.producers + shape_.consumers; }
  int group(int thread) const override { return thread < shape_.producers ? 0 : 1; }

  void run(int thread) override {
    if (thread < shape_.producers) {
      Payload items[2] = {Payload(10 * thread), Payload(10 * thread + 1)};
      const std::size_t done = shape_.batch > 1 ? ring_.push_n(items, shape_.batch)
                               : ring_.push(std::move(items[0])) == Status::accepted ? 1
                                                                                     : 0;
      sent_ += static_cast<int>(done);
      for (std::size_t i = done; i < shape_.batch; ++i) {
        expect(items[i].value() == 10 * thread + static_cast<int>(i), "a refused item was touched");
      }
      return;
    }
    int least[10] = {};
    for (int i = 0; i < shape_.pops; ++i) {
      Payload items[2];
      const std::size_t n = shape_.pop_max > 1                        ? ring_.pop_n(items, shape_.pop_max)
                            : ring_.pop(items[0]) == Status::accepted ? 1
                                                                      : 0;
      for (std::size_t k = 0; k < n; ++k) take(items[k], least);
    }
  }

  void finish() override {
    const auto left = static_cast<std::size_t>(sent_ - taken_);
    expect(ring_.size() == left && left <= shape_.capacity && ring_.empty() == (left == 0),
           "the figures are wrong");
    for (std::size_t i = left; i < shape_.capacity; ++i) {
      expect(ring_.push(Payload(80 + static_cast<int>(i))) == Status::accepted,
             "idle: room that is there is refused");
      ++sent_;
    }
    expect(ring_.push(Payload(99)) == Status::would_block, "more items than slots");
    int least[10] = {};
    for (std::size_t i = 0; i < shape_.capacity; ++i) {
      Payload item;
      expect(ring_.pop(item) == Status::accepted, "an item was lost");
      take(item, least);
    }
    expect(ring_.empty() && taken_ == sent_, "items lost or made");
  }

 private:
  void take(const Payload& item, int* least) {
    const int value = item.value();
    expect(value >= 0 && !seen_[value], "an item came twice, or none came");
    seen_[value] = true;
    expect(value % 10 >= least[value / 10], "a producer's items changed places");
    least[value / 10] = value % 10;
    ++taken_;
  }
  Shape shape_;
  Ring<Payload, Publish> ring_;
  bool seen_[100] = {};
  int sent_ = 0, taken_ = 0;
};

/// A consumer sleeps after empty(); a producer pushes two and one and looks at its flag; another consumer
/// takes two.
class Sleep final : public model::Program {
 public:
  explicit Sleep(bool rechecks, bool single = false) : rechecks_(rechecks), single_(single), ring_(3) {}
  int threads() const override { return 3; }
  bool at_rest() override { return ring_.empty(); }
  void run(int thread) override {
    Payload items[3] = {Payload(0), Payload(1), Payload(2)};
    if (thread == 0) {
      expect(ring_.push_n(items, 2) == 2, "refused");
      look();
      expect(ring_.push(std::move(items[2])) == Status::accepted, "refused");
      look();
    } else if (thread == 1) {
      for (int i = 0; i < 2; ++i) {
        if (single_) {
          (void)ring_.pop(items[0]);
        } else {
          ring_.pop_n(items, 1);
        }
      }
    } else {
      if (ring_.pop(items[0]) == Status::accepted) return;
      idle_.store(1, seq_cst);
      if (rechecks_ && !ring_.empty()) return;
      while (idle_.load(acquire) == 1) model::wait(idle_, 1);
    }
  }

 private:
  void look() {
    if (idle_.load(seq_cst) != 0 && idle_.exchange(0, acq_rel) != 0) model::wake(idle_);
  }
  bool rechecks_, single_;
  Ring<Payload, seq_cst> ring_;
  atomic<std::uint32_t> idle_{0};
};

/// An item whose moves block for ever when it carries a word.
struct Stuck {
  const atomic<std::uint32_t>* word;
  explicit Stuck(const atomic<std::uint32_t>* w = nullptr) noexcept : word(w) {}
  Stuck(Stuck&& other) noexcept : word(other.word) { stop(); }
  Stuck& operator=(Stuck&&) noexcept {
    stop();
    return *this;
  }
  void stop() const {
    if (word != nullptr) model::wait(*word, 0);
  }
};

/// A thread is stopped for ever inside its push (between claim and publish) or its pop (between claim and
/// free): the others must end, with would_block where they need its slot.
class Stopped final : public model::Program {
 public:
  explicit Stopped(bool producer) : producer_(producer), ring_(2) {
    if (!producer) expect(ring_.push(Stuck()) == Status::accepted, "set-up");
  }
  int threads() const override { return 3; }
  bool at_rest() override { return ended_ == 2; }
  void run(int thread) override {
    Stuck item(thread == 0 ? &never_ : nullptr);
    if (thread == 0) {
      (void)(producer_ ? ring_.push(std::move(item)) : ring_.pop(item));
      return;
    }
    for (int i = 0; i < 2; ++i) (void)(thread == 1 ? ring_.push(std::move(item)) : ring_.pop(item));
    ++ended_;
  }

 private:
  bool producer_;
  int ended_ = 0;
  atomic<std::uint32_t> never_{0};
  Ring<Stuck, release> ring_;
};

}  // namespace

TEST_CASE("ring: exhaustively, two producers and two consumers, N = 1, 2, 3, single and in batches") {
  const Shape shapes[] = {
      {1, 2, 2, 1, 1, 2}, {2, 2, 2, 1, 1, 2},    {3, 2, 2, 1, 1, 2}, {2, 2, 2, 1, 1, 1, 2},
      {2, 2, 1, 2, 2, 2}, {3, 2, 1, 2, 2, 2, 1}, {1, 3, 1, 1, 1, 2}, {3, 1, 2, 2, 2, 1, 2},
  };
  for (const Shape& shape : shapes) {
    const auto plain = check<Mpmc<release>>({.name = "ring_release"}, shape);
    CHECK_MESSAGE(!plain.failed, plain.schedule, "\n", plain.trace);
    CHECK(plain.exhausted);
    const auto sleeping = check<Mpmc<seq_cst>>({.name = "ring_seq_cst"}, shape);
    CHECK_MESSAGE(!sleeping.failed, sleeping.schedule, "\n", sleeping.trace);
    CHECK(sleeping.exhausted);
  }
}

TEST_CASE("ring: larger programs at random and by PCT") {
  const Shape shape{3, 3, 3, 2, 2, 3, 1};
  const std::uint64_t budget = model::drawn(100'000, 2);
  for (const Strategy strategy : {Strategy::random, Strategy::pct}) {
    const auto report =
        check<Mpmc<release>>({.name = "ring_drawn", .strategy = strategy, .schedules_max = budget}, shape);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
  }
}

TEST_CASE("ring: no wake-up is lost after empty()") {
  for (const bool single : {false, true}) {
    const auto report = check<Sleep>({.name = "ring_sleep"}, true, single);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    CHECK(report.exhausted);
  }
}

TEST_CASE("ring: a thread stopped inside a push or a pop makes nobody wait") {
  for (const bool producer : {true, false}) {
    const auto report = check<Stopped>({.name = "ring_stopped"}, producer);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    CHECK(report.exhausted);
  }
}

TEST_CASE("ring mutant: a sleeper that does not check again is never woken") {
  CHECK(check<Sleep>({.name = "ring_no_recheck"}, false).failed);
}

TEST_CASE("ring mutants: every order weakened and every claim split is caught") {
  const Options o{.name = "ring", .schedules_max = 300'000};
  std::vector<model::Fault> faults;
  model::sweep<Mpmc<seq_cst>>(faults, o, "ring.hpp", Shape{2, 2, 2, 1, 1, 1, 2});
  model::sweep<Mpmc<seq_cst>>(faults, o, "ring.hpp", Shape{2, 2, 1, 2, 2, 2});
  model::sweep<Mpmc<seq_cst>>(faults, o, "ring.hpp", Shape{3, 1, 2, 2, 2, 1, 2});
  model::sweep<Mpmc<release>>(faults, o, "ring.hpp", Shape{3, 1, 2, 2, 1, 1});
  model::sweep<Mpmc<seq_cst>>(faults, o, "ring.hpp", Shape{2, 2, 2, 2, 2, 1, 1});
  model::sweep<Mpmc<release>>(faults, o, "ring.hpp", Shape{1, 2, 2, 1, 1, 1, 1});
  model::sweep<Mpmc<release>>(faults, o, "ring.hpp", Shape{3, 2, 1, 2, 2, 1});
  model::sweep<Sleep>(faults, o, "ring.hpp", true, false);
  model::sweep<Sleep>(faults, o, "ring.hpp", true, true);
  CHECK(faults.size() >= 20);
  CHECK(survivors(faults) == "");
}
