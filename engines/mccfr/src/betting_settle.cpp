#include <algorithm>
#include <cmath>
#include <weir/check.hpp>
#include <weir/mccfr/betting_state.hpp>

namespace weir::mccfr {
namespace {

/// Takes the house's part of pots, from the first on, until the cap.
class House {
 public:
  House(const BettingRules& rules, bool exempt) noexcept : rules_(rules), exempt_(exempt) {}

  /// What is taken of a pot; it is rounded on the sum of all pots so far.
  double take(double pot) noexcept {
    if (exempt_) return 0;
    pots_ += pot;
    double due = pots_ * rules_.rake.percent / 100;
    if (rules_.whole_chips) due = std::floor(due + 1e-9);
    if (rules_.rake.cap > 0) due = std::min(due, static_cast<double>(rules_.rake.cap));
    const double more = due - taken_;
    taken_ = due;
    return more;
  }
  double taken() const noexcept { return taken_; }

 private:
  const BettingRules& rules_;
  bool exempt_;
  double pots_ = 0;
  double taken_ = 0;
};

/// Pays `amount` to the best of the seats in `eligible`; odd chips go out one by one from seat 0.
void pay_best(const BettingRules& rules, std::uint8_t eligible, double amount,
              std::span<const std::uint32_t> ranks, Settlement& result) noexcept {
  std::uint32_t best = 0;
  int winners = 0;
  const auto rank = [&](int p) {
    return static_cast<std::size_t>(p) < ranks.size() ? ranks[static_cast<std::size_t>(p)] : 0;
  };
  for (int p = 0; p < rules.players; ++p) {
    if ((eligible >> p & 1) == 0) continue;
    if (winners == 0 || rank(p) > best) {
      best = rank(p);
      winners = 0;
    }
    if (rank(p) == best) ++winners;
  }
  double share = amount / winners;
  double odd = 0;
  if (rules.whole_chips) {
    share = std::floor(share);
    odd = amount - share * winners;
  }
  for (int p = 0; p < rules.players; ++p) {
    if ((eligible >> p & 1) == 0 || rank(p) != best) continue;
    result.net[static_cast<std::size_t>(p)] += share + (odd > 0 ? 1 : 0);
    odd -= odd > 0 ? 1 : 0;
  }
}

}  // namespace

Settlement BettingState::settle(std::span<const std::uint32_t> ranks) const noexcept {
  WEIR_ASSERT(over(), "only a hand that is over is settled");
  Settlement result;
  std::array<Chips, players_max> staked{};
  Chips dead = 0;  // unequal antes: they belong to the first pot, and nobody has to match them
  const bool matched = rules_->equal_antes();
  for (int p = 0; p < rules_->players; ++p) {
    result.net[at(p)] = -static_cast<double>(put_[at(p)]);
    staked[at(p)] = matched ? put_[at(p)] : bet(p);
    if (!matched) dead += ante_[at(p)];
  }

  // The part of the largest stake that nobody has matched goes back, before any rake.
  std::array<Chips, players_max> sorted = staked;
  std::sort(sorted.begin(), sorted.end());
  const Chips called = sorted[players_max - 2];
  const auto largest =
      static_cast<std::size_t>(std::max_element(staked.begin(), staked.end()) - staked.begin());
  result.net[largest] += staked[largest] - called;
  staked[largest] = std::min(staked[largest], called);

  House house(*rules_, rules_->rake.none_before_flop && kind_ == NodeKind::fold && round_ == 0);
  double pot = dead;
  Chips below = 0;
  std::uint8_t eligible = playing();
  while (eligible != 0) {
    // One pot a stake of somebody who is still in: all give to it up to that.
    Chips top = called;
    for (int p = 0; p < rules_->players; ++p) {
      if ((eligible >> p & 1) != 0) top = std::min(top, staked[at(p)]);
    }
    for (int p = 0; p < rules_->players; ++p) {
      pot += std::max(std::min(staked[at(p)], top) - below, 0);
    }
    std::uint8_t rest = 0;
    for (int p = 0; p < rules_->players; ++p) {
      if ((eligible >> p & 1) != 0 && staked[at(p)] > top)
        rest = static_cast<std::uint8_t>(rest | 1u << p);
    }
    if (rest == 0) {
      for (int p = 0; p < rules_->players; ++p)
        pot += std::max(staked[at(p)] - std::max(top, below), 0);
    }
    if (pot > 0) pay_best(*rules_, eligible, pot - house.take(pot), ranks, result);
    pot = 0;
    below = top;
    eligible = rest;
  }
  result.rake = house.taken();
  return result;
}

}  // namespace weir::mccfr
