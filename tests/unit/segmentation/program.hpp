// program.hpp: runs weir-segment as people and scripts do.
#pragma once

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "scratch.hpp"

struct Answer {
  int exit = -1;
  std::string out;
};

inline std::string program() {
  const char* folder = std::getenv("WEIR_BIN");
  const std::string path = std::string(folder == nullptr ? "build/bin" : folder) + "/weir-segment";
  if (weir::stat_file(path).ok()) return path;
  MESSAGE("SKIP: weir-segment is not built");
  return {};
}

/// Runs the program in `folder`; stderr comes behind stdout when `with_stderr`.
inline Answer run(const std::string& folder, const std::string& arguments,
                  bool with_stderr = true) {
  const std::string line = "cd '" + folder + "' && '" + program() + "' " + arguments +
                           (with_stderr ? " 2>&1" : " 2>/dev/null");
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
