// bet_menu.hpp: BetMenu, which of the many legal bets a tree has, and how other bets are read.
//
//   50%     half the pot as it is after calling       a     all-in
//   2.5x    to 2.5 times the bet of this round         min   the least bet or raise
//   100c    100 chips more than calling takes
//   e, 2e   the part of the pot that, bet in each round left (in two bets), ends all-in; 2e150%: at
//           most 150 % of the pot
//
// Shape: at most actions_max - 2 sizes at a node; totals are rounded to chips, at least the least
//        raise, ascending, none twice. Nobody bets more than somebody can call.
// Roles: const once it was made, any thread.
// Errors: bad_bet, where "column N"; validate(): bad_menu, where the field.
// Memory: menu_actions() and translate() allocate nothing.
// Source: Ganzfried, Sandholm, IJCAI 2013, 120 (pseudo-harmonic translation).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <weir/mccfr/betting_state.hpp>
#include <weir/result.hpp>

namespace weir::mccfr {

struct BetSize {
  enum class Kind : std::uint8_t { pot, last, chips, geometric, all_in, minimum };
  Kind kind = Kind::pot;
  double amount = 1;  // pot: a fraction; last: a factor; geometric: bets, 0: one a round left
  double cap = 0;     // geometric: at most this fraction of the pot; 0: none
  friend bool operator==(const BetSize&, const BetSize&) = default;
};
using BetSizes = std::vector<BetSize>;

Result<BetSize> parse_bet_size(std::string_view text);
/// Sizes with commas between; blanks are free. An empty text has none.
Result<BetSizes> parse_bet_sizes(std::string_view text);
std::string to_string(const BetSize& size);
std::string to_string(const BetSizes& sizes);

struct BetMenu {
  /// [round][seat][bets and raises in the round before this one]: the sizes; where there are more
  /// raises than lists the last list stands, and without a list nobody bets.
  std::array<std::array<std::vector<BetSizes>, players_max>, rounds_max> sizes{};
  /// [round]: first bets into a player who bet or raised last in the round before and acts later in
  /// this one; none: as other bets.
  std::array<std::optional<BetSizes>, rounds_max> donks{};
  std::array<int, rounds_max> raises_max{};  // bets and raises a round; 0: no limit
  double all_in_from = 0.97;                 // a bet of this part of the chips behind is all-in
  double merge = 0;  // sizes x < y, in pots, with 1 + y < (1 + merge) (1 + x): y alone stays

  /// The same lists for every seat and round.
  void set_all(const std::vector<BetSizes>& lists);
};

/// The first thing that does not fit the rules.
Result<Done> validate(const BetMenu& menu, const BettingRules& rules);

/// Pot and all-in, everywhere.
BetMenu pot_menu();
/// Ten sizes before the flop in position (25 to 300 %) and eight out of it, three or four later; all-in
/// everywhere. In position: the button.
BetMenu rich_menu(const BettingRules& rules);

/// The actions of a node: f when there is something to call, c, then bets. Fixed limit has its own.
int menu_actions(const BettingState& state, const BetMenu& menu,
                 std::array<BetAction, actions_max>& actions) noexcept;

/// The probability of taking a bet x for the smaller of two, A <= x <= B; all in pots.
double pseudo_harmonic(double smaller, double larger, double bet) noexcept;

/// A bet read as one of a menu: that of index `lower`, by chance `p_lower`, else `upper`.
struct Translation {
  std::size_t lower = 0;
  std::size_t upper = 0;
  double p_lower = 1;
};
/// `total` is a legal raise in `state`; `actions` are those of its node. Bets beyond the menu's ends
/// are read as the ends; where it has no bets, as c.
Translation translate(const BettingState& state, std::span<const BetAction> actions,
                      Chips total) noexcept;

}  // namespace weir::mccfr
