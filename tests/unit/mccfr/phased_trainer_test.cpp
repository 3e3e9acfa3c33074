#include <doctest/doctest.h>

#include <new>
#include <phased_trainer.hpp>

#include "training_support.hpp"

namespace weir::mccfr {
namespace {

enum class Throws { nowhere, walk, end };

/// Sums up the numbers of its iterations; in the end a phase is one of ten blocks.
class Summing final : public PhasedTrainer {
 public:
  Summing(Runtime& runtime, Throws throws)
      : PhasedTrainer(runtime, TrainRules{}, TableShape{}), throws_(throws) {}

  const BettingTree& tree() const noexcept override { return tree_; }
  TableBytes table() noexcept override { return {}; }
  void average(std::uint32_t, int, double*) const noexcept override {}
  double mean_regret() const noexcept override { return 0; }
  std::size_t table_bytes() const noexcept override { return 0; }

 private:
  Counts walk(const Block& block) override {
    if (throws_ == Throws::walk && block.first >= 50) throw std::bad_alloc();
    return {block.end - block.first, 1, static_cast<double>(block.first)};
  }
  Phase plan() override {
    const std::uint64_t at = state_.iterations;
    if (at >= goal() || stop_asked()) return {Task::end, 0, 0, 0, 1};
    return {Task::walk, 0, at, std::min(goal(), at + 10), 1};
  }
  void end_of_phase() override {
    state_.iterations = phase().end;
    if (throws_ == Throws::end && state_.iterations == 60) throw std::bad_alloc();
  }

  BettingTree tree_;
  Throws throws_;
};

}  // namespace

TEST_CASE("phased trainer: every block is walked and counted once") {
  for (const int workers : {0, 1, 3}) {
    const auto runtime = test::runtime_of(workers);
    Summing trainer(*runtime, Throws::nowhere);
    REQUIRE(trainer.advance(95, test::look_nowhere, nullptr) == Status::accepted);
    CHECK(trainer.state().iterations == 95);
    CHECK(trainer.state().nodes == 95);
    CHECK(trainer.state().traversals == 95);
    CHECK(trainer.state().value_sum == 94 * 95 / 2);
  }
}

TEST_CASE("phased trainer: what a body throws ends training, and is said") {
  for (const int workers : {0, 1, 3}) {
    for (const Throws throws : {Throws::walk, Throws::end}) {
      const auto runtime = test::runtime_of(workers);
      Summing trainer(*runtime, throws);
      CHECK(trainer.advance(95, test::look_nowhere, nullptr) == Status::failed);
      CHECK(trainer.failure().code == "no_memory");
      CHECK(trainer.state().iterations < 95);
    }
  }
}

}  // namespace weir::mccfr
