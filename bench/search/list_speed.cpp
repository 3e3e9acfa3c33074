// list_speed.cpp: weir-bench-search lists: random list tasks, the kernel beside a bare enumerator, on one core.
//
//   --calls N       of the program a task is drawn from (4)
//   --tasks N       (100)
//   --seed N        of the tasks (1)
//   --limit S       processor seconds a task and searcher (10)
//   --bare yes|no   run the bare enumerator too (yes)
//   --prior P       and the kernel with a prior after its first simulation: `oracle` gives functions that occur 0.8 and
//                   others 0.05; `noisy` draws the former from 0.1..0.9 and the latter from 0..0.4, mostly low
//
// Output: one JSON object: of each searcher how many are solved, quantiles of processor milliseconds to the first
//         program, the median of programs looked at, millions of them a second; of the kernel's programs the share
//         right on inputs that it did not see. The drawing is list_tasks.hpp's.
#include <time.h>

#include <algorithm>
#include <bare_lists.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <list_search.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <suites.hpp>
#include <weir/search/list_features.hpp>
#include <weir/search/list_kernel.hpp>
#include <weir/search/list_tasks.hpp>

namespace weir::bench {
namespace {

using search::lists::DrawnTask;

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

struct Times {
  std::vector<double> milliseconds, nodes;  // of the solved
  double seconds = 0, all_nodes = 0;
  std::size_t tasks = 0, as_short = 0;

  void add(bool solved, double took, std::uint64_t looked_at) {
    ++tasks;
    seconds += took;
    all_nodes += static_cast<double>(looked_at);
    if (!solved) return;
    milliseconds.push_back(1000 * took);
    nodes.push_back(static_cast<double>(looked_at));
  }
};

double quantile(std::vector<double> of, double part) {
  if (of.empty()) return 0;
  std::sort(of.begin(), of.end());
  return of[std::min(of.size() - 1,
                     static_cast<std::size_t>(part * static_cast<double>(of.size())))];
}

nlohmann::ordered_json report(const Times& times) {
  nlohmann::ordered_json ms;
  for (const int percent : {20, 40, 50, 60, 80, 95, 100})
    ms[std::to_string(percent)] =
        std::round(1000 * quantile(times.milliseconds, percent / 100.0)) / 1000;
  return {{"solved", times.milliseconds.size()},
          {"ms", ms},
          {"nodes_median", quantile(times.nodes, 0.5)},
          {"mnodes_per_second",
           times.seconds > 0 ? std::round(times.all_nodes / times.seconds / 1e5) / 10 : 0}};
}

/// Of a drawn task: the kernel until it has a program.
double run_kernel(const DrawnTask& task, double limit, Times& times) {
  const double began = processor_seconds();
  search::lists::Search lists(task.task.examples, std::size_t{192} << 20);
  lists.set_orders(
      {search::lists::by_values(0),
       search::lists::plainly(search::lists::plain_joins)});  // as make_kernel() without a prior
  while (lists.solutions().empty() && !lists.ended() && processor_seconds() - began < limit)
    lists.run(lists.nodes() + 2000);
  const bool solved = !lists.solutions().empty();
  times.add(solved, processor_seconds() - began, lists.nodes());
  if (!solved) return 0;
  times.as_short += lists.solutions().front().lines.size() <= task.program.lines.size() ? 1 : 0;
  return search::lists::right_on_fresh(task, lists.solutions().front());
}

/// As much as a network could know: what the task was drawn from, or that with noise.
std::vector<float> prior_of(const DrawnTask& task, bool noisy, std::mt19937& random) {
  const auto labels = search::lists::list_labels(task.program);
  std::vector<float> prior(labels.size());
  for (std::size_t i = 0; i < prior.size(); ++i) {
    const float drawn = static_cast<float>(random() >> 8) / static_cast<float>(1 << 24);
    prior[i] = labels[i] > 0 ? (noisy ? 0.1F + 0.8F * drawn : 0.8F)
                             : (noisy ? 0.4F * drawn * drawn : 0.05F);
  }
  return prior;
}

void run_guided(const DrawnTask& task, double limit, const std::vector<float>& prior,
                Times& times) {
  const double began = processor_seconds();
  const auto kernel = search::lists::make_kernel(task.task, {}).value();
  kernel->turn(1);
  kernel->apply(prior);
  bool ended = false;
  while (!ended && kernel->found() < search::Found::full && processor_seconds() - began < limit)
    ended = kernel->turn(1).ended;
  times.add(kernel->found() >= search::Found::full, processor_seconds() - began, kernel->nodes());
}

void run_bare(const DrawnTask& task, double limit, Times& times) {
  constexpr double nodes_per_second = 3e7;
  const double began = processor_seconds();
  BareLists lists(task.task);
  const std::size_t calls =
      lists.search(task.program.lines.size(), static_cast<std::uint64_t>(limit * nodes_per_second));
  times.add(calls > 0, processor_seconds() - began, lists.nodes());
}

struct Options {
  std::size_t calls = 4, tasks = 100;
  std::uint64_t seed = 1;
  double limit = 10;
  std::string bare = "yes", prior = "none";
};

bool read(const std::vector<std::string>& arguments, Options& options) {
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    if (i + 1 == arguments.size()) return false;
    const std::string &name = arguments[i], &value = arguments[i + 1];
    if (name == "--calls") {
      options.calls = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--tasks") {
      options.tasks = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--seed") {
      options.seed = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--limit") {
      options.limit = std::strtod(value.c_str(), nullptr);
    } else if (name == "--bare") {
      options.bare = value;
    } else if (name == "--prior") {
      options.prior = value;
    } else {
      return false;
    }
  }
  const bool known =
      options.prior == "none" || options.prior == "oracle" || options.prior == "noisy";
  return known && options.calls >= 1 && options.calls <= search::lists::lines_max;
}

}  // namespace

int list_speed(const std::vector<std::string>& arguments) {
  Options options;
  if (!read(arguments, options)) {
    std::fputs(
        "weir-bench-search lists: an argument is not known or has no value (list_speed.cpp says "
        "which are)\n",
        stderr);
    return 2;
  }
  search::lists::TaskSource source(options.calls, options.seed);
  std::mt19937 random(static_cast<std::mt19937::result_type>(options.seed));
  Times kernel, guided, enumerator;
  double right = 0;
  for (std::size_t i = 0; i < options.tasks; ++i) {
    const std::optional<DrawnTask> task = source.next();
    if (!task) break;
    right += run_kernel(*task, options.limit, kernel);
    if (options.prior != "none")
      run_guided(*task, options.limit, prior_of(*task, options.prior == "noisy", random), guided);
    if (options.bare == "yes") run_bare(*task, options.limit, enumerator);
  }
  nlohmann::ordered_json out = {{"calls", options.calls},
                                {"tasks", kernel.tasks},
                                {"drawn", source.drawn()},
                                {"seed", options.seed},
                                {"limit_seconds", options.limit}};
  out["kernel"] = report(kernel);
  const auto solved = static_cast<double>(kernel.milliseconds.size());
  out["kernel"]["right_on_fresh"] = solved > 0 ? std::round(1000 * right / solved) / 1000 : 0;
  out["kernel"]["as_short"] = kernel.as_short;
  if (options.prior != "none") out[options.prior] = report(guided);
  if (options.bare == "yes") out["bare"] = report(enumerator);
  std::printf("%s\n", out.dump(2).c_str());
  return 0;
}

}  // namespace weir::bench
