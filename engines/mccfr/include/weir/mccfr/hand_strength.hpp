// hand_strength.hpp: E[HS]: a hand's share of the pot against a random hand, the mean over all boards to come.
//
// Shape:  0 .. 1. Roles: make() takes one thread; the rest const, any thread.
// Memory: 48 MB; make() takes 110 MB more while it works. Cost: make() 4 s; of() 0.1 us.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <weir/mccfr/cards.hpp>
#include <weir/mccfr/counted_vector.hpp>

namespace weir::mccfr {

class HandStrengths {
 public:
  static HandStrengths make();

  /// Of a hand and 0, 3, 4 or 5 cards of the board that it does not hold.
  float of(Hand hand, std::span<const Card> board) const noexcept;
  /// Of all hands with 0, 3 or 4 cards of the board; those that share one mean nothing. Cost: 5 us.
  void row(std::span<const Card> board, std::array<float, hand_count>& strengths) const noexcept;
  /// The part of all hands that are weaker before the flop, ties counted half.
  float preflop_rank(Hand hand) const noexcept { return preflop_rank_[hand]; }

 private:
  HandStrengths() = default;
  std::array<float, hand_count> preflop_{}, preflop_rank_{};
  CountedVector<std::uint16_t> flop_, turn_;  // [board * hand_count + hand], in 1 / 65535
};

}  // namespace weir::mccfr
