// AIVAT: no value function biases it, a good one makes it quiet, a wrong strategy is noticed.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <weir/mccfr/aivat.hpp>
#include <weir/mccfr/one_card_solver.hpp>
#include <weir/mccfr/training_game.hpp>

#include "support/tier.hpp"
#include "training_support.hpp"

using namespace weir;
using namespace weir::mccfr;

namespace {

using weir::test::mix;

double number_of(std::uint64_t key) { return static_cast<double>(mix(key) >> 11) * 0x1p-53; }

TableShape shape_of(const OneCardGame& game) {
  return TableShape::of(game.tree(), game.buckets()).value();
}

std::vector<double> random_strategy(const OneCardGame& game, const TableShape& shape,
                                    std::uint64_t seed) {
  std::vector<double> strategy(shape.entries);
  for (const BettingNode& node : game.tree().nodes) {
    if (node.kind != NodeKind::decision) continue;
    for (std::uint32_t b = 0; b < game.buckets()[node.round]; ++b) {
      double* const row = strategy.data() + shape.region(node.round, node.player, b) + node.row;
      double total = 0;
      for (std::size_t a = 0; a < node.actions; ++a) {
        const auto entry = static_cast<std::uint64_t>(row - strategy.data()) + a;
        total += row[a] = 0.05 + number_of(entry * 1'000 + seed);
      }
      for (std::size_t a = 0; a < node.actions; ++a) row[a] /= total;
    }
  }
  return strategy;
}

/// Everything that can happen in a one-card game, each with its probability under `strategy`.
class AllHands {
 public:
  AllHands(const OneCardGame& game, const TableShape& shape, const std::vector<double>& strategy)
      : game_(game), shape_(shape), strategy_(strategy) {}

  template <class F>
  void each(F&& f) const {
    const int n = game_.cards();
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j)
        if (i != j) visit(0, {{i, j}, -1, 0}, 1.0 / (n * (n - 1)), f);
  }

  /// Of both cards, from a node on: what player 0 wins in the mean.
  double value(std::uint32_t at, int i, int j, int board) const {
    const BettingNode& node = game_.tree().nodes[at];
    if (node.deals != 0 && board < 0) {
      double sum = 0;
      for (int b = 0; b < game_.cards(); ++b)
        if (b != i && b != j) sum += value(at, i, j, b);
      return sum / (game_.cards() - 2);
    }
    if (node.kind != NodeKind::decision) return won(node, {i, j}, board);
    double sum = 0;
    for (std::uint32_t a = 0; a < node.actions; ++a)
      sum += p(node, node.player == 0 ? i : j, board, a) * value(node.first + a, i, j, board);
    return sum;
  }

  double won(const BettingNode& node, const std::array<int, 2>& cards, int board) const {
    const std::uint32_t outcome =
        node.kind == NodeKind::showdown ? game_.outcome(cards[0], cards[1], board) : 1;
    return static_cast<double>(game_.tree().ends[node.first].value[0][outcome]);
  }

 private:
  double p(const BettingNode& node, int card, int board, std::uint32_t a) const {
    const std::uint32_t bucket = game_.bucket(node.round, card, board);
    return strategy_[shape_.region(node.round, node.player, bucket) + node.row + a];
  }
  template <class F>
  void visit(std::uint32_t at, const OneCardHand& hand, double probability, F& f) const {
    const BettingNode& node = game_.tree().nodes[at];
    if (node.deals != 0 && hand.board < 0) {
      for (int b = 0; b < game_.cards(); ++b) {
        if (b == hand.cards[0] || b == hand.cards[1]) continue;
        visit(at, {hand.cards, b, 0}, probability / (game_.cards() - 2), f);
      }
      return;
    }
    if (node.kind != NodeKind::decision) {
      f(OneCardHand{hand.cards, hand.board, at}, probability, won(node, hand.cards, hand.board));
      return;
    }
    for (std::uint32_t a = 0; a < node.actions; ++a)
      visit(node.first + a, hand, probability * p(node, hand.cards[node.player], hand.board, a), f);
  }

  const OneCardGame& game_;
  const TableShape& shape_;
  const std::vector<double>& strategy_;
};

/// The mean over all pairs of what both cards are worth under some strategy.
class PairValues {
 public:
  PairValues(const OneCardGame& game, const AllHands& hands) : game_(game) {
    const auto n = static_cast<std::size_t>(game.cards());
    values_.resize(game.tree().nodes.size() * (n + 1) * n * n);
    for (std::uint32_t node = 0; node < game.tree().nodes.size(); ++node) {
      const bool later = game.tree().nodes[node].round > 0;
      for (int board = -1; board < game.cards(); ++board)
        for (int i = 0; i < game.cards(); ++i)
          for (int j = 0; j < game.cards(); ++j) {
            const bool apart = i != j && i != board && j != board;
            const bool fits = game.tree().nodes[node].deals != 0 || (board >= 0) == later;
            if (apart && fits) values_[place(node, board, i, j)] = hands.value(node, i, j, board);
          }
    }
  }
  double operator()(std::uint32_t node, int board, const OneCardRanges& ranges) const {
    double mass = 0, sum = 0;
    for (int i = 0; i < game_.cards(); ++i)
      for (int j = 0; j < game_.cards(); ++j) {
        if (i == j || i == board || j == board) continue;
        const double weight =
            ranges[0][static_cast<std::size_t>(i)] * ranges[1][static_cast<std::size_t>(j)];
        mass += weight;
        sum += weight * values_[place(node, board, i, j)];
      }
    return mass > 0 ? sum / mass : 0;
  }

