// one_card_game.hpp: Kuhn and Leduc: one private card each, at most one card on the board.
//
// Leduc as in OpenSpiel: six cards (J Q K twice), ante 1, bets of 2 and 4, at most two raises a round; a pair with the
// board wins, else the higher rank. Kuhn: three cards, ante 1, one bet of 1. Rows know ranks alone: suits play no part.
//
// Shape:  12 information sets (Kuhn), 288 (Leduc: 3 x 6 + 9 x 5 x 6).
// Roles:  const, any thread.
// Source: Kuhn, "Simplified two-person poker", 1950; Southey et al., "Bayes' bluff", UAI 2005.
#pragma once

#include <string>
#include <weir/mccfr/betting_rules.hpp>
#include <weir/mccfr/deal.hpp>

namespace weir::mccfr {

class OneCardGame {
 public:
  /// Rake is of exact fractions of chips.
  static OneCardGame kuhn(const Rake& rake = {});
  static OneCardGame leduc(const Rake& rake = {});

  const std::string& name() const noexcept { return name_; }
  const BettingRules& rules() const noexcept { return rules_; }
  const BettingTree& tree() const noexcept { return tree_; }
  std::array<std::uint32_t, rounds_max> buckets() const noexcept;
  int cards() const noexcept { return ranks * suits_; }
  bool has_board() const noexcept { return tree_.rounds > 1; }

  /// Numbers of the players' cards and of the board's.
  struct Drawn {
    std::array<int, 2> hands{};
    int board = 0;
  };
  void deal(const TableShape& shape, Random& random, Deal& deal) const noexcept;
  void draw(Random& random, Drawn& drawn) const noexcept;
  void deal(const TableShape& shape, const Drawn& drawn, Deal& deal) const noexcept;
  /// The bucket of a private card in a round; `board` is looked at in the second only.
  std::uint32_t bucket(int round, int card, int board) const noexcept;
  /// Deal::outcome of two different private cards.
  std::uint32_t outcome(int first, int second, int board) const noexcept;

  /// "K:Q:crc/r": what a row of that bucket at that node is called.
  std::string key(std::uint32_t node, std::uint32_t bucket) const;

 private:
  static constexpr int ranks = 3;
  OneCardGame(std::string name, const BettingRules& rules);
  int rank(int card) const noexcept { return card / suits_; }

  std::string name_;
  BettingRules rules_;
  int suits_;
  BettingTree tree_;
};

}  // namespace weir::mccfr
