// lbr: what a local best response wins from a checkpoint's strategy in the real game.
#include <fmt/format.h>

#include <weir/mccfr/local_best_response.hpp>
#include <weir/terminal.hpp>

#include "commands.hpp"
#include "frozen_sums.hpp"
#include "loaded.hpp"

namespace weir::mccfr {

void lbr_command(const Options& options, const StopSignals& signals, Findings& findings) {
  auto loaded = load_checkpoint(options.path, options.workers, options.buckets_file);
  if (!loaded) return fail(findings, loaded.error());
  const Loaded& l = loaded.value();
  const auto holdem = prepared_holdem(l, options.path);
  if (!holdem) return fail(findings, holdem.error());
  const HoldemGame* const game = holdem.value();
  const FrozenSums frozen(*l.trainer);
  const auto* const sums = frozen.data();
  const TableShape& shape = l.trainer->shape();
  const KnownOpponent opponent{
      [&] { return make_blueprint(*game, shape, sums); },
      [&] { return make_known_blueprint(*game, shape, sums); },
  };
  LbrConfig config;
  config.hands = options.match_hands;
  config.bets = lbr_bets_of(options.lbr_bets).value_or(LbrBets::pot_all_in);
  config.first_round = options.lbr_rounds == "3-4" ? 2 : 0;
  config.seed = options.seed;
  Progress progress(
      {.label = "lbr", .unit = "hands", .total = config.hands, .quiet = options.quiet});
  const BettingRules& rules = game->config().rules;
  auto played = play_lbr(*l.runtime, rules, opponent, config, [&](std::uint64_t hands) {
    progress.add(hands - progress.done());
    progress.draw();
    return !signals.stop_requested();
  });
  progress.finish();
  findings.workers = l.runtime->workers();
  findings.metrics = l.runtime->metrics();
  findings.memory_bytes = l.runtime->memory() + l.trainer->table_bytes();
  if (!played) return fail(findings, played.error());
  const LbrResult& result = played.value();
  const double scale = 1000.0 / rules.largest_blind();
  auto& m = findings.members;
  m["game"] = l.game->name();
  m["iterations"] = l.trainer->state().iterations;
  m["hands"] = result.hands;
  m["hands_played"] = result.hands;
  m["hands_asked"] = options.match_hands;
  m["bets"] = options.lbr_bets;
  m["rounds"] = options.lbr_rounds;
  m["mbb_per_hand"] = result.won.chips_per_hand * scale;
  m["ci95"] = result.won.ci95 * scale;
  m["dealt_mbb_per_hand"] = result.dealt.chips_per_hand * scale;
  m["dealt_ci95"] = result.dealt.ci95 * scale;
  const auto text = [&](const MeanOfHands& mean) {
    return fmt::format("{:+.0f} +- {:.0f} mbb/hand", mean.chips_per_hand * scale,
                       mean.ci95 * scale);
  };
  findings.rows = {{"hands", format_count(result.hands)},
                   {"local best response", text(result.won)},
                   {"  against the hands dealt", text(result.dealt)}};
  if (signals.stop_requested()) findings.exit = 128 + signals.signal_number();
}

}  // namespace weir::mccfr
