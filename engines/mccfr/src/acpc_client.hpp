// acpc_client.hpp: AcpcClient, an agent that plays by the lines of an ACPC dealer; private to the program.
//
// Seats: position 0 is the big blind, position 1 the button, which is the order of seats here.
// Roles:  one thread. Knows no socket: lines in, lines out.
// Errors: bad_line, bad_betting, bad_cards with the column; illegal_action, when the agent breaks the rules.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <weir/mccfr/acpc.hpp>
#include <weir/mccfr/agent.hpp>

namespace weir::mccfr {

/// What the hands came to, chips.
struct AcpcScore {
  std::uint64_t hands = 0;  // played to their end, with a result that the lines tell
  double sum = 0, squares = 0;
  std::uint64_t actions = 0;     // of our own
  std::uint64_t unfinished = 0;  // another began before, or the cards of a showdown were not told
  double mean() const noexcept;
  double ci95() const noexcept;  // half of the interval of mean()
};

class AcpcClient {
 public:
  /// `rules` of two players with hold'em's cards.
  AcpcClient(const BettingRules& rules, std::unique_ptr<Agent> agent, std::uint64_t seed);
  AcpcClient(const AcpcClient&) = delete;
  AcpcClient& operator=(const AcpcClient&) = delete;

  /// What to send for a line, with its end; empty: nothing. Comments (#, ;) and empty lines are passed over.
  Result<std::string> answer(std::string_view line);
  /// A hand began and is not over.
  bool in_hand() const noexcept { return in_hand_; }
  std::uint32_t hand() const noexcept { return hand_; }
  const AcpcScore& score() const noexcept { return score_; }

 private:
  Result<Done> begin(const MatchState& match);
  /// Shows the agent what is new.
  Result<BettingState> follow(const MatchState& match);
  Result<Done> settle(const MatchState& match, const BettingState& state);

  BettingRules rules_;
  std::unique_ptr<Agent> agent_;
  std::uint64_t seed_;
  Random random_;
  bool in_hand_ = false;
  std::optional<std::uint32_t> last_;  // the hand of the last line
  std::uint32_t hand_ = 0;
  int position_ = 0;
  std::string hole_;
  std::vector<BetAction> seen_;
  AcpcScore score_;
};

}  // namespace weir::mccfr
