// rules_text.hpp: training rules and states as JSON, for checkpoints; private.
#pragma once

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <weir/mccfr/trainer.hpp>

namespace weir::mccfr {

nlohmann::json to_json(const TrainRules& rules);
nlohmann::json to_json(const TrainState& state);
/// Errors: corrupt.
Result<TrainRules> rules_of(const nlohmann::json& json);
Result<TrainState> state_of(const nlohmann::json& json);
Result<Algorithm> algorithm_of(std::string_view word);
/// None, one number for all rounds, or one a round. Errors: usage.
Result<TableBits> table_bits_of(std::span<const std::uint32_t> given);

/// A whole number from 0 to 2^31 - 1: what else stands there would be converted to whatever, or not at all.
inline bool whole_number(const nlohmann::json& json) {
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  if (json.is_number_unsigned()) return json.get<std::uint64_t>() <= std::uint64_t{most};
  return json.is_number_integer() && json.get<std::int64_t>() >= 0 &&
         json.get<std::int64_t>() <= most;
}

/// A whole number >= 0, at most the largest of T. Throws json::exception where there is none: a fraction is refused,
/// not converted, as one beyond T could not be.
template <class T>
T whole_at(const nlohmann::json& json, const char* key) {
  const auto number = json.at(key).template get_ref<const nlohmann::json::number_unsigned_t&>();
  return static_cast<T>(
      std::min<nlohmann::json::number_unsigned_t>(number, std::numeric_limits<T>::max()));
}

}  // namespace weir::mccfr
