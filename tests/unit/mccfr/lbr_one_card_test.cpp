// The choices of a local best response on Leduc, where what the best response wins is known exactly.
#include <doctest/doctest.h>

#include <algorithm>
#include <utility>
#include <vector>
#include <weir/mccfr/local_best_response.hpp>
#include <weir/mccfr/one_card_solver.hpp>

using namespace weir;
using namespace weir::mccfr;

namespace {

/// Plays as lbr_call_worth() and lbr_bet_worth() say, everywhere, as one player against `strategy`.
class LeducLbr {
 public:
  LeducLbr(const OneCardGame& game, const TableShape& shape, const std::vector<double>& strategy,
           int player)
      : game_(game), shape_(shape), strategy_(strategy), response_(strategy), player_(player) {
    std::array<double, 6> reach;
    reach.fill(1);
    visit(0, -1, reach, BettingState(rules_));
  }
  const std::vector<double>& response() const { return response_; }

 private:
  using Reach = std::array<double, 6>;
  std::uint32_t row(const BettingNode& node, int card, int board) const {
    return shape_.region(node.round, node.player, game_.bucket(node.round, card, board)) + node.row;
  }
  /// The share of the pot of `card` against the reach, over the boards to come.
  double share(int card, int board, const Reach& reach) const {
    double won = 0, all = 0;
    for (int other = 0; other < 6; ++other) {
      for (int b = 0; b < 6; ++b) {
        if (other == card || b == card || b == other || (board >= 0 && b != board)) continue;
        const double weight = reach[static_cast<std::size_t>(other)];
        all += weight;
        won += weight * game_.outcome(card, other, b) / 2;
      }
    }
    return all > 0 ? won / all : 0.5;
  }
  void choose(const BettingNode& node, int board, const Reach& reach, const BettingState& state,
              int card) {
    double total = 0;
    for (int j = 0; j < 6; ++j)
      if (j != card && j != board) total += reach[static_cast<std::size_t>(j)];
    const double pot = state.pot(), asked = state.to_call();
    double best = lbr_call_worth(share(card, board, reach), pot, asked);
    char letter = 'c';
    for (std::uint32_t a = 0; a < node.actions; ++a) {
      if (game_.tree().actions[node.first + a].letter != 'r') continue;
      const BettingNode& after = game_.tree().nodes[node.first + a];
      BettingState next = state;
      next.apply(game_.tree().actions[node.first + a]);
      Reach rest = reach;
      double folds = 0;
      for (int j = 0; j < 6; ++j) {
        if (j == card || j == board) continue;
        const auto at = static_cast<std::size_t>(j);
        const double p = strategy_[row(after, j, board)];  // facing a bet, fold is the first action
        folds += reach[at] * p;
        rest[at] *= 1 - p;
      }
      const double worth = lbr_bet_worth(total > 0 ? folds / total : 0, share(card, board, rest),
                                         pot, asked, next.to_call());
      if (worth > best) best = worth, letter = 'r';
    }
    if (state.legal().fold && best <= 0) letter = 'f';
    for (std::uint32_t a = 0; a < node.actions; ++a)
      response_[row(node, card, board) + a] =
          game_.tree().actions[node.first + a].letter == letter ? 1 : 0;
  }
  void visit(std::uint32_t at, int board, const Reach& reach, const BettingState& state) {
    const BettingNode& node = game_.tree().nodes[at];
    if (node.deals != 0 && board < 0) {
      for (int b = 0; b < 6; ++b) visit(at, b, reach, state);
      return;
    }
    if (node.kind != NodeKind::decision) return;
    if (node.player == player_)
      for (int card = 0; card < 6; ++card)
        if (card != board) choose(node, board, reach, state, card);
    for (std::uint32_t a = 0; a < node.actions; ++a) {
      Reach next = reach;
      if (node.player != player_)
        for (int j = 0; j < 6; ++j)
          if (j != board) next[static_cast<std::size_t>(j)] *= strategy_[row(node, j, board) + a];
      BettingState after = state;
      after.apply(game_.tree().actions[node.first + a]);
      visit(node.first + a, board, next, after);
    }
  }

  const OneCardGame& game_;
  const TableShape& shape_;
  const std::vector<double>& strategy_;
  std::vector<double> response_;
  BettingRules rules_ = leduc_rules();
  int player_;
};

}  // namespace

TEST_CASE("lbr: on Leduc it wins more than the strategy itself, and less than the best response") {
  const OneCardGame game = OneCardGame::leduc();
  const TableShape shape = TableShape::of(game.tree(), game.buckets()).value();
  std::vector<double> uniform(shape.entries);
  for (const BettingNode& node : game.tree().nodes) {
    if (node.kind != NodeKind::decision) continue;
    for (std::uint32_t b = 0; b < game.buckets()[node.round]; ++b)
      std::fill_n(uniform.begin() + shape.region(node.round, node.player, b) + node.row,
                  node.actions, 1.0 / node.actions);
  }
  Config config;
  config.workers = 0;
  const auto runtime = Runtime::start(config).value();
  auto trainer = make_vector_trainer(*runtime, game, {.algorithm = Algorithm::cfr_plus}).value();
  REQUIRE(trainer->advance(
              300, [](void*) {}, nullptr) == Status::accepted);
  const std::vector<double> solved = average_strategies(*trainer);
  for (const auto* const strategy : {&std::as_const(uniform), &solved}) {
    const Exploitability exact = measure(game, shape, *strategy);
    for (int player = 0; player < 2; ++player) {
      const auto p = static_cast<std::size_t>(player);
      const LeducLbr lbr(game, shape, *strategy, player);
      const double won = measure(game, shape, lbr.response()).value[p];
      MESSAGE("player " << player << ": itself " << exact.value[p] << ", local " << won << ", best "
                        << exact.best_response[p]);
      CHECK(won <= exact.best_response[p] + 1e-9);
      // Of who plays at random it takes most of what can be won.
      if (strategy == &uniform)
        CHECK(won - exact.value[p] > 0.5 * (exact.best_response[p] - exact.value[p]));
    }
  }
}
