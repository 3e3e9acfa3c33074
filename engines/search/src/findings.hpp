// findings.hpp: what a command of weir-search found out, and how it is told; private to the program.
#pragma once

#include <string>
#include <utility>
#include <vector>
#include <weir/runtime.hpp>
#include <weir/search/engine.hpp>

#include "json_request.hpp"
#include "options.hpp"

namespace weir::search::program {

struct Findings {
  int exit = 0;
  Error error;  // empty code: none
  double elapsed_s = 0;
  std::string text;    // for stdout
  Json members;        // of the JSON document: the command's own
  bool told = false;   // the command has written its own output
  bool begun = false;  // of the JSON document, the replies, up to their last one
  Metrics metrics;
  Ledger ledger;
  std::vector<std::pair<std::string, std::uint64_t>> would_block;
  std::size_t memory_bytes = 0;
  int workers = 0;
  bool pinned = false;
};

std::string render_json(const Options& options, const Findings& findings);
/// Keeps the first error and its exit code.
void fail(Findings& findings, const Error& error);

}  // namespace weir::search::program
