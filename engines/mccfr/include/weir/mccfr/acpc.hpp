// acpc.hpp: betting and hands as the Annual Computer Poker Competition writes them.
//
//   betting      r300c/cr600f        f, c, and r with its total (fixed limit: without); / ends a round
//   match state  MATCHSTATE:0:12:r300c/:AsKd|/7c8d2h      position, hand, betting, cards
//   log          STATE:12:r300f:AsKd|QcQh:-100|100:Anna|Ben
//
// Shape:  cards of seats are parted by |, of rounds by /; what is not known is empty.
// Roles:  pure, any thread.
// Errors: bad_betting, bad_line, bad_cards; `where` is "column N", from 1.
// Source: the protocol of the ACPC's dealer, version 2.0.0.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <weir/mccfr/betting_state.hpp>
#include <weir/result.hpp>

namespace weir::mccfr {

/// What a client says first.
inline constexpr std::string_view acpc_greeting = "VERSION:2.0.0\r\n";

/// The actions of a betting string; each must be legal where it stands. A round that is over ends in
/// '/', whether or not anything follows; after the last bets of an all-in hand '/' may be left out.
Result<std::vector<BetAction>> parse_betting(const BettingRules& rules, std::string_view text);
/// The string of legal actions. `every_round`: an all-in hand gets its '/' for rounds without bets,
/// as the ACPC's dealer writes it.
std::string betting_text(const BettingRules& rules, std::span<const BetAction> actions,
                         bool every_round = false);
/// The state after legal actions.
BettingState replay(const BettingRules& rules, std::span<const BetAction> actions) noexcept;

/// What a player is sent.
struct MatchState {
  int position = 0;  // the seat of who reads it
  std::uint32_t hand = 0;
  std::vector<BetAction> actions;
  std::vector<std::string> holes;  // one a seat, e.g. "AsKd"; empty: not known
  std::vector<std::string> board;  // one a round so far; that of round 0 is empty
  friend bool operator==(const MatchState&, const MatchState&) = default;
};

/// A line with or without its end; one that begins with # or ; is bad_line, for readers to skip.
Result<MatchState> parse_match_state(const BettingRules& rules, std::string_view line);
/// Without an end of line.
std::string match_state_text(const BettingRules& rules, const MatchState& state);
/// What a client answers: the line it got, the action and an end of line.
std::string match_reply(const BettingRules& rules, std::string_view line, const BetAction& action);

/// A line of a log.
struct LoggedHand {
  std::uint32_t hand = 0;
  std::vector<BetAction> actions;
  std::vector<std::string> holes;
  std::vector<std::string> board;
  std::vector<double> payoffs;     // chips, one a seat; empty: not written
  std::vector<std::string> names;  // one a seat; empty: not written
  friend bool operator==(const LoggedHand&, const LoggedHand&) = default;
};

Result<LoggedHand> parse_logged_hand(const BettingRules& rules, std::string_view line);
std::string logged_hand_text(const BettingRules& rules, const LoggedHand& hand);

}  // namespace weir::mccfr
