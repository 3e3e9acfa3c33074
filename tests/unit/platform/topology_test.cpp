#include "child.hpp"

#include <weir/thread.hpp>
#include <weir/topology.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <vector>

using weir::place_workers;
using weir::Placement;
using weir::Topology;

namespace {

Topology machine(const char* text) { return weir::synthetic_topology(text).value(); }

/// The core of the CPU with that number.
int core_of(const Topology& topology, int os) {
  for (const weir::Cpu& cpu : topology.cpus) {
    if (cpu.os == os) return cpu.core;
  }
  return -1;
}

std::set<int> cores_of(const Topology& topology, const std::vector<int>& cpus) {
  std::set<int> cores;
  for (const int os : cpus) cores.insert(core_of(topology, os));
  return cores;
}

std::vector<int> near(const Placement& placement, int worker) {
  const auto row = placement.near(worker);
  return {row.begin(), row.end()};
}

constexpr const char* two_sockets =
    "numa:2 l3:1 l2:4 core:1 pu:2";  // 2 nodes, 8 cores, 16 hardware threads

}  // namespace

TEST_CASE("topology: a synthetic machine has its cores, siblings, caches and nodes") {
  const Topology topology = machine(two_sockets);
  REQUIRE(topology.cpus.size() == 16);
  CHECK(topology.allowed_cpus() == 16);
  CHECK(topology.allowed_cores() == 8);
  for (int i = 0; i < 16; ++i) {
    const weir::Cpu& cpu = topology.cpus[static_cast<std::size_t>(i)];
    CHECK(cpu.core == i / 2);
    CHECK(cpu.smt == i % 2);
    CHECK(cpu.l2 == i / 2);
    CHECK(cpu.l3 == i / 8);
    CHECK(cpu.numa == i / 8);
    CHECK(cpu.os == i);
  }
}

TEST_CASE("topology: nonsense is refused by name") {
  const auto refused = weir::synthetic_topology("core:many");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == "bad_topology");
  CHECK(refused.error().where == "core:many");
}

TEST_CASE("topology: this machine has the CPUs that the kernel allows") {
  const Topology& topology = weir::machine_topology();
  CHECK(topology.allowed_cpus() >= 1);
  CHECK(topology.allowed_cores() >= 1);
  CHECK(topology.allowed_cores() <= topology.allowed_cpus());
  CHECK(&topology == &weir::machine_topology());
}

TEST_CASE("topology: a narrowed affinity leaves one CPU and one worker") {
  const weir::test::Child child = weir::test::in_child([] {
    int cpu = -1;
    for (const weir::Cpu& candidate : weir::machine_topology().cpus)
      cpu = candidate.allowed ? candidate.os : cpu;
    if (!weir::set_affinity(&cpu, 1)) return false;
    const Topology narrowed = weir::read_machine_topology();
    const Placement placement = place_workers(narrowed, -1);
    return narrowed.allowed_cpus() == 1 && narrowed.allowed_cores() == 1 &&
           placement.cpus == std::vector<int>{cpu};
  });
  CHECK(child.code == 0);
}

TEST_CASE("placement: one worker a core by default, each on a core of its own") {
  const Topology topology = machine(two_sockets);
  const Placement placement = place_workers(topology, -1);
  CHECK(placement.workers() == 8);
  CHECK(placement.pinned);
  CHECK(placement.spinning);
  CHECK(cores_of(topology, placement.cpus).size() == 8);
}

TEST_CASE("placement: siblings come after all cores") {
  const Topology topology = machine(two_sockets);
  const Placement placement = place_workers(topology, 12);
  CHECK(placement.cpus == std::vector<int>{0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7});
  CHECK(placement.pinned);
}

TEST_CASE("placement: only allowed CPUs are used, the sibling stands in for its core") {
  Topology topology = machine(two_sockets);
  for (weir::Cpu& cpu : topology.cpus) cpu.allowed = cpu.os == 1 || cpu.os == 4 || cpu.os == 5;
  CHECK(topology.allowed_cores() == 2);
  CHECK(place_workers(topology, -1).cpus == std::vector<int>{1, 4});
  CHECK(place_workers(topology, 3).cpus == std::vector<int>{1, 4, 5});
}

TEST_CASE("placement: fewer workers than cores take cores beside that which starts them") {
  Topology topology = machine(two_sockets);
  CHECK(place_workers(topology, 1, true, 9).cpus == std::vector<int>{10});
  CHECK(place_workers(topology, 1, true, 14).cpus == std::vector<int>{0});
  CHECK(place_workers(topology, 2, true, 7).cpus == std::vector<int>{8, 10});
  CHECK(place_workers(topology, 3, true, 8).cpus == std::vector<int>{0, 2, 4});  // no block is behind
  CHECK(place_workers(topology, 8, true, 14).cpus == place_workers(topology, 8).cpus);
  CHECK(place_workers(topology, 2, true, 99).cpus == std::vector<int>{0, 2});
  CHECK(near(place_workers(topology, 3, true, 8), 0) == std::vector<int>{1, 2});
  for (weir::Cpu& cpu : topology.cpus) cpu.allowed = cpu.os >= 6;
  CHECK(place_workers(topology, 2, true, 0).cpus == std::vector<int>{6, 8});
  CHECK(place_workers(topology, 2, true, 6).cpus == std::vector<int>{10, 12});
}

