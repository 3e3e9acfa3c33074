// subgame_streets.hpp: the betting of a subgame street by street, laid out for walking it with whole ranges; private.
//
//   street:  [batch: the betting of some roots][batch] ..     parents before children, children side by side
//   root     where a street's betting begins: one for each way through the street before. A showdown before the
//            last street is a root too, which ends at once when its turn comes
//
// Shape:  a walk for one player has a row of values for each node of a batch, and a row of the other's reach where it
//         differs from the parent's. Only the last street has more than one batch: those rows stay in the cache.
// Roles:  const after make(), any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>
#include <weir/mccfr/betting_tree.hpp>
#include <weir/mccfr/subgame.hpp>

namespace weir::mccfr::subgame {

enum class Step : std::uint8_t {
  decision,
  fold,
  showdown,  // on a full board
  deal,      // the next street's root
};

struct StreetNode {
  std::uint32_t first =
      0;  // decision: the first child; deal: the root; fold, showdown: place in the street's ends
  std::uint32_t row = 0;     // decision: its first row in what a board keeps for its player
  std::uint32_t source = 0;  // node of the betting tree
  std::array<std::uint32_t, 2> reach{};  // [who walks]: row of the other's reach
  Step step = Step::decision;
  std::uint8_t player = 0;
  std::uint8_t actions = 0;
};

/// What a hand comes to for each player, less half of what was in the pot at the root: worse, equal, better hand.
struct EndValues {
  std::array<std::array<float, 3>, 2> of{};
};

struct Batch {
  std::uint32_t first_node = 0, last_node = 0;
  std::uint32_t first_root = 0, last_root = 0;
  std::array<std::uint32_t, 2> reach_rows{};    // [who walks]
  std::vector<std::uint32_t> showdowns, folds;  // nodes
};

struct Street {
  std::vector<StreetNode> nodes;
  std::vector<std::uint32_t> roots;  // nodes
  std::vector<Batch> batches;
  std::vector<EndValues> ends;
  std::array<std::uint32_t, 2> rows{};              // that each board keeps, by player
  std::uint32_t nodes_max = 0, reach_rows_max = 0;  // of a batch
};

struct Streets {
  BettingTree tree;
  std::vector<Street> streets;

  /// Errors: those of the betting tree, too_large among them.
  static Result<Streets> make(const Subgame& subgame, std::uint64_t nodes_max);
  std::size_t bytes() const noexcept;
};

/// "flop", "turn" or "river": of the street that is so many after the root's, where there are `streets`.
const char* street_name(std::size_t streets, std::size_t after) noexcept;

/// A node of a street, and the board's cards that a history names; no_card: any.
struct Place {
  static constexpr Card no_card = 0xff;
  std::size_t street = 0;
  std::uint32_t node = 0;
  std::array<Card, 2> dealt{no_card, no_card};
};

/// Where a history leads: a decision. Errors: what is wrong with it, and where in the text; no code.
Result<Place> find_history(const Streets& streets, const Subgame& subgame,
                           const std::string& history);
/// Of a node; `dealt`: the cards after the root.
std::string history_text(const Streets& streets, const Subgame& subgame, std::uint32_t source,
                         const std::array<Card, 2>& dealt);
/// "f", "c", "r30": of a node's action.
std::string action_text(const Streets& streets, const Subgame& subgame, const StreetNode& node,
                        std::size_t action);

}  // namespace weir::mccfr::subgame
