// signals.hpp: SIGINT and SIGTERM as a flag that a program asks for; SIGUSR1 and crashes as calls.
// Executables only: the library installs nothing.
//
// Roles:  one StopSignals and one ReportSignals a process at a time, built and destroyed by the main
//         thread; StopSignals is asked by any thread.
// Order:  first signal: the flag, and sleepers of word() wake. The second, or a later one that was chosen: _exit(128 +
//         signal) at once.
// Errors: none. Memory: none.
#pragma once

#include <cstdint>
#include <weir/atomic.hpp>
#include <weir/clock.hpp>

namespace weir {

class StopSignals {
 public:
  /// Installs the handlers; signal number `last` ends the process at once (less than 2: the second). A WEIR_CHECK when
  /// another one lives.
  explicit StopSignals(std::uint32_t last = 2) noexcept;
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  /// Puts the former handlers back.
  ~StopSignals();

  bool stop_requested() const noexcept { return signal_number() != 0; }
  /// The first signal that came (2 SIGINT, 15 SIGTERM), 0 for none. The program ends with 128 + it.
  int signal_number() const noexcept;
  /// How many have come.
  std::uint32_t count() const noexcept;
  /// The same as a futex word: 0, then the signal's number; woken when it changes.
  const atomic<std::uint32_t>& word() const noexcept;
  /// Sleeps until a signal came (true) or the deadline passed (false).
  bool wait_until(Deadline deadline) const noexcept;
};

/// While it lives, `report` is called in the handlers of SIGUSR1, after which the program goes on,
/// and of SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, after which the signal takes the course it had
/// before (by default: the end of the process by that signal). Of several threads that crash the
/// first reports; the others wait for it.
class ReportSignals {
 public:
  /// Async-signal-safe calls only; `number` is the signal's.
  using Report = void (*)(int number) noexcept;

  /// A WEIR_CHECK when another one lives.
  explicit ReportSignals(Report report) noexcept;
  ReportSignals(const ReportSignals&) = delete;
  ReportSignals& operator=(const ReportSignals&) = delete;
  /// Puts the former handlers back.
  ~ReportSignals();
};

}  // namespace weir
