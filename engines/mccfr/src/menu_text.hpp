// menu_text.hpp: a menu of bets as it is written on a command line; private.
//
//   50%,100%,a                          these sizes everywhere
//   50%,100%,a;preflop:2.5x,a/a         before the flop others: 2.5x or all-in first, all-in alone after a bet
//   turn+river@button:75%,a             two streets, of one seat: @0 to @5, or @button
//   flop-donk:33%                       first bets into who bet or raised last on the street before, and acts later
//
// Parts stand between ";", and a later one replaces what an earlier one said of the same place. SIZES are those of
// bet_menu.hpp; between "/" they stand by how often was bet and raised in the round before, the last for more, and
// empty is none. "pot" (what stands where no part says anything) and "rich" name whole menus.
#pragma once

#include <string_view>
#include <weir/mccfr/bet_menu.hpp>

namespace weir::mccfr {

/// Errors: bad_bet, where "column N" of the text.
Result<BetMenu> parse_menu(std::string_view text, const BettingRules& rules);

}  // namespace weir::mccfr
