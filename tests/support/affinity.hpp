// affinity.hpp: where the threads of this process may run, as the kernel says.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>
#include <weir/detail/cpu_mask.hpp>

namespace weir::test {

/// The CPUs that the process's first thread (the test's) may use.
inline std::vector<int> own_cpus() {
  detail::CpuMask mask;
  std::vector<int> cpus;
  if (!detail::read_affinity(0, mask)) return cpus;
  for (int cpu = 0; cpu < detail::CpuMask::cpus_max; ++cpu) {
    if (mask.has(cpu)) cpus.push_back(cpu);
  }
  return cpus;
}

/// "0-3,8"; "" for a thread that is not there.
inline std::string affinity_of(int thread) {
  detail::CpuMask mask;
  return detail::read_affinity(thread, mask) ? mask.text() : std::string();
}

inline std::vector<int> own_threads() {
  std::vector<int> threads;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", ignored))
    threads.push_back(std::atoi(entry.path().filename().c_str()));
  return threads;
}

/// The kernel's numbers of the workers of the only runtime, by index; 0: not there (any more).
inline std::vector<int> worker_threads(int workers) {
  std::vector<int> threads(static_cast<std::size_t>(workers), 0);
  for (const int thread : own_threads()) {
    std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/comm");
    std::string name;
    std::getline(file, name);
    if (name.rfind("weir-", 0) != 0 || name.find_first_not_of("0123456789", 5) != name.npos) {
      continue;  // the executable's own name may begin so
    }
    const int index = std::atoi(name.c_str() + 5);
    if (index < workers) threads[static_cast<std::size_t>(index)] = thread;
  }
  return threads;
}

inline std::vector<std::string> worker_affinities(int workers) {
  std::vector<std::string> affinities;
  for (const int thread : worker_threads(workers))
    affinities.push_back(thread == 0 ? std::string() : affinity_of(thread));
  return affinities;
}

/// As taskset -a: every thread of this process.
inline void move_all_threads(const detail::CpuMask& mask) {
  for (const int thread : own_threads()) static_cast<void>(detail::write_affinity(thread, mask));
}

/// Puts the affinity of the test's own thread, and all that were made since, back at the end.
class KeepAffinity {
 public:
  KeepAffinity() { static_cast<void>(detail::read_affinity(0, mask_)); }
  KeepAffinity(const KeepAffinity&) = delete;
  KeepAffinity& operator=(const KeepAffinity&) = delete;
  ~KeepAffinity() { move_all_threads(mask_); }

 private:
  detail::CpuMask mask_;
};

}  // namespace weir::test
