// board_walk.hpp: all hands of two players on one full board, walked through the whole tree of bets; private.
//
// A state has a number for each of the 1,081 hands that the board leaves: the opponent's reach on the way down, the
// player's value on the way up. A row of the table stands for all hands of its bucket: strategies are worked out once
// a bucket. Hands lie in the order of their strength: a showdown is one pass, less what shares a card.
//
// Shape:  [hand] by strength, then number; changes as the table's entries lie.
// Roles:  a Board is made by one thread and read by any; a BoardWalk is one thread's.
// Memory: BoardWalk::bytes(), taken by its constructor; a walk allocates nothing.
// Cost:   a walk of the 3,362 states of the no-limit preset 10 to 20 ms; a Board 1 ms.
// Source: Johanson, Waugh, Bowling, Zinkevich, "Accelerating best response calculation in large extensive games", IJCAI
//         2011 (showdowns in linear time); Johanson, Bard, Lanctot, Gibson, Bowling, "Efficient Nash equilibrium
//         approximation through Monte Carlo counterfactual regret minimization", AAMAS 2012 (public chance sampling).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>
#include <weir/mccfr/board_ranks.hpp>
#include <weir/mccfr/bucketing.hpp>
#include <weir/mccfr/table.hpp>
#include <weir/memory.hpp>

namespace weir::mccfr {

/// What one full board makes of all hands.
struct Board {
  std::array<std::uint8_t, board_hands> low{}, high{};                // cards
  std::array<std::array<Bucket, board_hands>, rounds_max> buckets{};  // [round]
  std::array<std::uint16_t, board_hands> group_ends{};  // hands of one strength, exclusive
  std::size_t groups = 0;

  void set(const CardBuckets& cards, std::span<const Card, 5> board) noexcept;
};

class BoardWalk {
 public:
  /// Tree and shape outlive it.
  BoardWalk(const BettingTree& tree, const TableShape& shape);
  static std::size_t bytes(const BettingTree& tree, const TableShape& shape) noexcept;

  struct Found {
    double value = 0;         // of the player, chips, over all pairs of hands
    std::uint64_t nodes = 0;  // states entered
  };
  /// Adds to `changes`, an entry each: to the player's the regrets, chips, and to the opponent's the share of the
  /// average, hands. Both are of the strategies that `regrets` has now.
  Found walk(const Board& board, const float* regrets, int player, float* changes) noexcept;

 private:
  using Hands = std::array<float, board_hands>;
  /// What one state of the way down needs.
  struct Level {
    Hands reach, value;
  };

  void visit(std::uint32_t at, std::size_t depth, const Hands& reach, Hands& value) noexcept;
  void own_node(const BettingNode& node, std::size_t depth, const Hands& reach,
                Hands& value) noexcept;
  void other_node(const BettingNode& node, std::size_t depth, const Hands& reach,
                  Hands& value) noexcept;
  void fold(const BettingNode& node, const Hands& reach, Hands& value) const noexcept;
  void showdown(const BettingNode& node, const Hands& reach, Hands& value) const noexcept;
  /// [bucket][action]: the strategies of a node, into the level's place.
  float* strategies(const BettingNode& node, std::size_t depth) noexcept;

  const BettingTree& tree_;
  const TableShape& shape_;
  std::size_t row_floats_;  // buckets x actions at most
  std::vector<Level, PlatformAllocator<Level>> levels_;
  std::vector<float, PlatformAllocator<float>> strategies_, gains_;  // [depth][bucket][action]
  Hands everyone_;
  const Board* board_ = nullptr;
  const float* regrets_ = nullptr;
  float* changes_ = nullptr;
  int player_ = 0;
  std::uint64_t nodes_ = 0;
};

}  // namespace weir::mccfr
