// subgame_update.hpp: how an iteration of a subgame's solver discounts what came before; private.
#pragma once

#include <cmath>
#include <limits>
#include <weir/mccfr/subgame_solver.hpp>

#include "subgame_walk.hpp"

namespace weir::mccfr::subgame {

/// Of iteration t, counted from 1.
inline Update update_of(const SubgameSettings& settings, std::uint64_t t) {
  const double done = static_cast<double>(t - 1);
  const auto part = [](double power) { return static_cast<float>(power / (power + 1)); };
  Update update;
  if (settings.method == SubgameSettings::Method::cfr_plus) {
    update.least = 0;
    update.keep = static_cast<float>(done / (done + 1));
    return update;
  }
  update.positive = part(std::pow(done, settings.alpha));
  update.negative = part(std::pow(done, settings.beta));
  update.least = -std::numeric_limits<float>::max();
  update.keep = static_cast<float>(std::pow(done / (done + 1), settings.gamma));
  return update;
}

}  // namespace weir::mccfr::subgame