TEST_CASE("placement: a quota limits the default, rounded up, and forbids spinning") {
  Topology topology = machine(two_sockets);
  topology.quota_cpus = 2.5;
  const Placement placement = place_workers(topology, -1);
  CHECK(placement.workers() == 3);
  CHECK(placement.pinned);
  CHECK_FALSE(placement.spinning);
  topology.quota_cpus = 0.2;
  CHECK(place_workers(topology, -1).workers() == 1);
  topology.quota_cpus = 64;  // more than there is: as none
  CHECK(place_workers(topology, -1).workers() == 8);
  CHECK(place_workers(topology, -1).spinning);
  topology.quota_cpus = 1;
  CHECK(place_workers(topology, 5).workers() == 5);  // who asks gets
}

TEST_CASE("placement: more workers than CPUs are neither pinned nor spinning") {
  const Placement placement = place_workers(machine("core:2 pu:1"), 3);
  CHECK(placement.workers() == 3);
  CHECK_FALSE(placement.pinned);
  CHECK_FALSE(placement.spinning);
  CHECK(placement.cpus == std::vector<int>{-1, -1, -1});
}

TEST_CASE("placement: more workers than the quota has CPUs share what is allowed") {
  Topology topology = machine("core:4 pu:1");
  topology.quota_cpus = 1.5;
  topology.quota_source = "/cpu.max";
  CHECK(place_workers(topology, 2).pinned);
  const Placement crowd = place_workers(topology, 3);
  CHECK_FALSE(crowd.pinned);
  CHECK_FALSE(crowd.spinning);
  CHECK(crowd.describe() ==
        "3 workers not pinned (more than the quota's CPUs), quota 1.50 CPUs (/cpu.max), no "
        "spinning");
}

TEST_CASE("placement: unpinned on request, 0 and 1 workers are first class") {
  const Topology topology = machine("core:4 pu:1");
  const Placement loose = place_workers(topology, 2, false);
  CHECK_FALSE(loose.pinned);
  CHECK(loose.spinning);
  CHECK(loose.cpus == std::vector<int>{-1, -1});
  CHECK(place_workers(topology, 0).workers() == 0);
  const Placement single = place_workers(topology, 1);
  CHECK(single.cpus == std::vector<int>{0});
  CHECK(single.near(0).empty());
}

TEST_CASE("placement: the nearest are robbed first: core, L2, L3, memory node, rest") {
  // Cores 0,1 share an L2; 0-3 an L3; 0-7 a memory node.
  const Topology topology = machine("numa:2 l3:2 l2:2 core:2 pu:2");
  const Placement placement = place_workers(topology, 32);
  REQUIRE(placement.workers() == 32);
  const std::vector<int> order = near(placement, 0);
  REQUIRE(order.size() == 31);
  CHECK(order[0] == 16);  // its sibling
  CHECK(std::set<int>(order.begin() + 1, order.begin() + 3) == std::set<int>{1, 17});  // same L2
  CHECK(std::set<int>(order.begin() + 3, order.begin() + 7) ==
        std::set<int>{2, 3, 18, 19});                             // same L3
  for (std::size_t i = 7; i < 15; ++i) CHECK(order[i] % 16 < 8);  // same node
  for (std::size_t i = 15; i < 31; ++i) CHECK(order[i] % 16 >= 8);
}

TEST_CASE("placement: every row names all others once, starting behind its worker") {
  for (const int workers : {1, 2, 3, 8, 16, 40}) {
    const Placement placement = place_workers(machine(two_sockets), workers);
    for (int self = 0; self < workers; ++self) {
      std::vector<int> row = near(placement, self);
      std::sort(row.begin(), row.end());
      std::vector<int> others;
      for (int other = 0; other < workers; ++other) {
        if (other != self) others.push_back(other);
      }
      CHECK(row == others);
    }
  }
  CHECK(near(place_workers(machine("core:4 pu:1"), 4), 2) == std::vector<int>{3, 0, 1});
}

TEST_CASE("placement: says in one line what it decided") {
  Topology topology = machine(two_sockets);
  CHECK(place_workers(topology, 4).describe() ==
        "4 workers pinned to CPUs 0,2,4,6 (4 cores, 1 L3, 1 memory node), no quota, spinning "
        "allowed");
  CHECK(
      place_workers(topology, 16).describe() ==
      "16 workers pinned to CPUs 0-15 (8 cores, 2 L3, 2 memory nodes), no quota, spinning allowed");
  topology.quota_cpus = 1.5;
  topology.quota_source = "/sys/fs/cgroup/cpu.max";
  CHECK(place_workers(topology, 1).describe() ==
        "1 worker pinned to CPU 0 (1 core, 1 L3, 1 memory node), quota 1.50 CPUs "
        "(/sys/fs/cgroup/cpu.max), no spinning");
  topology.quota_cpus = 0;
  CHECK(place_workers(topology, 17).describe() ==
        "17 workers not pinned (more than the 16 allowed CPUs), no quota, no spinning");
  CHECK(place_workers(topology, 0).describe() == "0 workers, the caller drives");
}
