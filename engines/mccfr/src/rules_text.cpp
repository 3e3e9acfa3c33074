#include "rules_text.hpp"

namespace weir::mccfr {

using nlohmann::json;

Result<Algorithm> algorithm_of(std::string_view word) {
  for (const Algorithm algorithm : {Algorithm::external, Algorithm::outcome, Algorithm::chance,
                                    Algorithm::cfr, Algorithm::cfr_plus}) {
    if (word == to_string(algorithm)) return algorithm;
  }
  return Error{"usage", "\"" + std::string(word) + "\" is no algorithm: es, os, cs, cfr, cfr+",
               "--algorithm"};
}

Result<TableBits> table_bits_of(std::span<const std::uint32_t> given) {
  TableBits bits = full_bits;
  if (given.empty()) return bits;
  if (given.size() != 1 && given.size() != bits.size())
    return Error{"usage", "one number, or one a street: 32,32,16,16", "--table-bits"};
  for (std::size_t r = 0; r < bits.size(); ++r) {
    const std::uint32_t each = given[given.size() == 1 ? 0 : r];
    if (each != 32 && each != 16 && each != 8)
      return Error{"usage", std::to_string(each) + " are no bits of an entry: 32, 16 or 8",
                   "--table-bits"};
    bits[r] = static_cast<std::uint8_t>(each);
  }
  return bits;
}

json to_json(const TrainRules& rules) {
  return {{"algorithm", to_string(rules.algorithm)},
          {"mode", rules.mode == UpdateMode::fast ? "fast" : "deterministic"},
          {"exploration", rules.sampling.exploration},
          {"pruning", rules.sampling.pruning},
          {"prune_below", rules.sampling.prune_below},
          {"prune_probability", rules.sampling.prune_probability},
          {"discount", rules.discount.text()},
          {"discount_interval", rules.discount_interval},
          {"batch", rules.batch},
          {"table_bits", rules.table_bits},
          {"baselines", rules.baselines},
          {"average_rounds", rules.average_rounds},
          {"seed", rules.seed}};
}

json to_json(const TrainState& state) {
  return {{"iterations", state.iterations},
          {"discounts", state.discounts},
          {"nodes", state.nodes},
          {"traversals", state.traversals},
          {"value_sum", state.value_sum}};
}

Result<TrainRules> rules_of(const json& j) {
  try {
    TrainRules rules;
    auto algorithm = algorithm_of(j.at("algorithm").get<std::string>());
    if (!algorithm) return algorithm.error();
    rules.algorithm = algorithm.value();
    rules.mode = j.at("mode") == "fast" ? UpdateMode::fast : UpdateMode::deterministic;
    rules.sampling.exploration = j.at("exploration").get<double>();
    rules.sampling.pruning = j.at("pruning").get<bool>();
    rules.sampling.prune_below = j.at("prune_below").get<double>();
    rules.sampling.prune_probability = j.at("prune_probability").get<double>();
    auto discount = Discount::parse(j.at("discount").get<std::string>());
    if (!discount) return discount.error();
    rules.discount = discount.value();
    rules.discount_interval = whole_at<std::uint64_t>(j, "discount_interval");
    rules.batch = whole_at<std::uint32_t>(j, "batch");
    rules.seed = whole_at<std::uint64_t>(j, "seed");
    rules.baselines = j.value("baselines", false);
    if (j.contains("average_rounds"))
      rules.average_rounds = static_cast<int>(
          std::min<std::uint32_t>(whole_at<std::uint32_t>(j, "average_rounds"), rounds_max));
    if (j.contains("table_bits")) {
      auto bits = table_bits_of(j.at("table_bits").get<std::vector<std::uint32_t>>());
      if (!bits) return Error{"corrupt", bits.error().what, "rules"};
      rules.table_bits = bits.value();
    }
    const SamplingRules& sampling = rules.sampling;
    if (rules.batch > batch_max || rules.discount_interval == 0 || !(sampling.exploration > 0) ||
        sampling.exploration > 1 || !(sampling.prune_probability >= 0) ||
        sampling.prune_probability > 1)
      return Error{"corrupt", "its rules have numbers that no run has", "rules"};
    return rules;
  } catch (const json::exception& error) {
    return Error{"corrupt", error.what(), "rules"};
  }
}

Result<TrainState> state_of(const json& j) {
  try {
    TrainState state;
    state.iterations = whole_at<std::uint64_t>(j, "iterations");
    state.discounts = whole_at<std::uint64_t>(j, "discounts");
    state.nodes = whole_at<std::uint64_t>(j, "nodes");
    state.traversals = whole_at<std::uint64_t>(j, "traversals");
    state.value_sum = j.at("value_sum").get<double>();
    return state;
  } catch (const json::exception& error) {
    return Error{"corrupt", error.what(), "state"};
  }
}

}  // namespace weir::mccfr
