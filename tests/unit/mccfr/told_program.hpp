// told_program.hpp: weir-mccfr run in a folder of its own, for cases on hold'em.
#pragma once

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <support/program.hpp>
#include <support/tier.hpp>
#include <unit/platform/temporary_directory.hpp>

namespace weir::test {

class ToldProgram {
 public:
  /// False, said aloud: not built, or too slow for this tier.
  bool there() const {
    if (program_.empty()) return false;
    if (!sanitized || full()) return true;
    MESSAGE("SKIP: all boards are too many for a sanitizer outside the long tier");
    return false;
  }
  /// `before` and `after` are words of the shell around it.
  Answer run(const std::string& arguments, const std::string& before = "",
             const std::string& after = "") const {
    return run_line(folder_.path(), before + "'" + program_ + "' " + arguments + after, false);
  }
  /// What it prints with --json; it must end well.
  nlohmann::json told(const std::string& arguments) const {
    const Answer answer = run(arguments + " --json --quiet");
    CAPTURE(arguments);
    CAPTURE(answer.out);
    CHECK(answer.exit == 0);
    return nlohmann::json::parse(answer.out);
  }

 private:
  std::string program_ = program_path("weir-mccfr");
  TemporaryDirectory folder_;
};

}  // namespace weir::test
