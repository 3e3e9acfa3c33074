// betting_rules.hpp: BettingRules, what a game of poker allows its players to bet, and what it deals.
//
// Shape: seats 0 .. players-1 clockwise; seat 0 sits left of the button, the last seat is the button.
//        Heads-up the button posts the small blind, acts first before the flop and last after it.
//        Chips are whole: whoever needs finer ones counts in cents.
// Errors: validate() names the field ("stacks[2]") and says what is wrong; the others take valid
//        rules.
// Source: WSOP live action rules (short all-ins: 96; odd chips: first seat left of the button); the
//        protocol of the Annual Computer Poker Competition (ACPC), which reopens on short all-ins.
#pragma once

#include <array>
#include <cstdint>
#include <weir/mccfr/betting_tree.hpp>
#include <weir/result.hpp>

namespace weir::mccfr {

using Chips = std::int32_t;
inline constexpr Chips stack_max = 300'000'000;  // six of them are still one Chips
inline constexpr int raises_limit = 64;          // more in a round than fixed limit ever has

enum class Betting : std::uint8_t { fixed, no_limit };

/// What an all-in raise that is smaller than the least raise does.
enum class Reopen : std::uint8_t {
  wsop,  // who has acted may raise again only when what came since adds up to a full raise
  acpc,  // it is a raise like others; the next one's least total is the larger of the old and this total and its size
};

/// What the house takes of a pot; an uncalled bet is no part of it.
struct Rake {
  double percent = 0;             // 0 .. 100
  Chips cap = 0;                  // of a whole hand; 0: none
  bool none_before_flop = false;  // nothing when the hand ends by a fold in round 0
  friend bool operator==(const Rake&, const Rake&) = default;
};

struct BettingRules {
  Betting betting = Betting::no_limit;
  Reopen reopen = Reopen::wsop;
  int players = 2;
  int rounds = 4;
  int ranks = 13;  // of the deck
  int suits = 4;
  Chips min_bet = 2;                        // no limit: the least bet, and the least raise at first
  std::array<Chips, players_max> stacks{};  // before anything is posted
  std::array<Chips, players_max> blinds{};  // they count as bets of round 0
  std::array<Chips, players_max> antes{};   // not all equal: dead money that everybody may win
  std::array<Chips, rounds_max> bets{};     // fixed: a bet or raise, by round
  std::array<int, rounds_max> raises_max{};   // fixed: bets and raises a round, the blind is none
  std::array<int, rounds_max> first{};        // who acts first; if he cannot, the next seat
  std::array<int, rounds_max> hole_cards{};   // dealt to each player at the start of a round
  std::array<int, rounds_max> board_cards{};  // dealt to the board at the start of a round
  bool whole_chips = true;  // rake and shares of a pot are rounded to chips; false: exact fractions
  Rake rake{};

  int deck() const noexcept { return ranks * suits; }
  Chips largest_blind() const noexcept;
  bool equal_antes() const noexcept;
  friend bool operator==(const BettingRules&, const BettingRules&) = default;
};

/// The first field that is out of its range or does not fit the others: bad_rules.
Result<Done> validate(const BettingRules& rules);

/// Three cards, ante 1, one bet of 1.
BettingRules kuhn_rules();
/// Three ranks in two suits, ante 1, bets of 2 and 4, at most two a round, one card on the board.
BettingRules leduc_rules();
/// Heads-up: blinds 1 and 2, bets 2, 2, 4, 4; three raises before the flop, four later.
BettingRules limit_holdem_rules();
/// No-limit hold'em for 2 to 6 players with equal stacks; the big blind is the least bet.
BettingRules no_limit_holdem_rules(int players, Chips stack, Chips small_blind, Chips big_blind);

}  // namespace weir::mccfr
