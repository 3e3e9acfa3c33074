// cpu_quota_test.cpp: topology.hpp's read_cpu_quota on trees of fake files.
#include "temporary_directory.hpp"

#include <weir/topology.hpp>

#include <doctest/doctest.h>

using weir::CpuQuota;
using weir::read_cpu_quota;
using weir::test::TemporaryDirectory;

namespace {

constexpr const char* v2_mount =
    "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr const char* v1_mount =
    "33 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:11 - cgroup cgroup rw,cpu,cpuacct\n";
constexpr const char* v1_other =
    "34 31 0:30 / /sys/fs/cgroup/memory rw shared:12 - cgroup cgroup rw,memory\n";
constexpr const char* other = "23 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n";

struct Tree : TemporaryDirectory {
  Tree(const std::string& groups, const std::string& mounts) {
    put("proc/self/cgroup", groups);
    put("proc/self/mountinfo", other + mounts);
  }
  void v1(const std::string& folder, const std::string& quota, const std::string& period) const {
    put(folder + "/cpu.cfs_quota_us", quota);
    put(folder + "/cpu.cfs_period_us", period);
  }
};

}  // namespace

TEST_CASE("quota: none without cgroups, without files, and on this machine no crash") {
  CHECK(read_cpu_quota("/nonexistent").cpus == 0);
  const TemporaryDirectory empty;
  CHECK(read_cpu_quota(empty.path()).cpus == 0);
  const Tree bare("", "");
  CHECK(read_cpu_quota(bare.path()).cpus == 0);
  const Tree no_files("0::/a/b\n", v2_mount);
  CHECK(read_cpu_quota(no_files.path()).cpus == 0);
  CHECK(read_cpu_quota().cpus >= 0);
}

TEST_CASE("quota: version 2, the group's own") {
  const Tree tree("0::/user.slice/job\n", v2_mount);
  tree.put("sys/fs/cgroup/user.slice/job/cpu.max", "150000 100000\n");
  const CpuQuota quota = read_cpu_quota(tree.path());
  CHECK(quota.cpus == doctest::Approx(1.5));
  CHECK(quota.source == "/sys/fs/cgroup/user.slice/job/cpu.max");
  CHECK(read_cpu_quota(tree.path() + "/").cpus == doctest::Approx(1.5));
}

TEST_CASE("quota: version 2, max is none") {
  const Tree tree("0::/job\n", v2_mount);
  tree.put("sys/fs/cgroup/job/cpu.max", "max 100000\n");
  CHECK(read_cpu_quota(tree.path()).cpus == 0);
}

