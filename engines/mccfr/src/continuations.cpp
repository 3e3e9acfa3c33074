#include "continuations.hpp"

#include <algorithm>
#include <weir/mccfr/strategy.hpp>
#include <weir/task.hpp>

namespace weir::mccfr::subgame {

EndValues end_values(const BettingState& state) noexcept {
  EndValues values;
  for (std::uint32_t outcome = 0; outcome < 3; ++outcome) {
    const std::array<std::uint32_t, 2> ranks{outcome, 1};  // of player 0: worse, equal, better
    const Settlement end = state.settle(ranks);
    values.of[0][outcome] = static_cast<float>(end.net[0]);
    values.of[1][2 - outcome] = static_cast<float>(end.net[1]);
  }
  return values;
}

/// Makes the node an end where the hand is over, or the tree cannot go on with it. False: it is a decision.
bool Continuations::settle(PlayNode& node, BettingState state, const TreePosition& position) {
  if (!state.over()) {
    const bool inside = position.inside() && position.node().player == state.player() &&
                        position.node().round == state.round();
    if (inside) return false;
    while (!state.over()) state.apply({'c', 0});
  }
  node.step = state.kind() == NodeKind::fold ? Step::fold : Step::showdown;
  node.first = static_cast<std::uint32_t>(ends_.size());
  ends_.push_back(end_values(state));
  return true;
}

bool Continuations::add(const BettingState& state, const TreePosition& position,
                        std::size_t nodes_max) {
  PlayLeaf leaf;
  leaf.first_node = static_cast<std::uint32_t>(nodes_.size());
  nodes_.emplace_back();
  std::vector<Open> open{{leaf.first_node, state, position}};
  for (std::size_t next = 0; next < open.size(); ++next) {
    const Open here = open[next];
    PlayNode node = nodes_[here.node];
    if (settle(node, here.state, here.position)) {
      nodes_[here.node] = node;
      continue;
    }
    const BettingNode& from = here.position.node();
    const auto player = static_cast<std::size_t>(from.player);
    node.player = from.player;
    node.round = from.round;
    node.actions = from.actions;
    node.source = here.position.at();
    node.folds = here.position.action(0).letter == 'f';
    node.first = static_cast<std::uint32_t>(nodes_.size());
    node.row = static_cast<std::uint32_t>(rows_[player]);
    node.table = static_cast<std::uint32_t>(table_);
    rows_[player] += node.actions;
    table_ += node.actions * buckets(node.round);
    if (nodes_.size() + node.actions > nodes_max) return false;
    nodes_[here.node] = node;
    for (std::size_t a = 0; a < node.actions; ++a) {
      Open child{static_cast<std::uint32_t>(nodes_.size()), here.state, here.position};
      child.state.apply(here.position.real(here.state, a));
      child.position.enter(a);
      nodes_.emplace_back();
      open.push_back(child);
    }
  }
  leaf.last_node = static_cast<std::uint32_t>(nodes_.size());
  leaves_.push_back(leaf);
  place_rows(leaf);
  return true;
}

void Continuations::place_rows(const PlayLeaf& leaf) {
  for (std::size_t walker = 0; walker < 2; ++walker) {
    std::uint32_t rows = 1;  // the first: the leaf's own
    for (std::uint32_t n = leaf.first_node; n < leaf.last_node; ++n) {
      PlayNode& node = nodes_[n];
      if (node.step != Step::decision) continue;
      for (std::uint32_t a = 0; a < node.actions; ++a) {
        PlayNode& child = nodes_[node.first + a];
        child.reach[walker] = node.player == walker ? node.reach[walker] : rows++;
        if (child.step != Step::decision) node.flat |= 1u << a;
      }
    }
    reach_rows_max_ = std::max<std::size_t>(reach_rows_max_, rows);
  }
  nodes_max_ = std::max<std::size_t>(nodes_max_, leaf.last_node - leaf.first_node);
}

void Continuations::read() {
  strategies_.resize(table_);
  parallel_for(0, nodes_.size(), 32, [&](std::size_t n) {
    if (nodes_[n].step == Step::decision) read_node(nodes_[n]);
  });
}

void Continuations::read_node(const PlayNode& node) {
  const TableShape& shape = *blueprint_.shape;
  const std::uint32_t row = blueprint_.game->tree().nodes[node.source].row;
  const std::size_t count = buckets(node.round);
  float* const to = strategies_.data() + node.table;
  double chances[actions_max];
  for (std::size_t b = 0; b < count; ++b) {
    average_strategy(blueprint_.sums +
                         shape.region(node.round, node.player, static_cast<std::uint32_t>(b)) + row,
                     node.actions, chances);
    for (std::size_t a = 0; a < node.actions; ++a)
      to[a * count + b] = static_cast<float>(chances[a]);
  }
}

}  // namespace weir::mccfr::subgame
