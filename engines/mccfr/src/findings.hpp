// findings.hpp: what a command of weir-mccfr found out, and how it is told; private to the program.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>
#include <weir/runtime.hpp>

#include "options.hpp"

namespace weir::mccfr {

struct Findings {
  int exit = 0;
  Error error;  // empty code: none
  double elapsed_s = 0;
  std::vector<std::pair<std::string, std::string>> rows;  // of the table
  nlohmann::ordered_json members;                         // of the JSON document: the command's own
  std::string text;                                       // printed instead of a table
  Metrics metrics;                                        // of the runtime
  TrainGraph graph;
  std::vector<std::pair<std::string, double>> barriers_us;
  std::size_t memory_bytes = 0;
  int workers = 0;
  bool pinned = false;
};

std::string render_text(const Options& options, const Findings& findings);
std::string render_json(const Options& options, const Findings& findings);

}  // namespace weir::mccfr
