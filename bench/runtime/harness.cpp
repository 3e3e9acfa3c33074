// harness.cpp: the list of lines and the team of threads.
#include "harness.hpp"

namespace weir::bench {

std::vector<Line>& lines() {
  static std::vector<Line> all;
  return all;
}

std::vector<std::string>& left_out() {
  static std::vector<std::string> peers;
  return peers;
}

const std::vector<int>& allowed_cpus() {
  static const std::vector<int> cpus = [] {
    std::vector<int> found;
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set) == 0) {
      for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(static_cast<std::size_t>(cpu), &set)) found.push_back(cpu);
      }
    }
    return found;
  }();
  return cpus;
}

void pin_caller(const std::vector<int>& cpus) {
  if (cpus.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(static_cast<std::size_t>(cpu), &set);
  sched_setaffinity(0, sizeof(set), &set);
}

Team::Team(int size) {
  const std::vector<int>& cpus = allowed_cpus();
  for (int index = 1; index < size; ++index) {
    helpers_.emplace_back([this, index, &cpus] {
      if (!cpus.empty()) pin_caller({cpus[static_cast<std::size_t>(index) % cpus.size()]});
      help(index);
    });
  }
  if (!cpus.empty()) pin_caller({cpus[0]});
}

Team::~Team() {
  over_.store(true, std::memory_order_relaxed);  // relaxed: the release of round_ publishes it
  round_.fetch_add(1, std::memory_order_release);
  for (std::thread& helper : helpers_) helper.join();
  pin_caller(allowed_cpus());
}

void Team::run(const std::function<void(int)>& f) {
  work_ = &f;
  busy_.store(static_cast<int>(helpers_.size()),
              std::memory_order_relaxed);  // relaxed: round_ publishes it
  round_.fetch_add(1, std::memory_order_release);
  f(0);
  Patience patience;
  while (busy_.load(std::memory_order_acquire) != 0) patience.wait();
}

void Team::help(int index) {
  std::uint64_t seen = 0;
  for (;;) {
    Patience patience;
    while (round_.load(std::memory_order_acquire) == seen) patience.wait();
    ++seen;
    if (over_.load(std::memory_order_relaxed)) return;  // relaxed: round_ was acquired
    (*work_)(index);
    busy_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace weir::bench
