// match.hpp: hands of heads-up hold'em between two agents, and what the first wins.
//
// With duplicate deals each deal is played twice, the second time with the seats exchanged, so that luck of the cards
// cancels out for the most part; the interval is then of pairs.
//
// Roles:  play_match() on one thread; hands are played by the runtime's workers, and any number of
//         them gives the same result.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <weir/mccfr/agent.hpp>
#include <weir/runtime.hpp>

namespace weir::mccfr {

struct MatchConfig {
  std::uint64_t hands = 10'000;  // duplicate: rounded up to an even number
  bool duplicate = false;
  std::uint64_t seed = 1;
};

struct MatchResult {
  std::uint64_t hands = 0;
  double chips_per_hand = 0;  // that the first agent wins
  double ci95 = 0;            // half of the interval, chips a hand
  double bb_per_100(Chips big_blind) const noexcept { return chips_per_hand / big_blind * 100; }
};

using MakeAgent = std::function<std::unique_ptr<Agent>()>;

/// `goes_on`, where there is one, is asked by any worker before each deal; false ends the match with the deals that
/// were played whole. Errors: what the runtime refuses; "illegal_action", when an agent does what the rules do not
/// allow.
Result<MatchResult> play_match(Runtime& runtime, const BettingRules& rules, const MakeAgent& first,
                               const MakeAgent& second, const MatchConfig& config,
                               const std::function<bool()>& goes_on = {});

}  // namespace weir::mccfr
