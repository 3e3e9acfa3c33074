// housekeeping_test.cpp: looks that are asked for, on trees of fake files and with real affinities.
#include "housekeeping.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <support/affinity.hpp>
#include <support/machine_tree.hpp>
#include <thread>
#include <vector>
#include <weir/futex.hpp>
#include <weir/thread.hpp>

#include "core.hpp"
#include "core_fixture.hpp"

using namespace weir;
using namespace weir::test;
using weir::detail::CpuMask;
using weir::detail::Housekeeping;

namespace {

constexpr const char* group = "sys/fs/cgroup/job";
constexpr std::uint64_t spin_ns = std::uint64_t{limits::spin_us_default} * 1000;

MachineTree version2() { return {"0::/job\n", v2_mount}; }

/// Threads that sit still, so that they can be put somewhere.
class Sitters {
 public:
  explicit Sitters(int count) {
    for (int i = 0; i < count; ++i) {
      numbers_.push_back(0);
    }
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this, i] {
        numbers_[static_cast<std::size_t>(i)] = thread_id();
        there_.fetch_add(1);
        while (over_.load() == 0) static_cast<void>(futex_wait(over_, 0));
      });
    }
    while (there_.load() < count) std::this_thread::yield();
  }
  ~Sitters() {
    over_.store(1);
    futex_wake_all(over_);
    for (std::thread& thread : threads_) thread.join();
  }
  int number(int i) const { return numbers_[static_cast<std::size_t>(i)]; }
  std::string where(int i) const { return affinity_of(number(i)); }

 private:
  std::vector<int> numbers_;
  std::vector<std::thread> threads_;
  std::atomic<int> there_{0};
  atomic<std::uint32_t> over_{0};
};

/// A Housekeeping of its own, over sitters, as a runtime of that configuration would have begun it.
struct House {
  House(int workers, const MachineTree& tree, Config wanted = {}) : sitters(workers) {
    std::optional<Topology> own;
    topology = detail::topology_at_start(wanted, own);
    topology.quota_cpus = 0;  // of the fake machine
    wanted.schedule = Schedule::stealing();
    const Placement placement = place_workers(topology, workers, wanted.pin == Pin::cores);
    house.begin(wanted, topology, placement);
    house.watch_below(tree.path());
    for (int i = 0; i < workers; ++i) {
      const int cpu = placement.cpus[static_cast<std::size_t>(i)];
      if (cpu >= 0) REQUIRE(detail::write_affinity(sitters.number(i), CpuMask::of(cpu)));
      house.worker_begins(i, sitters.number(i));
    }
  }
  bool look() {
    text.clear();
    return house.look(change, text);
  }
  bool says(const std::string& what) const { return text.find(what) != std::string::npos; }
  std::uint64_t spins() const { return house.spin_ns.load(relaxed); }

  Sitters sitters;
  Topology topology;
  Housekeeping house;
  MachineChange change{};
  std::string text;
};

bool enough_cpus(std::size_t count) {
  if (own_cpus().size() >= count) return true;
  MESSAGE("SKIP: this process may use fewer than " << count << " CPUs");
  return false;
}

}  // namespace

TEST_CASE("housekeeping: a machine that stays as it was is left alone, and nothing is told") {
  const MachineTree tree = version2();
  House house(1, tree);
  const std::string before = house.sitters.where(0);
  for (int i = 0; i < 10; ++i) CHECK_FALSE(house.look());
  CHECK(house.sitters.where(0) == before);
  CHECK(house.house.looks.read() == 10);
  CHECK(house.house.replacements.read() == 0);
  CHECK(house.spins() == spin_ns);
}

TEST_CASE("housekeeping: a quota stops spinning, and spinning comes back when it is gone") {
  for (const bool old : {false, true}) {
    CAPTURE(old);
    const MachineTree tree = old ? MachineTree("2:cpu:/job\n", v1_cpu_mount) : version2();
    const auto set = [&](const char* v2, const char* v1) {
      old ? tree.v1_quota("sys/fs/cgroup/cpu,cpuacct/job", v1)
          : tree.set(std::string(group) + "/cpu.max", v2);
    };
    House house(1, tree);
    set("50000 100000\n", "50000\n");
    REQUIRE(house.look());
    CHECK(house.says("there is a quota of 0.50 CPUs"));
    CHECK(house.says("no spinning"));
    CHECK(house.says(old ? "cpu.cfs_quota_us" : "/sys/fs/cgroup/job/cpu.max"));
    CHECK(house.spins() == 0);
    CHECK(house.change.quota_cpus == doctest::Approx(0.5));
    CHECK(house.change.pinned);
    CHECK_FALSE(house.change.spinning);
    CHECK_FALSE(house.look());
    set("70000 100000\n", "70000\n");
    REQUIRE(house.look());
    CHECK(house.says("the quota is 0.70 CPUs instead of 0.50 CPUs"));
    CHECK(house.spins() == 0);
    set("max 100000\n", "-1\n");
    REQUIRE(house.look());
    CHECK(house.says("the quota of 0.70 CPUs is gone"));
    CHECK(house.says("no quota, spinning allowed"));
    CHECK(house.spins() == spin_ns);
    CHECK(house.change.spinning);
    CHECK(house.house.replacements.read() == 0);  // the one worker stayed where it was
  }
}

