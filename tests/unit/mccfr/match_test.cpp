// Agents play hands: baselines against each other, and a learnt strategy through translation.
#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <functional>
#include <string>
#include <weir/mccfr/equity.hpp>
#include <weir/mccfr/match.hpp>
#include <weir/mccfr/training_game.hpp>

#include "support/tier.hpp"
#include "training_support.hpp"

using namespace weir;
using namespace weir::mccfr;

namespace {

const HandStrengths& all_strengths() {
  static const HandStrengths strengths = HandStrengths::make();
  return strengths;
}

bool too_slow_here() {
  if (!weir::test::sanitized || weir::test::full()) return false;
  MESSAGE("SKIP: all boards are too many for a sanitizer outside the long tier");
  return true;
}

MakeAgent baseline(std::string name) {
  return [name] { return make_baseline(name, all_strengths()); };
}

MatchResult played(const MakeAgent& first, const MakeAgent& second, bool duplicate,
                   std::uint64_t hands = 2'000, int workers = 2) {
  const auto runtime = test::runtime_of(workers);
  auto result = play_match(*runtime, no_limit_holdem_rules(2, 400, 1, 2), first, second,
                           {hands, duplicate, 7});
  REQUIRE(result);
  return result.value();
}

}  // namespace

TEST_CASE("hand strength: the share of the pot against a random hand") {
  if (too_slow_here()) return;
  const HandStrengths& strengths = all_strengths();
  const Hand aces = parse_hand("AsAh").value();
  CHECK(strengths.of(aces, {}) == doctest::Approx(0.8520).epsilon(0.0005));
  CHECK(strengths.preflop_rank(aces) > 0.99F);
  CHECK(strengths.preflop_rank(parse_hand("3c2d").value()) < 0.01F);
  for (const char* const text : {"Td7d2c", "Td7d2cJh", "Td7d2cJh9s"}) {
    const auto board = parse_cards(text).value();
    for (const char* const own : {"AsAh", "8h9h", "3c4s", "QdKd"}) {
      const Hand hand = parse_hand(own).value();
      Range mine = {}, all = {};
      for (Hand other = 0; other < hand_count; ++other) all[other] = 1;
      mine[hand] = 1;
      INFO(text << " " << own);
      if ((cards_of(hand).set() & set_of(std::span<const Card>(board))) != 0) continue;
      CHECK(strengths.of(hand, board) ==
            doctest::Approx(equity(mine, all, board).value()).epsilon(0.0002));
    }
  }
}

