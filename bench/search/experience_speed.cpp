// experience_speed.cpp: weir-bench-search experience: list tasks with what others have taught, and without.
//
//   --calls N   of the programs (4)
//   --learn N   tasks that are learnt from (500)
//   --tasks N   measured, of each distribution (200)
//   --seed N    (7)
//
// Output: one JSON object: of uniform tasks, no program of which was learnt, and of skewed ones (a program's place
//         among as many as are learnt is drawn by 1/place; its inputs are new), programs looked at before the first
//         answer and in all, median and 80 %; alone, with functions' costs alone, with seeds alone, with both.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <suites.hpp>
#include <vector>
#include <weir/search/experience_index.hpp>
#include <weir/search/list_kernel.hpp>
#include <weir/search/list_language.hpp>
#include <weir/search/list_tasks.hpp>

namespace weir::bench {
namespace {

using search::ExperienceIndex;
using search::ExperienceRecorder;
using search::Hints;
using search::Request;
using search::Task;
using search::lists::DrawnTask;
using search::lists::TaskSource;

struct ExperienceOptions {
  std::size_t calls = 4, learn = 500, tasks = 200, seed = 7;
};

bool read_experience_options(const std::vector<std::string>& arguments,
                             ExperienceOptions& options) {
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    if (i + 1 == arguments.size()) return false;
    const std::size_t value = std::strtoull(arguments[i + 1].c_str(), nullptr, 10);
    if (arguments[i] == "--calls") {
      options.calls = value;
    } else if (arguments[i] == "--learn") {
      options.learn = value;
    } else if (arguments[i] == "--tasks") {
      options.tasks = value;
    } else if (arguments[i] == "--seed") {
      options.seed = value;
    } else {
      return false;
    }
  }
  return options.calls > 0 && options.learn > 0 && options.tasks > 0;
}

Request request_of(const Task& task) {
  Request request;
  request.what = task;
  return request;
}

/// Places 0 to count - 1, the first most often.
class Skewed {
 public:
  Skewed(std::size_t count, std::uint64_t seed) : state_(seed) {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sums_.push_back(sum += 1 / static_cast<double>(i + 1));
  }
  std::size_t next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    const double at = static_cast<double>(state_ >> 11U) * 0x1p-53 * sums_.back();
    return static_cast<std::size_t>(std::lower_bound(sums_.begin(), sums_.end(), at) -
                                    sums_.begin());
  }

 private:
  std::uint64_t state_;
  std::vector<double> sums_;
};

struct Spent {
  std::vector<std::uint64_t> first, all;
};

/// To its end.
std::string solve(const Task& task, const Hints* hints, Spent* spent) {
  search::KernelConfig config;
  config.hints = hints;
  config.taught = false;  // what experience is worth where nothing else helps
  const auto kernel = std::move(search::lists::make_kernel(task, config)).value();
  bool more = true;
  while (more && kernel->found() < search::Found::full) more = !kernel->turn(1).ended;
  const std::uint64_t first = kernel->nodes();
  while (more && kernel->found() < search::Found::smallest) more = !kernel->turn(64).ended;
  if (spent != nullptr) {
    spent->first.push_back(first);
    spent->all.push_back(kernel->nodes());
  }
  const search::Answer answer = kernel->best(1, {});
  return answer.programs.empty() ? std::string() : answer.programs[0].recipe;
}

nlohmann::ordered_json figures(Spent spent) {
  const auto at = [](std::vector<std::uint64_t>& all, double share) {
    std::sort(all.begin(), all.end());
    return all[static_cast<std::size_t>(share * static_cast<double>(all.size() - 1))];
  };
  return {{"first_median", at(spent.first, 0.5)},
          {"first_80", at(spent.first, 0.8)},
          {"all_median", at(spent.all, 0.5)},
          {"all_80", at(spent.all, 0.8)}};
}

nlohmann::ordered_json compare(const std::vector<Task>& tasks, const ExperienceIndex& index) {
  Spent alone, costs, seeds, both;
  for (const Task& task : tasks) {
    const Hints hints = index.hints(request_of(task));
    const Hints of_costs{{}, hints.usage}, of_seeds{hints.recipes, {}};
    (void)solve(task, nullptr, &alone);
    (void)solve(task, &of_costs, &costs);
    (void)solve(task, &of_seeds, &seeds);
    (void)solve(task, &hints, &both);
  }
  return {{"alone", figures(alone)},
          {"costs", figures(costs)},
          {"seeds", figures(seeds)},
          {"both", figures(both)}};
}

