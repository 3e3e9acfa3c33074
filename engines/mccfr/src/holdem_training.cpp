#include "holdem_training.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <numeric>
#include <weir/mccfr/bucket_file.hpp>
#include <weir/mccfr/holdem_game.hpp>
#include <weir/mccfr/tree_builder.hpp>
#include <weir/terminal.hpp>

#include "board_trainer.hpp"
#include "frozen_sums.hpp"
#include "menu_text.hpp"
#include "multiway_training.hpp"
#include "response_learner.hpp"
#include "rules_text.hpp"
#include "sampling_trainer.hpp"

namespace weir::mccfr {
namespace {

Error holdem_error(std::string what, std::string where) {
  return {"usage", std::move(what), std::move(where)};
}

class HoldemTraining final : public TrainingGame {
 public:
  HoldemTraining(HoldemGame game, nlohmann::json json)
      : game_(std::move(game)), json_(std::move(json)) {}

  std::string name() const override { return json_.at("name").get<std::string>(); }
  std::string json() const override { return json_.dump(); }
  std::string unit() const override { return "mbb/hand"; }
  double unit_scale() const override { return 1000.0 / game_.config().rules.largest_blind(); }
  const BettingTree& tree() const override { return game_.tree(); }
  std::array<std::uint32_t, rounds_max> buckets() const override { return game_.buckets(); }
  std::string key(std::uint32_t node, std::uint32_t bucket) const override {
    return game_.key(node, bucket);
  }
  Result<std::size_t> announce(const TrainRules& rules) const override {
    auto shape = TableShape::of(game_.tree(), game_.buckets());
    if (!shape) return shape.error();
    return rules.algorithm >= Algorithm::cfr
               ? board_trainer_bytes(game_.tree(), shape.value(), rules)
               : sampling_bytes<NarrowEntries>(shape.value(), rules);
  }
  Result<Done> prepare() override { return game_.make_cards(); }
  Result<std::unique_ptr<Trainer>> make_trainer(Runtime& runtime,
                                                const TrainRules& rules) const override {
    if (rules.algorithm >= Algorithm::cfr) return make_board_trainer(runtime, game_, rules);
    return make_sampling<NarrowEntries>(runtime, game_, rules);
  }
  Result<Exploitability> exact(Runtime&, Trainer&) const override {
    return Error{"too_large", "hold'em has no exact measure", name()};
  }
  Result<ResponseBound> lower_bound(Runtime& runtime, Trainer& trainer,
                                    const ResponseBudget& budget) const override {
    using Sum = NarrowEntries::Sum;
    auto regrets = CountedArray<std::int32_t>::zeros(trainer.shape().entries);
    if (!regrets) return regrets.error();
    const FrozenSums sums(trainer);
    ResponseLearner<HoldemGame, Sum> learner(runtime, game_, trainer.shape(), sums.data(),
                                             std::move(regrets).value());
    ResponseBound bound;
    const Status status = learner.run(budget, bound);
    if (status == Status::accepted) return bound;
    if (status == Status::cancelled)
      return Error{"cancelled", "ended before a response was learnt", name()};
    return Error{status == Status::stalled ? "stalled" : "failed",
                 "the response could not be learnt: " + std::string(to_string(status)), name()};
  }

  const HoldemGame* holdem() const override { return &game_; }

