// machine_watch.cpp: one look after another at affinity, cpuset, quota and throttling.
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>
#include <weir/detail/machine_watch.hpp>

#include "cgroup.hpp"

namespace weir::detail {
namespace {

/// The count behind `name` in lines of "name count"; 0 when there is none.
std::uint64_t count_of(std::string_view lines, std::string_view name) noexcept {
  for (std::size_t at = 0; at < lines.size(); at = lines.find('\n', at)) {
    if (lines[at] == '\n') ++at;
    const std::string_view line = lines.substr(at, lines.find('\n', at) - at);
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ' ') {
      const double count = leading_number(line.substr(name.size() + 1));
      return count < 0 ? 0 : static_cast<std::uint64_t>(count);
    }
  }
  return 0;
}

/// The cpuset of the nearest level that has one.
bool cpuset_of(const CgroupDirectory& directory, SmallFile& file, CpuMask& mask) noexcept {
  bool known = false;
  const auto take = [&](std::string_view folder, const char* name) {
    known = known || (file.read(folder, name) && parse_cpu_list(file.text(), mask));
  };
  each_level(directory, [&](std::string_view folder) {
    if (directory.version2) {
      take(folder, "/cpuset.cpus.effective");
    } else {
      take(folder, "/cpuset.effective_cpus");
      take(folder, "/cpuset.cpus");
    }
    return !known;
  });
  return known;
}

struct Throttling {
  std::uint64_t periods = 0;
  std::uint64_t ns = 0;
};

Throttling throttling_of(const std::vector<CgroupDirectory>& directories,
                         SmallFile& file) noexcept {
  Throttling sum;
  for (const CgroupDirectory& directory : directories) {
    if (!directory.cpu) continue;
    each_level(directory, [&](std::string_view folder) {
      if (file.read(folder, "/cpu.stat")) {
        sum.periods += count_of(file.text(), "nr_throttled");
        sum.ns += directory.version2 ? count_of(file.text(), "throttled_usec") * 1000
                                     : count_of(file.text(), "throttled_time");
      }
      return true;
    });
  }
  return sum;
}

}  // namespace

struct MachineWatch::State {
  std::string base;    // the root folder without a '/' at its end
  std::string groups;  // what /proc/self/cgroup said when the directories were found
  std::vector<CgroupDirectory> directories;
  LeastQuota quota;
  Throttling last;
  bool counted = false;  // `last` is of these directories
  SmallFile file;

  void find_groups() {
    static_cast<void>(file.read(base, "/proc/self/cgroup"));
    if (file.text() == groups) return;
    std::string text(file.text());
    directories = cgroup_directories(base, text);
    groups = std::move(text);
    counted = false;
  }

  /// Counts of other groups than at the last look, or that have gone down, begin anew.
  void add_throttling(MachineView& view) noexcept {
    const Throttling now = throttling_of(directories, file);
    if (counted && now.periods >= last.periods && now.ns >= last.ns) {
      view.throttled_periods += now.periods - last.periods;
      view.throttled_ns += now.ns - last.ns;
    }
    last = now;
    counted = true;
  }
};

MachineWatch::MachineWatch(std::string root) : state_(std::make_unique<State>()) {
  if (root.ends_with('/')) root.pop_back();
  state_->base = std::move(root);
}

MachineWatch::~MachineWatch() = default;

void MachineWatch::look(MachineView& view) {
  State& state = *state_;
  static_cast<void>(read_affinity(::getpid(), view.process));
  state.find_groups();
  view.cpuset = CpuMask::all();
  for (const CgroupDirectory& directory : state.directories) {
    CpuMask mask;
    if (directory.cpuset && cpuset_of(directory, state.file, mask))
      view.cpuset = view.cpuset & mask;
  }
  state.quota = least_quota(state.directories, state.file);
  view.quota_cpus = state.quota.cpus;
  state.add_throttling(view);
}

std::string MachineWatch::quota_source() const { return state_->quota.source(state_->base); }

CpuMask allowed_in(const Topology& topology) noexcept {
  CpuMask mask;
  for (const Cpu& cpu : topology.cpus) {
    if (cpu.allowed) mask.add(cpu.os);
  }
  return mask;
}

CpuMask allowed_by(const MachineView& view, const CpuMask& limit) noexcept {
  const CpuMask granted = view.process & view.cpuset;
  for (const CpuMask& mask : {granted & limit, view.cpuset & limit, granted}) {
    if (!mask.empty()) return mask;
  }
  return view.process;
}

void restrict_topology(Topology& topology, const CpuMask& allowed) {
  CpuMask unknown = allowed;
  int core = 0;
  for (Cpu& cpu : topology.cpus) {
    cpu.allowed = allowed.has(cpu.os);
    unknown.remove(cpu.os);
    core = std::max(core, cpu.core + 1);
  }
  if (unknown.empty()) return;
  for (int os = 0; os < CpuMask::cpus_max; ++os) {
    if (!unknown.has(os)) continue;
    Cpu cpu;
    cpu.os = os;
    cpu.core = core++;
    topology.cpus.push_back(cpu);
  }
}

}  // namespace weir::detail
