// tree_builder.hpp: the tree of all betting under a menu.
//
// Shape:  children of a node side by side, what follows the first child before what follows the second; rows placed.
// Roles:  pure, any thread.
// Errors: those of validate() of rules and menu; too_large, with what to cut. Nothing is allocated before the tree was
//         counted.
// Cost:   about 60 ns a node (counting and building).
#pragma once

#include <cstdint>
#include <weir/mccfr/bet_menu.hpp>
#include <weir/mccfr/betting_tree.hpp>

namespace weir::mccfr {

struct TreeLimits {
  std::uint64_t nodes_max = 100'000'000;
};

struct TreeCount {
  std::uint64_t decisions = 0;
  std::uint64_t ends = 0;
  std::uint64_t nodes() const noexcept { return decisions + ends; }
};

/// Counts without building; stops beyond `limits`, and then says too_large.
Result<TreeCount> count_tree(const BettingRules& rules, const BetMenu& menu,
                             const TreeLimits& limits = {});
Result<BettingTree> build_tree(const BettingRules& rules, const BetMenu& menu,
                               const TreeLimits& limits = {});

}  // namespace weir::mccfr
