// pot_shares.hpp: a hand's share of the pot against each other hand, over the boards to come; private.
#pragma once

#include <span>
#include <vector>
#include <weir/mccfr/range.hpp>
#include <weir/runtime.hpp>

namespace weir::mccfr {

/// [other hand] for 3, 4 or 5 cards of the board, over all boards; those that share a card with either mean nothing.
/// Cost: 2 us a board: 1, 46 or 1,081 of them.
void pot_shares(Hand hand, std::span<const Card> board, Range& shares) noexcept;

/// Before the flop, of the 169 kinds against each other, from sampled boards.
class KindShares {
 public:
  /// On the runtime's workers; any number of them gives the same. Cost: 1 s of one core.
  static Result<KindShares> make(Runtime& runtime);
  void of(Hand hand, Range& shares) const noexcept;

 private:
  std::vector<float> shares_;  // [kind * kind_count + kind]
};

}  // namespace weir::mccfr
