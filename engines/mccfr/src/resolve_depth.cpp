#include <map>
#include <weir/mccfr/resolve.hpp>

#include "resolve_walk.hpp"

namespace weir::mccfr {
namespace resolving {
namespace {

constexpr std::size_t ways = 4;    // the strategy, and its folds, calls or raises more likely
constexpr double bias_factor = 5;  // Brown, Sandholm, Amos 2018
constexpr char biased_letters[] = " fcr";

/// A leaf on one board: what player 0 wins with each pair of cards, and of ways to play on.
struct Leaf {
  std::array<std::array<std::array<PerCard, one_card_max>, ways>, ways> wins{};
  std::array<std::array<std::array<double, ways>, one_card_max>, 2> regrets{};  // of the choice
};

std::vector<double> biased(const OneCardGame& game, const TableShape& shape,
                           std::span<const double> strategy, char letter) {
  std::vector<double> made(strategy.begin(), strategy.end());
  const BettingTree& tree = game.tree();
  for (const BettingNode& node : tree.nodes) {
    if (node.kind != NodeKind::decision) continue;
    for (std::uint32_t b = 0; b < shape.buckets[node.round]; ++b) {
      double* const row = made.data() + shape.region(node.round, node.player, b) + node.row;
      double total = 0;
      for (std::uint32_t a = 0; a < node.actions; ++a) {
        if (tree.actions[node.first + a].letter == letter) row[a] *= bias_factor;
        total += row[a];
      }
      for (std::uint32_t a = 0; a < node.actions; ++a)
        row[a] = total > 0 ? row[a] / total : 1.0 / node.actions;
    }
  }
  return made;
}

class Leaves {
 public:
  Leaves(const OneCardGame& game, const TableShape& shape, std::span<const double> strategy)
      : game_(game), shape_(shape) {
    for (std::size_t w = 0; w < ways; ++w)
      strategies_[w] = biased(game, shape, strategy, biased_letters[w]);
  }

  PerCard values(std::uint32_t node, int board, int player, const PerCard& other) {
    Leaf& leaf = at(node, board);
    const auto p = static_cast<std::size_t>(player);
    const auto cards = static_cast<std::size_t>(game_.cards());
    std::array<PerCard, ways> worth{};
    for (std::size_t j = 0; j < cards; ++j) {
      const auto theirs = chances(leaf.regrets[1 - p][j]);
      for (std::size_t mine = 0; mine < ways; ++mine)
        for (std::size_t w = 0; w < ways; ++w)
          for (std::size_t i = 0; i < cards; ++i)
            worth[mine][i] += other[j] * theirs[w] *
                              (p == 0 ? leaf.wins[mine][w][i][j] : -leaf.wins[w][mine][j][i]);
    }
    PerCard mean{};
    for (std::size_t i = 0; i < cards; ++i) {
      auto& regrets = leaf.regrets[p][i];
      const auto chosen = chances(regrets);
      for (std::size_t w = 0; w < ways; ++w) mean[i] += chosen[w] * worth[w][i];
      for (std::size_t w = 0; w < ways; ++w)
        regrets[w] = std::max(0.0, regrets[w] + worth[w][i] - mean[i]);
    }
    return mean;
  }

 private:
  static std::array<double, ways> chances(const std::array<double, ways>& regrets) {
    double total = 0;
    for (const double regret : regrets) total += regret;
    std::array<double, ways> chosen;
    for (std::size_t w = 0; w < ways; ++w) chosen[w] = total > 0 ? regrets[w] / total : 1.0 / ways;
    return chosen;
  }

  Leaf& at(std::uint32_t node, int board) {
    const auto [place, fresh] = leaves_.try_emplace({node, board});
    Leaf& leaf = place->second;
    for (std::size_t a = 0; a < ways && fresh; ++a)
      for (std::size_t b = 0; b < ways; ++b)
        for (int i = 0; i < game_.cards(); ++i)
          for (int j = 0; j < game_.cards(); ++j)
            if (i != j && i != board && j != board)
              leaf.wins[a][b][static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] =
                  wins({&strategies_[a], &strategies_[b]}, node, board, {i, j});
    return leaf;
  }

  /// What player 0 wins when these cards meet and both play on so.
  double wins(const std::array<const std::vector<double>*, 2>& strategies, std::uint32_t at,
              int board, const std::array<int, 2>& cards) const {
    const BettingNode& node = game_.tree().nodes[at];
    if (node.kind != NodeKind::decision) {
      const bool compared = node.kind == NodeKind::showdown;
      const std::uint32_t outcome = compared ? game_.outcome(cards[0], cards[1], board) : 1;
      return static_cast<double>(game_.tree().ends[node.first].value[0][outcome]);
    }
    const std::uint32_t bucket = game_.bucket(node.round, cards[node.player], board);
    const double* const row =
        strategies[node.player]->data() + shape_.region(node.round, node.player, bucket) + node.row;
    double sum = 0;
    for (std::uint32_t a = 0; a < node.actions; ++a)
      sum += row[a] * wins(strategies, node.first + a, board, cards);
    return sum;
  }

  const OneCardGame& game_;
  const TableShape& shape_;
  std::array<std::vector<double>, ways> strategies_;
  std::map<std::pair<std::uint32_t, int>, Leaf> leaves_;
};

}  // namespace
}  // namespace resolving

Result<std::vector<double>> resolve_first_round(const OneCardGame& game, const TableShape& shape,
                                                std::span<const double> strategy, int iterations) {
  if (auto fits = resolving::check(game, shape, strategy, iterations); !fits) return fits.error();
  resolving::Leaves leaves(game, shape, strategy);
  resolving::ResolveWalk walk(game, shape);
  walk.set_leaves([&](std::uint32_t node, int board, int player, const PerCard& other) {
    return leaves.values(node, board, player, other);
  });
  const OneCardRanges reach = reaches(game, shape, strategy, {});
  for (int t = 1; t <= iterations; ++t)
    for (const int player : {0, 1})
      static_cast<void>(walk.learn({}, player, reach[static_cast<std::size_t>(1 - player)], t));
  std::vector<double> resolved(strategy.begin(), strategy.end());
  for (const int player : {0, 1}) walk.write(player, resolved);
  return resolved;
}

}  // namespace weir::mccfr
