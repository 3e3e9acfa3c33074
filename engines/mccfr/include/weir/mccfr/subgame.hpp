// subgame.hpp: Subgame, a spot after the flop for two players: board, pot, stacks, ranges, bets.
//
//   {"board": "Qs Jh 2h 8d", "pot": 10, "stack": 95,
//    "ranges": {"oop": "AA,KK:0.5,AKs", "ip": "TT+,98s-65s,AsKd"},      or "reaches": "FILE"
//    "bets": [100], "raises": {"turn": [50], "river": [50, 100]}, "donks": {"river": [100]}, "allin": true}
//
//   bets, raises, donks   percent of the pot: one list for all streets, {"flop", "turn", "river"}, {"oop", "ip"} of
//                         these, or the text of bet_menu.hpp ("50%,2.5x,e"). raises: missing, nobody raises but
//                         all-in. donks: bets into the last street's aggressor; missing, as bets
//   allin                 all-in beside every other bet and raise (true unless said otherwise)
//   allin_from            a bet of this part of the stack, percent, is all-in (97)
//   raises_max            bets and raises a street (no limit)
//   min_bet               the least bet, and the least raise at first (1)
//   rake                  {"percent", "cap"}: of the pot less an uncalled bet; cap missing: none
//   lock                  [{"history", "strategy"}]: a strategy that is given, {ACTION: p} for all hands or
//                         {ITEM: {ACTION: p}} for those of range items; the others learn on
//
// A history is what was done since the root: f, c (check or call), rN (N = chips put in since the root), and for a card
// that was dealt "/7h/"; in a lock "//" is any card. An action has the same letters.
//
// In code a root may lie within a street: pot and stack are then those that the street began with, and values count
// from there.
//
// Shape:  chips are whole; whoever needs finer ones counts in cents.
// Roles:  pure, any thread; read_subgame may wait for the disk.
// Errors: bad_config, where "PATH: key.inner[2]"; those of read_file.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weir/mccfr/bet_menu.hpp>
#include <weir/mccfr/betting_rules.hpp>
#include <weir/mccfr/range.hpp>
#include <weir/result.hpp>

namespace weir::mccfr {

/// Hands that play as they are told. Of two parts with the same hand the later one counts.
struct SubgameLock {
  struct Part {
    Range hands{};  // those above 0
    std::vector<std::pair<std::string, double>> actions;
  };
  std::string history;
  std::vector<Part> parts;
  std::string where;  // for errors
};

struct Subgame {
  std::vector<Card> board;  // 3 to 5 cards
  Chips pot = 0;
  Chips stack = 0;                // behind, of each player
  std::array<Range, 2> ranges{};  // out of position, in position; cards of the board play no part
  BetMenu menu;                   // round 0 is the street of the root
  std::vector<BetAction> done;  // what was bet on that street before the root, as rules() count it
  Chips min_bet = 1;
  double rake_percent = 0;
  double rake_cap = 0;  // chips; 0: none
  std::vector<SubgameLock> locks;

  int streets() const noexcept { return 6 - static_cast<int>(board.size()); }
  /// The betting, as BettingState plays it: what is in the pot are antes. Rake is left out.
  BettingRules rules() const;
  /// What was put in before the root, by player: totals of BettingState are more by this.
  Chips ante(int player) const noexcept { return player == 0 ? pot / 2 : pot - pot / 2; }
};

/// Board, pot, stacks and ranges that can be played; `path` is for errors.
Result<Done> validate(const Subgame& subgame, const std::string& path);

/// `folder`: where a relative name of a reaches file is looked for first.
Result<Subgame> parse_subgame(std::string_view text, const std::string& path,
                              const std::string& folder = "");
Result<Subgame> read_subgame(const std::string& path);

}  // namespace weir::mccfr
