// detail/cpu_mask.hpp: a set of CPUs of fixed size, and the affinity of any thread of this process.
//
// Roles:    a mask is plain data; the functions may be called by any thread. Progress: one system
//           call each.
// Errors:   false: the kernel refuses, or the text is no list of CPUs; nothing has changed then.
// Memory:   1 KiB a mask, on its owner; only text() allocates.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::detail {

/// CPUs by the kernel's numbers.
class CpuMask {
 public:
  /// The most that a Linux kernel is built for (NR_CPUS on x86-64).
  static constexpr int cpus_max = 8192;

  static CpuMask all() noexcept {
    CpuMask mask;
    for (std::uint64_t& word : mask.word_) word = ~std::uint64_t{0};
    return mask;
  }
  static CpuMask of(int cpu) noexcept {
    CpuMask mask;
    mask.add(cpu);
    return mask;
  }

  /// Numbers outside of 0 .. cpus_max - 1 are in no mask.
  void add(int cpu) noexcept {
    if (cpu >= 0 && cpu < cpus_max) word_[cpu / 64] |= std::uint64_t{1} << (cpu % 64);
  }
  void remove(int cpu) noexcept {
    if (cpu >= 0 && cpu < cpus_max) word_[cpu / 64] &= ~(std::uint64_t{1} << (cpu % 64));
  }
  bool has(int cpu) const noexcept {
    return cpu >= 0 && cpu < cpus_max && (word_[cpu / 64] >> (cpu % 64) & 1) != 0;
  }
  int count() const noexcept {
    int count = 0;
    for (const std::uint64_t word : word_) count += std::popcount(word);
    return count;
  }
  bool empty() const noexcept { return *this == CpuMask(); }
  CpuMask operator&(const CpuMask& other) const noexcept {
    CpuMask both;
    for (std::size_t i = 0; i < words; ++i) both.word_[i] = word_[i] & other.word_[i];
    return both;
  }
  bool operator==(const CpuMask&) const noexcept = default;

  /// "0-3,8"
  std::string text() const;

 private:
  friend bool read_affinity(int thread, CpuMask& mask) noexcept;
  friend bool write_affinity(int thread, const CpuMask& mask) noexcept;
  static constexpr std::size_t words = cpus_max / 64;
  std::uint64_t word_[words] = {};
};

/// Reads the kernel's "0-3,8" with blanks around it. An empty list, or one that is not understood:
/// false.
bool parse_cpu_list(std::string_view text, CpuMask& mask) noexcept;

/// Where a thread may run; `thread` is the kernel's number, that of the process is its first
/// thread's, 0 is the caller's. The kernel has applied the cpuset.
bool read_affinity(int thread, CpuMask& mask) noexcept;
/// False: no such thread, or none of the CPUs is allowed to it.
bool write_affinity(int thread, const CpuMask& mask) noexcept;

}  // namespace weir::detail
