#include <algorithm>
#include <vector>
#include <weir/mccfr/acpc.hpp>
#include <weir/mccfr/tree_builder.hpp>

#include "betting_play.hpp"

using namespace betting_test;

namespace {

BettingTree built(const BettingRules& rules, const BetMenu& menu = pot_menu()) {
  auto tree = build_tree(rules, menu);
  REQUIRE_MESSAGE(tree.ok(), (tree ? "" : tree.error().text()));
  return std::move(tree).value();
}

std::size_t ends_of(const BettingTree& tree) { return tree.nodes.size() - tree.decisions(); }

/// Every node against the state that its betting leads to.
void check_against_rules(const BettingTree& tree, const BettingRules& rules, const BetMenu& menu) {
  std::vector<bool> reached(tree.nodes.size(), false);
  for (std::uint32_t n = 0; n < tree.nodes.size(); ++n) {
    const BettingNode& node = tree.nodes[n];
    const std::string text = tree.betting(n);
    INFO("node ", n, " ", text);
    REQUIRE(tree.find(text) == n);
    const auto actions = parse_betting(rules, text);
    REQUIRE_MESSAGE(actions.ok(), (actions ? "" : actions.error().text()));
    const BettingState state = replay(rules, actions.value());
    REQUIRE(state.kind() == node.kind);
    REQUIRE(state.round() == node.round);
    if (node.kind == NodeKind::decision) {
      REQUIRE(state.player() == node.player);
      std::array<BetAction, actions_max> here;
      REQUIRE(menu_actions(state, menu, here) == node.actions);
      for (std::uint32_t a = 0; a < node.actions; ++a) {
        REQUIRE(!reached[node.first + a]);
        reached[node.first + a] = true;
        REQUIRE(tree.parents[node.first + a] == n);
        REQUIRE(tree.actions[node.first + a] == here[a]);
      }
    } else if (tree.players == 2) {
      const End& end = tree.ends[node.first];
      const std::vector<std::uint32_t> ranks[] = {{3, 7}, {5, 5}, {7, 3}};
      for (std::size_t outcome = 0; outcome < 3; ++outcome) {
        const Settlement result = state.settle(ranks[outcome]);
        for (std::size_t p = 0; p < 2; ++p) {
          REQUIRE(end.value[p][outcome] == static_cast<float>(result.net[p]));
        }
      }
    } else {
      const Pots& pots = tree.pots[node.first];
      REQUIRE(pots.folded == state.folded_seats());
      for (int p = 0; p < tree.players; ++p) {
        REQUIRE(pots.put[static_cast<std::size_t>(p)] == state.put(p));
      }
    }
  }
  CHECK(std::count(reached.begin(), reached.end(), false) == 1);  // the root alone has no parent
}

void check_counts(const BettingTree& tree, const TreeCounts& counts) {
  CHECK(counts.nodes == tree.nodes.size());
  CHECK(counts.ends == ends_of(tree));
  CHECK(counts.bytes == tree.bytes());
  decltype(counts.entries) entries{};
  for (const BettingNode& node : tree.nodes) {
    if (node.kind != NodeKind::decision) continue;
    entries[node.round][node.player] += node.actions;
    // A row lies in one line of 16 entries.
    CHECK(node.row / 16 == (node.row + node.actions - 1u) / 16);
    CHECK(node.row + node.actions <= tree.region_entries[node.round][node.player]);
  }
  CHECK(counts.entries == entries);
}

}  // namespace

TEST_CASE("tree builder: Kuhn has 12 information sets, Leduc 288 by rank and 936 by card") {
  const BettingTree kuhn = built(kuhn_rules());
  CHECK(kuhn.decisions() == 4);
  CHECK(3 * kuhn.decisions() == 12);
  CHECK(kuhn.nodes.size() == 9);
  CHECK(kuhn.find("cr") < kuhn.nodes.size());
  CHECK(kuhn.nodes[kuhn.find("cr")].player == 0);
  const End& called = kuhn.ends[kuhn.nodes[kuhn.find("crc")].first];
  CHECK(called.value[0] == std::array<float, 3>{-2, 0, 2});
  CHECK(called.value[1] == std::array<float, 3>{2, 0, -2});
  const End& folded = kuhn.ends[kuhn.nodes[kuhn.find("rf")].first];
  CHECK(folded.value[0] == std::array<float, 3>{1, 1, 1});

  const auto leduc = count_tree(leduc_rules(), {});
  REQUIRE(leduc.ok());
  const auto& decisions = leduc.value().decisions;
  const auto first = decisions[0][0] + decisions[0][1];
  const auto second = decisions[1][0] + decisions[1][1];
  CHECK(3 * first + 9 * second == 288);
  CHECK(6 * first + 6 * 5 * second == 936);
  check_against_rules(built(leduc_rules()), leduc_rules(), {});
}

TEST_CASE("tree builder: limit hold'em has 6,378 decisions and 10,206 ends") {
  const BettingTree tree = built(limit_holdem_rules());
  CHECK(tree.decisions() == 6378);
  CHECK(ends_of(tree) == 10206);
  check_against_rules(tree, limit_holdem_rules(), {});
}