TEST_CASE("quota: version 2, the least over the ancestors holds") {
  const Tree tree("0::/a/b/c\n", v2_mount);
  tree.put("sys/fs/cgroup/a/b/c/cpu.max", "400000 100000\n");
  tree.put("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  tree.put("sys/fs/cgroup/a/cpu.max", "100000 50000\n");
  const CpuQuota quota = read_cpu_quota(tree.path());
  CHECK(quota.cpus == doctest::Approx(2));
  CHECK(quota.source == "/sys/fs/cgroup/a/cpu.max");
  tree.put("sys/fs/cgroup/cpu.max", "50000 100000\n");  // a container's root has one too
  CHECK(read_cpu_quota(tree.path()).cpus == doctest::Approx(0.5));
}

TEST_CASE("quota: version 1") {
  const Tree tree("4:memory:/x\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/\n",
                  std::string(v1_mount) + v1_other);
  tree.v1("sys/fs/cgroup/cpu,cpuacct/docker/abc", "300000\n", "100000\n");
  tree.v1("sys/fs/cgroup/cpu,cpuacct", "-1\n", "100000\n");
  tree.v1("sys/fs/cgroup/memory/x", "10000\n", "100000\n");  // not the CPU's tree
  const CpuQuota quota = read_cpu_quota(tree.path());
  CHECK(quota.cpus == doctest::Approx(3));
  CHECK(quota.source == "/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us");
}

TEST_CASE("quota: version 1, nested with the least above, -1 is none") {
  const Tree tree("3:cpuacct,cpu:/a/b\n", v1_mount);
  tree.v1("sys/fs/cgroup/cpu,cpuacct/a/b", "-1\n", "100000\n");
  CHECK(read_cpu_quota(tree.path()).cpus == 0);
  tree.v1("sys/fs/cgroup/cpu,cpuacct/a", "20000\n", "10000\n");
  CHECK(read_cpu_quota(tree.path()).cpus == doctest::Approx(2));
}

TEST_CASE("quota: hybrid, the CPU controller in version 1 beside an empty version 2 tree") {
  const Tree tree(
      "3:cpu,cpuacct:/job\n0::/job\n",
      std::string(v1_mount) + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  tree.put("sys/fs/cgroup/unified/job/cgroup.procs", "1\n");
  tree.v1("sys/fs/cgroup/cpu,cpuacct/job", "250000\n", "100000\n");
  CHECK(read_cpu_quota(tree.path()).cpus == doctest::Approx(2.5));
  tree.put("sys/fs/cgroup/unified/job/cpu.max", "100000 100000\n");
  CHECK(read_cpu_quota(tree.path()).cpus == doctest::Approx(1));
}

TEST_CASE("quota: a container that sees the host's names finds its group at the mount point") {
  const Tree tree(
      "3:cpu,cpuacct:/docker/abc/inner\n",
      "33 31 0:29 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n");
  tree.v1("sys/fs/cgroup/cpu,cpuacct", "100000\n", "100000\n");
  CHECK(read_cpu_quota(tree.path()).cpus == doctest::Approx(1));
  tree.v1("sys/fs/cgroup/cpu,cpuacct/inner", "50000\n", "100000\n");
  CHECK(read_cpu_quota(tree.path()).cpus == doctest::Approx(0.5));
  const Tree elsewhere("0::/../other\n", v2_mount);
  elsewhere.put("sys/fs/cgroup/cpu.max", "70000 100000\n");
  CHECK(read_cpu_quota(elsewhere.path()).cpus == doctest::Approx(0.7));
  const Tree prefix("0::/docker/abcd\n", "30 23 0:26 /docker/abc /cg rw - cgroup2 cgroup2 rw\n");
  prefix.put("cg/cpu.max", "90000 100000\n");
  prefix.put("cg/d/cpu.max", "10000 100000\n");  // /docker/abc is not a parent of /docker/abcd
  CHECK(read_cpu_quota(prefix.path()).cpus == doctest::Approx(0.9));
}

TEST_CASE("quota: a mount point with a blank in its name") {
  const Tree tree("0::/job\n", "30 23 0:26 / /cg\\040roup rw - cgroup2 cgroup2 rw\n");
  tree.put("cg roup/job/cpu.max", "120000 100000\n");
  CHECK(read_cpu_quota(tree.path()).cpus == doctest::Approx(1.2));
}

TEST_CASE("quota: files that say nothing sensible are no quota") {
  for (const char* text : {"", "\n", "many 100000\n", "100000", "100000 0\n", "0 100000\n",
                           "-5 100000\n", "100000 x\n"}) {
    const Tree tree("0::/job\nnonsense\n:::\n", v2_mount);
    tree.put("sys/fs/cgroup/job/cpu.max", text);
    CHECK(read_cpu_quota(tree.path()).cpus == 0);
  }
  const Tree half(
      "3:cpu:/job\n",
      "33 31 0:29 / /cpu rw - cgroup cgroup rw,cpu\nshort line\n1 2 3 / /x rw - cgroup2\n");
  half.put("cpu/job/cpu.cfs_quota_us", "100000\n");  // no period
  CHECK(read_cpu_quota(half.path()).cpus == 0);
}
