#include <utility>
#include <weir/mccfr/one_card_game.hpp>
#include <weir/mccfr/tree_builder.hpp>

namespace weir::mccfr {
namespace {

constexpr char one_card_letters[] = "JQK";

BettingRules with_rake(BettingRules rules, const Rake& rake) {
  if (rake.percent > 0) {
    rules.rake = rake;
    rules.whole_chips = false;
  }
  return rules;
}

}  // namespace

OneCardGame::OneCardGame(std::string name, const BettingRules& rules)
    : name_(std::move(name)),
      rules_(rules),
      suits_(rules.suits),
      tree_(build_tree(rules, {}).value()) {}

OneCardGame OneCardGame::kuhn(const Rake& rake) { return {"kuhn", with_rake(kuhn_rules(), rake)}; }
OneCardGame OneCardGame::leduc(const Rake& rake) {
  return {"leduc", with_rake(leduc_rules(), rake)};
}

std::array<std::uint32_t, rounds_max> OneCardGame::buckets() const noexcept {
  return {ranks, has_board() ? ranks * ranks : 0U, 0, 0};
}

std::uint32_t OneCardGame::bucket(int round, int card, int board) const noexcept {
  const int own = rank(card);
  return static_cast<std::uint32_t>(round == 0 ? own : own * ranks + rank(board));
}

std::uint32_t OneCardGame::outcome(int first, int second, int board) const noexcept {
  const auto strength = [&](int card) {
    return has_board() && rank(card) == rank(board) ? ranks : rank(card);
  };
  const int a = strength(first), b = strength(second);
  return a < b ? 0 : a == b ? 1 : 2;
}

void OneCardGame::deal(const TableShape& shape, Random& random, Deal& deal) const noexcept {
  Drawn drawn;
  draw(random, drawn);
  this->deal(shape, drawn, deal);
}

void OneCardGame::draw(Random& random, Drawn& drawn) const noexcept {
  const auto count = static_cast<std::uint32_t>(cards());
  auto& [first, second] = drawn.hands;
  first = static_cast<int>(random.below(count));
  second = static_cast<int>(random.below(count - 1));
  second += second >= first ? 1 : 0;
  if (!has_board()) return;
  drawn.board = static_cast<int>(random.below(count - 2));
  const int low = first < second ? first : second, high = first < second ? second : first;
  drawn.board += drawn.board >= low ? 1 : 0;
  drawn.board += drawn.board >= high ? 1 : 0;
}

void OneCardGame::deal(const TableShape& shape, const Drawn& drawn, Deal& deal) const noexcept {
  const auto [first, second] = drawn.hands;
  for (int r = 0; r < tree_.rounds; ++r) {
    deal.region[static_cast<std::size_t>(r)] = {shape.region(r, 0, bucket(r, first, drawn.board)),
                                                shape.region(r, 1, bucket(r, second, drawn.board))};
  }
  deal.outcome = outcome(first, second, drawn.board);
}

std::string OneCardGame::key(std::uint32_t node, std::uint32_t bucket) const {
  const bool second = tree_.nodes[node].round > 0;
  const std::uint32_t own = second ? bucket / ranks : bucket;
  std::string text(1, one_card_letters[own]);
  text += ':';
  if (second) text += one_card_letters[bucket % ranks];
  return text + ':' + tree_.betting(node);
}

}  // namespace weir::mccfr
