// clock.hpp: monotonic time and deadlines, in nanoseconds.
//
// Roles: any thread. Progress: wait-free. Cost: about 20 ns a reading (vDSO clock_gettime); ticks() about 8 ns.
// Source: CLOCK_MONOTONIC, so that deadlines survive a change of the wall clock; it does not count suspended time.
#pragma once

#include <cstdint>
#include <limits>

namespace weir {

/// An instant of the monotonic clock, ns. `never` is no deadline.
using Deadline = std::uint64_t;
inline constexpr Deadline never = std::numeric_limits<Deadline>::max();

/// Now, ns since an arbitrary start (boot on Linux).
Deadline now_ns() noexcept;

/// The instant that lies so many ms or us from now; never when it would overflow.
Deadline after_ms(std::uint64_t ms) noexcept;
Deadline after_us(std::uint64_t us) noexcept;

/// Cheap time stamp counter of this CPU, for measuring bodies; ticks_per_us() tells its rate (invariant TSC; where
/// the CPU has none, both are made of now_ns()).
std::uint64_t ticks() noexcept;
double ticks_per_us() noexcept;

/// Processor time of all threads of this process so far, ns: over a stretch of now_ns(), how many CPUs it kept busy.
/// Cost: a system call, about 0.5 us.
std::uint64_t process_cpu_ns() noexcept;

/// Seconds since the Unix epoch, for records that people read. Never used for waiting.
double wall_seconds() noexcept;

}  // namespace weir
