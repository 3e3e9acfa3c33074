#include "multiway_training.hpp"

#include "multiway_trainer.hpp"
#include "rules_text.hpp"

namespace weir::mccfr {
namespace {

constexpr std::uint64_t bytes_holdem = std::uint64_t{512} << 20, bytes_one_card = 32 << 20;

class MultiwayTraining final : public TrainingGame {
 public:
  MultiwayTraining(MultiwayGame game, std::string name, nlohmann::json json)
      : game_(std::move(game)), name_(std::move(name)), json_(std::move(json)) {
    no_tree_.players = game_.rules().players;
    no_tree_.rounds = game_.rules().rounds;
  }

  std::string name() const override { return name_; }
  std::string json() const override { return json_.dump(); }
  std::string unit() const override { return holds_em() ? "mbb/hand" : "chips"; }
  double unit_scale() const override {
    return holds_em() ? 1000.0 / game_.rules().largest_blind() : 1;
  }
  const BettingTree& tree() const override { return no_tree_; }
  std::array<std::uint32_t, rounds_max> buckets() const override { return game_.buckets(); }
  std::string key(std::uint32_t, std::uint32_t bucket) const override {
    return game_.private_key(0, bucket);
  }
  Result<std::size_t> announce(const TrainRules& rules) const override {
    if (auto right = fits(rules); !right) return right.error();
    return static_cast<std::size_t>(lazy_sizes(game_, rules).bytes());
  }
  Result<Done> prepare() override { return game_.make_cards(); }
  Result<std::unique_ptr<Trainer>> make_trainer(Runtime& runtime,
                                                const TrainRules& rules) const override {
    if (auto right = fits(rules); !right) return right.error();
    return MultiwayTrainer::make(runtime, game_, rules, lazy_sizes(game_, rules));
  }
  Result<Exploitability> exact(Runtime& runtime, Trainer& trainer) const override {
    return measure(runtime, game_, *trainer.lazy());
  }
  Result<ResponseBound> lower_bound(Runtime&, Trainer&, const ResponseBudget&) const override {
    return Error{"usage",
                 "too large for an exact measure, and a response is learnt for two players with a "
                 "table of all rows; eval plays hands of hold'em from every seat",
                 name_};
  }
  const MultiwayGame* multiway() const override { return &game_; }

 private:
  /// Before cards are made, and before a table is taken.
  static Result<Done> fits(const TrainRules& rules) {
    if (rules.algorithm >= Algorithm::cfr) {
      return Error{"usage", "cfr and cfr+ walk a whole tree for two players; take es, os or cs",
                   "--algorithm"};
    }
    if (compact_bits(rules.table_bits) || rules.baselines) {
      return Error{"usage", "is for two players and a table of all rows",
                   rules.baselines ? "--baselines" : "--table-bits"};
    }
    return Done{};
  }
  bool holds_em() const noexcept { return game_.cards() != nullptr; }

  MultiwayGame game_;
  std::string name_;
  nlohmann::json json_;
  BettingTree no_tree_;
};

}  // namespace

Result<TableManners> manners_of(const nlohmann::json& json) {
  TableManners manners;
  if (json.contains("players") && !whole_number(json.at("players")))
    return Error{"players", json.at("players").dump() + " is no number of players", "players"};
  manners.players = json.value("players", 2);
  if (manners.players < 2 || manners.players > players_max)
    return Error{"players", "2 to " + std::to_string(players_max) + " can play", "players"};
  if (json.contains("rake")) {
    const nlohmann::json& rake = json.at("rake");
    if (rake.contains("cap") && !whole_number(rake.at("cap")))
      return Error{"usage", "a cap is a whole number of chips", "rake"};
    manners.rake.percent = rake.value("percent", 0.0);
    manners.rake.cap = rake.value("cap", Chips{0});
    if (manners.rake.cap > stack_max)
      return Error{"usage", "a cap is 0 (none) to " + std::to_string(stack_max) + " chips", "rake"};
    if (!(manners.rake.percent >= 0 && manners.rake.percent <= 100))
      return Error{"usage", "a rake is 0 to 100 percent", "rake"};
  }
  const std::string rows = json.value("rows", manners.players == 2 ? "all" : "visited");
  manners.visited = rows == "visited";
  if (rows != "all" && rows != "visited")
    return Error{"usage", "\"" + rows + "\" are no rows: all or visited", "rows"};
  if (!manners.visited && manners.players > 2) {
    return Error{"usage", "a table of all rows is for two players; take visited", "rows"};
  }
  return manners;
}

LazySizes lazy_sizes(const MultiwayGame& game, const TrainRules& rules) noexcept {
  if (rules.lazy.nodes != 0) return rules.lazy;
  return lazy_sizes_within(game.cards() != nullptr ? bytes_holdem : bytes_one_card, rules);
}

LazySizes lazy_sizes_within(std::uint64_t bytes, const TrainRules& rules) noexcept {
  LazySizes sizes = LazySizes::within(bytes);
  if (rules.average_rounds >= rounds_max) return sizes;
  // Twice the slots, out of the words.
  const std::uint64_t words = sizes.slots * (sizeof(std::uint64_t) / sizeof(std::uint32_t));
  if (words >= sizes.words) return sizes;
  sizes.slots *= 2;
  sizes.words -= words;
  return sizes;
}

std::unique_ptr<TrainingGame> make_multiway(MultiwayGame game, std::string name,
                                            nlohmann::json json) {
  return std::make_unique<MultiwayTraining>(std::move(game), std::move(name), std::move(json));
}

}  // namespace weir::mccfr
