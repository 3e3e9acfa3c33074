// clock.cpp: CLOCK_MONOTONIC, and the time stamp counter where it is invariant.
#include <ctime>
#include <weir/atomic.hpp>
#include <weir/clock.hpp>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

namespace weir {
namespace {

constexpr std::uint64_t ns_per_second = 1'000'000'000;
// Between two readings of 50 ns each: an error below 50 ppm.
constexpr std::uint64_t calibration_ns = 2'000'000;

enum class Counter : std::uint32_t { unknown, tsc, clock };

// Constant-initialised, so that no static constructor runs; filled by the first caller.
atomic<Counter> counter{Counter::unknown};
atomic<double> rate{0};

std::uint64_t read_clock(clockid_t id) noexcept {
  timespec now{};
  ::clock_gettime(id, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * ns_per_second +
         static_cast<std::uint64_t>(now.tv_nsec);
}

Counter detect() noexcept {
#if defined(__x86_64__)
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  // CPUID 80000007h EDX: the TSC runs at a constant rate.
  constexpr unsigned invariant_bit = 1U << 8;
  if (__get_cpuid(0x80000007U, &a, &b, &c, &d) != 0 && (d & invariant_bit) != 0)
    return Counter::tsc;
#endif
  return Counter::clock;
}

Counter kind() noexcept {
  // relaxed: a constant of the machine, every thread finds the same
  Counter found = counter.load(relaxed);
  if (found == Counter::unknown) {
    found = detect();
    counter.store(found, relaxed);  // relaxed: as above
  }
  return found;
}

double calibrate() noexcept {
  if (kind() == Counter::clock) return 1000.0;
  const std::uint64_t first_ns = now_ns();
  const std::uint64_t first = ticks();
  std::uint64_t last_ns = first_ns;
  while (last_ns - first_ns < calibration_ns) last_ns = now_ns();
  const std::uint64_t last = ticks();
  return static_cast<double>(last - first) * 1000.0 / static_cast<double>(last_ns - first_ns);
}

Deadline after_ns(std::uint64_t count, std::uint64_t unit_ns) noexcept {
  const Deadline now = now_ns();
  return count > (never - now) / unit_ns ? never : now + count * unit_ns;
}

}  // namespace

Deadline now_ns() noexcept { return read_clock(CLOCK_MONOTONIC); }

Deadline after_ms(std::uint64_t ms) noexcept { return after_ns(ms, 1'000'000); }
Deadline after_us(std::uint64_t us) noexcept { return after_ns(us, 1'000); }

std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
  if (kind() == Counter::tsc) return __rdtsc();
#endif
  return now_ns();
}

double ticks_per_us() noexcept {
  // relaxed: the value is all there is, nothing is published with it
  double known = rate.load(relaxed);
  if (known == 0) {
    const double measured = calibrate();
    // relaxed: the first to measure decides, so that all threads use one rate
    if (rate.compare_exchange_strong(known, measured, relaxed, relaxed)) known = measured;
  }
  return known;
}

std::uint64_t process_cpu_ns() noexcept { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

double wall_seconds() noexcept { return static_cast<double>(read_clock(CLOCK_REALTIME)) * 1e-9; }

}  // namespace weir