TEST_CASE("match: equal agents are even, and who folds loses what it posts") {
  if (too_slow_here()) return;
  CHECK(played(baseline("call"), baseline("call"), true).chips_per_hand == 0);
  CHECK(played(baseline("fold"), baseline("fold"), true).chips_per_hand == 0);
  const MatchResult folding = played(baseline("fold"), baseline("aggressive"), true);
  CHECK(folding.chips_per_hand + folding.ci95 < 0);
  CHECK(folding.chips_per_hand >= -2);
  const MatchResult random = played(baseline("random"), baseline("random"), true);
  CHECK(std::abs(random.chips_per_hand) < 2 * random.ci95);
  CHECK(random.hands == 2'000);
}

TEST_CASE("match: the result depends on no number of workers, and deals on the seed") {
  if (too_slow_here()) return;
  const MatchResult one = played(baseline("tight"), baseline("random"), false, 1'001, 1);
  for (const int workers : {0, 2, 4}) {
    const MatchResult other = played(baseline("tight"), baseline("random"), false, 1'001, workers);
    CHECK(other.chips_per_hand == one.chips_per_hand);
    CHECK(other.ci95 == one.ci95);
  }
  CHECK(one.hands == 1'001);
}

TEST_CASE("match: what an agent may not do is told") {
  if (too_slow_here()) return;
  class Cheat final : public Agent {
   public:
    void begin(int, Hand) override {}
    void saw(const BettingState&, const BetAction&, weir::mccfr::Random&) override {}
    BetAction act(const BettingState&, std::span<const Card>, weir::mccfr::Random&) override {
      return {'r', 1'000'000};
    }
  };
  const auto runtime = test::runtime_of();
  const auto result =
      play_match(*runtime, no_limit_holdem_rules(2, 400, 1, 2),
                 [] { return std::make_unique<Cheat>(); }, baseline("call"), {10, false, 1});
  REQUIRE(!result);
  CHECK(result.error().code == "illegal_action");
}

TEST_CASE("match: it ends when it is told to, with the deals that were played") {
  const auto runtime = test::runtime_of();
  const BettingRules rules = no_limit_holdem_rules(2, 400, 1, 2);
  const auto play = [&](const std::function<bool()>& goes_on) {
    return play_match(*runtime, rules, baseline("call"), baseline("random"), {400, true, 1},
                      goes_on)
        .value();
  };
  std::atomic<int> left = 70;
  const MatchResult some =
      // relaxed: a number alone, no other memory follows from it
      play([&] { return left.fetch_sub(1, std::memory_order_relaxed) > 0; });
  CHECK(some.hands == 140);
  CHECK(some.ci95 > 0);
  CHECK(play([] { return false; }).hands == 0);
  const MatchResult all = play([] { return true; }), unasked = play({});
  CHECK(all.hands == 400);
  CHECK(all.chips_per_hand == unasked.chips_per_hand);
  CHECK(all.ci95 == unasked.ci95);
}

TEST_CASE(
    "match: a learnt strategy beats who calls, and plays on against bets that it does not know") {
  if (too_slow_here()) return;
  auto game = make_game(R"({"name":"nolimit","stack":40,"buckets":[169,8,8,8]})").value();
  REQUIRE(game->prepare());
  const auto runtime = test::runtime_of();
  TrainRules rules;
  auto trainer = game->make_trainer(*runtime, rules).value();
  REQUIRE(trainer->advance(
              60'000, [](void*) {}, nullptr) == Status::accepted);
  const auto* const sums =
      reinterpret_cast<const NarrowEntries::Sum*>(trainer->table().sums.data());
  const MakeAgent learnt = [&] { return make_blueprint(*game->holdem(), trainer->shape(), sums); };
  const BettingRules& betting = game->holdem()->config().rules;
  const auto calls =
      play_match(*runtime, betting, learnt, baseline("call"), {6'000, true, 3}).value();
  CHECK(calls.chips_per_hand - calls.ci95 > 0);
  // Half the pot and odd sizes are in no node of its tree.
  class Odd final : public Agent {
   public:
    void begin(int, Hand) override {}
    void saw(const BettingState&, const BetAction&, weir::mccfr::Random&) override {}
    BetAction act(const BettingState& state, std::span<const Card>,
                  weir::mccfr::Random& random) override {
      const LegalActions legal = state.legal();
      if (!legal.raise || random.unit() < 0.5F) return {'c', 0};
      const auto more = static_cast<Chips>(
          random.below(static_cast<std::uint32_t>(legal.raise_max - legal.raise_min + 1)));
      return {'r', legal.raise_min + more};
    }
  };
  CHECK(play_match(*runtime, betting, learnt, [] { return std::make_unique<Odd>(); },
                   {6'000, true, 3}));
}

TEST_CASE("response: a bound falls as training goes on, and its value sums to zero") {
  if (too_slow_here()) return;
  auto game = make_game(R"({"name":"nolimit","stack":40,"buckets":[169,8,8,8]})").value();
  REQUIRE(game->prepare());
  const auto runtime = test::runtime_of();
  auto trainer = game->make_trainer(*runtime, {}).value();
  const ResponseBudget budget{40'000, 10'000, 5};
  REQUIRE(trainer->advance(
              500, [](void*) {}, nullptr) == Status::accepted);
  const ResponseBound early = game->lower_bound(*runtime, *trainer, budget).value();
  REQUIRE(trainer->advance(
              100'000, [](void*) {}, nullptr) == Status::accepted);
  const ResponseBound late = game->lower_bound(*runtime, *trainer, budget).value();
  CHECK(late.exploitability() + late.ci95() < early.exploitability() - early.ci95());
  CHECK(early.value[0] + early.value[1] == doctest::Approx(0));
  CHECK(early.nash_conv == doctest::Approx(early.best_response[0] + early.best_response[1]));
}