TEST_CASE("housekeeping: throttling stops spinning until several looks in a row see none") {
  const MachineTree tree = version2();
  House house(1, tree);
  tree.v2_stat(group, 10, 100);
  CHECK_FALSE(house.look());  // what was before is not ours
  tree.v2_stat(group, 12, 150);
  REQUIRE(house.look());
  CHECK(house.says("throttled: 1 worker"));
  CHECK(house.change.throttled);
  CHECK(house.spins() == 0);
  CHECK(house.house.throttled_periods.read() == 2);
  CHECK(house.house.throttled_ns.read() == 50'000);
  CHECK(house.house.describe().ends_with(", throttled"));
  CHECK_FALSE(house.look());
  tree.v2_stat(group, 13, 160);
  CHECK_FALSE(house.look());  // told once
  for (std::uint32_t i = 1; i < limits::calm_looks; ++i) {
    CHECK_FALSE(house.look());
    CHECK(house.spins() == 0);
  }
  REQUIRE(house.look());
  CHECK(house.says("no longer throttled"));
  CHECK_FALSE(house.change.throttled);
  CHECK(house.spins() == spin_ns);
  CHECK_FALSE(house.house.describe().ends_with(", throttled"));
  CHECK_FALSE(house.look());
  CHECK(house.house.throttled_periods.read() == 3);
}

TEST_CASE("housekeeping: workers share a cpuset that has shrunk, and get CPUs when it widens") {
  if (!enough_cpus(2)) return;
  const std::vector<int> cpus = own_cpus();
  const std::string first = std::to_string(cpus[0]);
  const MachineTree tree = version2();
  const std::string file = std::string(group) + "/cpuset.cpus.effective";
  House house(2, tree);
  const std::string before[] = {house.sitters.where(0), house.sitters.where(1)};
  CHECK(before[0] != before[1]);
  tree.set(file, first + "\n");
  REQUIRE(house.look());
  CHECK(house.says("CPUs " + first + " are allowed instead of "));
  CHECK(house.says("2 workers not pinned (more than the 1 allowed CPU)"));
  CHECK(house.sitters.where(0) == first);
  CHECK(house.sitters.where(1) == first);
  CHECK(house.spins() == 0);
  CHECK_FALSE(house.change.pinned);
  CHECK(house.change.allowed_cpus == 1);
  CHECK(house.change.moved == 1);  // the other was there
  CHECK(house.house.replacements.read() == 1);
  CHECK_FALSE(house.look());
  tree.remove(file);
  REQUIRE(house.look());
  CHECK(house.sitters.where(0) == before[0]);
  CHECK(house.sitters.where(1) == before[1]);
  CHECK(house.spins() == spin_ns);
  CHECK(house.change.pinned);
  CHECK(house.house.replacements.read() == 2);
}

TEST_CASE("housekeeping: one worker goes to the CPU that is left") {
  if (!enough_cpus(2)) return;
  const MachineTree tree = version2();
  House house(1, tree);
  const std::vector<int> cpus = own_cpus();
  const std::string before = house.sitters.where(0);
  const std::string other = std::to_string(std::to_string(cpus[0]) == before ? cpus[1] : cpus[0]);
  tree.set(std::string(group) + "/cpuset.cpus.effective", other + "\n");
  REQUIRE(house.look());
  CHECK(house.sitters.where(0) == other);
  CHECK(house.change.pinned);
  CHECK(house.spins() == spin_ns);
}

TEST_CASE("housekeeping: more workers than the quota has CPUs are let go") {
  if (!enough_cpus(2)) return;
  const MachineTree tree = version2();
  House house(2, tree);
  const std::string all = affinity_of(0);
  const std::string before = house.sitters.where(1);
  tree.set(std::string(group) + "/cpu.max", "90000 100000\n");
  REQUIRE(house.look());
  CHECK_FALSE(house.change.pinned);
  CHECK(house.sitters.where(0) == all);
  CHECK(house.sitters.where(1) == all);
  tree.set(std::string(group) + "/cpu.max", "190000 100000\n");
  REQUIRE(house.look());
  CHECK(house.change.pinned);
  CHECK(house.sitters.where(1) == before);
}

TEST_CASE("housekeeping: a worker that was moved alone is put back") {
  if (!enough_cpus(2)) return;
  const MachineTree tree = version2();
  House house(2, tree);
  const std::string before = house.sitters.where(1);
  CpuMask elsewhere;
  REQUIRE(detail::read_affinity(house.sitters.number(0), elsewhere));
  REQUIRE(detail::write_affinity(house.sitters.number(1), elsewhere));
  REQUIRE(house.look());
  CHECK(house.says("1 worker had been moved"));
  CHECK(house.change.moved == 1);
  CHECK(house.sitters.where(1) == before);
  CHECK(house.house.replacements.read() == 1);
  CHECK_FALSE(house.look());
}

TEST_CASE("housekeeping: the process's first thread takes the workers along") {
  if (!enough_cpus(2)) return;
  const KeepAffinity keep;
  const MachineTree tree = version2();
  House house(2, tree);
  const int last = own_cpus().back();
  REQUIRE(detail::write_affinity(0, CpuMask::of(last)));
  REQUIRE(house.look());
  CHECK(house.sitters.where(0) == std::to_string(last));
  CHECK(house.sitters.where(1) == std::to_string(last));
  CHECK(house.spins() == 0);
}

TEST_CASE("housekeeping: a worker that has ended is moved no more") {
  if (!enough_cpus(2)) return;
  const MachineTree tree = version2();
  House house(2, tree);
  const std::string before = house.sitters.where(1);
  house.house.worker_ends(1);
  tree.set(std::string(group) + "/cpuset.cpus.effective", house.sitters.where(0) + "\n");
  REQUIRE(house.look());
  CHECK(house.sitters.where(1) == before);
}

TEST_CASE("housekeeping: unpinned workers are left where they are, but do not spin in a crowd") {
  if (!enough_cpus(2)) return;
  const MachineTree tree = version2();
  Config config;
  config.pin = Pin::none;
  House house(2, tree, config);
  const std::string before = house.sitters.where(0);
  CHECK(house.spins() == spin_ns);
  tree.set(std::string(group) + "/cpuset.cpus.effective", std::to_string(own_cpus()[0]) + "\n");
  REQUIRE(house.look());
  CHECK(house.sitters.where(0) == before);
  CHECK(house.sitters.where(1) == before);
  CHECK(house.spins() == 0);
  CHECK(house.house.replacements.read() == 0);
}

TEST_CASE("housekeeping: a given topology is a limit while the machine grants any of it") {
  if (!enough_cpus(2)) return;
  const KeepAffinity keep;
  const std::vector<int> cpus = own_cpus();
  const std::string first = std::to_string(cpus[0]);
  const std::string second = std::to_string(cpus[1]);
  Topology mine = machine_topology();
  detail::restrict_topology(mine, CpuMask::of(cpus[1]));
  mine.quota_cpus = 0;
  Config config;
  config.topology = &mine;
  const MachineTree tree = version2();
  House house(1, tree, config);
  CHECK(house.sitters.where(0) == second);
  CHECK_FALSE(house.look());  // the machine's other CPUs are no news
  REQUIRE(detail::write_affinity(0, CpuMask::of(cpus[0])));
  CHECK_FALSE(house.look());  // a program that pins its own first thread
  CHECK(house.sitters.where(0) == second);
  tree.set(std::string(group) + "/cpuset.cpus.effective", first + "\n");
  REQUIRE(house.look());
  CHECK(house.sitters.where(0) == first);
}

TEST_CASE("housekeeping: a CPU that the kernel refuses is told once") {
  const MachineTree tree = version2();
  Topology mine;
  mine.cpus.push_back({});
  mine.cpus[0].os = CpuMask::cpus_max - 1;
  mine.cpus[0].core = 0;
  Config config;
  config.topology = &mine;
  Housekeeping stubborn;
  const Sitters sitter(1);
  const std::string before = sitter.where(0);
  stubborn.begin(config, mine, place_workers(mine, 1));
  stubborn.watch_below(tree.path());
  stubborn.worker_begins(0, sitter.number(0));
  MachineChange change{};
  std::string text;
  REQUIRE(stubborn.look(change, text));
  CHECK(text.find("1 worker cannot be moved there") != std::string::npos);
  CHECK(sitter.where(0) == before);
  CHECK_FALSE(stubborn.look(change, text));
  CHECK(stubborn.replacements.read() == 0);
}

namespace {

std::mutex told_lock;
std::vector<std::string> told;  // by the runtime under test
void keep_change(const MachineChange& change) {
  const std::lock_guard lock(told_lock);
  told.emplace_back(change.text);
}

std::unique_ptr<Runtime> start_watching(int workers, const MachineTree& tree) {
  Config config;
  config.workers = workers;
  config.schedule = Schedule::stealing();
  config.on_change = keep_change;
  told.clear();
  auto runtime = Runtime::start(config).value();
  detail::core_of(*runtime).house.watch_below(tree.path());
  return runtime;
}

}  // namespace

TEST_CASE("housekeeping: a running runtime follows its machine, and says so") {
  if (!enough_cpus(2)) return;
  const MachineTree tree = version2();
  auto runtime = start_watching(2, tree);
  const Watchdog dog(*runtime, 120);
  detail::Core& core = detail::core_of(*runtime);
  CHECK(runtime->run([] {}) == Status::accepted);  // both workers may be there
  while (worker_affinities(2)[0].empty() || worker_affinities(2)[1].empty())
    std::this_thread::yield();
  core.look_around();
  const std::vector<std::string> before = worker_affinities(2);
  CHECK(before[0] != before[1]);
  std::atomic<long> sum{0};
  Producer producer = runtime->producer("test").value();
  long submitted = 0;
  const auto submit = [&] {
    if (producer.submit([&sum] { ++sum; }).status == Status::accepted) ++submitted;
  };
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 20; ++i) submit();
    tree.set(std::string(group) + "/cpuset.cpus.effective", before[0] + "\n");
    core.look_around();
    CHECK(worker_affinities(2) == std::vector<std::string>{before[0], before[0]});
    CHECK(runtime->describe().find("2 workers not pinned") != std::string::npos);
    CHECK(runtime->describe().find(", no spin,") != std::string::npos);
    for (int i = 0; i < 20; ++i) submit();
    tree.set(std::string(group) + "/cpuset.cpus.effective", "0-8191\n");
    core.look_around();
    CHECK(worker_affinities(2) == before);
    CHECK(runtime->describe().find("2 workers pinned to CPUs") != std::string::npos);
    CHECK(runtime->describe().find(", spin 10 us,") != std::string::npos);
  }
  CHECK(runtime->barrier().status == Status::accepted);
  CHECK(sum == submitted);
  const Metrics metrics = runtime->metrics();
  CHECK(metrics.replacements == 40);
  CHECK(metrics.looks >= 41);
  CHECK(metrics.steady_state_allocations == 0);
  CHECK(metrics.total.lost_wakeups == 0);
  CHECK(metrics.stalls == 0);
  CHECK(runtime->stop_until() == Status::accepted);
  REQUIRE(told.size() >= 40);
  CHECK(told[0].rfind("weir: ", 0) == 0);
  CHECK(told[0].find('\n') == std::string::npos);
}

