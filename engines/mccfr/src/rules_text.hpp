// rules_text.hpp: training rules and states as JSON, for checkpoints; private.
#pragma once

#include <nlohmann/json.hpp>
#include <weir/mccfr/trainer.hpp>

namespace weir::mccfr {

nlohmann::json to_json(const TrainRules& rules);
nlohmann::json to_json(const TrainState& state);
/// Errors: corrupt.
Result<TrainRules> rules_of(const nlohmann::json& json);
Result<TrainState> state_of(const nlohmann::json& json);
Result<Algorithm> algorithm_of(std::string_view word);

}  // namespace weir::mccfr
