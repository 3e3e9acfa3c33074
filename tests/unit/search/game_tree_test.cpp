#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <memory>
#include <numeric>
#include <support/tier.hpp>
#include <thread>
#include <vector>
#include <weir/memory.hpp>
#include <weir/search/connect4.hpp>
#include <weir/search/connect4_move.hpp>
#include <weir/search/connect4_network.hpp>
#include <weir/search/connect4_solver.hpp>
#include <weir/search/tree.hpp>
#include <weir/search/tree_rollout.hpp>

#include "game_positions.hpp"

namespace weir::search::games {

namespace {

using GameTree = Tree<ConnectFour>;
using Playouts = Rollouts<ConnectFour>;

Position position_of(std::string_view line) { return parse_moves(line).value(); }

std::vector<RootMove> root_moves(const GameTree& tree) {
  std::array<RootMove, GameTree::actions_max> moves;
  const std::uint32_t count = tree.moves(moves);
  return {moves.begin(), moves.begin() + count};
}

std::vector<std::uint32_t> root_visits(const GameTree& tree) {
  std::vector<std::uint32_t> visits;
  for (const RootMove& move : root_moves(tree)) visits.push_back(move.visits);
  return visits;
}

/// A choice among 50, worth more the higher; then it is over.
struct FiftyDoors {
  struct State {
    std::uint32_t door = 0;
    bool chosen = false;
  };
  static constexpr std::uint32_t actions_max = 50;
  static constexpr std::uint32_t plies_max = 2;
  static constexpr bool two_players = false;
  static std::uint64_t legal(const State&) { return (std::uint64_t{1} << actions_max) - 1; }
  static void play(State& state, std::uint32_t door) { state = {door, true}; }
  static std::uint64_t key(const State& state) { return state.chosen ? state.door : 999; }
  static float known(const State& state) {
    return state.chosen ? 0.1F + 0.01F * static_cast<float>(state.door) : -1.0F;
  }
};

/// Four moves a ply, each as good as the others: 0.25 for who moves first, however it goes on.
struct EvenGame {
  struct State {
    std::uint32_t path = 1;  // two bits a move below a one
  };
  static constexpr std::uint32_t actions_max = 4;
  static constexpr std::uint32_t plies_max = 12;
  static constexpr bool two_players = true;
  static std::uint64_t legal(const State&) { return 15; }
  static void play(State& state, std::uint32_t move) { state.path = state.path << 2 | move; }
  static std::uint64_t key(const State& state) { return state.path; }
  static float value(const State& state) {
    return std::bit_width(state.path) % 4 == 1 ? 0.25F : 0.75F;
  }
  static float known(const State& state) {
    return std::bit_width(state.path) > 2 * plies_max ? value(state) : -1.0F;
  }
};

}  // namespace

TEST_CASE("tree: the same seed gives the same search") {
  GameTree a(Position{}, {.seed = 3});
  GameTree b(Position{}, {.seed = 3});
  a.run({.simulations = 30000}, Playouts(1));
  b.run({.simulations = 10000}, Playouts(1));
  b.reset(Position{});
  b.run({.simulations = 30000}, Playouts(1));
  CHECK(root_visits(a) == root_visits(b));
  CHECK(a.nodes() == b.nodes());
  CHECK(a.value() == b.value());
  CHECK(a.visits() == 30000);
}

TEST_CASE("tree: no simulation allocates, and a full arena does not stop it") {
  GameTree tree(Position{}, {.memory_bytes_max = 1});
  CHECK(tree.nodes_max() == 1024);
  const std::size_t memory = tree.memory();
  const std::uint64_t before = weir::allocation_count();
  CHECK(tree.run({.simulations = 200000}, Playouts(1)) == 200000);
  CHECK(weir::allocation_count() == before);
  CHECK(tree.memory() == memory);
  CHECK(tree.recycled() > 1000);
  CHECK(tree.nodes() <= 1024);
  CHECK(tree.visits() == 200000);
  CHECK(tree.best() == 3);
}

TEST_CASE("tree: ten million simulations in a full arena stay within what was announced") {
  const auto simulations = static_cast<std::uint32_t>(test::amount(400'000, 1'000'000, 10'000'000));
  for (const std::uint32_t workers : {1U, 2U}) {
    const std::size_t taken_before = allocated_bytes();
    GameTree tree(Position{}, {.memory_bytes_max = std::size_t{8} << 20U, .workers = workers});
    const std::size_t announced = tree.memory();
    const std::size_t taken = allocated_bytes() - taken_before;
    CHECK(announced - sizeof tree - taken <= 512 * workers);  // what each worker says of itself
    const auto run = [&](std::uint32_t worker) {
      return tree.run({.simulations = simulations / workers},
                      AlertRollouts<ConnectFour>(worker + 1), worker);
    };
    const std::uint64_t allocations = allocation_count();
    std::uint32_t by_other = 0;
    std::thread other;
    if (workers == 2) other = std::thread([&] { by_other = run(1); });
    const std::uint32_t done = run(0);
    if (other.joinable()) other.join();
    CHECK(allocation_count() == allocations);
    CHECK(done + by_other == simulations);
    CHECK(tree.visits() == simulations);
    CHECK(tree.memory() == announced);
    CHECK(allocated_bytes() - taken_before == taken);
    CHECK(tree.nodes() <= tree.nodes_max());
    CHECK(tree.nodes() > tree.nodes_max() / 20 * 19);  // it is full
    CHECK(tree.recycled() > simulations / 20);
    CHECK(tree.in_flight() == 0);
  }
}

TEST_CASE("tree: wins and losses that are proven are kept, and end the search") {
  GameTree won(position_of("121212"), {});
  CHECK(won.run({.simulations = 1000}, Playouts(1)) < 100);
  CHECK(won.proof() == Proof::win);
  CHECK(won.best() == 0);
  CHECK(won.value() == 1.0);
  // Whatever the second player does, 4 in the bottom row is there.
  GameTree lost(position_of("44556"), {});
  CHECK(lost.run({.simulations = 1000}, Playouts(1)) < 100);
  CHECK(lost.proof() == Proof::loss);
  for (const RootMove& move : root_moves(lost)) CHECK(move.proof == Proof::loss);
}

TEST_CASE("tree: proofs agree with the solver") {
  Solver solver(18);
  Xorshift random(17);
  int proven = 0;
  int together = 0;  // searches that ended by proof when simulations went together
  for (int game = 0; game < 200; ++game) {
    Position position = random_position(random, 24);
    if (position.over()) continue;
    GameTree tree(position, {.memory_bytes_max = 1, .transpositions = game % 2 == 0});
    const std::uint32_t done = tree.run({.simulations = 20000}, AlertRollouts<ConnectFour>(1));
    CHECK(tree.visits() == done);
    if (tree.proof() == Proof::none) continue;
    ++proven;
    together += done > 2100;
    CHECK(static_cast<int>(tree.proof()) - 2 == solver.outcome(position));
    position.play(static_cast<int>(tree.best()));
    CHECK(static_cast<int>(tree.proof()) - 2 == -solver.outcome(position));
  }
  CHECK(proven > 50);
  CHECK(together > 2);
}

TEST_CASE(
    "tree: proofs of two workers agree with the solver, also where nodes are recycled under them") {
  Solver solver(18);
  Xorshift random(23);
  int easy = 0;
  std::uint64_t recycled = 0;
  for (int game = 0; game < 40;) {
    Position position = random_position(random, 18 + game % 10);
    if (position.over()) continue;
    ++game;
    // What one worker proves is proven by two with forty times the simulations, however they meet.
    GameTree alone(position, {.memory_bytes_max = 1});
    alone.run({.simulations = 500}, AlertRollouts<ConnectFour>(1));
    const bool is_easy = alone.proof() != Proof::none;
    easy += is_easy ? 1 : 0;
    GameTree tree(position, {.memory_bytes_max = 1, .workers = 2, .transpositions = game % 2 == 0});
    const auto run = [&](std::uint32_t worker) {
      tree.run({.simulations = 10000}, AlertRollouts<ConnectFour>(worker + 1), worker);
    };
    std::thread other(run, 1);
    run(0);
    other.join();
    CHECK(tree.in_flight() == 0);
    recycled += tree.recycled();
    if (tree.proof() == Proof::none) {
      CHECK_FALSE(is_easy);
      continue;
    }
    CHECK(static_cast<int>(tree.proof()) - 2 == solver.outcome(position));
    position.play(static_cast<int>(tree.best()));
    CHECK(static_cast<int>(tree.proof()) - 2 == -solver.outcome(position));
  }
  CHECK(easy > 25);
  CHECK(recycled > 0);
}

TEST_CASE("tree: a leaf met twice is searched on with even priors, and its own come in place") {
  GameTree tree(Position{}, {.exploration = 4.0F});
  const std::array<float, 7> wanted = {0, 0, 0, 0, 0, 3, 1};
  CHECK(tree.late_priors(tree.root(), std::array<float, 7>{0, 0, 1, 0, 0, 0, 0}));
  Ticket<ConnectFour> first;
  Ticket<ConnectFour> second;
  REQUIRE(tree.select(first) == Selected::evaluate);
  REQUIRE(tree.select(second) == Selected::evaluate);
  CHECK(first.depth == 1);
  CHECK(second.depth == 2);
  CHECK(second.created.node != 0);
  CHECK(tree.in_flight() == 2);
  const std::uint32_t nodes = tree.nodes();
  tree.finish(first, 0.5F, wanted);
  CHECK(tree.nodes() == nodes);
  tree.finish(second, 0.5F);
  CHECK(tree.in_flight() == 0);
  tree.advance(2);
  const std::vector<RootMove> moves = root_moves(tree);
  CHECK(moves[5].prior == doctest::Approx(0.75F));
  CHECK(moves[6].prior == doctest::Approx(0.25F));
  CHECK(moves[0].prior == 0.0F);
}

TEST_CASE("tree: priors that are no numbers count nothing") {
  GameTree tree(Position{}, {});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinite = std::numeric_limits<float>::infinity();
  tree.late_priors(tree.root(),
                   std::array<float, 7>{nan, -1.0F, infinite, -infinite, 1.0F, 1.0F, 0.0F});
  CHECK(root_moves(tree)[4].prior == 0.5F);
  CHECK(root_moves(tree)[0].prior == 0.0F);
  tree.late_priors(tree.root(), std::array<float, 7>{nan, nan, nan, nan, nan, nan, nan});
  CHECK(root_moves(tree)[0].prior == doctest::Approx(1.0 / 7));
}

TEST_CASE("tree: tickets that are given up leave nothing behind") {
  GameTree tree(Position{}, {});
  tree.run({.simulations = 500}, Playouts(1));
  std::vector<Ticket<ConnectFour>> tickets;
  for (int i = 0; i < 32; ++i) {
    Ticket<ConnectFour> ticket;
    if (tree.select(ticket) == Selected::evaluate) tickets.push_back(ticket);
  }
  REQUIRE(tickets.size() > 16);  // the others ended in what is known
  CHECK(tree.in_flight() == tickets.size());
  CHECK(tree.visits() == 532);
  for (auto& ticket : tickets) tree.abandon(ticket);
  CHECK(tree.in_flight() == 0);
  CHECK(tree.visits() == 532 - tickets.size());
}

TEST_CASE("tree: tickets outlive the nodes of their path") {
  GameTree tree(Position{}, {.memory_bytes_max = 1});
  tree.run({.simulations = 3000}, Playouts(1));
  std::vector<Ticket<ConnectFour>> tickets;
  for (int i = 0; i < 64; ++i) {
    Ticket<ConnectFour> ticket;
    if (tree.select(ticket) == Selected::evaluate) tickets.push_back(ticket);
  }
  tree.run({.simulations = 100000}, Playouts(2));
  CHECK(tree.recycled() > 1000);
  for (auto& ticket : tickets) tree.finish(ticket, 1.0F, std::array<float, 7>{1, 1, 1, 1, 1, 1, 1});
  CHECK(tree.in_flight() == 0);
  CHECK(tree.run({.simulations = 1000}, Playouts(3)) == 1000);
  for (const RootMove& move : root_moves(tree)) CHECK(move.value <= 1.0);
}

TEST_CASE("tree: what is known below a move stays when it is played") {
  GameTree tree(Position{}, {});
  tree.run({.simulations = 20000}, Playouts(1));
  const RootMove best = root_moves(tree)[tree.best()];
  tree.advance(best.action);
  CHECK(tree.state() == position_of("4"));
  CHECK(tree.visits() > best.visits / 2);
  CHECK(tree.visits() <= best.visits);
  CHECK(tree.run({.simulations = 1000}, Playouts(2)) == 1000);
  tree.advance(0);
  tree.advance(0);
  CHECK(tree.state() == position_of("411"));
}

TEST_CASE("tree: a search stops early only when the best cannot change, and at its deadline") {
  GameTree tree(position_of("4455"), {});
  const std::uint32_t done = tree.run({.simulations = 20000, .early_stop = true}, Playouts(1));
  CHECK(done < 20000);
  const std::uint32_t best = tree.best();
  tree.run({.simulations = 20000 - done}, Playouts(1));
  CHECK(tree.best() == best);
  GameTree late(Position{}, {});
  CHECK(late.run({.deadline = 1}, Playouts(1)) == 0);
}

TEST_CASE("tree: a halving root spends its budget on the moves that it sampled") {
  GameTree tree(Position{}, {.gumbel_actions = 4});
  CHECK(tree.run({.simulations = 64}, AlertRollouts<ConnectFour>(1)) == 64);
  std::uint32_t visited = 0;
  std::uint32_t most = 0;
  for (const RootMove& move : root_moves(tree)) {
    visited += move.visits != 0 ? 1 : 0;
    most = std::max(most, move.visits);
  }
  CHECK(visited == 4);
  CHECK(most == 24);  // 8 with four moves, 16 more with two
  CHECK(root_moves(tree)[tree.best()].visits == most);
}

TEST_CASE("tree: noise moves the root's priors, by the seed") {
  const TreeOptions options{.noise_fraction = 0.25, .seed = 4};
  GameTree a(Position{}, options);
  GameTree b(Position{}, options);
  float sum = 0.0F;
  for (std::uint32_t i = 0; i < 7; ++i) {
    CHECK(root_moves(a)[i].prior == root_moves(b)[i].prior);
    CHECK(root_moves(a)[i].prior >= doctest::Approx(0.75 / 7));
    sum += root_moves(a)[i].prior;
  }
  CHECK(sum == doctest::Approx(1.0F));
  CHECK(root_moves(a)[0].prior != root_moves(a)[1].prior);
}

TEST_CASE("tree: transpositions share nodes") {
  const auto visits_after = [](bool transpositions, std::initializer_list<std::uint32_t> moves) {
    GameTree tree(Position{}, {.transpositions = transpositions});
    tree.run({.simulations = 50000}, Playouts(1));
    CHECK(tree.visits() == 50000);
    for (const std::uint32_t move : moves) tree.advance(move);
    return tree.visits();
  };
  CHECK(visits_after(true, {2, 3, 4}) > 0);
  CHECK(visits_after(true, {2, 3, 4}) == visits_after(true, {4, 3, 2}));
  CHECK(visits_after(false, {2, 3, 4}) != visits_after(false, {4, 3, 2}));
}

TEST_CASE("tree: one player, fifty moves, values between") {
  Tree<FiftyDoors> tree(FiftyDoors::State{}, {.exploration = 0.3F});
  tree.run({.simulations = 5000}, Constant{});
  CHECK(tree.best() == 49);
  CHECK(tree.visits() == 5000);
  CHECK(tree.proof() == Proof::none);
}

TEST_CASE("tree: several workers in one tree lose no simulation") {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{32} << 20}) {
    constexpr std::uint32_t workers = 3;
    const std::uint32_t each = 20000;
    GameTree tree(Position{},
                  {.memory_bytes_max = bytes, .workers = workers, .transpositions = bytes == 1});
    std::array<std::uint32_t, workers> kept{};  // simulations that were not given up
    std::vector<std::thread> threads;
    for (std::uint32_t worker = 0; worker < workers; ++worker) {
      threads.emplace_back([&tree, &kept, each, worker] {
        Playouts playouts(worker + 1);
        kept[worker] = tree.run({.simulations = each}, playouts, worker);
        CHECK(kept[worker] == each);
        for (int i = 0; i < 500; ++i) {
          Ticket<ConnectFour> ticket;
          Selected selected = tree.select(ticket, worker);
          while (selected == Selected::busy) selected = tree.select(ticket, worker);
          if (selected == Selected::evaluate && i % 5 == 0) {
            tree.abandon(ticket, worker);
            continue;
          }
          ++kept[worker];
          if (selected == Selected::done) continue;
          tree.finish(ticket, playouts(ticket.state), std::array<float, 7>{1, 2, 3, 4, 3, 2, 1},
                      worker);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(tree.in_flight() == 0);
    CHECK((tree.recycled() > 0) == (bytes == 1));
    CHECK(tree.visits() == std::accumulate(kept.begin(), kept.end(), std::uint64_t{0}));
    const std::vector<RootMove> moves = root_moves(tree);
    REQUIRE(moves.size() == 7);
    for (const RootMove& move : moves) {
      CHECK(move.value <= 1.0);
      CHECK(move.visits <= moves[tree.best()].visits);
    }
    // Which of the middle columns it is, is a matter of how the workers met.
    CHECK(tree.best() >= 2);
    CHECK(tree.best() <= 4);
  }
}

TEST_CASE("tree: sums are exact, whatever goes together and is recycled") {
  for (const std::uint32_t workers : {1U, 3U}) {
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{32} << 20}) {
      Tree<EvenGame> tree(EvenGame::State{}, {.memory_bytes_max = bytes, .workers = workers});
      std::vector<std::thread> threads;
      for (std::uint32_t worker = 0; worker < workers; ++worker)
        threads.emplace_back(
            [&tree, worker] { tree.run({.simulations = 30000}, EvenGame::value, worker); });
      for (std::thread& thread : threads) thread.join();
      CHECK(tree.visits() == 30000 * workers);
      CHECK((tree.recycled() > 0) == (bytes == 1));
      std::array<RootMove, EvenGame::actions_max> moves;
      REQUIRE(tree.moves(moves) == moves.size());
      for (const RootMove& move : moves) CHECK(move.value == 0.25);
    }
  }
}

TEST_CASE("tree: any number of workers finds the one move that keeps the outcome") {
  Solver solver(18);
  Xorshift random(5);
  int positions = 0;
  while (positions < static_cast<int>(test::amount(3, 12, 12))) {
    const Position position = random_position(random, 22);
    if (ConnectFour::known(position) >= 0.0F) continue;
    const int outcome = solver.outcome(position);
    int keep = -1, keeping = 0;
    for (int column = 0; column < board_columns; ++column) {
      if (!position.can_play(column)) continue;
      Position next = position;
      next.play(column);
      if (-solver.outcome(next) != outcome) continue;
      keep = column;
      ++keeping;
    }
    GameTree alone(position, {});
    alone.run({.simulations = 1000}, AlertRollouts<ConnectFour>(1));
    // Proven by one worker within a thousand simulations: twenty times as many prove it in any order.
    if (keeping != 1 || outcome < 0 || alone.proof() == Proof::none) continue;
    ++positions;
    for (std::uint32_t workers = 1; workers <= 4; ++workers) {
      CAPTURE(workers);
      GameTree tree(position, {.workers = workers});
      std::vector<std::thread> threads;
      for (std::uint32_t worker = 0; worker < workers; ++worker)
        threads.emplace_back([&tree, workers, worker] {
          tree.run({.simulations = 20000 / workers}, AlertRollouts<ConnectFour>(worker + 1),
                   worker);
        });
      for (std::thread& thread : threads) thread.join();
      CHECK(tree.best() == static_cast<std::uint32_t>(keep));
      CHECK(static_cast<int>(tree.proof()) - 2 == outcome);
    }
  }
}

TEST_CASE("connect4 move: the tree alone finds what must be played") {
  CHECK(move_line("121212 ignored", 200).value() == 1);
  CHECK(move_line("2323232", 1000).error().code == "game_over");
  CHECK(move_line("2323232", 1000).error().where == "column 8");
  CHECK(move_line("18", 1000).error().where == "column 2");
  CHECK(move_line("1717", 1).value() >= 1);
  CHECK(best_move(position_of("4455"), 1000) == best_move(position_of("4455"), 1000));
  // Of so many simulations, which would take an hour, some are made, and none once it is told to stop.
  const atomic<std::uint32_t> stop{1};
  CHECK(position_of("4455").can_play(Mover(~0U).best(position_of("4455"), {.stop = &stop})));
  CHECK(Mover(~0U).best("4455", {.deadline = after_ms(20)}).value() >= 1);
  const int saved = move_line("232323", 1000).value();
  CHECK(saved == 2);
}

TEST_CASE(
    "connect4 move: a root that halves looks at each move alike, and finds what must be played") {
  Mover mover(56, 1, nullptr, Root::gumbel);
  CHECK(mover.best("121212").value() == 1);
  CHECK(mover.best("232323").value() == 2);
  CHECK(mover.best("4455").value() == mover.best("4455").value());
  const auto network = default_connect4_network();
  REQUIRE(network);
  Mover guided(32, 1, network.value().get(), Root::gumbel);
  CHECK(guided.best("121212").value() == 1);
  CHECK(guided.best("44").value() == guided.best("44").value());
  CHECK(guided.visits() == 32);
}

TEST_CASE("connect4 move: a game goes on with what its tree knows, whatever the root") {
  for (const Root root : {Root::puct, Root::gumbel}) {
    Mover mover(400, 1, nullptr, root);
    const std::string first = "44" + std::to_string(mover.best("44").value());
    CHECK(mover.visits() == 400);
    const std::string later = first + "3";
    const Result<int> next = mover.go_on(later, 2);
    REQUIRE(next);
    CHECK(mover.visits() > 400);  // those that were below the two moves, and 400 more
    const std::uint64_t known = mover.visits();
    CHECK(mover.go_on("2323232", 4).error().code == "game_over");
    CHECK(mover.visits() == known);
    CHECK(mover.best(later).value() >= 1);
    CHECK(mover.visits() == 400);  // another line is another tree
  }
}

TEST_CASE(
    "connect4 move: a win at once before any other, a loss at once never where there is a choice") {
  CHECK(move_line("3116756345561236665335724", 10'000).value() == 4);
  CHECK(move_line("36731562124245432234554257457111", 10'000).value() == 6);
  Xorshift random(11);
  int wins = 0, parries = 0;
  for (int i = 0; i < 600; ++i) {
    const Position position = random_position(random, 8 + static_cast<int>(random.below(30)));
    if (position.over()) continue;
    bool parried = false;  // by some move
    for (int column = 0; column < board_columns; ++column) {
      Position next = position;
      if (!next.can_play(column)) continue;
      next.play(column);
      parried = parried || next.wins() == 0;
    }
    for (const std::uint32_t simulations : {1U, 300U}) {
      Position next = position;
      next.play(best_move(position, simulations));
      if (position.wins() != 0) {
        CHECK(next.lost());
        ++wins;
      } else if (parried) {
        CHECK(next.wins() == 0);
        ++parries;
      }
    }
  }
  CHECK(wins > 50);
  CHECK(parries > 50);
}

}  // namespace weir::search::games
