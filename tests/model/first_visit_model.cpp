// first_visit_model.cpp: of threads that come to one information set at once all get the same row, whole as it was
// written; and sets that share a slot, or all of their hash, are told apart.
#include <doctest/doctest.h>

#include <first_visit.hpp>

#include "explore.hpp"

using model::check;
using model::expect;
using model::Options;
using model::Strategy;
using namespace weir;

namespace {

constexpr int places = 3;  // of each thread's rows

/// Each thread claims keys; the last one asks for rows that may be there. Keys are told apart by rows alone.
class Visiting final : public model::Program {
 public:
  Visiting(int threads, int keys, bool reader) : threads_(threads), keys_(keys), reader_(reader) {}
  int threads() const override { return threads_ + (reader_ ? 1 : 0); }
  int group(int thread) const override { return thread; }
  void run(int thread) override {
    if (thread == threads_) {
      const std::uint32_t row = mccfr::visited_row(slots_, mask, hash, Rows{this, 1, thread});
      expect(row == 0 || cells_[row].get() == 1, "a row of another key");
      found_ = row;
      return;
    }
    for (int key = 1; key <= keys_; ++key) {
      Rows rows{this, key, thread};
      const std::uint32_t row = mccfr::claimed_row(slots_, mask, hash, rows);
      expect(row != 0 && cells_[row].get() == key, "a row of another key");
      rows_[thread][key] = row;
    }
  }
  void finish() override {
    for (int key = 1; key <= keys_; ++key) {
      for (int thread = 1; thread < threads_; ++thread)
        expect(rows_[thread][key] == rows_[0][key], "two rows of one key");
    }
    expect(found_ == 0 || found_ == rows_[0][1], "a row that nobody else has");
  }

 private:
  static constexpr std::uint64_t mask = 3, hash = 0x500000001;
  struct Rows {
    Visiting* program;
    int key;
    int thread;
    bool holds(std::uint32_t row) const { return program->cells_[row].get() == key; }
    std::uint32_t make() {
      const std::uint32_t row =
          static_cast<std::uint32_t>(1 + thread * places + program->made_[thread]++);
      program->cells_[row].set(key);
      return row;
    }
    void keep(std::uint32_t) { --program->made_[thread]; }
  };

  int threads_, keys_;
  bool reader_;
  atomic<std::uint64_t> slots_[4] = {};
  model::Cell cells_[1 + 4 * places];
  int made_[4] = {};
  std::uint32_t rows_[4][places + 1] = {};
  std::uint32_t found_ = 0;
};

}  // namespace

TEST_CASE("first_visit: exhaustively, two and three threads, one and two sets of one hash") {
  for (const int keys : {1, 2}) {
    const auto report = check<Visiting>({.name = "first_visit"}, 2, keys, true);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    CHECK(report.exhausted);
  }
  const auto report = check<Visiting>({.name = "first_visit_three"}, 3, 1, false);
  CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
  CHECK(report.exhausted);
}

TEST_CASE("first_visit: three threads at random and by PCT") {
  for (const Strategy strategy : {Strategy::random, Strategy::pct}) {
    const Options o{.name = "first_visit_drawn",
                    .strategy = strategy,
                    .schedules_max = model::drawn(10'000, 2)};
    const auto report = check<Visiting>(o, 3, 3, true);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
  }
}

TEST_CASE("first_visit mutants: every order weakened and the exchange split is caught") {
  const Options o{.name = "first_visit", .schedules_max = 300'000};
  std::vector<model::Fault> faults;
  model::sweep<Visiting>(faults, o, "first_visit.hpp", 2, 1, true);
  model::sweep<Visiting>(faults, o, "first_visit.hpp", 2, 2, true);
  CHECK(faults.size() >= 4);
  CHECK(survivors(faults) == "");
}
