#include "game_self_play.hpp"

#include <algorithm>
#include <bit>

#include "net_layers.hpp"

namespace weir::search::games {
namespace {

constexpr std::uint64_t game_purpose = 11;

TreeOptions self_play_options(std::uint32_t simulations) {
  const std::size_t bytes = (std::size_t{simulations} + 2) * (sizeof(TreeNode<board_columns>) + 16);
  return {.memory_bytes_max = std::min(bytes, std::size_t{64} << 20), .heap = true};
}

/// At most so many moves, none of which ends the game or leaves an end that is plain.
Position random_opening(std::uint32_t plies_max, Xorshift& random) {
  Position position;
  for (std::uint32_t left = random.below(plies_max + 1); left > 0; --left) {
    Position next = position;
    const auto column = static_cast<int>(random.below(board_columns));
    if (!next.can_play(column)) continue;
    next.play(column);
    if (ConnectFour::known(next) < 0.0F) position = next;
  }
  return position;
}

}  // namespace

GamesTogether::Game::Game(const SelfPlayConfig& config, std::uint64_t number)
    : tree(Position{}, self_play_options(config.simulations)),
      random(nets::keyed(config.seed, game_purpose, number)) {
  position = random_opening(config.random_plies, random);
  tree.reset(position);
}

GamesTogether::GamesTogether(const SelfPlayConfig& config, const Network& network,
                             std::uint64_t first_game, std::uint32_t count)
    : config_(config), network_(network) {
  for (std::uint32_t i = 0; i < count; ++i)
    games_.push_back(std::make_unique<Game>(config, first_game + i));
}

bool GamesTogether::step() {
  asking_.clear();
  questions_.resize(games_.size() * connect4_features);
  answers_.resize(games_.size() * connect4_answers);
  for (const auto& game : games_) {
    if (game->over || !next_question(*game)) continue;
    write_features(game->root_known ? game->ticket.state : game->position,
                   questions_.data() + asking_.size() * connect4_features);
    asking_.push_back(game.get());
  }
  if (asking_.empty()) return false;
  network_.evaluate(questions_.data(), asking_.size(), answers_.data());
  for (std::size_t i = 0; i < asking_.size(); ++i) {
    Game& game = *asking_[i];
    answer(game, read_opinion(game.root_known ? game.ticket.state : game.position,
                              answers_.data() + i * connect4_answers));
  }
  return true;
}

/// Searches and moves until the network is needed; false: the game is over.
bool GamesTogether::next_question(Game& game) {
  while (game.root_known) {
    if (game.simulations >= config_.simulations || game.tree.proof() != Proof::none) {
      end_move(game);
      if (game.over) return false;
      break;
    }
    if (game.tree.select(game.ticket) == Selected::evaluate) return true;
    ++game.simulations;
  }
  return true;
}

void GamesTogether::answer(Game& game, const Opinion& opinion) {
  if (game.root_known) {
    game.tree.finish(game.ticket, opinion.value, opinion.priors);
    ++game.simulations;
    return;
  }
  std::array<double, board_columns> noise{};
  const std::uint64_t legal = ConnectFour::legal(game.position);
  draw_dirichlet(game.random, config_.noise_alpha,
                 std::span<double>(noise).first(static_cast<std::size_t>(std::popcount(legal))));
  float sum = 0;
  for (std::uint32_t i = 0; i < board_columns; ++i)
    sum += ((legal >> i) & 1) != 0 ? opinion.priors[i] : 0.0F;
  std::array<float, board_columns> priors{};
  std::size_t drawn = 0;
  for (std::uint32_t i = 0; i < board_columns; ++i) {
    if (((legal >> i) & 1) == 0) continue;
    const double prior = static_cast<double>(opinion.priors[i]) / static_cast<double>(sum + 1e-9F);
    priors[i] = static_cast<float>((1 - config_.noise_fraction) * prior +
                                   config_.noise_fraction * noise[drawn++]);
  }
  (void)game.tree.late_priors(game.tree.root(), priors);
  game.root_known = true;
}

std::uint32_t GamesTogether::choose(Game& game, const Lesson& lesson) const {
  if (game.plies >= config_.hot_plies || game.tree.proof() != Proof::none) return game.tree.best();
  double left = game.random.unit();
  for (std::uint32_t i = 0; i < board_columns; ++i) {
    left -= static_cast<double>(lesson.policy[i]);
    if (lesson.policy[i] > 0 && left < 0) return i;
  }
  return game.tree.best();
}

void GamesTogether::end_move(Game& game) {
  RootMove moves[board_columns];
  const std::uint32_t count = game.tree.moves(moves);
  const Proof proof = game.tree.proof();
  const std::uint32_t best = game.tree.best();
  Lesson lesson{game.position.mine, game.position.all, {}, 0};
  float sum = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    // A move that is proven lost is none to learn, and where the outcome is proven the move that keeps it is.
    const bool taught = proof == Proof::none || proof == Proof::loss
                            ? proof == Proof::loss || moves[i].proof != Proof::loss
                            : moves[i].action == best;
    const float weight = static_cast<float>(moves[i].visits) + 1e-3F;
    lesson.policy[moves[i].action] = taught ? weight : 0.0F;
    sum += taught ? weight : 0.0F;
  }
  for (float& share : lesson.policy) share /= sum;
  lesson.value = static_cast<float>(2 * game.tree.value() - 1);
  game.lessons.push_back(lesson);
  if (proof != Proof::none) return end_game(game, lesson.value);
  const std::uint32_t move = choose(game, lesson);
  game.position.play(static_cast<int>(move));
  ++game.plies;
  const float end = ConnectFour::known(game.position);
  if (end >= 0.0F) return end_game(game, 1 - 2 * end);
  game.tree.reset(game.position);
  game.simulations = 0;
  game.root_known = false;
}

/// `outcome` in -1 .. 1 for who was to move in the last lesson; half of each lesson's value comes to be the game's.
void GamesTogether::end_game(Game& game, float outcome) {
  game.over = true;
  for (auto lesson = game.lessons.rbegin(); lesson != game.lessons.rend(); ++lesson) {
    lesson->value = (lesson->value + outcome) / 2;
    outcome = -outcome;
  }
}

std::vector<Lesson> GamesTogether::take_lessons() {
  std::vector<Lesson> all;
  for (const auto& game : games_) all.insert(all.end(), game->lessons.begin(), game->lessons.end());
  return all;
}

}  // namespace weir::search::games
