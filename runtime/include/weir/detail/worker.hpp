// detail/worker.hpp: a worker's or guest's own state, and what a task is made of. The hot half of
// the engine room.
//
// Shape: one Worker a context (workers first, guests after), one thread at a time; a TaskSlot is
// two cache lines. Source: P7. A child of fork_join is a job on its joiner's stack. Its state word
// says who took it: the thief writes its {context, generation} before it runs the child, and the
// joiner steals from that thief only, and only while its generation is the same ("leapfrogging",
// Wagner and Calder, PPoPP 1993); so nothing unrelated runs on a waiting frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>
#include <weir/atomic.hpp>
#include <weir/detail/core.hpp>
#include <weir/detail/deque.hpp>
#include <weir/detail/flight.hpp>
#include <weir/detail/sleepers.hpp>
#include <weir/limits.hpp>

namespace weir {
class Scope;
}

namespace weir::detail {

/// What a running body passes on to all that it starts.
struct TaskFrame {
  Scope* scope = nullptr;
  std::uint32_t epoch = 0;
};

/// What a task's body function does with its closure; after each of them the closure at `from` is
/// gone.
enum class TaskOp : std::uint8_t { run, destroy, relocate };
using TaskBody = void (*)(void* from, TaskOp op, void* to);

template <class F>
void task_body(void* from, TaskOp op, void* to) {
  F* f = std::launder(static_cast<F*>(from));
  struct End {
    F* f;
    ~End() { f->~F(); }
  } end{f};
  if (op == TaskOp::run) {
    static_cast<void>((*f)());
  } else if (op == TaskOp::relocate) {
    ::new (to) F(std::move(*f));
  }
}

/// Built when it is first taken. A closure of up to 16 bytes lies in the first cache line with all
/// that a run needs. `below` and `bundle` are those of the first slot of a bundle of free ones; a
/// thread that was too late to take the bundle may read `below` while the task runs already.
struct alignas(contended_bytes) TaskSlot : Job {
  bool holds_credit = false;  // it came through the overflow list with a credit of the inbox
  bool expires = false;       // `deadline` holds one
  std::uint32_t index = 0;
  TaskFrame frame;
  TaskBody body = nullptr;
  alignas(limits::closure_alignment) std::byte closure[limits::closure_bytes];
  Deadline deadline = never;
  atomic<std::uint32_t> below{0};  // the bundle under this one: index + 1; 0: none
  std::uint32_t bundle = 0;        // slots in this bundle
};
static_assert(sizeof(TaskSlot) == limits::task_slot_bytes);

template <class F>
constexpr void check_closure() noexcept {
  static_assert(sizeof(F) <= limits::closure_bytes,
                "a task's closure holds at most 48 bytes: capture a pointer");
  static_assert(alignof(F) <= limits::closure_alignment,
                "a task's closure is too strictly aligned");
  static_assert(std::is_nothrow_move_constructible_v<F> && std::is_nothrow_destructible_v<F>,
                "a task's closure must move and end without throwing");
}

/// Where spawn_last keeps the successor while the task that called it still runs.
struct LastTask {
  TaskBody body = nullptr;
  alignas(limits::closure_alignment) std::byte closure[limits::closure_bytes];
};

/// A statistic with one writer.
class Counter {
 public:
  void add(std::uint64_t n) noexcept {
    value_.store(value_.load(relaxed) + n, relaxed);  // relaxed: a statistic
  }
  std::uint64_t read() const noexcept { return value_.load(relaxed); }  // relaxed: a statistic

 private:
  atomic<std::uint64_t> value_{0};
};

struct WorkerCounters {
  Counter tasks, jobs, steals, leaps, parks, parks_timed_out, lost_wakeups, inline_runs, spin_ns,
      retired_objects;
};

/// A child of fork_join, on its joiner's stack.
struct ForkJob : Job {
  static constexpr std::uint32_t done = 1, failed = 2,
                                 waiting = 4;            // bits; a thief's name stands above them
  static constexpr std::uint32_t thief_shift = 3;        // 13 bits: context + 1
  static constexpr std::uint32_t generation_shift = 16;  // 16 bits
  static_assert(limits::contexts_max + 1 < (1 << (generation_shift - thief_shift)));

  ForkJob(Run function, const TaskFrame* f) noexcept : Job(function), frame(f) { task = true; }
  const TaskFrame* frame;  // of the joiner: alive until the join
  atomic<std::uint32_t> state{0};
  union {
    BodyError error;  // constructed by whoever sets `failed`
  };
};

class Worker;
extern constinit thread_local Worker* this_worker;

/// The entry of all tasks in slots; a job with this `run` is a TaskSlot.
void run_task(Job& job, Context& context) noexcept;

class alignas(contended_bytes) Worker : public Context {
 public:
  using JobDeque = Deque<Job>;

  Worker(Core& core, int index, Participant& participant, std::uint32_t deque_slots,
         std::uint32_t slot_cache) noexcept;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  JobDeque deque;
  const TaskFrame* frame = nullptr;  // of the body that runs; null: a root starts its own
  LastTask* last = nullptr;          // where the running task's spawn_last goes
  Job* next = nullptr;               // runs next, not stealable
  std::uint32_t inline_depth = 0;    // spawn_or_run inside spawn_or_run
  std::uint32_t nesting = 0;         // bodies that run on a joiner's waiting frame