 private:
  HoldemGame game_;
  nlohmann::json json_;
};

/// The defaults, so that a checkpoint says all.
nlohmann::json completed(const nlohmann::json& given) {
  const bool limit = given.value("name", "") == "limit";
  nlohmann::json json = {{"name", ""},
                         {"stack", limit ? 48 : 400},
                         {"blinds", {1, 2}},
                         {"ante", 0},
                         {"bets", "pot"},
                         {"measure", "e_hs2"},
                         {"buckets", {169, 200, 200, 200}}};
  json.update(given);
  return json;
}

Result<BetMenu> menu_of(const nlohmann::json& json, const BettingRules& rules) {
  auto menu = parse_menu(json.at("bets").get<std::string>(), rules);
  if (!menu) return menu.error();
  if (json.contains("raises_max")) {
    const auto most = json.at("raises_max").get<std::vector<int>>();
    if (most.size() != rounds_max)
      return holdem_error("\"raises_max\" are four numbers, one a street", "game");
    std::copy(most.begin(), most.end(), menu.value().raises_max.begin());
  }
  menu.value().merge = json.value("merge", menu.value().merge);
  menu.value().all_in_from = json.value("all_in_from", menu.value().all_in_from);
  return menu;
}

Result<Reopen> reopen_of(const nlohmann::json& json) {
  const auto word = json.value("short_all_ins", "wsop");
  if (word == "wsop") return Reopen::wsop;
  if (word == "acpc") return Reopen::acpc;
  return holdem_error("\"" + word + "\" is no rule of short all-ins: wsop or acpc", "game");
}

/// A new game with a file takes counts and hash from it; one that was kept knows them, and needs the file for deals
/// only.
Result<Done> complete_from_file(nlohmann::json& json) {
  if (!json.contains("buckets_file") || json.contains("abstraction")) return Done{};
  const auto path = json.at("buckets_file").get<std::string>();
  auto file = abstraction::BucketFile::read_whole(path);
  if (!file) return file.error();
  auto counts = nlohmann::json::array();
  for (int round = 0; round < 4; ++round) counts.push_back(file.value()->count(round));
  if (json.contains("buckets") && json.at("buckets") != counts) {
    return Error{"abstraction",
                 "has " + counts.dump() + " buckets, not " + json.at("buckets").dump(), path};
  }
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  json["buckets_file"] = error ? path : absolute.string();
  json["buckets"] = counts;
  json["abstraction"] = file.value()->abstraction();
  return Done{};
}

Result<HoldemConfig> holdem_config(const nlohmann::json& json, const TableManners& manners) {
  for (const char* key : {"stack", "ante", "blinds", "buckets", "raises_max"}) {
    if (!json.contains(key)) continue;
    const nlohmann::json& member = json.at(key);
    if (member.is_array() ? !std::all_of(member.begin(), member.end(), whole_number)
                          : !whole_number(member))
      return holdem_error("\"" + std::string(key) + "\" is " + member.dump() +
                              ": whole numbers from 0 to 2147483647",
                          "game");
  }
  HoldemConfig config;
  const auto blinds = json.at("blinds").get<std::vector<Chips>>();
  if (blinds.size() != 2) return holdem_error("\"blinds\" are two numbers", "game");
  if (blinds[0] > blinds[1]) {
    return holdem_error(
        "\"blinds\" are the small one and then the big one: " + std::to_string(blinds[0]) +
            " is more than " + std::to_string(blinds[1]),
        "blinds");
  }
  const auto stack = json.at("stack").get<Chips>();
  if (json.at("name") == "limit") {
    if (manners.players != 2)
      return holdem_error("limit hold'em is for two players; take nolimit", "players");
    config.rules = limit_holdem_rules();
  } else {
    config.rules = no_limit_holdem_rules(manners.players, stack, blinds[0], blinds[1]);
    const auto ante = json.at("ante").get<Chips>();
    for (int p = 0; p < manners.players; ++p)
      config.rules.antes[static_cast<std::size_t>(p)] = ante;
    auto reopen = reopen_of(json);
    if (!reopen) return reopen.error();
    config.rules.reopen = reopen.value();
    auto menu = menu_of(json, config.rules);
    if (!menu) return menu.error();
    config.menu = std::move(menu).value();
  }
  if (manners.raked()) {
    config.rules.rake = manners.rake;
    config.rules.whole_chips = false;
  }
  const auto counts = json.at("buckets").get<std::vector<int>>();
  if (counts.size() != 4) return holdem_error("\"buckets\" are four numbers, one a street", "game");
  std::copy(counts.begin(), counts.end(), config.buckets.buckets.begin());
  if (json.contains("abstraction")) {
    config.abstraction = json.at("abstraction").get<std::string>();
    config.buckets_file = json.at("buckets_file").get<std::string>();
  }
  const auto measure = json.at("measure").get<std::string>();
  if (measure != "e_hs" && measure != "e_hs2")
    return holdem_error("\"" + measure + "\" is no measure: e_hs or e_hs2", "game");
  config.buckets.measure =
      measure == "e_hs" ? StrengthMeasure::mean : StrengthMeasure::mean_of_squares;
  return config;
}

/// By counting, which takes ms where building the tree takes seconds.
Result<Done> check_room(const HoldemConfig& config, const TableRoom& room) {
  if (room.bytes_max == TableRoom{}.bytes_max) return Done{};
  const auto counts = count_tree(config.rules, config.menu);
  if (!counts) return counts.error();
  std::uint64_t bytes = 0;
  for (std::size_t r = 0; r < rounds_max; ++r) {
    const std::uint64_t entries = std::accumulate(
        counts.value().entries[r].begin(), counts.value().entries[r].end(), std::uint64_t{0});
    // A regret and, where rounds have them, a sum each; lines that rows do not fill come on top.
    const std::uint64_t each = static_cast<int>(r) < room.average_rounds ? 2 : 1;
    bytes +=
        entries * static_cast<std::uint64_t>(config.buckets.buckets[r]) * each * room.bits[r] / 8;
  }
  if (bytes <= room.bytes_max) return Done{};
  return Error{"too_large",
               "would take more than " + format_bytes(static_cast<double>(bytes)) +
                   " for the tables of " + format_count(counts.value().nodes) +
                   " states of betting, of " + format_bytes(static_cast<double>(room.bytes_max)) +
                   " that there are for it; take less of --buckets or --bets",
               "train"};
}

}  // namespace

Result<std::unique_ptr<TrainingGame>> make_holdem(const nlohmann::json& given,
                                                  const TableRoom& room) {
  try {
    nlohmann::json from_file = given;
    if (auto completed_too = complete_from_file(from_file); !completed_too)
      return completed_too.error();
    const nlohmann::json json = completed(from_file);
    auto manners = manners_of(json);
    if (!manners) return manners.error();
    auto config = holdem_config(json, manners.value());
    if (!config) return config.error();
    if (manners.value().visited) {
      auto many = MultiwayGame::holdem(config.value());
      if (!many) return many.error();
      return make_multiway(std::move(many).value(), json.at("name").get<std::string>(), json);
    }
    if (auto fits = check_room(config.value(), room); !fits) return fits.error();
    auto game = HoldemGame::make(config.value());
    if (!game) return game.error();
    return std::unique_ptr<TrainingGame>(new HoldemTraining(std::move(game).value(), json));
  } catch (const nlohmann::json::exception& error) {
    return holdem_error(error.what(), "game");
  }
}

}  // namespace weir::mccfr
