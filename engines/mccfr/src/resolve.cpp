#include <cmath>
#include <weir/mccfr/resolve.hpp>

#include "resolve_walk.hpp"

namespace weir::mccfr {
namespace resolving {
namespace {

constexpr int iterations_most = 1'000'000;

Error misfit(const char* what, const char* where) { return {"bad_config", what, where}; }

Result<Done> check_state(const OneCardGame& game, const PublicState& state) {
  const BettingTree& tree = game.tree();
  if (state.node >= tree.nodes.size() || tree.nodes[state.node].kind != NodeKind::decision)
    return misfit("nobody acts there", "state.node");
  const bool shown = tree.nodes[state.node].round > 0;
  if (shown ? state.board < 0 || state.board >= game.cards() : state.board != -1)
    return misfit(shown ? "the board is no card" : "no board is dealt yet", "state.board");
  return Done{};
}

}  // namespace

Result<Done> check(const OneCardGame& game, const TableShape& shape,
                   std::span<const double> strategy, int iterations) {
  if (strategy.size() != shape.entries) return misfit("not as many as the table has", "strategy");
  if (iterations < 1 || iterations > iterations_most)
    return misfit("must be 1 to 1,000,000", "iterations");
  if (game.cards() > one_card_max) return misfit("too many cards", "game");
  if (game.rules().rake.percent > 0)
    return misfit("has a rake: what one loses the other does not win", "game");
  if (const auto own = TableShape::of(game.tree(), game.buckets());
      !own || own.value().entries != shape.entries)
    return misfit("not the table of this game", "shape");
  return Done{};
}

namespace {

/// Values of hands below a state: of a strategy, or of a best response to it.
class HandValues {
 public:
  HandValues(const OneCardGame& game, const TableShape& shape, std::span<const double> strategy,
             int player, bool best)
      : game_(game),
        shape_(shape),
        strategy_(strategy),
        walk_(game),
        player_(player),
        best_(best) {}

  PerCard visit(std::uint32_t at, int board, const PerCard& reach) const {
    const BettingNode& node = walk_.node(at);
    if (node.kind != NodeKind::decision) return walk_.end_values(node, player_, board, reach);
    const bool own = node.player == player_;
    const auto cards = static_cast<std::size_t>(walk_.cards());
    PerCard values{};
    for (std::uint32_t a = 0; a < node.actions; ++a) {
      PerCard next = reach;
      for (std::size_t j = 0; j < cards && !own; ++j) next[j] *= probability(node, j, board, a);
      const PerCard part = enter(node.first + a, board, next);
      for (std::size_t i = 0; i < cards; ++i) {
        if (!own)
          values[i] += part[i];
        else if (best_)
          values[i] = a == 0 ? part[i] : std::max(values[i], part[i]);
        else
          values[i] += probability(node, i, board, a) * part[i];
      }
    }
    return values;
  }

 private:
  double probability(const BettingNode& node, std::size_t card, int board, std::uint32_t a) const {
    if (static_cast<int>(card) == board) return 0;
    const std::uint32_t bucket = game_.bucket(node.round, static_cast<int>(card), board);
    return strategy_[shape_.region(node.round, node.player, bucket) + node.row + a];
  }
  PerCard enter(std::uint32_t at, int board, const PerCard& reach) const {
    if (walk_.node(at).deals == 0) return visit(at, board, reach);
    return walk_.over_boards(
        [&](int dealt) { return visit(at, dealt, OneCardWalk::without(reach, dealt)); });
  }

  const OneCardGame& game_;
  const TableShape& shape_;
  std::span<const double> strategy_;
  OneCardWalk walk_;
  int player_;
  bool best_;
};

/// [card]: the weight of all hands of `reach` that it can meet.
PerCard met(const OneCardGame& game, const PerCard& reach, int board) {
  PerCard sums{};
  for (int i = 0; i < game.cards(); ++i)
    for (int j = 0; j < game.cards(); ++j)
      if (i != j && i != board && j != board)
        sums[static_cast<std::size_t>(i)] += reach[static_cast<std::size_t>(j)];
  return sums;
}

PerCard per_pair(const PerCard& values, const PerCard& weights) {
  PerCard means{};
  for (std::size_t i = 0; i < means.size(); ++i)
    means[i] = weights[i] > 0 ? values[i] / weights[i] : 0;
  return means;
}

void solve_unsafe(ResolveWalk& walk, const PublicState& state, const OneCardRanges& reach,
                  int iterations) {
  for (int t = 1; t <= iterations; ++t)
    for (const int p : {0, 1})
      static_cast<void>(walk.learn(state, p, reach[static_cast<std::size_t>(1 - p)], t));
}

/// The opponent's choice of a hand: more of those that gain most against their alternatives.
class HandChoice {
 public:
  HandChoice(const PerCard& alternatives, const PerCard& weights)
      : alternatives_(alternatives), weights_(weights) {}

  /// How often each hand comes, over what it meets: the conditional game counts each hand the same.
  PerCard reach() const {
    const PerCard chosen = chances();
    return per_pair(chosen, weights_);
  }
  void learn(const PerCard& values) {
    const PerCard chosen = chances();
    PerCard gains = per_pair(values, weights_);
    double mean = 0;
    for (std::size_t i = 0; i < gains.size(); ++i) {
      gains[i] -= alternatives_[i];
      mean += chosen[i] * gains[i];
    }
    for (std::size_t i = 0; i < gains.size(); ++i)
      if (weights_[i] > 0) regrets_[i] = std::max(0.0, regrets_[i] + gains[i] - mean);
  }

