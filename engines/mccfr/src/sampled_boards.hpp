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
// A hand's luck is how much stronger it is on the boards drawn than on all. It is taken off values (SampledHands).
//
// Shape:  [hand] are places of PlayerHands; a hand that the board takes has one class more.
// Roles:  make() inside of a task has all workers help; const after it, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "continuations.hpp"
#include "subgame_boards.hpp"
#include "subgame_tables.hpp"

namespace weir::mccfr::subgame {

inline constexpr std::size_t strength_groups = 64;

struct SampledBoard {
  std::array<Card, 5> cards{};
  std::array<std::vector<std::uint8_t>, 2> groups, classes;  // [player][hand]
  std::array<float, 2> left{};           // [player]: the part of his range that the board leaves
  std::array<FloatBlock, 2> strategies;  // [player]: [row][class], if it is played on
};

/// What some boards are to each hand of a player.
struct SampledHands {
  std::vector<float>
      each;  // [hand]: 1 / the part of the other's range that the boards leave in all
  std::vector<float>
      luck;  // [hand]: its part of the pot on them against any hand, less that on all
};

class SampledBoards {
 public:
  /// Boards of `rounds` rounds, at most all; those of the first `played_rounds` are played on, and come first. Both
  /// are cut into `parts` parts.
  static SampledBoards make(const Boards& boards, const Continuations& continuations,
                            std::size_t rounds, std::size_t played_rounds, std::size_t parts);

  /// A part of them, and what it is to the hands: of all, or of those that are played on.
  std::span<const SampledBoard> some(std::size_t part) const noexcept {
    return part_of(part, boards_.size());
  }
  std::span<const SampledBoard> played(std::size_t part) const noexcept {
    return part_of(part, played_);
  }
  const SampledHands& of_some(std::size_t part, std::size_t player) const noexcept {
    return some_[part][player];
  }
  const SampledHands& of_played(std::size_t part, std::size_t player) const noexcept {
    return played_parts_[part][player];
  }
  /// What make() will take.
  static std::uint64_t bytes(const Boards& boards, const Continuations& continuations,
                             std::size_t rounds, std::size_t played_rounds) noexcept;

 private:
  std::span<const SampledBoard> part_of(std::size_t part, std::size_t count) const noexcept {
    const std::size_t first = part * count / some_.size();
    return std::span(boards_).subspan(first, (part + 1) * count / some_.size() - first);
  }

  std::vector<SampledBoard> boards_;
  std::size_t played_ = 0;
  std::vector<std::array<SampledHands, 2>> some_, played_parts_;  // [part][player]
};

}  // namespace weir::mccfr::subgame
