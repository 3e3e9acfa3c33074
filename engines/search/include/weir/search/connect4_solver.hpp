// connect4_solver.hpp: the exact score of any Connect Four position.
//
// Score:  half the number of stones that the winner has left, his last one counted; negative when the player to move
//         loses; 0 a draw. A finished game has one: 0 on a full board, negative after four in a line.
// Roles:  one thread at a time an object.
// Memory: one table, taken at the start. What it holds is true of positions, so it stays from one call to the next.
// Source: null windows over the score: Pijls, de Bruin (MTD); refuting what is drawn at best by who follows in every
//         column (claimeven): Allis, "A Knowledge-Based Approach of Connect-Four", 1988.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <weir/result.hpp>
#include <weir/search/connect4.hpp>

namespace weir::search::games {

/// The score is from `lower` to `upper`.
struct ScoreBounds {
  int lower = -board_cells / 2;
  int upper = board_cells / 2;
  bool exact() const noexcept { return lower == upper; }
};

/// Reads along with a call that may take minutes.
class SolveListener {
 public:
  virtual ~SolveListener() = default;
  /// Every 16,384 nodes (about 2 ms), in the call, with what is known by then; true ends it.
  virtual bool stop(const ScoreBounds& known) = 0;
};

class Solver {
 public:
  /// A table of 2^`table_bits` words of eight bytes (10 .. 30).
  explicit Solver(int table_bits = 23);
  Solver(Solver&&) noexcept;
  Solver& operator=(Solver&&) noexcept;
  ~Solver();

  /// Any position that play can reach.
  int solve(const Position& position);
  /// The same until the listener ends it, from what is known already.
  ScoreBounds solve(const Position& position, SolveListener& listener, ScoreBounds known = {});
  /// Its sign alone, 1, 0 or -1: found several times sooner.
  int outcome(const Position& position);
  /// Positions looked at by all calls so far.
  std::uint64_t nodes() const noexcept;
  std::size_t memory() const noexcept;

 private:
  struct Search;
  ScoreBounds between(const Position& position, ScoreBounds within, SolveListener* listener);

  std::unique_ptr<Search> search_;
};

/// The score after the moves of a line (parse_moves).
Result<int> solve_line(Solver& solver, std::string_view line);

}  // namespace weir::search::games
