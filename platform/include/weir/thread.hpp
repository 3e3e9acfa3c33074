// thread.hpp: a named, optionally pinned thread that is always joined.
//
// Roles:    a Thread is used by one thread at a time; the free functions by any.
// Progress: start and join may wait for the kernel; a thread may already run when start() returns.
// Errors:   start() answers an Error ("thread_refused" when the kernel has no room, "bad_cpu" when
//           it cannot be pinned).
// Memory:   the kernel's stack (stack_bytes, 0: the system's default) and 64 bytes that are not
//           counted.
#pragma once

#include <cstddef>

#include <weir/result.hpp>

namespace weir {

struct ThreadConfig {
  const char* name = "weir";    // up to 15 characters are kept
  int cpu = -1;                 // the only CPU it may run on, by the kernel's number; -1: any
  std::size_t stack_bytes = 0;  // 0: the system's default
};

class Thread {
 public:
  Thread() noexcept = default;
  Thread(Thread&& other) noexcept : start_(other.start_) { other.start_ = nullptr; }
  Thread& operator=(Thread&& other) noexcept;
  /// A WEIR_CHECK when it has not been joined: weir detaches nothing.
  ~Thread();

  /// Starts a thread that runs body(argument). `body` must not throw.
  static Result<Thread> start(const ThreadConfig& config, void (*body)(void*), void* argument);

  bool joinable() const noexcept { return start_ != nullptr; }
  /// Waits for the end of the body, whose effects are then visible here. A WEIR_CHECK when not
  /// joinable.
  void join() noexcept;
  /// Forgets a thread that does not exist in this process: for a fork's child only, where there is
  /// nothing to join.
  void abandon() noexcept { start_ = nullptr; }

 private:
  struct Start;
  Start* start_ = nullptr;
};

/// Restricts the calling thread to the `count` CPUs named; false when the kernel refuses (none of
/// them is allowed).
bool set_affinity(const int* cpus, std::size_t count) noexcept;

/// The CPU the caller runs on at this moment, -1 when unknown.
int current_cpu() noexcept;

/// The kernel's number of the calling thread.
int thread_id() noexcept;

/// Live threads of this process, the caller included; 0 when /proc is absent.
std::size_t thread_count() noexcept;

}  // namespace weir
