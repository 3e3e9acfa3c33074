// machine_tree.hpp: a folder of fake files that says what a machine grants, as /proc and /sys do.
#pragma once

#include <cstdio>
#include <string>
#include <unit/platform/temporary_directory.hpp>

namespace weir::test {

inline constexpr const char* v2_mount =
    "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
inline constexpr const char* v1_cpu_mount =
    "33 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:11 - cgroup cgroup rw,cpu,cpuacct\n";
inline constexpr const char* v1_cpuset_mount =
    "35 31 0:31 / /sys/fs/cgroup/cpuset rw shared:13 - cgroup cgroup rw,cpuset\n";
inline constexpr const char* hybrid_mount =
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

class MachineTree : public TemporaryDirectory {
 public:
  MachineTree(const std::string& groups, const std::string& mounts) {
    set("proc/self/cgroup", groups);
    set("proc/self/mountinfo", "23 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n" + mounts);
  }
  /// Replaces a file as the kernel does: who reads it sees all of the old or all of the new.
  void set(const std::string& name, const std::string& content) const {
    const std::string part = put(name + ".part", content);
    static_cast<void>(std::rename(part.c_str(), (*this / name).c_str()));
  }
  void remove(const std::string& name) const { std::remove((*this / name).c_str()); }

  void v1_quota(const std::string& folder, const std::string& quota,
                const std::string& period = "100000\n") const {
    set(folder + "/cpu.cfs_period_us", period);
    set(folder + "/cpu.cfs_quota_us", quota);
  }
  void v1_stat(const std::string& folder, int throttled, long ns) const {
    set(folder + "/cpu.stat", "nr_periods 100\nnr_throttled " + std::to_string(throttled) +
                                  "\nthrottled_time " + std::to_string(ns) + "\n");
  }
  void v2_stat(const std::string& folder, int throttled, long us) const {
    set(folder + "/cpu.stat", "usage_usec 1\nuser_usec 1\nsystem_usec 0\nnr_periods 100\n" +
                                  ("nr_throttled " + std::to_string(throttled)) +
                                  "\nthrottled_usec " + std::to_string(us) + "\nnr_bursts 0\n");
  }
};

}  // namespace weir::test
