#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <weir/search/connect4_solver.hpp>

#include "game_positions.hpp"

namespace weir::search::games {

namespace {

/// By the definition, without a bound or a table.
int score_by_rule(const Position& position) {
  const int stones = position.stones();
  if (position.lost()) return -(board_cells + 2 - stones) / 2;
  if (position.full()) return 0;
  int best = -board_cells;
  for (int column = 0; column < board_columns; ++column) {
    if (!position.can_play(column)) continue;
    Position next = position;
    next.play(column);
    best = std::max(best, -score_by_rule(next));
  }
  return best;
}

}  // namespace

TEST_CASE("solver: a finished game has a score") {
  Solver solver(12);
  CHECK(solve_line(solver, "1212121").value() == -18);
  CHECK(solve_line(solver, "121212").value() == 18);
  CHECK(solve_line(solver, "71212121").value() == -18);
  CHECK(solve_line(solver, "112233").value() == 18);
  CHECK_FALSE(solve_line(solver, "12121213"));
}

TEST_CASE("solver: late positions have the score that the rules give, with a table of any size") {
  Xorshift random(11);
  Solver small(10);
  Solver large(16);
  Solver alone(16);
  int checked = 0;
  while (checked < 300) {
    const Position position = random_position(random, 32);
    const int score = score_by_rule(position);
    CHECK(small.solve(position) == score);
    CHECK(large.solve(position) == score);
    const int sign = (score > 0) - (score < 0);
    CHECK(large.outcome(position) == sign);
    CHECK(alone.outcome(position) == sign);  // whose table holds bounds alone
    ++checked;
  }
}

namespace {

/// Ends a call at one of its looks.
class EndsAfter final : public SolveListener {
 public:
  explicit EndsAfter(int looks) : left_(looks) {}
  bool stop(const ScoreBounds& known) override {
    last = known;
    return --left_ <= 0;
  }
  ScoreBounds last;

 private:
  int left_;
};

}  // namespace

TEST_CASE("solver: a call that is ended early tells bounds, and leaves nothing wrong behind") {
  const Position position = parse_moves("4444422256563").value();  // 264,000 nodes
  Solver whole(18);
  Solver ended(18);
  const int score = whole.solve(position);
  for (const int looks : {1, 2, 5}) {
    EndsAfter listener(looks);
    const std::uint64_t before = ended.nodes();
    const ScoreBounds known = ended.solve(position, listener);
    CHECK_FALSE(known.exact());
    CHECK(known.lower <= score);
    CHECK(known.upper >= score);
    CHECK(known.lower == listener.last.lower);
    CHECK(known.upper == listener.last.upper);
    CHECK(ended.nodes() - before < static_cast<std::uint64_t>(looks + 1) * 16'384);
  }
  CHECK(ended.solve(position) == score);
  EndsAfter never_ends(1 << 30);
  CHECK(Solver(18).solve(position, never_ends).lower == score);
}

TEST_CASE("solver: the mirror image has the same score") {
  Solver solver(18);
  for (const char* line : {"44353641526131425", "12345671234567123456"}) {
    std::string image = line;
    for (char& move : image) move = static_cast<char>('1' + '7' - move);
    CHECK(solve_line(solver, line).value() == solve_line(solver, image).value());
  }
}

TEST_CASE("solver: every score of the sample positions") {
  const char* data = std::getenv("WEIR_TEST_DATA");
  if (data == nullptr) {
    MESSAGE("SKIP: WEIR_TEST_DATA is not set");
    return;
  }
  Solver solver;
  for (const char* name : {"Test_L3_R1", "Test_L2_R1"}) {
    std::ifstream file(std::string(data) + "/connect4/" + name);
    if (!file) {
      MESSAGE("SKIP: no " << name);
      continue;
    }
    int lines = 0;
    for (std::string line; std::getline(file, line); ++lines) {
      std::istringstream words(line);
      std::string moves;
      int score = 0;
      words >> moves >> score;
      CHECK(solve_line(solver, line).value() == score);
    }
    CHECK(lines > 0);
  }
}

}  // namespace weir::search::games
