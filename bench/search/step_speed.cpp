// step_speed.cpp: weir-bench-search steps: how long one simulation of each kernel takes, and what frames it.
//
//   --data DIR      where sygus_pbe_strings and text_by_example lie (WEIR_TEST_DATA)
//   --only KIND     sygus, text or lists alone
//   --repeats N     a task is searched so often, and a step counts as its fastest: what the machine did to one run is
//                   not the kernel's (3)
//   --simulations N of a task at most (1500)
//   --tasks N       of lists (50)
//   --slow MS       names each step from there on, on stderr (1)
//
// Output: one JSON object: of each kind processor milliseconds of a step (turn(1)), of making, of the answer and of the
//         end of a kernel: median, 99 %, the slowest and where it is.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <suites.hpp>
#include <vector>
#include <weir/file.hpp>
#include <weir/search/list_kernel.hpp>
#include <weir/search/list_tasks.hpp>
#include <weir/search/sygus_kernel.hpp>
#include <weir/search/text.hpp>

namespace weir::bench {
namespace {

using search::Kernel;
using Json = nlohmann::ordered_json;
using Maker = std::function<std::unique_ptr<Kernel>()>;

struct StepOptions {
  std::string data, only;
  std::size_t repeats = 3, tasks = 50;
  std::uint64_t simulations = 1500;
  double slow_ms = 1;
};

bool read(const std::vector<std::string>& arguments, StepOptions& options) {
  if (const char* data = std::getenv("WEIR_TEST_DATA")) options.data = data;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    if (i + 1 == arguments.size()) return false;
    const std::string &name = arguments[i], &value = arguments[i + 1];
    if (name == "--data") {
      options.data = value;
    } else if (name == "--only") {
      options.only = value;
    } else if (name == "--repeats") {
      options.repeats = std::max(1ULL, std::strtoull(value.c_str(), nullptr, 10));
    } else if (name == "--simulations") {
      options.simulations = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--tasks") {
      options.tasks = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--slow") {
      options.slow_ms = std::strtod(value.c_str(), nullptr);
    } else {
      return false;
    }
  }
  return true;
}

double thread_ms() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
}

template <class Body>
double ms_of(Body body) {
  const double begin = thread_ms();
  body();
  return thread_ms() - begin;
}

struct Stretch {
  double ms = 0;
  std::string where;
};

Json summary(std::vector<Stretch> all) {
  if (all.empty()) return {};
  std::sort(all.begin(), all.end(), [](const Stretch& a, const Stretch& b) { return a.ms < b.ms; });
  const auto at = [&](double share) {
    return all[std::min(all.size() - 1,
                        static_cast<std::size_t>(share * static_cast<double>(all.size())))]
        .ms;
  };
  return {{"count", all.size()},  {"p50_ms", at(0.5)},       {"p99_ms", at(0.99)},
          {"p999_ms", at(0.999)}, {"max_ms", all.back().ms}, {"max_at", all.back().where}};
}

class Measured {
 public:
  explicit Measured(const StepOptions& options) : options_(options) {}

  void add(const std::string& name, const Maker& make) {
    constexpr search::Language languages[] = {search::Language::python};
    std::vector<double> steps, frame(3, 1e300);
    for (std::size_t repeat = 0; repeat < options_.repeats; ++repeat) {
      std::unique_ptr<Kernel> kernel;
      frame[0] = std::min(frame[0], ms_of([&] { kernel = make(); }));
      if (kernel == nullptr) return;
      bool ended = false;
      for (std::size_t i = 0; !ended && i < options_.simulations; ++i) {
        const double ms = ms_of([&] { ended = kernel->turn(1).ended; });
        if (repeat == 0) steps.push_back(ms);
        steps[i] = std::min(steps[i], ms);
      }
      frame[1] = std::min(frame[1], ms_of([&] { (void)kernel->best(3, languages); }));
      frame[2] = std::min(frame[2], ms_of([&] { kernel.reset(); }));
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
      steps_.push_back({steps[i], name + " " + std::to_string(i)});
      if (steps[i] >= options_.slow_ms)
        std::fprintf(stderr, "%s: step %zu of %zu: %.2f ms\n", name.c_str(), i, steps.size(),
                     steps[i]);
    }
    makes_.push_back({frame[0], name});
    answers_.push_back({frame[1], name});
    ends_.push_back({frame[2], name});
  }
  Json told() const {
    return {{"step", summary(steps_)},
            {"make", summary(makes_)},
            {"answer", summary(answers_)},
            {"end", summary(ends_)}};
  }

