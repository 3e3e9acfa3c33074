// results.hpp: rows as text for people and as JSON, for the suites that are not Google Benchmark's.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "suite.hpp"

namespace weir::bench {

/// How a key is printed and which direction is better.
struct Key {
  const char *name, *title, *unit, *better;
  double scale;  // printed = value * scale
};

/// One aim, held against what was measured.
struct Target {
  std::string scenario, what, goal;
  double value;
  bool met;
};

/// Prints the rows of one scenario as a table: the keys that occur, in the order of `keys`.
void print_table(const std::vector<Row>& rows, const std::string& scenario,
                 const std::vector<Key>& keys);

/// Writes context (as Google Benchmark's, with ours), rows that bench/compare reads, results and
/// targets; what stood at `path` is replaced whole or stays. False: it cannot be written; said on
/// stderr.
bool write_json(const std::string& path, const std::string& schema, const std::vector<Row>& rows,
                const std::vector<Key>& keys, const std::vector<Target>& targets);

/// {name, value} of what was measured where: ours, as Google Benchmark's context has them.
std::vector<std::pair<std::string, std::string>> weir_context();

struct Options {
  Setting setting;
  std::string only, json;
};
/// [--seconds S] [--only X] [--json FILE] after the suite's name; false after the usage was
/// printed. A FILE that cannot be written is told here, before minutes of work.
bool read_options(int argc, char** argv, Options& options);

/// One line for the top of a run: commit, machine, load.
void print_context(std::FILE* file);

}  // namespace weir::bench
