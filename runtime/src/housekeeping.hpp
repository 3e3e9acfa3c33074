// housekeeping.hpp: notices that the machine has changed under a running runtime, and puts its
// workers right.
//
// A look, about once a second (limits::housekeeping_ms), is made by whoever finds it due: a worker
// between two jobs, two pieces of a range, at a quiescent point, or whose park has timed out, and a
// foreign thread that waits. There is no thread for it, and none is made in deterministic mode or
// without workers. The one that looks moves all workers, by their kernel numbers: a worker in a
// long body or asleep could not move itself for a long time. Locks: `lock_` is held for a look by a
// worker, and for moments by others; no callback runs under it. A worker that ends takes its number
// out under it, so that no look moves a thread that is not ours.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>
#include <weir/atomic.hpp>
#include <weir/clock.hpp>
#include <weir/detail/machine_watch.hpp>
#include <weir/detail/worker.hpp>
#include <weir/runtime.hpp>
#include <weir/topology.hpp>

namespace weir::detail {

/// The topology that a runtime starts with: the configuration's, or the machine's with what the
/// process may use by now (in `own` where that has changed since it was read).
const Topology& topology_at_start(const Config& config, std::optional<Topology>& own);

class alignas(contended_bytes) Housekeeping {
 public:
  /// Before the workers start, with what they are placed by.
  void begin(const Config& config, const Topology& topology, const Placement& placement);

  /// A worker's first and last step.
  void worker_begins(int index, int thread);
  void worker_ends(int index);

  /// One look. True: something is to be told; `change`, its text apart, and `text` say what.
  bool look(MachineChange& change, std::string& text);
  /// From now on everything but affinities is read below this folder: for tests.
  void watch_below(const std::string& root);

  /// Where workers are now, in one line.
  std::string describe() const;

  atomic<std::uint64_t> due{never};  // when the next look is; never: one is under way
  atomic<std::uint64_t> spin_ns{0};  // how long an idle worker looks around
  atomic<bool> spare{false};         // more CPUs are allowed than there are workers
  Counter looks, replacements, throttled_periods, throttled_ns;

 private:
  struct Put {
    int moved = 0;    // workers that are where they belong now, and were not
    int refused = 0;  // that the kernel does not let there
  };
  bool place(const CpuMask& allowed, double quota_cpus);
  Put put_workers() const noexcept;
  bool count_throttling(const MachineView& seen) noexcept;
  void set_waiting() noexcept;
  double quota_of(const MachineView& seen) const noexcept;

  mutable std::mutex lock_;
  std::optional<Topology> given_;   // the configuration's own
  const Topology* base_ = nullptr;  // cores and caches
  CpuMask limit_ = CpuMask::all();  // what a given topology allows
  bool pin_ = false;                // as configured
  int home_ = -1;                   // Placement::home of the start
  std::uint64_t spin_wanted_ns_ = 0;

  std::unique_ptr<MachineWatch> watch_;
  MachineView view_;  // of the last look
  CpuMask allowed_;   // the workers are placed by these two
  double quota_cpus_ = 0;
  std::vector<int> cpus_;    // one a worker; -1: all that are allowed
  std::vector<int> thread_;  // the kernel's number of each worker; 0: not there
  bool keep_ = false;        // workers are kept where they were put
  bool spinning_ = false;    // by the placement
  std::string text_;         // of the placement
  int refused_ = 0;
  std::uint32_t calm_in_ = 0;  // looks without throttling until spinning comes back; 0: it may
};

}  // namespace weir::detail
