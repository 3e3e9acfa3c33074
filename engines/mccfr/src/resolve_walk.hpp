// resolve_walk.hpp: CFR+ below one public state of a one-card game, with ends or leaves; private.
//
// Roles: one thread.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>
#include <weir/mccfr/resolve.hpp>
#include <weir/mccfr/strategy.hpp>

#include "one_card_walk.hpp"

namespace weir::mccfr::resolving {

/// What a whole game must be to be resolved. Errors: bad_config.
Result<Done> check(const OneCardGame& game, const TableShape& shape,
                   std::span<const double> strategy, int iterations);

/// What the hands of `player` are worth where the walk ends before the hand does.
using LeafValues =
    std::function<PerCard(std::uint32_t node, int board, int player, const PerCard& other)>;

class ResolveWalk {
 public:
  ResolveWalk(const OneCardGame& game, const TableShape& shape)
      : game_(game),
        shape_(shape),
        walk_(game),
        regrets_(shape.entries),
        sums_(shape.entries),
        filled_(shape.entries) {}

  /// Nodes after a deal are leaves.
  void set_leaves(LeafValues leaves) { leaves_ = std::move(leaves); }

  /// Learns for one player, whose opponent comes with `other`: what his hands are worth as both play now.
  PerCard learn(const PublicState& state, int player, const PerCard& other, double weight) {
    player_ = player;
    weight_ = weight;
    PerCard own{};
    own.fill(1);
    if (state.board >= 0) own[static_cast<std::size_t>(state.board)] = 0;
    return visit(state.node, state.board, own, other);
  }

  /// Writes the average strategy of the rows that were walked.
  void write(int player, std::span<double> strategy) const {
    for (const BettingNode& node : game_.tree().nodes) {
      if (node.kind != NodeKind::decision || node.player != player) continue;
      for (std::uint32_t b = 0; b < shape_.buckets[node.round]; ++b) {
        const std::uint32_t row = shape_.region(node.round, node.player, b) + node.row;
        if (filled_[row]) average_strategy(sums_.data() + row, node.actions, strategy.data() + row);
      }
    }
  }

 private:
  using Strategies = std::array<std::array<double, actions_max>, one_card_max>;

  std::uint32_t row(const BettingNode& node, std::size_t card, int board) const {
    const std::uint32_t bucket = game_.bucket(node.round, static_cast<int>(card), board);
    return shape_.region(node.round, node.player, bucket) + node.row;
  }

  PerCard enter(std::uint32_t at, int board, const PerCard& own, const PerCard& other) {
    if (walk_.node(at).deals == 0) return visit(at, board, own, other);
    return walk_.over_boards([&](int dealt) {
      const PerCard theirs = OneCardWalk::without(other, dealt);
      if (leaves_) return leaves_(at, dealt, player_, theirs);
      return visit(at, dealt, OneCardWalk::without(own, dealt), theirs);
    });
  }

  PerCard visit(std::uint32_t at, int board, const PerCard& own, const PerCard& other) {
    const BettingNode& node = walk_.node(at);
    if (node.kind != NodeKind::decision) return walk_.end_values(node, player_, board, other);
    const auto cards = static_cast<std::size_t>(walk_.cards());
    Strategies strategy{};
    for (std::size_t i = 0; i < cards; ++i)
      if (static_cast<int>(i) != board) match(row(node, i, board), node.actions, strategy[i]);
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

  void match(std::uint32_t at, int actions, std::array<double, actions_max>& strategy) const {
    double total = 0;
    for (int a = 0; a < actions; ++a) total += regrets_[at + static_cast<std::uint32_t>(a)];
    for (int a = 0; a < actions; ++a) {
      const double regret = regrets_[at + static_cast<std::uint32_t>(a)];
      strategy[static_cast<std::size_t>(a)] = total > 0 ? regret / total : 1.0 / actions;
    }
  }

  /// Cards of one rank share a row: their regrets are added before any is cut off at zero.
  void update(const BettingNode& node, int board, const PerCard& own, const Strategies& strategy,
              const std::array<PerCard, actions_max>& values, const PerCard& mean) {
    const auto cards = static_cast<std::size_t>(walk_.cards());
    for (std::size_t i = 0; i < cards; ++i) {
      if (static_cast<int>(i) == board) continue;
      const std::uint32_t at = row(node, i, board);
      filled_[at] = true;
      for (std::uint32_t a = 0; a < node.actions; ++a) {
        regrets_[at + a] += values[a][i] - mean[i];
        sums_[at + a] += weight_ * own[i] * strategy[i][a];
      }
    }
    for (std::size_t i = 0; i < cards; ++i) {
      if (static_cast<int>(i) == board) continue;
      double* const at = regrets_.data() + row(node, i, board);
      for (std::uint32_t a = 0; a < node.actions; ++a) at[a] = std::max(0.0, at[a]);
    }
  }

  const OneCardGame& game_;
  const TableShape& shape_;
  OneCardWalk walk_;
  LeafValues leaves_;
  std::vector<double> regrets_, sums_;
  std::vector<bool> filled_;
  int player_ = 0;
  double weight_ = 1;
};

}  // namespace weir::mccfr::resolving
