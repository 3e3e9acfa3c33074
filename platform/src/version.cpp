// version.cpp: the only file that the build gives its version, commit and build type.
#include <weir/limits.hpp>  // so that the bounds are checked in every build, whoever uses them
#include <weir/memory.hpp>
#include <weir/version.hpp>

#include <cstdio>

#define WEIR_TEXT_OF(x) #x
#define WEIR_TEXT(x) WEIR_TEXT_OF(x)

namespace weir {

const char* version() noexcept { return WEIR_VERSION; }
const char* commit() noexcept { return WEIR_COMMIT; }

const char* compiler() noexcept {
#if defined(__clang__)
  return "clang " WEIR_TEXT(__clang_major__) "." WEIR_TEXT(__clang_minor__) "." WEIR_TEXT(
      __clang_patchlevel__);
#else
  return "gcc " WEIR_TEXT(__GNUC__) "." WEIR_TEXT(__GNUC_MINOR__) "." WEIR_TEXT(
      __GNUC_PATCHLEVEL__);
#endif
}

const char* build_type() noexcept {
#if defined(WEIR_SANITIZED)
  return WEIR_BUILD_TYPE "+sanitized";
#else
  return WEIR_BUILD_TYPE;
#endif
}

const char* inbox_name() noexcept { return uses_moodycamel ? "moodycamel" : "ring"; }

const char* version_line() noexcept {
  struct Line {
    char text[256];
    Line() noexcept {
      std::snprintf(text, sizeof(text), "weir %s (commit %s, %s, %s, %s, %s)", version(), commit(),
                    compiler(), build_type(), allocator_name(), inbox_name());
    }
  };
  static const Line line;
  return line.text;
}

}  // namespace weir
