#include "lazy_export.hpp"

#include <fmt/format.h>

#include <vector>

namespace weir::mccfr {
namespace {

std::string lazy_distribution_text(const MultiwayGame& game, const LazyTable& table,
                                   std::uint32_t row, std::uint32_t first, int actions) {
  double strategy[actions_max];
  table.strategy(row, actions, strategy);
  std::string text;
  for (int a = 0; a < actions; ++a) {
    const BetAction& action = table.action(first + static_cast<std::uint32_t>(a));
    text += fmt::format("{}\"{}\":{}", a == 0 ? "{" : ",",
                        BettingText::letter(game.rules(), action), strategy[a]);
  }
  return text + "}";
}

struct LazyStep {
  BettingState state;
  BettingText text;
  std::uint32_t node;
};

LazyStep step_to(const LazyTable& table, const LazyStep& from, std::uint32_t child) {
  LazyStep next{from.state, from.text, child};
  next.state.apply(table.action(child));
  next.text.add(table.action(child), from.state.round(), next.state);
  return next;
}

}  // namespace

void for_each_lazy_row(const MultiwayGame& game, const LazyTable& table,
                       const std::function<void(int, const std::string&, const std::string&)>& f) {
  const LazyRows list = lazy_rows(table);
  std::vector<LazyStep> path;
  std::size_t at = 0;
  for (std::size_t n = 0; n < list.nodes.size(); ++n) {
    const LazyPlace& place = list.nodes[n];
    path.resize(place.depth, {BettingState(game.rules()), BettingText(game.rules()), 0});
    path.push_back(place.depth == 0
                       ? LazyStep{BettingState(game.rules()), BettingText(game.rules()), 0}
                       : step_to(table, path.back(), place.node));
    const LazyStep& here = path.back();
    for (; at < list.rows.size() && list.rows[at].rank == n; ++at) {
      const LazyRow& row = list.rows[at];
      f(here.state.round(), game.private_key(here.state.round(), row.bucket) + here.text.text(),
        lazy_distribution_text(game, table, row.row, table.children(place.node),
                               table.key(row.row).actions));
    }
  }
}

}  // namespace weir::mccfr
