// phase.cpp: one thread-local pointer says whose rule a thread lives under. It is plain data: no
// destructor runs.
#include <weir/check.hpp>
#include <weir/phase.hpp>

namespace weir {
namespace {

#if !defined(NDEBUG) || defined(WEIR_SANITIZED)
constexpr bool armed_at_first = true;
#else
constexpr bool armed_at_first = false;
#endif

atomic<std::uint64_t> all_allocations{0};
atomic<bool> abort_armed{armed_at_first};
constinit thread_local PhaseGuard* current = nullptr;

}  // namespace

void PhaseGuard::start_running() noexcept {
  WEIR_CHECK(phase() == Phase::setup, "start_running() twice, or after teardown");
  phase_.store(Phase::running, relaxed);  // relaxed: see phase()
}

void PhaseGuard::start_teardown() noexcept {
  phase_.store(Phase::teardown, relaxed);  // relaxed: see phase()
}

PhaseScope::PhaseScope(PhaseGuard* guard) noexcept : outer_(current) { current = guard; }
PhaseScope::~PhaseScope() { current = outer_; }

std::uint64_t steady_state_allocations() noexcept {
  return all_allocations.load(relaxed);  // relaxed: a count
}

bool abort_on_steady_state_allocation(bool armed) noexcept {
  return abort_armed.exchange(armed, relaxed);  // relaxed: a setting of tests
}

void note_allocation() noexcept {
  if (current == nullptr || current->phase() != Phase::running) return;
  current->allocations_.fetch_add(1, relaxed);  // relaxed: a count
  all_allocations.fetch_add(1, relaxed);        // relaxed: a count
  WEIR_CHECK(!abort_armed.load(relaxed),        // relaxed: a setting
             "a thread of a running runtime allocated memory: take it during set-up (phase.hpp)");
}

}  // namespace weir
