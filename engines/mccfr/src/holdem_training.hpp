// holdem_training.hpp: hold'em as the program trains it, from its JSON; private.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <weir/mccfr/training_game.hpp>

namespace weir::mccfr {

/// {"name": "nolimit"|"limit", "players": 2, "stack": 400, "blinds": [1, 2], "ante": 0, "bets": "pot",
/// "raises_max": [0, 0, 0, 0], "merge": 0, "all_in_from": 0.97, "short_all_ins": "wsop"|"acpc",
/// "rake": {"percent": 0, "cap": 0}, "rows": "all"|"visited", "buckets": [169, 200, 200, 200],
/// "measure": "e_hs2"|"e_hs"}; everything but the name may be left out. `bets`: as menu_text.hpp reads them; the three
/// after it are members of BetMenu. "buckets_file": FILE takes the buckets of a file, and then "abstraction" is its
/// hash. Errors: usage, abstraction, too_large where there is no room for a table of all rows, and those of rules,
/// menus, trees and files.
Result<std::unique_ptr<TrainingGame>> make_holdem(const nlohmann::json& json,
                                                  const TableRoom& room);

}  // namespace weir::mccfr
