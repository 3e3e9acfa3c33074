// average: snapshots of the current strategy become one file with their average.
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <weir/file.hpp>
#include <weir/terminal.hpp>

#include "commands.hpp"
#include "snapshot_average.hpp"
#include "snapshots.hpp"

namespace weir::mccfr {
namespace {

/// Files as they are given, folders as their snapshots.
Result<std::vector<std::string>> files_of(const std::vector<std::string>& words) {
  std::vector<std::string> files;
  for (const std::string& word : words) {
    const auto stat = stat_file(word);
    if (!stat) return stat.error();
    if (stat.value().kind != FileKind::directory) {
      files.push_back(word);
      continue;
    }
    const std::vector<std::string> names = snapshots_in(word);
    if (names.empty()) return Error{"usage", "has no snapshots", word};
    for (const std::string& name : names) files.push_back(word + "/" + name);
  }
  return files;
}

}  // namespace

void average_command(const Options& options, const StopSignals& signals, Findings& findings) {
  auto files = files_of(options.words);
  if (!files) return fail(findings, files.error());
  auto made = average_snapshots(files.value(), options.output,
                                [&signals] { return !signals.stop_requested(); });
  if (!made) {
    fail(findings, made.error());
    if (signals.stop_requested()) findings.exit = 128 + signals.signal_number();
    return;
  }
  const SnapshotAverage& average = made.value();
  auto& m = findings.members;
  m["snapshots"] = average.files;
  m["iterations"] = average.iterations;
  m["rounds_summed"] = average.first_round;
  m["out"] = options.output;
  findings.rows = {{"snapshots", format_count(average.files)},
                   {"iterations", format_count(average.iterations)},
                   {"written", options.output}};
}

}  // namespace weir::mccfr
