// options.hpp: the command line of weir-mccfr, read and checked; private to the program.
//
// Errors: anything that cannot be used is told on stderr with the nearest known word, and is exit 2.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>
#include <weir/command_line/ended.hpp>
#include <weir/mccfr/trainer.hpp>
#include <weir/result.hpp>

namespace weir::mccfr {

enum class Command : std::uint8_t {
  none,
  train,
  average,
  buckets,
  exploit,
  export_strategy,
  query,
  eval,
  solve,
  lbr,
  resolve,
  hands,
  rank,
  equity,
  play,
  acpc
};

/// As many as the strategy learnt from, within bounds.
inline constexpr std::uint64_t response_deals_by_game = ~std::uint64_t{0};

/// What `buckets` is asked for; 0 and empty: the default.
struct BucketOptions {
  std::string preset;
  std::array<std::uint32_t, 4> counts{};
  std::array<std::string, 4> methods;
  std::uint32_t samples = 0, restarts = 0, iterations = 0, players = 0;
};

/// What was given of the original program's flags: original_options.hpp.
struct OriginalOptions {
  std::vector<std::string> buckets;  // counts, or a file
  std::array<std::uint32_t, 4> bucket_counts{};
  double regret_alpha = 1, strategy_beta = 1, discount_factor = 1;
  bool linear = false;
  std::string epsilon_schedule, storage_mode;
  std::array<std::string, 6> idle_numbers;
  std::array<bool, 4> idle_flags{};
  std::vector<std::string> passed_over;  // given, and of no effect
};

struct Options {
  Command command = Command::none;
  std::string command_name;

  int workers = -1;  // -1: one a core
  std::uint64_t seed = 1;
  std::string config, graph, trace;
  std::map<std::string, std::string> config_places;  // [option]: FILE:LINE of what --config has set
  bool json = false, quiet = false;

  // train
  std::string game = "leduc";
  std::uint32_t stack = 0, ante = 0;  // hold'em; 0, and empty below: the game's default
  std::vector<std::uint32_t> blinds, buckets;
  std::string bets, measure, short_all_ins;
  std::vector<std::uint32_t> raises_max;  // one, or one a street
  double merge = 0, all_in_from = 0;      // 0: the menu's default
  std::string buckets_file;               // train, exploit, eval
  int players = 2;
  double rake_percent = 0;
  std::uint32_t rake_cap = 0;          // chips; 0: none
  std::string rows;                    // all, visited; empty: by the number of players
  std::uint64_t table_memory_mib = 0;  // of visited rows; 0: by the game
  BucketOptions bucket;
  std::string algorithm = "es";
  std::string discount = "none";
  std::string mode = "fast";
  std::uint64_t iterations = 0;  // 0: by the game, unless there is a time budget
  double time_budget_s = 0;      // 0: none
  std::string out;
  std::uint64_t checkpoint_interval = 0;  // iterations; 0: not by iterations
  double checkpoint_interval_s = 60;      // 0: not by the clock
  std::uint64_t discount_interval = 1000;
  std::uint32_t batch = 0;
  double exploration = 0.6;
  bool pruning = false;
  double prune_below = -3e8, prune_probability = 0.95;
  bool baselines = false;
  int average_rounds = rounds_max;        // the first ones, that sum their averages
  std::vector<std::uint32_t> table_bits;  // one, or one a street; empty: 32
  bool resume = false;
  std::string resume_from;
  std::string metrics, plot;
  double snapshot_interval_s = 0;      // seconds; 0: none
  std::uint64_t snapshots_kept = 16;   // 0: all
  std::uint64_t memory_limit_mib = 0;  // 0: by the machine
  OriginalOptions original;            // accepted for the original's sake
  std::uint64_t response_deals =
      1'000'000;  // that a lower bound learns from, for each player; 0: none
  bool measure_often = false;
  bool seed_given = false;

  std::string against;                 // eval: a baseline or a checkpoint; empty: all baselines
  std::uint64_t match_hands = 20'000;  // eval, lbr
  bool duplicate = false;
  bool aivat = false;
  std::string lbr_bets = "fcpa", lbr_rounds = "1-4";
  bool search_given = false;            // eval, play, acpc
  std::string search;                   // ms, method; empty: the default
  std::uint64_t search_iterations = 0;  // 0: by ms
  std::string search_from = "flop";     // or turn, river
  std::string search_depth = "end";     // or street: of turns

  std::uint32_t resolve_iterations = 2000;
  std::string seat = "alternate";  // play
  std::uint64_t play_hands = 0;    // play; 0: until the input ends
  std::string host = "127.0.0.1";  // acpc
  std::uint32_t port = 0;          // acpc

  int cards = 7;                   // hands
  std::vector<std::string> words;  // rank: cards; equity: hands; average: snapshots
  std::string board;               // equity

  double target = 0.5;               // solve: percent of the pot; 0: none
  std::uint64_t deadline_ms = 0;     // solve; 0: none
  std::uint64_t memory_max_mib = 0;  // solve; 0: by the machine
  bool all_suits = false;            // solve

  std::string path;          // CHECKPOINT, or a subgame's FILE
  std::string key;           // query: a row's name, or with a hand the betting alone
  bool query_cards = false;  // query: show an example of the bucket; export: of all buckets
  std::string query_hand;    // query: the hand whose row is asked for
  std::string output;        // export, solve, buckets, average
  std::string per_street;    // export: a folder
};

/// What came of the command line: go on, or end with `exit`.
struct Parsed : command_line::Ended {
  Options options;
};

Parsed parse_options(int argc, char** argv);

}  // namespace weir::mccfr
