// connect4.hpp: Connect Four on two words: the stones of who is to move, and all stones.
//
//    6 13 20 27 34 41 48      always empty: no line runs from one column into the next
//    5 12 19 26 33 40 47      row 5
//    4 11 18 25 32 39 46
//    3 10 17 24 31 38 45
//    2  9 16 23 30 37 44
//    1  8 15 22 29 36 43
//    0  7 14 21 28 35 42      row 0
//    column 0    ...   6      written 1 .. 7
//
// Shape:  16 bytes; 7 columns x 6 rows. Two stones on each other are neighbours, columns are 7 bits apart.
// Roles:  pure, any thread.
// Errors: parse_moves: bad_moves, where "column N", from 1.
// Cost:   a move or a look for fours is about a dozen operations without a branch.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>
#include <weir/result.hpp>
#include <weir/search/tree_random.hpp>

namespace weir::search::games {

inline constexpr int board_columns = 7;
inline constexpr int board_rows = 6;
inline constexpr int board_cells = board_columns * board_rows;

using Cells = std::uint64_t;

inline constexpr Cells bottom_row = [] {
  Cells row = 0;
  for (int column = 0; column < board_columns; ++column)
    row |= Cells{1} << (column * (board_rows + 1));
  return row;
}();
inline constexpr Cells all_cells = bottom_row * ((Cells{1} << board_rows) - 1);

constexpr Cells column_cells(int column) noexcept {
  return ((Cells{1} << board_rows) - 1) << (column * (board_rows + 1));
}

/// The number of set bits without the instruction that baseline x86-64 lacks.
constexpr int count_cells(Cells cells) noexcept {
  cells -= (cells >> 1) & 0x5555555555555555ULL;
  cells = (cells & 0x3333333333333333ULL) + ((cells >> 2) & 0x3333333333333333ULL);
  cells = (cells + (cells >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
  return static_cast<int>((cells * 0x0101010101010101ULL) >> 56);
}

/// Cells of the board, none of which is above an empty one.
constexpr bool stands(Cells stones) noexcept {
  // Adding 1 to a column carries through the stones that stand, and then meets no other.
  return (stones & ~all_cells) == 0 && (stones & (stones + bottom_row)) == 0;
}

/// Some four of these are in a line.
constexpr bool has_four(Cells stones) noexcept {
  Cells found = 0;
  for (const int step : {1, board_rows, board_rows + 1, board_rows + 2}) {
    const Cells pairs = stones & (stones >> step);
    found |= pairs & (pairs >> (2 * step));
  }
  return found != 0;
}

/// The cells, empty or not, that make a line of four with three of `stones`; in a column only the one on top, as stones
/// fall.
constexpr Cells four_completions(Cells stones) noexcept {
  Cells cells = (stones << 1) & (stones << 2) & (stones << 3);
  for (const int step : {board_rows, board_rows + 1, board_rows + 2}) {
    Cells pairs = (stones << step) & (stones << (2 * step));
    cells |= pairs & (stones << (3 * step));
    cells |= pairs & (stones >> step);
    pairs = (stones >> step) & (stones >> (2 * step));
    cells |= pairs & (stones << step);
    cells |= pairs & (stones >> (3 * step));
  }
  return cells & all_cells;
}

/// Where the player with stones `mine` of `all` can land without losing to the next stone; 0: nowhere. He has no win at
/// once.
constexpr Cells safe_landings(Cells mine, Cells all) noexcept {
  const Cells threats = four_completions(mine ^ all) & ~all;
  Cells landings = (all + bottom_row) & all_cells;
  const Cells forced = landings & threats;
  if (forced != 0) {
    if ((forced & (forced - 1)) != 0) return 0;
    landings = forced;
  }
  return landings & ~(threats >> 1);
}

/// Columns right to left.
constexpr Cells mirrored(Cells cells) noexcept {
  constexpr int w = board_rows + 1;
  constexpr Cells one = (Cells{1} << w) - 1;
  return (cells & (one << (3 * w))) | ((cells >> (6 * w)) & one) | ((cells & one) << (6 * w)) |
         ((cells >> (4 * w)) & (one << w)) | ((cells & (one << w)) << (4 * w)) |
         ((cells >> (2 * w)) & (one << (2 * w))) | ((cells & (one << (2 * w))) << (2 * w));
}

struct Position {
  Cells mine = 0;  // of the player to move
  Cells all = 0;

  friend bool operator==(const Position&, const Position&) = default;

  constexpr Cells theirs() const noexcept { return mine ^ all; }
  constexpr int stones() const noexcept { return count_cells(all); }
  /// The cells where a stone can land, one a column that is not full.
  constexpr Cells landings() const noexcept { return (all + bottom_row) & all_cells; }
  /// A column, 0 .. 6, that is not full.
  constexpr bool can_play(int column) const noexcept {
    return (landings() & column_cells(column)) != 0;
  }
  constexpr void play_cell(Cells cell) noexcept {
    mine ^= all;
    all |= cell;
  }
  constexpr void play(int column) noexcept { play_cell(landings() & column_cells(column)); }

  /// The cells that win at once for the player to move.
  constexpr Cells wins() const noexcept { return four_completions(mine) & landings(); }
  /// The last stone made four.
  constexpr bool lost() const noexcept { return has_four(theirs()); }
  constexpr bool full() const noexcept { return all == all_cells; }
  constexpr bool over() const noexcept { return full() || lost(); }

  /// Different for different positions; fits 49 bits.
  constexpr std::uint64_t key() const noexcept { return mine + all + bottom_row; }
  /// The same for a position and its mirror image, else different.
  constexpr std::uint64_t mirror_key() const noexcept {
    const std::uint64_t image = mirrored(mine) + mirrored(all) + bottom_row;
    return image < key() ? image : key();
  }
};

/// The position after the moves of a word of digits 1 .. 7; words after the first are skipped. An empty line is the
/// empty board. Refused: other characters, a full column, a move after four in a line.
Result<Position> parse_moves(std::string_view line);

/// What the tree and the rollouts ask of a game.
struct ConnectFour {
  using State = Position;
  static constexpr std::uint32_t actions_max = board_columns;
  static constexpr std::uint32_t plies_max = board_cells;
  static constexpr bool two_players = true;

  /// A bit a column that can be played.
  static constexpr std::uint64_t legal(const State& state) noexcept {
    // The empty cells of the top row, seven bits apart; shifted by 42 - 6 c and summed they stand side by side from
    // bit 42 on. No two of the products meet, so nothing is carried.
    constexpr Cells spread = [] {
      Cells shifts = 0;
      for (int column = 0; column < board_columns; ++column)
        shifts |= Cells{1} << (board_cells - board_rows * column);
      return shifts;
    }();
    const Cells open = (~state.all >> (board_rows - 1)) & bottom_row;
    return ((open * spread) >> board_cells) & ((1U << board_columns) - 1);
  }
  static constexpr void play(State& state, std::uint32_t column) noexcept {
    state.play(static_cast<int>(column));
  }
  static constexpr std::uint64_t key(const State& state) noexcept { return state.key(); }
  /// For the player to move: 0 lost, 0.5 drawn, 1 won, be it by the next two stones; negative: the game goes on.
  static constexpr float known(const State& state) noexcept {
    if (state.lost()) return 0.0F;
    const Cells landings = state.landings();
    if (landings == 0) return 0.5F;
    if ((four_completions(state.mine) & landings) != 0) return 1.0F;
    return safe_landings(state.mine, state.all) == 0 ? 0.0F : -1.0F;
  }
  /// The end of a game played on at random, for the player to move in `state`.
  static float rollout(const State& state, Xorshift& random) noexcept;
  /// The same, where whoever can wins, and who must parries.
  static float alert_rollout(const State& state, Xorshift& random) noexcept;
};

}  // namespace weir::search::games
