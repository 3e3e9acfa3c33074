// phh.hpp: hands in the Poker Hand History format: read, replayed through the rules, written.
//
//   variant = "NT"                          actions = ["d dh p1 AsKd", "d dh p2 ????", "p2 cbr 6",
//   antes = [0, 0]                                     "p1 cc # a note", "d db 7c8d2h", "p1 cc",
//   blinds_or_straddles = [1, 2]                       "p2 f"]
//   min_bet = 2
//   starting_stacks = [200, 200]
//
// Shape:  no-limit and fixed-limit hold'em (NT, FT) of 2 to 6 players. Amounts with decimals become
//         whole chips of 10^-decimals. Heads-up, antes and blinds stand in the file for the other
//         player; here they do not. Other fields are kept as they were written.
// Roles:  pure, any thread.
// Errors: bad_toml, bad_phh, unsupported, where "line N"; replay_hand: illegal_action, bad_cards, where
//         "actions[N]", from 0.
// Source: phh.readthedocs.io; TOML 1.0 without tables, dotted keys and exponents.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weir/mccfr/betting_state.hpp>
#include <weir/result.hpp>

namespace weir::mccfr {

inline constexpr std::size_t phh_bytes_max = 1 << 20;  // one hand is a few KiB

struct PhhAction {
  enum class Kind : std::uint8_t { hole, board, fold, call, bet, show, note };
  Kind kind = Kind::note;
  int player = 0;      // a seat, from 0
  Chips amount = 0;    // bet: what the player has then put in this round, antes not counted
  std::string cards;   // hole, board; show: may be empty (mucked); ?? is not known
  std::string remark;  // what stands behind #
  friend bool operator==(const PhhAction&, const PhhAction&) = default;
};

struct PhhHand {
  BettingRules rules;
  int decimals = 0;  // a chip is 10^-decimals of the file's unit
  std::vector<PhhAction> actions;
  std::vector<std::pair<std::string, std::string>> others;  // fields as they were written
  friend bool operator==(const PhhHand&, const PhhHand&) = default;
};

/// The hand of a file; its actions are read, and not yet played. `line`: the number of the first line.
Result<PhhHand> parse_phh(std::string_view text, int line = 1);

/// One hand of a file of many (.phhs): what stands after a line `[NAME]`.
struct PhhSection {
  std::string_view name;
  std::string_view text;
  int line = 1;  // where text begins
};
/// The hands of a file; one without such lines is one hand without a name. They refer to `text`.
std::vector<PhhSection> split_phhs(std::string_view text);
std::string phh_text(const PhhHand& hand);

/// What came of a hand's actions, or of the first of them.
struct PhhReplay {
  BettingState state;
  std::vector<BetAction> actions;  // bets alone
  std::vector<std::string> holes;  // one a seat; empty: not dealt; ?? is not known
  std::string board;
};
/// Plays the actions: bets must be legal and in turn, cards dealt when they are due. The state refers
/// to hand.rules.
Result<PhhReplay> replay_hand(const PhhHand& hand);

}  // namespace weir::mccfr
