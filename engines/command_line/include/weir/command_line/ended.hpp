// ended.hpp: what became of a command line; light, for those who do not read it themselves.
#pragma once

#include <string>
#include <weir/result.hpp>

namespace weir::command_line {

/// A command line that is no call of a command (help, version, a mistake), or that goes on.
struct Ended {
  int exit = -1;     // -1: go on
  Error error;       // of a mistake
  std::string text;  // help or version, for stdout
};

/// Whether a command line that may have a mistake asks for JSON: any thread, no errors.
bool wants_json(int argc, const char* const* argv) noexcept;

}  // namespace weir::command_line
