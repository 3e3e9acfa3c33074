#include "eval_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <weir/mccfr/table_match.hpp>

#include "frozen_sums.hpp"

namespace weir::mccfr {
namespace {

class TableEvaluation {
 public:
  TableEvaluation(const Options& options, const StopSignals& signals, const Loaded& loaded,
                  Findings& findings)
      : options_(options), signals_(signals), loaded_(loaded), findings_(findings) {}

  void run() {
    const auto own = player_of(loaded_, options_.path);
    if (!own) return fail(findings_, own.error());
    if (options_.aivat)
      return fail(findings_,
                  {"usage", "--aivat is for two players, over a table of all rows", "eval"});
    std::vector<std::string> opponents{options_.against};
    if (options_.against.empty())
      opponents.assign(std::begin(baseline_names), std::end(baseline_names));
    auto rows = nlohmann::ordered_json::array();
    std::uint64_t hands = 0;
    for (const std::string& name : opponents) {
      auto opponent = opponent_of(name);
      if (!opponent) return fail(findings_, opponent.error());
      auto played = play_table(*loaded_.runtime, rules(), own.value(), opponent.value(),
                               {options_.match_hands, options_.duplicate, options_.seed},
                               [this] { return !signals_.stop_requested(); });
      if (!played) return fail(findings_, played.error());
      if (played.value().all.hands == 0) break;
      hands += played.value().all.hands;
      rows.push_back(tell(name, played.value()));
      if (signals_.stop_requested()) break;
    }
    auto& m = findings_.members;
    m["game"] = loaded_.game->name();
    m["players"] = rules().players;
    m["hands"] = options_.match_hands;
    m["hands_asked"] = options_.match_hands;
    m["hands_played"] = hands;
    m["duplicate"] = options_.duplicate;
    m["aivat"] = false;
    m["opponents"] = rows;
    m["bb_per_100"] = rows.empty() ? nlohmann::ordered_json() : rows[0]["bb_per_100"];
    m["ci95"] = rows.empty() ? nlohmann::ordered_json() : rows[0]["ci95"];
    if (signals_.stop_requested()) findings_.exit = 128 + signals_.signal_number();
  }

 private:
  const BettingRules& rules() const noexcept { return loaded_.game->multiway()->rules(); }

  Result<MakeAgent> player_of(const Loaded& loaded, const std::string& path) {
    if (auto prepared = loaded.game->prepare(); !prepared) return prepared.error();
    if (const MultiwayGame* const game = loaded.game->multiway();
        game != nullptr && game->cards() != nullptr) {
      const LazyTable* const table = loaded.trainer->lazy();
      return MakeAgent([game, table, &strengths = strengths()] {
        return make_lazy_blueprint(*game, *table, strengths);
      });
    }
    if (const HoldemGame* const game = loaded.game->holdem()) {
      const auto frozen = std::make_shared<const FrozenSums>(*loaded.trainer);
      const TableShape* const shape = &loaded.trainer->shape();
      return MakeAgent(
          [game, shape, frozen] { return make_blueprint(*game, *shape, frozen->data()); });
    }
    return Error{"usage", "plays no hold'em", path};
  }

  static const BettingRules& rules_of(const Loaded& loaded) noexcept {
    return loaded.game->multiway() != nullptr ? loaded.game->multiway()->rules()
                                              : loaded.game->holdem()->config().rules;
  }

  const HandStrengths& strengths() {
    if (!strengths_) strengths_.emplace(HandStrengths::make());
    return *strengths_;
  }

  Result<MakeAgent> opponent_of(const std::string& name) {
    const auto* const known = std::find(std::begin(baseline_names), std::end(baseline_names), name);
    if (known != std::end(baseline_names)) {
      return MakeAgent(
          [known, &strengths = strengths()] { return make_baseline(*known, strengths); });
    }
    auto theirs = load_checkpoint(name);
    if (!theirs) return theirs.error();
    other_.emplace(std::move(theirs).value());
    auto player = player_of(*other_, name);
    if (player && rules_of(*other_) != rules())
      return Error{"usage",
                   "its players, stacks, blinds or betting are not those of " + options_.path,
                   name};
    return player;
  }

  nlohmann::ordered_json tell(const std::string& name, const TableResult& played) {
    const Chips blind = rules().largest_blind();
    const double scale = 100.0 / blind;
    nlohmann::ordered_json told = {{"against", name},
                                   {"hands", played.all.hands},
                                   {"bb_per_100", played.all.bb_per_100(blind)},
                                   {"ci95", played.all.ci95 * scale},
                                   {"seats", nlohmann::ordered_json::array()}};
    std::string text = fmt::format("{:+.1f} +- {:.1f} bb/100; by seat",
                                   played.all.bb_per_100(blind), played.all.ci95 * scale);
    for (int s = 0; s < rules().players; ++s) {
      const MatchResult& seat = played.seats[static_cast<std::size_t>(s)];
      told["seats"].push_back({{"seat", s},
                               {"hands", seat.hands},
                               {"bb_per_100", seat.bb_per_100(blind)},
                               {"ci95", seat.ci95 * scale}});
      text += fmt::format(" {:+.0f}", seat.bb_per_100(blind));
    }
    findings_.rows.emplace_back("against " + name, text);
    return told;
  }

  const Options& options_;
  const StopSignals& signals_;
  const Loaded& loaded_;
  Findings& findings_;
  std::optional<HandStrengths> strengths_;
  std::optional<Loaded> other_;
};

}  // namespace

void eval_table(const Options& options, const StopSignals& signals, const Loaded& loaded,
                Findings& findings) {
  TableEvaluation(options, signals, loaded, findings).run();
}

}  // namespace weir::mccfr
