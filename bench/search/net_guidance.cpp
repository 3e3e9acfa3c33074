// net_guidance.cpp: weir-bench-search guidance: the list network that ships, made and measured.
//
//   --make FILE   draws tasks, teaches a network, writes its weights as the lines that net_default_list.cpp
//                 includes (engines/search/src/net_default_list.inc): 6 to 10 processor minutes; measures nothing
//   --make-worth FILE   the same for the network that judges values (engines/search/src/list_worth_default.inc): 2 to 3
//                 processor minutes
//   --share X     of the tasks that are drawn for that, and of the steps (1)
//   --tasks N     measured, of 4 and of 5 calls each (200)
//   --seed N      of those (7)
//
// Output: one JSON object: of each length the median of programs looked at, and processor milliseconds to the first
//         program, and how many tasks are solved within how many of those: by nothing taught, without a network,
//         waiting for it before the first simulation, with its answer after the first. The same seed makes the same
//         file on any machine and any number of workers.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <list_worth_trainer.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <suites.hpp>
#include <vector>
#include <weir/file.hpp>
#include <weir/runtime.hpp>
#include <weir/search/list_features.hpp>
#include <weir/search/list_guidance.hpp>
#include <weir/search/list_kernel.hpp>
#include <weir/search/weights.hpp>
#include <weir/task.hpp>

