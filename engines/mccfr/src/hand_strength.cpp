#include <weir/mccfr/hand_strength.hpp>
#include <weir/phase.hpp>

#include "strength_sums.hpp"

namespace weir::mccfr {
namespace {

// Boards that a hand can still see: rivers after a turn, turns after a flop, flops.
constexpr double rivers = 46, turns = 47, flops = 19'600;

template <class Sum>
CountedVector<std::uint16_t> as_parts(const CountedVector<Sum>& sums, double most) {
  CountedVector<std::uint16_t> parts(sums.size());
  for (std::size_t k = 0; k < sums.size(); ++k)
    parts[k] = static_cast<std::uint16_t>(static_cast<double>(sums[k]) / most * 65'535 + 0.5);
  return parts;
}

}  // namespace

HandStrengths HandStrengths::make() {
  const PhaseScope exempt(nullptr);  // set-up, by a worker of a runtime that runs
  const auto maps = std::make_unique<HandMaps>();
  HandStrengths made;
  const auto turn_sums =
      sum_rivers(StrengthMeasure::mean, *maps, [](std::uint32_t, const BoardStrengths&) {});
  made.turn_ = as_parts(turn_sums, rivers * strength_max);
  const auto flop_sums = sum_turns(turn_sums, *maps);
  made.flop_ = as_parts(flop_sums, turns * rivers * strength_max);
  const auto sums = sum_flops(flop_sums, *maps);
  for (Hand hand = 0; hand < hand_count; ++hand) {
    made.preflop_[hand] = static_cast<float>(static_cast<double>(sums[hand]) /
                                             (flops * turns * rivers * strength_max));
    float below = 0;
    for (const std::uint64_t sum : sums)
      below += sum < sums[hand] ? 1.0F : sum == sums[hand] ? 0.5F : 0.0F;
    made.preflop_rank_[hand] = below / hand_count;
  }
  return made;
}

float HandStrengths::of(Hand hand, std::span<const Card> board) const noexcept {
  if (board.size() < 3) return preflop_[hand];
  if (board.size() == 5) {
    BoardStrengths strengths;
    strengths.set(std::span<const Card, 5>(board.data(), 5));
    return static_cast<float>(strengths.row[hand]) / strength_max;
  }
  SuitMap map{};
  const auto cards = static_cast<int>(board.size());
  const std::uint32_t index = board_index(cards).index(0, suit_set_of(board), map);
  const CountedVector<std::uint16_t>& rows = cards == 3 ? flop_ : turn_;
  return static_cast<float>(rows[index * std::size_t{hand_count} + mapped(hand, map)]) / 65'535;
}

void HandStrengths::row(std::span<const Card> board,
                        std::array<float, hand_count>& strengths) const noexcept {
  if (board.size() < 3) {
    strengths = preflop_;
    return;
  }
  SuitMap map{};
  const auto cards = static_cast<int>(board.size());
  const std::size_t first =
      board_index(cards).index(0, suit_set_of(board), map) * std::size_t{hand_count};
  const std::uint16_t* const parts = (cards == 3 ? flop_ : turn_).data() + first;
  for (Hand hand = 0; hand < hand_count; ++hand)
    strengths[hand] = static_cast<float>(parts[mapped(hand, map)]) / 65'535;
}

}  // namespace weir::mccfr
