// topology.hpp: what the machine allows this process to use, and where workers go on it.
//
// Roles:    any thread. Progress: reading the machine takes 2 to 17 ms (hwloc), once a process.
// Errors:   reading never fails: what cannot be found out is unknown (-1), and the kernel's mask
//           decides.
// Memory:   on the program's heap; set-up only.
// Source:   hwloc for cores, SMT and caches; sched_getaffinity for what is allowed (the kernel has
//           applied the cpuset); cgroup v2 cpu.max or v1 cpu.cfs_quota_us / cpu.cfs_period_us, the
//           least over the ancestors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <weir/result.hpp>

namespace weir {

/// One hardware thread. Ids count from 0 inside the topology; -1: unknown.
struct Cpu {
  int os = -1;    // the kernel's number
  int core = -1;  // physical core
  int smt = 0;    // rank among the hardware threads of its core
  int l2 = -1;    // cache it shares
  int l3 = -1;
  int numa = -1;        // memory node
  bool allowed = true;  // this process may run on it
};

struct Topology {
  std::vector<Cpu> cpus;     // in machine order: memory node, cache, core, hardware thread
  double quota_cpus = 0;     // CPU time that the cgroups grant, in CPUs; 0: no quota
  std::string quota_source;  // the file that set it
  std::string model;         // the processor's name, "" when unknown

  int allowed_cpus() const noexcept;
  /// Physical cores with at least one allowed hardware thread.
  int allowed_cores() const noexcept;
};

/// This machine for this process, read at the first call.
const Topology& machine_topology();
/// The same, read now: for tests, and for processes that change their affinity.
Topology read_machine_topology();
/// A machine from hwloc's notation ("numa:2 l3:1 core:4 pu:2"). Error: bad_topology.
Result<Topology> synthetic_topology(std::string_view text);

/// The CPU quota of this process, from /proc/self/{cgroup,mountinfo} and the trees mounted there,
/// all below `root`.
struct CpuQuota {
  double cpus = 0;  // 0: none
  std::string source;
};
CpuQuota read_cpu_quota(const std::string& root = "/");

/// Where workers go, and how they may wait.
struct Placement {
  std::vector<int> cpus;  // one a worker: the kernel's number to pin to, or -1
  bool pinned = false;
  int home = -1;          // the CPU that place_workers() was to start beside, or -1
  bool spinning = false;  // idle workers may spin: no quota that bites, and a CPU for each
  std::vector<std::uint16_t> near_order;  // workers() rows of workers() - 1
  std::string text;                       // describe()

  int workers() const noexcept { return static_cast<int>(cpus.size()); }
  /// The other workers, nearest first: same core, L2, L3, memory node, rest; inside a class
  /// starting behind the worker, so that thieves spread.
  std::span<const std::uint16_t> near(int worker) const noexcept;
  /// One line: "4 workers pinned to CPUs 0-3 (4 cores, 1 L3, 1 memory node), no quota, spinning
  /// allowed".
  const std::string& describe() const noexcept { return text; }
};

/// `requested` workers, -1: one per allowed physical core, at most as many as the quota has CPUs
/// (rounded up), at least 1. First one hardware thread a core, then their siblings. More workers
/// than allowed CPUs, or than the quota's: not pinned, no spinning. `pin` false: not pinned in any
/// case. `home`: a CPU, as a rule that of the calling thread; fewer workers than cores are placed
/// beside it, so that processes of few workers each do not share the machine's first cores. -1: the
/// first cores.
Placement place_workers(const Topology& topology, int requested, bool pin = true, int home = -1);

}  // namespace weir
