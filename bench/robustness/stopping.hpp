// stopping.hpp: a thread is stopped in the middle of a queue operation: when it has claimed a slot
// and moved the item, and has not yet published it.
//
// How: the queue's elements are StopItems, which know when they are moved into or out of memory
// that is not the thread's stack, that is, a slot. By a hardware breakpoint on that slot where the
// kernel gives one (perf_event_open with sigtrap, on the victim's thread alone: the code runs
// unchanged until the store traps, and the signal's handler waits on a futex); else by the move
// itself, which waits there.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace weir::bench {

/// One thread that may be stopped.
class Victim {
 public:
  enum class Role : std::uint8_t { producer, consumer };
  explicit Victim(Role role) : role_(role) {}
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;

  /// By the victim's thread, before its first operation.
  void enter();

  /// By the controlling thread: true when the victim stands in mid-operation. `breakpoint`: try
  /// one; false when it was not hit in time.
  bool stop(bool breakpoint, int wait_ms);
  void release();
  /// Why there are no breakpoints here; empty when the last one could be made.
  const std::string& why_no_breakpoint() const { return why_not_; }

  /// By StopItem.
  void moved(const void* to, const void* from) noexcept {
    const auto slot = reinterpret_cast<std::uintptr_t>(role_ == Role::producer ? to : from);
    if (slot - stack_low_ < stack_bytes_) return;
    slot_.store(slot, std::memory_order_relaxed);  // relaxed: a hint for where to break
    if (hook_armed_.load(std::memory_order_acquire)) stand();
  }

 private:
  static void on_trap(int);
  void stand() noexcept;
  bool await_hit(int wait_ms);
  int open_breakpoint();

  Role role_;
  std::uintptr_t stack_low_ = 0, stack_bytes_ = 0;
  std::atomic<int> thread_{0};
  std::atomic<std::uintptr_t> slot_{0};
  std::atomic<bool> hook_armed_{false};
  std::atomic<std::uint32_t> standing_{0};  // 1: in stand()
  std::atomic<std::uint32_t> gate_{0};      // rises when it may go on
  std::string why_not_;
};

/// The victim that the calling thread is; null for all others.
extern thread_local Victim* victim_here;

struct StopItem {
  StopItem(std::uint64_t v = 0) noexcept : value(v) {}
  StopItem(const StopItem& other) noexcept : value(other.value) { moved(other); }
  StopItem(StopItem&& other) noexcept : value(other.value) { moved(other); }
  StopItem& operator=(const StopItem& other) noexcept {
    value = other.value;
    moved(other);
    return *this;
  }
  StopItem& operator=(StopItem&& other) noexcept {
    value = other.value;
    moved(other);
    return *this;
  }
  ~StopItem() = default;

  std::uint64_t value;

 private:
  void moved(const StopItem& other) noexcept {
    if (victim_here != nullptr) victim_here->moved(this, &other);
  }
};

}  // namespace weir::bench
