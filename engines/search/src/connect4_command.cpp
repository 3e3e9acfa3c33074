// weir-search connect4 solve and move: a line a position, scores by the exact solver, moves by the tree search alone.
#include <algorithm>
#include <cstdio>
#include <numeric>
#include <string_view>
#include <vector>
#include <weir/futex.hpp>
#include <weir/runtime.hpp>
#include <weir/search/connect4_move.hpp>
#include <weir/search/connect4_solver.hpp>
#include <weir/terminal.hpp>
#include <weir/thread.hpp>

#include "commands.hpp"
#include "guidance.hpp"

namespace weir::search::program {

namespace {

constexpr std::size_t positions_bytes_max = std::size_t{256} << 20;
constexpr std::uint32_t move_simulations = 10'000;
constexpr std::size_t told_lines_max = 20;  // of those without an answer, on stderr
constexpr std::uint64_t draw_every_ms = 100;
constexpr std::uint64_t first_nodes_each = 1'000'000;  // of a line to solve: 0.1 s

constexpr const char* not_reached_code = "not_reached";

struct GameLine {
  std::string_view moves;  // the first word
  Result<int> value = Error{not_reached_code, "the run ended before this line", ""};
  games::ScoreBounds bounds;
};

std::vector<GameLine> lines_of(std::string_view text) {
  std::vector<GameLine> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t first = std::min(line.find_first_not_of(" \t\r"), line.size());
    line.remove_prefix(first);
    lines.emplace_back().moves = line.substr(0, line.find_first_of(" \t\r"));
  }
  return lines;
}

std::string text_of(const games::ScoreBounds& bounds) {
  return "the score is from " + std::to_string(bounds.lower) + " to " +
         std::to_string(bounds.upper);
}

/// A signal or the time limit.
struct RunEnd {
  const StopSignals& signals;
  Deadline by;
  bool reached() const { return signals.stop_requested() || (by != never && now_ns() >= by); }
};

/// Solves line for line until a signal or the deadline, and shows how far it is. A hard line holds none of the others
/// up: what is not solved within some nodes comes again behind them, for more.
class SolveRun final : public games::SolveListener {
 public:
  SolveRun(const Options& options, const RunEnd& end, std::vector<GameLine>& lines)
      : end_(end),
        lines_(lines),
        progress_({.label = "solve", .unit = "nodes", .quiet = options.quiet}) {}

  void run() {
    games::Solver solver;  // what it has learnt of one position helps with the next
    solver_ = &solver;
    std::vector<std::size_t> open(lines_.size());
    std::iota(open.begin(), open.end(), std::size_t{0});
    for (nodes_each_ = first_nodes_each; !open.empty() && !end_.reached(); nodes_each_ *= 8)
      std::erase_if(open, [this](std::size_t line) { return end_.reached() || solve(line); });
  }

  bool stop(const games::ScoreBounds& known) override {
    if (end_.reached() || solver_->nodes() - began_ > nodes_each_) return true;
    progress_.add(solver_->nodes() - progress_.done());
    progress_.set_note("line " + format_count(at_ + 1) + " of " + format_count(lines_.size()) +
                       ": " + text_of(known));
    progress_.draw();
    return false;
  }

 private:
  /// False: there is more to be found out.
  bool solve(std::size_t number) {
    GameLine& line = lines_[at_ = number];
    const auto position = games::parse_moves(line.moves);
    if (!position) {
      line.value = position.error();
      return true;
    }
    began_ = solver_->nodes();
    line.bounds = solver_->solve(position.value(), *this, line.bounds);
    if (line.bounds.exact()) {
      line.value = line.bounds.lower;
    } else {
      line.value = Error{"not_solved",
                         "the run ended before this line was solved: " + text_of(line.bounds), ""};
    }
    return line.bounds.exact();
  }

  RunEnd end_;
  std::vector<GameLine>& lines_;
  Progress progress_;
  games::Solver* solver_ = nullptr;
  std::size_t at_ = 0;
  std::uint64_t began_ = 0, nodes_each_ = 0;  // nodes before the line at hand, and what it may take
};

std::uint32_t simulations_of(const Options& options) {
  const std::uint64_t asked = options.simulations == 0 ? move_simulations : options.simulations;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(asked, ~std::uint32_t{0}));
}

/// Lines one behind the other each of which goes on with the game of the one before: first, and behind the last.
std::vector<std::pair<std::size_t, std::size_t>> games_of(const std::vector<GameLine>& lines) {
  std::vector<std::pair<std::size_t, std::size_t>> all;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool on = i > 0 && lines[i].moves.size() > lines[i - 1].moves.size() &&
                    lines[i].moves.starts_with(lines[i - 1].moves);
    if (!on) all.emplace_back(i, i);
    all.back().second = i + 1;
  }
  return all;
}

/// Games share nothing: each worker has a tree of its own, which lasts for a game, and every line one answer. A thread
/// beside the workers shows how far they are.
class MoveRun {
 public:
  MoveRun(const Options& options, const RunEnd& end, std::vector<GameLine>& lines)
      : end_(end),
        lines_(lines),
        progress_(
            {.label = "move", .unit = "positions", .total = lines.size(), .quiet = options.quiet}) {
    progress_.set_note(format_count(simulations_of(options)) + " simulations each");
  }

