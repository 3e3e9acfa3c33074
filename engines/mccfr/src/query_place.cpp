#include "query_place.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <weir/mccfr/betting_state.hpp>
#include <weir/terminal.hpp>

namespace weir::mccfr {
namespace {

constexpr std::size_t compared_max = 100'000;

QueryPlace place_of_node(const BettingTree& tree, std::uint32_t node) {
  const BettingNode& n = tree.nodes[node];
  QueryPlace place{n.round, tree.betting(node), {}, node, {}};
  for (std::uint32_t a = 0; a < n.actions; ++a) place.letters.push_back(tree.letter(n.first + a));
  return place;
}

/// A state of betting without a tree, and how it was come to.
struct RuleStep {
  explicit RuleStep(const BettingRules& rules) : state(rules), text(rules) {}
  BettingState state;
  BettingText text;
  std::vector<std::uint8_t> path;
};

std::vector<RuleStep> steps_from(const MultiwayGame& game, const RuleStep& from) {
  std::array<BetAction, actions_max> list;
  const int count = game.actions(from.state, static_cast<int>(from.path.size()), list);
  std::vector<RuleStep> steps;
  for (int a = 0; a < count; ++a) {
    RuleStep next = from;
    next.state.apply(list[static_cast<std::size_t>(a)]);
    next.text.add(list[static_cast<std::size_t>(a)], from.state.round(), next.state);
    next.path.push_back(static_cast<std::uint8_t>(a));
    if (!next.state.over()) steps.push_back(std::move(next));
  }
  return steps;
}

QueryPlace place_of_step(const MultiwayGame& game, const RuleStep& step) {
  std::array<BetAction, actions_max> list;
  const int count = game.actions(step.state, static_cast<int>(step.path.size()), list);
  QueryPlace place{step.state.round(), step.text.text(), {}, 0, step.path};
  for (int a = 0; a < count; ++a)
    place.letters.push_back(BettingText::letter(game.rules(), list[static_cast<std::size_t>(a)]));
  return place;
}

/// As far as `betting` can be followed.
RuleStep followed(const MultiwayGame& game, const std::string& betting) {
  RuleStep here(game.rules());
  while (here.text.text() != betting) {
    std::optional<RuleStep> next;
    for (RuleStep& step : steps_from(game, here)) {
      const std::string& text = step.text.text();
      // "r3" begins "r30" as well: what follows must be another action.
      const bool whole = text.size() >= betting.size() || text.back() == '/' ||
                         betting[text.size()] < '0' || betting[text.size()] > '9';
      if (betting.starts_with(text) && whole) next = std::move(step);
    }
    if (!next) break;
    here = std::move(*next);
  }
  return here;
}

QueryPlace nearest_in_tree(const BettingTree& tree, const std::string& betting) {
  std::uint32_t nearest = 0;
  std::size_t least = std::numeric_limits<std::size_t>::max(), compared = 0;
  for (std::uint32_t n = 0; n < tree.nodes.size() && compared < compared_max; ++n) {
    if (tree.nodes[n].kind != NodeKind::decision) continue;
    ++compared;
    const std::string text = tree.betting(n);
    // Of two as near the one that goes on where the asked one ends.
    const std::size_t distance =
        2 * edit_distance(betting, text) + (text.starts_with(betting) ? 0U : 1U);
    if (distance >= least) continue;
    least = distance;
    nearest = n;
  }
  return place_of_node(tree, nearest);
}

}  // namespace

std::optional<QueryPlace> find_place(const TrainingGame& game, const std::string& betting) {
  if (const MultiwayGame* const rules = game.multiway()) {
    const RuleStep step = followed(*rules, betting);
    if (step.text.text() != betting) return std::nullopt;
    return place_of_step(*rules, step);
  }
  const BettingTree& tree = game.tree();
  const std::uint32_t node = tree.find(betting);
  if (node >= tree.nodes.size() || tree.nodes[node].kind != NodeKind::decision) return std::nullopt;
  return place_of_node(tree, node);
}

QueryPlace nearest_place(const TrainingGame& game, const std::string& betting) {
  const MultiwayGame* const rules = game.multiway();
  if (rules == nullptr) return nearest_in_tree(game.tree(), betting);
  const RuleStep known = followed(*rules, betting);
  RuleStep nearest = known;
  std::size_t least = edit_distance(betting, known.text.text());
  for (RuleStep& step : steps_from(*rules, known)) {
    const std::size_t distance = edit_distance(betting, step.text.text());
    if (distance >= least) continue;
    least = distance;
    nearest = std::move(step);
  }
  return place_of_step(*rules, nearest);
}

std::string key_at(const TrainingGame& game, const QueryPlace& place, std::uint32_t bucket) {
  if (const MultiwayGame* const rules = game.multiway())
    return rules->private_key(place.round, bucket) + place.betting;
  return game.key(place.node, bucket);
}

}  // namespace weir::mccfr
