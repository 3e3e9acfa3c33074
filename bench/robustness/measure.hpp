// measure.hpp: what scenarios measure with: histograms of times, CPU used, memory, and what is made
// around a child: neighbours, a quota, one CPU.
#pragma once

#include <sys/types.h>

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace weir::bench {

/// Counts of durations in ticks; 16 buckets an octave, so a quantile is right within 6 %.
class Histogram {
 public:
  void add(std::uint64_t ticks) noexcept {
    const std::uint64_t value = static_cast<std::int64_t>(ticks) < 0 ? 0 : ticks;
    ++counts_[bucket(value)];
    if (value > max_) max_ = value;
  }
  void add(const Histogram& other) noexcept {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    if (other.max_ > max_) max_ = other.max_;
  }
  /// The value that a fraction `q` does not exceed, ticks; 0 when nothing was added.
  std::uint64_t quantile(double q) const noexcept;
  std::uint64_t max() const noexcept { return max_; }

 private:
  static std::size_t bucket(std::uint64_t value) noexcept {
    if (value < 16) return static_cast<std::size_t>(value);
    const int octave = 63 - std::countl_zero(value);
    return static_cast<std::size_t>(octave - 3) * 16 +
           static_cast<std::size_t>((value >> (octave - 4)) & 15);
  }
  std::array<std::uint64_t, 16 * 62> counts_{};
  std::uint64_t max_ = 0;
};

double ns_of_ticks(std::uint64_t ticks);

/// CPU seconds of this process, and of the calling thread.
double process_cpu_s();
double thread_cpu_s();
/// Peak resident size since the last call of forget_peak, bytes; 0 where /proc does not tell.
std::uint64_t peak_bytes();
void forget_peak();
std::uint64_t resident_bytes();

/// The CPUs that the caller may use now. (harness.hpp keeps those of its first call: the parent of
/// the children must not ask it.)
std::vector<int> cpus_now();

/// Threads of this process, by the kernel's numbers.
std::vector<int> thread_ids();

/// Endless loops, one a CPU, each a process; they end with this object, or with the parent.
class Neighbours {
 public:
  Neighbours();
  Neighbours(const Neighbours&) = delete;
  Neighbours& operator=(const Neighbours&) = delete;
  ~Neighbours();

 private:
  std::vector<pid_t> children_;
};

/// A CPU cgroup that grants half a CPU (50 of 100 ms), v1 or v2; removed at the end.
class Quota {
 public:
  Quota();
  Quota(const Quota&) = delete;
  Quota& operator=(const Quota&) = delete;
  ~Quota();
  /// Empty when there is a group; else why not.
  const std::string& why_not() const { return why_not_; }
  /// Puts the calling process in.
  bool enter() const;
  /// Periods in which it was throttled, and all of them, so far.
  std::pair<std::uint64_t, std::uint64_t> throttled() const;

 private:
  bool make(const std::string& parent, bool v2);
  std::string folder_, why_not_;
};

}  // namespace weir::bench
