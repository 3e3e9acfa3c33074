// strength_sums.hpp: strengths of all hands on all boards, summed up over what is still to come; private.
//
// Cost: 1.5 s on one core; the sums over rivers take 87 MB, and 5 MB more while they are made.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <weir/mccfr/board_ranks.hpp>
#include <weir/mccfr/bucketing.hpp>
#include <weir/mccfr/counted_vector.hpp>
#include <weir/task.hpp>

namespace weir::mccfr {

/// The 24 maps of suits, each with what it makes of every hand.
class HandMaps {
 public:
  HandMaps() {
    SuitMap map{0, 1, 2, 3};
    std::uint8_t number = 0;
    do {
      numbers_[code(map)] = number;
      suits_[number] = map;
      for (Hand hand = 0; hand < hand_count; ++hand) rows_[number][hand] = mapped(hand, map);
      ++number;
    } while (std::next_permutation(map.begin(), map.end()));
  }
  std::uint8_t number(const SuitMap& map) const noexcept { return numbers_[code(map)]; }
  const std::array<Hand, hand_count>& row(std::uint8_t number) const noexcept {
    return rows_[number];
  }
  const SuitMap& suits(std::uint8_t number) const noexcept { return suits_[number]; }

 private:
  static std::size_t code(const SuitMap& map) noexcept {
    return static_cast<std::size_t>(map[0] << 4 | map[1] << 2 | map[2]);
  }
  std::array<std::uint8_t, 64> numbers_{};
  std::array<SuitMap, 24> suits_{};
  std::array<std::array<Hand, hand_count>, 24> rows_{};
};

/// sum[hand] += added[mapped hand], hands in rows of a high card and the four cards of each lower rank.
void add_mapped(const HandMaps& maps, std::uint8_t map, const std::uint32_t* added,
                std::uint32_t* sum) noexcept;

/// A board with one card more is, mapped, board `next`.
struct BoardStep {
  std::uint32_t board = 0;
  std::uint32_t next = 0;
  std::uint8_t map = 0;
};

/// All cards that can follow each board of `cards` cards, so many a board.
constexpr std::size_t board_steps_each(int cards) noexcept {
  return static_cast<std::size_t>(card_count - cards);
}
CountedVector<BoardStep> board_steps(int cards, const HandMaps& maps);
/// The cards of a board of five.
std::array<Card, 5> full_board(std::uint32_t index) noexcept;

/// Boards of a block in sum_rivers().
inline constexpr std::uint32_t rivers_at_once = 1024;

/// Calls visit(board, strengths) for every full board, several at once inside of a task, and gives the sums of
/// strengths over all rivers: [turn board * hand_count + hand]. A block of boards is ranked; then each part of the turn
/// boards takes what is its own of it, so that nobody adds where another one does.
template <class Visit>
CountedVector<std::uint32_t> sum_rivers(StrengthMeasure measure, const HandMaps& maps,
                                        Visit&& visit) {
  constexpr std::uint32_t block = rivers_at_once, parts = 32;
  CountedVector<BoardStep> steps = board_steps(4, maps);
  std::sort(steps.begin(), steps.end(), [](const BoardStep& a, const BoardStep& b) {
    return a.next != b.next ? a.next < b.next : a.board < b.board;
  });
  CountedVector<std::uint32_t> sums(board_index(4).size() * std::size_t{hand_count});
  CountedVector<std::array<std::uint32_t, hand_count>> terms(block);
  const std::uint32_t rivers = board_index(5).size();
  std::size_t step = 0;
  for (std::uint32_t first = 0; first < rivers; first += block) {
    const std::uint32_t last = std::min(first + block, rivers);
    parallel_for(first, last, 16, [&](std::size_t at) {
      const auto river = static_cast<std::uint32_t>(at);
      BoardStrengths board;
      board.set(full_board(river));
      visit(river, board);
      for (std::size_t hand = 0; hand < hand_count; ++hand) {
        const std::uint32_t once = board.row[hand];
        terms[river - first][hand] = measure == StrengthMeasure::mean ? once : once * once;
      }
    });
    std::size_t end = step;
    while (end < steps.size() && steps[end].next < last) ++end;
    parallel_for(0, parts, 1, [&](std::size_t part) {
      for (std::size_t k = step; k < end; ++k) {
        if (steps[k].board % parts != part) continue;
        add_mapped(maps, steps[k].map, terms[steps[k].next - first].data(),
                   sums.data() + steps[k].board * std::size_t{hand_count});
      }
    });
    step = end;
  }
  return sums;
}

/// The sums over all turns of those sums: [flop board * hand_count + hand].
CountedVector<std::uint64_t> sum_turns(const CountedVector<std::uint32_t>& turn_sums,
                                       const HandMaps& maps);
/// And over all flops: [hand].
std::array<std::uint64_t, hand_count> sum_flops(const CountedVector<std::uint64_t>& flop_sums,
                                                const HandMaps& maps);

}  // namespace weir::mccfr
