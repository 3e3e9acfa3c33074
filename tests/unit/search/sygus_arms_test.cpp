// Turns of strategies, and the table of goals that they share.
#include "sygus_arms.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "sygus_goals.hpp"

namespace weir::search::sygus {

namespace {

std::size_t place_of(const Arms& arms, Arm arm) {
  const auto all = arms.ordered();
  return static_cast<std::size_t>(std::find(all.begin(), all.end(), arm) - all.begin());
}

}  // namespace

TEST_CASE("sygus_arms: what is expected comes first, until another has achieved something") {
  Arms arms;
  CHECK(arms.ordered().front() == Arm::concat);
  CHECK(arms.ordered().back() == Arm::shrink);
  const std::size_t before = place_of(arms, Arm::split);
  arms.ran(Arm::split, 100, 2, 6, true);
  CHECK(place_of(arms, Arm::split) < before);
  CHECK(arms.ordered().front() == Arm::concat);  // what is achieved is worth some places, not all
  arms.ran(Arm::split, 200, 2, 0, true);
  CHECK(place_of(arms, Arm::split) == before);
  arms.ran(Arm::split, 300, 1000, 6, true);  // so much work for it
  CHECK(place_of(arms, Arm::split) == before);
}

TEST_CASE("sygus_arms: what comes to nothing has fewer turns, and none starves") {
  Arms arms;
  std::size_t terms = 40;
  int turns = 0, late = 0;
  for (int i = 0; i < 24; ++i, terms += terms * 6 / 10) {
    if (!arms.is_due(Arm::concat, terms)) continue;
    arms.ran(Arm::concat, terms, 1, 0, true);
    ++turns;
    late += i >= 12 ? 1 : 0;
  }
  CHECK(turns < 24);
  CHECK(late >= 5);
  for (std::size_t i = 0; i < arm_count; ++i) {
    const auto arm = static_cast<Arm>(i);
    for (int n = 0; n < 10; ++n) arms.ran(arm, terms, 1, 0, true);
    CHECK_FALSE(arms.is_due(arm, terms));
    CHECK(arms.is_due(arm, terms * 7));
  }
  arms.begin_bank();
  for (std::size_t i = 0; i < arm_count; ++i) CHECK(arms.is_due(static_cast<Arm>(i), 1));
}

TEST_CASE(
    "sygus_goals: one term closes all parts of what it is right on, and the smallest is told") {
  Goals goals(4);
  CHECK(goals.all() == 15);
  CHECK(goals.by_one(1) == nullptr);
  CHECK(goals.most_covering() == no_term);
  goals.close(7, 5, 0b0111);
  goals.close(8, 3, 0b0001);
  goals.close(9, 6, 0b0011);  // no smaller than one that is right on more
  REQUIRE(goals.by_one(0b0011) != nullptr);
  CHECK(goals.by_one(0b0011)->term == 7);
  CHECK(goals.by_one(0b0001)->term == 8);
  CHECK(goals.by_one(0b1000) == nullptr);
  CHECK(goals.closed().size() == 2);
  CHECK(goals.covered() == 0b0111);
  CHECK(goals.most_covering() == 7);
}

TEST_CASE("sygus_goals: open is the side of a split that alone is missing, until it was tried") {
  Goals goals(4);
  goals.close(7, 5, 0b0011);
  const std::vector<ExampleSet> splits{0b1100, 0b0010, 0b1010, 0b0001};
  // Of 1010 both sides are open; that what is left of 0010 and of 0001 has more examples.
  CHECK(goals.open(splits, 8, 100) == std::vector<ExampleSet>{0b1101, 0b1110, 0b1100});
  CHECK(goals.open(splits, 1, 100) == std::vector<ExampleSet>{0b1101});
  goals.tried(0b1101, 100);
  CHECK(goals.open(splits, 8, 150) == std::vector<ExampleSet>{0b1110, 0b1100});
  CHECK(goals.open(splits, 8, 200).size() == 3);
  goals.close(9, 4, 0b1100);
  CHECK(goals.open(splits, 8, 200) == std::vector<ExampleSet>{0b1101, 0b1110});
}

}  // namespace weir::search::sygus
