// connect4_training.hpp: teaching a Connect Four network by games against itself, and what it has come to know.
//
// A round plays games_each games with the network as it is, puts their positions into the window (the oldest make
// room), and then teaches it steps_each batches from the window: the policy is where the search went, the value half
// the game's outcome, half what the search thought. A game ends where the tree proves its outcome.
//
// Roles:  self_play() is called by one thread; inside a task games take up to games_each / 16 workers, lessons all.
// Order:  the same config and state give the same bits for any number of workers on one machine; a run that was
//         stopped and goes on from its state ends with those of one that was not.
// Errors: bad_config, other_run (the state is of another seed, network or plan), those of net_trainer.hpp, of files.
// Memory: 48 bytes a position of the window; 16 trees a worker, each of 0.2 MiB up to 900 simulations a move, 208 bytes
//         a simulation above that, 64 MiB at most; and the trainer's.
// Source: Silver et al., "A general reinforcement learning algorithm that masters chess, shogi and Go", Science 2018;
//         Wu, "Accelerating self-play learning in Go", 2019 (values from the search as targets).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>
#include <weir/result.hpp>
#include <weir/search/connect4_network.hpp>
#include <weir/search/net_trainer.hpp>

namespace weir::search::games {

/// What is beyond its range is bad_config; batch, rates and blocks have those of net_trainer.hpp.
struct SelfPlayConfig {
  std::uint64_t seed = 1;
  std::uint64_t games = 40'000;     // in all, those that the state has behind it too
  std::uint32_t games_each = 256;   // games a round, 1 .. 1,048,576
  std::uint32_t steps_each = 100;   // batches that are taught a round, >= 1
  std::uint32_t batch = 256;        // positions a step
  std::uint32_t simulations = 64;   // a move, 2 .. 1,048,576
  std::uint32_t window = 200'000;   // positions, 1 .. 20,000,000
  std::uint32_t random_plies = 12;  // a game begins with at most so many random moves, 0 .. 42
  std::uint32_t hot_plies = 10;     // and then so many that are drawn by visits
  double noise_fraction = 0.25;     // of the root's priors, 0 .. 1
  double noise_alpha = 1.0;         // of the Dirichlet distribution it is drawn from, above 0
  float rate = 2e-3F, rate_last = 1e-4F;  // of learning, with the first game and with the last
  std::vector<nets::Block> blocks = {{nets::BlockKind::dense, 128}, {nets::BlockKind::dense, 128}};
  std::string state_path;         // where the state is kept; empty: nowhere
  std::uint32_t state_every = 8;  // rounds from one writing to the next, the last one's aside; 0: 1
};

/// A position that was played, and what is taught of it. Written to files as it lies.
struct Lesson {
  Cells mine = 0, all = 0;                    // as in Position
  std::array<float, board_columns> policy{};  // by column, 0 .. 1, sum 1
  float value = 0;  // -1 lost .. 1 won, for who is to move: half the outcome, half the search
};

struct SelfPlayState {
  nets::TrainState net;
  std::uint64_t games = 0, lessons = 0;          // so far; lesson n stands at n mod window_max
  std::uint64_t simulations = 0;                 // a move; with the next two the plan's that it was
  std::uint32_t window_max = 0, games_each = 0;  // begun with
  std::vector<Lesson> window;                    // min(lessons, window_max) of them
};

struct SelfPlayReport {
  std::uint64_t games = 0, lessons = 0, steps = 0;  // in all, as the state has them
  double loss = 0;           // mean over the last round's steps, as TrainReport's; without rounds 0
  bool stopped = false;      // the listener asked for it; the state is that of the last whole round
  std::uint64_t rounds = 0;  // whole ones of this call
};

/// Told of the progress; it outlives the call of self_play().
class SelfPlayListener {
 public:
  virtual ~SelfPlayListener() = default;
  /// After each round, in the thread that called.
  virtual void report(const SelfPlayReport& report, const nets::Weights& weights) = 0;
  /// Asked after each question to the network, by all workers at once; true: the round that is being played does
  /// not count.
  virtual bool stop() { return false; }
};

/// The state before the first game. Errors: bad_config.
Result<SelfPlayState> begin_self_play(const SelfPlayConfig& config);
/// Rounds until there are config.games or more. Errors: bad_config, other_run, and those of writing the state, which
/// leave `state` as the rounds so far have made it.
Result<SelfPlayReport> self_play(const SelfPlayConfig& config, SelfPlayState& state,
                                 SelfPlayListener* listener = nullptr);

/// The file is there whole, or as it was before. Errors: of files.
Result<Done> write_self_play(const std::string& path, const SelfPlayState& state);
/// Errors: of files; truncated, corrupt, version, architecture, where "PATH, byte N".
Result<SelfPlayState> read_self_play(const std::string& path);

}  // namespace weir::search::games
