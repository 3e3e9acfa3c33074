// Local best response: what it wins from players whose losses are known, and that what is known of players is so.
#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <string>
#include <weir/mccfr/equity.hpp>
#include <weir/mccfr/local_best_response.hpp>
#include <weir/mccfr/training_game.hpp>

#include "pot_shares.hpp"
#include "support/tier.hpp"
#include "table_cards.hpp"
#include "training_support.hpp"

using namespace weir;
using namespace weir::mccfr;

namespace {

const HandStrengths& lbr_strengths() {
  static const HandStrengths strengths = HandStrengths::make();
  return strengths;
}

bool lbr_too_slow_here() {
  if (!weir::test::sanitized || weir::test::full()) return false;
  MESSAGE("SKIP: all boards are too many for a sanitizer outside the long tier");
  return true;
}

KnownOpponent lbr_baseline(std::string_view name) {
  return {[name] { return make_baseline(name, lbr_strengths()); },
          [name] { return make_known_baseline(name, lbr_strengths()); }};
}

const BettingRules& lbr_rules() {
  static const BettingRules rules = no_limit_holdem_rules(2, 400, 1, 2);
  return rules;
}

Result<LbrResult> lbr_of(const KnownOpponent& opponent, const LbrConfig& config, int workers = 2) {
  const auto runtime = test::runtime_of(workers);
  return play_lbr(*runtime, lbr_rules(), opponent, config, [](std::uint64_t) { return true; });
}

/// A small game of hold'em and a strategy that has learnt a little.
struct LearntPlayer {
  std::unique_ptr<TrainingGame> game =
      make_game(R"({"name":"nolimit","stack":40,"buckets":[169,8,8,8]})").value();
  std::unique_ptr<Runtime> runtime = test::runtime_of();
  std::unique_ptr<Trainer> trainer;
  KnownOpponent player;

  explicit LearntPlayer(std::uint64_t iterations) {
    REQUIRE(game->prepare());
    trainer = game->make_trainer(*runtime, {.mode = UpdateMode::deterministic}).value();
    REQUIRE(trainer->advance(
                iterations, [](void*) {}, nullptr) == Status::accepted);
    const auto* const sums =
        reinterpret_cast<const NarrowEntries::Sum*>(trainer->table().sums.data());
    player.agent = [this, sums] { return make_blueprint(*game->holdem(), trainer->shape(), sums); };
    player.known = [this, sums] {
      return make_known_blueprint(*game->holdem(), trainer->shape(), sums);
    };
  }
  const BettingRules& rules() const { return game->holdem()->config().rules; }
};

/// Calls, and notes the rounds in which others raise.
class Watcher final : public Agent {
 public:
  explicit Watcher(std::array<int, rounds_max>& raises) : raises_(raises) {}
  void begin(int, Hand) override {}
  void saw(const BettingState& state, const BetAction& action, Random&) override {
    if (action.letter == 'r') ++raises_[static_cast<std::size_t>(state.round())];
  }
  BetAction act(const BettingState&, std::span<const Card>, Random&) override { return {'c', 0}; }

