// flight_model.cpp: FlightRing: a reader beside the writer gets whole events only, in order, the newest.
#include "explore.hpp"

#include <weir/detail/flight.hpp>

#include <doctest/doctest.h>

using model::check;
using model::expect;
using model::Options;
using namespace weir::detail;

namespace {

constexpr std::uint64_t slots_max = 4;

/// One writer of `events` events, and a reader that reads `reads` times.
class Recording final : public model::Program {
 public:
  Recording(std::uint64_t slots, std::uint64_t events, int reads)
      : slots_(slots), events_(events), reads_(reads) {
    ring_.attach(cells_, slots, true);
  }
  int threads() const override { return 2; }
  void run(int thread) override {
    if (thread == 0) {
      for (std::uint64_t i = 1; i <= events_; ++i) ring_.add(i, i);
      return;
    }
    std::uint64_t newest = 0;
    for (int k = 0; k < reads_; ++k) newest = read(newest);
  }
  void finish() override {
    // At rest nothing is left out.
    const std::uint64_t there = events_ < slots_ - 1 ? events_ : slots_ - 1;
    FlightWords words[slots_max];
    expect(ring_.read(words, slots_max) == there, "events lost at rest");
    for (std::uint64_t i = 0; i < there; ++i)
      expect(words[i].when == events_ - there + 1 + i, "not the newest");
  }

 private:
  std::uint64_t read(std::uint64_t newest) {
    FlightWords words[slots_max];
    const std::size_t n = ring_.read(words, slots_max);
    for (std::size_t i = 0; i < n; ++i) {
      expect(words[i].when == words[i].what, "a torn event");
      expect(words[i].when == words[0].when + i, "a gap");
      expect(words[i].when >= 1 && words[i].when <= events_, "no event at all");
    }
    if (n == 0) return newest;
    expect(words[n - 1].when >= newest, "back in time");
    return words[n - 1].when;
  }

  std::uint64_t slots_, events_;
  int reads_;
  FlightCell cells_[slots_max];
  FlightRing ring_;
};

}  // namespace

TEST_CASE("flight: exhaustively, a ring of 2 and of 4, round twice, read up to three times") {
  for (const std::uint64_t slots : {2U, 4U}) {
    for (const int reads : {1, 2, 3}) {
      const std::uint64_t events = slots == 2 ? 5 : 6;
      const auto report = check<Recording>({.name = "flight"}, slots, events, reads);
      CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
      CHECK(report.exhausted);
    }
  }
}

TEST_CASE("flight mutants: every order weakened is caught") {
  const Options o{.name = "flight", .schedules_max = 300'000};
  std::vector<model::Fault> faults;
  model::sweep<Recording>(faults, o, "flight.hpp", std::uint64_t{2}, std::uint64_t{4}, 2);
  CHECK(faults.size() >= 6);
  CHECK(model::survivors(faults) == "");
}
