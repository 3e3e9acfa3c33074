// litmus_report.hpp: a litmus test as programs tell it; private.
#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <weir/mccfr/litmus.hpp>
#include <weir/mccfr/training_game.hpp>

#include "frozen_sums.hpp"

namespace weir::mccfr {

/// Of the average strategy, where the game is hold'em and its cards are made; else null.
inline nlohmann::ordered_json litmus_json(const TrainingGame& game, Trainer& trainer) {
  const HoldemGame* const holdem = game.holdem();
  if (holdem == nullptr || holdem->cards() == nullptr) return nullptr;
  const FrozenSums sums(trainer);
  const Litmus found = litmus(*holdem, trainer.shape(), sums.data());
  return {{"aces_rows", found.aces_rows},
          {"aces_violations", found.aces_violations},
          {"aces_fold_max", found.aces_fold_max},
          {"symmetry_checked", found.symmetry_checked},
          {"symmetry_violations", found.symmetry_violations},
          {"monotony_checked", found.monotony_checked},
          {"monotony_violations", found.monotony_violations}};
}

/// "aces 1 of 12, symmetry 0 of 8,000, monotony 3 of 64"
inline std::string litmus_text(const nlohmann::ordered_json& found) {
  const auto of = [&](const char* violations, const char* checked) {
    return fmt::format("{} of {}", found.at(violations).get<std::uint64_t>(),
                       found.at(checked).get<std::uint64_t>());
  };
  return "aces " + of("aces_violations", "aces_rows") + ", symmetry " +
         of("symmetry_violations", "symmetry_checked") + ", monotony " +
         of("monotony_violations", "monotony_checked");
}

}  // namespace weir::mccfr
