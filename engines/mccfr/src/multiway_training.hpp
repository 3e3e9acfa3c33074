// multiway_training.hpp: games for two to six players whose rows come with the first visit, as the program knows them;
// private.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <weir/mccfr/training_game.hpp>

namespace weir::mccfr {

/// What "players", "rake" {"percent", "cap"} and "rows" ("all", "visited") of a game's JSON say; "rows" is "all" for
/// two players where it is missing, "visited" for more.
struct TableManners {
  int players = 2;
  Rake rake;
  bool visited = false;
  bool raked() const noexcept { return rake.percent > 0; }
};
/// Errors: usage. Throws what json does.
Result<TableManners> manners_of(const nlohmann::json& json);

/// Of the table that a run by these rules takes.
LazySizes lazy_sizes(const MultiwayGame& game, const TrainRules& rules) noexcept;
/// What fits into so many bytes: as LazySizes::within, with more slots where rounds have no sums, as rows are shorter.
LazySizes lazy_sizes_within(std::uint64_t bytes, const TrainRules& rules) noexcept;

/// `name`, `json`: as the program tells them.
std::unique_ptr<TrainingGame> make_multiway(MultiwayGame game, std::string name,
                                            nlohmann::json json);

}  // namespace weir::mccfr
