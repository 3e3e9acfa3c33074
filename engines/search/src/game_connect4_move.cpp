#include <algorithm>
#include <string>
#include <weir/search/connect4_move.hpp>
#include <weir/search/tree.hpp>
#include <weir/search/tree_rollout.hpp>

namespace weir::search::games {

int best_move(const Position& position, std::uint32_t simulations, std::uint64_t seed) {
  using Node = TreeNode<ConnectFour::actions_max>;
  // Each simulation makes one node at most.
  constexpr std::size_t bytes_max = std::size_t{64} << 20;
  const std::size_t bytes =
      std::min((std::size_t{simulations} + 1) * (sizeof(Node) + 16), bytes_max);
  Tree<ConnectFour> tree(position, {.memory_bytes_max = bytes, .seed = seed});
  tree.run({.simulations = simulations}, AlertRollouts<ConnectFour>(seed));
  return static_cast<int>(tree.best());
}

Result<int> move_line(std::string_view line, std::uint32_t simulations, std::uint64_t seed) {
  const Result<Position> position = parse_moves(line);
  if (!position) return position.error();
  if (position.value().over()) {
    const std::size_t first = line.find_first_not_of(" \t\r\n");
    const std::size_t last = line.find_first_of(" \t\r\n", first);
    const std::size_t column = (last == std::string_view::npos ? line.size() : last) + 1;
    return Error{"game_over", "the game is over: there is no move",
                 "column " + std::to_string(column)};
  }
  return best_move(position.value(), simulations, seed) + 1;
}

}  // namespace weir::search::games
