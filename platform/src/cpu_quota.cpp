// cpu_quota.cpp: the CPU quota of the cgroups this process is in: every directory from the group up
// to the mount point may hold one; the least holds.
#include <weir/topology.hpp>

#include "cgroup.hpp"

namespace weir {

CpuQuota read_cpu_quota(const std::string& root) {
  const std::string base = root.ends_with('/') ? root.substr(0, root.size() - 1) : root;
  detail::SmallFile file;
  static_cast<void>(file.read(base, "/proc/self/cgroup"));
  const std::vector<detail::CgroupDirectory> directories =
      detail::cgroup_directories(base, file.text());
  const detail::LeastQuota least = detail::least_quota(directories, file);
  return {least.cpus, least.source(base)};
}

}  // namespace weir
