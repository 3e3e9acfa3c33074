#include <algorithm>
#include <string>
#include <weir/check.hpp>
#include <weir/search/connect4_move.hpp>
#include <weir/search/connect4_network.hpp>
#include <weir/search/tree.hpp>
#include <weir/search/tree_rollout.hpp>

#include "game_root_rank.hpp"

namespace weir::search::games {

namespace {

constexpr std::uint32_t looks_every = 16;  // simulations with a network, between looks at the end

TreeOptions options_for(std::uint32_t simulations, std::uint64_t seed, Root root) {
  using Node = TreeNode<ConnectFour::actions_max>;
  // Each simulation makes one node at most.
  constexpr std::size_t bytes_max = std::size_t{64} << 20;
  const std::size_t bytes = (std::size_t{simulations} + 1) * (sizeof(Node) + 16);
  return {.memory_bytes_max = std::min(bytes, bytes_max),
          .gumbel_actions = root == Root::gumbel ? ConnectFour::actions_max : 0,
          .seed = seed};
}

/// The moves of a line.
std::string_view word_of(std::string_view line) {
  const std::size_t first = std::min(line.find_first_not_of(" \t\r\n"), line.size());
  line.remove_prefix(first);
  return line.substr(0, line.find_first_of(" \t\r\n"));
}

Result<Position> position_to_move(std::string_view line) {
  Result<Position> position = parse_moves(line);
  if (!position || !position.value().over()) return position;
  const std::string_view moves = word_of(line);
  const auto column = static_cast<std::size_t>(moves.data() - line.data()) + moves.size() + 1;
  return Error{"game_over", "the game is over: there is no move",
               "column " + std::to_string(column)};
}

}  // namespace

struct Mover::Search {
  Search(std::uint32_t its_simulations, std::uint64_t its_seed, const Network* its_network,
         Root root)
      : simulations(its_simulations),
        seed(its_seed),
        network(its_network),
        tree(Position{}, options_for(simulations, seed, root)) {}

  Opinion ask(const Position& position) const {
    std::array<float, connect4_features> question;
    std::array<float, connect4_answers> answer;
    write_features(position, question.data());
    network->evaluate(question.data(), 1, answer.data());
    return read_opinion(position, answer.data());
  }
  static bool is_at(const MoveEnd& end) noexcept {
    // relaxed: what stops a search has nothing else to say
    if (end.stop != nullptr && end.stop->load(relaxed) != 0) return true;
    return end.deadline != never && now_ns() >= end.deadline;
  }
  void run_guided(const MoveEnd& end) {
    if (tree.visits() == 0) (void)tree.late_priors(tree.root(), ask(tree.state()).priors);
    tree.plan(simulations);
    Ticket<ConnectFour> ticket;
    for (std::uint32_t i = 0; i < simulations && tree.proof() == Proof::none; ++i) {
      if (i % looks_every == 0 && is_at(end)) break;
      if (tree.select(ticket) != Selected::evaluate) continue;
      const Opinion opinion = ask(ticket.state);
      tree.finish(ticket, opinion.value, opinion.priors);
    }
  }

  std::uint32_t run(const MoveEnd& end) {
    if (network != nullptr) {
      run_guided(end);
    } else {
      tree.run({.simulations = simulations, .deadline = end.deadline, .stop = end.stop},
               AlertRollouts<ConnectFour>(seed));
    }
    return choice();
  }

  /// The tree's move, unless another one of its root ranks before it.
  std::uint32_t choice() const {
    std::array<RootMove, ConnectFour::actions_max> moves;
    const std::uint32_t count = tree.moves(moves);
    std::uint32_t best = 0;
    const std::uint32_t trees = tree.best();
    const auto before = [&](const RootMove& a, const RootMove& b) {
      const int rank_a = rank_of(tree.state(), a), rank_b = rank_of(tree.state(), b);
      if (rank_a != rank_b) return rank_a > rank_b;
      if ((a.action == trees) != (b.action == trees)) return a.action == trees;
      return a.visits != b.visits ? a.visits > b.visits : a.value > b.value;
    };
    for (std::uint32_t i = 1; i < count; ++i) {
      if (before(moves[i], moves[best])) best = i;
    }
    return moves[best].action;
  }

  std::uint32_t simulations;
  std::uint64_t seed;
  const Network* network;
  Tree<ConnectFour> tree;
};

Mover::Mover(std::uint32_t simulations, std::uint64_t seed, const Network* network, Root root)
    : search_(std::make_unique<Search>(simulations, seed, network, root)) {}
Mover::Mover(Mover&&) noexcept = default;
Mover& Mover::operator=(Mover&&) noexcept = default;
Mover::~Mover() = default;

int Mover::best(const Position& position, const MoveEnd& end) {
  search_->tree.reset(position);
  return static_cast<int>(search_->run(end));
}

Result<int> Mover::best(std::string_view line, const MoveEnd& end) {
  const Result<Position> position = position_to_move(line);
  if (!position) return position.error();
  return best(position.value(), end) + 1;
}

Result<int> Mover::go_on(std::string_view line, std::size_t known, const MoveEnd& end) {
  const Result<Position> position = position_to_move(line);
  if (!position) return position.error();
  const std::string_view moves = word_of(line);
  for (std::size_t i = known; i < moves.size(); ++i)
    search_->tree.advance(static_cast<std::uint32_t>(moves[i] - '1'));
  WEIR_CHECK(search_->tree.state() == position.value(), "a line that goes on with the last one");
  return static_cast<int>(search_->run(end)) + 1;
}

std::uint64_t Mover::visits() const noexcept { return search_->tree.visits(); }

std::size_t Mover::memory() const noexcept { return search_->tree.memory(); }

int best_move(const Position& position, std::uint32_t simulations, std::uint64_t seed) {
  return Mover(simulations, seed).best(position);
}

Result<int> move_line(std::string_view line, std::uint32_t simulations, std::uint64_t seed) {
  return Mover(simulations, seed).best(line);
}

}  // namespace weir::search::games
