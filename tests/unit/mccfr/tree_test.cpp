// Trees of betting: the counts that are published, and what their ends are worth.
#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <weir/mccfr/one_card_game.hpp>
#include <weir/mccfr/tree_builder.hpp>

using namespace weir;
using namespace weir::mccfr;

namespace {

/// Decision nodes by round and player.
std::array<std::array<std::uint64_t, 2>, rounds_max> decisions_of(const BettingTree& tree) {
  std::array<std::array<std::uint64_t, 2>, rounds_max> counts{};
  for (const BettingNode& node : tree.nodes)
    if (node.kind == NodeKind::decision) ++counts[node.round][node.player];
  return counts;
}

void check_whole(const BettingTree& tree) {
  std::size_t children = 1;
  for (std::uint32_t n = 0; n < tree.nodes.size(); ++n) {
    const BettingNode& node = tree.nodes[n];
    if (node.kind != NodeKind::decision) continue;
    REQUIRE(node.actions >= 2);
    for (std::uint32_t a = 0; a < node.actions; ++a) CHECK(tree.parents[node.first + a] == n);
    children += node.actions;
    CHECK(tree.find(tree.betting(n)) == n);
    // A row lies in one line of 16 entries.
    CHECK(node.row / 16 == (node.row + node.actions - 1U) / 16);
  }
  CHECK(children == tree.nodes.size());
}

}  // namespace

TEST_CASE("tree: limit hold'em has 8, 70, 630 and 5,670 decisions and 10,206 ends") {
  const BettingTree tree = build_tree(limit_holdem_rules(), {}).value();
  const auto counts = decisions_of(tree);
  CHECK(counts[0][0] + counts[0][1] == 8);
  CHECK(counts[1][0] + counts[1][1] == 70);
  CHECK(counts[2][0] + counts[2][1] == 630);
  CHECK(counts[3][0] + counts[3][1] == 5'670);
  CHECK(tree.decisions() == 6'378);
  CHECK(tree.nodes.size() - tree.decisions() == 10'206);
  check_whole(tree);
}

TEST_CASE("tree: pot and all-in at 200 big blinds") {
  const BettingTree tree = build_tree(no_limit_holdem_rules(2, 400, 1, 2), pot_menu()).value();
  const auto counts = decisions_of(tree);
  constexpr std::array<std::uint64_t, 4> expected = {10, 50, 170, 450};
  for (std::size_t r = 0; r < 4; ++r) {
    CHECK(counts[r][0] == expected[r]);
    CHECK(counts[r][1] == expected[r]);
  }
  CHECK(tree.nodes.size() == 3'362);
  check_whole(tree);
  const std::uint32_t all_in = tree.find("r400");
  REQUIRE(all_in < tree.nodes.size());
  CHECK(tree.betting(tree.nodes[all_in].first + 1) == "r400c");
  const End& end = tree.ends[tree.nodes[tree.nodes[all_in].first + 1].first];
  CHECK(end.value[0][0] == -400);
  CHECK(end.value[0][1] == 0);
  CHECK(end.value[0][2] == 400);
  CHECK(end.value[1][0] == 400);
}

TEST_CASE("tree: Kuhn and Leduc are what the rules say") {
  const BettingTree kuhn = build_tree(kuhn_rules(), {}).value();
  const BettingTree leduc = build_tree(leduc_rules(), {}).value();
  const OneCardGame one = OneCardGame::kuhn(), two = OneCardGame::leduc();
  const std::array<std::pair<const BettingTree*, const BettingTree*>, 2> pairs = {
      std::pair{&kuhn, &one.tree()}, std::pair{&leduc, &two.tree()}};
  for (const auto& [built, known] : pairs) {
    REQUIRE(built->nodes.size() == known->nodes.size());
    check_whole(*built);
    for (std::uint32_t n = 0; n < known->nodes.size(); ++n) {
      const BettingNode& k = known->nodes[n];
      if (k.kind != NodeKind::decision) continue;
      const std::uint32_t at = built->find(known->betting(n));
      REQUIRE(at < built->nodes.size());
      const BettingNode& b = built->nodes[at];
      CHECK(b.player == k.player);
      CHECK(b.actions == k.actions);
      for (std::uint32_t a = 0; a < k.actions; ++a) {
        const BettingNode& left = built->nodes[b.first + a];
        const BettingNode& right = known->nodes[k.first + a];
        CHECK(left.kind == right.kind);
        CHECK(left.deals == right.deals);
        if (left.kind != NodeKind::decision)
          CHECK(built->ends[left.first].value == known->ends[right.first].value);
      }
    }
  }
}

TEST_CASE("tree: one that is too large is refused before it is built") {
  const BettingRules rules = no_limit_holdem_rules(2, 400, 1, 2);
  const auto built = build_tree(rules, rich_menu(rules), {.nodes_max = 10'000});
  REQUIRE(!built);
  CHECK(built.error().code == "too_large");
  const auto three = build_tree(no_limit_holdem_rules(3, 40, 1, 2), pot_menu());
  REQUIRE(three);
  CHECK(three.value().ends.empty());
  CHECK(!three.value().pots.empty());
}