namespace weir::bench {
namespace {

namespace nets = search::nets;
using search::lists::DrawnTask;
using search::lists::TaskSource;

// Of tasks of 0, 1, 2, ... calls: those of four and more are what guidance is for.
constexpr std::size_t taught[] = {0, 0, 0, 30'000, 80'000, 30'000};
constexpr std::size_t held_out[] = {0, 0, 0, 500, 1'000, 500};
constexpr std::uint64_t taught_seed = 1001, held_out_seed = 1002, steps = 16'000;
constexpr std::size_t line_columns = 112;
// For what judges values; others than those that the network is measured with.
constexpr std::size_t judged[] = {0, 0, 0, 0, 8'000, 8'000, 1'000};
constexpr std::uint64_t judged_seed = 1003;
constexpr std::size_t choices_least = 100;

struct GuidanceOptions {
  std::string make, make_worth;
  double share = 1;
  std::size_t tasks = 200;
  std::uint64_t seed = 7;
};

bool read(const std::vector<std::string>& arguments, GuidanceOptions& options) {
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    if (i + 1 == arguments.size()) return false;
    const std::string &name = arguments[i], &value = arguments[i + 1];
    if (name == "--make") {
      options.make = value;
    } else if (name == "--make-worth") {
      options.make_worth = value;
    } else if (name == "--share") {
      options.share = std::strtod(value.c_str(), nullptr);
    } else if (name == "--tasks") {
      options.tasks = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--seed") {
      options.seed = std::strtoull(value.c_str(), nullptr, 10);
    } else {
      return false;
    }
  }
  if (!options.make.empty() && !options.make_worth.empty()) return false;
  return options.share > 0 && options.share <= 1;
}

double spent_ms() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
}

class Reporter final : public nets::TrainListener {
 public:
  void report(const nets::TrainReport& report) override {
    std::fprintf(stderr, "step %llu: loss %.4f\n", static_cast<unsigned long long>(report.step),
                 report.loss);
  }
};

Result<nets::Weights> taught_weights(const GuidanceOptions& options) {
  std::vector<std::size_t> counts;
  for (const std::size_t count : taught)
    counts.push_back(static_cast<std::size_t>(static_cast<double>(count) * options.share));
  nets::TrainConfig config;
  config.seed = 20;
  config.steps = static_cast<std::uint64_t>(static_cast<double>(steps) * options.share);
  config.shard_rows = 64;
  config.rate = 2e-3F;
  config.rate_last = 2e-5F;
  config.decay = 0.03F;
  config.report_every = 1'000;
  const auto architecture =
      nets::list_architecture({{nets::BlockKind::dense, 256}, {nets::BlockKind::dense, 128}});
  auto state = nets::begin_training(architecture, config);
  if (!state) return state.error();
  const auto tasks = nets::ListTasks::draw(counts, taught_seed);
  const auto others = nets::ListTasks::draw(held_out, held_out_seed);
  std::fprintf(stderr, "%zu tasks are drawn\n", tasks.tasks());
  Reporter reporter;
  auto report = nets::train(config, tasks, state.value(), &reporter);
  if (!report) return report.error();
  auto loss = nets::mean_loss(config, others, state.value().weights, 0, others.tasks());
  if (!loss) return loss.error();
  std::fprintf(stderr, "held out: loss %.4f\n", loss.value());
  return std::move(state.value().weights);
}

/// Base 64, a string literal a line.
std::string literals(const std::string& bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string code;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    for (held += 8; held >= 6; held -= 6) code += digits[bits >> (held - 6) & 63U];
  }
  if (held > 0) code += digits[bits << (6 - held) & 63U];
  std::string lines;
  for (std::size_t at = 0; at < code.size(); at += line_columns)
    lines += '"' + code.substr(at, line_columns) + "\",\n";
  return lines;
}

/// Where programs of that many calls are half made, with what the network that ships says of their calls.
std::vector<search::lists::WorthChoice> choices_of(std::size_t calls, std::size_t tasks,
                                                   const search::Network& network) {
  constexpr std::size_t sources = 64;  // drawn from side by side
  std::vector<std::vector<search::lists::WorthChoice>> found(sources);
  parallel_for(0, sources, 1, [&](std::size_t s) {
    TaskSource source(calls, judged_seed * sources + s);
    std::vector<float> prior(network.outputs());
    for (std::size_t i = s; i < tasks; i += sources) {
      const auto task = source.next();
      if (!task) return;
      const auto features = search::lists::list_features(task->task);
      network.evaluate(features.data(), 1, prior.data());
      auto choices = search::lists::worth_choices(*task, search::lists::costs_of(prior));
      std::move(choices.begin(), choices.end(), std::back_inserter(found[s]));
    }
  });
  std::vector<search::lists::WorthChoice> all;
  for (auto& some : found) std::move(some.begin(), some.end(), std::back_inserter(all));
  return all;
}

Result<nets::Weights> taught_worth(const GuidanceOptions& options) {
  auto network = nets::default_list_network();
  if (!network) return network.error();
  std::vector<search::lists::WorthChoice> choices;
  for (std::size_t calls = 0; calls < std::size(judged); ++calls) {
    const auto tasks = static_cast<std::size_t>(static_cast<double>(judged[calls]) * options.share);
    auto some = choices_of(calls, tasks, *network.value());
    std::move(some.begin(), some.end(), std::back_inserter(choices));
  }
  std::fprintf(stderr, "%zu choices are drawn\n", choices.size());
  if (choices.size() < choices_least)
    return Error{"usage", "--share leaves too few tasks to teach with", options.make_worth};
  const std::size_t held = choices.size() / 20;
  std::vector<const search::lists::WorthChoice*> judged_apart;
  for (std::size_t i = 0; i < held; ++i) judged_apart.push_back(&choices[i * 20]);
  std::vector<search::lists::WorthChoice> taught_with;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i % 20 != 0 || i / 20 >= held) taught_with.push_back(std::move(choices[i]));
  }
  const nets::Weights weights = search::lists::teach_worth(taught_with, {});
  const nets::Weights nothing{weights.architecture, std::vector<float>(weights.parameters.size())};
  std::fprintf(stderr, "held out: %.3f bits a choice, by the calls alone %.3f\n",
               search::lists::worth_loss(weights, judged_apart, nullptr),
               search::lists::worth_loss(nothing, judged_apart, nullptr));
  return weights;
}

Result<Done> make(Runtime& runtime, const GuidanceOptions& options) {
  const bool worth = !options.make_worth.empty();
  const std::string& path = worth ? options.make_worth : options.make;
  Result<nets::Weights> weights = Error{"failed", "nothing was taught", path};
  const Status status =
      runtime.run([&] { weights = worth ? taught_worth(options) : taught_weights(options); });
  if (status != Status::accepted) return Error{"failed", "the training failed", path};
  if (!weights) return weights.error();
  return write_file_atomically(
      path, literals(nets::encode_weights(weights.value(), nets::Precision::int8)));
}

enum class Asked { untaught, never, first, after_one };

