#include <nlohmann/json.hpp>
#include <weir/mccfr/training_game.hpp>
#include <weir/terminal.hpp>

#include "compact_work.hpp"
#include "holdem_training.hpp"
#include "multiway_training.hpp"

namespace weir::mccfr {
namespace {

class OneCardTraining final : public TrainingGame {
 public:
  OneCardTraining(OneCardGame game, nlohmann::json json)
      : game_(std::move(game)), json_(std::move(json)) {}

  std::string name() const override { return game_.name(); }
  std::string json() const override { return json_.dump(); }
  std::string unit() const override { return "chips"; }
  double unit_scale() const override { return 1; }
  const BettingTree& tree() const override { return game_.tree(); }
  std::array<std::uint32_t, rounds_max> buckets() const override { return game_.buckets(); }
  std::string key(std::uint32_t node, std::uint32_t bucket) const override {
    return game_.key(node, bucket);
  }
  Result<std::size_t> announce(const TrainRules& rules) const override {
    auto shape = TableShape::of(game_.tree(), game_.buckets());
    if (!shape) return shape.error();
    return sampling_bytes<WideEntries>(shape.value(), rules);
  }
  Result<Done> prepare() override { return Done{}; }
  Result<std::unique_ptr<Trainer>> make_trainer(Runtime& runtime,
                                                const TrainRules& rules) const override {
    return rules.algorithm < Algorithm::cfr ? make_sampling_trainer(runtime, game_, rules)
                                            : make_vector_trainer(runtime, game_, rules);
  }
  Result<Exploitability> exact(Runtime& runtime, Trainer& trainer) const override {
    return measure(runtime, game_, trainer.shape(), average_strategies(trainer));
  }
  Result<ResponseBound> lower_bound(Runtime&, Trainer&, const ResponseBudget&) const override {
    return Error{"usage", "this game has an exact measure", name()};
  }

  const OneCardGame* one_card() const override { return &game_; }

 private:
  OneCardGame game_;
  nlohmann::json json_;
};

Result<std::unique_ptr<TrainingGame>> make_one_card(const std::string& name,
                                                    const nlohmann::json& given) {
  try {
    auto manners = manners_of(given);
    if (!manners) return manners.error();
    const TableManners& m = manners.value();
    const bool kuhn = name == "kuhn";
    nlohmann::json json = {{"name", name}};
    for (const char* const key : {"players", "rake", "rows"})
      if (given.contains(key)) json[key] = given.at(key);
    if (m.visited) {
      auto game =
          kuhn ? MultiwayGame::kuhn(m.players, m.rake) : MultiwayGame::leduc(m.players, m.rake);
      if (!game) return game.error();
      return make_multiway(std::move(game).value(), name, json);
    }
    return std::unique_ptr<TrainingGame>(new OneCardTraining(
        kuhn ? OneCardGame::kuhn(m.rake) : OneCardGame::leduc(m.rake), std::move(json)));
  } catch (const nlohmann::json::exception& error) {
    return Error{"usage", error.what(), "game"};
  }
}

}  // namespace

Result<std::unique_ptr<TrainingGame>> make_game(const std::string& json, const TableRoom& room) {
  const auto j = nlohmann::json::parse(json, nullptr, false);
  const bool named = j.is_object() && j.contains("name") && j.at("name").is_string();
  const auto name = named ? j.at("name").get<std::string>() : std::string();
  if (name == "kuhn" || name == "leduc") return make_one_card(name, j);
  if (name == "limit" || name == "nolimit") return make_holdem(j, room);
  return Error{"usage",
               "\"" + name + "\" is no game; the nearest is " +
                   nearest_word(name, {"kuhn", "leduc", "limit", "nolimit"}),
               "game"};
}

}  // namespace weir::mccfr
