#include <algorithm>
#include <weir/check.hpp>
#include <weir/search/connect4_check.hpp>
#include <weir/search/connect4_move.hpp>
#include <weir/search/connect4_network.hpp>
#include <weir/search/connect4_solver.hpp>

namespace weir::search::games {
namespace {

constexpr int solver_table_bits = 21;

/// A game of random moves, up to `stones`; its end may come before.
Position random_position(int stones, Xorshift& random) {
  Position position;
  while (position.stones() < stones && ConnectFour::known(position) < 0.0F) {
    const auto column = static_cast<int>(random.below(board_columns));
    if (position.can_play(column)) position.play(column);
  }
  return position;
}

SolvedPosition solved_by(Solver& solver, const Position& position) {
  SolvedPosition made{position, solver.outcome(position), 0};
  for (int column = 0; column < board_columns; ++column) {
    if (!position.can_play(column)) continue;
    Position next = position;
    next.play(column);
    if (-solver.outcome(next) == made.outcome) made.keeps |= 1U << column;
  }
  return made;
}

}  // namespace

std::vector<SolvedPosition> draw_solved(std::size_t count, int stones_min, int stones_max,
                                        std::uint64_t seed) {
  WEIR_CHECK(0 <= stones_min && stones_min <= stones_max && stones_max < board_cells,
             "positions that a game can go on from");
  Solver solver(solver_table_bits);
  Xorshift random(seed);
  std::vector<SolvedPosition> drawn;
  while (drawn.size() < count) {
    const auto span = static_cast<std::uint32_t>(stones_max - stones_min + 1);
    const int stones = stones_min + static_cast<int>(random.below(span));
    const Position position = random_position(stones, random);
    if (position.stones() != stones || ConnectFour::known(position) >= 0.0F) continue;
    drawn.push_back(solved_by(solver, position));
  }
  return drawn;
}

std::vector<SolvedPosition> solved(const std::vector<Position>& positions) {
  Solver solver(solver_table_bits);
  std::vector<SolvedPosition> all;
  for (const Position& position : positions) all.push_back(solved_by(solver, position));
  return all;
}

Agreement agreement(const Network& network, const std::vector<SolvedPosition>& positions) {
  std::vector<float> questions(positions.size() * connect4_features);
  std::vector<float> answers(positions.size() * connect4_answers);
  for (std::size_t i = 0; i < positions.size(); ++i)
    write_features(positions[i].position, questions.data() + i * connect4_features);
  network.evaluate(questions.data(), positions.size(), answers.data());
  std::size_t moves = 0, choices = 0, values = 0, decided = 0;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const SolvedPosition& solved = positions[i];
    const Opinion opinion = read_opinion(solved.position, answers.data() + i * connect4_answers);
    int best = -1;
    for (int column = 0; column < board_columns; ++column) {
      if (!solved.position.can_play(column)) continue;
      const auto at = static_cast<std::size_t>(column);
      if (best < 0 || opinion.priors[at] > opinion.priors[static_cast<std::size_t>(best)])
        best = column;
    }
    choices += solved.has_choice();
    moves += solved.has_choice() && ((solved.keeps >> best) & 1) != 0;
    decided += solved.outcome != 0;
    values += solved.outcome != 0 && (opinion.value > 0.5F) == (solved.outcome > 0);
  }
  const auto share = [](std::size_t part, std::size_t of) {
    return static_cast<double>(part) / static_cast<double>(std::max<std::size_t>(of, 1));
  };
  return {share(moves, choices), share(values, decided)};
}

double kept_by_search(const Network* network, const std::vector<SolvedPosition>& positions,
                      std::uint32_t simulations, Root root) {
  Mover mover(simulations, 1, network, root);
  std::size_t kept = 0, choices = 0;
  for (const SolvedPosition& solved : positions) {
    if (!solved.has_choice()) continue;
    ++choices;
    kept += (solved.keeps >> mover.best(solved.position)) & 1;
  }
  return static_cast<double>(kept) / static_cast<double>(std::max<std::size_t>(choices, 1));
}

}  // namespace weir::search::games
