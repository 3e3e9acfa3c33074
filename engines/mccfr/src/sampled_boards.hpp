// sampled_boards.hpp: SampledBoards, full boards that stand for all that can come, and hands in classes on them;
// private.
//
// Boards come in rounds. One round has each card that is left once as the next card and, before the turn, once as the
// last: what a hand draws to comes as often as it should, and no two boards of a round share a card at the same place.
// So many rounds as there are cards less one are all boards; on the turn one round is.
//
//   groups    64, by strength, cut where both ranges together weigh about the same
//   classes   32 such groups, each in two by the buckets of the street before: what plays alike and is about as strong.
//             A class plays as one of its hands, which is drawn by the player's range
//
// The boards are cut into parts, each made when it is first asked for. A hand's luck on a part is how much stronger it
// is there than on all boards.
//
// Shape:  [hand] are places of PlayerHands.
// Roles:  prepare() takes one thread, and inside of a task all workers help; the rest const, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "continuations.hpp"
#include "subgame_boards.hpp"
#include "subgame_tables.hpp"

namespace weir::mccfr::subgame {

inline constexpr std::size_t board_groups =
    play_lanes;  // or classes; one more for hands that a board takes

struct SampledBoard {
  std::array<Card, 5> cards{};
  std::array<std::vector<std::uint8_t>, 2>
      groups;                            // [player][hand]: or classes, if it is played on
  std::array<float, 2> left{};           // [player]: the part of his range that the board leaves
  std::array<FloatBlock, 2> strategies;  // [player]: [row][class], if it is played on
};

/// Some boards, and what they are to each hand of a player.
struct SampledPart {
  std::vector<SampledBoard> boards;
  std::array<std::vector<float>, 2>
      each;  // 1 / the part of the other's range that the boards leave in all
  std::array<std::vector<float>, 2>
      luck;  // its part of the pot there against any hand, less that on all boards
};

struct SampleSizes {
  std::size_t rounds = 4;         // of boards, for those who are all-in; at most all
  std::size_t played_rounds = 1;  // of boards that are played on
  std::size_t parts = 8;          // that each of the two is cut into
};

class BoardMaker;

class SampledBoards {
 public:
  /// Both outlive it. Inside of a task all workers help.
  SampledBoards(const Boards& boards, const Continuations& continuations, const SampleSizes& sizes);
  SampledBoards(const SampledBoards&) = delete;
  ~SampledBoards();

  /// Makes the boards of a part, unless they are there.
  void prepare(std::size_t part);
  const SampledPart& all_ins(std::size_t part) const noexcept { return all_ins_[part]; }
  const SampledPart& played(std::size_t part) const noexcept { return played_[part]; }
  /// What all parts will take.
  static std::uint64_t bytes(const Boards& boards, const Continuations& continuations,
                             const SampleSizes& sizes) noexcept;

 private:
  std::unique_ptr<BoardMaker> maker_;
  std::vector<SampledPart> all_ins_, played_;
};

}  // namespace weir::mccfr::subgame
