// table_match.hpp: hands of hold'em for two to six: one agent, in each seat in turn, among copies of another.
//
// With duplicate deals each deal is played once for every seat of the first agent, cards staying where they are; the
// interval is then of whole deals. What it wins is what the rules pay out: rake is lost by both.
//
// Roles:  play_table() on one thread; hands are played by the runtime's workers, and any number of them gives the same
//         result.
#pragma once

#include <array>
#include <weir/mccfr/lazy_table.hpp>
#include <weir/mccfr/match.hpp>
#include <weir/mccfr/multiway_game.hpp>

namespace weir::mccfr {

struct TableResult {
  MatchResult all;                             // over all seats
  std::array<MatchResult, players_max> seats;  // of the first agent; seat 0 is left of the button
};

/// `others`: makes one agent for each of the other seats. `config.hands`: rounded up to whole rounds of the table with
/// duplicate deals. `goes_on` and errors: as play_match.
Result<TableResult> play_table(Runtime& runtime, const BettingRules& rules, const MakeAgent& first,
                               const MakeAgent& others, const MatchConfig& config,
                               const std::function<bool()>& goes_on = {});

/// The average strategy of rows that came with visits: others' bets by translation, as make_blueprint() does it. To
/// each average three visits of a simple player are added, who plays alone where there is no row: he checks, and
/// against a bet calls with so many of his hands, by strength, that a bluff of that size would not pay against all who
/// face it, else folds. `game`, whose cards are made, and the others outlive it.
std::unique_ptr<Agent> make_lazy_blueprint(const MultiwayGame& game, const LazyTable& table,
                                           const HandStrengths& strengths);

}  // namespace weir::mccfr
