// program.hpp: runs one of the bundled programs as people and scripts do.
#pragma once

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <weir/file.hpp>

namespace weir::test {

struct Answer {
  int exit = -1;
  std::string out;
};

/// The path of a program; empty, and said so, when it is not built.
inline std::string program_path(const std::string& name) {
  const char* folder = std::getenv("WEIR_BIN");
  const std::string path = std::string(folder == nullptr ? "build/bin" : folder) + "/" + name;
  if (weir::stat_file(path).ok()) return path;
  MESSAGE("SKIP: " << name << " is not built");
  return {};
}

/// Runs a shell line in `folder`; stderr comes behind stdout when `with_stderr`.
inline Answer run_line(const std::string& folder, const std::string& command, bool with_stderr) {
  const std::string line =
      "cd '" + folder + "' && " + command + (with_stderr ? " 2>&1" : " 2>/dev/null");
  std::FILE* pipe = ::popen(line.c_str(), "r");
  REQUIRE(pipe != nullptr);
  Answer answer;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    answer.out.append(buffer.data(), n);
  const int status = ::pclose(pipe);
  answer.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return answer;
}

inline bool says(const Answer& answer, const std::string& words) {
  return answer.out.find(words) != std::string::npos;
}

}  // namespace weir::test
