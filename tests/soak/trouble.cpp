// trouble.cpp: what is done to the threads of a runtime while its patterns run.
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <soak/soak.hpp>
#include <support/affinity.hpp>
#include <thread>
#include <unit/platform/temporary_directory.hpp>

namespace weir::test {
namespace {

void stand_still(int) {
  const int saved = errno;
  static_cast<void>(poll(nullptr, 0, 2));
  errno = saved;
}

void sleep_us(std::uint32_t us) { std::this_thread::sleep_for(std::chrono::microseconds(us)); }

/// A child finds the runtime of its parent dead, and says so at once.
std::string fork_once(Runtime& runtime, Producer& producer) {
  const pid_t child = fork();
  if (child < 0) return "";  // the system may refuse one
  if (child == 0) {
    int faults = 0;
    faults += producer.submit([]() noexcept {}).status == Status::forked ? 0 : 1;
    faults += runtime.barrier().status == Status::forked ? 0 : 2;
    faults += runtime.stop_until() == Status::forked ? 0 : 4;
    _exit(faults);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "";
  return "a forked child ended with " + std::to_string(status);
}

}  // namespace

std::string make_trouble(Runtime& runtime, std::uint64_t seed, const std::atomic<bool>& over,
                         TroubleCounts& counts) {
  Random random(seed);
  struct sigaction action {};
  action.sa_handler = &stand_still;  // without SA_RESTART: calls of the kernel end early, too
  sigaction(SIGUSR2, &action, nullptr);
  const pid_t self = static_cast<pid_t>(syscall(SYS_gettid));
  const KeepAffinity keep;
  const std::vector<int> cpus = own_cpus();
  const TemporaryDirectory folder;
  Producer producer = runtime.producer("trouble").value();
  std::FILE* const nowhere = std::fopen("/dev/null", "w");
  std::string fault;
  while (!over.load() && fault.empty()) {
    sleep_us(random.below(4000));
    switch (random.below(16)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        const std::uint32_t us = random.below(8000);
        const auto hold = [us]() noexcept { sleep_us(us); };
        if (producer.submit(hold, {.level = static_cast<std::uint8_t>(random.below(3))}).status ==
            Status::accepted)
          ++counts.held;
        break;
      }
      case 4:
      case 5:
      case 6:
      case 7:
      case 8: {
        const std::vector<int> threads = own_threads();
        const int thread = threads[random.below(static_cast<std::uint32_t>(threads.size()))];
        if (thread != self && syscall(SYS_tgkill, getpid(), thread, SIGUSR2) == 0)
          ++counts.interrupted;
        break;
      }
      case 9:
      case 10: {
        const std::vector<int> threads = own_threads();
        detail::CpuMask mask;
        for (const int cpu : cpus) {
          if (random.once_in(2)) mask.add(cpu);
        }
        if (mask.empty()) mask.add(cpus.front());
        const int thread = threads[random.below(static_cast<std::uint32_t>(threads.size()))];
        if (detail::write_affinity(thread, mask)) ++counts.moved;
        break;
      }
      case 11:
      case 12:
      case 13:
        static_cast<void>(runtime.metrics());
        static_cast<void>(runtime.describe());
        if (nowhere != nullptr && random.once_in(4)) runtime.dump(nowhere);
        if (random.once_in(8)) static_cast<void>(runtime.write_trace(folder / "trace.json"));
        ++counts.looked;
        break;
      case 14:
        if (!random.once_in(8)) break;
        fault = fork_once(runtime, producer);
        ++counts.forked;
        break;
      default:
        sleep_us(20'000);  // long enough for a runtime at rest to go to sleep altogether
        ++counts.lulls;
    }
  }
  if (nowhere != nullptr) std::fclose(nowhere);
  return fault;
}

}  // namespace weir::test
