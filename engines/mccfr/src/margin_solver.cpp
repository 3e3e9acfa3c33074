#include "margin_solver.hpp"

#include <algorithm>

namespace weir::mccfr {

MarginChoice::MarginChoice(std::span<const Hand> hands, std::span<const float> reach,
                           std::span<const Hand> theirs, std::span<const float> worths)
    : alternatives_(theirs.size()),
      regrets_(theirs.size()),
      gains_(theirs.size()),
      reach_(theirs.size()) {
  Range of{};
  for (std::size_t h = 0; h < hands.size(); ++h) of[hands[h]] = reach[h];
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
  hands_ = static_cast<double>(
      std::count_if(met_.begin(), met_.end(), [](double met) { return met > 0; }));
  for (std::size_t h = 0; h < theirs.size(); ++h)
    if (met_[h] > 0) alternatives_[h] = static_cast<double>(worths[h]) / met_[h];
}

/// By regret matching, with regrets that never fall below 0.
std::span<const float> MarginChoice::choose(std::span<const float> values) {
  double total = 0, mean = 0;
  for (const double regret : regrets_) total += regret;
  for (std::size_t h = 0; h < gains_.size(); ++h) {
    if (!(met_[h] > 0)) continue;
    gains_[h] = static_cast<double>(values[h]) / met_[h] - alternatives_[h];
    mean += gains_[h] * (total > 0 ? regrets_[h] / total : 1 / hands_);
  }
  double next = 0;
  for (std::size_t h = 0; h < gains_.size(); ++h) {
    if (!(met_[h] > 0)) continue;
    regrets_[h] = std::max(0.0, regrets_[h] + gains_[h] - mean);
    next += regrets_[h];
  }
  for (std::size_t h = 0; h < gains_.size(); ++h) {
    const double chosen = next > 0 ? regrets_[h] / next : 1 / hands_;
    reach_[h] = met_[h] > 0 ? static_cast<float>(chosen / met_[h]) : 0.0F;
  }
  return reach_;
}

}  // namespace weir::mccfr
