// stopping.cpp: hardware breakpoints by perf_event_open, and the futex that a stopped thread waits
// on.
#include "stopping.hpp"

#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <weir/futex.hpp>
#include <weir/thread.hpp>

namespace weir::bench {

thread_local Victim* victim_here = nullptr;

void Victim::enter() {
  pthread_attr_t attributes;
  void* low = nullptr;
  std::size_t bytes = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
    pthread_attr_getstack(&attributes, &low, &bytes);
    pthread_attr_destroy(&attributes);
  }
  stack_low_ = reinterpret_cast<std::uintptr_t>(low);
  stack_bytes_ = bytes;
  struct sigaction action {};
  action.sa_handler = &on_trap;
  sigaction(SIGTRAP, &action, nullptr);
  victim_here = this;
  thread_.store(thread_id(), std::memory_order_release);
}

void Victim::on_trap(int) {
  const int saved = errno;
  if (victim_here != nullptr) victim_here->stand();
  errno = saved;
}

void Victim::stand() noexcept {
  const std::uint32_t seen = gate_.load(std::memory_order_acquire);
  standing_.store(1, std::memory_order_seq_cst);
  while (gate_.load(std::memory_order_acquire) == seen) futex_wait(gate_, seen);
}

bool Victim::await_hit(int wait_ms) {
  for (int i = 0; i < wait_ms * 10; ++i) {
    if (standing_.load(std::memory_order_acquire) != 0) return true;
    usleep(100);
  }
  return false;
}

int Victim::open_breakpoint() {
  const std::uintptr_t slot = slot_.load(std::memory_order_relaxed);
  if (slot == 0) return -1;
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_BREAKPOINT;
  attributes.size = sizeof(attributes);
  attributes.bp_type = role_ == Role::producer ? HW_BREAKPOINT_W : HW_BREAKPOINT_RW;
  attributes.bp_addr = slot;
  attributes.bp_len = HW_BREAKPOINT_LEN_8;
  attributes.sample_period = 1;
  attributes.sigtrap = 1;
  attributes.remove_on_exec = 1;  // the kernel asks for it with sigtrap
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  const long file = syscall(SYS_perf_event_open, &attributes,
                            thread_.load(std::memory_order_acquire), -1, -1, PERF_FLAG_FD_CLOEXEC);
  if (file < 0) why_not_ = std::strerror(errno);
  return static_cast<int>(file);
}

bool Victim::stop(bool breakpoint, int wait_ms) {
  if (!breakpoint) {
    hook_armed_.store(true, std::memory_order_release);
    const bool hit = await_hit(wait_ms);
    hook_armed_.store(false, std::memory_order_release);
    return hit || await_hit(1);
  }
  why_not_.clear();
  const int file = open_breakpoint();
  if (file < 0) return false;
  const bool hit = await_hit(wait_ms);
  close(file);
  if (hit || await_hit(1)) return true;
  why_not_ = "made, but not hit";  // virtual machines may have none behind them
  return false;
}

void Victim::release() {
  standing_.store(0, std::memory_order_seq_cst);
  gate_.fetch_add(1, std::memory_order_release);
  futex_wake_all(gate_);
}

}  // namespace weir::bench
