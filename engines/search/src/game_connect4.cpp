#include <array>
#include <bit>
#include <string>
#include <weir/search/connect4.hpp>

namespace weir::search::games {

namespace {

Error move_error(std::size_t index, const std::string& what) {
  return Error{"bad_moves", what, "column " + std::to_string(index + 1)};
}

bool is_blank(char letter) {
  return letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n';
}

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

namespace {

/// The columns that are not full, in any order.
class OpenColumns {
 public:
  explicit OpenColumns(Cells all) noexcept {
    for (int column = 0; column < board_columns; ++column) {
      const int shift = column * (board_rows + 1);
      if ((all & top_row & column_cells(column)) == 0)
        shifts_[count_++] = static_cast<std::uint8_t>(shift);
    }
  }

  std::uint32_t count() const noexcept { return count_; }
  /// The empty cell above the stones of one of them: the carry through the stones ends there.
  Cells landing(std::uint32_t at, Cells all) const noexcept {
    return (all + (Cells{1} << shifts_[at])) & ~all;
  }
  /// A stone fell there.
  void fill(std::uint32_t at, Cells cell) noexcept {
    if ((cell & top_row) != 0) shifts_[at] = shifts_[--count_];
  }
  void fill(Cells cell) noexcept {
    if ((cell & top_row) == 0) return;
    const auto shift = static_cast<std::uint8_t>(std::countr_zero(cell) - (board_rows - 1));
    std::uint32_t at = 0;
    while (shifts_[at] != shift) ++at;
    shifts_[at] = shifts_[--count_];
  }

 private:
  static constexpr Cells top_row = bottom_row << (board_rows - 1);

  std::array<std::uint8_t, board_columns> shifts_;
  std::uint32_t count_ = 0;
};

}  // namespace

float ConnectFour::rollout(const State& state, Xorshift& random) noexcept {
  OpenColumns open(state.all);
  Cells mover = state.mine;
  Cells other = state.theirs();
  float value = 1.0F;  // of a four that is made now
  while (open.count() != 0) {
    const std::uint32_t at = random.below(open.count());
    const Cells cell = open.landing(at, mover | other);
    const Cells moved = mover | cell;
    if (has_four(moved)) return value;
    open.fill(at, cell);
    mover = other;
    other = moved;
    value = 1.0F - value;
  }
  return 0.5F;
}

float ConnectFour::alert_rollout(const State& state, Xorshift& random) noexcept {
  OpenColumns open(state.all);
  Cells mover = state.mine;
  Cells other = state.theirs();
  Cells wins = four_completions(mover);  // cells, reachable or not
  Cells threats = four_completions(other);
  float value = 1.0F;
  while (open.count() != 0) {
    const Cells all = mover | other;
    const Cells landings = (all + bottom_row) & all_cells;
    if ((wins & landings) != 0) return value;
    Cells cell = threats & landings;
    if (cell != 0) {
      if ((cell & (cell - 1)) != 0) return 1.0F - value;
      open.fill(cell);
    } else {
      const std::uint32_t at = random.below(open.count());
      cell = open.landing(at, all);
      open.fill(at, cell);
    }
    const Cells moved = mover | cell;
    mover = other;
    other = moved;
    wins = threats;
    threats = four_completions(moved);
    value = 1.0F - value;
  }
  return 0.5F;
}

}  // namespace weir::search::games
