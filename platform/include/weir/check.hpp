// check.hpp: assertions, for programming errors only.
//
// WEIR_CHECK is on in every build; WEIR_ASSERT in debug and sanitizer builds; WEIR_ASSERT_SLOW where
// WEIR_SLOW_CHECKS is defined (O(n) invariants, tests). Each takes a sentence that says what the caller did wrong.
#pragma once

namespace weir::detail {

/// Prints `FILE:LINE: sentence (expression)` on stderr and aborts. Async-signal-safe, never returns.
[[noreturn]] void check_failed(const char* file, int line, const char* expression,
                               const char* sentence) noexcept;

/// `hook` is called once between the line and the abort, to save what can be saved; it need not be
/// async-signal-safe when no check can fail in a handler. Null: none. Returns the former one.
using CheckHook = void (*)() noexcept;
CheckHook set_check_hook(CheckHook hook) noexcept;

}  // namespace weir::detail

#define WEIR_CHECK(expression, sentence)                                             \
  ((expression)                                                                      \
       ? static_cast<void>(0)                                                        \
       : ::weir::detail::check_failed(__FILE__, __LINE__, #expression, sentence))

// Not in the model: it counts operations, which must be the same in all builds.
#if (!defined(NDEBUG) || defined(WEIR_SANITIZED)) && !defined(WEIR_MODEL)
#define WEIR_ASSERT(expression, sentence) WEIR_CHECK(expression, sentence)
#else
#define WEIR_ASSERT(expression, sentence) static_cast<void>(0)
#endif

#if defined(WEIR_SLOW_CHECKS)
#define WEIR_ASSERT_SLOW(expression, sentence) WEIR_CHECK(expression, sentence)
#else
#define WEIR_ASSERT_SLOW(expression, sentence) static_cast<void>(0)
#endif
