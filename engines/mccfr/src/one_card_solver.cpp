#include <algorithm>
#include <cmath>
#include <weir/mccfr/one_card_solver.hpp>

#include "counted_trainer.hpp"
#include "measure_graph.hpp"
#include "one_card_walk.hpp"
#include "sampling_trainer.hpp"

namespace weir::mccfr {
namespace {

/// The value of a fixed strategy, or of the best response to the opponent's.
class OneCardMeasure {
 public:
  OneCardMeasure(const OneCardGame& game, const TableShape& shape, std::span<const double> strategy,
                 int player, bool best)
      : game_(game),
        shape_(shape),
        strategy_(strategy),
        walk_(game),
        player_(player),
        best_(best) {}

  double value() const {
    const PerCard values = visit(0, -1, walk_.root_reach());
    double total = 0;
    for (int i = 0; i < walk_.cards(); ++i) total += values[static_cast<std::size_t>(i)];
    return total;
  }

 private:
  const double* row(const BettingNode& node, int card, int board) const {
    const std::uint32_t bucket = game_.bucket(node.round, card, board);
    return strategy_.data() + shape_.region(node.round, node.player, bucket) + node.row;
  }
  PerCard enter(std::uint32_t at, int board, const PerCard& reach) const {
    if (walk_.node(at).deals == 0) return visit(at, board, reach);
    return walk_.over_boards([&](int b) { return visit(at, b, OneCardWalk::without(reach, b)); });
  }
  PerCard visit(std::uint32_t at, int board, const PerCard& reach) const {
    const BettingNode& node = walk_.node(at);
    if (node.kind != NodeKind::decision) return walk_.end_values(node, player_, board, reach);
    PerCard values{};
    const bool own = node.player == player_;
    if (own && best_) values.fill(-1e300);
    for (std::uint32_t a = 0; a < node.actions; ++a) {
      PerCard next = reach;
      if (!own) {
        for (int j = 0; j < walk_.cards(); ++j)
          if (j != board) next[static_cast<std::size_t>(j)] *= row(node, j, board)[a];
      }
      const PerCard part = enter(node.first + a, board, next);
      for (int i = 0; i < walk_.cards(); ++i) {
        if (i == board) continue;
        double& value = values[static_cast<std::size_t>(i)];
        const double gain = part[static_cast<std::size_t>(i)];
        value = !own    ? value + gain
                : best_ ? std::max(value, gain)
                        : value + row(node, i, board)[a] * gain;
      }
    }
    return values;
  }

  const OneCardGame& game_;
  const TableShape& shape_;
  std::span<const double> strategy_;
  OneCardWalk walk_;
  int player_;
  bool best_;
};

/// CFR, CFR+ and their discounts over all cards; players take turns.
class VectorTrainer final : public CountedTrainer {
 public:
  VectorTrainer(Runtime& runtime, OneCardGame game, const TrainRules& rules, TableShape shape)
      : CountedTrainer(runtime, rules, shape),
        game_(std::move(game)),
        walk_(game_),
        regrets_(shape.entries),
        sums_(shape.entries) {}

  Status advance(std::uint64_t iterations, void (*look)(void*), void* context) override {
    begin_advance();
    while (state_.iterations < iterations && !stop_asked()) {
      const std::uint64_t end = std::min(iterations, state_.iterations + look_interval);
      const Status status = runtime_.run([&] {
        while (state_.iterations < end) iterate();
      });
      if (status != Status::accepted) return status;
      look(context);
    }
    return Status::accepted;
  }
  const BettingTree& tree() const noexcept override { return game_.tree(); }
  TableBytes table() noexcept override {
    return {std::as_writable_bytes(std::span(regrets_)), std::as_writable_bytes(std::span(sums_)),
            sizeof(double), sizeof(double), true};
  }
  void average(std::uint32_t entry, int actions, double* strategy) const noexcept override {
    average_strategy(sums_.data() + entry, actions, strategy);
  }
  double mean_regret() const noexcept override {
    double total = 0;
    for (const double regret : regrets_) total += std::max(0.0, regret);
    return total / static_cast<double>(regrets_.size()) /
           std::max<double>(1, static_cast<double>(state_.iterations));
  }
  std::size_t table_bytes() const noexcept override {
    return (regrets_.size() + sums_.size()) * sizeof(double);
  }

 private:
  static constexpr std::uint64_t look_interval = 500;  // iterations

