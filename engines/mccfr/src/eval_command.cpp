// eval: hands played against the baselines, or another checkpoint.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <weir/mccfr/match.hpp>
#include <weir/terminal.hpp>

#include "commands.hpp"
#include "loaded.hpp"

namespace weir::mccfr {
namespace {

Result<MakeAgent> agent_of(const Loaded& loaded, const std::string& path) {
  const HoldemGame* const game = loaded.game->holdem();
  if (game == nullptr) return Error{"usage", "plays no hold'em", path};
  if (auto prepared = loaded.game->prepare(); !prepared) return prepared.error();
  const auto* const sums =
      reinterpret_cast<const NarrowEntries::Sum*>(loaded.trainer->table().sums.data());
  const TableShape& shape = loaded.trainer->shape();
  return MakeAgent([game, &shape, sums] { return make_blueprint(*game, shape, sums); });
}

bool is_baseline(const std::string& name) {
  return std::find(std::begin(baseline_names), std::end(baseline_names), name) !=
         std::end(baseline_names);
}

}  // namespace

void eval_command(const Options& options, Findings& findings) {
  auto loaded = load_checkpoint(options.path, options.workers, options.buckets_file);
  if (!loaded) return fail(findings, loaded.error());
  auto own = agent_of(loaded.value(), options.path);
  if (!own) return fail(findings, own.error());
  std::vector<std::string> opponents;
  if (options.against.empty()) {
    opponents.assign(std::begin(baseline_names), std::end(baseline_names));
  } else {
    opponents.push_back(options.against);
  }
  std::optional<HandStrengths> strengths;
  std::optional<Loaded> other;
  const BettingRules& rules = loaded.value().game->holdem()->config().rules;
  const Chips big_blind = rules.largest_blind();
  auto rows = nlohmann::ordered_json::array();
  for (const std::string& name : opponents) {
    MakeAgent opponent;
    if (is_baseline(name)) {
      if (!strengths) strengths.emplace(HandStrengths::make());
      opponent = [&strengths, name] { return make_baseline(name, *strengths); };
    } else {
      auto theirs = load_checkpoint(name);
      if (!theirs) return fail(findings, theirs.error());
      other.emplace(std::move(theirs).value());
      auto agent = agent_of(*other, name);
      if (!agent) return fail(findings, agent.error());
      if (other->game->holdem()->config().rules != rules)
        return fail(
            findings,
            {"usage", "its stacks, blinds or betting are not those of " + options.path, name});
      opponent = std::move(agent).value();
    }
    auto played = play_match(*loaded.value().runtime, rules, own.value(), opponent,
                             {options.match_hands, options.duplicate, options.seed});
    if (!played) return fail(findings, played.error());
    const MatchResult& result = played.value();
    const double scale = 100.0 / big_blind;
    rows.push_back({{"against", name},
                    {"hands", result.hands},
                    {"bb_per_100", result.bb_per_100(big_blind)},
                    {"ci95", result.ci95 * scale}});
    findings.rows.emplace_back(
        "against " + name,
        fmt::format("{:+.1f} +- {:.1f} bb/100", result.bb_per_100(big_blind), result.ci95 * scale));
  }
  findings.members["game"] = loaded.value().game->name();
  findings.members["hands"] = options.match_hands;
  findings.members["duplicate"] = options.duplicate;
  findings.members["opponents"] = rows;
  findings.members["bb_per_100"] = rows[0]["bb_per_100"];
  findings.members["ci95"] = rows[0]["ci95"];
}

}  // namespace weir::mccfr
