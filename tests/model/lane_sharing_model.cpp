// lane_sharing_model.cpp: of two lanes each has one player, whoever comes first; what a step plays is drawn once, and
// who reads it reads all of it.
#include <doctest/doctest.h>

#include <lane_sharing.hpp>

#include "explore.hpp"

using model::check;
using model::expect;
using model::Options;
using model::Strategy;
using namespace weir;

namespace {

constexpr int steps_max = 3;

/// Lanes that all want the same player and walk all his steps, each drawing one step ahead as WalkLanes does.
class Lanes final : public model::Program {
 public:
  Lanes(int lanes, int steps) : lanes_(lanes), steps_(steps) {}
  int threads() const override { return lanes_; }
  int group(int thread) const override { return thread; }
  void run(int thread) override {
    // The third has no player: it draws and reads.
    const std::uint32_t player = thread < 2 ? mccfr::claimed_player(taken_, 0) : 2;
    players_[thread] = player;
    for (int step = 0; step < steps_; ++step) {
      draw(step + 1);
      if (!drawn_[step].there()) draw(step);
      if (!drawn_[step].there()) continue;  // another has it in hand: a lane draws for itself
      expect(deals_[step].get() == deal_of(step), "a step's deals, half drawn");
    }
  }
  void finish() override {
    expect(players_[0] + players_[1] == 1, "two lanes of one player");
    for (int step = 0; step < steps_; ++step) expect(draws_[step].get() == 1, "not drawn once");
  }

 private:
  static int deal_of(int step) { return 100 + step; }
  void draw(int step) {
    if (step >= steps_) return;
    drawn_[step].draw([&] {
      draws_[step].set(draws_[step].get() + 1);
      deals_[step].set(deal_of(step));
    });
  }

  int lanes_, steps_;
  atomic<std::uint32_t> taken_{0};
  mccfr::DrawnOnce drawn_[steps_max];
  model::Cell deals_[steps_max], draws_[steps_max];
  std::uint32_t players_[3] = {};
};

}  // namespace

TEST_CASE("lane_sharing: exhaustively, two and three lanes") {
  for (const int lanes : {2, 3}) {
    for (const int steps : {1, 2}) {
      const auto report = check<Lanes>({.name = "lane_sharing"}, lanes, steps);
      CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
      CHECK(report.exhausted);
    }
  }
}

TEST_CASE("lane_sharing: three lanes of three steps at random and by PCT") {
  for (const Strategy strategy : {Strategy::random, Strategy::pct}) {
    const Options o{.name = "lane_sharing_drawn",
                    .strategy = strategy,
                    .schedules_max = model::drawn(10'000, 2)};
    const auto report = check<Lanes>(o, 3, 3);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
  }
}

TEST_CASE("lane_sharing mutants: every order weakened and exchanges split are caught") {
  const Options o{.name = "lane_sharing", .schedules_max = 300'000};
  std::vector<model::Fault> faults;
  model::sweep<Lanes>(faults, o, "lane_sharing.hpp", 2, 1);
  model::sweep<Lanes>(faults, o, "lane_sharing.hpp", 2, 2);
  CHECK(faults.size() >= 4);
  CHECK(survivors(faults) == "");
}
