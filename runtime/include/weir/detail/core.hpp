// detail/core.hpp: what the public templates and the graphs need of the runtime's engine room.
//
// Not public: names in here may change. The engine room itself is runtime/src/core.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <weir/atomic.hpp>
#include <weir/clock.hpp>
#include <weir/detail/epoch_count.hpp>
#include <weir/limits.hpp>
#include <weir/result.hpp>

namespace weir {
class Producer;
class Runtime;
}  // namespace weir

namespace weir::detail {

class Context;
class Core;
enum class Note : std::uint8_t;

/// A level as users give it, in range.
constexpr std::uint8_t level_in_range(std::uint8_t level) noexcept {
  return level < limits::levels ? level : limits::levels - 1;
}

/// The unit of scheduling. Intrusive, so that scheduling never allocates and is never refused. The
/// owner keeps it alive until run() has been entered for each schedule().
struct Job {
  using Run = void (*)(Job&, Context&) noexcept;
  explicit Job(Run function = nullptr) noexcept : run(function) {}
  Run run;
  Job* next = nullptr;     // link of the overflow list; owned by whoever holds the job
  std::uint8_t level = limits::level_default;
  bool task =
      false;  // a task or a child of fork_join: may run on a frame that waits for its relative (P7)
};

/// Error of a body, in storage of fixed size (P9: never an exception_ptr).
struct BodyError {
  std::uint16_t node = no_node;
  std::uint64_t sequence = 0;
  char text[limits::error_text_bytes] = {};
  bool set() const noexcept { return text[0] != 0; }
};
/// Fills `error.text` from the exception in flight; call inside a catch block.
void capture_exception(BodyError& error) noexcept;

/// What one worker, guest or producer has submitted and retired, by epoch_slot (P4). Counters are
/// monotone, never reset, and written by the owner only.
struct alignas(contended_bytes) Participant {
  atomic<std::uint64_t> sequence{
      0};  // P5: producers and guests: odd inside a call; workers: changes at park, unpark
  atomic<std::uint64_t> epoch_seen{
      0};                           // last epoch observed at a quiescent point; workers and guests
  atomic<std::uint64_t> online{0};  // workers and guests: 1 while they may run jobs
  atomic<std::uint64_t> submitted[limits::epoch_slots] = {};
  atomic<std::uint64_t> retired[limits::epoch_slots] = {};

  void add_submitted(std::uint32_t epoch, std::uint64_t n) noexcept {
    atomic<std::uint64_t>& c = submitted[epoch_slot(epoch)];
    // (1) release pairs with the acquire reads of the barrier's second pass: what happened before
    // the submission
    c.store(c.load(relaxed) + n, release);  // relaxed load: single writer
  }
  void add_retired(std::uint32_t epoch, std::uint64_t n) noexcept {
    atomic<std::uint64_t>& c = retired[epoch_slot(epoch)];
    // (2) release pairs with the acquire reads of the barrier's first pass: the effects of what was
    // retired
    c.store(c.load(relaxed) + n, release);  // relaxed load: single writer
  }
};

/// What a running job may use. One per worker and guest, owned by one thread at a time.
class Context {
 public:
  /// Index among workers + guests, for per-worker state.
  int index() const noexcept { return index_; }
  Core& core() const noexcept { return *core_; }
  Participant& participant() const noexcept { return *participant_; }

  /// The epoch to which a root started now belongs (truncated to 32 bits; epochs compare by signed
  /// difference).
  std::uint32_t root_epoch() const noexcept;

  /// Makes `job` runnable. Never refused; wakes a parked worker when there is one.
  void schedule(Job& job) noexcept;
  /// The same, but `job` runs next on this worker, right after the current job has returned, when
  /// the place is free; else as schedule(). For a token that this worker can carry on.
  void schedule_next(Job& job) noexcept;

  /// A choice in 0 .. n-1 of the scheduling policy (P8): `natural` in production, drawn from the
  /// seed and recorded in deterministic mode.
  std::uint32_t choose(std::uint32_t n, std::uint32_t natural) noexcept;
  /// True when time may be measured to size batches (production); false in deterministic mode.
  bool timed() const noexcept;

