// connect4_move.hpp: a good move in Connect Four by the tree and random playouts, or a network, alone.
//
// Roles:  pure, any thread.
// Cost:   10,000 simulations 4 to 5 ms at 2.6 GHz, memory included; fewer where the outcome is proven.
// Memory: a tree of as many nodes as simulations can make, given back at the end; 64 MiB at most.
// Errors: of parse_moves; game_over, where "column N" behind the last move.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <weir/atomic.hpp>
#include <weir/clock.hpp>
#include <weir/result.hpp>
#include <weir/search/connect4.hpp>
#include <weir/search/network.hpp>

namespace weir::search::games {

/// What ends a search before its simulations are made, with the move that is best by then.
struct MoveEnd {
  Deadline deadline = never;
  const atomic<std::uint32_t>* stop = nullptr;  // once it is not 0
};

/// How the simulations are shared among the moves of the position: by PUCT as everywhere below, or all moves alike and
/// the better half of them again, until one is left (tree_root.hpp).
enum class Root : std::uint8_t { puct, gumbel };

/// Moves by a tree of its own, taken whole when it is made: afterwards it takes no memory. One thread at a time.
class Mover {
 public:
  /// `network` (connect4_network.hpp) outlives it; null: leaves are judged by alert playouts.
  explicit Mover(std::uint32_t simulations, std::uint64_t seed = 1,
                 const Network* network = nullptr, Root root = Root::puct);
  Mover(Mover&&) noexcept;
  Mover& operator=(Mover&&) noexcept;
  ~Mover();

  /// The column (from 0) to play where the game is not over; what was asked before changes nothing.
  int best(const Position& position, const MoveEnd& end = {});
  /// The same for a line of moves (parse_moves), columns from 1; "game_over" where there is no move.
  Result<int> best(std::string_view line, const MoveEnd& end = {});
  /// The same where the last line asked about, without an error, was the first `known` moves of this one: what its tree
  /// knows of this position stays, and as many simulations come to it.
  Result<int> go_on(std::string_view line, std::size_t known, const MoveEnd& end = {});
  /// Of the last position, those that its tree knew before among them.
  std::uint64_t visits() const noexcept;
  std::size_t memory() const noexcept;

 private:
  struct Search;
  std::unique_ptr<Search> search_;
};

int best_move(const Position& position, std::uint32_t simulations, std::uint64_t seed = 1);
Result<int> move_line(std::string_view line, std::uint32_t simulations, std::uint64_t seed = 1);

}  // namespace weir::search::games
