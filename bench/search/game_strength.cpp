// weir-bench-search games [--quick] [--weights FILE] [--roots FILE...] [--ship WEIGHTS LINES]: Connect Four.
//
//   --weights FILE        the network; default: the one that ships
//   --roots FILE...       instead, how often each kind of root keeps the outcome of these lines of moves
//   --ship WEIGHTS LINES  writes a file of weights as the lines that a program includes (int8, base 64), and ends
//
// Rows: how often policy, value and search agree with the exact solver on random positions; descents a second of
//       guided requests by leaves a question, beside the network's bare batches; two workers beside two processes of
//       one worker each, at the same time; strength by workers on one tree. Processor time beside the clock's.
#include <sched.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>
#include <suites.hpp>
#include <thread>
#include <vector>
#include <weir/clock.hpp>
#include <weir/search/connect4_check.hpp>
#include <weir/search/connect4_network.hpp>
#include <weir/search/engine.hpp>
#include <weir/search/tree.hpp>
#include <weir/search/tree_rollout.hpp>
#include <weir/search/weights.hpp>
#include <weir/topology.hpp>
#include <weir/version.hpp>

namespace weir::bench {
namespace {

namespace games = search::games;
namespace nets = search::nets;

constexpr std::uint64_t positions_seed = 2026;

struct Spent {
  double wall = 0, busy = 0;
};

double process_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Body>
Spent spent_by(Body body) {
  const Deadline begin = now_ns();
  const double busy = process_seconds();
  body();
  return {static_cast<double>(now_ns() - begin) * 1e-9, process_seconds() - busy};
}

int ship(const std::string& from, const std::string& to) {
  const auto weights = nets::read_weights(from);
  if (!weights) {
    std::fprintf(stderr, "%s: %s\n", from.c_str(), weights.error().what.c_str());
    return 1;
  }
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::size_t columns = 116;
  const std::string bytes = nets::encode_weights(weights.value(), nets::Precision::int8);
  std::string text;
  std::uint32_t bits = 0, held = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    for (held += 8; held >= 6; held -= 6) text.push_back(digits[bits >> (held - 6) & 63]);
  }
  if (held != 0) text.push_back(digits[bits << (6 - held) & 63]);
  std::ofstream out(to);
  for (std::size_t at = 0; at < text.size(); at += columns)
    out << '"' << text.substr(at, columns) << "\",\n";
  return out.flush() ? 0 : 1;
}

void strength(const search::Network& network, std::size_t count) {
  const auto positions = games::draw_solved(count, 14, 30, positions_seed);
  const games::Agreement known = games::agreement(network, positions);
  std::printf("%-28s %8zu  policy %.3f, value %.3f\n", "agrees with the solver", count,
              known.policy, known.value);
  for (const std::uint32_t simulations : {25U, 50U, 100U, 200U, 400U}) {
    std::printf("%-28s %8u  network %.3f, playouts %.3f\n", "outcome kept", simulations,
                games::kept_by_search(&network, positions, simulations),
                games::kept_by_search(nullptr, positions, simulations));
  }
}

int root_rows(const search::Network& network, const std::vector<std::string>& files) {
  std::vector<games::Position> positions;
  for (const std::string& file : files) {
    std::ifstream in(file);
    if (!in) {
      std::fprintf(stderr, "%s: cannot be read\n", file.c_str());
      return 1;
    }
    for (std::string line; std::getline(in, line);) {
      const auto position = games::parse_moves(line);
      if (position && !position.value().over()) positions.push_back(position.value());
    }
  }
  const auto all = games::solved(positions);
  const auto choices = std::count_if(
      all.begin(), all.end(), [](const games::SolvedPosition& one) { return one.has_choice(); });
  std::printf("positions %zu, of which %td have a choice\n", all.size(), choices);
  for (const search::Network* judge : {static_cast<const search::Network*>(nullptr), &network}) {
    for (const std::uint32_t simulations : {16U, 32U, 64U, 128U, 256U, 1000U, 10'000U}) {
      if (judge != nullptr && simulations > 1000) continue;
      std::printf("%-28s %8u  puct %.4f, gumbel %.4f\n",
                  judge == nullptr ? "outcome kept, playouts" : "outcome kept, network",
                  simulations, games::kept_by_search(judge, all, simulations, games::Root::puct),
                  games::kept_by_search(judge, all, simulations, games::Root::gumbel));
    }
  }
  return 0;
}

double bare_rate(const search::Network& network, std::size_t rows) {
  std::vector<float> in(rows * network.inputs()), out(rows * network.outputs());
  for (std::size_t row = 0; row < rows; ++row)
    games::write_features(games::Position{}, in.data() + row * network.inputs());
  double best = 0;
  for (int repetition = 0; repetition < 5; ++repetition) {
    constexpr std::size_t batches = 200;
    const Spent spent = spent_by([&] {
      for (std::size_t i = 0; i < batches; ++i) network.evaluate(in.data(), rows, out.data());
    });
    best = std::max(best, static_cast<double>(batches * rows) / spent.busy);
  }
  return best;
}

struct Requests {
  Spent spent;
  std::uint64_t simulations = 0, evaluations = 0;
  double batch_mean = 0;
};

/// `guidance` null: random playouts.
Requests requests(search::Guidance* guidance, int workers, std::uint32_t leaves,
                  const std::vector<games::SolvedPosition>& positions, std::uint32_t simulations) {
  Config config;
  config.workers = workers;
  auto runtime = std::move(Runtime::start(config)).value();
  auto engine = std::move(search::Engine::start(*runtime, {.guidance = guidance})).value();
  const search::ClientId client = engine->add_client().value();
  Requests done;
  done.spent = spent_by([&] {
    std::vector<search::Handle> handles;
    for (const games::SolvedPosition& solved : positions) {
      search::Request request;
      request.what = games::MoveTask{solved.position, leaves};
      request.simulations = simulations;
      search::SearchReply rejection;
      handles.push_back(engine->submit(client, std::move(request), rejection));
    }
    search::SearchReply reply;
    for (search::Handle& handle : handles) {
      if (handle.wait_until(never, reply) == Status::accepted)
        done.simulations += reply.simulations;
    }
  });
  const search::EngineStats stats = engine->stats();
  done.evaluations = stats.evaluations;
  done.batch_mean = stats.batch_mean;
  return done;
}

void engine_rows(search::Guidance& guidance, const search::Network& network, std::size_t count) {
  const auto positions = games::draw_solved(count, 14, 24, positions_seed + 1);
  for (const std::uint32_t leaves : {1U, 8U, 32U}) {
    const Requests done = requests(&guidance, 1, leaves, positions, 400);
    const double rate = static_cast<double>(done.evaluations) / done.spent.busy;
    const auto rows = static_cast<std::size_t>(std::max(1.0, std::round(done.batch_mean)));
    const double bare = bare_rate(network, rows);
    std::printf(
        "%-28s %8u  %9.0f descents/s, %9.0f evaluations/s of %9.0f bare (%.2f), batches of %.1f\n",
        "guided requests, leaves", leaves, static_cast<double>(done.simulations) / done.spent.busy,
        rate, bare, rate / bare, done.batch_mean);
  }
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// What one of two processes does: a worker of its own on a CPU of its own, once both are told to
/// begin.
[[noreturn]] void independent_process(search::Guidance* guidance, int cpu, int start, int result,
                                      const std::vector<games::SolvedPosition>& positions) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(static_cast<std::size_t>(cpu), &cpus);
  char go = 0;
  Requests done;
  if (sched_setaffinity(0, sizeof cpus, &cpus) == 0 && read(start, &go, 1) == 1)
    done = requests(guidance, 1, 8, positions, 400);
  const bool told = write(result, &done, sizeof done) == static_cast<ssize_t>(sizeof done);
  _exit(told && done.simulations != 0 ? 0 : 1);
}

/// Two processes at once; the time is the slower one's. No simulations: one of them failed.
Requests two_processes(search::Guidance* guidance, const std::vector<int>& cpus,
                       const std::vector<games::SolvedPosition>& positions) {
  int start[2], result[2];
  if (pipe(start) != 0 || pipe(result) != 0) return {};
  std::vector<pid_t> children;
  for (const int cpu : cpus) {
    const pid_t child = fork();
    if (child == 0) independent_process(guidance, cpu, start[0], result[1], positions);
    if (child > 0) children.push_back(child);
  }
  close(result[1]);
  bool good = children.size() == cpus.size() && write(start[1], "gg", 2) == 2;
  Requests both, one;
  while (read(result[0], &one, sizeof one) == static_cast<ssize_t>(sizeof one)) {
    both.spent = {std::max(both.spent.wall, one.spent.wall), both.spent.busy + one.spent.busy};
    both.simulations += one.simulations;
  }
  for (const int end : {start[0], start[1], result[0]}) close(end);
  for (const pid_t child : children) {
    int status = 0;
    good = waitpid(child, &status, 0) == child && status == 0 && good;
  }
  return good ? both : Requests{};
}

/// Two workers of one engine beside two independent processes, in turns, over the same positions.
void two_worker_row(const char* evaluator, search::Guidance* guidance, std::size_t count) {
  constexpr int turns = 9;
  const Placement placed = place_workers(machine_topology(), 2);
  if (!placed.pinned) {
    std::printf("two workers: no two CPUs of their own here\n");
    return;
  }
  const auto half = games::draw_solved(count, 14, 24, positions_seed + 1);
  auto whole = half;
  whole.insert(whole.end(), half.begin(), half.end());
  std::vector<double> wall, busy, descent_ns;
  for (int turn = 0; turn < turns; ++turn) {
    const Requests apart = two_processes(guidance, placed.cpus, half);
    const Requests together = requests(guidance, 2, 8, whole, 400);
    if (apart.simulations == 0 || together.simulations == 0) {
      std::printf("two workers: two processes could not be run\n");
      return;
    }
    const double scale =
        static_cast<double>(together.simulations) / static_cast<double>(apart.simulations);
    wall.push_back(scale * apart.spent.wall / together.spent.wall);
    busy.push_back(scale * apart.spent.busy / together.spent.busy);
    descent_ns.push_back(together.spent.busy * 1e9 / static_cast<double>(together.simulations));
  }
  std::printf(
      "two workers, %-15s %8zu  of two processes: wall %.2f, processor time %.2f (%.0f ns a "
      "descent)\n",
      evaluator, whole.size(), median(wall), median(busy), median(descent_ns));
}

/// The share of positions whose outcome is kept by `workers` on one tree.
double kept_together(const std::vector<games::SolvedPosition>& positions, std::uint32_t workers,
                     std::uint32_t simulations) {
  std::size_t kept = 0, choices = 0;
  games::Tree<games::ConnectFour> tree(games::Position{}, {.workers = workers});
  for (const games::SolvedPosition& solved : positions) {
    if (!solved.has_choice()) continue;
    ++choices;
    tree.reset(solved.position);
    std::vector<std::thread> threads;
    for (std::uint32_t worker = 0; worker < workers; ++worker) {
      threads.emplace_back([&tree, workers, simulations, worker] {
        tree.run({.simulations = simulations / workers},
                 games::AlertRollouts<games::ConnectFour>(worker + 1), worker);
      });
    }
    for (std::thread& thread : threads) thread.join();
    kept += (solved.keeps >> tree.best()) & 1;
  }
  return static_cast<double>(kept) / static_cast<double>(std::max<std::size_t>(choices, 1));
}

void worker_rows(std::size_t count) {
  const auto positions = games::draw_solved(count, 14, 30, positions_seed + 2);
  for (const std::uint32_t simulations : {400U, 1600U, 6400U}) {
    std::printf("%-28s %8u  1 worker %.3f, 2 %.3f, 4 %.3f\n", "outcome kept on one tree",
                simulations, kept_together(positions, 1, simulations),
                kept_together(positions, 2, simulations), kept_together(positions, 4, simulations));
  }
}

}  // namespace

int game_strength(const std::vector<std::string>& arguments) {
  bool quick = false;
  std::string weights;
  std::vector<std::string> roots;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--ship" && i + 2 < arguments.size())
      return ship(arguments[i + 1], arguments[i + 2]);
    if (arguments[i] == "--quick") quick = true;
    if (arguments[i] == "--roots")
      roots.assign(arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, arguments.end());
    if (arguments[i] == "--weights" && i + 1 < arguments.size()) weights = arguments[++i];
  }
  auto network = weights.empty() ? games::default_connect4_network()
                                 : nets::read_network(weights, games::connect4_features,
                                                      games::connect4_answers);
  if (!network) {
    std::fprintf(stderr, "%s\n", network.error().what.c_str());
    return 1;
  }
  const search::Network& judge = *network.value();
  std::printf("%s\n", weir::version_line());
  if (!roots.empty()) return root_rows(judge, roots);
  strength(judge, quick ? 200 : 1000);
  search::Guidance guidance;
  guidance.of(search::NetworkKind::connect4).set(std::move(network.value()));
  engine_rows(guidance, judge, quick ? 64 : 512);
  two_worker_row("playouts", nullptr, quick ? 128 : 512);
  two_worker_row("network", &guidance, quick ? 128 : 512);
  worker_rows(quick ? 100 : 500);
  return 0;
}

}  // namespace weir::bench
