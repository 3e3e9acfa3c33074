// options.hpp: the command line of weir-search, read and checked; private to the program.
//
// Errors: anything that cannot be used is told on stderr with the nearest known word, and is exit 2.
#pragma once

#include <cstdint>
#include <string>
#include <vector>
#include <weir/command_line/ended.hpp>
#include <weir/result.hpp>
#include <weir/search/connect4_move.hpp>
#include <weir/search/task.hpp>

namespace weir::search::program {

enum class Command : std::uint8_t {
  none,
  generate,
  check,
  batch,
  serve,
  connect4_solve,
  connect4_move,
  train,
  experience_list,
  experience_export,
  experience_feedback
};

struct Options {
  Command command = Command::none;
  std::string command_name;

  int workers = -1;  // -1: one a core
  std::uint64_t seed = 1;
  std::string config, graph, trace;
  bool json = false, quiet = false;

  std::string input;                // FILE or -
  std::string answer;               // check
  double time_limit_s = 0;          // 0: none
  std::uint64_t simulations = 0;    // 0: none given
  std::vector<Language> languages;  // empty: by the input
  std::uint32_t top = 1;
  double confidence = 0;  // below it an answer is told to be doubtful; 0: never
  std::string guidance = "default";
  double drain_timeout_s = 0;            // batch, serve; 0: as long as it takes
  std::string move_guidance = "none";    // connect4 move
  games::Root root = games::Root::puct;  // connect4 move
  bool first = false, stats = false, interactive = false;

  std::string output;             // train: the file of weights
  std::uint64_t steps = 16'000;   // train
  std::uint64_t tasks = 130'000;  // train
  bool resume = false;            // train
  bool games_domain = false;      // train: Connect Four, not lists
  std::uint64_t games = 40'000;   // train --domain connect4

  std::string experience;    // the log
  std::uint64_t number = 0;  // experience feedback
  std::string judgement;     // experience feedback: good or bad

  std::string socket, prometheus;
  std::uint32_t queue = 16'384;
};

/// What came of the command line: go on, or end with `exit`.
struct Parsed : command_line::Ended {
  Options options;
};

Parsed parse_options(int argc, char** argv);

}  // namespace weir::search::program
