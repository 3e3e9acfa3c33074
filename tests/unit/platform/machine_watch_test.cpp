// machine_watch_test.cpp: what a look sees, on trees of fake files.
#include <doctest/doctest.h>

#include <cstdlib>
#include <new>
#include <support/machine_tree.hpp>
#include <weir/detail/machine_watch.hpp>
#include <weir/memory.hpp>
#include <weir/thread.hpp>

#include "child.hpp"

using namespace weir;
using namespace weir::detail;
using weir::test::MachineTree;

#ifndef WEIR_SANITIZED

// The sanitizers have an operator new of their own, which must not be gone round.

namespace {

thread_local std::uint64_t news = 0;  // calls of operator new by this thread

}  // namespace

void* operator new(std::size_t bytes) {
  ++news;
  void* const block = std::malloc(bytes == 0 ? 1 : bytes);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }

#endif

namespace {

constexpr const char* group = "sys/fs/cgroup/user.slice/job";
constexpr const char* parent = "sys/fs/cgroup/user.slice";

MachineTree version2() { return {"0::/user.slice/job\n", test::v2_mount}; }

/// One look after another at one tree.
struct Looks {
  explicit Looks(const MachineTree& tree) : watch(tree.path()) {}
  const MachineView& operator()() {
    watch.look(view);
    return view;
  }
  MachineWatch watch;
  MachineView view;
};

}  // namespace

TEST_CASE("watch: nothing to read limits nothing, and this machine can be looked at") {
  MachineWatch nowhere("/nonexistent");
  MachineView view;
  nowhere.look(view);
  CHECK(view.cpuset == CpuMask::all());
  CHECK(view.quota_cpus == 0);
  CHECK(view.throttled_periods == 0);
  CHECK(nowhere.quota_source().empty());
  CpuMask own;
  REQUIRE(read_affinity(0, own));
  CHECK(view.process == own);
  MachineWatch here;
  here.look(view);
  CHECK((view.process & view.cpuset) == view.process);  // the kernel has applied the cpuset
  CHECK(view.quota_cpus == doctest::Approx(read_cpu_quota().cpus));
  CHECK(here.quota_source() == read_cpu_quota().source);
}

TEST_CASE("watch: version 2, a quota appears, changes, moves to an ancestor and goes") {
  const MachineTree tree = version2();
  Looks look(tree);
  CHECK(look().quota_cpus == 0);
  tree.set(std::string(group) + "/cpu.max", "50000 100000\n");
  CHECK(look().quota_cpus == doctest::Approx(0.5));
  CHECK(look.watch.quota_source() == "/sys/fs/cgroup/user.slice/job/cpu.max");
  tree.set(std::string(group) + "/cpu.max", "150000 100000\n");
  CHECK(look().quota_cpus == doctest::Approx(1.5));
  tree.set(std::string(parent) + "/cpu.max", "120000 100000\n");
  CHECK(look().quota_cpus == doctest::Approx(1.2));
  CHECK(look.watch.quota_source() == "/sys/fs/cgroup/user.slice/cpu.max");
  tree.set(std::string(group) + "/cpu.max", "max 100000\n");
  CHECK(look().quota_cpus == doctest::Approx(1.2));
  tree.remove(std::string(parent) + "/cpu.max");
  CHECK(look().quota_cpus == 0);
  CHECK(look.watch.quota_source().empty());
}

TEST_CASE("watch: version 1, a quota appears in an ancestor, halves and goes") {
  const MachineTree tree("3:cpu,cpuacct:/a/b\n", test::v1_cpu_mount);
  Looks look(tree);
  tree.v1_quota("sys/fs/cgroup/cpu,cpuacct/a/b", "-1\n");
  CHECK(look().quota_cpus == 0);
  tree.v1_quota("sys/fs/cgroup/cpu,cpuacct/a", "200000\n");
  CHECK(look().quota_cpus == doctest::Approx(2));
  CHECK(look.watch.quota_source() == "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us");
  tree.v1_quota("sys/fs/cgroup/cpu,cpuacct/a", "100000\n");
  CHECK(look().quota_cpus == doctest::Approx(1));
  tree.v1_quota("sys/fs/cgroup/cpu,cpuacct/a", "-1\n");
  CHECK(look().quota_cpus == 0);
}

