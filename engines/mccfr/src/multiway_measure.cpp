#include <algorithm>
#include <vector>
#include <weir/mccfr/lazy_table.hpp>
#include <weir/mccfr/multiway_game.hpp>

#include "measure_graph.hpp"

namespace weir::mccfr {
namespace {

constexpr std::uint64_t measure_max = 200'000'000;  // states of betting x deals: some seconds

/// States of betting after one, counted until there are more than `most`.
std::uint64_t count_states(const MultiwayGame& game, const BettingState& state, int depth,
                           std::uint64_t most) {
  std::uint64_t count = 1;
  if (state.over()) return count;
  std::array<BetAction, actions_max> list;
  const int actions = game.actions(state, depth, list);
  for (int a = 0; a < actions && count <= most; ++a) {
    BettingState next = state;
    next.apply(list[static_cast<std::size_t>(a)]);
    count += count_states(game, next, depth + 1, most - std::min(most, count));
  }
  return count;
}

/// What all deals look like to each player in each round, and who wins: read by several workers at once.
struct OneCardDeal {
  std::array<std::array<Bucket, players_max>, 2> buckets{};  // [round][player]
  std::array<std::uint32_t, players_max> ranks{};
  double weight = 0;
};

std::vector<OneCardDeal> see_all(const MultiwayGame& game) {
  std::vector<OneCardDeal> seen;
  for (MultiwayGame::WeightedDeal& dealt : game.all_deals()) {
    OneCardDeal& deal = seen.emplace_back();
    deal.weight = dealt.weight;
    deal.ranks = dealt.deal.ranks();
    for (int r = 0; r < game.rules().rounds; ++r)
      for (int p = 0; p < game.rules().players; ++p)
        deal.buckets[static_cast<std::size_t>(r)][static_cast<std::size_t>(p)] =
            dealt.deal.bucket(r, p);
  }
  return seen;
}

/// The value of fixed strategies, or of one player's best response to all others'. A state of betting is visited with a
/// number for every deal: how likely the deal is, times what all but the measured player do. Actions near the root are
/// tasks; what they come to is added in their order.
class MultiwayMeasure {
 public:
  MultiwayMeasure(const MultiwayGame& game, const LazyTable& table,
                  const std::vector<OneCardDeal>& deals, int player, bool best)
      : game_(game), table_(table), deals_(deals), player_(player), best_(best) {}

  double value() const {
    PerDeal reach(deals_.size());
    for (std::size_t d = 0; d < deals_.size(); ++d) reach[d] = deals_[d].weight;
    double total = 0;
    for (const double part : visit(BettingState(game_.rules()), 0, 0, reach)) total += part;
    return total;
  }

 private:
  using PerDeal = std::vector<double>;
  static constexpr std::uint32_t nowhere = ~std::uint32_t{0};
  static constexpr int tasks_depth = 3;  // actions: some dozens of pieces for each player

  Bucket bucket(const BettingState& state, std::size_t deal) const noexcept {
    return deals_[deal]
        .buckets[static_cast<std::size_t>(state.round())][static_cast<std::size_t>(state.player())];
  }
  /// [bucket * actions + action]
  std::vector<double> strategies(const BettingState& state, std::uint32_t node, int count) const {
    const auto buckets = game_.buckets()[static_cast<std::size_t>(state.round())];
    std::vector<double> all(buckets * static_cast<std::size_t>(count));
    for (std::uint32_t b = 0; b < buckets; ++b) {
      const std::uint32_t row = node == nowhere ? 0 : table_.find(node, b);
      table_.strategy(row, count, all.data() + b * static_cast<std::size_t>(count));
    }
    return all;
  }

  PerDeal visit(const BettingState& state, std::uint32_t node, int depth,
                const PerDeal& reach) const {
    if (state.over()) return ends(state, reach);
    std::array<BetAction, actions_max> list;
    const auto count = static_cast<std::size_t>(game_.actions(state, depth, list));
    const std::uint32_t first = node == nowhere ? 0 : table_.children(node);
    const bool chooses = best_ && state.player() == player_;
    const std::vector<double> strategy = strategies(state, node, static_cast<int>(count));
    std::vector<PerDeal> values(count);
    const auto follow = [&](std::size_t a) {
      BettingState next = state;
      next.apply(list[a]);
      const std::uint32_t child = first == 0 ? nowhere : first + static_cast<std::uint32_t>(a);
      PerDeal going = reach;
      if (!chooses) {
        for (std::size_t d = 0; d < deals_.size(); ++d)
          going[d] *= strategy[bucket(state, d) * count + a];
      }
      values[a] = visit(next, child, depth + 1, going);
    };
    if (depth < tasks_depth) {
      parallel_for(0, count, 1, follow);
    } else {
      for (std::size_t a = 0; a < count; ++a) follow(a);
    }
    return chooses ? best_of(state, values) : sum_of(values);
  }

  PerDeal ends(const BettingState& state, const PerDeal& reach) const {
    PerDeal values(deals_.size());
    for (std::size_t d = 0; d < deals_.size(); ++d)
      if (reach[d] != 0)
        values[d] = reach[d] * state.settle(deals_[d].ranks).net[static_cast<std::size_t>(player_)];
    return values;
  }
  static PerDeal sum_of(const std::vector<PerDeal>& values) {
    PerDeal sum = values[0];
    for (std::size_t a = 1; a < values.size(); ++a)
      for (std::size_t d = 0; d < sum.size(); ++d) sum[d] += values[a][d];
    return sum;
  }
  /// The action that is worth most over all deals that look the same to the player.
  PerDeal best_of(const BettingState& state, const std::vector<PerDeal>& values) const {
    const auto buckets = game_.buckets()[static_cast<std::size_t>(state.round())];
    std::vector<double> most(buckets), here(buckets);
    std::vector<std::size_t> best(buckets);
    for (std::size_t a = 0; a < values.size(); ++a) {
      std::fill(here.begin(), here.end(), 0.0);
      for (std::size_t d = 0; d < deals_.size(); ++d) here[bucket(state, d)] += values[a][d];
      for (std::uint32_t b = 0; b < buckets; ++b)
        if (a == 0 || here[b] > most[b]) most[b] = here[b], best[b] = a;
    }
    PerDeal chosen(deals_.size());
    for (std::size_t d = 0; d < deals_.size(); ++d) chosen[d] = values[best[bucket(state, d)]][d];
    return chosen;
  }

  const MultiwayGame& game_;
  const LazyTable& table_;
  const std::vector<OneCardDeal>& deals_;
  int player_;
  bool best_;
};

}  // namespace

Result<Exploitability> measure(Runtime& runtime, const MultiwayGame& game, const LazyTable& table) {
  const Error too_large{"too_large", "has no exact measure", "game"};
  if (game.cards() != nullptr) return too_large;
  const std::vector<OneCardDeal> deals = see_all(game);
  const std::uint64_t most = measure_max / deals.size();
  if (count_states(game, BettingState(game.rules()), 0, most) > most) return too_large;
  return measure_as_graph(runtime, game.rules().players, [&](int player, bool best) {
    return MultiwayMeasure(game, table, deals, player, best).value();
  });
}

}  // namespace weir::mccfr