 private:
  PerCard chances() const {
    double total = 0, hands = 0;
    for (std::size_t i = 0; i < regrets_.size(); ++i) {
      total += regrets_[i];
      hands += weights_[i] > 0 ? 1 : 0;
    }
    PerCard chosen{};
    for (std::size_t i = 0; i < chosen.size(); ++i)
      if (weights_[i] > 0) chosen[i] = total > 0 ? regrets_[i] / total : 1 / hands;
    return chosen;
  }

  PerCard alternatives_, weights_, regrets_{};
};

}  // namespace
}  // namespace resolving

OneCardRanges reaches(const OneCardGame& game, const TableShape& shape,
                      std::span<const double> strategy, const PublicState& state) {
  OneCardRanges reach{};
  for (auto& of : reach)
    for (int card = 0; card < game.cards(); ++card)
      of[static_cast<std::size_t>(card)] = card == state.board ? 0 : 1;
  const BettingTree& tree = game.tree();
  for (std::uint32_t at = state.node; at != 0; at = tree.parents[at]) {
    const BettingNode& node = tree.nodes[tree.parents[at]];
    for (int card = 0; card < game.cards(); ++card) {
      if (card == state.board) continue;
      const std::uint32_t row =
          shape.region(node.round, node.player, game.bucket(node.round, card, state.board));
      reach[node.player][static_cast<std::size_t>(card)] *=
          strategy[row + node.row + at - node.first];
    }
  }
  return reach;
}

CardValues hand_values(const OneCardGame& game, const TableShape& shape,
                       std::span<const double> strategy, const PublicState& state,
                       const OneCardRanges& reach, int player, bool best) {
  const PerCard& theirs = reach[static_cast<std::size_t>(1 - player)];
  const resolving::HandValues values(game, shape, strategy, player, best);
  return resolving::per_pair(values.visit(state.node, state.board, theirs),
                             resolving::met(game, theirs, state.board));
}

Result<Done> resolve(const OneCardGame& game, const TableShape& shape,
                     std::span<const double> strategy, const PublicState& state,
                     const OneCardRanges& reach, int player, const ResolveOptions& options,
                     std::span<double> resolved) {
  if (auto fits = resolving::check(game, shape, strategy, options.iterations); !fits) return fits;
  if (auto fits = resolving::check_state(game, state); !fits) return fits;
  if (resolved.size() != strategy.size() || player < 0 || player > 1)
    return resolving::misfit("no such player, or another size", "player, resolved");
  for (const auto& of : reach)
    for (const double weight : of)
      if (!std::isfinite(weight) || weight < 0) return resolving::misfit("no weight", "reach");
  if (options.alternatives) {
    for (const double value : *options.alternatives)
      if (!std::isfinite(value)) return resolving::misfit("no value", "options.alternatives");
  }
  resolving::ResolveWalk walk(game, shape);
  OneCardRanges here = reach;
  for (auto& of : here)
    if (state.board >= 0) of[static_cast<std::size_t>(state.board)] = 0;
  if (options.method == ResolveOptions::Method::unsafe) {
    resolving::solve_unsafe(walk, state, here, options.iterations);
    walk.write(player, resolved);
    return Done{};
  }
  const PerCard& own = here[static_cast<std::size_t>(player)];
  const PerCard weights = resolving::met(game, own, state.board);
  const CardValues alternatives =
      options.alternatives ? *options.alternatives
                           : hand_values(game, shape, strategy, state, here, 1 - player, true);
  resolving::HandChoice hands(alternatives, weights);
  for (int t = 1; t <= options.iterations; ++t) {
    hands.learn(walk.learn(state, 1 - player, own, t));
    static_cast<void>(walk.learn(state, player, hands.reach(), t));
  }
  walk.write(player, resolved);
  return Done{};
}

Result<std::vector<double>> resolve_second_round(const OneCardGame& game, const TableShape& shape,
                                                 std::span<const double> strategy,
                                                 const ResolveOptions& options) {
  if (auto fits = resolving::check(game, shape, strategy, options.iterations); !fits)
    return fits.error();
  std::vector<double> resolved(strategy.begin(), strategy.end());
  const auto& nodes = game.tree().nodes;
  // Cards of one rank are the same board: one stands for all of them.
  std::vector<bool> seen(shape.buckets[1]);
  for (int board = 0; board < game.cards() && game.has_board(); ++board) {
    const std::uint32_t own = game.bucket(1, board, board);
    if (seen[own]) continue;
    seen[own] = true;
    for (std::uint32_t n = 0; n < nodes.size(); ++n) {
      if (nodes[n].kind != NodeKind::decision || nodes[n].deals == 0) continue;
      const PublicState state{n, board};
      const OneCardRanges reach = reaches(game, shape, strategy, state);
      for (const int player : {0, 1}) {
        if (options.go_on && !options.go_on())
          return Error{"stopped", "ended before all was resolved", "resolve"};
        auto done = resolve(game, shape, strategy, state, reach, player, options, resolved);
        if (!done) return done.error();
      }
    }
  }
  return resolved;
}

}  // namespace weir::mccfr
