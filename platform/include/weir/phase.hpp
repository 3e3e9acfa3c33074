// phase.hpp: setup -> running -> teardown: who may allocate when.
//
// An object with a hot life (a runtime, a graph) owns a PhaseGuard; the threads that live for it
// enter it. From start_running() to start_teardown() every platform allocation by such a thread is
// counted, and aborts where armed, so that "no allocation after start-up" is enforced by an object
// and not by discipline.
//
// Roles: phase changes by the owner, one thread at a time; PhaseScope on any thread. Progress:
//        wait-free.
// Memory: none. Source: the static allocator of TigerBeetle.
#pragma once

#include <cstdint>

#include <weir/atomic.hpp>

namespace weir {

enum class Phase : std::uint8_t {
  setup,     // anything may be allocated
  running,   // threads inside a PhaseScope must not allocate
  teardown,  // anything again; there is no way back
};

/// The phase of one object. It must outlive the scopes that name it.
class PhaseGuard {
 public:
  PhaseGuard() noexcept = default;
  PhaseGuard(const PhaseGuard&) = delete;
  PhaseGuard& operator=(const PhaseGuard&) = delete;

  /// setup -> running; a WEIR_CHECK from any other phase.
  void start_running() noexcept;
  /// setup or running -> teardown; idempotent.
  void start_teardown() noexcept;

  Phase phase() const noexcept {
    // relaxed: only says which rule holds; the owner publishes its work by other means
    return phase_.load(relaxed);
  }
  /// Allocations that threads inside the guard's scopes made while it was running.
  std::uint64_t allocations() const noexcept {
    return allocations_.load(relaxed);  // relaxed: a count, nothing is read through it
  }

 private:
  friend void note_allocation() noexcept;
  atomic<Phase> phase_{Phase::setup};
  atomic<std::uint64_t> allocations_{0};
};

/// While it lives, the calling thread belongs to `guard`; scopes nest, the innermost counts. A
/// worker opens one for its life, a guest for its stay. PhaseScope(nullptr) is an exemption: cold
/// work that a member thread may do.
class PhaseScope {
 public:
  explicit PhaseScope(PhaseGuard* guard) noexcept;
  PhaseScope(const PhaseScope&) = delete;
  PhaseScope& operator=(const PhaseScope&) = delete;
  ~PhaseScope();

 private:
  PhaseGuard* outer_;
};

/// Allocations inside running scopes, of all guards of the process, ever.
std::uint64_t steady_state_allocations() noexcept;

/// Whether such an allocation aborts or is only counted. At first armed in debug and sanitizer
/// builds, not in release builds. Returns the former setting; any thread.
bool abort_on_steady_state_allocation(bool armed) noexcept;

/// Called by every platform allocation before it is made; also for allocators that weir does not
/// own.
void note_allocation() noexcept;

}  // namespace weir
