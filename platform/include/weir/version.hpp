// version.hpp: what this build is, and the two switches of sanitizer builds.
//
// Roles: any thread. Memory: constants of the program, nothing is allocated.
//
// Sanitizer builds (CMake defines WEIR_SANITIZED) take malloc for mimalloc and Ring for
// moodycamel::ConcurrentQueue: Debian's mimalloc is not instrumented, so a correct hand-off of one
// of its blocks would be reported, and ThreadSanitizer does not see moodycamel's fences. Both
// switches sit here and nowhere else; --version prints them.
#pragma once

#if defined(WEIR_SANITIZED)
#define WEIR_USES_MIMALLOC 0
#define WEIR_USES_MOODYCAMEL 0
#else
#define WEIR_USES_MIMALLOC 1
#define WEIR_USES_MOODYCAMEL 1
#endif

namespace weir {

inline constexpr bool uses_mimalloc = WEIR_USES_MIMALLOC != 0;
inline constexpr bool uses_moodycamel = WEIR_USES_MOODYCAMEL != 0;

/// "0.1.0".
const char* version() noexcept;
/// The commit this was configured from, "unknown" outside of a clone.
const char* commit() noexcept;
/// "gcc 12.2.0" or "clang 19.1.4".
const char* compiler() noexcept;
/// CMake's build type, with "+sanitized" in sanitizer builds.
const char* build_type() noexcept;
/// "moodycamel" or "ring": what the inbox is made of.
const char* inbox_name() noexcept;
/// All of it in one line with allocator_name() of memory.hpp, for --version:
/// "weir 0.1.0 (commit ..., gcc 12.2.0, Release, mimalloc 2.0.9, moodycamel)".
const char* version_line() noexcept;

}  // namespace weir