TEST_CASE("tree builder: pot and all-in at 200 big blinds is a tree of 3,362 nodes") {
  const BettingRules rules = no_limit_holdem_rules(2, 400, 1, 2);
  const auto counts = count_tree(rules, pot_menu());
  REQUIRE(counts.ok());
  CHECK(counts.value().nodes == 3362);
  CHECK(counts.value().ends == 2002);
  const std::uint64_t expected[] = {10, 50, 170, 450};
  for (std::size_t r = 0; r < 4; ++r) {
    CHECK(counts.value().decisions[r][0] == expected[r]);
    CHECK(counts.value().decisions[r][1] == expected[r]);
  }
  const BettingTree tree = built(rules);
  check_counts(tree, counts.value());
  check_against_rules(tree, rules, pot_menu());
}

TEST_CASE("tree builder: random small games agree with their rules, node by node") {
  weir::test::Random random(weir::test::seed(5));
  const std::uint64_t games = weir::test::amount(5, 25, 500);
  std::uint64_t trees = 0;
  for (std::uint64_t game = 0; game < games; ++game) {
    BettingRules rules = random_rules(random);
    rules.players = std::min(rules.players, 2 + static_cast<int>(random.below(2)));
    rules.rounds = 2;
    if (rules.players == 2) rules.blinds = {2, 1};
    rules.first = {rules.players == 2 ? 1 : 2, 0, 0, 0};
    rules.antes = {};
    BetMenu menu = pot_menu();
    menu.raises_max = {2, 2, 2, 2};
    menu.sizes[1][0] = {};
    const auto counts = count_tree(rules, menu);
    if (!counts) {
      CHECK(counts.error().where == "stacks");  // blinds take all of somebody's chips
      continue;
    }
    ++trees;
    const BettingTree tree = built(rules, menu);
    check_counts(tree, counts.value());
    if (rules.betting == Betting::no_limit || tree.nodes.size() < 5000) {
      check_against_rules(tree, rules, menu);
    }
  }
  CHECK(trees > games / 2);
}

TEST_CASE("tree builder: a round's nodes lie together, children of siblings one after the other") {
  const BettingRules rules = no_limit_holdem_rules(2, 400, 1, 2);
  const BettingTree tree = built(rules);
  // A round begins with the children of the node that follows the deal; all that belongs to it
  // comes before the children of the rounds that follow.
  std::size_t blocks = 0;
  std::size_t slashes = 0;
  for (std::uint32_t n = 0; n < tree.nodes.size(); ++n) {
    const bool begins =
        n == 0 || (tree.nodes[n].kind == NodeKind::decision && tree.nodes[n].deals != 0);
    slashes += tree.betting(n).ends_with('/') ? 1 : 0;
    if (!begins) continue;
    ++blocks;
    std::uint32_t next = tree.nodes[n].first;
    std::vector<std::uint32_t> queue{n};
    for (std::size_t at = 0; at < queue.size(); ++at) {
      const BettingNode& node = tree.nodes[queue[at]];
      REQUIRE(node.first == next);
      next += node.actions;
      for (std::uint32_t child = node.first; child < next; ++child) {
        const BettingNode& below = tree.nodes[child];
        if (below.kind == NodeKind::decision && below.deals == 0) queue.push_back(child);
      }
    }
  }
  CHECK(blocks == 1 + slashes);
  CHECK(slashes > 100);
}

TEST_CASE("tree builder: rake is in the ends") {
  BettingRules rules = no_limit_holdem_rules(2, 20, 1, 2);
  rules.rake = {5, 0, false};
  rules.whole_chips = false;
  const BettingTree tree = built(rules);
  const End& end = tree.ends[tree.nodes[tree.find("r20c")].first];
  CHECK(end.value[0][0] == -20);
  CHECK(end.value[0][1] == -1);
  CHECK(end.value[0][2] == 18);
}

TEST_CASE("tree builder: what is too large is refused before it is built, with what to cut") {
  const BettingRules rules = no_limit_holdem_rules(2, 400, 1, 2);
  const auto nodes = build_tree(rules, rich_menu(rules), {10'000, std::uint64_t{1} << 40});
  REQUIRE(!nodes.ok());
  CHECK(nodes.error().code == "too_large");
  CHECK(nodes.error().where == "menu.sizes[0]");
  CHECK(nodes.error().what.find("more than 10000 nodes") != std::string::npos);
  const auto bytes = build_tree(rules, pot_menu(), {10'000, 1'000});
  REQUIRE(!bytes.ok());
  CHECK(bytes.error().what.find("more than 1000 bytes") != std::string::npos);
  CHECK(build_tree(rules, pot_menu(), {3'362, 200'000}).ok());
  CHECK(!build_tree(rules, pot_menu(), {3'361, 200'000}).ok());

  BetMenu least;
  least.set_all({parse_bet_sizes("min").value()});
  const auto deep = count_tree(no_limit_holdem_rules(2, stack_max, 1, 2), least);
  REQUIRE(!deep.ok());
  CHECK(deep.error().code == "too_large");
  CHECK(deep.error().what.find("raises_max") != std::string::npos);

  BettingRules none = rules;
  none.stacks = {1, 1};
  CHECK(build_tree(none, pot_menu()).error().code == "bad_rules");
  none.players = 9;
  CHECK(build_tree(none, pot_menu()).error().where == "players");
  BetMenu menu = pot_menu();
  menu.merge = 2;
  CHECK(build_tree(rules, menu).error().code == "bad_menu");
}
