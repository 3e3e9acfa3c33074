// detail/machine_watch.hpp: what the machine grants this process, looked at again and again.
//
// Roles:    one thread at a time.
// Progress: a look reads two files a level of each tree of control groups, and one or two more:
//           20 to 100 us.
// Errors:   what cannot be read, or is not understood, limits nothing.
// Memory:   on the program's heap, taken when the process's groups are found, and again when it has
//           moved to others; a look takes none.
// Source:   sched_getaffinity of the process's first thread; v2 cpuset.cpus.effective or v1
//           cpuset.effective_cpus; quotas as topology.hpp; nr_throttled and throttled_usec (v1:
//           throttled_time) of cpu.stat.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <weir/detail/cpu_mask.hpp>
#include <weir/topology.hpp>

namespace weir::detail {

/// What was granted at one look.
struct MachineView {
  CpuMask process;  // where the process's first thread may run
  CpuMask cpuset = CpuMask::all();
  double quota_cpus = 0;                // 0: none
  std::uint64_t throttled_periods = 0;  // periods of a quota in which the process's groups were
  std::uint64_t throttled_ns = 0;       // stopped, and for how long, since the watch began
};

class MachineWatch {
 public:
  /// All files are below `root`.
  explicit MachineWatch(std::string root = "/");
  ~MachineWatch();

  /// Brings `view` up to date; what cannot be found out stays in it as it was (`process`).
  void look(MachineView& view);
  /// The file that set the quota of the last look; "" without one.
  std::string quota_source() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The CPUs of a topology that it allows.
CpuMask allowed_in(const Topology& topology) noexcept;

/// Where workers may go: what `limit` and the view have in common. Where that is nothing, the
/// process's first thread has gone elsewhere alone and is left out, and a limit that the machine
/// does not grant comes last.
CpuMask allowed_by(const MachineView& view, const CpuMask& limit) noexcept;

/// Allows the CPUs of the mask and no others; those that the topology does not know stand for
/// themselves.
void restrict_topology(Topology& topology, const CpuMask& allowed);

}  // namespace weir::detail
