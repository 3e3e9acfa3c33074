// deal.hpp: what one deal of all cards means to a traversal, and the concept of a game that deals.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <utility>
#include <weir/mccfr/betting_tree.hpp>
#include <weir/mccfr/random.hpp>
#include <weir/mccfr/table.hpp>

namespace weir::mccfr {

/// One deal for two players: where their rows are in each round, and who wins.
struct Deal {
  std::array<std::array<std::uint32_t, 2>, rounds_max> region{};  // [round][player]: first entry
  std::uint32_t outcome = 1;  // of a showdown: 0 player 0 has the worse hand, 1 a tie, 2 the better
};

/// A game: the betting is a tree, chance is one deal of all cards, hands are seen as buckets.
///
/// deal() draws all cards with the probabilities of the game. The same in two steps: draw() draws, and asks for what
/// deal() will read. Both are called by many threads and do not allocate.
template <class G>
concept Game = requires(const G& game, const TableShape& shape, Random& random,
                        typename G::Drawn& drawn, Deal& deal) {
  { game.tree() } -> std::same_as<const BettingTree&>;
  { game.buckets() } -> std::same_as<std::array<std::uint32_t, rounds_max>>;
  { game.deal(shape, random, deal) }
  noexcept;
  { game.draw(random, drawn) }
  noexcept;
  { game.deal(shape, std::as_const(drawn), deal) }
  noexcept;
};

}  // namespace weir::mccfr
