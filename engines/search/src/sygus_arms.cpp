#include "sygus_arms.hpp"

#include <algorithm>

namespace weir::search::sygus {
namespace {

struct Nature {
  double prior;
  double factor;  // of the bank's growth between turns; below 1.6 it has one each time
};

constexpr std::array<Nature, arm_count> natures{{
    {256, 1},
    {128, 1},
    {64, 1},
    {32, 1},
    {16, 1},
    {8, 2},
    {4, 3},
    {2, 2},
    {1, 1},
}};
constexpr double factor_in_vain = 2;

std::size_t index_of(Arm arm) noexcept { return static_cast<std::size_t>(arm); }

}  // namespace

double Arms::worth(Arm arm) const noexcept {
  return natures[index_of(arm)].prior * (1 + states_[index_of(arm)].gain);
}

std::array<Arm, arm_count> Arms::ordered() const {
  std::array<Arm, arm_count> all{};
  for (std::size_t i = 0; i < arm_count; ++i) all[i] = static_cast<Arm>(i);
  std::sort(all.begin(), all.end(),
            [this](Arm a, Arm b) { return worth(a) != worth(b) ? worth(a) > worth(b) : a < b; });
  return all;
}

bool Arms::is_due(Arm arm, std::size_t terms) const noexcept {
  const State& state = states_[index_of(arm)];
  const double factor =
      natures[index_of(arm)].factor * (state.in_vain >= in_vain_max ? factor_in_vain : 1);
  return static_cast<double>(terms) > static_cast<double>(state.terms) * factor;
}

void Arms::ran(Arm arm, std::size_t terms, double simulations, std::uint32_t saved,
               bool answered) noexcept {
  State& state = states_[index_of(arm)];
  state.terms = terms;
  state.gain = std::min(gain_max, static_cast<double>(saved) / std::max(simulations, 0.125));
  state.in_vain = saved != 0 || !answered ? 0 : state.in_vain + 1;
}

void Arms::begin_bank() noexcept {
  for (State& state : states_) state.terms = 0, state.in_vain = 0;
}

}  // namespace weir::search::sygus
