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

}  // namespace weir::search::games
