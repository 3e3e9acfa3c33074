// query_place.hpp: where a betting leads to, in a tree or by the rules, and what is near to one that leads nowhere;
// private to the program.
#pragma once

#include <optional>
#include <string>
#include <vector>
#include <weir/mccfr/training_game.hpp>

namespace weir::mccfr {

/// A decision.
struct QueryPlace {
  int round = 0;
  std::string betting;
  std::vector<std::string> letters;  // of its actions
  std::uint32_t node = 0;            // of the tree
  std::vector<std::uint8_t> path;    // without a tree: each action's place among its node's
};

/// Nothing: nobody acts after that betting.
std::optional<QueryPlace> find_place(const TrainingGame& game, const std::string& betting);
/// The decision whose betting is nearest to one that leads nowhere. Cost: up to 100,000 comparisons.
QueryPlace nearest_place(const TrainingGame& game, const std::string& betting);
/// "b17:flop:cc/": a row's name.
std::string key_at(const TrainingGame& game, const QueryPlace& place, std::uint32_t bucket);

}  // namespace weir::mccfr
