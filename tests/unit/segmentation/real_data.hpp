// real_data.hpp: the measured files that the tests compare with; WEIR_TEST_DATA names their folder.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <weir/file.hpp>

namespace real_data {

/// The folder "measurements", or empty (said aloud) where it is absent.
inline std::string root() {
  const char* given = std::getenv("WEIR_TEST_DATA");
  std::string path;
  if (given != nullptr && *given != 0) {
    path = std::string(given) + "/measurements";
  } else {
#ifdef WEIR_SOURCE_DIR
    path = std::string(WEIR_SOURCE_DIR) + "/../shared/data/measurements";
#else
    path = "../shared/data/measurements";
#endif
  }
  if (weir::stat_file(path + "/expected.json").ok()) return path;
  MESSAGE("SKIP: no measurement files at " << path << "; set WEIR_TEST_DATA");
  return {};
}

inline std::string read(const std::string& path) {
  weir::Buffer buffer;
  const auto size = weir::read_file(path, buffer);
  REQUIRE_MESSAGE(size.ok(), path);
  return std::string(buffer.view());
}

}  // namespace real_data
