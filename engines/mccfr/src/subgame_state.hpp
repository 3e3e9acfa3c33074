// subgame_state.hpp: what a SubgameSolver is made of; private.
#pragma once

#include <weir/mccfr/subgame_solver.hpp>

#include "subgame_walk.hpp"

namespace weir::mccfr {

struct SubgameSolver::State {
  /// A board as it is dealt, and the one that stands for it.
  struct Dealt {
    std::array<Card, 2> cards{};
    std::uint32_t board = 0;
    SuitMap stand_in{0, 1, 2, 3};  // makes its hands those of the board that stands for it
  };

  State(Subgame of, const SubgameSettings& with, subgame::Streets tree, subgame::Boards cards)
      : subgame(std::move(of)),
        settings(with),
        streets(std::move(tree)),
        boards(std::move(cards)) {}
  State(const State&) = delete;

  /// A decision on one board.
  struct Found {
    std::size_t street = 0;
    std::uint32_t node = 0;
    Dealt dealt;
  };

  void list_boards();
  Result<Found> find(const std::string& history) const;
  SubgameDecision decision(std::size_t street, const Dealt& dealt, std::uint32_t node);
  double dot(int player, const float* values) const;
  double value(int player, subgame::Purpose purpose);

  const Subgame subgame;
  const SubgameSettings settings;
  const subgame::Streets streets;
  const subgame::Boards boards;
  subgame::Tables tables;
  std::unique_ptr<subgame::Walker> walker;
  std::array<std::vector<Dealt>, subgame::streets_max> dealt;
  std::uint64_t iterations = 0;
  std::uint64_t bytes = 0;
  // Where next() is.
  std::size_t next_street = 0, next_board = 0;
  std::uint32_t next_node = 0;
};

}  // namespace weir::mccfr
