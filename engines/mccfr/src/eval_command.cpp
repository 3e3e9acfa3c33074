// eval: hands played against the baselines, or another checkpoint.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <weir/file.hpp>
#include <weir/mccfr/aivat.hpp>
#include <weir/terminal.hpp>

#include "commands.hpp"
#include "eval_table.hpp"
#include "frozen_sums.hpp"
#include "loaded.hpp"
#include "search_options.hpp"

namespace weir::mccfr {
namespace {

/// A checkpoint that plays; `sums` are read by a searcher too.
struct FrozenPlayer {
  std::shared_ptr<const FrozenSums> sums;
  KnownOpponent player;
};

Result<FrozenPlayer> player_of(const Loaded& loaded, const std::string& path) {
  const auto holdem = prepared_holdem(loaded, path);
  if (!holdem) return holdem.error();
  const HoldemGame* const game = holdem.value();
  const auto frozen = std::make_shared<const FrozenSums>(*loaded.trainer);
  const TableShape& shape = loaded.trainer->shape();
  return FrozenPlayer{
      frozen,
      {[game, &shape, frozen] { return make_blueprint(*game, shape, frozen->data()); },
       [game, &shape, frozen] { return make_known_blueprint(*game, shape, frozen->data()); }}};
}

KnownOpponent baseline_player(const HandStrengths& strengths, const std::string& name) {
  // The names outlive the players, the text of the options does not have to.
  const auto* const kept = std::find(std::begin(baseline_names), std::end(baseline_names), name);
  return {[&strengths, kept] { return make_baseline(*kept, strengths); },
          [&strengths, kept] { return make_known_baseline(*kept, strengths); }};
}

bool is_baseline(const std::string& name) {
  return std::find(std::begin(baseline_names), std::end(baseline_names), name) !=
         std::end(baseline_names);
}

/// One opponent's row of the report.
struct EvalRow {
  std::uint64_t hands = 0;
  double bb_per_100 = 0, ci95 = 0;
  std::optional<AivatResult> aivat;
};

class Evaluation {
 public:
  Evaluation(const Options& options, const StopSignals& signals, Findings& findings)
      : options_(options),
        signals_(signals),
        findings_(findings),
        progress_({.label = "eval", .unit = "hands", .quiet = options.quiet || !options.aivat}) {}

  void run() {
    auto loaded = load_checkpoint(options_.path, options_.workers, options_.buckets_file);
    if (!loaded) return fail(findings_, loaded.error());
    if (loaded.value().game->multiway() != nullptr && !searches())
      return eval_table(options_, signals_, loaded.value(), findings_);
    auto own = player_of(loaded.value(), options_.path);
    if (!own) return fail(findings_, own.error());
    auto searcher = make_searcher(options_, loaded.value(), own.value().sums->data());
    if (!searcher) return fail(findings_, searcher.error());
    if (const Searcher* const thinker = searcher.value().get(); thinker != nullptr)
      own.value().player = {[thinker] { return thinker->agent(); },
                            [thinker] { return thinker->known(); }};
    rules_ = loaded.value().game->holdem()->config().rules;
    if (options_.aivat && rules_.rake.percent > 0)
      return fail(findings_, {"usage",
                              "--aivat takes what one wins for what the other loses, and a "
                              "rake is neither's",
                              "eval"});
    std::vector<std::string> opponents;
    if (options_.against.empty()) {
      opponents.assign(std::begin(baseline_names), std::end(baseline_names));
    } else {
      opponents.push_back(options_.against);
    }
    auto rows = nlohmann::ordered_json::array();
    std::uint64_t hands = 0;
    for (const std::string& name : opponents) {
      auto opponent = opponent_of(name);
      if (!opponent) return fail(findings_, opponent.error());
      auto played = play(*loaded.value().runtime, own.value().player, opponent.value(), name);
      if (!played) return fail(findings_, played.error());
      if (played.value().hands == 0) break;
      hands += played.value().hands;
      rows.push_back(tell(name, played.value()));
      if (signals_.stop_requested()) break;
    }
    progress_.finish();
    auto& m = findings_.members;
    m["game"] = loaded.value().game->name();
    m["hands"] = options_.match_hands;
    m["hands_asked"] = options_.match_hands;  // against each
    m["hands_played"] = hands;                // against all
    m["duplicate"] = options_.duplicate;
    m["aivat"] = options_.aivat;
    if (searcher.value() != nullptr) tell_searches(options_, *searcher.value(), findings_);
    m["opponents"] = rows;
    m["bb_per_100"] = rows.empty() ? nlohmann::ordered_json() : rows[0]["bb_per_100"];
    m["ci95"] = rows.empty() ? nlohmann::ordered_json() : rows[0]["ci95"];
    if (signals_.stop_requested()) findings_.exit = 128 + signals_.signal_number();
  }

