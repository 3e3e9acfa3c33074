// results.cpp: tables and JSON.
#include "results.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <weir/file.hpp>
#include <weir/topology.hpp>
#include <weir/version.hpp>

#include "harness.hpp"

namespace weir::bench {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += ' ';
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string figure(double value) {
  char text[64];
  if (!std::isfinite(value)) return "null";
  std::snprintf(text, sizeof(text), "%.6g", value);
  return text;
}

std::string shown(double value) {
  char text[64];
  const double size = std::fabs(value);
  std::snprintf(text, sizeof(text),
                size == 0 || size >= 100 ? "%.0f"
                : size >= 10             ? "%.1f"
                                         : "%.2f",
                value);
  if (size > 0 && size < 0.01) std::snprintf(text, sizeof(text), "%.4f", value);
  return text;
}

std::string iso_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[40];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S+00:00", &parts);
  return text;
}

/// Of the machine before this program added to it.
struct LoadAtStart {
  double average[3] = {0, 0, 0};
  LoadAtStart() {
    if (getloadavg(average, 3) < 0) average[0] = average[1] = average[2] = 0;
  }
};
const LoadAtStart load_at_start;

void write_context(std::FILE* file) {
  const double* const load = load_at_start.average;
  std::fprintf(file, "\"context\": {\n \"date\": %s,\n \"executable\": \"weir-bench-runtime\",\n",
               quoted(iso_now()).c_str());
  std::fprintf(file, " \"num_cpus\": %zu,\n \"load_avg\": [%s, %s, %s]", allowed_cpus().size(),
               figure(load[0]).c_str(), figure(load[1]).c_str(), figure(load[2]).c_str());
  for (const auto& [name, value] : weir_context())
    std::fprintf(file, ",\n %s: %s", quoted(name).c_str(), quoted(value).c_str());
  std::fprintf(file, "\n}");
}

/// What bench/compare reads: SCENARIO.KEY/impl:CONTENDER.
void write_rows(std::FILE* file, const std::vector<Row>& rows, const std::vector<Key>& keys) {
  const char* comma = "";
  std::fprintf(file, "\"rows\": [");
  for (const Row& row : rows) {
    for (const Key& key : keys) {
      const double* value = row.report.find(key.name);
      if (value == nullptr || !std::isfinite(*value)) continue;
      const bool usable = std::string(key.better) != "higher" || *value > 0;
      const std::string name = row.scenario + "." + key.name + "/impl:" + row.contender;
      const std::string text = figure(*value);
      std::fprintf(file,
                   "%s\n{\"engine\": \"runtime\", \"name\": %s, \"value\": %s, \"unit\": \"%s\", "
                   "\"better\": \"%s\", \"n\": 1, \"min\": %s, \"max\": %s, \"reference\": null, "
                   "\"ratio\": null}",
                   comma, quoted(name).c_str(), text.c_str(), key.unit,
                   usable ? key.better : "none", text.c_str(), text.c_str());
      comma = ",";
    }
  }
  std::fprintf(file, "\n]");
}

void write_results(std::FILE* file, const std::vector<Row>& rows) {
  const char* comma = "";
  std::fprintf(file, "\"results\": [");
  for (const Row& row : rows) {
    std::fprintf(file,
                 "%s\n{\"scenario\": %s, \"contender\": %s, \"status\": %s, \"note\": %s, "
                 "\"elapsed_s\": %s, \"values\": {",
                 comma, quoted(row.scenario).c_str(), quoted(row.contender).c_str(),
                 quoted(row.report.status).c_str(), quoted(row.report.notes).c_str(),
                 figure(row.elapsed_s).c_str());
    const char* inner = "";
    for (const auto& [name, value] : row.report.values) {
      std::fprintf(file, "%s%s: %s", inner, quoted(name).c_str(), figure(value).c_str());
      inner = ", ";
    }
    std::fprintf(file, "}}");
    comma = ",";
  }
  std::fprintf(file, "\n]");
}

/// A new file or another regular one: no link or device is replaced.
bool writable(const std::string& path) {
  std::error_code unknown;
  const auto kind = std::filesystem::symlink_status(path, unknown).type();
  if (kind != std::filesystem::file_type::regular &&
      kind != std::filesystem::file_type::not_found) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(),
                 unknown ? unknown.message().c_str() : "not a regular file");
    return false;
  }
  const Result<AtomicFile> tried = AtomicFile::create(path);
  if (!tried) std::fprintf(stderr, "%s\n", tried.error().text().c_str());
  return tried.ok();
}

}  // namespace

