#include <doctest/doctest.h>

#include <string>
#include <weir/search/connect4.hpp>
#include <weir/search/tree_random.hpp>

namespace weir::search::games {

namespace {

std::string moves_refused(std::string_view line) {
  const auto parsed = parse_moves(line);
  if (parsed) return "";
  CHECK(parsed.error().code == "bad_moves");
  return parsed.error().where + ": " + parsed.error().what;
}

Position after(std::string_view line) { return parse_moves(line).value(); }

bool cell_is_set(Cells cells, int column, int row) {
  if (column < 0 || column >= board_columns || row < 0 || row >= board_rows) return false;
  return ((cells >> (column * (board_rows + 1) + row)) & 1) != 0;
}

/// Cell by cell, as the rules say it.
bool four_by_rule(Cells stones) {
  for (int column = 0; column < board_columns; ++column) {
    for (int row = 0; row < board_rows; ++row) {
      for (const auto& [dx, dy] : {std::pair{1, 0}, {0, 1}, {1, 1}, {1, -1}}) {
        bool four = true;
        for (int i = 0; i < 4; ++i)
          four = four && cell_is_set(stones, column + i * dx, row + i * dy);
        if (four) return true;
      }
    }
  }
  return false;
}

}  // namespace

TEST_CASE("connect4: a line is its first word") {
  CHECK(after("").stones() == 0);
  CHECK(after("  44 17 x") == after("44"));
  CHECK(after("44\r") == after("44"));
  CHECK(after("4453").stones() == 4);
  CHECK(after("12").mine == 1);
}

TEST_CASE("connect4: what is no move is refused, with its place") {
  CHECK(moves_refused("4480") == "column 3: a move is one of 1 to 7");
  CHECK(moves_refused("0") == "column 1: a move is one of 1 to 7");
  CHECK(moves_refused(" 1111112") == "");
  CHECK(moves_refused(" 11111121") == "column 9: column 1 is full");
  CHECK(moves_refused("12121212") == "column 8: a move after four in a line");
}

TEST_CASE("connect4: fours, and cells that complete them, are those of the rules") {
  Xorshift random(5);
  int fours = 0;
  for (int game = 0; game < 2000; ++game) {
    Position position;
    while (!position.full() && !four_by_rule(position.theirs())) {
      const int column = static_cast<int>(random.below(7));
      if (!position.can_play(column)) continue;
      Cells completions = 0;
      for (int cell = 0; cell < 49; ++cell) {
        const Cells bit = (Cells{1} << cell) & all_cells & ~position.all;
        if (bit != 0 && four_by_rule(position.mine | bit)) completions |= bit;
      }
      REQUIRE((four_completions(position.mine) & ~position.all) == completions);
      REQUIRE_FALSE(position.lost());
      position.play(column);
    }
    CHECK(position.lost() == four_by_rule(position.theirs()));
    fours += position.lost() ? 1 : 0;
  }
  CHECK(fours > 1000);
}

TEST_CASE("connect4: keys tell positions apart, and the mirror key does not tell images apart") {
  CHECK(after("1234").key() == after("3214").key());
  CHECK(after("1234").key() != after("1243").key());
  CHECK(after("1234").mirror_key() == after("7654").mirror_key());
  CHECK(after("1234").mirror_key() != after("1235").mirror_key());
  CHECK(mirrored(mirrored(after("1122334").all)) == after("1122334").all);
}

TEST_CASE("connect4: legal moves are the columns that are not full") {
  Xorshift random(9);
  for (int game = 0; game < 300; ++game) {
    Position position;
    while (!position.over()) {
      std::uint64_t open = 0;
      for (int column = 0; column < board_columns; ++column) {
        if (position.can_play(column)) open |= std::uint64_t{1} << column;
      }
      REQUIRE(ConnectFour::legal(position) == open);
      const int column = static_cast<int>(random.below(7));
      if (position.can_play(column)) position.play(column);
    }
  }
}

TEST_CASE("connect4: what is known without a search is right") {
  CHECK(ConnectFour::known(after("1212121")) == 0.0F);
  CHECK(ConnectFour::known(after("121212")) == 1.0F);
  CHECK(ConnectFour::known(after("4455")) < 0.0F);
  CHECK(ConnectFour::known(after("44556")) == 0.0F);  // three in the bottom row, open on both sides
}

TEST_CASE("connect4: a rollout ends as the game must") {
  Xorshift random(3);
  CHECK(ConnectFour::alert_rollout(after("121212"), random) == 1.0F);
  CHECK(ConnectFour::alert_rollout(after("44556"), random) == 0.0F);
  double sum = 0.0;
  for (int i = 0; i < 20000; ++i)
    sum += static_cast<double>(ConnectFour::rollout(Position{}, random));
  CHECK(sum / 20000 ==
        doctest::Approx(0.556).epsilon(0.03));  // the first player's share of random games
}

}  // namespace weir::search::games