 protected:
  int index_ = -1;
  Core* core_ = nullptr;
  Participant* participant_ = nullptr;
};

/// The context of the job of `core` that this thread is running; null outside, and in the jobs of
/// another runtime.
Context* context_in(const Core& core) noexcept;

/// Makes `job` runnable from any thread (a producer's push, a cancel).
void inject(Core& core, Job& job) noexcept;
/// Makes `job` runnable on one worker only (affine nodes): an intrusive mailbox of that worker,
/// never stolen, and that worker is woken if it sleeps. Where there are no threads (0 workers,
/// deterministic mode) any driver runs it.
void schedule_on(Core& core, int worker, Job& job) noexcept;

/// Frees `object` by `deleter` on the calling worker after a grace period (Runtime::retire without
/// the type); from a thread that is no context the next barrier or stop frees it. The deleter may
/// retire more; it must not wait nor poll, as it may run inside of a barrier.
void retire_raw(Core& core, void* object, void (*deleter)(void*) noexcept) noexcept;

/// Waits while `word` holds `value`, for a caller outside of tasks. Helps or drives where there are
/// no workers (0 workers, deterministic mode); with workers it sleeps. The changer stores the word,
/// then calls wake_waiters. accepted: the word changed; timed_out; stalled: the oracle fired;
/// would_deadlock: called inside a task; forked. Deterministic mode: the bits of `mask` alone count.
Status wait_while(Core& core, const atomic<std::uint32_t>& word, std::uint32_t value,
                  Deadline deadline, std::uint32_t mask = ~std::uint32_t{0}) noexcept;
/// Deterministic mode: waits until done(argument).
Status wait_until_done(Core& core, bool (*done)(void*), void* argument) noexcept;
void wake_waiters(atomic<std::uint32_t>& word) noexcept;

Core& core_of(Runtime& runtime) noexcept;

/// Number of workers plus guests: the size of per-worker state.
int context_count(const Core& core) noexcept;
int worker_count(const Core& core) noexcept;

/// The flight recorder: the number under which events speak of graph `graph`'s part `part` (null: of
/// the graph itself), where graphs are built; 0 when it records nothing or has no room for more.
std::uint16_t trace_name(Core& core, const char* graph, const char* part) noexcept;
/// Records a mark, from any thread.
void trace_mark(Core& core, Note what, std::uint16_t id, std::uint32_t number = 0) noexcept;

bool forked(const Core& core) noexcept;
bool smallest_bounds() noexcept;  // WEIR_SMALLEST=1: every capacity and batch is 1

/// What a thread outside of the runtime does to it; part of the trace hash and of recordings.
enum class CallKind : std::uint8_t {
  producer_begins,
  producer_ends,
  submit,
  producer_call,
  run,
  barrier,
  poll,
  drain,
  start,
  cancel,
  close,
  notify,
  end,
  reply_poll,
  reply_cancel,
};

/// A call from outside of the runtime, from entry to exit. In deterministic mode it has its place in
/// the order of steps and calls, waits for it, and is recorded there (P8); else it does nothing. In
/// a step, or in another call, it is part of that one.
class OutsideCall {
 public:
  OutsideCall(Core& core, CallKind kind) noexcept;
  /// By a caller that `name` tells from others, whatever thread it is.
  OutsideCall(Core& core, CallKind kind, std::string_view name) noexcept;
  OutsideCall(const OutsideCall&) = delete;
  OutsideCall& operator=(const OutsideCall&) = delete;
  ~OutsideCall();
  /// What the caller learns: a replay must answer the same.
  void answers(std::uint32_t what) noexcept { answer_ = what; }

 private:
  Core* core_;  // null: nothing to end
  std::uint32_t answer_ = 0;
};
/// Deterministic mode: steps, calls and waits have one order, and who waits must not look by itself
/// whether it is over, which no recording would know.
bool is_ordered(const Core& core) noexcept;

/// The instant to compare with time_of() for a deadline that a caller has given. In deterministic
/// mode time is a count of steps: a deadline is rounded up to ms, and a ms is 1,000 steps.
Deadline deadline_in(Core& core, Deadline deadline) noexcept;
Deadline time_of(const Core& core) noexcept;

/// A producer's call from entry to exit (P4, P5): odd sequence word, the epoch read after going
/// online. When status is not accepted (closed, forked) nothing was entered.
class ProducerCall {
 public:
  explicit ProducerCall(Producer& producer) noexcept;
  ~ProducerCall();
  ProducerCall(const ProducerCall&) = delete;
  ProducerCall& operator=(const ProducerCall&) = delete;
  Status status() const noexcept { return status_; }
  std::uint32_t epoch() const noexcept { return epoch_; }
  Participant& participant() const noexcept { return *participant_; }

 private:
  Participant* participant_ = nullptr;
  Core* ordered_ = nullptr;  // the call has its place in the order of this one
  std::uint32_t epoch_ = 0;
  Status status_ = Status::accepted;
};

/// A line of the wait-for graph: a token that waits.
struct StallLine {
  const char* graph;
  const char* node;
  const char* edge;  // what it waits for, in words
  const char* consumer;
  std::uint64_t age_ns;
  bool waits_for_input;  // its chain ends at an ingress that is open and has room, an idle source
                         // or a timer: no fault
};

/// Anything that holds work outside of deques and inbox (graphs). Registered with the core for the
/// stall oracle, barrier_until's report, memory() and metrics().
class Watched {
 public:
  /// Calls `sink(argument, line)` for every token (or run) that waits. Called with all workers
  /// parked.
  virtual void waiting(void (*sink)(void*, const StallLine&), void* argument) const noexcept = 0;
  /// Ingress closes (drain, stop): sources end, pushes answer closed.
  virtual void close_ingress() noexcept = 0;
  /// Bytes taken from platform allocation.
  virtual std::size_t bytes() const noexcept = 0;
  /// Tombstones that reached an end so far.
  virtual std::uint64_t tombstones() const noexcept = 0;
  /// True when a part of it is blocked. With all workers parked and nothing submitted that has not
  /// retired, that part missed its wake-up: whatever blocks is a token under way.
  virtual bool blocked() const noexcept { return false; }
  virtual const char* name() const noexcept = 0;

 protected:
  ~Watched() = default;
};
void register_watched(Core& core, Watched& watched);
void unregister_watched(Core& core, Watched& watched) noexcept;

}  // namespace weir::detail
