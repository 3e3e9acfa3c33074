// CFR over boards that are drawn: a board's walk against plain sums over all pairs of hands, the trainer's promises.
#include <doctest/doctest.h>

#include <board_trainer.hpp>
#include <board_walk.hpp>
#include <cmath>
#include <cstring>
#include <frozen_sums.hpp>
#include <string>
#include <unit/platform/temporary_directory.hpp>
#include <vector>
#include <weir/mccfr/checkpoint.hpp>
#include <weir/mccfr/training_game.hpp>

#include "support/tier.hpp"
#include "training_support.hpp"

using namespace weir;
using namespace weir::mccfr;

namespace {

/// Five big blinds: few states, all kinds of ends.
HoldemConfig short_game() {
  HoldemConfig config;
  config.rules = no_limit_holdem_rules(2, 10, 1, 2);
  config.buckets.buckets = {20, 6, 5, 7};
  return config;
}

/// Made once: the cards of all cases take seconds.
const HoldemGame& small_holdem() {
  static const HoldemGame game = [] {
    HoldemGame made = HoldemGame::make(short_game()).value();
    REQUIRE(made.make_cards());
    return made;
  }();
  return game;
}

TrainRules board_rules(Algorithm algorithm) {
  TrainRules rules;
  rules.algorithm = algorithm;
  rules.batch = 3;
  rules.seed = 5;
  return rules;
}

/// The same changes by walking each pair of hands of a board alone.
class PairWalk {
 public:
  PairWalk(const HoldemGame& game, const TableShape& shape, const std::vector<float>& regrets)
      : game_(game), shape_(shape), strategy_(shape.entries), changes_(shape.entries) {
    for (const BettingNode& node : game.tree().nodes) {
      if (node.kind != NodeKind::decision) continue;
      for (std::uint32_t b = 0; b < shape.buckets[node.round]; ++b) {
        const std::uint32_t row = shape.region(node.round, node.player, b) + node.row;
        double total = 0;
        for (std::uint32_t e = row; e < row + node.actions; ++e)
          total += strategy_[e] = std::max(0.0F, regrets[e]);
        for (std::uint32_t e = row; e < row + node.actions; ++e)
          strategy_[e] = total > 0 ? strategy_[e] / total : 1.0 / node.actions;
      }
    }
  }

  double over(std::span<const Card, 5> board, int player) {
    constexpr double pairs = 1081.0 * 990;
    const CardSet shown = set_of(std::span<const Card>(board));
    double total = 0;
    player_ = player;
    for (Hand a = 0; a < hand_count; ++a) {
      for (Hand b = 0; b < hand_count; ++b) {
        if (((cards_of(a).set() | shown) & cards_of(b).set()) != 0) continue;
        if ((cards_of(a).set() & shown) != 0) continue;
        game_.place(shape_, {a, b}, board, deal_);
        total += visit(0, 1) / pairs;
      }
    }
    return total;
  }
  const std::vector<double>& changes() const { return changes_; }

 private:
  double visit(std::uint32_t at, double other) {
    const BettingNode& node = game_.tree().nodes[at];
    const auto p = static_cast<std::size_t>(player_);
    if (node.kind != NodeKind::decision)
      return static_cast<double>(game_.tree().ends[node.first].value[p][deal_.outcome]);
    const std::uint32_t row = deal_.region[node.round][node.player] + node.row;
    const double* const strategy = strategy_.data() + row;
    double values[actions_max], mean = 0;
    const bool own = node.player == player_;
    for (std::uint32_t a = 0; a < node.actions; ++a) {
      values[a] = visit(node.first + a, own ? other : other * strategy[a]);
      mean += strategy[a] * values[a];
    }
    // The player's regrets; the opponent's shares, which each of his hands brings once: 990 of the player's meet it.
    for (std::uint32_t a = 0; a < node.actions; ++a)
      changes_[row + a] +=
          own ? other * (values[a] - mean) / (1081.0 * 990) : other * strategy[a] / 990;
    return mean;
  }

  const HoldemGame& game_;
  const TableShape& shape_;
  std::vector<double> strategy_, changes_;
  Deal deal_;
  int player_ = 0;
};

std::string hash_of(const TrainRules& rules, std::uint64_t iterations, int workers) {
  const auto runtime = test::runtime_of(workers);
  auto trainer = make_board_trainer(*runtime, small_holdem(), rules).value();
  REQUIRE(trainer->advance(iterations, test::look_nowhere, nullptr) == Status::accepted);
  return table_sha256(*trainer);
}

}  // namespace