TEST_CASE("watch: hybrid, the controllers in version 1 beside a version 2 tree") {
  const MachineTree tree(
      "4:cpuset:/set\n3:cpu,cpuacct:/job\n0::/job\n",
      std::string(test::v1_cpu_mount) + test::v1_cpuset_mount + test::hybrid_mount);
  Looks look(tree);
  tree.put("sys/fs/cgroup/unified/job/cgroup.procs", "1\n");
  tree.v1_quota("sys/fs/cgroup/cpu,cpuacct/job", "250000\n");
  tree.v1_stat("sys/fs/cgroup/cpu,cpuacct/job", 5, 1000);
  tree.set("sys/fs/cgroup/cpuset/set/cpuset.cpus", "0-1\n");
  CHECK(look().quota_cpus == doctest::Approx(2.5));
  CHECK(look.view.cpuset.text() == "0-1");
  tree.set("sys/fs/cgroup/unified/job/cpuset.cpus.effective", "1-3\n");
  tree.v1_stat("sys/fs/cgroup/cpu,cpuacct/job", 7, 1500);
  CHECK(look().cpuset.text() == "1");  // what both allow
  CHECK(look.view.throttled_periods == 2);
  CHECK(look.view.throttled_ns == 500);
}

TEST_CASE("watch: version 2, a cpuset shrinks, widens and goes") {
  const MachineTree tree = version2();
  Looks look(tree);
  CHECK(look().cpuset == CpuMask::all());
  tree.set("sys/fs/cgroup/user.slice/cpuset.cpus.effective", "0-7\n");
  CHECK(look().cpuset.text() == "0-7");  // of the nearest level that has one
  tree.set(std::string(group) + "/cpuset.cpus.effective", "2,4\n");
  CHECK(look().cpuset.text() == "2,4");
  tree.set(std::string(group) + "/cpuset.cpus.effective", "2-5\n");
  CHECK(look().cpuset.text() == "2-5");
  tree.remove(std::string(group) + "/cpuset.cpus.effective");
  CHECK(look().cpuset.text() == "0-7");
  tree.remove("sys/fs/cgroup/user.slice/cpuset.cpus.effective");
  CHECK(look().cpuset == CpuMask::all());
}

TEST_CASE("watch: version 1, the effective cpuset goes before the configured one") {
  const MachineTree tree("4:cpuset:/set\n", test::v1_cpuset_mount);
  Looks look(tree);
  tree.set("sys/fs/cgroup/cpuset/set/cpuset.cpus", "0-3\n");
  CHECK(look().cpuset.text() == "0-3");
  tree.set("sys/fs/cgroup/cpuset/set/cpuset.effective_cpus", "0-1\n");
  CHECK(look().cpuset.text() == "0-1");
  tree.set("sys/fs/cgroup/cpuset/set/cpuset.effective_cpus", "\n");
  CHECK(look().cpuset.text() == "0-3");
}

