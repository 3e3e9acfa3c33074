// slot_stack_model.cpp: SlotStack: no slot is had by two, none is lost, also by threads stopped in between.
#include "explore.hpp"

#include <weir/detail/slot_stack.hpp>

#include <doctest/doctest.h>

using model::check;
using model::expect;
using model::Options;
using model::Strategy;
using namespace weir;

namespace {

/// Each thread takes two slots, returns the first, then the second: the order in which a stack without a
/// count of its changes breaks. A cell says who has the slot.
class Sharing final : public model::Program {
 public:
  Sharing(int threads, int slots, int rounds) : threads_(threads), count_(slots), rounds_(rounds) {
    for (int i = 0; i < slots; ++i) push(static_cast<std::uint32_t>(i));
  }
  int threads() const override { return threads_; }
  int group(int) const override { return 0; }
  void run(int thread) override {
    for (int round = 0; round < rounds_; ++round) {
      const std::uint32_t first = take(thread);
      const std::uint32_t second = take(thread);
      if (first != none) give(first, thread);
      if (second != none) give(second, thread);
    }
  }
  void finish() override {
    int found = 0;
    while (take(0) != none) ++found;
    expect(found == count_, "a slot was lost or came twice");
  }

 private:
  static constexpr std::uint32_t none = detail::SlotStack::none;
  auto below() {
    return [this](std::uint32_t i) -> atomic<std::uint32_t>& { return below_[i]; };
  }
  void push(std::uint32_t slot) { stack_.push(slot, below()); }
  std::uint32_t take(int thread) {
    const std::uint32_t slot = stack_.take(below());
    if (slot == none) return none;
    expect(owner_[slot].get() == 0, "a slot is had by two");
    owner_[slot].set(1 + thread);
    return slot;
  }
  void give(std::uint32_t slot, int thread) {
    expect(owner_[slot].get() == 1 + thread, "a slot is had by two");
    owner_[slot].set(0);
    push(slot);
  }

  int threads_, count_, rounds_;
  detail::SlotStack stack_;
  atomic<std::uint32_t> below_[3];
  model::Cell owner_[3];
};

}  // namespace

TEST_CASE("slot_stack: exhaustively, two threads, one to three slots") {
  for (const int slots : {1, 2, 3}) {
    const auto report = check<Sharing>({.name = "slot_stack"}, 2, slots, slots == 1 ? 2 : 1);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    CHECK(report.exhausted);
  }
}

TEST_CASE("slot_stack: three and four threads at random and by PCT") {
  for (const Strategy strategy : {Strategy::random, Strategy::pct}) {
    for (const int threads : {3, 4}) {
      const Options o{
          .name = "slot_stack_drawn", .strategy = strategy, .schedules_max = model::drawn(10'000, 4)};
      const auto report = check<Sharing>(o, threads, 3, 2);
      CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    }
  }
}

TEST_CASE("slot_stack mutants: every order weakened and every exchange split is caught") {
  const Options o{.name = "slot_stack", .schedules_max = 300'000};
  std::vector<model::Fault> faults;
  model::sweep<Sharing>(faults, o, "slot_stack.hpp", 2, 2, 1);
  model::sweep<Sharing>(faults, o, "slot_stack.hpp", 2, 1, 2);
  model::sweep<Sharing>(faults, o, "slot_stack.hpp", 2, 3, 1);
  CHECK(faults.size() >= 4);
  CHECK(survivors(faults) == "");
}
