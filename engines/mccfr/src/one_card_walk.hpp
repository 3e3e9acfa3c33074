// one_card_walk.hpp: how a one-card game is walked with all cards at once; private.
#pragma once

#include <array>
#include <weir/mccfr/one_card_game.hpp>

namespace weir::mccfr {

inline constexpr int one_card_max = 8;
/// A number for each private card.
using PerCard = std::array<double, one_card_max>;

/// Visits what follows a node: `child(a, board)` for each of its actions, and where the action deals a board card, for
/// each such card with its probability.
class OneCardWalk {
 public:
  explicit OneCardWalk(const OneCardGame& game) : game_(game), nodes_(game.tree().nodes) {}

  const BettingNode& node(std::uint32_t at) const noexcept { return nodes_[at]; }
  int cards() const noexcept { return game_.cards(); }

  /// The value of an end for each card of `player`, against an opponent who holds card j with weight reach[j].
  PerCard end_values(const BettingNode& node, int player, int board,
                     const PerCard& reach) const noexcept {
    PerCard values{};
    const End& end = game_.tree().ends[node.first];
    for (int i = 0; i < cards(); ++i) {
      if (i == board) continue;
      for (int j = 0; j < cards(); ++j) {
        if (j == i || j == board) continue;
        // A fold before the board is the same for all outcomes, so that no board is needed.
        const bool compared = node.kind == NodeKind::showdown;
        const std::uint32_t outcome = !compared     ? 1
                                      : player == 0 ? game_.outcome(i, j, board)
                                                    : game_.outcome(j, i, board);
        values[static_cast<std::size_t>(i)] +=
            reach[static_cast<std::size_t>(j)] *
            static_cast<double>(end.value[static_cast<std::size_t>(player)][outcome]);
      }
    }
    return values;
  }

  /// Calls f(board, weight) for each board card: the mean over them is the value.
  template <class F>
  PerCard over_boards(F&& f) const {
    PerCard values{};
    const double weight = 1.0 / (cards() - 2);
    for (int board = 0; board < cards(); ++board) {
      const PerCard part = f(board);
      for (int i = 0; i < cards(); ++i) {
        if (i != board)
          values[static_cast<std::size_t>(i)] += weight * part[static_cast<std::size_t>(i)];
      }
    }
    return values;
  }

  /// Probability of a private card, the opponent's being any other: 1 / (n (n - 1)) a pair.
  PerCard root_reach() const noexcept {
    PerCard reach{};
    for (int i = 0; i < cards(); ++i)
      reach[static_cast<std::size_t>(i)] = 1.0 / (cards() * (cards() - 1));
    return reach;
  }
  static PerCard without(PerCard reach, int card) noexcept {
    reach[static_cast<std::size_t>(card)] = 0;
    return reach;
  }

 private:
  const OneCardGame& game_;
  const std::vector<BettingNode>& nodes_;
};

}  // namespace weir::mccfr
