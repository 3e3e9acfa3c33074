// original_options.hpp: flags and keys of the original program: what each means here; private to the program.
//
//   discount_mode static, with regret_discount_alpha and strategy_discount_beta       --discount static:A,B
//   discount_mode dcfr                                                                --discount dcfr:1.5,0,2
//   use_linear_weighting, discount_factor F    linear, static:F,F where nothing else discounts
//   epsilon_schedule [[iteration, epsilon] ...]    its first epsilon, for the whole run
//   --buckets FILE                                 --buckets-file FILE
//   bucket: {k_preflop ...}                        --buckets in a train; other keys of that section nothing
// Accepted, and of no effect, which train says: tensorboard and its interval (--metrics and --plot are there); chunks
// and instances (memory is bounded from the start, all workers share one table); adaptive_* and preflop_equity_samples
// (nothing is sampled for equities); dcfr_reset_negative_regrets (dcfr halves them at each step);
// include_action_history_in_infoset and storage_mode (rows always know their history; tables are as --rows says). So is
// what the game has not: stacks, blinds, antes and bets for other games than nolimit, buckets for kuhn and leduc.
#pragma once

#include <CLI/CLI.hpp>
#include <string_view>

#include "options.hpp"

namespace weir::mccfr {

void add_original_options(CLI::App& train, Options& o);
/// A key of --config that is accepted without being an option: adaptive-...
bool passed_over_key(std::string_view key) noexcept;
/// What was given of all this, once the command line and --config are read. Errors: usage.
Result<Done> apply_original(const CLI::App& train, Options& o);

}  // namespace weir::mccfr