TEST_CASE("board_trainer: a walk over a board is the sum of its pairs of hands") {
  const HoldemGame& game = small_holdem();
  const TableShape shape = TableShape::of(game.tree(), game.buckets()).value();
  std::vector<float> regrets(shape.entries);
  Random random = Random::keyed(3, 1, 4);
  for (float& regret : regrets) regret = random.unit() * 5 - 2;
  // Hands of one strength, a board that plays itself, and a flush.
  const std::vector<std::vector<Card>> boards = {parse_cards("2c7d9hJsKc").value(),
                                                 parse_cards("AhKhQhJhTh").value()};
  for (const auto& cards : boards) {
    const std::span<const Card, 5> shown(cards.data(), 5);
    Board board;
    board.set(*game.cards(), shown);
    // Both players on one board; below the long tier one alone on the other, under sanitizers one on one.
    if (test::sanitized && !test::full() && cards != boards[1]) continue;
    for (int player = 0; player < (test::full() || cards == boards[0] ? 2 : 1); ++player) {
      BoardWalk walk(game.tree(), shape);
      std::vector<float> changes(shape.entries);
      const BoardWalk::Found found = walk.walk(board, regrets.data(), player, changes.data());
      PairWalk pairs(game, shape, regrets);
      const double value = pairs.over(shown, player);
      CHECK(found.value == doctest::Approx(value).epsilon(1e-3).scale(1));
      CHECK(found.nodes >= 1);
      // All rows: regrets are chips; shares of the average are hands, as large as a bucket.
      double worst = 0;
      for (std::uint32_t e = 0; e < shape.entries; ++e) {
        const double expected = pairs.changes()[e];
        worst = std::max(worst, std::abs(static_cast<double>(changes[e]) - expected) /
                                    std::max(1.0, std::abs(expected)));
      }
      CHECK(worst < 1e-4);
    }
  }
}

TEST_CASE("board_trainer: the table depends on no number of workers") {
  for (const Algorithm algorithm : {Algorithm::cfr, Algorithm::cfr_plus}) {
    if (test::sanitized && !test::full() && algorithm == Algorithm::cfr) continue;
    TrainRules rules = board_rules(algorithm);
    rules.discount.kind = Discount::Kind::dcfr;
    rules.discount_interval = 2;
    const std::string one = hash_of(rules, 5, 1);
    for (const int workers : {0, 2, 5}) CHECK(hash_of(rules, 5, workers) == one);
    rules.seed = 6;
    CHECK(hash_of(rules, 5, 2) != one);
  }
}

TEST_CASE("board_trainer: a checkpoint goes on as if it had not ended") {
  const TrainRules rules = board_rules(Algorithm::cfr_plus);
  const test::TemporaryDirectory folder;
  const std::string path = folder.path() + "/kept";
  const auto runtime = test::runtime_of(2);
  auto first = make_board_trainer(*runtime, small_holdem(), rules).value();
  REQUIRE(first->advance(3, test::look_nowhere, nullptr) == Status::accepted);
  REQUIRE(write_checkpoint(path, R"({"name":"nolimit"})", rules, *first));
  auto again = make_board_trainer(*runtime, small_holdem(), rules).value();
  REQUIRE(read_checkpoint(path, *again, Resume::yes));
  CHECK(again->state().iterations == 3);
  REQUIRE(again->advance(6, test::look_nowhere, nullptr) == Status::accepted);
  CHECK(table_sha256(*again) == hash_of(rules, 6, 1));
}

TEST_CASE("board_trainer: whole sums have the proportions of the average strategy") {
  const auto runtime = test::runtime_of(1);
  auto trainer =
      make_board_trainer(*runtime, small_holdem(), board_rules(Algorithm::cfr_plus)).value();
  REQUIRE(trainer->advance(4, test::look_nowhere, nullptr) == Status::accepted);
  const FrozenSums frozen(*trainer);
  const std::vector<double> expected = average_strategies(*trainer);
  double worst = 0;
  for (const BettingNode& node : trainer->tree().nodes) {
    if (node.kind != NodeKind::decision) continue;
    for (std::uint32_t b = 0; b < trainer->shape().buckets[node.round]; ++b) {
      const std::uint32_t row = trainer->shape().region(node.round, node.player, b) + node.row;
      double strategy[actions_max];
      average_strategy(frozen.data() + row, node.actions, strategy);
      for (std::uint32_t a = 0; a < node.actions; ++a)
        worst = std::max(worst, std::abs(strategy[a] - expected[row + a]));
    }
  }
  CHECK(worst < 1e-6);
}