/// Until there is a program that fits.
void search_one(const DrawnTask& task, const search::Network& network, Asked asked,
                std::vector<double>& nodes, std::vector<double>& milliseconds) {
  const double began = spent_ms();
  search::KernelConfig config;
  config.taught = asked != Asked::untaught;
  const auto kernel = search::lists::make_kernel(task.task, config).value();
  if (asked == Asked::after_one) kernel->turn(1);
  if (asked >= Asked::first) {
    std::vector<float> prior(network.outputs());
    network.evaluate(kernel->features().data(), 1, prior.data());
    kernel->apply(prior);
  }
  bool ended = false;
  while (!ended && kernel->found() < search::Found::full) ended = kernel->turn(1).ended;
  nodes.push_back(static_cast<double>(kernel->nodes()));
  milliseconds.push_back(spent_ms() - began);
}

double part(std::vector<double>& of, double share) {
  std::sort(of.begin(), of.end());
  return of[std::min(of.size() - 1,
                     static_cast<std::size_t>(share * static_cast<double>(of.size())))];
}

/// The share that is solved within so much time.
nlohmann::ordered_json solved_within(const std::vector<double>& milliseconds) {
  constexpr double limits[] = {0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100};
  nlohmann::ordered_json out;
  for (const double limit : limits) {
    const auto within = std::count_if(milliseconds.begin(), milliseconds.end(),
                                      [&](double took) { return took <= limit; });
    char name[16];
    std::snprintf(name, sizeof name, "%g", limit);
    out[name] = static_cast<double>(within) / static_cast<double>(milliseconds.size());
  }
  return out;
}

nlohmann::ordered_json measured(std::size_t calls, const search::Network& network,
                                const GuidanceOptions& options) {
  TaskSource source(calls, options.seed);
  std::vector<double> nodes[4], milliseconds[4];
  for (std::size_t i = 0; i < options.tasks; ++i) {
    const auto task = source.next();
    if (!task) break;
    for (const Asked asked : {Asked::untaught, Asked::never, Asked::first, Asked::after_one})
      search_one(*task, network, asked, nodes[static_cast<int>(asked)],
                 milliseconds[static_cast<int>(asked)]);
  }
  nlohmann::ordered_json out = {{"calls", calls}, {"tasks", nodes[0].size()}};
  constexpr const char* names[] = {"plain", "no_network", "waiting", "late"};
  for (int i = 0; i < 4 && !nodes[i].empty(); ++i)
    out[names[i]] = {{"nodes_median", part(nodes[i], 0.5)},
                     {"nodes_80", part(nodes[i], 0.8)},
                     {"ms_median", part(milliseconds[i], 0.5)},
                     {"ms_80", part(milliseconds[i], 0.8)},
                     {"ms_worst", milliseconds[i].back()},
                     {"solved_within_ms", solved_within(milliseconds[i])}};
  return out;
}

}  // namespace

int net_guidance(const std::vector<std::string>& arguments) {
  GuidanceOptions options;
  if (!read(arguments, options)) {
    std::fputs(
        "usage: weir-bench-search guidance [--make FILE] [--make-worth FILE] [--share X] [--tasks "
        "N] "
        "[--seed N]\n",
        stderr);
    return 2;
  }
  if (!options.make.empty() || !options.make_worth.empty()) {
    auto runtime = Runtime::start();
    if (!runtime) {
      std::fprintf(stderr, "weir-bench-search guidance: %s\n", runtime.error().text().c_str());
      return 1;
    }
    if (auto made = make(*runtime.value(), options); !made) {
      std::fprintf(stderr, "weir-bench-search guidance: %s\n", made.error().text().c_str());
      return 1;
    }
    std::fputs("built again, the program measures what was made now\n", stderr);
    return 0;
  }
  auto network = nets::default_list_network();
  if (!network) {
    std::fprintf(stderr, "weir-bench-search guidance: %s\n", network.error().text().c_str());
    return 1;
  }
  nlohmann::ordered_json out = {{"weights", network.value()->version()}, {"seed", options.seed}};
  for (const std::size_t calls : {std::size_t{4}, std::size_t{5}})
    out["lengths"].push_back(measured(calls, *network.value(), options));
  std::printf("%s\n", out.dump(2).c_str());
  return 0;
}

}  // namespace weir::bench