/// The program of that task on inputs that it was not learnt from.
Task on_fresh(const DrawnTask& drawn) {
  Task task = drawn.task;
  task.examples.assign(drawn.fresh.begin(), drawn.fresh.begin() + search::lists::drawn_examples);
  return task;
}

double lookup_ms(const ExperienceIndex& index, const std::vector<Task>& tasks) {
  timespec from{}, to{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
  for (const Task& task : tasks) (void)index.hints(request_of(task));
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
  const double ns = 1e9 * static_cast<double>(to.tv_sec - from.tv_sec) +
                    static_cast<double>(to.tv_nsec - from.tv_nsec);
  return ns / 1e6 / static_cast<double>(tasks.size());
}

/// The same task with other numbers in its lists: up to a million differ.
Task varied(Task task, std::size_t number) {
  const auto low = static_cast<std::int64_t>(number % 1000) - 500;
  const auto high = static_cast<std::int64_t>(number / 1000);
  for (search::Example& example : task.examples) {
    for (search::Value& value : example.in) {
      auto* const list = std::get_if<search::List>(&value);
      if (list == nullptr) continue;
      list->push_back(low);
      list->push_back(high);
    }
  }
  return task;
}

/// Another for each number.
std::string some_recipe(std::size_t number) {
  std::string recipe = "list";
  for (int line = 0; line < 4; ++line, number /= search::lists::calls)
    recipe += " " + std::to_string(number % search::lists::calls) + ":0:0";
  return recipe;
}

/// Of an index that is full of requests of one key and of as many recipes, asked what it has not met; below 0: it is
/// not full.
double full_lookup_ms(const Task& like) {
  ExperienceRecorder full;
  for (std::size_t i = 0; i < ExperienceRecorder::lessons_max; ++i)
    full.solved(i + 1, request_of(varied(like, i)), some_recipe(i));
  if (full.size() != ExperienceRecorder::lessons_max) return -1;
  std::vector<Task> asked;
  for (std::size_t i = 0; i < 100; ++i) asked.push_back(varied(like, full.size() + 1009 * i));
  const auto index = full.snapshot();
  const bool known =
      index->hints(request_of(asked[0])).recipes.size() >= ExperienceIndex::nearest_max;
  return known ? lookup_ms(*index, asked) : -1;
}

bool has_list(const DrawnTask& drawn) {
  const auto& in = drawn.task.examples[0].in;
  return std::any_of(in.begin(), in.end(), [](const search::Value& value) {
    return std::holds_alternative<search::List>(value);
  });
}

}  // namespace

int experience_speed(const std::vector<std::string>& arguments) {
  ExperienceOptions options;
  if (!read_experience_options(arguments, options)) return 2;
  TaskSource source(options.calls, options.seed), other(options.calls, options.seed + 1000);
  std::vector<DrawnTask> pool;
  std::vector<Task> uniform, skewed;
  for (std::size_t i = 0; i < options.learn; ++i) pool.push_back(source.next().value());
  for (std::size_t i = 0; i < options.tasks; ++i) uniform.push_back(other.next().value().task);
  ExperienceRecorder of_uniform, of_skewed;
  Skewed places(pool.size(), options.seed);
  for (std::size_t i = 0; i < options.learn; ++i) {
    of_uniform.solved(i + 1, request_of(pool[i].task), solve(pool[i].task, nullptr, nullptr));
    const Task& drawn = pool[places.next()].task;
    of_skewed.solved(i + 1, request_of(drawn), solve(drawn, nullptr, nullptr));
  }
  for (std::size_t i = 0; i < options.tasks; ++i) skewed.push_back(on_fresh(pool[places.next()]));
  const auto like = std::find_if(pool.begin(), pool.end(), has_list);
  const double full_ms = like == pool.end() ? -1 : full_lookup_ms(like->task);
  if (full_ms < 0) {
    std::fprintf(stderr, "no full index could be made of these tasks\n");
    return 1;
  }
  const nlohmann::ordered_json result = {{"uniform", compare(uniform, *of_uniform.snapshot())},
                                         {"skewed", compare(skewed, *of_skewed.snapshot())},
                                         {"lookup_ms", lookup_ms(*of_uniform.snapshot(), uniform)},
                                         {"lookup_of_100000_ms", full_ms}};
  std::printf("%s\n", result.dump(1).c_str());
  return 0;
}

}  // namespace weir::bench
