#include <algorithm>
#include <string>
#include <weir/search/connect4_move.hpp>
#include <weir/search/connect4_network.hpp>
#include <weir/search/tree.hpp>
#include <weir/search/tree_rollout.hpp>

#include "game_root_rank.hpp"

namespace weir::search::games {

namespace {

constexpr std::uint32_t looks_every = 16;  // simulations with a network, between looks at the end

TreeOptions options_for(std::uint32_t simulations, std::uint64_t seed) {
  using Node = TreeNode<ConnectFour::actions_max>;
  // Each simulation makes one node at most.
  constexpr std::size_t bytes_max = std::size_t{64} << 20;
  const std::size_t bytes = (std::size_t{simulations} + 1) * (sizeof(Node) + 16);
  return {.memory_bytes_max = std::min(bytes, bytes_max), .seed = seed};
}

}  // namespace

struct Mover::Search {
  Search(std::uint32_t its_simulations, std::uint64_t its_seed, const Network* its_network)
      : simulations(its_simulations),
        seed(its_seed),
        network(its_network),
        tree(Position{}, options_for(simulations, seed)) {}

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
    (void)tree.late_priors(tree.root(), ask(tree.state()).priors);
    Ticket<ConnectFour> ticket;
    for (std::uint32_t i = 0; i < simulations && tree.proof() == Proof::none; ++i) {
      if (i % looks_every == 0 && is_at(end)) break;
      if (tree.select(ticket) != Selected::evaluate) continue;
      const Opinion opinion = ask(ticket.state);
      tree.finish(ticket, opinion.value, opinion.priors);
    }
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

Mover::Mover(std::uint32_t simulations, std::uint64_t seed, const Network* network)
    : search_(std::make_unique<Search>(simulations, seed, network)) {}
Mover::Mover(Mover&&) noexcept = default;
Mover& Mover::operator=(Mover&&) noexcept = default;
Mover::~Mover() = default;

int Mover::best(const Position& position, const MoveEnd& end) {
  search_->tree.reset(position);
  if (search_->network != nullptr) {
    search_->run_guided(end);
  } else {
    search_->tree.run(
        {.simulations = search_->simulations, .deadline = end.deadline, .stop = end.stop},
        AlertRollouts<ConnectFour>(search_->seed));
  }
  return static_cast<int>(search_->choice());
}

Result<int> Mover::best(std::string_view line, const MoveEnd& end) {
  const Result<Position> position = parse_moves(line);
  if (!position) return position.error();
  if (position.value().over()) {
    const std::size_t first = line.find_first_not_of(" \t\r\n");
    const std::size_t last = line.find_first_of(" \t\r\n", first);
    const std::size_t column = (last == std::string_view::npos ? line.size() : last) + 1;
    return Error{"game_over", "the game is over: there is no move",
                 "column " + std::to_string(column)};
  }
  return best(position.value(), end) + 1;
}

std::size_t Mover::memory() const noexcept { return search_->tree.memory(); }

int best_move(const Position& position, std::uint32_t simulations, std::uint64_t seed) {
  return Mover(simulations, seed).best(position);
}

Result<int> move_line(std::string_view line, std::uint32_t simulations, std::uint64_t seed) {
  return Mover(simulations, seed).best(line);
}

}  // namespace weir::search::games
