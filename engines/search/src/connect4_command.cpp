// weir-search connect4 solve and move: a line a position, scores by the exact solver, moves by the tree search alone.
#include <algorithm>
#include <string_view>
#include <vector>
#include <weir/runtime.hpp>
#include <weir/search/connect4_move.hpp>
#include <weir/search/connect4_solver.hpp>

#include "commands.hpp"
#include "guidance.hpp"

namespace weir::search::program {

namespace {

constexpr std::size_t positions_bytes_max = std::size_t{256} << 20;
constexpr std::uint32_t move_simulations = 10'000;

struct Position {
  std::string_view moves;  // the first word of its line
  Result<int> value = Error{"cancelled", "not reached", ""};
};

std::vector<Position> positions_of(std::string_view text) {
  std::vector<Position> positions;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t first = std::min(line.find_first_not_of(" \t\r"), line.size());
    line.remove_prefix(first);
    positions.push_back({line.substr(0, line.find_first_of(" \t\r"))});
  }
  return positions;
}

void solve_all(std::vector<Position>& positions, const StopSignals& signals) {
  games::Solver solver;  // what it has learnt of one position helps with the next
  for (Position& position : positions) {
    if (signals.stop_requested()) return;
    position.value = games::solve_line(solver, position.moves);
  }
}

std::uint32_t simulations_of(const Options& options) {
  const std::uint64_t asked = options.simulations == 0 ? move_simulations : options.simulations;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(asked, ~std::uint32_t{0}));
}

/// Positions share nothing: each worker has a tree of its own, and every position one answer.
void move_all(std::vector<Position>& positions, std::vector<games::Mover>& movers, Runtime& runtime,
              const StopSignals& signals) {
  (void)runtime.run([&] {
    parallel_for(0, positions.size(), 1, [&](std::size_t i) {
      if (signals.stop_requested()) return;
      positions[i].value =
          movers[static_cast<std::size_t>(worker_index())].best(positions[i].moves);
    });
  });
}

}  // namespace

void connect4_command(const Options& options, const StopSignals& signals, Findings& findings) {
  auto text = read_input(options.input, positions_bytes_max);
  if (!text) return fail(findings, text.error());
  std::vector<Position> positions = positions_of(text.value());
  const bool solve = options.command == Command::connect4_solve;
  const Deadline begin = now_ns();
  if (solve) {
    findings.workers = 1;
    solve_all(positions, signals);
  } else {
    const auto network = load_move_guidance(options.move_guidance);
    if (!network) return fail(findings, network.error());
    Config config;
    config.workers = options.workers;
    auto runtime = Runtime::start(config);
    if (!runtime) return fail(findings, runtime.error());
    findings.workers = runtime.value()->workers();
    std::vector<games::Mover> movers;
    const auto contexts = static_cast<std::size_t>(findings.workers) + config.guests_max;
    for (std::size_t i = 0; i < contexts; ++i)
      movers.emplace_back(simulations_of(options), options.seed, network.value().get());
    findings.memory_bytes = runtime.value()->memory() + contexts * movers[0].memory();
    move_all(positions, movers, *runtime.value(), signals);
    findings.metrics = runtime.value()->metrics();
  }
  findings.members["positions"] = positions.size();
  findings.members["positions_per_s"] =
      static_cast<double>(positions.size()) / (static_cast<double>(now_ns() - begin) / 1e9 + 1e-9);
  Json values = Json::array();
  for (std::size_t i = 0; i < positions.size(); ++i) {
    if (!positions[i].value) {
      Error error = positions[i].value.error();
      error.where = options.input + ":" + std::to_string(i + 1) +
                    (error.where.empty() ? "" : ": ") + error.where;
      fail(findings, error);
      break;
    }
    findings.text +=
        std::string(positions[i].moves) + " " + std::to_string(positions[i].value.value()) + "\n";
    values.push_back(positions[i].value.value());
  }
  findings.members[solve ? "scores" : "moves"] = std::move(values);
  if (signals.stop_requested()) findings.exit = 128 + signals.signal_number();
}

}  // namespace weir::search::program
