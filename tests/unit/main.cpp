// main.cpp: the main of every test executable.
//
// Sets, where they are not set: WEIR_SOURCE (the checkout), WEIR_BIN (the programs' folder) and, where the folder is
// there, WEIR_TEST_DATA (real input files).
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

int main(int argc, char** argv) {
  constexpr int keep = 0;
  setenv("WEIR_SOURCE", WEIR_SOURCE_DIR, keep);
  setenv("WEIR_BIN", WEIR_BIN_DIR, keep);
  const std::filesystem::path data = std::filesystem::path(WEIR_SOURCE_DIR) / "../shared/data";
  std::error_code error;
  if (std::filesystem::is_directory(data, error)) {
    setenv("WEIR_TEST_DATA", data.lexically_normal().c_str(), keep);
  }
  doctest::Context context(argc, argv);
  return context.run();
}