  void iterate() {
    ++state_.iterations;
    for (player_ = 0; player_ < 2; ++player_) {
      const PerCard values = visit(0, -1, walk_.root_reach(), walk_.root_reach());
      if (player_ != 0) continue;
      for (int i = 0; i < walk_.cards(); ++i)
        state_.value_sum += values[static_cast<std::size_t>(i)];
      ++state_.traversals;
    }
    if (state_.iterations == discount_due()) discount();
    show_counts();
  }
  void discount() {
    const DiscountFactors factors = rules_.discount.factors(++state_.discounts);
    for (double& regret : regrets_) regret *= regret > 0 ? factors.positive : factors.negative;
    for (double& sum : sums_) sum *= factors.average;
  }
  std::uint32_t entry(const BettingNode& node, int card, int board) const noexcept {
    return shape_.region(node.round, node.player, game_.bucket(node.round, card, board)) + node.row;
  }
  void match(const double* row, int actions, double* strategy) const noexcept {
    double total = 0;
    for (int a = 0; a < actions; ++a) total += strategy[a] = std::max(0.0, row[a]);
    for (int a = 0; a < actions; ++a) strategy[a] = total > 0 ? strategy[a] / total : 1.0 / actions;
  }
  PerCard enter(std::uint32_t at, int board, const PerCard& own, const PerCard& other) {
    if (walk_.node(at).deals == 0) return visit(at, board, own, other);
    ++state_.nodes;
    return walk_.over_boards([&](int b) {
      return visit(at, b, OneCardWalk::without(own, b), OneCardWalk::without(other, b));
    });
  }
  PerCard visit(std::uint32_t at, int board, const PerCard& own, const PerCard& other) {
    const BettingNode& node = walk_.node(at);
    ++state_.nodes;
    if (node.kind != NodeKind::decision) return walk_.end_values(node, player_, board, other);
    const auto cards = static_cast<std::size_t>(walk_.cards());
    std::array<std::array<double, actions_max>, one_card_max> strategy{};
    for (std::size_t i = 0; i < cards; ++i) {
      if (static_cast<int>(i) != board)
        match(regrets_.data() + entry(node, static_cast<int>(i), board), node.actions,
              strategy[i].data());
    }
    const bool acts = node.player == player_;
    std::array<PerCard, actions_max> values{};
    PerCard mean{};
    for (std::uint32_t a = 0; a < node.actions; ++a) {
      PerCard reach = acts ? own : other;
      for (std::size_t i = 0; i < cards; ++i) reach[i] *= strategy[i][a];
      values[a] = acts ? enter(node.first + a, board, reach, other)
                       : enter(node.first + a, board, own, reach);
      for (std::size_t i = 0; i < cards; ++i) mean[i] += (acts ? strategy[i][a] : 1) * values[a][i];
    }
    if (acts) update(node, board, own, strategy, values, mean);
    return mean;
  }
  void update(const BettingNode& node, int board, const PerCard& own,
              const std::array<std::array<double, actions_max>, one_card_max>& strategy,
              const std::array<PerCard, actions_max>& values, const PerCard& mean) {
    const bool plus = rules_.algorithm == Algorithm::cfr_plus;
    const double weight = plus ? static_cast<double>(state_.iterations) : 1;
    // Cards of one rank share a row: their regrets are added before any is cut off at zero.
    for (int i = 0; i < walk_.cards(); ++i) {
      if (i == board) continue;
      const std::uint32_t row = entry(node, i, board);
      const auto card = static_cast<std::size_t>(i);
      for (std::uint32_t a = 0; a < node.actions; ++a) {
        regrets_[row + a] += values[a][card] - mean[card];
        sums_[row + a] += weight * own[card] * strategy[card][a];
      }
    }
    if (!plus) return;
    for (int i = 0; i < walk_.cards(); ++i) {
      if (i == board) continue;
      double* const row = regrets_.data() + entry(node, i, board);
      for (std::uint32_t a = 0; a < node.actions; ++a) row[a] = std::max(0.0, row[a]);
    }
  }

  OneCardGame game_;
  OneCardWalk walk_;
  std::vector<double, PlatformAllocator<double>> regrets_, sums_;
  int player_ = 0;
};

}  // namespace

Exploitability measure(const OneCardGame& game, const TableShape& shape,
                       std::span<const double> strategy) {
  Exploitability result;
  for (int p = 0; p < 2; ++p) {
    const auto at = static_cast<std::size_t>(p);
    result.value[at] = OneCardMeasure(game, shape, strategy, p, false).value();
    result.best_response[at] = OneCardMeasure(game, shape, strategy, p, true).value();
  }
  return result;
}

Result<Exploitability> measure(Runtime& runtime, const OneCardGame& game, const TableShape& shape,
                               std::span<const double> strategy) {
  return measure_as_graph(runtime, 2, [&](int player, bool best) {
    return OneCardMeasure(game, shape, strategy, player, best).value();
  });
}

Result<std::unique_ptr<Trainer>> make_vector_trainer(Runtime& runtime, OneCardGame game,
                                                     const TrainRules& rules) {
  auto shape = TableShape::of(game.tree(), game.buckets());
  if (!shape) return shape.error();
  return std::unique_ptr<Trainer>(
      std::make_unique<VectorTrainer>(runtime, std::move(game), rules, shape.value()));
}

Result<std::unique_ptr<Trainer>> make_sampling_trainer(Runtime& runtime, OneCardGame game,
                                                       const TrainRules& rules) {
  return make_sampling<WideEntries>(runtime, std::move(game), rules);
}

}  // namespace weir::mccfr
