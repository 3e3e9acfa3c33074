#include "subgame_streets.hpp"

#include <algorithm>
#include <iterator>
#include <weir/mccfr/tree_builder.hpp>
#include <weir/terminal.hpp>

namespace weir::mccfr::subgame {
namespace {

// Of a batch of the last street: rows of some hundred hands, so that a batch stays within a core's cache.
constexpr std::uint32_t batch_nodes = 96;

class StreetMaker {
 public:
  StreetMaker(Streets& made, const Subgame& subgame)
      : made_(made), tree_(made.tree), subgame_(subgame) {}

  void run() {
    put_.resize(tree_.nodes.size());
    put_[0] = at_root();
    for (std::uint32_t node = 1; node < tree_.nodes.size(); ++node)
      put_[node] = after(tree_.parents[node], node);
    const auto last = static_cast<std::size_t>(subgame_.streets() - 1);
    made_.streets.resize(last + 1);
    std::vector<std::uint32_t> roots{0};
    for (std::size_t s = 0; s <= last; ++s) roots = add_street(s, roots, s == last);
  }

 private:
  using Put = std::array<Chips, 2>;  // since the street of the root began

  Put at_root() const {
    const BettingRules rules = subgame_.rules();
    BettingState state(rules);
    for (const BetAction& action : subgame_.done) state.apply(action);
    return {state.put(0) - subgame_.ante(0), state.put(1) - subgame_.ante(1)};
  }

  Put after(std::uint32_t parent, std::uint32_t node) const {
    Put put = put_[parent];
    const std::size_t who = tree_.nodes[parent].player;
    const BetAction& action = tree_.actions[node];
    if (action.letter == 'c') put[who] = std::max(put[0], put[1]);
    if (action.letter == 'r') put[who] = action.total - subgame_.ante(static_cast<int>(who));
    return put;
  }

  /// Returns the roots of the next street, nodes of the tree.
  std::vector<std::uint32_t> add_street(std::size_t s, const std::vector<std::uint32_t>& roots,
                                        bool last) {
    Street& street = made_.streets[s];
    std::vector<std::uint32_t> next;
    for (const std::uint32_t root : roots) {
      const auto nodes = static_cast<std::uint32_t>(street.nodes.size());
      if (street.batches.empty() ||
          (last && nodes - street.batches.back().first_node >= batch_nodes)) {
        Batch batch;
        batch.first_node = nodes;
        batch.first_root = static_cast<std::uint32_t>(street.roots.size());
        street.batches.push_back(std::move(batch));
      }
      street.roots.push_back(nodes);
      add_root(street, s, root, last, next);
      street.batches.back().last_node = static_cast<std::uint32_t>(street.nodes.size());
      street.batches.back().last_root = static_cast<std::uint32_t>(street.roots.size());
    }
    for (Batch& batch : street.batches) place_rows(street, batch);
    return next;
  }

  void add_root(Street& street, std::size_t s, std::uint32_t root, bool last,
                std::vector<std::uint32_t>& next) {
    std::size_t at = street.nodes.size();
    add_node(street, s, root, last, next);
    for (; at < street.nodes.size(); ++at) {
      if (street.nodes[at].step != Step::decision) continue;
      const BettingNode& source = tree_.nodes[street.nodes[at].source];
      street.nodes[at].first = static_cast<std::uint32_t>(street.nodes.size());
      for (std::uint32_t a = 0; a < source.actions; ++a)
        add_node(street, s, source.first + a, last, next);
    }
  }

  void add_node(Street& street, std::size_t s, std::uint32_t source, bool last,
                std::vector<std::uint32_t>& next) {
    const BettingNode& from = tree_.nodes[source];
    StreetNode node;
    node.source = source;
    if (from.kind == NodeKind::fold) {
      node.step = Step::fold;
    } else if (from.kind == NodeKind::showdown) {
      node.step = last ? Step::showdown : Step::deal;
    } else {
      node.step = from.round == s ? Step::decision : Step::deal;
    }
    const auto index = static_cast<std::uint32_t>(street.nodes.size());
    switch (node.step) {
      case Step::decision:
        node.player = from.player;
        node.actions = from.actions;
        node.row = street.rows[from.player];
        street.rows[from.player] += from.actions;
        break;
      case Step::deal:
        node.first = static_cast<std::uint32_t>(next.size());
        next.push_back(source);
        break;
      default:
        node.first = static_cast<std::uint32_t>(street.ends.size());
        street.ends.push_back(ends(source));
        auto& list =
            node.step == Step::fold ? street.batches.back().folds : street.batches.back().showdowns;
        list.push_back(index);
    }
    street.nodes.push_back(node);
  }

  EndValues ends(std::uint32_t source) const {
    const Put& put = put_[source];
    const double half = subgame_.pot / 2.0;
    const double called = std::min(put[0], put[1]);
    double rake = (subgame_.pot + 2 * called) * subgame_.rake_percent / 100;
    if (subgame_.rake_cap > 0) rake = std::min(rake, subgame_.rake_cap);
    const double lost = -half - called;
    const double won = half + called - rake;
    EndValues values;
    if (tree_.nodes[source].kind == NodeKind::fold) {
      const std::size_t folded = tree_.nodes[tree_.parents[source]].player;
      values.of[folded].fill(static_cast<float>(lost));
      values.of[1 - folded].fill(static_cast<float>(won));
    } else {
      values.of.fill(
          {static_cast<float>(lost), static_cast<float>(-rake / 2), static_cast<float>(won)});
    }
    return values;
  }