 private:
  std::array<int, rounds_max>& raises_;
};

/// How often a letter was foretold, how often it came, and the variance of that.
struct Foretold {
  double expected = 0, came = 0, variance = 0;
};

/// Plays `hands` of a player against one who bets anything that is legal, and compares what it does with what is known.
std::map<std::string, Foretold> foretold(const BettingRules& rules, const KnownOpponent& opponent,
                                         std::uint64_t hands) {
  std::map<std::string, Foretold> found;
  const auto agent = opponent.agent();
  const auto known = opponent.known();
  std::vector<KnownChoice> choices;
  for (std::uint64_t number = 0; number < hands; ++number) {
    const TableCards cards = deal_cards(3, number);
    Random random = Random::keyed(3, number, 1);
    const int seat = static_cast<int>(number % 2);
    const Hand hand = cards.hands[static_cast<std::size_t>(seat)];
    agent->begin(seat, hand);
    known->begin(seat);
    BettingState state(rules);
    std::size_t shown = 0;
    while (!state.over()) {
      if (shown != cards_shown(state.round())) {
        shown = cards_shown(state.round());
        known->deal(std::span(cards.board).first(shown));
      }
      BetAction action{'c', 0};
      const LegalActions legal = state.legal();
      if (state.player() != seat) {
        if (legal.raise && random.unit() < 0.5F)
          action = {'r',
                    legal.raise_min + static_cast<Chips>(random.below(static_cast<std::uint32_t>(
                                          legal.raise_max - legal.raise_min + 1)))};
        known->saw(state, action);
      } else {
        action = agent->act(state, std::span(cards.board).first(shown), random);
        known->choices(state, choices);
        double total = 0;
        for (const KnownChoice& choice : choices)
          total += static_cast<double>(choice.weights[hand]);
        Range before;
        known->weights(before);
        CHECK(total == doctest::Approx(static_cast<double>(before[hand])));
        REQUIRE(total > 0);
        bool listed = false;
        for (const KnownChoice& choice : choices) {
          const double p = static_cast<double>(choice.weights[hand]) / total;
          const bool came = choice.action == action;
          listed = listed || (came && p > 0);
          Foretold& letter = found[std::to_string(state.round()) + choice.action.letter];
          letter.expected += p;
          letter.came += came ? 1 : 0;
          letter.variance += p * (1 - p);
        }
        CHECK(listed);
        known->did(state, action);
      }
      agent->saw(state, action, random);
      state.apply(action);
    }
  }
  return found;
}

}  // namespace

