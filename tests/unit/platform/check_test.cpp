// check_test.cpp: what a broken contract looks like from outside.
#include "child.hpp"

#include <weir/check.hpp>

#include <doctest/doctest.h>

#include <csignal>

using weir::test::Child;
using weir::test::in_child;

TEST_CASE("check: a broken contract prints place, sentence and expression, and aborts") {
  const Child child = in_child([] {
    const int ring_slots = 0;
    WEIR_CHECK(ring_slots > 0, "a ring holds at least one");
  });
  CHECK(child.signal == SIGABRT);
  CHECK(child.err.find("check_test.cpp:") != std::string::npos);
  CHECK(child.err.find(": a ring holds at least one (ring_slots > 0)\n") != std::string::npos);
}

TEST_CASE("check: a kept contract costs nothing that is seen") {
  const Child child = in_child([] { WEIR_CHECK(1 + 1 == 2, "arithmetic"); });
  CHECK(child.signal == 0);
  CHECK(child.code == 0);
  CHECK(child.err.empty());
}

TEST_CASE("check: WEIR_ASSERT is on in debug and sanitizer builds") {
  const Child child = in_child([] {
    const bool kept = false;
    WEIR_ASSERT(kept, "only in debug");
    static_cast<void>(kept);
  });
#if !defined(NDEBUG) || defined(WEIR_SANITIZED)
  CHECK(child.signal == SIGABRT);
#else
  CHECK(child.signal == 0);
#endif
}

TEST_CASE("check: WEIR_ASSERT_SLOW is on where WEIR_SLOW_CHECKS is defined") {
  const Child child = in_child([] {
    const bool kept = false;
    WEIR_ASSERT_SLOW(kept, "only where time does not matter");
    static_cast<void>(kept);
  });
#if defined(WEIR_SLOW_CHECKS)
  CHECK(child.signal == SIGABRT);
#else
  CHECK(child.signal == 0);
#endif
}

TEST_CASE("check: a sentence longer than the line is cut, not overrun") {
  const Child child = in_child([] {
    const std::string sentence(5000, 'x');
    WEIR_CHECK(sentence.empty(), sentence.c_str());
  });
  CHECK(child.signal == SIGABRT);
  CHECK(child.err.size() == 1024);
  CHECK(child.err.back() == '\n');
}