 private:
  const StepOptions& options_;
  std::vector<Stretch> steps_, makes_, answers_, ends_;
};

Json sygus_steps(const StepOptions& options) {
  Measured measured(options);
  std::vector<std::filesystem::path> files;
  std::error_code none;
  for (const auto& entry :
       std::filesystem::directory_iterator(options.data + "/sygus_pbe_strings", none)) {
    if (entry.path().extension() == ".sl") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  Buffer text;
  for (const auto& file : files) {
    if (!read_file(file.string(), text)) continue;
    const auto problem = search::sygus::read_problem(text.view());
    if (!problem) continue;
    measured.add(file.filename().string(), [&]() -> std::unique_ptr<Kernel> {
      auto made = search::sygus::make_kernel(problem.value(), {});
      return made ? std::move(made).value() : nullptr;
    });
  }
  return measured.told();
}

search::Task text_task(const nlohmann::json& line, std::size_t number) {
  constexpr std::size_t shown = 3, rows = 64;
  search::Task task;
  task.name = "f" + std::to_string(number);
  for (const auto& row : line["examples"]) {
    if (task.examples.size() == rows) break;
    search::Example example;
    for (const auto& in : row["in"]) example.in.emplace_back(in.get<std::string>());
    if (task.examples.size() < shown) example.out = search::Value(row["out"].get<std::string>());
    task.examples.push_back(std::move(example));
  }
  return task;
}

Json text_steps(const StepOptions& options) {
  Measured measured(options);
  std::ifstream file(options.data + "/text_by_example/tasks.jsonl");
  std::string line;
  for (std::size_t number = 0; std::getline(file, line); ++number) {
    const auto read = nlohmann::json::parse(line, nullptr, false);
    if (read.is_discarded()) continue;
    const search::Task task = text_task(read, number);
    measured.add(read["id"].dump(), [&]() -> std::unique_ptr<Kernel> {
      auto made = search::text::make_kernel(task, {});
      return made ? std::move(made).value() : nullptr;
    });
  }
  return measured.told();
}

Json list_steps(const StepOptions& options) {
  Measured measured(options);
  search::lists::TaskSource source(5, 1);
  for (std::size_t i = 0; i < options.tasks; ++i) {
    const auto drawn = source.next();
    if (!drawn) break;
    measured.add("list " + std::to_string(i), [&]() -> std::unique_ptr<Kernel> {
      auto made = search::lists::make_kernel(drawn->task, {});
      return made ? std::move(made).value() : nullptr;
    });
  }
  return measured.told();
}

}  // namespace

int step_speed(const std::vector<std::string>& arguments) {
  StepOptions options;
  if (!read(arguments, options)) {
    std::fputs(
        "usage: weir-bench-search steps [--data DIR] [--only sygus|text|lists] [--repeats N] "
        "[--simulations N]\n                               [--tasks N] [--slow MS]\n",
        stderr);
    return 2;
  }
  Json told;
  if (options.only.empty() || options.only == "sygus") told["sygus"] = sygus_steps(options);
  if (options.only.empty() || options.only == "text") told["text"] = text_steps(options);
  if (options.only.empty() || options.only == "lists") told["lists"] = list_steps(options);
  std::printf("%s\n", told.dump(2).c_str());
  return 0;
}

}  // namespace weir::bench
