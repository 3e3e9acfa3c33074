// betting_tree.hpp: all betting sequences of a game under one menu of actions, as one flat array.
//
// A state of the game is a node of this tree and the cards; cards are no part of it. A row of a table belongs to a
// decision node and a bucket of what its player can see.
//
//   nodes:    [0 root][children of 0][children of a child ...]      children of one node lie side by side
//   region:   what one bucket of one player in one round has: the rows of all its decision nodes, one after the other
//
// Shape: 16 bytes a node; entries are counted in actions: a row of a node with 3 actions has 3 entries.
// Roles: const after it was built, any thread.
// Memory: bytes().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace weir::mccfr {

inline constexpr int players_max = 6;
inline constexpr int rounds_max = 4;
inline constexpr int actions_max = 16;

enum class NodeKind : std::uint8_t {
  decision,
  fold,      // all but one have folded
  showdown,  // the last bets are called: hands are compared, on all cards of the board
};

struct BettingNode {
  std::uint32_t first =
      0;  // decision: its first child; else: its place in ends() (or pots(), with more than 2 players)
  std::uint32_t row = 0;  // decision: its first entry, within the region of its round and player
  NodeKind kind = NodeKind::decision;
  std::uint8_t player = 0;   // decision: who acts
  std::uint8_t round = 0;    // of the state: 0 preflop
  std::uint8_t actions = 0;  // decision: at least 1
  std::uint8_t deals =
      0;  // 1: cards were dealt on the way here from the parent (a chance node was passed)
  std::array<std::uint8_t, 3> padding{};
};
static_assert(sizeof(BettingNode) == 16);

/// What a hand of two players comes to, chips won or lost since the hand began, rake taken off.
struct End {
  /// [player][outcome]: 0 player 0 has the worse hand, 1 a tie, 2 the better one. After a fold all three are equal.
  std::array<std::array<float, 3>, 2> value{};
};

/// What each of many players has put in, for those who settle a hand with side pots.
struct Pots {
  std::array<std::int32_t, players_max> put{};  // chips
  std::uint8_t folded = 0;                      // bit p: player p has folded
};

/// An action as people write it: f, c (check or call), and r with what its player has put in this hand in all.
struct BetAction {
  char letter = 'c';
  std::int32_t total = 0;  // r: chips put in this hand; 0 for f and c
  friend bool operator==(const BetAction&, const BetAction&) = default;
};

class BettingTree {
 public:
  int players = 2;
  int rounds = 1;
  bool fixed_bets = false;             // bets have one size: `r` is written without its total
  std::vector<BettingNode> nodes;      // [0] is the root
  std::vector<BetAction> actions;      // [n]: the action that leads to node n; of the root: c
  std::vector<std::uint32_t> parents;  // [n]: of node n; of the root: 0
  std::vector<End> ends;               // two players
  std::vector<Pots> pots;              // more than two
  /// [round][player]: entries of one region.
  std::array<std::array<std::uint32_t, players_max>, rounds_max> region_entries{};

  /// The betting that leads to a node, in the manner of ACPC: "cr300c/cc/"; a node that is the first of a round ends in
  /// "/". Cost: O(depth).
  std::string betting(std::uint32_t node) const;
  /// The node after `betting`, as betting() writes it; nodes.size() when there is none. Cost: O(depth x actions).
  std::uint32_t find(const std::string& betting) const;
  /// An action in a node's menu as it is written there: "f", "c", "r" or "r300".
  std::string letter(std::uint32_t child) const;
  std::size_t decisions() const noexcept;
  std::size_t bytes() const noexcept;
  /// Gives every decision node its row, in the order of nodes, and fills region_entries. A row that would lie in two
  /// cache lines of 32-bit entries begins with the second.
  void place_rows();
};

}  // namespace weir::mccfr
