// ordered_model.cpp: P2, OrderedCells: items come out in the order of their numbers, each once, whoever puts
// them, and the consumer is told whenever the next one is there.
#include "explore.hpp"

#include <weir/detail/stream/ordered_cells.hpp>
#include <weir/detail/stream/turnstile.hpp>

#include <doctest/doctest.h>

#include <memory>

using model::check;
using model::expect;
using model::Options;
using model::Payload;
using model::Strategy;
using namespace weir;
using namespace weir::detail;

namespace {

enum class Way {
  shipped,
  silent,     // the consumer is never told
  no_window,  // a number is put before the one a window below has left
};

constexpr int list_max = 3;

struct Setup {
  std::uint32_t window;
  int count;  // numbers in all
  int threads;
  int list[3][list_max];  // what each thread puts, in this order; -1: no more
  Way way = Way::shipped;
};

/// Thread 0 consumes, as a node that is evaluated when it is told to look; the others put.
class Ordered final : public model::Program {
 public:
  explicit Ordered(const Setup& setup) : setup_(setup) { store_.use(cells_, setup.window); }
  int threads() const override { return 1 + setup_.threads; }
  bool at_rest() override { return next_ == setup_.count && turn_.idle() && jobs_.load(relaxed) == 0; }
  void run(int thread) override {
    if (thread == 0) {
      for (;;) consume();
    }
    const int* list = setup_.list[thread - 1];
    for (int i = 0; i < list_max && list[i] >= 0; ++i) put(list[i]);
  }

 private:
  void put(int number) {
    const int least = number - static_cast<int>(setup_.window);
    if (setup_.way != Way::no_window && least >= 0) {
      for (;;) {
        const std::uint32_t gone = left_.load(acquire);
        if (static_cast<int>(gone) > least) break;
        model::wait(left_, gone);
      }
    }
    if (!store_.put(static_cast<std::uint64_t>(number), Payload(number)) || setup_.way == Way::silent) return;
    if (!turn_.knock()) return;
    jobs_.store(1, release);
    model::wake(jobs_);
  }
  void consume() {
    while (jobs_.load(acquire) == 0) model::wait(jobs_, 0);
    jobs_.store(0, relaxed);
    turn_.enter();
    do {
      alignas(Payload) std::byte raw[sizeof(Payload)];
      auto* item = reinterpret_cast<Payload*>(raw);
      while (store_.pop(item, 1) == 1) {
        expect(item->value() == next_++, "out of order");
        std::destroy_at(item);
        left_.fetch_add(1, release);
        model::wake(left_);
      }
    } while (!turn_.leave());
  }

  Setup setup_;
  OrderedCells<Payload>::Cell cells_[3];
  OrderedCells<Payload> store_;
  Turnstile turn_;
  atomic<std::uint32_t> jobs_{0}, left_{0};
  int next_ = 0;  // the consumer only
};

const Setup two{2, 2, 2, {{1, -1}, {0, -1}}};
const Setup lap{1, 2, 2, {{0, -1}, {1, -1}}};

Setup with(Setup setup, Way way) {
  setup.way = way;
  return setup;
}

}  // namespace

TEST_CASE("ordered: exhaustively, K = 1, 2, 3") {
  const Setup setups[] = {two, lap, {3, 3, 2, {{2, 1, -1}, {0, -1}}}, {2, 3, 2, {{1, -1}, {0, 2, -1}}}};
  for (const Setup& setup : setups) {
    if (&setup == &setups[3] && !model::long_mode()) continue;  // 2.4 million states
    const auto report = check<Ordered>({.name = "ordered", .schedules_max = 10'000'000}, setup);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    CHECK(report.exhausted);
  }
}

TEST_CASE("ordered: larger programs at random and by PCT") {
  const Setup setup{2, 6, 3, {{1, 3, -1}, {0, 4, -1}, {2, 5, -1}}};
  for (const Strategy strategy : {Strategy::random, Strategy::pct}) {
    const Options o{.name = "ordered_drawn", .strategy = strategy, .schedules_max = model::drawn(10'000, 2)};
    const auto report = check<Ordered>(o, setup);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
  }
}

TEST_CASE("ordered mutant: the consumer is not told") {
  CHECK(check<Ordered>({.name = "ordered_silent"}, with(two, Way::silent)).failed);
}

TEST_CASE("ordered mutant: a number is put before its place is free") {
  CHECK(check<Ordered>({.name = "ordered_no_window"}, with(lap, Way::no_window)).failed);
}

TEST_CASE("ordered mutants: every order weakened is caught") {
  const Options o{.name = "ordered", .schedules_max = 60'000};
  std::vector<model::Fault> faults;
  for (const Setup& setup : {two, lap}) model::sweep<Ordered>(faults, o, "ordered_cells.hpp", setup);
  CHECK(faults.size() >= 6);
  CHECK(survivors(faults) == "");
}