bool read_options(int argc, char** argv, Options& options) {
  bool right = true;
  for (int i = 2; i < argc && right; i += 2) {
    const std::string word = argv[i];
    const std::string value = i + 1 < argc ? argv[i + 1] : "";
    right = i + 1 < argc && !value.empty();
    if (word == "--seconds" && right) {
      char* end = nullptr;
      const double seconds = std::strtod(value.c_str(), &end);
      right = *end == 0 && seconds >= 0.05 && seconds <= 10;
      options.setting.seconds = seconds;
    } else if (word == "--only") {
      options.only = value;
    } else if (word == "--json") {
      options.json = value;
      right = right && writable(value);
    } else {
      right = false;
    }
    if (!right)
      std::fprintf(stderr, "weir-bench-runtime %s: %s %s\n", argv[1], word.c_str(), value.c_str());
  }
  if (!right) {
    std::fprintf(stderr,
                 "usage: weir-bench-runtime %s [--seconds S] [--only X] [--json FILE]\n"
                 "  --seconds S  of each timed part, 0.05 to 10 (default 1)\n"
                 "  --only X     what begins so\n"
                 "  --json FILE  what was measured, for bench/table.py --keep and bench/compare\n",
                 argv[1]);
  }
  return right;
}

std::vector<std::pair<std::string, std::string>> weir_context() {
  const Topology& topology = machine_topology();
  std::string machine = topology.model + ", " + std::to_string(topology.allowed_cores()) +
                        " cores, " + std::to_string(topology.allowed_cpus()) + " CPUs allowed";
  if (topology.quota_cpus > 0)
    machine += ", quota " + std::to_string(topology.quota_cpus) + " CPUs";
  std::string missing;
  for (const std::string& peer : left_out()) missing += (missing.empty() ? "" : " ") + peer;
  std::vector<std::pair<std::string, std::string>> all = {
      {"weir_version", version()},   {"weir_commit", commit()},
      {"weir_compiler", compiler()}, {"weir_build", build_type()},
      {"weir_machine", machine},     {"weir_left_out", missing.empty() ? "none" : missing}};
  utsname system{};
  if (uname(&system) == 0)
    all.emplace_back("weir_system", std::string(system.sysname) + " " + system.release);
  return all;
}

void print_context(std::FILE* file) {
  std::fprintf(file, "weir");
  for (const auto& [name, value] : weir_context())
    std::fprintf(file, "%s %s", name == "weir_version" ? "" : ";",
                 name == "weir_left_out" ? ("left out: " + value).c_str() : value.c_str());
  std::fprintf(file, "; load average at the start %.1f\n", load_at_start.average[0]);
}

void print_table(const std::vector<Row>& rows, const std::string& scenario,
                 const std::vector<Key>& keys) {
  std::vector<const Row*> mine;
  for (const Row& row : rows) {
    if (row.scenario == scenario) mine.push_back(&row);
  }
  std::vector<std::vector<std::string>> columns(1);
  columns[0].push_back(scenario);
  for (const Row* row : mine) columns[0].push_back(row->contender);
  for (const Key& key : keys) {
    std::vector<std::string> column{key.title};
    bool any = false;
    for (const Row* row : mine) {
      const double* value = row->report.find(key.name);
      any = any || value != nullptr;
      column.push_back(value == nullptr ? "-" : shown(*value * key.scale));
    }
    if (any) columns.push_back(column);
  }
  for (std::size_t line = 0; line <= mine.size(); ++line) {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      std::size_t width = 0;
      for (const std::string& cell : columns[c]) width = std::max(width, cell.size());
      std::printf(c == 0 ? "%-*s" : "  %*s", static_cast<int>(width), columns[c][line].c_str());
    }
    if (line > 0) {
      const Report& report = mine[line - 1]->report;
      if (report.status != "ok") std::printf("  %s", report.status.c_str());
      if (!report.notes.empty()) std::printf("  (%s)", report.notes.c_str());
    }
    std::printf("\n");
  }
  std::printf("\n");
}

bool write_json(const std::string& path, const std::string& schema, const std::vector<Row>& rows,
                const std::vector<Key>& keys, const std::vector<Target>& targets) {
  char* text = nullptr;
  std::size_t bytes = 0;
  std::FILE* const file = open_memstream(&text, &bytes);
  if (file == nullptr) {
    std::perror(path.c_str());
    return false;
  }
  std::fprintf(file, "{\"schema\": %s,\n", quoted(schema).c_str());
  write_context(file);
  std::fprintf(file, ",\n");
  write_rows(file, rows, keys);
  std::fprintf(file, ",\n");
  write_results(file, rows);
  std::fprintf(file, ",\n\"targets\": [");
  const char* comma = "";
  for (const Target& target : targets) {
    std::fprintf(
        file, "%s\n{\"scenario\": %s, \"what\": %s, \"goal\": %s, \"value\": %s, \"met\": %s}",
        comma, quoted(target.scenario).c_str(), quoted(target.what).c_str(),
        quoted(target.goal).c_str(), figure(target.value).c_str(), target.met ? "true" : "false");
    comma = ",";
  }
  std::fprintf(file, "\n]}\n");
  const bool whole = std::fclose(file) == 0;
  const Result<Done> written =
      whole ? write_file_atomically(path, {text, bytes})
            : Result<Done>(Error{"no_memory", "cannot hold the whole of it", path});
  std::free(text);
  if (!written) std::fprintf(stderr, "%s\n", written.error().text().c_str());
  return written.ok();
}

}  // namespace weir::bench