TEST_CASE("housekeeping: looks, reports and work go on beside each other") {
  const MachineTree tree = version2();
  auto runtime = start_watching(2, tree);
  const Watchdog dog(*runtime, 120);
  detail::Core& core = detail::core_of(*runtime);
  std::atomic<bool> over{false};
  std::thread reader([&] {
    while (!over.load()) {
      CHECK(runtime->describe().find("2 workers") != std::string::npos);
      CHECK(runtime->metrics().stalls == 0);
    }
  });
  std::thread looker([&] {
    while (!over.load()) core.look_around();
  });
  for (int i = 0; i < 50; ++i) {
    tree.set(std::string(group) + "/cpu.max", i % 2 == 0 ? "50000 100000\n" : "max 100000\n");
    tree.v2_stat(group, i, i);
    CHECK(runtime->run([] { fork_join([] {}, [] {}); }) == Status::accepted);
  }
  over = true;
  reader.join();
  looker.join();
  CHECK(runtime->stop_until() == Status::accepted);
  CHECK(runtime->metrics().steady_state_allocations == 0);
}

TEST_CASE("housekeeping: none without threads") {
  const MachineTree tree = version2();
  for (const bool deterministic : {false, true}) {
    Config config;
    config.workers = 0;
    config.schedule = deterministic ? Schedule::deterministic(7) : Schedule::stealing();
    auto runtime = Runtime::start(config).value();
    detail::Core& core = detail::core_of(*runtime);
    core.look_around();
    CHECK(runtime->run([] {}) == Status::accepted);
    CHECK(runtime->metrics().looks == 0);
    CHECK(core.house.due.load() == never);
  }
}

TEST_CASE("housekeeping: a runtime starts where the process may run now") {
  if (!enough_cpus(2)) return;
  static_cast<void>(machine_topology());  // as it was when the process began
  const KeepAffinity keep;
  const int last = own_cpus().back();
  REQUIRE(detail::write_affinity(0, CpuMask::of(last)));
  Config config;
  config.schedule = Schedule::stealing();
  auto runtime = Runtime::start(config).value();
  CHECK(runtime->describe().find("1 worker pinned to CPU " + std::to_string(last)) !=
        std::string::npos);
}
