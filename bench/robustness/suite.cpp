// suite.cpp: children and their deadlines; the order of the scenarios, the targets, --robustness.
#include "suite.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <weir/clock.hpp>

#include "harness.hpp"
#include "measure.hpp"
#include "results.hpp"

namespace weir::bench {
namespace {

double now_s() { return static_cast<double>(now_ns()) * 1e-9; }

/// The child's end: its report as lines on the pipe.
[[noreturn]] void be_child(int out, const Case& one, const Setting& setting) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  if (one.around == Around::one_cpu) {
    const std::vector<int> cpus = cpus_now();
    if (!cpus.empty()) pin_caller({cpus.front()});
  }
  Setting mine = setting;
  mine.cpus = static_cast<int>(cpus_now().size());
  Report report;
  one.measure(mine, report);
  if (report.status.rfind("wrong", 0) == 0) report.values.clear();
  std::string text = "status " + report.status + "\nnote " + report.notes + "\n";
  for (const auto& [name, value] : report.values) {
    char line[160];
    std::snprintf(line, sizeof(line), "value %s %.17g\n", name.c_str(), value);
    text += line;
  }
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count = write(out, text.data() + done, text.size() - done);
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  _exit(0);  // peers may have threads that never end
}

/// Everything that comes before `deadline_s`, a signal or the end.
bool read_all(int in, double deadline_s, const StopSignals& signals, std::string& text) {
  for (;;) {
    pollfd wait{in, POLLIN, 0};
    const double left_s = deadline_s - now_s();
    if (left_s <= 0 || signals.stop_requested()) return false;
    // A signal just before it is seen when this wait ends.
    const int ready = poll(&wait, 1, static_cast<int>(std::min(left_s, 0.1) * 1000) + 1);
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) continue;
    char buffer[4096];
    const ssize_t count = read(in, buffer, sizeof(buffer));
    if (count <= 0) return true;
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

void parse(const std::string& text, Report& report) {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find('\n', at);
    if (end == std::string::npos) end = text.size();
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.rfind("status ", 0) == 0) report.status = line.substr(7);
    if (line.rfind("note ", 0) == 0) report.notes = line.substr(5);
    if (line.rfind("value ", 0) == 0) {
      const std::size_t space = line.find(' ', 6);
      report.set(line.substr(6, space - 6), std::strtod(line.c_str() + space, nullptr));
    }
  }
}

/// What a child that said nothing has ended with.
std::string how_it_ended(bool in_time, int status, double limit_s) {
  char text[80];
  if (!in_time) {
    std::snprintf(text, sizeof(text), "hung: killed after %.0f s", limit_s);
  } else if (WIFSIGNALED(status)) {
    std::snprintf(text, sizeof(text), "died: %s", strsignal(WTERMSIG(status)));
  } else {
    std::snprintf(text, sizeof(text), "died: exit %d", WEXITSTATUS(status));
  }
  return text;
}

}  // namespace

const double* Report::find(const std::string& key) const {
  for (const auto& [name, value] : values) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

Row run_case(const Case& one, const Setting& setting, const StopSignals& signals) {
  Row row{one.scenario, one.contender, {}, 0};
  const double from_s = now_s();
  std::optional<Neighbours> neighbours;
  std::optional<Quota> quota;
  if (one.around == Around::quota) {
    quota.emplace();
    if (!quota->why_not().empty()) {
      row.report.skip(quota->why_not());
      return row;
    }
  }
  if (one.around == Around::neighbours) neighbours.emplace();
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) {
    row.report.skip("no pipe");
    return row;
  }
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    if (quota && !quota->enter()) _exit(3);
    close(pipe_ends[0]);
    be_child(pipe_ends[1], one, setting);
  }
  close(pipe_ends[1]);
  const double limit_s = one.limit_s + setting.seconds;
  std::string text;
  const bool in_time = child > 0 && read_all(pipe_ends[0], now_s() + limit_s, signals, text);
  close(pipe_ends[0]);
  if (!in_time && child > 0) kill(child, SIGKILL);
  int status = 0;
  if (child > 0) waitpid(child, &status, 0);
  if (text.empty()) {
    row.report.status = child < 0 ? "died: no process" : how_it_ended(in_time, status, limit_s);
  } else {
    parse(text, row.report);
  }
  if (quota) {
    const auto [throttled, periods] = quota->throttled();
    row.report.set(
        "throttled_share",
        periods == 0 ? 0 : static_cast<double>(throttled) / static_cast<double>(periods));
  }
  row.elapsed_s = now_s() - from_s;
  return row;
}

