// tree_builder.hpp: a BettingTree from rules and a menu; counted first, so that bytes are known before.
//
//   blocks:  [a round's nodes, breadth first][the round after its first end][...]   depth first
//
// Shape: children of a node lie side by side, those of siblings one after the other; a round that
//        begins at a node lies together. Nodes with nothing to decide but a check come of menus alone
//        (no bets for a player), never of rules.
// Errors: bad_rules, bad_menu; too_large with what to cut.
// Memory: counting takes the depth of the tree, building the tree's bytes and a round's states.
// Cost: 35 to 50 ns a node for counting, 180 to 500 more for building into fresh memory (307,250
//       nodes, AMD EPYC, g++ 12 -O3, busy machine).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <weir/mccfr/bet_menu.hpp>
#include <weir/mccfr/betting_tree.hpp>
#include <weir/result.hpp>

namespace weir::mccfr {

struct TreeLimits {
  std::uint64_t nodes_max = 100'000'000;
  std::uint64_t bytes_max = std::uint64_t{8} << 30;
};

struct TreeCounts {
  std::uint64_t nodes = 0;
  std::uint64_t ends = 0;                            // of nodes: folds and showdowns
  std::uint64_t bytes = 0;                           // of the tree: BettingTree::bytes()
  std::array<std::uint64_t, rounds_max> by_round{};  // nodes
  std::array<std::array<std::uint64_t, players_max>, rounds_max> decisions{};  // [round][player]
  std::array<std::array<std::uint64_t, players_max>, rounds_max>
      entries{};  // of one region, lines not filled up
};

/// The menu plays no part in fixed limit. `done`: what was bet before the root, legal and within the first round.
Result<TreeCounts> count_tree(const BettingRules& rules, const BetMenu& menu,
                              const TreeLimits& limits = {}, std::span<const BetAction> done = {});
Result<BettingTree> build_tree(const BettingRules& rules, const BetMenu& menu,
                               const TreeLimits& limits = {}, std::span<const BetAction> done = {});

}  // namespace weir::mccfr