 private:
  std::size_t place(std::uint32_t node, int board, int i, int j) const {
    const auto n = static_cast<std::size_t>(game_.cards());
    return ((node * (n + 1) + static_cast<std::size_t>(board + 1)) * n +
            static_cast<std::size_t>(i)) *
               n +
           static_cast<std::size_t>(j);
  }
  const OneCardGame& game_;
  std::vector<double> values_;
};

/// A value function of no sense, other for each seed.
OneCardValue nonsense(std::uint64_t seed) {
  return [seed](std::uint32_t node, int board, const OneCardRanges& ranges) {
    double sum =
        10 * number_of(seed * 1'000'003 + node * 16 + static_cast<std::uint64_t>(board + 1));
    for (std::size_t p = 0; p < 2; ++p)
      for (std::size_t card = 0; card < ranges[p].size(); ++card)
        sum += ranges[p][card] * (number_of(seed * 77 + node * 32 + p * 8 + card) - 0.5);
    return sum;
  };
}

struct Spread {
  double mean = 0, sd = 0, least = 1e300, most = -1e300;
};

Spread spread(const OneCardGame& game, const TableShape& shape, const AllHands& hands,
              const std::array<std::span<const double>, 2>& strategies, const OneCardValue& value) {
  double sum = 0, squares = 0;
  Spread found;
  hands.each([&](const OneCardHand& hand, double p, double) {
    const double estimate = one_card_aivat(game, shape, strategies, hand, value);
    sum += p * estimate;
    squares += p * estimate * estimate;
    found.least = std::min(found.least, estimate);
    found.most = std::max(found.most, estimate);
  });
  found.mean = sum;
  found.sd = std::sqrt(std::max(0.0, squares - sum * sum));
  return found;
}

}  // namespace

TEST_CASE(
    "aivat: over all outcomes of Leduc and Kuhn the mean is the value, whatever the value "
    "function") {
  for (const OneCardGame& game : {OneCardGame::kuhn(), OneCardGame::leduc()}) {
    const TableShape shape = shape_of(game);
    const auto strategy = random_strategy(game, shape, 5);
    const AllHands hands(game, shape, strategy);
    const double value = measure(game, shape, strategy).value[0];
    double total = 0;
    hands.each([&](const OneCardHand&, double p, double) { total += p; });
    CHECK(total == doctest::Approx(1));
    const std::span<const double> known(strategy), unknown;
    std::uint64_t seed = 1;
    for (const auto& first : {known, unknown}) {
      for (const auto& second : {known, unknown}) {
        const Spread found = spread(game, shape, hands, {first, second}, nonsense(seed++));
        INFO(game.name(), " known ", !first.empty(), " ", !second.empty());
        CHECK(std::abs(found.mean - value) < 1e-9);
      }
    }
  }
}