  void run(Runtime& runtime, std::vector<games::Mover>& movers) {
    auto drawing = Thread::start({.name = "weir-progress"}, &MoveRun::draw, this);
    (void)runtime.run([&] {
      const auto games = games_of(lines_);
      parallel_for(0, games.size(), 1, [&](std::size_t i) {
        play(games[i].first, games[i].second, movers[static_cast<std::size_t>(worker_index())]);
      });
    });
    ended_.store(1, release);  // (1) pairs with (2); what is drawn needs nothing else
    futex_wake_all(ended_);
    if (drawing) drawing.value().join();
  }

 private:
  void play(std::size_t first, std::size_t behind, games::Mover& mover) {
    const games::MoveEnd end{end_.by, &end_.signals.word()};
    for (std::size_t i = first; i < behind; ++i, progress_.add()) {
      if (end_.reached()) continue;
      GameLine& line = lines_[i];
      const bool known = i > first && lines_[i - 1].value;
      line.value = known ? mover.go_on(line.moves, lines_[i - 1].moves.size(), end)
                         : mover.best(line.moves, end);
    }
  }

  static void draw(void* self) {
    auto& run = *static_cast<MoveRun*>(self);
    while (run.ended_.load(acquire) == 0) {  // (2) pairs with (1)
      (void)futex_wait(run.ended_, 0, after_ms(draw_every_ms));
      run.progress_.draw();
    }
  }

  RunEnd end_;
  std::vector<GameLine>& lines_;
  Progress progress_;
  atomic<std::uint32_t> ended_{0};
};

bool run_moves(const Options& options, const RunEnd& end, std::vector<GameLine>& lines,
               Findings& findings) {
  const auto network = load_move_guidance(options.move_guidance);
  if (!network) {
    fail(findings, network.error());
    return false;
  }
  Config config;
  config.workers = options.workers;
  auto runtime = Runtime::start(config);
  if (!runtime) {
    fail(findings, runtime.error());
    return false;
  }
  findings.workers = runtime.value()->workers();
  std::vector<games::Mover> movers;
  const auto contexts = static_cast<std::size_t>(findings.workers) + config.guests_max;
  for (std::size_t i = 0; i < contexts; ++i)
    movers.emplace_back(simulations_of(options), options.seed, network.value().get(), options.root);
  findings.memory_bytes = runtime.value()->memory() + contexts * movers[0].memory();
  MoveRun(options, end, lines).run(*runtime.value(), movers);
  findings.metrics = runtime.value()->metrics();
  return true;
}

/// Lines without an answer are told by number, and hold nothing up; where there is none at all, that is a failure.
void tell_lines(const Options& options, const std::vector<GameLine>& lines, Findings& findings) {
  Json values = Json::array(), bounds = Json::array(), refused = Json::array();
  std::vector<Error> errors;
  std::size_t not_reached = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const GameLine& line = lines[i];
    bounds.push_back({line.bounds.lower, line.bounds.upper});
    if (line.value) {
      findings.text += std::string(line.moves) + " " + std::to_string(line.value.value()) + "\n";
      values.push_back(line.value.value());
      continue;
    }
    values.push_back(nullptr);
    Error error = line.value.error();
    if (error.code == not_reached_code && not_reached++ != 0) continue;
    refused.push_back({{"line", i + 1}, {"code", error.code}, {"what", error.what}});
    error.where = options.input + ":" + std::to_string(i + 1) + (error.where.empty() ? "" : ": ") +
                  error.where;
    errors.push_back(std::move(error));
  }
  const bool failed = findings.text.empty() && !errors.empty();
  if (failed) fail(findings, errors.front());
  for (std::size_t i = failed ? 1 : 0; i < std::min(errors.size(), told_lines_max); ++i)
    std::fprintf(stderr, "weir-search: error: %s\n", errors[i].text().c_str());
  if (errors.size() > told_lines_max)
    std::fprintf(stderr, "weir-search: error: %s such lines in all\n",
                 format_count(errors.size()).c_str());
  if (not_reached > 1)
    std::fprintf(stderr, "weir-search: %s lines were not reached\n",
                 format_count(not_reached).c_str());
  const bool solve = options.command == Command::connect4_solve;
  findings.members["positions"] = lines.size();
  findings.members[solve ? "scores" : "moves"] = std::move(values);
  if (solve) findings.members["bounds"] = std::move(bounds);
  findings.members["errors"] = std::move(refused);
  findings.members["not_reached"] = not_reached;
}

}  // namespace

void connect4_command(const Options& options, const StopSignals& signals, Deadline begin,
                      Findings& findings) {
  auto text = read_input(options.input, positions_bytes_max);
  if (!text) return fail(findings, text.error());
  std::vector<GameLine> lines = lines_of(text.value());
  const RunEnd end{signals, answer_by(options, begin)};
  const Deadline from = now_ns();
  if (options.command == Command::connect4_solve) {
    findings.workers = 1;
    SolveRun(options, end, lines).run();
  } else if (!run_moves(options, end, lines, findings)) {
    return;
  }
  findings.members["positions_per_s"] =
      static_cast<double>(lines.size()) / (static_cast<double>(now_ns() - from) / 1e9 + 1e-9);
  tell_lines(options, lines, findings);
  if (signals.stop_requested()) findings.exit = 128 + signals.signal_number();
}

}  // namespace weir::search::program
