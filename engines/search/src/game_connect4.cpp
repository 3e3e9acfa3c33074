#include <array>
#include <string>
#include <weir/search/connect4.hpp>

namespace weir::search::games {

namespace {

Error move_error(std::size_t index, const std::string& what) {
  return Error{"bad_moves", what, "column " + std::to_string(index + 1)};
}

bool is_blank(char letter) { return letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n'; }

}  // namespace

Result<Position> parse_moves(std::string_view line) {
  Position position;
  std::size_t index = 0;
  while (index < line.size() && is_blank(line[index])) ++index;
  for (; index < line.size() && !is_blank(line[index]); ++index) {
    const char letter = line[index];
    if (letter < '1' || letter > '7') return move_error(index, "a move is one of 1 to 7");
    if (position.lost()) return move_error(index, "a move after four in a line");
    if (!position.can_play(letter - '1')) {
      return move_error(index, std::string("column ") + letter + " is full");
    }
    position.play(letter - '1');
  }
  return position;
}

float ConnectFour::rollout(const State& state, Xorshift& random) noexcept {
  std::array<std::uint8_t, board_columns> open;  // shifts of the columns that are not full
  std::uint32_t count = 0;
  for (int column = 0; column < board_columns; ++column) {
    if (state.can_play(column)) open[count++] = static_cast<std::uint8_t>(column * (board_rows + 1));
  }
  Cells mover = state.mine;
  Cells other = state.theirs();
  float value = 1.0F;  // of a four that is made now
  while (count != 0) {
    const std::uint32_t at = random.below(count);
    const Cells all = mover | other;
    // The carry through the stones of the column ends in the cell above them.
    const Cells cell = (all + (Cells{1} << open[at])) & ~all;
    if (has_four(mover | cell)) return value;
    if ((cell & (bottom_row << (board_rows - 1))) != 0) open[at] = open[--count];
    const Cells moved = mover | cell;
    mover = other;
    other = moved;
    value = 1.0F - value;
  }
  return 0.5F;
}

}  // namespace weir::search::games
