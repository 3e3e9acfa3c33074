// topology.cpp: the only file that knows hwloc.
#include <weir/detail/machine_watch.hpp>
#include <weir/topology.hpp>

#include <algorithm>

#include <hwloc.h>
#include <unistd.h>

namespace weir {
namespace {

/// Index of the ancestor of that type, -1 when there is none.
int ancestor(hwloc_topology_t machine, hwloc_obj_t pu, hwloc_obj_type_t type) noexcept {
  const hwloc_obj_t found = hwloc_get_ancestor_obj_by_type(machine, type, pu);
  return found == nullptr ? -1 : static_cast<int>(found->logical_index);
}

int memory_node(hwloc_topology_t machine, hwloc_obj_t pu) noexcept {
  hwloc_obj_t node = nullptr;
  while ((node = hwloc_get_next_obj_by_type(machine, HWLOC_OBJ_NUMANODE, node)) != nullptr) {
    if (hwloc_bitmap_isset(node->cpuset, pu->os_index) != 0)
      return static_cast<int>(node->logical_index);
  }
  return -1;
}

/// Numbers cores and the hardware threads in each, in machine order.
void read_cpus(hwloc_topology_t machine, Topology& topology) {
  hwloc_obj_t pu = nullptr;
  int cores = 0;
  hwloc_obj_t last_core = nullptr;
  while ((pu = hwloc_get_next_obj_by_type(machine, HWLOC_OBJ_PU, pu)) != nullptr) {
    Cpu cpu;
    cpu.os = static_cast<int>(pu->os_index);
    const hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(machine, HWLOC_OBJ_CORE, pu);
    const bool sibling = core != nullptr && core == last_core;
    cpu.core = sibling ? cores - 1 : cores++;
    cpu.smt = sibling ? topology.cpus.back().smt + 1 : 0;
    last_core = core;
    cpu.l2 = ancestor(machine, pu, HWLOC_OBJ_L2CACHE);
    cpu.l3 = ancestor(machine, pu, HWLOC_OBJ_L3CACHE);
    cpu.numa = memory_node(machine, pu);
    topology.cpus.push_back(cpu);
  }
  const hwloc_obj_t package = hwloc_get_obj_by_type(machine, HWLOC_OBJ_PACKAGE, 0);
  const char* model =
      package == nullptr ? nullptr : hwloc_obj_get_info_by_name(package, "CPUModel");
  if (model != nullptr) topology.model = model;
}

}  // namespace

int Topology::allowed_cpus() const noexcept {
  return static_cast<int>(
      std::count_if(cpus.begin(), cpus.end(), [](const Cpu& cpu) { return cpu.allowed; }));
}

int Topology::allowed_cores() const noexcept {
  int count = 0;
  int last = -1;
  for (const Cpu& cpu : cpus) {  // the threads of a core stand together
    if (!cpu.allowed || cpu.core == last) continue;
    last = cpu.core;
    ++count;
  }
  return count;
}

Topology read_machine_topology() {
  Topology topology;
  hwloc_topology_t machine = nullptr;
  if (hwloc_topology_init(&machine) == 0) {
    // Its x86 component would move the calling thread over all CPUs to ask each one; Linux knows
    // the same.
    hwloc_topology_set_components(machine, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86");
    // A cpuset that is widened later allows CPUs whose cores and caches are known then.
    hwloc_topology_set_flags(machine, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
    if (hwloc_topology_load(machine) == 0) read_cpus(machine, topology);
    hwloc_topology_destroy(machine);
  }
  // The process's first thread says what is allowed: the caller may itself be pinned.
  detail::CpuMask allowed;
  if (!detail::read_affinity(::getpid(), allowed)) allowed.add(0);
  detail::restrict_topology(topology, allowed);
  const CpuQuota quota = read_cpu_quota();
  topology.quota_cpus = quota.cpus;
  topology.quota_source = quota.source;
  return topology;
}

const Topology& machine_topology() {
  // Never destroyed: threads may outlive main.
  static const Topology& topology = *new Topology(read_machine_topology());
  return topology;
}

Result<Topology> synthetic_topology(std::string_view text) {
  const std::string description(text);
  hwloc_topology_t machine = nullptr;
  if (hwloc_topology_init(&machine) != 0)
    return Error{"no_memory", "no memory for a topology", description};
  Topology topology;
  const bool known = hwloc_topology_set_synthetic(machine, description.c_str()) == 0 &&
                     hwloc_topology_load(machine) == 0;
  if (known) read_cpus(machine, topology);
  hwloc_topology_destroy(machine);
  if (!known) return Error{"bad_topology", "is not a topology in hwloc's notation", description};
  return topology;
}

}  // namespace weir