int stopped_by(const StopSignals& signals) {
  std::fprintf(stderr, "stopped by %s: no result is written\n",
               signals.signal_number() == SIGINT ? "SIGINT" : "SIGTERM");
  return 128 + signals.signal_number();
}

namespace {

const std::vector<Key> keys = {
    {"items_per_s", "M/s", "items/s", "higher", 1e-6},
    {"call_p99_ns", "call p99 us", "ns", "lower", 1e-3},
    {"call_p999_ns", "p99.9 us", "ns", "lower", 1e-3},
    {"call_max_ns", "max ms", "ns", "lower", 1e-6},
    {"inside_p99_ns", "inside p99 ms", "ns", "lower", 1e-6},
    {"inside_p999_ns", "inside p99.9 ms", "ns", "lower", 1e-6},
    {"inside_max_ns", "max ms", "ns", "lower", 1e-6},
    {"least_over_most", "least/most", "ratio", "higher", 1},
    {"burst_ms", "burst ms", "ms", "lower", 1},
    {"stops", "stops", "stops", "none", 1},
    {"by_breakpoint", "by breakpoint", "stops", "none", 1},
    {"frozen", "frozen", "stops", "none", 1},
    {"others_frozen", "other ring frozen", "stops", "lower", 1},
    {"other_rate", "other ring/normal", "ratio", "higher", 1},
    {"stuck", "stuck tasks", "tasks", "lower", 1},
    {"stuck_most", "stuck at most", "tasks", "lower", 1},
    {"stuck_spawned", "stuck children", "tasks", "lower", 1},
    {"accepted", "accepted", "tasks", "none", 1},
    {"would_block", "would_block", "calls", "none", 1},
    {"ran", "ran", "tasks", "none", 1},
    {"threw", "threw", "tasks", "none", 1},
    {"reported", "reported", "tasks", "none", 1},
    {"closed", "closed", "calls", "none", 1},
    {"forked", "forked", "calls", "none", 1},
    {"refused_starts", "refused starts", "starts", "none", 1},
    {"good_starts", "good starts", "starts", "none", 1},
    {"threads_left", "threads left", "threads", "lower", 1},
    {"cores", "cores used", "cores", "lower", 1},
    {"waiting_cores", "by waiters", "cores", "lower", 1},
    {"memory_bytes", "MB", "bytes", "lower", 1e-6},
    {"throttled_share", "throttled", "ratio", "none", 1},
};

/// An aim for weir's row of a scenario.
struct Aim {
  const char *scenario, *contender, *key, *goal;
  double bound;
  bool at_least;
  bool promise;  // a broken promise fails the run; a missed speed is said
};
constexpr Aim aims[] = {
    {"busy_neighbour", "weir", "items_per_s", ">= 2 M/s between waiting sides", 2e6, true, false},
    {"slow_consumer", "weir", "waiting_cores", "<= 0.1 cores burned by waiters", 0.1, false, false},
    {"slow_consumer", "weir", "least_over_most", "least/most served >= 0.9", 0.9, true, false},
    {"producer_stopped", "weir", "others_frozen", "no other ring stops", 0, false, true},
    {"consumer_stopped", "weir", "others_frozen", "no other ring stops", 0, false, true},
    {"worker_stopped", "weir", "stuck", "0 tasks stuck", 0, false, true},
    {"worker_stopped", "weir", "stuck_spawned", "0 children stuck", 0, false, true},
    {"worker_signalled", "weir", "stuck_most", "no task but the stopped worker's own", 1, false,
     false},
    {"overload", "weir", "memory_bytes", "constant memory (< 1 MB more)", 1e6, false, true},
    {"overload", "weir", "would_block", "refusals are counted", 1, true, true},
    {"stop_while_submitting", "weir", "closed", "later calls get `closed`", 1, true, true},
    {"fork", "weir", "forked", "4 calls get `forked`", 4, true, true},
    {"thread_refused", "weir", "refused_starts", "each n-th refusal is an error", 1, true, true},
    {"thread_refused", "weir", "threads_left", "a clean join", 0, false, true},
};

constexpr double whole_s = 290;  // of the suite; what has not begun by then is left out

std::vector<Target> hold_to_aims(const std::vector<Row>& rows, bool& broken) {
  std::vector<Target> targets;
  for (const Row& row : rows) {
    for (const Aim& aim : aims) {
      if (row.scenario != aim.scenario || row.contender != aim.contender) continue;
      const double* value = row.report.find(aim.key);
      const bool met =
          value != nullptr && (aim.at_least ? *value >= aim.bound : *value <= aim.bound);
      if (row.report.status.rfind("skipped", 0) == 0) continue;
      targets.push_back({row.scenario, aim.key, aim.goal, value == nullptr ? -1 : *value, met});
      broken = broken || (aim.promise && !met);
    }
    if (row.contender.rfind("weir", 0) == 0 && row.report.status != "ok" &&
        row.report.status.rfind("skipped", 0) != 0) {
      broken = true;
    }
  }
  return targets;
}

}  // namespace

