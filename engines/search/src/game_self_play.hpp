// game_self_play.hpp: some games of a network against itself, move by move side by side, so that its questions come in
// batches; private to the engine.
//
// Roles:  one thread an object; what is played depends on the seeds of the games alone.
// Memory: a tree a game, on the program's heap.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>
#include <weir/search/connect4_training.hpp>
#include <weir/search/tree.hpp>

namespace weir::search::games {

class GamesTogether {
 public:
  GamesTogether(const SelfPlayConfig& config, const Network& network, std::uint64_t first_game,
                std::uint32_t count);

  /// A question of each game that goes on, answered. False: all are over.
  bool step();
  /// The lessons of all games, game by game.
  std::vector<Lesson> take_lessons();

 private:
  struct Game {
    Game(const SelfPlayConfig& config, std::uint64_t number);
    Tree<ConnectFour> tree;
    Xorshift random;
    Position position;
    Ticket<ConnectFour> ticket;
    std::uint32_t simulations = 0;
    std::uint32_t plies = 0;  // since the random ones
    bool root_known = false;  // the network has answered for the root
    bool over = false;
    std::vector<Lesson> lessons;
  };

  bool next_question(Game& game);
  void answer(Game& game, const Opinion& opinion);
  void end_move(Game& game);
  void end_game(Game& game, float outcome);
  std::uint32_t choose(Game& game, const Lesson& lesson) const;

  const SelfPlayConfig& config_;
  const Network& network_;
  std::vector<std::unique_ptr<Game>> games_;
  std::vector<Game*> asking_;
  std::vector<float> questions_, answers_;
};

}  // namespace weir::search::games
