#include <weir/memory.hpp>
#include <weir/version.hpp>

#include <doctest/doctest.h>

#include <string>

TEST_CASE("version: one line names version, commit, compiler, build and what is inside") {
  const std::string line = weir::version_line();
  CHECK(line.rfind(std::string("weir ") + weir::version() + " (commit ", 0) == 0);
  for (const char* part : {weir::commit(), weir::compiler(), weir::build_type(),
                           weir::allocator_name(), weir::inbox_name()}) {
    CHECK(line.find(part) != std::string::npos);
    CHECK(std::string(part).size() > 1);
  }
}

TEST_CASE("version: sanitizer builds take malloc and Ring, others mimalloc and moodycamel") {
  const bool sanitized = std::string(weir::build_type()).ends_with("+sanitized");
  CHECK(weir::uses_mimalloc != sanitized);
  CHECK(weir::uses_moodycamel != sanitized);
  CHECK((std::string(weir::allocator_name()) == "malloc") == sanitized);
  CHECK((std::string(weir::inbox_name()) == "ring") == sanitized);
#if defined(WEIR_SANITIZED)
  CHECK(sanitized);
#else
  CHECK_FALSE(sanitized);
#endif
}
