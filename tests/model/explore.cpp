// explore.cpp: see explore.hpp.
#include "explore.hpp"

#include <support/tier.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace model {
namespace {

using Choices = std::vector<std::uint16_t>;

std::uint64_t next_random(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// A set of 64-bit names of states; 0 stands for an empty place.
class StateSet {
 public:
  /// False: it was there.
  bool insert(std::uint64_t key) {
    if (key == 0) key = 1;
    if (2 * (size_ + 1) > places_.size()) grow();
    std::size_t at = static_cast<std::size_t>(key) & (places_.size() - 1);
    while (places_[at] != 0) {
      if (places_[at] == key) return false;
      at = (at + 1) & (places_.size() - 1);
    }
    places_[at] = key;
    ++size_;
    return true;
  }
  std::uint64_t size() const { return size_; }

 private:
  void grow() {
    std::vector<std::uint64_t> old(std::max<std::size_t>(1024, 2 * places_.size()));
    old.swap(places_);
    size_ = 0;
    for (const std::uint64_t key : old) {
      if (key != 0) insert(key);
    }
  }
  std::vector<std::uint64_t> places_;
  std::size_t size_ = 0;
};

/// Depth first with known states. Restarts replay the path's prefix.
class Exhaust final : public Chooser {
 public:
  explicit Exhaust(int preemptions_max) : preemptions_max_(preemptions_max) {}

  void begin() { depth_ = 0, preemptions_ = 0; }

  int choose(const std::vector<Alternative>& options, int current, std::uint64_t hash) override {
    int count = static_cast<int>(options.size());
    const bool bounded = preemptions_max_ >= 0;
    // The current thread's options come first; leaving it while it could go on is a preemption.
    const bool could_stay = bounded && current >= 0 && options[0].thread == current;
    if (could_stay && preemptions_ == preemptions_max_) {
      while (options[static_cast<std::size_t>(count) - 1].thread != current) --count;
    }
    if (depth_ == path_.size()) {
      if (bounded) hash = hash * 31 + static_cast<std::uint64_t>(preemptions_ * 16 + current + 1);
      if (!states_.insert(hash)) return -1;
      path_.push_back({0, static_cast<std::uint16_t>(count)});
    }
    const int choice = path_[depth_++].choice;
    if (could_stay && options[static_cast<std::size_t>(choice)].thread != current) ++preemptions_;
    return choice;
  }

  /// The next path; false: all seen.
  bool advance() {
    while (!path_.empty() && path_.back().choice + 1 == path_.back().count) path_.pop_back();
    if (path_.empty()) return false;
    ++path_.back().choice;
    return true;
  }
  Choices choices() const {
    Choices list;
    for (const Step& step : path_) list.push_back(step.choice);
    return list;
  }
  std::uint64_t states() const { return states_.size(); }

 private:
  struct Step {
    std::uint16_t choice, count;
  };
  int preemptions_max_;
  int preemptions_ = 0;
  std::size_t depth_ = 0;
  std::vector<Step> path_;
  StateSet states_;
};

/// Base of those that draw: keeps the choices made.
class Drawing : public Chooser {
 public:
  Choices made;
  std::uint64_t state = 0;

 protected:
  ~Drawing() = default;

  /// Among the options of one thread: the newest store half of the time.
  int draw_store(const std::vector<Alternative>& options, int thread) {
    std::size_t first = 0;
    while (options[first].thread != thread) ++first;
    std::size_t count = 1;
    while (first + count < options.size() && options[first + count].thread == thread) ++count;
    std::size_t pick = 0;
    if (count > 1 && (next_random(state) & 1) != 0) pick = next_random(state) % count;
    made.push_back(static_cast<std::uint16_t>(first + pick));
    return static_cast<int>(first + pick);
  }
};

class Random final : public Drawing {
 public:
  int choose(const std::vector<Alternative>& options, int, std::uint64_t) override {
    int threads[threads_max];
    std::size_t count = 0;
    for (const Alternative& option : options) {
      if (count == 0 || threads[count - 1] != option.thread) threads[count++] = option.thread;
    }
    return draw_store(options, threads[next_random(state) % count]);
  }
};

class Pct final : public Drawing {
 public:
  void begin(int depth, int steps) {
    for (int i = 0; i < threads_max; ++i) priority_[i] = 1000 + static_cast<int>(next_random(state) % 1000);
    change_count_ = std::min(depth - 1, changes_max);
    for (int i = 0; i < change_count_; ++i) {
      change_at_[i] = static_cast<int>(next_random(state) % static_cast<std::uint64_t>(steps));
    }
    step_ = 0;
  }
  int choose(const std::vector<Alternative>& options, int, std::uint64_t) override {
    int best = best_of(options);
    for (int i = 0; i < change_count_; ++i) {
      if (change_at_[i] == step_) {
        priority_[best] = i;
        best = best_of(options);
      }
    }
    ++step_;
    return draw_store(options, best);
  }

 private:
  static constexpr int changes_max = 16;
  int best_of(const std::vector<Alternative>& options) const {
    int best = options[0].thread;
    for (const Alternative& option : options) {
      if (priority_[option.thread] > priority_[best]) best = option.thread;
    }
    return best;
  }
  int priority_[threads_max] = {};
  int change_at_[changes_max] = {};
  int change_count_ = 0;
  int step_ = 0;
};

class Replay final : public Chooser {
 public:
  explicit Replay(Choices choices) : choices_(std::move(choices)) {}
  int choose(const std::vector<Alternative>& options, int, std::uint64_t) override {
    const std::size_t choice = at_ < choices_.size() ? choices_[at_] : 0;
    ++at_;
    return choice < options.size() ? static_cast<int>(choice) : 0;
  }

 private:
  Choices choices_;
  std::size_t at_ = 0;
};

/// The choices in WEIR_MODEL_REPLAY when it is for `name`.
bool replay_wanted(std::string_view name, Choices& choices) {
  const char* text = std::getenv("WEIR_MODEL_REPLAY");
  if (text == nullptr) return false;
  std::string_view rest = text;
  if (rest.substr(0, name.size()) != name || rest.size() <= name.size() || rest[name.size()] != ':')
    return false;
  for (const char* at = text + name.size() + 1; *at != 0;) {
    char* end = nullptr;
    choices.push_back(static_cast<std::uint16_t>(std::strtoul(at, &end, 10)));
    if (end == at) break;
    at = *end == '.' ? end + 1 : end;
  }
  return true;
}

/// Runs the failing choices once more, with a line a step.
void keep_failure(Report& report, const Options& options, const Choices& choices, Build build,
                  const void* argument) {
  report.schedule = std::string(options.name) + ':';
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) report.schedule += '.';
    report.schedule += std::to_string(choices[i]);
  }
  Replay replay(choices);
  set_trace(true);
  const Execution execution = execute(build, argument, replay);
  set_trace(false);
  report.trace = trace();
  if (execution.message != report.message)
    report.trace += "  (the replay ended otherwise: " + execution.message + ")\n";
}

