// continuations.hpp: Continuations, how a blueprint plays on from the leaves of a street to the end of the hand;
// private.
//
// A leaf is where the next card is due. From there both players keep to the blueprint's strategy, or to one of three
// that are made of it: its folds, its calls or its raises are way_factor times as likely wherever it acts. Which of the
// four each takes is for the solver to learn.
//
//   bets   those of the blueprint's tree, as they are in the real pot. Where the tree has ended and the hand has not,
//          both check and call
//   ends   chips won or lost since the hand began
//
// Shape:  the nodes of a leaf lie together, parents before children, children side by side. A walk for one player has
//         `ways` rows of values for each, and as many of the other's reach where it differs from the parent's.
// Roles:  const once all leaves were added, any thread.
// Source: Brown, Sandholm, Amos, NeurIPS 2018 (the four ways, both players).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>
#include <weir/mccfr/holdem_game.hpp>
#include <weir/mccfr/table.hpp>

#include "play_choices.hpp"
#include "subgame_kernels.hpp"
#include "subgame_streets.hpp"

namespace weir::mccfr {

/// A learnt strategy: the average of a table.
struct Blueprint {
  const HoldemGame* game = nullptr;  // with its cards
  const TableShape* shape = nullptr;
  const NarrowEntries::Sum* sums = nullptr;
};

namespace subgame {

/// Of a hand that is over, chips since it began.
EndValues end_values(const BettingState& state) noexcept;

struct PlayNode {
  std::uint32_t first = 0;  // decision: its first child; else its place in ends()
  std::uint32_t row = 0;    // decision: its first row in what a board keeps for its player
  std::uint32_t table =
      0;  // decision: where its strategies begin in strategies(): [action][bucket]
  std::uint32_t source = 0;  // decision: node of the blueprint's tree
  std::uint32_t flat = 0;    // decision: bit a: child a is an end
  std::array<std::uint32_t, 2>
      reach{};                 // [who walks]: the other's reach, in the leaf, of `ways` rows each
  Step step = Step::decision;  // or fold, showdown
  std::uint8_t player = 0;
  std::uint8_t actions = 0;
  std::uint8_t round = 0;
  bool folds = false;  // its first action is a fold
};

struct PlayLeaf {
  std::uint32_t first_node = 0, last_node = 0;
};

class Continuations {
 public:
  explicit Continuations(const Blueprint& blueprint) : blueprint_(blueprint) {}

  /// A leaf: the real hand, and where its blueprint's tree is. False: more than `nodes_max` in all.
  bool add(const BettingState& state, const TreePosition& position, std::size_t nodes_max);
  /// Reads the strategies, once all leaves are there; inside of a task all workers help.
  void read();

  std::span<const PlayLeaf> leaves() const noexcept { return leaves_; }
  std::span<const PlayNode> nodes() const noexcept { return nodes_; }
  std::span<const EndValues> ends() const noexcept { return ends_; }
  /// By player: rows that a board keeps.
  std::size_t rows(std::size_t player) const noexcept { return rows_[player]; }
  /// Of a leaf, at most.
  std::size_t nodes_max() const noexcept { return nodes_max_; }
  std::size_t reach_rows_max() const noexcept { return reach_rows_max_; }
  const float* strategies(const PlayNode& node) const noexcept {
    return strategies_.data() + node.table;
  }
  std::size_t buckets(int round) const noexcept {
    return blueprint_.game->buckets()[static_cast<std::size_t>(round)];
  }
  const CardBuckets& cards() const noexcept { return *blueprint_.game->cards(); }
  std::size_t bytes() const noexcept {
    return nodes_.size() * sizeof(PlayNode) + ends_.size() * sizeof(EndValues) +
           table_ * sizeof(float);
  }

 private:
  struct Open {
    std::uint32_t node = 0;
    BettingState state;
    TreePosition position;
  };
  bool settle(PlayNode& node, BettingState state, const TreePosition& position);
  void place_rows(const PlayLeaf& leaf);
  void read_node(const PlayNode& node);

  Blueprint blueprint_;
  std::vector<PlayLeaf> leaves_;
  std::vector<PlayNode> nodes_;
  std::vector<EndValues> ends_;
  std::array<std::size_t, 2> rows_{};
  std::size_t nodes_max_ = 0, reach_rows_max_ = 0, table_ = 0;
  std::vector<float> strategies_;
};

}  // namespace subgame
}  // namespace weir::mccfr
