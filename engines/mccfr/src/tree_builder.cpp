#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <weir/mccfr/tree_builder.hpp>

namespace weir::mccfr {
namespace {

constexpr int tree_depth_max = 1000;  // actions of a hand: bounds the stack that counting takes

BettingState state_after(const BettingRules& rules, std::span<const BetAction> done) {
  BettingState state(rules);
  for (const BetAction& action : done) state.apply(action);
  return state;
}

/// Counts the whole tree without keeping it. What follows a round depends on little of what was bet before, so that it
/// is walked once for all that come to the same.
class TreeCounter {
 public:
  TreeCounter(const BettingRules& rules, const BetMenu& menu, const TreeLimits& limits)
      : rules_(rules), menu_(menu), limits_(limits) {}

  Result<TreeCounts> run(const BettingState& root) {
    if (root.over()) {
      return Error{"bad_rules", "blinds and antes leave nothing to decide", "stacks"};
    }
    visit(root, 0);
    if (too_deep_) {
      return Error{
          "too_large",
          "a hand has more than " + std::to_string(tree_depth_max) +
              " actions: bound the raises a round (raises_max), or leave out the least raise",
          "menu"};
    }
    if (full_) return too_large();
    counts_.bytes = bytes(counts_.nodes, counts_.ends);
    return counts_;
  }

 private:
  std::uint64_t bytes(std::uint64_t nodes, std::uint64_t ends) const noexcept {
    const std::uint64_t end = rules_.players == 2 ? sizeof(End) : sizeof(Pots);
    return nodes * (sizeof(BettingNode) + sizeof(BetAction) + sizeof(std::uint32_t)) + ends * end;
  }

  /// What tells apart states in which a round begins: chips of each seat, then round, level, folds and initiative.
  using Beginning = std::array<std::int32_t, players_max + 4>;
  struct Below {
    TreeCounts counts;
    int height = 0;  // actions down to the last decision
  };

  static Beginning beginning_of(const BettingState& state) noexcept {
    Beginning key{};
    for (int p = 0; p < state.rules().players; ++p) key[static_cast<std::size_t>(p)] = state.put(p);
    key[players_max] = state.round();
    key[players_max + 1] = state.level();
    key[players_max + 2] = state.folded_seats();
    key[players_max + 3] = state.initiative();
    return key;
  }

  void begin_round(const BettingState& state, int depth) {
    const Beginning key = beginning_of(state);
    const auto known = known_.find(key);
    if (known != known_.end()) {
      add(known->second.counts);
      deepest_ = std::max(deepest_, depth + known->second.height);
      check_limits();
      return;
    }
    const TreeCounts before = std::exchange(counts_, {});
    const int deepest = std::exchange(deepest_, depth);
    before_nodes_ += before.nodes;
    before_ends_ += before.ends;
    visit(state, depth);
    before_nodes_ -= before.nodes;
    before_ends_ -= before.ends;
    if (!full_ && !too_deep_) known_.emplace(key, Below{counts_, deepest_ - depth});
    add(before);
    deepest_ = std::max(deepest_, deepest);
  }

  void add(const TreeCounts& more) noexcept {
    counts_.nodes += more.nodes;
    counts_.ends += more.ends;
    for (std::size_t r = 0; r < rounds_max; ++r) {
      counts_.by_round[r] += more.by_round[r];
      for (std::size_t p = 0; p < players_max; ++p) {
        counts_.decisions[r][p] += more.decisions[r][p];
        counts_.entries[r][p] += more.entries[r][p];
      }
    }
  }

  void check_limits() noexcept {
    full_ = full_ || before_nodes_ + counts_.nodes > limits_.nodes_max ||
            bytes(before_nodes_ + counts_.nodes, before_ends_ + counts_.ends) > limits_.bytes_max;
    too_deep_ = too_deep_ || deepest_ >= tree_depth_max;
  }

  void visit(const BettingState& state, int depth) {
    ++counts_.nodes;
    const auto round = static_cast<std::size_t>(state.round());
    ++counts_.by_round[round];
    if (state.over()) ++counts_.ends;
    if (!state.over()) deepest_ = std::max(deepest_, depth);
    check_limits();
    if (state.over()) return;
    std::array<BetAction, actions_max> actions;
    const int count = menu_actions(state, menu_, actions);
    const auto player = static_cast<std::size_t>(state.player());
    ++counts_.decisions[round][player];
    counts_.entries[round][player] += static_cast<std::uint64_t>(count);
    widest_[round] = std::max(widest_[round], count);
    for (int a = 0; a < count && !too_deep_ && !full_; ++a) {
      BettingState next = state;
      next.apply(actions[static_cast<std::size_t>(a)]);
      if (!next.over() && next.round() != state.round()) {
        begin_round(next, depth + 1);
      } else {
        visit(next, depth + 1);
      }
    }
  }

  /// Sizes of an early round multiply all later ones, so the first of the widest rounds is named.
  Error too_large() const {
    const auto widest = std::max_element(widest_.begin(), widest_.end());
    const auto cut = static_cast<int>(widest - widest_.begin());
    const bool by_nodes = counts_.nodes > limits_.nodes_max;
    std::string what = "the tree has more than ";
    what += by_nodes ? std::to_string(limits_.nodes_max) + " nodes"
                     : std::to_string(limits_.bytes_max) + " bytes";
    what += "; round " + std::to_string(cut) + " offers up to " + std::to_string(*widest) +
            " actions at a node: take sizes from its menu, or bound its raises (raises_max)";
    return {"too_large", std::move(what), "menu.sizes[" + std::to_string(cut) + "]"};
  }