TEST_CASE("lbr: what is known of a player is what it does, whatever is bet") {
  if (!weir::test::full()) {
    MESSAGE("SKIP: takes a minute; in the long tier");
    return;
  }
  if (lbr_too_slow_here()) return;
  const LearntPlayer learnt(20'000);
  const auto check = [](const std::map<std::string, Foretold>& found) {
    CHECK(found.size() >= 4);
    for (const auto& [letter, f] : found) {
      INFO(letter, ": ", f.expected, " foretold, ", f.came, " came");
      CHECK(std::abs(f.came - f.expected) <= 4.5 * std::sqrt(f.variance) + 1e-6);
    }
  };
  check(foretold(learnt.rules(), learnt.player, 1'500));
  for (const std::string_view name : baseline_names) {
    CAPTURE(name);
    check(foretold(lbr_rules(), lbr_baseline(name), 300));
  }
}

TEST_CASE("lbr: shares of the pot are those of the equity of two hands") {
  for (const char* const text : {"Td7d2cJh9s", "Td7d2cJh", "Td7d2c"}) {
    const auto board = parse_cards(text).value();
    for (const char* const own : {"AsAh", "8h9h", "3c4s"}) {
      const Hand hand = parse_hand(own).value();
      Range shares;
      pot_shares(hand, board, shares);
      for (const char* const their : {"KsKh", "QdKd", "5c6c", "Jc2h"}) {
        const std::array<Hand, 2> hands{hand, parse_hand(their).value()};
        const Equity exact = equity(hands, board).value();
        INFO(text, " ", own, " ", their);
        CHECK(static_cast<double>(shares[hands[1]]) ==
              doctest::Approx(exact.hands[0].of(exact.boards)).epsilon(1e-5));
      }
    }
  }
}

TEST_CASE("lbr: who always folds loses his blinds, one and a half chips a hand") {
  if (lbr_too_slow_here()) return;
  for (const int first_round : {0, 2}) {
    const LbrResult found =
        lbr_of(lbr_baseline("fold"), {200, LbrBets::pot_all_in, first_round, 3}).value();
    CHECK(found.hands == 200);
    CHECK(found.won.chips_per_hand == doctest::Approx(1.5));
    CHECK(found.dealt.chips_per_hand == doctest::Approx(1.5));
  }
}

TEST_CASE(
    "lbr: from who always calls it wins nothing without bets, and what its hands are worth with "
    "them") {
  if (lbr_too_slow_here()) return;
  const std::uint64_t hands = weir::test::amount(100, 1'000, 10'000);
  const LbrResult calls = lbr_of(lbr_baseline("call"), {hands, LbrBets::fold_call, 0, 3}).value();
  CHECK(std::abs(calls.won.chips_per_hand) < 2 * calls.won.ci95);
  CHECK(calls.won.ci95 < calls.dealt.ci95);
  const LbrResult bets = lbr_of(lbr_baseline("call"), {hands, LbrBets::pot_all_in, 0, 3}).value();
  // All-in with each hand that is the better one before the flop; the others may still find better boards.
  double least = 0;
  for (Hand hand = 0; hand < hand_count; ++hand)
    least +=
        std::max(0.0, 2 * static_cast<double>(lbr_strengths().of(hand, {})) - 1) * 400 / hand_count;
  CHECK(bets.won.chips_per_hand + 2 * bets.won.ci95 > least);
  CHECK(bets.won.chips_per_hand - bets.won.ci95 > 0);
  CHECK(bets.won.chips_per_hand < 400);
}

TEST_CASE("lbr: who bets blindly loses to calls alone") {
  if (lbr_too_slow_here()) return;
  const LbrResult found =
      lbr_of(lbr_baseline("aggressive"), {600, LbrBets::fold_call, 0, 5}).value();
  CHECK(found.won.chips_per_hand - found.won.ci95 > 0);
  CHECK(std::abs(found.won.chips_per_hand - found.dealt.chips_per_hand) <
        2 * (found.won.ci95 + found.dealt.ci95));
}

TEST_CASE("lbr: with --rounds 3-4 it bets on the turn and the river alone") {
  if (lbr_too_slow_here()) return;
  std::array<int, rounds_max> raises{};
  const KnownOpponent watched{[&] { return std::make_unique<Watcher>(raises); },
                              lbr_baseline("call").known};
  REQUIRE(lbr_of(watched, {100, LbrBets::pot_all_in, 2, 3}, 0));
  CHECK(raises[0] + raises[1] == 0);
  CHECK(raises[2] > 0);
}

TEST_CASE("lbr: a learnt strategy, every menu, any number of workers") {
  if (lbr_too_slow_here()) return;
  const LearntPlayer learnt(100);
  const auto played = [&](LbrBets bets, int workers) {
    const auto runtime = test::runtime_of(workers);
    return play_lbr(*runtime, learnt.rules(), learnt.player, {200, bets, 0, 8},
                    [](std::uint64_t) { return true; })
        .value();
  };
  for (const LbrBets bets : {LbrBets::fold_call, LbrBets::pot_all_in, LbrBets::many}) {
    const LbrResult found = played(bets, 2);
    CHECK(std::abs(found.won.chips_per_hand - found.dealt.chips_per_hand) <
          2 * (found.won.ci95 + found.dealt.ci95));
    CHECK(found.won.ci95 < found.dealt.ci95);
    if (bets != LbrBets::pot_all_in) continue;
    CHECK(found.won.chips_per_hand > 0);  // trained in deterministic mode: always the same
    for (const int workers : {0, 1})
      CHECK(played(bets, workers).won.chips_per_hand == found.won.chips_per_hand);
  }
}

TEST_CASE("lbr: an end on the way, and what a strategy never does") {
  if (lbr_too_slow_here()) return;
  const auto runtime = test::runtime_of();
  const LbrResult cut =
      play_lbr(*runtime, lbr_rules(), lbr_baseline("call"), {100'000, LbrBets::fold_call, 2, 1},
               [](std::uint64_t) { return false; })
          .value();
  CHECK(cut.hands > 0);
  CHECK(cut.hands < 100'000);
  const KnownOpponent mistaken{lbr_baseline("call").agent, lbr_baseline("fold").known};
  const auto refused = lbr_of(mistaken, {50, LbrBets::pot_all_in, 0, 1});
  REQUIRE(!refused);
  CHECK(refused.error().code == "unknown_play");
  CHECK(!lbr_bets_of("fcp"));
  CHECK(lbr_bets_of("56") == LbrBets::many);
}
