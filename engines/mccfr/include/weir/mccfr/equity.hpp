// equity.hpp: what hands that are all-in get on average, counted over every board that can come.
//
// Roles:  pure, any thread.
// Errors: Error{code "bad_deal", what, where}: too many or too few hands, a card twice, a bad board.
// Cost:   two hands without a board 1,712,304 boards, 10 ms; six hands 658,008 boards, 7 ms (one core
//         of a busy AMD EPYC, Zen 5, g++ 12 -O3). Ranges: 11 us a full board; 48 boards after the turn,
//         1,176 after the flop; without a board 2,598,960.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>
#include <weir/mccfr/range.hpp>

namespace weir::mccfr {

inline constexpr int equity_hands_max = 6;

/// Of one hand.
struct HandEquity {
  std::uint64_t wins = 0;    // boards on which it alone is best
  std::uint64_t ties = 0;    // boards on which it is best with others
  std::uint64_t shares = 0;  // of pots won, in 1 / share_unit: a tie of n gives each share_unit / n
  static constexpr std::uint64_t share_unit = 60;  // divisible by 1 to 6
  /// Its part of the pot on average, 0 to 1.
  double of(std::uint64_t boards) const noexcept {
    return static_cast<double>(shares) / static_cast<double>(share_unit * boards);
  }
};

struct Equity {
  std::uint64_t boards = 0;
  std::vector<HandEquity> hands;  // in the order given
};

/// 2 to 6 hands, 0 to 5 cards of the board.
Result<Equity> equity(std::span<const Hand> hands, std::span<const Card> board);

/// The first player's part of the pot, over all pairs of disjoint hands by the product of their weights and
/// all boards. Board: 3 to 5 cards; error too where no pair has a weight.
Result<double> equity(const Range& first, const Range& second, std::span<const Card> board);

}  // namespace weir::mccfr
