// suite.hpp: how a robustness scenario is run: every measurement in a child process of its own,
// under a deadline; what it reports; the table, the JSON and the targets made of all reports.
//
// Roles: the parent has one thread and starts no pool, so that a child is as good as a fresh
// process. Errors: a child that does not end in time is killed and its row says `hung`, one that
// dies says how; a wrong result is a status, never a number. SIGINT and SIGTERM end a suite at
// once: what is around a child is taken down, no result is written.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>
#include <weir/signals.hpp>

namespace weir::bench {

/// What the measured code is told.
struct Setting {
  double seconds = 1;  // of a timed part
  int cpus = 1;        // that the child may use
  int threads = 0;     // --scaling: how many work
};

/// What one measurement found. Written in the child, read by the parent.
class Report {
 public:
  void set(const std::string& key, double value) { values.emplace_back(key, value); }
  /// Something that a reader must know about this row.
  void note(const std::string& text) { notes += (notes.empty() ? "" : "; ") + text; }
  /// The result is not right: the row's status.
  void wrong(const std::string& text) { status = "wrong: " + text; }
  void skip(const std::string& why) { status = "skipped: " + why; }
  const double* find(const std::string& key) const;

  std::vector<std::pair<std::string, double>> values;
  std::string notes;
  std::string status = "ok";
};

/// What is made around the child before it starts.
enum class Around : std::uint8_t {
  nothing,
  one_cpu,     // it may use one CPU
  neighbours,  // an endless loop pinned on each CPU, in processes of their own
  quota,       // a CPU cgroup of half a CPU
};

using Measure = void (*)(const Setting&, Report&);
struct Case {
  std::string scenario, contender;
  Measure measure;
  Around around = Around::nothing;
  double limit_s = 20;  // beyond `seconds`, then it is killed
};
/// All cases; files add theirs before main.
std::vector<Case>& cases();
struct AddCase {
  AddCase(const char* scenario, const char* contender, Measure measure,
          Around around = Around::nothing, double limit_s = 20) {
    cases().push_back({scenario, contender, measure, around, limit_s});
  }
};

struct Row {
  std::string scenario, contender;
  Report report;
  double elapsed_s = 0;
};

/// Runs `one` in a child and waits for its end; after a signal it is killed, and its row of no use.
Row run_case(const Case& one, const Setting& setting, const StopSignals& signals);
/// Says that a suite ends because of a signal; its exit status.
int stopped_by(const StopSignals& signals);

/// --robustness: the whole suite. Returns the exit status: 1 when weir lost, hung or died anywhere.
int run_robustness(int argc, char** argv);
/// --scaling: speed-up from one thread to all cores.
int run_scaling(int argc, char** argv);

}  // namespace weir::bench
