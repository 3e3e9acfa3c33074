// program.hpp: runs weir-segment as people and scripts do.
#pragma once

#include <string>
#include <support/program.hpp>

#include "scratch.hpp"

using weir::test::Answer;
using weir::test::says;

inline std::string program() { return weir::test::program_path("weir-segment"); }

/// Runs the program in `folder`; stderr comes behind stdout when `with_stderr`.
inline Answer run(const std::string& folder, const std::string& arguments,
                  bool with_stderr = true) {
  return weir::test::run_line(folder, "'" + program() + "' " + arguments, with_stderr);
}