int run_robustness(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) return 2;
  std::vector<std::string> scenarios;
  for (const char* name : {"oversubscribed",
                           "one_cpu",
                           "busy_neighbour",
                           "quota",
                           "slow_consumer",
                           "burst",
                           "producer_stopped",
                           "consumer_stopped",
                           "pool_oversubscribed",
                           "pool_one_cpu",
                           "pool_busy_neighbour",
                           "pool_quota",
                           "pool_burst",
                           "overload",
                           "worker_stopped",
                           "worker_signalled",
                           "exceptions",
                           "stop_while_submitting",
                           "fork",
                           "thread_refused"}) {
    if (std::string(name).rfind(options.only, 0) == 0) scenarios.emplace_back(name);
  }
  if (scenarios.empty()) {
    std::fprintf(stderr, "no scenario begins with %s\n", options.only.c_str());
    return 2;
  }
  const StopSignals signals;
  const double from_s = now_s();
  std::vector<Row> rows;
  for (const std::string& scenario : scenarios) {
    std::fprintf(stderr, "%s ...\n", scenario.c_str());
    for (const Case& one : cases()) {
      if (one.scenario != scenario) continue;
      Row row{scenario, one.contender, {}, 0};
      if (now_s() - from_s > whole_s) {
        row.report.skip("the suite's five minutes are over");
      } else {
        row = run_case(one, options.setting, signals);
      }
      if (signals.stop_requested()) return stopped_by(signals);
      rows.push_back(row);
    }
    print_table(rows, scenario, keys);
  }
  bool broken = false;
  const std::vector<Target> targets = hold_to_aims(rows, broken);
  for (const Target& target : targets) {
    std::printf("%s  %s: %s (%.4g)\n", target.met ? "met   " : "MISSED", target.scenario.c_str(),
                target.goal.c_str(), target.value);
  }
  print_context(stdout);
  std::printf("%zu rows, %.0f s%s\n", rows.size(), now_s() - from_s,
              broken ? "; A PROMISE OF WEIR IS BROKEN" : "");
  if (!options.json.empty() && !write_json(options.json, "weir.robustness/1", rows, keys, targets))
    return 1;
  return broken ? 1 : 0;
}

}  // namespace weir::bench