void run_exhaust(Report& report, const Options& options, Build build, const void* argument) {
  Exhaust chooser(options.preemptions_max);
  do {
    chooser.begin();
    const Execution execution = execute(build, argument, chooser);
    ++report.schedules;
    if (!execution.dropped) ++report.complete;
    if (execution.failed) {
      report.failed = true;
      report.message = execution.message;
      keep_failure(report, options, chooser.choices(), build, argument);
      break;
    }
    if (!chooser.advance()) {
      report.exhausted = true;
      break;
    }
  } while (report.schedules < options.schedules_max);
  report.states = chooser.states();
}

void run_drawing(Report& report, const Options& options, Build build, const void* argument) {
  Random random;
  Pct pct;
  int steps = 32;
  std::uint64_t seeds = options.seed;
  while (report.schedules < options.schedules_max) {
    Drawing& chooser = options.strategy == Strategy::pct ? static_cast<Drawing&>(pct) : random;
    chooser.made.clear();
    chooser.state = next_random(seeds);
    if (options.strategy == Strategy::pct) pct.begin(options.pct_depth, steps);
    const Execution execution = execute(build, argument, chooser);
    ++report.schedules;
    ++report.complete;
    steps = std::max(steps, execution.steps);
    if (execution.failed) {
      report.failed = true;
      report.message = execution.message;
      keep_failure(report, options, chooser.made, build, argument);
      return;
    }
  }
}

}  // namespace

bool long_mode() {
  const char* text = std::getenv("WEIR_MODEL_LONG");
  return text != nullptr ? text[0] == '1' : weir::test::full();
}

std::uint64_t drawn(std::uint64_t quick, std::uint64_t parts) {
  constexpr std::uint64_t protocol = 100'000'000;
  return long_mode() ? (protocol + parts - 1) / parts : quick;
}

