#include <utility>
#include <weir/mccfr/tree_builder.hpp>

namespace weir::mccfr {
namespace {

using MenuActions = std::array<BetAction, actions_max>;

BettingState after(const BettingState& state, const BetAction& action) noexcept {
  BettingState next = state;
  next.apply(action);
  return next;
}

class TreeCounter {
 public:
  TreeCounter(const BetMenu& menu, std::uint64_t nodes_max) : menu_(menu), nodes_max_(nodes_max) {}

  /// False: there are too many.
  bool visit(const BettingState& state) {
    if (state.over()) {
      ++count_.ends;
      return count_.nodes() <= nodes_max_;
    }
    ++count_.decisions;
    MenuActions actions;
    const int n = menu_actions(state, menu_, actions);
    for (int a = 0; a < n; ++a)
      if (!visit(after(state, actions[static_cast<std::size_t>(a)]))) return false;
    return count_.nodes() <= nodes_max_;
  }
  const TreeCount& count() const noexcept { return count_; }

 private:
  const BetMenu& menu_;
  std::uint64_t nodes_max_;
  TreeCount count_;
};

class TreeBuilder {
 public:
  TreeBuilder(const BettingRules& rules, const BetMenu& menu, const TreeCount& count)
      : rules_(rules), menu_(menu) {
    tree_.players = rules.players;
    tree_.rounds = rules.rounds;
    tree_.fixed_bets = rules.betting == Betting::fixed;
    tree_.nodes.reserve(count.nodes());
    tree_.actions.reserve(count.nodes());
    tree_.parents.reserve(count.nodes());
    if (rules.players == 2) {
      tree_.ends.reserve(count.ends);
    } else {
      tree_.pots.reserve(count.ends);
    }
  }

  BettingTree build() {
    tree_.nodes.resize(1);
    tree_.actions.push_back({});
    tree_.parents.push_back(0);
    fill(0, BettingState(rules_));
    tree_.place_rows();
    return std::move(tree_);
  }

 private:
  void fill(std::uint32_t at, const BettingState& state) {
    if (state.over()) return end(at, state);
    MenuActions actions;
    const auto n = static_cast<std::uint32_t>(menu_actions(state, menu_, actions));
    const auto first = static_cast<std::uint32_t>(tree_.nodes.size());
    BettingNode& node = tree_.nodes[at];
    node.first = first;
    node.kind = NodeKind::decision;
    node.player = static_cast<std::uint8_t>(state.player());
    node.round = static_cast<std::uint8_t>(state.round());
    node.actions = static_cast<std::uint8_t>(n);
    tree_.nodes.resize(first + n);
    tree_.parents.resize(first + n, at);
    tree_.actions.insert(tree_.actions.end(), actions.begin(), actions.begin() + n);
    for (std::uint32_t a = 0; a < n; ++a) {
      const BettingState next = after(state, actions[a]);
      // All-in and called before the last round: the rest of the board is dealt at once.
      const bool run_out = next.kind() == NodeKind::showdown && state.round() + 1 < rules_.rounds;
      tree_.nodes[first + a].deals = next.round() != state.round() || run_out ? 1 : 0;
      fill(first + a, next);
    }
  }

  void end(std::uint32_t at, const BettingState& state) {
    BettingNode& node = tree_.nodes[at];
    node.kind = state.kind();
    node.round = static_cast<std::uint8_t>(state.round());
    if (rules_.players > 2) {
      node.first = static_cast<std::uint32_t>(tree_.pots.size());
      Pots pots;
      for (int p = 0; p < rules_.players; ++p) pots.put[static_cast<std::size_t>(p)] = state.put(p);
      pots.folded = state.folded_seats();
      tree_.pots.push_back(pots);
      return;
    }
    node.first = static_cast<std::uint32_t>(tree_.ends.size());
    End end;
    for (std::uint32_t outcome = 0; outcome < 3; ++outcome) {
      const std::array<std::uint32_t, 2> ranks = {outcome, 2 - outcome};
      const Settlement settled = state.settle(ranks);
      for (std::size_t p = 0; p < 2; ++p)
        end.value[p][outcome] = static_cast<float>(settled.net[p]);
    }
    tree_.ends.push_back(end);
  }

  const BettingRules& rules_;
  const BetMenu& menu_;
  BettingTree tree_;
};

}  // namespace

Result<TreeCount> count_tree(const BettingRules& rules, const BetMenu& menu,
                             const TreeLimits& limits) {
  if (auto valid = validate(rules); !valid) return valid.error();
  if (auto valid = validate(menu, rules); !valid) return valid.error();
  TreeCounter counter(menu, limits.nodes_max);
  if (counter.visit(BettingState(rules))) return counter.count();
  return Error{"too_large",
               "the tree has more than " + std::to_string(limits.nodes_max) +
                   " nodes; take fewer bet sizes, a cap of raises, or smaller stacks",
               "tree"};
}

Result<BettingTree> build_tree(const BettingRules& rules, const BetMenu& menu,
                               const TreeLimits& limits) {
  auto count = count_tree(rules, menu, limits);
  if (!count) return count.error();
  return TreeBuilder(rules, menu, count.value()).build();
}

}  // namespace weir::mccfr
