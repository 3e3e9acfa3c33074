// housekeeping_live_test.cpp: the machine really changes under a running runtime, and its own looks
// notice it: taskset, cpusets, quotas.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <support/affinity.hpp>
#include <thread>
#include <vector>
#include <weir/runtime.hpp>
#include <weir/task.hpp>
#include <weir/topology.hpp>

#include "core_fixture.hpp"

using namespace weir;
using namespace weir::test;
using weir::detail::CpuMask;

namespace {

constexpr int watchdog_s = 100;

/// Waits, under the test's watchdog, for what a look will bring about.
template <class F>
void await(F&& f) {
  while (!f()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

bool free_machine(std::size_t cpus) {
  const bool quota = read_cpu_quota().cpus > 0;
  if (own_cpus().size() >= cpus && !quota) return true;
  MESSAGE("SKIP: this process " << (quota ? "has a CPU quota already" : "may use one CPU only"));
  return false;
}

/// Two workers, once both are there.
std::unique_ptr<Runtime> start_two() {
  auto runtime = start_with(2);
  await([] {
    const std::vector<int> threads = worker_threads(2);
    return threads[0] != 0 && threads[1] != 0;
  });
  return runtime;
}

/// Keeps every worker busy with short tasks until it goes; with smallest bounds one of them.
class Busy {
 public:
  explicit Busy(Runtime& runtime, int tasks = 4)
      : runtime_(runtime), producer_(runtime.producer("busy").value()) {
    if (detail::smallest_bounds()) tasks = 1;  // these keep their slots, and there is one
    for (int i = 0; i < tasks; ++i) submit_all(runtime_, producer_, [this] { turn(); });
  }
  ~Busy() {
    over_ = true;
    CHECK(runtime_.barrier().status == Status::accepted);
  }

 private:
  void turn() {
    for (int i = 0; i < 20'000; ++i) sum_.fetch_add(1, std::memory_order_relaxed);
    if (!over_.load()) spawn_last([this] { turn(); });
  }
  Runtime& runtime_;
  Producer producer_;
  std::atomic<bool> over_{false};
  std::atomic<long> sum_{0};
};

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// Why the text could not be written, "" when it was. Control files answer at the write.
std::string write_control(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  errno = 0;
  if (file << text << std::flush) return {};
  return path + ": " + std::strerror(errno != 0 ? errno : EACCES);
}

/// A control group of the test's own below the one that the process is in; gone with the object,
/// and the process is back where it was.
class LiveGroup {
 public:
  /// Below the tree of version 1 that holds `controller`, or else of version 2.
  explicit LiveGroup(const std::string& controller) {
    std::istringstream groups(content("/proc/self/cgroup"));
    for (std::string line; std::getline(groups, line);) {
      const std::size_t first = line.find(':');
      const std::size_t second = line.find(':', first + 1);
      const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
      if (controllers.find("," + controller + ",") != std::string::npos || controllers == ",,")
        open(line.substr(second + 1), controllers == ",,", controller);
      if (!path_.empty()) return;
    }
  }
  LiveGroup(const LiveGroup&) = delete;
  LiveGroup& operator=(const LiveGroup&) = delete;
  ~LiveGroup() {
    if (path_.empty()) return;
    leave();
    ::rmdir(path_.c_str());
  }

  bool usable() const { return !path_.empty(); }
  bool version2() const { return version2_; }
  const std::string& why_not() const { return why_not_; }
  std::string set(const std::string& file, const std::string& text) const {
    return write_control(path_ + "/" + file, text);
  }
  std::string get(const std::string& file) const { return content(path_ + "/" + file); }
  std::string enter() const { return set("cgroup.procs", std::to_string(::getpid())); }
  void leave() const {
    CHECK(write_control(parent_ + "/cgroup.procs", std::to_string(::getpid())).empty());
  }

 private:
  void open(const std::string& group, bool version2, const std::string& controller) {
    std::istringstream mounts(content("/proc/self/mountinfo"));
    for (std::string line; std::getline(mounts, line);) {
      std::istringstream words(line);
      std::string skip, root, point, type, options;
      words >> skip >> skip >> skip >> root >> point;
      while (words >> skip && skip != "-") {
      }
      words >> type >> skip >> options;
      const bool right =
          version2 ? type == "cgroup2"
                   : type == "cgroup" &&
                         ("," + options + ",").find("," + controller + ",") != std::string::npos;
      if (!right || root != "/") continue;
      parent_ = point + (group == "/" ? "" : group);
      const std::string path = parent_ + "/weir-test-" + std::to_string(::getpid());
      if (::mkdir(path.c_str(), 0755) != 0) {
        why_not_ = path + ": " + std::strerror(errno);
        continue;
      }
      version2_ = version2;
      path_ = path;
      const std::string probe =
          controller == "cpu" ? (version2 ? "cpu.max" : "cpu.cfs_quota_us") : "cpuset.cpus";
      if (::access((path + "/" + probe).c_str(), W_OK) == 0) return;
      why_not_ = path + " has no " + probe;
      ::rmdir(path.c_str());
      path_.clear();
    }
  }

  std::string path_, parent_;
  std::string why_not_ = "no tree of control groups is mounted whole";
  bool version2_ = false;
};

bool entered(const LiveGroup& group, const std::vector<std::string>& refusals) {
  std::string why = group.usable() ? std::string() : group.why_not();
  for (const std::string& refusal : refusals) why = why.empty() ? refusal : why;
  if (why.empty()) return true;
  MESSAGE("SKIP: no control group can be made here: " << why);
  return false;
}

}  // namespace

TEST_CASE("housekeeping live: looks are made while all workers sleep") {
  auto runtime = start_two();
  const Watchdog dog(*runtime, watchdog_s);
  await([&] { return runtime->metrics().looks >= 2; });
  CHECK(runtime->metrics().replacements == 0);
  CHECK(runtime->metrics().total.tasks == 0);
}

TEST_CASE("housekeeping live: looks are made while no worker ever sleeps") {
  auto runtime = start_with(1);
  const Watchdog dog(*runtime, watchdog_s);
  const Busy busy(*runtime, 1);
  await([&] { return runtime->metrics().total.tasks > 0; });
  const Metrics before = runtime->metrics();
  await([&] { return runtime->metrics().looks >= before.looks + 2; });
  CHECK(runtime->metrics().total.parks_timed_out == before.total.parks_timed_out);
  CHECK(runtime->metrics().steady_state_allocations == 0);
}

TEST_CASE("housekeeping live: looks are made inside of one long parallel_for") {
  auto runtime = start_with(1);
  const Watchdog dog(*runtime, watchdog_s);
  Producer producer = runtime->producer("test").value();
  std::atomic<bool> over{false};
  submit_all(*runtime, producer, [&over] {
    parallel_for(0, 1U << 22, 16, [&over](std::size_t) {
      for (int i = 0; i < 10'000 && !over.load(); ++i) {
      }
    });
  });
  await([&] { return runtime->metrics().looks >= 2; });
  CHECK(runtime->metrics().total.tasks == 0);
  over = true;
  CHECK(runtime->barrier().status == Status::accepted);
}

TEST_CASE("housekeeping live: looks are made at the quiescent points of a long body") {
  auto runtime = start_with(1);
  const Watchdog dog(*runtime, watchdog_s);
  Producer producer = runtime->producer("test").value();
  std::atomic<bool> over{false};
  submit_all(*runtime, producer, [&over] {
    while (!over.load()) static_cast<void>(quiescent_point());
  });
  await([&] { return runtime->metrics().looks >= 2; });
  over = true;
  CHECK(runtime->barrier().status == Status::accepted);
}

TEST_CASE("housekeeping live: who waits looks for workers that cannot") {
  auto runtime = start_with(1);
  const Watchdog dog(*runtime, watchdog_s);
  Producer producer = runtime->producer("test").value();
  Gate gate;
  submit_all(*runtime, producer, [&gate] { gate.pass(); });
  gate.await(1);
  const std::uint64_t before = runtime->metrics().looks;
  while (runtime->metrics().looks < before + 2)
    CHECK(runtime->barrier_until(after_ms(20)).status == Status::timed_out);
  gate.open();
  CHECK(runtime->barrier().status == Status::accepted);
}

TEST_CASE("housekeeping live: taskset on all threads of a busy process, to one CPU and back") {
  if (!free_machine(2)) return;
  const KeepAffinity keep;
  auto runtime = start_two();
  const Watchdog dog(*runtime, watchdog_s);
  const Busy busy(*runtime);
  CpuMask all;
  REQUIRE(detail::read_affinity(0, all));
  const std::vector<std::string> before = worker_affinities(2);
  CHECK(before[0] != before[1]);
  const int last = own_cpus().back();
  const std::string there = std::to_string(last);

  move_all_threads(CpuMask::of(last));
  await([&] { return runtime->describe().find("2 workers not pinned") != std::string::npos; });
  CHECK(worker_affinities(2) == std::vector<std::string>{there, there});
  CHECK(runtime->describe().find("no spin,") != std::string::npos);
  CHECK(runtime->metrics().replacements >= 1);

  move_all_threads(all);
  await([&] { return worker_affinities(2) == before; });
  await([&] { return runtime->describe().find("2 workers pinned to CPUs") != std::string::npos; });
  CHECK(worker_affinities(2) == before);
  CHECK(runtime->describe().find("spin 10 us,") != std::string::npos);
  CHECK(runtime->metrics().replacements >= 2);
}

TEST_CASE("housekeeping live: taskset on one sleeping worker") {
  if (!free_machine(2)) return;
  const KeepAffinity keep;
  auto runtime = start_two();
  const Watchdog dog(*runtime, watchdog_s);
  const std::vector<std::string> before = worker_affinities(2);
  CpuMask other;
  REQUIRE(detail::read_affinity(worker_threads(2)[0], other));
  REQUIRE(detail::write_affinity(worker_threads(2)[1], other));
  await([&] { return runtime->metrics().replacements >= 1; });
  CHECK(worker_affinities(2) == before);
}

TEST_CASE("housekeeping live: a cpuset shrinks and widens under a busy process") {
  if (!free_machine(2)) return;
  const KeepAffinity keep;
  CpuMask all;
  REQUIRE(detail::read_affinity(0, all));
  const LiveGroup group("cpuset");
  std::vector<std::string> refusals;
  if (group.usable()) {
    refusals = {group.set("cpuset.cpus", all.text()), group.set("cpuset.mems", "0")};
    if (refusals[0].empty()) refusals.push_back(group.enter());
  }
  if (!entered(group, refusals)) return;
  auto runtime = start_two();
  const Watchdog dog(*runtime, watchdog_s);
  const Busy busy(*runtime);
  const std::vector<std::string> before = worker_affinities(2);
  CHECK(before[0] != before[1]);
  const std::string there = std::to_string(own_cpus().back());

  REQUIRE(group.set("cpuset.cpus", there).empty());
  await([&] { return runtime->describe().find("2 workers not pinned") != std::string::npos; });
  CHECK(worker_affinities(2) == std::vector<std::string>{there, there});
  CHECK(runtime->describe().find("no spin,") != std::string::npos);

  REQUIRE(group.set("cpuset.cpus", all.text()).empty());
  await([&] { return runtime->describe().find("2 workers pinned to CPUs") != std::string::npos; });
  CHECK(worker_affinities(2) == before);
  CHECK(runtime->describe().find("spin 10 us,") != std::string::npos);
  CHECK(runtime->metrics().replacements >= 2);
}

TEST_CASE("housekeeping live: a quota comes, throttles and goes") {
  if (!free_machine(1)) return;
  const KeepAffinity keep;
  const LiveGroup group("cpu");
  if (!entered(group, {})) return;
  auto runtime = start_with(1);
  const Watchdog dog(*runtime, watchdog_s);
  CHECK(runtime->describe().find("no quota") != std::string::npos);
  const auto refused = group.version2() ? group.set("cpu.max", "10000 100000")
                                        : group.set("cpu.cfs_period_us", "100000") +
                                              group.set("cpu.cfs_quota_us", "10000");
  if (!entered(group, {refused, refused.empty() ? group.enter() : std::string()})) return;
  {
    const Busy busy(*runtime);
    await([&] { return runtime->describe().find("quota 0.10 CPUs") != std::string::npos; });
    CHECK(runtime->describe().find("no spin,") != std::string::npos);
    await([&] { return runtime->metrics().throttled_periods > 0; });
    CHECK(runtime->describe().find(", throttled, no spin,") != std::string::npos);
    CHECK(runtime->metrics().throttled_ns > 0);
    group.leave();
    await([&] { return runtime->describe().find("no quota") != std::string::npos; });
  }
  // And when it has been calm for a while, idle workers spin again.
  await([&] { return runtime->describe().find(", spin 10 us,") != std::string::npos; });
  CHECK(runtime->describe().find("throttled") == std::string::npos);
}