Report explore(const Options& options, Build build, const void* argument) {
  Report report;
  Choices choices;
  if (replay_wanted(options.name, choices)) {
    Replay replay(choices);
    set_trace(true);
    const Execution execution = execute(build, argument, replay);
    set_trace(false);
    report.failed = execution.failed;
    report.message = execution.message;
    report.schedules = report.complete = 1;
    std::printf("%s%s\n", trace().c_str(), execution.failed ? execution.message.c_str() : "  ended well");
    return report;
  }
  const auto start = std::chrono::steady_clock::now();
  if (options.strategy == Strategy::exhaust) {
    run_exhaust(report, options, build, argument);
  } else {
    run_drawing(report, options, build, argument);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const char* ending = report.failed ? "failed" : report.exhausted ? "exhausted" : "budget used";
  std::printf("%.*s: %s, %llu schedules (%llu complete), %llu states, %.2f s%s%s\n",
              static_cast<int>(options.name.size()), options.name.data(), ending,
              static_cast<unsigned long long>(report.schedules),
              static_cast<unsigned long long>(report.complete),
              static_cast<unsigned long long>(report.states), seconds.count(), report.failed ? ": " : "",
              report.message.c_str());
  std::fflush(stdout);
  return report;
}

namespace {

const char* name_of(Order order) {
  switch (order) {
    case std::memory_order_relaxed:
      return "relaxed";
    case std::memory_order_acquire:
      return "acquire";
    case std::memory_order_release:
      return "release";
    case std::memory_order_acq_rel:
      return "acq_rel";
    default:
      return "seq_cst";
  }
}

/// The faults of one operation.
std::vector<Mutation> faults_of(const Mutation& site) {
  std::vector<Mutation> faults;
  const auto weaken = [&](Order order) {
    faults.push_back({site.where, site.kind, site.from, order, false});
  };
  const bool load = site.kind == Kind::load;
  const bool store = site.kind == Kind::store;
  if (site.kind == Kind::wait || site.kind == Kind::wake) return faults;
  switch (site.from) {
    case std::memory_order_seq_cst:
      weaken(load    ? std::memory_order_acquire
             : store ? std::memory_order_release
                     : std::memory_order_acq_rel);
      weaken(std::memory_order_relaxed);
      break;
    case std::memory_order_acq_rel:
      weaken(std::memory_order_acquire);
      weaken(std::memory_order_release);
      break;
    case std::memory_order_relaxed:
      break;
    default:
      weaken(std::memory_order_relaxed);
  }
  if (!load && !store) faults.push_back({site.where, site.kind, site.from, site.from, true});
  return faults;
}

/// `ordinal`: the how many-th operation of its kind and order in its function, from 1.
std::string describe(const Mutation& fault, int ordinal) {
  constexpr const char* kinds[] = {"load",     "store",     "exchange",         "fetch_add", "fetch_sub",
                                   "fetch_or", "fetch_and", "fetch_xor", "compare_exchange", "wait", "wake"};
  std::string_view function = fault.where.function_name();
  function = function.substr(0, function.find('('));
  const std::size_t space = function.find_last_of(" :");
  if (space != std::string_view::npos) function.remove_prefix(space + 1);
  std::string text(function);
  text += ' ';
  text += kinds[static_cast<int>(fault.kind)];
  text += ' ';
  text += name_of(fault.from);
  text += '#' + std::to_string(ordinal);
  text += fault.split ? " split" : std::string("->") + name_of(fault.order);
  return text;
}

}  // namespace

void sweep(std::vector<Fault>& faults, const Options& options, std::string_view file, Build build,
           const void* argument) {
  sites().clear();
  Random collector;
  collector.state = options.seed;
  collect_sites(true);
  for (int i = 0; i < 3000; ++i) execute(build, argument, collector);
  collect_sites(false);
  std::vector<Mutation> found = sites();
  std::sort(found.begin(), found.end(), [](const Mutation& a, const Mutation& b) {
    return std::pair(a.where.line(), a.where.column()) < std::pair(b.where.line(), b.where.column());
  });
  for (const Mutation& site : found) {
    if (!std::string_view(site.where.file_name()).ends_with(file)) continue;
    const auto ordinal = 1 + std::count_if(std::as_const(found).data(), &site, [&](const Mutation& other) {
                           return other.kind == site.kind && other.from == site.from &&
                                  std::string_view(other.where.function_name()) == site.where.function_name();
                         });
    for (const Mutation& mutation : faults_of(site)) {
      const std::string name = describe(mutation, static_cast<int>(ordinal));
      auto known = std::find_if(faults.begin(), faults.end(), [&](const Fault& f) { return f.name == name; });
      if (known != faults.end() && known->caught) continue;
      const std::string full = std::string(options.name) + " [" + name + "]";
      Options each = options;
      each.name = full;
      set_mutation(&mutation);
      const Report report = explore(each, build, argument);
      set_mutation(nullptr);
      if (known == faults.end()) known = faults.insert(faults.end(), Fault{name, false, {}, 0});
      *known = {name, report.failed, report.message, report.schedules};
    }
  }
}

std::string survivors(const std::vector<Fault>& faults) {
  std::vector<std::string> names;
  for (const Fault& fault : faults) {
    if (!fault.caught) names.push_back(fault.name);
  }
  std::sort(names.begin(), names.end());
  std::string text;
  for (const std::string& name : names) text += name + '\n';
  return text;
}

}  // namespace model