TEST_CASE("aivat: a good value function makes it quiet, the true one silent") {
  const OneCardGame game = OneCardGame::leduc();
  const TableShape shape = shape_of(game);
  const auto strategy = random_strategy(game, shape, 6), other = random_strategy(game, shape, 7);
  const AllHands hands(game, shape, strategy), others(game, shape, other);
  double squares = 0, mean = 0;
  hands.each([&](const OneCardHand&, double p, double won) {
    mean += p * won;
    squares += p * won * won;
  });
  const double raw = std::sqrt(squares - mean * mean);
  const std::array<std::span<const double>, 2> both{strategy, strategy};
  const std::span<const double> unknown;
  const auto nothing = [](std::uint32_t, int, const OneCardRanges&) { return 0.0; };
  const PairValues truth(game, hands), guess(game, others);
  const Spread ranges = spread(game, shape, hands, both, nothing);
  const Spread good = spread(game, shape, hands, both, guess);
  const Spread perfect = spread(game, shape, hands, both, truth);
  const Spread one_known = spread(game, shape, hands, {strategy, unknown}, guess);
  MESSAGE("sd " << raw << ", ranges alone " << ranges.sd << ", with a guess " << good.sd
                << ", one player known " << one_known.sd);
  CHECK(ranges.sd < 0.9 * raw);
  CHECK(good.sd < 0.5 * raw);
  CHECK(good.sd < ranges.sd);
  CHECK(one_known.sd < raw);
  CHECK(good.sd < one_known.sd);
  CHECK(perfect.most - perfect.least < 1e-9);
}

TEST_CASE("aivat: a wrong probability of one action biases it") {
  const OneCardGame game = OneCardGame::leduc();
  const TableShape shape = shape_of(game);
  const auto strategy = random_strategy(game, shape, 8);
  auto wrong = strategy;
  const BettingNode& root = game.tree().nodes[0];
  double* const row = wrong.data() + shape.region(root.round, root.player, 2) + root.row;
  const double moved = row[0] / 2;
  row[0] -= moved;
  row[1] += moved;
  const AllHands hands(game, shape, strategy);
  const double value = measure(game, shape, strategy).value[0];
  const Spread biased = spread(game, shape, hands, {wrong, strategy}, nonsense(3));
  CHECK(std::abs(biased.mean - value) > 1e-3);
}

namespace {

const HandStrengths& aivat_strengths() {
  static const HandStrengths strengths = HandStrengths::make();
  return strengths;
}

bool aivat_too_slow_here() {
  if (!weir::test::sanitized || weir::test::full()) return false;
  MESSAGE("SKIP: all boards are too many for a sanitizer outside the long tier");
  return true;
}

KnownOpponent known_baseline(std::string_view name) {
  return {[name] { return make_baseline(name, aivat_strengths()); },
          [name] { return make_known_baseline(name, aivat_strengths()); }};
}

const BettingRules& aivat_rules() {
  static const BettingRules rules = no_limit_holdem_rules(2, 400, 1, 2);
  return rules;
}

bool on(std::uint64_t) { return true; }

Result<AivatResult> aivat_of(const KnownOpponent& first, const KnownOpponent& second,
                             const MatchConfig& config, int workers = 2) {
  const auto runtime = test::runtime_of(workers);
  return play_aivat(*runtime, aivat_rules(), first, second, aivat_strengths(), config, on);
}

}  // namespace