  // Tasks in slots
  // ----------------------------------------------------------------------------------------------
  /// A free slot, or null.
  TaskSlot* take_slot() noexcept {
    if (slot_count_ != 0) return slots_ + slot_cache_[--slot_count_];
    return refill_slot();
  }
  void give_slot(TaskSlot& slot) noexcept {
    if (slot_count_ < slot_cache_max_) {
      slot_cache_[slot_count_++] = slot.index;
    } else {
      flush_slot(slot);
    }
  }
  /// Makes a slot, with its closure and body set, a child of the running body.
  void spawn(TaskSlot& slot) noexcept;
  /// Runs a body at once, on this stack; `closure` is gone afterwards. Counts as part of the
  /// running task.
  void run_inline(void* closure, TaskBody body) noexcept;
  /// The epoch and scope of what the running body starts.
  TaskFrame frame_now() const noexcept;
  /// A body of the running frame threw: notes the exception in flight at its scope or at the
  /// runtime.
  void body_failed(const TaskFrame& of) noexcept;

  // fork_join
  // ---------------------------------------------------------------------------------------------------
  /// Wakes a parked worker when there is one; after work was made visible.
  void notify() noexcept {
    if (const int sleeper = sleepers_->notify(); sleeper >= 0) wake(sleeper);
  }
  /// Waits for a child that is not simply the newest job: `popped` is what the deque gave instead
  /// (may be null).
  void join(ForkJob& child, Job* popped) noexcept;
  /// Before and after a stolen child's body.
  void child_begins(ForkJob& child) noexcept;
  void child_ends(ForkJob& child, std::uint32_t outcome) noexcept;
  /// Deterministic mode: the policy may let another virtual worker steal from here and run what it
  /// got to the end.
  void maybe_give_away() noexcept {
    if (policy_forks_) give_away();
  }

  /// Between two jobs or steps of a long one: now and then a look at the clock, and at the machine.
  void turn() noexcept {
    if (--turns_left_ == 0) keep_house();
  }
  void keep_house() noexcept;

  bool quiescent_point() noexcept;
  bool is_forked() const noexcept;

  WorkerCounters counters;
  Flight flight;
  WalkClock walks;

 private:
  TaskSlot* refill_slot() noexcept;
  void flush_slot(TaskSlot& slot) noexcept;
  void wake(int sleeper) noexcept;
  void give_away() noexcept;
  bool leap(std::uint32_t child_state) noexcept;

 public:
  // The rest is the engine room's own (runtime/src).
  Sleepers* sleepers_ = nullptr;
  TaskSlot* slots_ = nullptr;
  std::uint32_t slot_count_ = 0;
  std::uint32_t slot_cache_max_ = 0;
  bool policy_forks_ = false;
  static constexpr int given_away_max = 8;  // thefts inside thefts, on one stack
  int given_away_ = 0;
  std::uint32_t park_ms_ = limits::park_ms_first;  // its next park, when nobody wakes it
  std::uint64_t grace_seen_ = 0;  // what participant().epoch_seen says
  std::uint64_t tick_ = 0;
  std::uint32_t passed_default_ = 0;  // urgent jobs since the last one of the default level
  std::uint32_t passed_patient_ = 0;  // jobs that went before a waiting one of level 2
  std::uint32_t turns_left_ = 1;  // until it looks at the clock (housekeeping.cpp)
  std::uint32_t turns_ = 1;       // of so many
  std::uint64_t turned_ns_ = 0;   // when it last did
  std::uint64_t spilled_tick_ = 0;  // `tick_` of the last spill that was recorded, plus one
  std::uint32_t slot_cache_[limits::batch_max] = {};
};

inline Worker* current_worker() noexcept { return this_worker; }

/// While it lives, what runs on this worker starts its children with `frame`: around the bodies of
/// graphs, so that what they spawn descends from their token or run. `frame` outlives it.
class FrameScope {
 public:
  FrameScope(Context& context, const TaskFrame& frame) noexcept
      : worker_(static_cast<Worker&>(context)),
        outer_(std::exchange(worker_.frame, &frame)),
        outer_last_(std::exchange(worker_.last, nullptr)) {}
  FrameScope(const FrameScope&) = delete;
  FrameScope& operator=(const FrameScope&) = delete;
  ~FrameScope() {
    worker_.last = outer_last_;
    worker_.frame = outer_;
  }

 private:
  Worker& worker_;
  const TaskFrame* outer_;
  LastTask* outer_last_;
};

/// The child that runs `F` by reference: the joiner's frame holds f.
template <class F>
struct ForkChild : ForkJob {
  ForkChild(F& f, const TaskFrame* frame_of_joiner) noexcept
      : ForkJob(&run_stolen, frame_of_joiner), function(&f) {}
  F* function;

  static void run_stolen(Job& job, Context& context) noexcept {
    auto& child = static_cast<ForkChild&>(job);
    auto& worker = static_cast<Worker&>(context);
    const TaskFrame* const outer = std::exchange(worker.frame, child.frame);
    LastTask* const outer_last = std::exchange(worker.last, nullptr);
    worker.child_begins(child);
    std::uint32_t outcome = done;
    try {
      static_cast<void>((*child.function)());
    } catch (...) {
      ::new (static_cast<void*>(&child.error)) BodyError{};
      capture_exception(child.error);
      outcome |= failed;
    }
    worker.last = outer_last;
    worker.frame = outer;
    worker.child_ends(child, outcome);  // the joiner's frame may be gone after this
  }
};

}  // namespace weir::detail
