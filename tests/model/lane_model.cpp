// lane_model.cpp: Lane<T>: every item once and in order, exact bound, no lost wake-up.
#include "explore.hpp"

#include <weir/lane.hpp>

#include <doctest/doctest.h>

using model::check;
using model::expect;
using model::Options;
using model::Payload;
using model::Strategy;
using namespace weir;

namespace {

class Spsc final : public model::Program {
 public:
  Spsc(std::size_t capacity, std::size_t batch, bool sleeps, bool rechecks, int calls = 3)
      : batch_(batch), sleeps_(sleeps), rechecks_(rechecks), calls_(calls), lane_(capacity) {}
  int threads() const override { return 2; }
  bool at_rest() override { return lane_.empty() && sent_ == next_; }
  void finish() override {
    expect(lane_.size() == static_cast<std::size_t>(sent_ - next_), "items lost or made");
  }

  void run(int thread) override {
    Payload items[2];
    if (thread == 0) {
      for (int i = 0; i < calls_; ++i) {
        for (std::size_t k = 0; k < batch_; ++k) items[k] = Payload(sent_ + static_cast<int>(k));
        sent_ += static_cast<int>(lane_.push_n(items, batch_));
        if (idle_.load(seq_cst) != 0 && idle_.exchange(0, acq_rel) != 0) model::wake(idle_);
      }
      return;
    }
    for (int i = 0; sleeps_ || i < calls_; ++i) {
      const std::size_t n = lane_.pop_n(items, batch_);
      for (std::size_t k = 0; k < n; ++k) expect(items[k].value() == next_++, "out of order");
      if (n > 0 || !sleeps_) continue;
      idle_.store(1, seq_cst);
      if (rechecks_ && !lane_.empty()) continue;
      while (idle_.load(acquire) == 1) model::wait(idle_, 1);
    }
  }

 private:
  std::size_t batch_;
  bool sleeps_, rechecks_;
  int calls_;
  int sent_ = 0, next_ = 0;
  Lane<Payload> lane_;
  atomic<std::uint32_t> idle_{0};
};

}  // namespace

TEST_CASE("lane: exhaustively, N = 1, 2, 3, single and in batches, sleeping and not") {
  for (const std::size_t capacity : {1U, 2U, 3U}) {
    for (const std::size_t batch : {1U, 2U}) {
      for (const bool sleeps : {false, true}) {
        const auto report = check<Spsc>({.name = "lane"}, capacity, batch, sleeps, true);
        CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
        CHECK(report.exhausted);
      }
    }
  }
}

TEST_CASE("lane: longer programs at random and by PCT") {
  for (const Strategy strategy : {Strategy::random, Strategy::pct}) {
    for (const bool sleeps : {false, true}) {
      const Options o{.name = "lane_drawn", .strategy = strategy, .schedules_max = model::drawn(10'000, 4)};
      const auto report = check<Spsc>(o, std::size_t{3}, std::size_t{2}, sleeps, true, 8);
      CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    }
  }
}

TEST_CASE("lane mutant: a consumer that does not check again is never woken") {
  CHECK(check<Spsc>({.name = "lane_no_recheck"}, std::size_t{3}, std::size_t{1}, true, false).failed);
}

TEST_CASE("lane mutants: every order weakened is caught") {
  const Options o{.name = "lane", .schedules_max = 300'000};
  std::vector<model::Fault> faults;
  model::sweep<Spsc>(faults, o, "lane.hpp", std::size_t{1}, std::size_t{1}, true, true);
  model::sweep<Spsc>(faults, o, "lane.hpp", std::size_t{2}, std::size_t{2}, false, true);
  CHECK(faults.size() >= 6);
  CHECK(survivors(faults) == "");
}