TEST_CASE("aivat: hands of hold'em are those of a match, and who only calls is even for certain") {
  if (aivat_too_slow_here()) return;
  const auto tight = known_baseline("tight"), random = known_baseline("random");
  for (const bool duplicate : {false, true}) {
    const MatchConfig config{400, duplicate, 9};
    const AivatResult found = aivat_of(tight, random, config).value();
    const MatchResult match =
        play_match(*test::runtime_of(), aivat_rules(), tight.agent, random.agent, config).value();
    CHECK(found.hands == match.hands);
    CHECK(found.dealt.chips_per_hand == doctest::Approx(match.chips_per_hand));
    CHECK(found.dealt.ci95 == doctest::Approx(match.ci95));
    CHECK(found.estimate_sd < 0.6 * found.dealt_sd);
    CHECK(std::abs(found.estimate.chips_per_hand - found.dealt.chips_per_hand) <
          2 * (found.estimate.ci95 + found.dealt.ci95));
  }
  const AivatResult even =
      aivat_of(known_baseline("call"), known_baseline("call"), {64, false, 1}).value();
  CHECK(even.dealt_sd > 1);
  CHECK(std::abs(even.estimate.chips_per_hand) < 1e-4);
  CHECK(even.estimate_sd < 1e-3);
}

TEST_CASE("aivat: any number of workers, an end on the way, a strategy that is another's") {
  if (!weir::test::full()) {
    MESSAGE("SKIP: takes a minute; in the long tier");
    return;
  }
  if (aivat_too_slow_here()) return;
  const auto first = known_baseline("aggressive"), second = known_baseline("tight");
  const AivatResult one = aivat_of(first, second, {101, false, 4}, 1).value();
  CHECK(one.hands == 101);
  for (const int workers : {0, 2}) {
    const AivatResult other = aivat_of(first, second, {101, false, 4}, workers).value();
    CHECK(other.estimate.chips_per_hand == one.estimate.chips_per_hand);
    CHECK(other.estimate_sd == one.estimate_sd);
  }
  const auto runtime = test::runtime_of();
  const AivatResult cut = play_aivat(*runtime, aivat_rules(), first, second, aivat_strengths(),
                                     {100'000, false, 4}, [](std::uint64_t) { return false; })
                              .value();
  CHECK(cut.hands > 0);
  CHECK(cut.hands < 100'000);
  const KnownOpponent mistaken{known_baseline("random").agent, known_baseline("fold").known};
  const auto refused = aivat_of(mistaken, second, {200, false, 4});
  REQUIRE(!refused);
  CHECK(refused.error().code == "unknown_play");
}

TEST_CASE("aivat: a learnt strategy's estimate agrees with its hands") {
  if (!weir::test::full()) {
    MESSAGE("SKIP: takes a minute; in the long tier");
    return;
  }
  if (aivat_too_slow_here()) return;
  auto game = make_game(R"({"name":"nolimit","stack":40,"buckets":[169,8,8,8]})").value();
  REQUIRE(game->prepare());
  const auto runtime = test::runtime_of();
  auto trainer = game->make_trainer(*runtime, {}).value();
  REQUIRE(trainer->advance(
              30'000, [](void*) {}, nullptr) == Status::accepted);
  const auto* const sums =
      reinterpret_cast<const NarrowEntries::Sum*>(trainer->table().sums.data());
  const KnownOpponent learnt{
      [&] { return make_blueprint(*game->holdem(), trainer->shape(), sums); },
      [&] { return make_known_blueprint(*game->holdem(), trainer->shape(), sums); }};
  const AivatResult found =
      play_aivat(*runtime, game->holdem()->config().rules, learnt, known_baseline("random"),
                 aivat_strengths(), {weir::test::amount(200, 2'000, 20'000), false, 11}, on)
          .value();
  MESSAGE("sd " << found.estimate_sd << " of " << found.dealt_sd);
  CHECK(found.estimate_sd < 0.5 * found.dealt_sd);
  CHECK(std::abs(found.estimate.chips_per_hand - found.dealt.chips_per_hand) <
        2 * (found.estimate.ci95 + found.dealt.ci95));
}