TEST_CASE("watch: throttling counts from the first look on, over all levels") {
  const MachineTree tree = version2();
  Looks look(tree);
  tree.v2_stat(group, 10, 500);
  tree.v2_stat(parent, 100, 5000);
  CHECK(look().throttled_periods == 0);  // what was before is not ours
  CHECK(look().throttled_periods == 0);
  tree.v2_stat(group, 13, 800);
  CHECK(look().throttled_periods == 3);
  CHECK(look.view.throttled_ns == 300'000);
  tree.v2_stat(parent, 101, 5001);
  CHECK(look().throttled_periods == 4);
  CHECK(look.view.throttled_ns == 301'000);
  tree.v2_stat(group, 0, 0);  // a group of the same name, made anew
  CHECK(look().throttled_periods == 4);
  tree.v2_stat(group, 1, 1);
  CHECK(look().throttled_periods == 5);
  CHECK(look.view.throttled_ns == 302'000);
}

TEST_CASE("watch: a process that moves to another group is followed") {
  const MachineTree tree = version2();
  Looks look(tree);
  tree.set("sys/fs/cgroup/other/cpu.max", "70000 100000\n");
  tree.v2_stat("sys/fs/cgroup/other", 1000, 9000);
  tree.set("sys/fs/cgroup/other/cpuset.cpus.effective", "3\n");
  CHECK(look().quota_cpus == 0);
  tree.set("proc/self/cgroup", "0::/other\n");
  CHECK(look().quota_cpus == doctest::Approx(0.7));
  CHECK(look.view.cpuset.text() == "3");
  CHECK(look.view.throttled_periods == 0);  // the other group's past
  tree.v2_stat("sys/fs/cgroup/other", 1001, 9100);
  CHECK(look().throttled_periods == 1);
  tree.set("proc/self/cgroup", "0::/user.slice/job\n");
  CHECK(look().quota_cpus == 0);
  CHECK(look.view.cpuset == CpuMask::all());
  CHECK(look.view.throttled_periods == 1);
}

TEST_CASE("watch: files that say nothing sensible limit nothing") {
  const MachineTree tree = version2();
  Looks look(tree);
  tree.v2_stat(group, 1, 1);
  static_cast<void>(look());
  for (const char* text :
       {"", "\n", "nr_throttled", "nr_throttled \n", "nr_throttled x\n", "nr_throttled -5\n",
        "nr_throttled 99999999999999999999\n", "nr_throttled_x 9\n", "\n\n\n"}) {
    CAPTURE(text);
    tree.set(std::string(group) + "/cpu.stat", text);
    tree.set(std::string(group) + "/cpu.max", text);
    tree.set(std::string(group) + "/cpuset.cpus.effective", text);
    CHECK(look().throttled_periods == 0);
    CHECK(look.view.quota_cpus == 0);
    CHECK(look.view.cpuset == CpuMask::all());
  }
  tree.set(std::string(group) + "/cpu.stat", std::string(100'000, 'x'));
  CHECK(look().throttled_periods == 0);
  for (const char* text : {"", "nonsense\n:::\n", "0::/" /* no end of line */}) {
    tree.set("proc/self/cgroup", text);
    CHECK(look().quota_cpus == 0);
  }
}

TEST_CASE("watch: a name too long to be opened is no file") {
  const std::string deep = "/" + std::string(200, 'd');
  std::string name;
  for (int i = 0; i < 30; ++i) name += deep;
  const MachineTree tree("0::" + name + "\n", test::v2_mount);
  tree.set("sys/fs/cgroup/cpu.max", "90000 100000\n");
  Looks look(tree);
  CHECK(look().quota_cpus == doctest::Approx(0.9));  // the ancestors that can be are read
}

#ifndef WEIR_SANITIZED

TEST_CASE("watch: a look takes no memory, whatever it sees, until the groups are others") {
  const MachineTree tree = version2();
  tree.v2_stat(group, 1, 1);
  Looks look(tree);
  static_cast<void>(look());
  for (int i = 0; i < 3; ++i) {
    tree.set(std::string(group) + "/cpu.max", std::to_string(50'000 * (i + 1)) + " 100000\n");
    tree.set(std::string(group) + "/cpuset.cpus.effective", "0-" + std::to_string(i) + "\n");
    tree.v2_stat(group, i + 2, i + 2);
    const std::uint64_t platform = allocation_count();
    const std::uint64_t before = news;
    static_cast<void>(look());
    CHECK(news == before);
    CHECK(allocation_count() == platform);
    CHECK(look.view.throttled_periods == static_cast<std::uint64_t>(i) + 1);
  }
  tree.set("proc/self/cgroup", "0::/other\n");
  const std::uint64_t before = news;
  static_cast<void>(look());
  CHECK(news > before);  // the count counts
}

#endif

TEST_CASE("watch: the affinity that counts is the first thread's, whoever looks") {
  const weir::test::Child child = weir::test::in_child([] {
    CpuMask own;
    if (!read_affinity(0, own)) return false;
    int last = 0;
    for (int cpu = 0; cpu < CpuMask::cpus_max; ++cpu) last = own.has(cpu) ? cpu : last;
    struct Other {
      MachineView view;
    } other;
    if (!write_affinity(0, CpuMask::of(last))) return false;
    auto thread = Thread::start(
        {},
        [](void* argument) {
          CpuMask all = CpuMask::all();
          static_cast<void>(write_affinity(0, all));
          MachineWatch("/nonexistent").look(static_cast<Other*>(argument)->view);
        },
        &other);
    if (!thread.ok()) return false;
    thread.value().join();
    return other.view.process == CpuMask::of(last);
  });
  CHECK(child.code == 0);
}

TEST_CASE("watch: what is allowed is what process, cpuset and limit have in common") {
  MachineView view;
  REQUIRE(parse_cpu_list("0-3", view.process));
  REQUIRE(parse_cpu_list("2-5", view.cpuset));
  CpuMask limit = CpuMask::all();
  CHECK(allowed_by(view, limit).text() == "2-3");
  REQUIRE(parse_cpu_list("3-9", limit));
  CHECK(allowed_by(view, limit).text() == "3");
  REQUIRE(parse_cpu_list("4-9", limit));
  CHECK(allowed_by(view, limit).text() == "4-5");  // the first thread has gone elsewhere alone
  REQUIRE(parse_cpu_list("8-9", limit));
  CHECK(allowed_by(view, limit).text() == "2-3");  // the limit cannot be had
  REQUIRE(parse_cpu_list("6", view.cpuset));
  CHECK(allowed_by(view, limit).text() == "0-3");
}

TEST_CASE("watch: a topology is restricted, widened, and takes in what it did not know") {
  Topology topology = synthetic_topology("core:2 pu:2").value();
  CpuMask mask;
  REQUIRE(parse_cpu_list("1,3,9", mask));
  restrict_topology(topology, mask);
  CHECK(allowed_in(topology) == mask);
  CHECK(topology.allowed_cores() == 3);
  CHECK(topology.cpus.back().os == 9);
  CHECK(topology.cpus.back().l3 == -1);
  REQUIRE(parse_cpu_list("0-3", mask));
  restrict_topology(topology, mask);
  CHECK(allowed_in(topology) == mask);
  CHECK(topology.cpus.size() == 5);
}
