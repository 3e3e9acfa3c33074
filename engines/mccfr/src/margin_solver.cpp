#include "margin_solver.hpp"

#include <algorithm>

namespace weir::mccfr {

MarginSolver::MarginSolver(SubgameSolver& solver, int player) : solver_(solver), player_(player) {
  const std::vector<Hand>& theirs = solver.hands(1 - player);
  const std::vector<float> own = solver.reach(player);
  Range of{};
  for (std::size_t h = 0; h < own.size(); ++h) of[solver.hands(player)[h]] = own[h];
  std::array<double, card_count> with{};
  double all = 0;
  for (Hand hand = 0; hand < hand_count; ++hand) {
    const auto weight = static_cast<double>(of[hand]);
    all += weight;
    with[cards_of(hand).low] += weight;
    with[cards_of(hand).high] += weight;
  }
  for (const Hand hand : theirs) {
    const HandCards& cards = cards_of(hand);
    met_.push_back(
        std::max(0.0, all - with[cards.low] - with[cards.high] + static_cast<double>(of[hand])));
  }
  regrets_.resize(theirs.size());
  reach_.resize(theirs.size());
  alternatives_.resize(theirs.size());
  const std::span<const float> values = solver.worth(1 - player, true);
  for (std::size_t h = 0; h < theirs.size(); ++h)
    if (met_[h] > 0) alternatives_[h] = static_cast<double>(values[h]) / met_[h];
}

void MarginSolver::iterate() {
  for (const int player : {0, 1}) {
    const std::span<const float> values = solver_.learn(player);
    if (player != player_) choose(values);
  }
}

/// By regret matching, with regrets that never fall below 0.
void MarginSolver::choose(std::span<const float> values) {
  double total = 0, mean = 0;
  for (const double regret : regrets_) total += regret;
  const auto count = static_cast<double>(
      std::count_if(met_.begin(), met_.end(), [](double met) { return met > 0; }));
  std::vector<double> gains(regrets_.size());
  for (std::size_t h = 0; h < gains.size(); ++h) {
    if (!(met_[h] > 0)) continue;
    gains[h] = static_cast<double>(values[h]) / met_[h] - alternatives_[h];
    mean += gains[h] * (total > 0 ? regrets_[h] / total : 1 / count);
  }
  double next = 0;
  for (std::size_t h = 0; h < gains.size(); ++h) {
    if (!(met_[h] > 0)) continue;
    regrets_[h] = std::max(0.0, regrets_[h] + gains[h] - mean);
    next += regrets_[h];
  }
  for (std::size_t h = 0; h < gains.size(); ++h) {
    const double chosen = next > 0 ? regrets_[h] / next : 1 / count;
    reach_[h] = met_[h] > 0 ? static_cast<float>(chosen / met_[h]) : 0.0F;
  }
  solver_.set_reach(1 - player_, reach_);
}

}  // namespace weir::mccfr