  /// Rows of reach: the roots' first, then those of each node where the other player acts.
  static void place_rows(Street& street, Batch& batch) {
    for (std::size_t walker = 0; walker < 2; ++walker) {
      std::uint32_t rows = 0;
      for (std::uint32_t root = batch.first_root; root < batch.last_root; ++root)
        street.nodes[street.roots[root]].reach[walker] = rows++;
      for (std::uint32_t n = batch.first_node; n < batch.last_node; ++n) {
        const StreetNode& node = street.nodes[n];
        if (node.step != Step::decision) continue;
        for (std::uint32_t a = 0; a < node.actions; ++a)
          street.nodes[node.first + a].reach[walker] =
              node.player == walker ? node.reach[walker] : rows++;
      }
      batch.reach_rows[walker] = rows;
      street.reach_rows_max = std::max(street.reach_rows_max, rows);
    }
    street.nodes_max = std::max(street.nodes_max, batch.last_node - batch.first_node);
  }

  Streets& made_;
  const BettingTree& tree_;
  const Subgame& subgame_;
  std::vector<Put> put_;
};

Error history_error(const std::string& what, std::size_t at) {
  return {"", what, "column " + std::to_string(at + 1)};
}

std::string tree_action_text(const BettingTree& tree, const Subgame& subgame, std::uint32_t child) {
  const BetAction& action = tree.actions[child];
  if (action.letter != 'r') return std::string(1, action.letter);
  return "r" + std::to_string(action.total - subgame.ante(tree.nodes[tree.parents[child]].player));
}

}  // namespace

const char* street_name(std::size_t streets, std::size_t after) noexcept {
  constexpr const char* names[] = {"flop", "turn", "river"};
  return names[std::size(names) - streets + after];
}

Result<Streets> Streets::make(const Subgame& subgame, std::uint64_t nodes_max) {
  TreeLimits limits;
  limits.nodes_max = nodes_max;
  Result<BettingTree> tree = build_tree(subgame.rules(), subgame.menu, limits, subgame.done);
  if (!tree) {
    Error error = tree.error();  // a menu's rounds, in the subgame's own words
    const auto streets = static_cast<std::size_t>(subgame.streets());
    for (std::size_t s = 0; s < streets; ++s)
      if (error.where == "menu.sizes[" + std::to_string(s) + "]")
        error.where = std::string("bets.") + street_name(streets, s);
    return error;
  }
  Streets made;
  made.tree = std::move(tree).value();
  StreetMaker(made, subgame).run();
  return made;
}

std::size_t Streets::bytes() const noexcept {
  std::size_t sum = tree.bytes();
  for (const Street& street : streets)
    sum += street.nodes.size() * sizeof(StreetNode) + street.ends.size() * sizeof(EndValues);
  return sum;
}

Result<Place> find_history(const Streets& streets, const Subgame& subgame,
                           const std::string& history) {
  Place place;
  CardSet seen = set_of(subgame.board);
  for (std::size_t at = 0; at < history.size();) {
    const Street& street = streets.streets[place.street];
    const StreetNode& node = street.nodes[place.node];
    if (node.step == Step::deal) {
      const std::size_t end = history.find('/', at + 1);
      if (history[at] != '/' || end == std::string::npos)
        return history_error("a card is dealt here: \"/7h/\", or \"//\" for any", at);
      if (end > at + 1) {
        const Result<Card> card =
            parse_card(std::string_view(history).substr(at + 1, end - at - 1));
        if (!card) return history_error(card.error().what, at + 1);
        if (has(seen, card.value()))
          return history_error("this card is on the board already", at + 1);
        seen |= set_of(card.value());
        place.dealt[place.street] = card.value();
      }
      place.node = streets.streets[++place.street].roots[node.first];
      at = end + 1;
      continue;
    }
    std::size_t end = at + 1;
    while (end < history.size() && history[end] >= '0' && history[end] <= '9') ++end;
    const std::string word = history.substr(at, end - at);
    std::vector<std::string> known;
    std::size_t found = node.actions;
    for (std::size_t a = 0; a < node.actions; ++a) {
      known.push_back(action_text(streets, subgame, node, a));
      if (known.back() == word) found = a;
    }
    if (known.empty()) return history_error("the hand is over before \"" + word + "\"", at);
    if (found == node.actions)
      return history_error(
          "\"" + word + "\" is no action here; the nearest is " + nearest_word(word, known), at);
    place.node = node.first + static_cast<std::uint32_t>(found);
    at = end;
  }
  const StreetNode& node = streets.streets[place.street].nodes[place.node];
  if (node.step == Step::deal)
    return history_error("a card is dealt after it: end it with \"/7h/\", or with \"//\" for any",
                         history.size());
  if (node.step != Step::decision)
    return history_error("the hand is over after it", history.size());
  return place;
}

std::string history_text(const Streets& streets, const Subgame& subgame, std::uint32_t source,
                         const std::array<Card, 2>& dealt) {
  const BettingTree& tree = streets.tree;
  std::vector<std::uint32_t> path;
  for (; source != 0; source = tree.parents[source]) path.push_back(source);
  std::string text;
  std::size_t deals = 0;
  for (auto step = path.rbegin(); step != path.rend(); ++step) {
    text += tree_action_text(tree, subgame, *step);
    if (tree.nodes[*step].deals == 0 || tree.nodes[*step].kind != NodeKind::decision) continue;
    text += "/" + card_text(dealt[deals++]) + "/";
  }
  return text;
}

std::string action_text(const Streets& streets, const Subgame& subgame, const StreetNode& node,
                        std::size_t action) {
  const std::uint32_t first = streets.tree.nodes[node.source].first;
  return tree_action_text(streets.tree, subgame, first + static_cast<std::uint32_t>(action));
}

}  // namespace weir::mccfr::subgame