  const BettingRules& rules_;
  const BetMenu& menu_;
  const TreeLimits& limits_;
  TreeCounts counts_;                                 // of the round's beginning under way
  std::uint64_t before_nodes_ = 0, before_ends_ = 0;  // of those above it
  int deepest_ = 0;                                   // of decisions, actions from the root
  std::map<Beginning, Below> known_;
  std::array<int, rounds_max> widest_{};
  bool too_deep_ = false;
  bool full_ = false;
};

class TreeMaker {
 public:
  TreeMaker(const BettingRules& rules, const BetMenu& menu, const TreeCounts& counts)
      : rules_(rules), menu_(menu) {
    tree_.players = rules.players;
    tree_.rounds = rules.rounds;
    tree_.fixed_bets = rules.betting == Betting::fixed;
    tree_.nodes.reserve(counts.nodes);
    tree_.actions.reserve(counts.nodes);
    tree_.parents.reserve(counts.nodes);
    if (rules.players == 2) {
      tree_.ends.reserve(counts.ends);
    } else {
      tree_.pots.reserve(counts.ends);
    }
  }

  BettingTree run(const BettingState& root) && {
    add(root, {}, 0, false);
    build_block({0, root});
    tree_.place_rows();
    return std::move(tree_);
  }

 private:
  struct Place {
    std::uint32_t node = 0;
    BettingState state;
  };

  /// The nodes of one round from its beginning, breadth first, then the rounds that follow.
  void build_block(const Place& root) {
    std::vector<Place> level{root};
    std::vector<Place> below;
    std::vector<Place> next_rounds;
    while (!level.empty()) {
      below.clear();
      for (const Place& place : level) add_children(place, below, next_rounds);
      level.swap(below);
    }
    for (const Place& place : next_rounds) build_block(place);
  }

  void add_children(const Place& place, std::vector<Place>& same, std::vector<Place>& next_rounds) {
    std::array<BetAction, actions_max> actions;
    const int count = menu_actions(place.state, menu_, actions);
    tree_.nodes[place.node].first = static_cast<std::uint32_t>(tree_.nodes.size());
    tree_.nodes[place.node].actions = static_cast<std::uint8_t>(count);
    for (int a = 0; a < count; ++a) {
      const BetAction& action = actions[static_cast<std::size_t>(a)];
      Place child{static_cast<std::uint32_t>(tree_.nodes.size()), place.state};
      child.state.apply(action);
      const bool next_round = child.state.round() != place.state.round();
      const bool run_out =
          child.state.kind() == NodeKind::showdown && child.state.round() + 1 < rules_.rounds;
      add(child.state, action, place.node, next_round || run_out);
      if (!child.state.over()) (next_round ? next_rounds : same).push_back(child);
    }
  }

  void add(const BettingState& state, const BetAction& action, std::uint32_t parent, bool deals) {
    BettingNode node;
    node.kind = state.kind();
    node.round = static_cast<std::uint8_t>(state.round());
    node.deals = deals ? 1 : 0;
    if (!state.over()) {
      node.player = static_cast<std::uint8_t>(state.player());
    } else if (rules_.players == 2) {
      node.first = static_cast<std::uint32_t>(tree_.ends.size());
      tree_.ends.push_back(end_of(state));
    } else {
      node.first = static_cast<std::uint32_t>(tree_.pots.size());
      Pots pots;
      for (int p = 0; p < rules_.players; ++p) pots.put[static_cast<std::size_t>(p)] = state.put(p);
      pots.folded = state.folded_seats();
      tree_.pots.push_back(pots);
    }
    tree_.nodes.push_back(node);
    tree_.actions.push_back(action);
    tree_.parents.push_back(parent);
  }

  static End end_of(const BettingState& state) {
    constexpr std::uint32_t ranks[3][2] = {{0, 1}, {0, 0}, {1, 0}};  // player 0 loses, ties, wins
    End end;
    for (std::size_t outcome = 0; outcome < 3; ++outcome) {
      const Settlement result = state.settle(ranks[outcome]);
      for (std::size_t p = 0; p < 2; ++p) {
        end.value[p][outcome] = static_cast<float>(result.net[p]);
      }
    }
    return end;
  }

  const BettingRules& rules_;
  const BetMenu& menu_;
  BettingTree tree_;
};

Result<Done> check_inputs(const BettingRules& rules, const BetMenu& menu) {
  Result<Done> valid = validate(rules);
  return valid ? validate(menu, rules) : valid;
}

}  // namespace

Result<TreeCounts> count_tree(const BettingRules& rules, const BetMenu& menu,
                              const TreeLimits& limits, std::span<const BetAction> done) {
  const Result<Done> valid = check_inputs(rules, menu);
  if (!valid) return valid.error();
  // Nodes are numbered in 32 bits.
  const TreeLimits bounded{std::min<std::uint64_t>(limits.nodes_max, 0xffff'ffff),
                           limits.bytes_max};
  return TreeCounter(rules, menu, bounded).run(state_after(rules, done));
}

Result<BettingTree> build_tree(const BettingRules& rules, const BetMenu& menu,
                               const TreeLimits& limits, std::span<const BetAction> done) {
  const Result<TreeCounts> counts = count_tree(rules, menu, limits, done);
  if (!counts) return counts.error();
  return TreeMaker(rules, menu, counts.value()).run(state_after(rules, done));
}

}  // namespace weir::mccfr
