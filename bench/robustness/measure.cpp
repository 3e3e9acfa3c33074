// measure.cpp: histograms, /proc, neighbours and cgroups.
#include "measure.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>
#include <weir/clock.hpp>

#include "harness.hpp"

namespace weir::bench {
namespace {

double seconds_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// A field of /proc/self/status in kB, as bytes.
std::uint64_t status_bytes(const std::string& field) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(field + ":", 0) == 0)
      return std::strtoull(line.c_str() + field.size() + 1, nullptr, 10) * 1024;
  }
  return 0;
}

bool write_file(const std::string& path, const std::string& text) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool done = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(file);
  return done;
}

}  // namespace

std::uint64_t Histogram::quantile(double q) const noexcept {
  std::uint64_t all = 0, seen = 0;
  for (const std::uint64_t count : counts_) all += count;
  if (all == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(q * static_cast<double>(all));
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen <= wanted) continue;
    if (i < 16) return i;
    const std::size_t octave = i / 16 + 3;
    const std::uint64_t upper = (std::uint64_t{17 + i % 16} << (octave - 4)) - 1;
    return upper < max_ ? upper : max_;
  }
  return max_;
}

double ns_of_ticks(std::uint64_t count) {
  return static_cast<double>(count) * 1000.0 / ticks_per_us();
}

double process_cpu_s() { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }
double thread_cpu_s() { return seconds_of(CLOCK_THREAD_CPUTIME_ID); }
std::uint64_t peak_bytes() { return status_bytes("VmHWM"); }
std::uint64_t resident_bytes() { return status_bytes("VmRSS"); }
void forget_peak() { write_file("/proc/self/clear_refs", "5"); }

std::vector<int> cpus_now() {
  std::vector<int> found;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(static_cast<std::size_t>(cpu), &set)) found.push_back(cpu);
    }
  }
  return found;
}

std::vector<int> thread_ids() {
  std::vector<int> ids;
  if (DIR* const folder = opendir("/proc/self/task")) {
    while (const dirent* entry = readdir(folder)) {
      if (entry->d_name[0] != '.') ids.push_back(std::atoi(entry->d_name));
    }
    closedir(folder);
  }
  return ids;
}

Neighbours::Neighbours() {
  for (const int cpu : cpus_now()) {
    const pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      pin_caller({cpu});
      for (;;) asm volatile("" ::: "memory");
    }
    if (child > 0) children_.push_back(child);
  }
}

Neighbours::~Neighbours() {
  for (const pid_t child : children_) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
}

Quota::Quota() {
  // /proc/self/cgroup: `N:controllers:path`, `0::path` for v2; mounts as the kernel lists them.
  std::string path_v1 = "/", path_v2 = "/";
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    if (controllers == ",,") path_v2 = line.substr(second + 1);
    if (controllers.find(",cpu,") != std::string::npos) path_v1 = line.substr(second + 1);
  }
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device, folder, type, options;
    words >> device >> folder >> type >> options;
    if (type == "cgroup" && ("," + options + ",").find(",cpu,") != std::string::npos &&
        (make(folder + path_v1, false) || make(folder, false)))
      return;
    if (type == "cgroup2" && (make(folder + path_v2, true) || make(folder, true))) return;
  }
  if (why_not_.empty()) why_not_ = "no cpu controller is mounted";
}

bool Quota::make(const std::string& parent, bool v2) {
  const std::string name = parent + "/weir-bench-" + std::to_string(getpid());
  if (mkdir(name.c_str(), 0755) != 0) {
    why_not_ = "cannot make " + name + ": " + std::strerror(errno);
    return false;
  }
  const bool set = v2 ? write_file(name + "/cpu.max", "50000 100000")
                      : write_file(name + "/cpu.cfs_period_us", "100000") &&
                            write_file(name + "/cpu.cfs_quota_us", "50000");
  if (!set) {
    why_not_ = "no quota can be set in " + parent;
    rmdir(name.c_str());
    return false;
  }
  folder_ = name;
  why_not_.clear();
  return true;
}

Quota::~Quota() {
  if (folder_.empty()) return;
  for (int i = 0; i < 100 && rmdir(folder_.c_str()) != 0 && errno == EBUSY; ++i) usleep(10'000);
}

bool Quota::enter() const {
  return write_file(folder_ + "/cgroup.procs", std::to_string(getpid()));
}

std::pair<std::uint64_t, std::uint64_t> Quota::throttled() const {
  std::uint64_t periods = 0, throttled = 0;
  std::ifstream file(folder_ + "/cpu.stat");
  std::string name;
  for (std::uint64_t value = 0; file >> name >> value;) {
    if (name == "nr_periods") periods = value;
    if (name == "nr_throttled") throttled = value;
  }
  return {throttled, periods};
}

}  // namespace weir::bench
