#include <algorithm>
#include <vector>
#include <weir/mccfr/lazy_table.hpp>
#include <weir/mccfr/multiway_game.hpp>

namespace weir::mccfr {
namespace {

constexpr std::uint64_t measure_max = 50'000'000;  // states of betting x deals: some seconds

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

/// Values of fixed strategies, or of one player's best response to all others'. A state of betting is visited with a
/// number for every deal: how likely the deal is, times what all but the measured player do.
class MultiwayMeasure {
 public:
  using PerDeal = std::vector<double>;

  MultiwayMeasure(const MultiwayGame& game, const LazyTable& table)
      : game_(game), table_(table), deals_(game.all_deals()) {}

  bool small_enough() const {
    const std::uint64_t most = measure_max / deals_.size();
    return count_states(game_, BettingState(game_.rules()), 0, most) <= most;
  }
  double value(int player, bool best) {
    player_ = player;
    best_ = best;
    PerDeal reach(deals_.size());
    for (std::size_t d = 0; d < deals_.size(); ++d) reach[d] = deals_[d].weight;
    double total = 0;
    for (const double part : visit(BettingState(game_.rules()), 0, 0, reach)) total += part;
    return total;
  }

 private:
  static constexpr std::uint32_t nowhere = ~std::uint32_t{0};

  std::uint32_t bucket(const BettingState& state, std::size_t deal) noexcept {
    return deals_[deal].deal.bucket(state.round(), state.player());
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

  PerDeal visit(const BettingState& state, std::uint32_t node, int depth, const PerDeal& reach) {
    if (state.over()) return ends(state, reach);
    std::array<BetAction, actions_max> list;
    const int count = game_.actions(state, depth, list);
    const std::uint32_t first = node == nowhere ? 0 : table_.children(node);
    const bool own = state.player() == player_;
    const std::vector<double> strategy = strategies(state, node, count);
    std::vector<PerDeal> values;
    for (int a = 0; a < count; ++a) {
      BettingState next = state;
      next.apply(list[static_cast<std::size_t>(a)]);
      PerDeal going = reach;
      if (!own || !best_) {
        for (std::size_t d = 0; d < deals_.size(); ++d)
          going[d] *= strategy[bucket(state, d) * static_cast<std::size_t>(count) +
                               static_cast<std::size_t>(a)];
      }
      const std::uint32_t child = first == 0 ? nowhere : first + static_cast<std::uint32_t>(a);
      values.push_back(visit(next, child, depth + 1, going));
    }
    return own && best_ ? best_of(state, values) : sum_of(values);
  }

  PerDeal ends(const BettingState& state, const PerDeal& reach) {
    PerDeal values(deals_.size());
    for (std::size_t d = 0; d < deals_.size(); ++d)
      if (reach[d] != 0)
        values[d] =
            reach[d] * state.settle(deals_[d].deal.ranks()).net[static_cast<std::size_t>(player_)];
    return values;
  }
  static PerDeal sum_of(const std::vector<PerDeal>& values) {
    PerDeal sum = values[0];
    for (std::size_t a = 1; a < values.size(); ++a)
      for (std::size_t d = 0; d < sum.size(); ++d) sum[d] += values[a][d];
    return sum;
  }
  /// The action that is worth most over all deals that look the same to the player.
  PerDeal best_of(const BettingState& state, const std::vector<PerDeal>& values) {
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
  std::vector<MultiwayGame::WeightedDeal> deals_;
  int player_ = 0;
  bool best_ = false;
};

}  // namespace

std::optional<Exploitability> measure(const MultiwayGame& game, const LazyTable& table) {
  if (game.cards() != nullptr) return std::nullopt;
  Exploitability found;
  found.players = game.rules().players;
  MultiwayMeasure exact(game, table);
  if (!exact.small_enough()) return std::nullopt;
  for (int p = 0; p < found.players; ++p) {
    found.value[static_cast<std::size_t>(p)] = exact.value(p, false);
    found.best_response[static_cast<std::size_t>(p)] = exact.value(p, true);
  }
  return found;
}

}  // namespace weir::mccfr