 private:
  bool searches() const noexcept { return options_.search_given || options_.search_iterations > 0; }

  const HandStrengths& strengths() {
    if (!strengths_) strengths_.emplace(HandStrengths::make());
    return *strengths_;
  }

  Result<KnownOpponent> opponent_of(const std::string& name) {
    if (is_baseline(name)) return baseline_player(strengths(), name);
    auto theirs = load_checkpoint(name);
    if (!theirs) return theirs.error();
    other_.emplace(std::move(theirs).value());
    auto player = player_of(*other_, name);
    if (!player) return player.error();
    if (other_->game->holdem()->config().rules != rules_)
      return Error{"usage", "its stacks, blinds or betting are not those of " + options_.path,
                   name};
    return player.value().player;
  }

  Result<EvalRow> play(Runtime& runtime, const KnownOpponent& own, const KnownOpponent& opponent,
                       const std::string& name) {
    const MatchConfig config{options_.match_hands, options_.duplicate, options_.seed};
    const double scale = 100.0 / rules_.largest_blind();
    if (!options_.aivat) {
      auto played = play_match(runtime, rules_, own.agent, opponent.agent, config,
                               [this] { return !signals_.stop_requested(); });
      if (!played) return played.error();
      const MatchResult& result = played.value();
      return EvalRow{result.hands, result.chips_per_hand * scale, result.ci95 * scale, {}};
    }
    progress_.start("against " + name, "hands", options_.match_hands);
    auto played =
        play_aivat(runtime, rules_, own, opponent, strengths(), config, [&](std::uint64_t hands) {
          progress_.add(hands - progress_.done());
          progress_.draw();
          return !signals_.stop_requested();
        });
    if (!played) return played.error();
    const AivatResult& result = played.value();
    return EvalRow{result.hands, result.estimate.chips_per_hand * scale,
                   result.estimate.ci95 * scale, result};
  }

  nlohmann::ordered_json tell(const std::string& name, const EvalRow& row) {
    nlohmann::ordered_json told = {{"against", name},
                                   {"hands", row.hands},
                                   {"bb_per_100", row.bb_per_100},
                                   {"ci95", row.ci95}};
    std::string text = fmt::format("{:+.1f} +- {:.1f} bb/100", row.bb_per_100, row.ci95);
    if (row.aivat) {
      const double scale = 1.0 / rules_.largest_blind();
      const AivatResult& aivat = *row.aivat;
      told["dealt_bb_per_100"] = aivat.dealt.chips_per_hand * scale * 100;
      told["dealt_ci95"] = aivat.dealt.ci95 * scale * 100;
      told["sd_bb"] = aivat.estimate_sd * scale;
      told["dealt_sd_bb"] = aivat.dealt_sd * scale;
      text += fmt::format(", sd {:.2f} of {:.2f} bb", aivat.estimate_sd * scale,
                          aivat.dealt_sd * scale);
    }
    findings_.rows.emplace_back("against " + name, text);
    return told;
  }

  const Options& options_;
  const StopSignals& signals_;
  Findings& findings_;
  Progress progress_;
  BettingRules rules_;
  std::optional<HandStrengths> strengths_;
  std::optional<Loaded> other_;
};

}  // namespace

void eval_command(const Options& options, const StopSignals& signals, Findings& findings) {
  const std::string& against = options.against;
  if (!against.empty() && !is_baseline(against) && !stat_file(against)) {
    const std::vector<std::string> known(std::begin(baseline_names), std::end(baseline_names));
    return fail(findings, {"not_found",
                           "no baseline, and no file is there; the nearest baseline is " +
                               nearest_word(against, known),
                           against});
  }
  Evaluation(options, signals, findings).run();
}

}  // namespace weir::mccfr
