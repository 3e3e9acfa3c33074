// strategy.hpp: regret matching, drawing an action, rounding without bias.
//
// Source: Hart, Mas-Colell, "A simple adaptive procedure leading to correlated equilibrium", Econometrica 68 (2000).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <weir/atomic.hpp>
#include <weir/mccfr/betting_tree.hpp>
#include <weir/mccfr/random.hpp>
#include <weir/mccfr/table.hpp>

namespace weir::mccfr {

/// The current strategy of a row: proportional to positive regrets, uniform when there is none. Its sum is 1 within
/// rounding. Returns the sum of positive regrets (0: uniform).
template <class Entries>
typename Entries::Real match_regrets(const typename Entries::Regret* row, int actions,
                                     typename Entries::Real* strategy) noexcept {
  using Real = typename Entries::Real;
  Real total = 0;
  for (int a = 0; a < actions; ++a) {
    // Of whole numbers the larger is taken without a branch, which could not be guessed.
    strategy[a] = static_cast<Real>(std::max(load_entry(row[a]), typename Entries::Regret{0}));
    total += strategy[a];
  }
  if (total > 0) {
    const Real scale = 1 / total;
    for (int a = 0; a < actions; ++a) strategy[a] *= scale;
  } else {
    const Real share = Real{1} / static_cast<Real>(actions);
    for (int a = 0; a < actions; ++a) strategy[a] = share;
  }
  return total;
}

/// Regrets as a traversal reads them, whatever they lie in: match(row, round, actions, strategy), value(entry, round)
/// in units, prefetch(row, round). Others may change them meanwhile.
template <class Entries>
class RegretView {
 public:
  RegretView(const typename Entries::Regret* regrets) noexcept : regrets_(regrets) {}
  typename Entries::Real match(std::uint32_t row, int, int actions,
                               typename Entries::Real* strategy) const noexcept {
    return match_regrets<Entries>(regrets_ + row, actions, strategy);
  }
  typename Entries::Regret value(std::uint32_t entry, int) const noexcept {
    return load_entry(regrets_[entry]);
  }
  void prefetch(std::uint32_t row, int) const noexcept { prefetch_to_read(regrets_ + row); }

 private:
  const typename Entries::Regret* regrets_;
};

/// The average strategy of a row; uniform where nothing was added yet.
template <class Sum>
void average_strategy(const Sum* row, int actions, double* strategy) noexcept {
  double total = 0;
  for (int a = 0; a < actions; ++a) total += static_cast<double>(row[a]);
  for (int a = 0; a < actions; ++a)
    strategy[a] = total > 0 ? static_cast<double>(row[a]) / total : 1.0 / actions;
}

/// An action drawn with these probabilities by `unit` in [0, 1); one of probability 0 is never drawn.
template <class Real>
int draw_action(const Real* strategy, int actions, float unit) noexcept {
  // Where it falls cannot be guessed either: all are looked at.
  auto left = static_cast<Real>(unit);
  int passed = 0, last = 0;
  for (int a = 0; a < actions; ++a) {
    left -= strategy[a];
    passed += left >= 0 ? 1 : 0;
    last = strategy[a] > 0 ? a : last;
  }
  return std::min(passed, last);
}

/// Rounds to a whole number, up with the probability of the fraction: the mean is `value`. `unit` in [0, 1).
template <class Integer, class Real>
Integer round_unbiased(Real value, Real unit) noexcept {
  const Real shifted = value + unit;
  const auto down = static_cast<Integer>(shifted);
  return static_cast<Integer>(down - (static_cast<Real>(down) > shifted ? 1 : 0));
}

/// Fractions for rounding, 16 bits each.
template <class Real>
class Fractions {
 public:
  explicit Fractions(Random& random) noexcept : random_(random) {}
  Real next() noexcept {
    if (left_ == 0) bits_ = random_.next(), left_ = 4;
    --left_;
    const auto fraction =
        static_cast<Real>(static_cast<std::int32_t>(bits_ & 0xffff)) * Real(0x1p-16);
    bits_ >>= 16;
    return fraction;
  }

 private:
  Random& random_;
  std::uint64_t bits_ = 0;
  int left_ = 0;
};

}  // namespace weir::mccfr
