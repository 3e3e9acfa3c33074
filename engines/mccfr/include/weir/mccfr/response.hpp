// response.hpp: what somebody who learns to play against a frozen strategy wins from it: a lower bound of how much it
// can be exploited.
//
// A response is learnt for each player by external sampling against the other's frozen average, then its best actions
// alone are valued on deals that it has not learnt from. It sees the cards through the same buckets, so a response that
// sees more would win more; the interval is sampling error only.
//
// Source: Timbers et al., "Approximate exploitability", IJCAI 2022 (the idea of a learnt lower bound).
#pragma once

#include <array>
#include <cstdint>
#include <weir/atomic.hpp>

namespace weir::mccfr {

struct ResponseBudget {
  std::uint64_t learning = 1'000'000;  // deals for each player
  std::uint64_t valuing = 200'000;     // deals for both
  std::uint64_t seed = 1;
  /// Once it is not 0, which any thread may make it, no more deals are played and nothing is found: cancelled.
  const atomic<std::uint32_t>* stop = nullptr;
};

/// Chips a hand.
struct ResponseBound {
  std::array<double, 2> value{};          // of the strategy against itself, for each player
  std::array<double, 2> best_response{};  // of the response as each player
  double nash_conv = 0;                   // sum of best_response - value
  double nash_conv_ci95 = 0;              // half of the interval
  double exploitability() const noexcept { return nash_conv / 2; }
  double ci95() const noexcept { return nash_conv_ci95 / 2; }
};

}  // namespace weir::mccfr
