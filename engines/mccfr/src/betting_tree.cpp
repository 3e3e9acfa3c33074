#include <algorithm>
#include <weir/mccfr/betting_tree.hpp>

namespace weir::mccfr {
namespace {

constexpr std::uint32_t line_entries = 16;  // 32-bit entries of a cache line

}  // namespace

std::string BettingTree::letter(std::uint32_t child) const {
  const BetAction& action = actions[child];
  if (action.letter == 'r' && !fixed_bets) return "r" + std::to_string(action.total);
  return std::string(1, action.letter);
}

std::string BettingTree::betting(std::uint32_t node) const {
  std::vector<std::uint32_t> path;
  for (; node != 0; node = parents[node]) path.push_back(node);
  std::string text;
  for (auto step = path.rbegin(); step != path.rend(); ++step) {
    text += letter(*step);
    // A showdown before the last round deals what is missing: no betting follows, so no '/' does.
    if (nodes[*step].deals != 0 && nodes[*step].kind == NodeKind::decision) text += '/';
  }
  return text;
}

std::uint32_t BettingTree::find(const std::string& betting) const {
  const auto none = static_cast<std::uint32_t>(nodes.size());
  std::uint32_t node = 0;
  std::size_t at = 0;
  while (at < betting.size()) {
    if (nodes[node].kind != NodeKind::decision) return none;
    std::size_t end = at + 1;
    while (end < betting.size() && betting[end] >= '0' && betting[end] <= '9') ++end;
    const std::string word = betting.substr(at, end - at);
    std::uint32_t next = none;
    for (std::uint32_t a = 0; a < nodes[node].actions; ++a) {
      if (letter(nodes[node].first + a) == word) next = nodes[node].first + a;
    }
    if (next == none) return none;
    node = next;
    at = end;
    if (nodes[node].deals != 0 && nodes[node].kind == NodeKind::decision) {
      if (at >= betting.size() || betting[at] != '/') return none;
      ++at;
    }
  }
  return node;
}

std::size_t BettingTree::decisions() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(nodes.begin(), nodes.end(),
                    [](const BettingNode& n) { return n.kind == NodeKind::decision; }));
}

std::size_t BettingTree::bytes() const noexcept {
  return nodes.size() * sizeof(BettingNode) + actions.size() * sizeof(BetAction) +
         parents.size() * sizeof(std::uint32_t) + ends.size() * sizeof(End) +
         pots.size() * sizeof(Pots);
}

void BettingTree::place_rows() {
  region_entries = {};
  for (BettingNode& node : nodes) {
    if (node.kind != NodeKind::decision) continue;
    std::uint32_t& entries = region_entries[node.round][node.player];
    if (entries % line_entries + node.actions > line_entries && node.actions <= line_entries)
      entries = (entries + line_entries - 1) / line_entries * line_entries;
    node.row = entries;
    entries += node.actions;
  }
}

}  // namespace weir::mccfr
