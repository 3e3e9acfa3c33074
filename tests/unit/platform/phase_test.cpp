#include "child.hpp"

#include <weir/memory.hpp>
#include <weir/phase.hpp>
#include <weir/thread.hpp>

#include <doctest/doctest.h>

#include <csignal>

namespace {

void touch() { weir::release_bytes(weir::allocate_bytes(64, 8), 64, 8); }

/// Counts only, as a release build does.
struct Disarmed {
  bool former = weir::abort_on_steady_state_allocation(false);
  ~Disarmed() { weir::abort_on_steady_state_allocation(former); }
};

}  // namespace

TEST_CASE("phase: only a member thread of a running object is counted") {
  const Disarmed disarmed;
  const std::uint64_t before = weir::steady_state_allocations();
  weir::PhaseGuard guard;
  {
    const weir::PhaseScope member(&guard);
    touch();
    CHECK(guard.allocations() == 0);
    guard.start_running();
    CHECK(guard.phase() == weir::Phase::running);
    touch();
    touch();
    CHECK(guard.allocations() == 2);
    {
      const weir::PhaseScope exempt(nullptr);
      touch();
    }
    CHECK(guard.allocations() == 2);
    touch();
    guard.start_teardown();
    guard.start_teardown();
    touch();
  }
  touch();
  CHECK(guard.allocations() == 3);
  CHECK(weir::steady_state_allocations() == before + 3);
}

TEST_CASE("phase: scopes nest, the innermost object counts") {
  const Disarmed disarmed;
  weir::PhaseGuard outer;
  weir::PhaseGuard inner;
  outer.start_running();
  const weir::PhaseScope in_outer(&outer);
  {
    const weir::PhaseScope in_inner(&inner);
    touch();
    inner.start_running();
    touch();
  }
  touch();
  CHECK(outer.allocations() == 1);
  CHECK(inner.allocations() == 1);
}

TEST_CASE("phase: other threads allocate as they like") {
  const Disarmed disarmed;
  weir::PhaseGuard guard;
  guard.start_running();
  const weir::PhaseScope member(&guard);
  weir::Thread thread = weir::Thread::start(
                            {}, [](void*) { touch(); }, nullptr)
                            .value();
  thread.join();
  CHECK(guard.allocations() == 0);
}

TEST_CASE("phase: armed, an allocation while running aborts with a sentence") {
  const weir::test::Child child = weir::test::in_child([] {
    weir::abort_on_steady_state_allocation(true);
    weir::PhaseGuard guard;
    const weir::PhaseScope member(&guard);
    touch();
    guard.start_running();
    touch();
  });
  CHECK(child.signal == SIGABRT);
  CHECK(child.err.find("allocated memory") != std::string::npos);
}

TEST_CASE("phase: armed in debug and sanitizer builds only") {
  const bool former = weir::abort_on_steady_state_allocation(false);
  weir::abort_on_steady_state_allocation(former);
#if !defined(NDEBUG) || defined(WEIR_SANITIZED)
  CHECK(former);
#else
  CHECK_FALSE(former);
#endif
}

TEST_CASE("phase: running twice is a broken contract") {
  const weir::test::Child child = weir::test::in_child([] {
    weir::PhaseGuard guard;
    guard.start_running();
    guard.start_running();
  });
  CHECK(child.signal == SIGABRT);
}
