// core.hpp: the engine room: everything that one runtime consists of.
//
// Roles: one Core a Runtime. The files beside this one each hold one concern of it: core.cpp builds
// and destroys, worker.cpp runs, task.cpp tasks and joins, producer.cpp the way in, barrier.cpp
// epochs, oracle.cpp stalls, wait.cpp foreign threads that wait, help or drive, housekeeping.cpp
// changes of the machine.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>
#include <weir/atomic.hpp>
#include <weir/detail/core.hpp>
#include <weir/detail/epoch_count.hpp>
#include <weir/detail/sleepers.hpp>
#include <weir/detail/slot_stack.hpp>
#include <weir/detail/stall_check.hpp>
#include <weir/detail/worker.hpp>
#include <weir/memory.hpp>
#include <weir/phase.hpp>
#include <weir/runtime.hpp>
#include <weir/thread.hpp>
#include <weir/topology.hpp>

#include "housekeeping.hpp"
#include "inbox.hpp"
#include "job_list.hpp"
#include "order.hpp"
#include "policy.hpp"
#include "recorder.hpp"
#include "retire_list.hpp"

namespace weir::detail {

/// An array from platform allocation whose objects are built in place.
template <class T>
class Array {
 public:
  Array() noexcept = default;
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  ~Array() { reset(); }

  /// Room for `n`; false when there is no memory. Objects are then added by emplace, in order.
  bool reserve(std::size_t n) noexcept {
    items_ = static_cast<T*>(allocate_bytes(n * sizeof(T), alignof(T)));
    capacity_ = items_ == nullptr ? 0 : n;
    return items_ != nullptr;
  }
  template <class... A>
  T& emplace(A&&... arguments) {
    T* item = ::new (static_cast<void*>(items_ + size_)) T(std::forward<A>(arguments)...);
    ++size_;
    return *item;
  }
  void reset() noexcept {
    while (size_ > 0) items_[--size_].~T();
    release_bytes(items_, capacity_ * sizeof(T), alignof(T));
    items_ = nullptr;
    capacity_ = 0;
  }
  T& operator[](std::size_t i) const noexcept { return items_[i]; }
  T* data() const noexcept { return items_; }
  std::size_t size() const noexcept { return size_; }
  std::size_t bytes() const noexcept { return capacity_ * sizeof(T); }

 private:
  T* items_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// What one registered producer owns.
struct alignas(contended_bytes) ProducerState {
  Participant* participant = nullptr;
  std::uint32_t index = 0;
  bool in_use = false;      // under Core::setup_lock
  std::uint32_t epoch = 0;  // of the call under way
  bool ordered = false;     // it has its place in Core::order
  std::uint32_t slot_count = 0;
  std::uint32_t slot_cache_max = 0;
  char name[32] = {};
  Counter would_block;
  std::uint32_t slot_cache[limits::batch_max] = {};
};

/// What a context has beside its hot half.
struct alignas(contended_bytes) ContextState {
  atomic<Job*> mailbox[limits::levels] = {};  // affine jobs by level, newest first
  Job* mail[limits::levels] = {};  // of those what the owner has taken and not run, oldest first
  atomic<std::uint64_t> retire_floor{
      ~0ULL};  // oldest tag in `retired`; all ones: empty. Written by the owner
  RetireList retired;
  atomic<std::uint32_t> taken{0};       // guests: a thread has this context
  const std::uint16_t* near = nullptr;  // victims, nearest first
  std::uint32_t near_count = 0;
  std::uint64_t held_until = 0;  // deterministic mode: before that step this worker runs nothing
};

/// The barrier's state machine (barrier.cpp), driven by whoever waits; all but the atomics under
/// `lock`.
struct BarrierState {
  enum class Step : std::uint8_t { idle, entering, counting, leaving, reclaiming };
  std::mutex lock;
  atomic<std::uint64_t> requested{0};  // epochs up to this one are to be completed
  atomic<std::uint64_t> completed{0};
  Step step = Step::idle;
  std::uint64_t grace = 0;  // number of the grace period under way
  std::uint64_t grace_began_ns = 0;
  Receipt receipt;                   // of the epoch under way
  std::uint64_t tasks_base[limits::epoch_slots] = {};  // retired sums when the slot's last epoch was completed
  std::uint64_t tombstones_base = 0;
  static constexpr std::uint32_t receipts_kept = 64;
  Receipt receipts[receipts_kept];
  Counter barriers;
};

struct OracleState {
  std::mutex lock;
  atomic<std::uint64_t> stalls{0};           // distinct stalls reported
  std::uint64_t submitted = ~0ULL, retired = 0;  // of the last one reported; all ones: none yet
};

/// So many jobs a worker takes from the overflow list at once: the rest stays for the others.
inline constexpr std::uint32_t overflow_batch = 64;

/// A worker with so many retired objects begins an epoch by itself.
inline constexpr std::size_t retired_many = 4096;

class Core {
 public:
  static Result<Core*> create(const Config& config);
  static void destroy(Core* core) noexcept;

  // Set at start, constant afterwards.
  Config config;
  Placement placement;      // at the start; `house` knows the present one
  int workers = 0;          // threads; deterministic: virtual workers
  int virtual_workers = 0;  // contexts that whoever waits drives; 0: there are threads
  int first_guest = 0;
  int contexts = 0;
  std::uint32_t producers = 0;
  std::uint32_t generation = 0;  // fork_generation() at start
  std::uint32_t batch = 1;       // jobs a worker takes from the inbox at once
  Runtime* runtime = nullptr;
  std::unique_ptr<Order> order;  // deterministic mode; else null
  bool driven() const noexcept { return virtual_workers != 0; }
  bool is_forked() const noexcept;

  Array<Participant> participants;  // contexts first, producers after
  Array<Worker> worker;
  Array<ContextState> state;
  Array<ProducerState> producer;
  Array<TaskSlot> slots;
  Array<std::uint32_t> slot_next;  // of free slots: the next of the bundle
  Array<std::uint16_t> near_rows;
  Array<std::uint64_t> snapshot;  // the producers' words at the start of the grace period under way
  Array<bool> passed;             // contexts and producers that have passed it
  Array<Thread> threads;
  Inbox* inbox = nullptr;

  // Read often, written rarely.
  alignas(contended_bytes) atomic<std::uint64_t> epoch{1};
  atomic<std::uint64_t> grace{0};
  atomic<std::uint64_t> grace_done{0};
  atomic<std::uint32_t> barrier_open{0};
  atomic<std::uint32_t> closed{0};
  atomic<std::uint32_t> stopping{0};
  atomic<std::uint32_t> watchers{0};  // threads that sleep on `event`
  atomic<std::uint32_t> levels_used{0};  // a job of another level than the default was published

  alignas(contended_bytes) JobList overflow;  // of the default level: what no deque had room for
  JobList urgent, patient;                    // levels 0 and 2
  SlotStack free_slots;                                     // in bundles
  atomic<std::uint32_t> slots_made{0};                      // so many have been built
  alignas(contended_bytes) atomic<std::uint32_t> event{
      0};                                 // something changed that a waiter may care for
  atomic<std::uint32_t> driver{0};        // driven: somebody drives
  atomic<std::uint32_t> injecting{0};     // foreign threads between publish and notify
  atomic<std::uint32_t> outside_runs{0};  // Runtime::run calls under way
  Sleepers* sleepers = nullptr;
  Policy policy;
  atomic<std::uint64_t> steps{0};  // jobs that drivers have run: deterministic mode's time
  Recorder recorder;
  /// Deterministic mode, for tests: after a step, once in `one_in` (0: never), the worker that ran
  /// it is held for so many steps.
  struct Holds {
    std::uint32_t one_in = 0, steps = 0;
  } holds;
  BarrierState barrier;
  OracleState oracle;
  PhaseGuard phase;
  Housekeeping house;

  atomic<std::uint64_t> cancelled{0}, expired{0}, failed{0};
  atomic<std::uint64_t> failed_in_epoch[limits::epoch_slots] = {};
  atomic<std::uint32_t> error_claimed{0}, error_set{0};
  BodyError first_error;

  std::mutex setup_lock;  // producers, stop
  mutable std::mutex watched_lock;
  std::vector<Watched*, PlatformAllocator<Watched*>> watched;
  std::uint64_t tombstones_gone = 0;  // of what is no longer registered; under watched_lock
  RetireList orphans;  // of foreign threads and of guests that left; under orphan_lock
  std::mutex orphan_lock;
  atomic<std::uint32_t> joined{0};   // the workers are gone; written under setup_lock
  std::uint32_t producers_live = 0;  // under setup_lock

  // worker.cpp
  void run_worker(int index) noexcept;
  Job* find(Worker& w) noexcept;
  void share_next(Worker& w) noexcept;
  Job* find_shared(Worker& w) noexcept;
  Job* find_default(Worker& w) noexcept;
  Job* take_mail(Worker& w, std::uint8_t level) noexcept;
  static bool return_credit(Job& job) noexcept;
  Job* take_inbox(Worker& w) noexcept;
  Job* take_overflow(Worker& w) noexcept;
  Job* steal(Worker& w) noexcept;
  void push_overflow(Job& first, Job& last) noexcept { overflow.push(first, last); }
  void execute(Worker& w, Job& job) noexcept;
  void observe(Worker& w) noexcept;
  bool work_visible(const Worker& w) const noexcept;
  Job* search(Worker& w) noexcept;
  void spin(Worker& w) noexcept;
  bool park(Worker& w) noexcept;
  bool lost_wakeup(const Worker& w) const noexcept;
  void come_online(Worker& w) noexcept;
  void leave_online(Worker& w) noexcept;
  void notify() noexcept;
  void wake_worker(int index) noexcept;
  void signal_event() noexcept;
  /// How long an idle thread looks around before it sleeps; 0: not at all.
  std::uint64_t spin_ns() const noexcept {
    return house.spin_ns.load(relaxed);  // relaxed: a setting
  }

  // housekeeping.cpp
  void look_if_due(std::uint64_t now) noexcept;
  void look_around() noexcept;
  void note(Note what, std::uint16_t id, std::uint32_t number) noexcept;

  // levels.cpp
  void publish(Job& job) noexcept;
  JobList& level_list(std::uint8_t level) noexcept { return level == 0 ? urgent : patient; }
  bool level_waits(const Worker& w, std::uint8_t level) const noexcept;
  Job* take_level(Worker& w, std::uint8_t level) noexcept;
  Job* passing_over(Worker& w, Job* job) noexcept;
  Job* find_by_level(Worker& w) noexcept;
  Job* find_anywhere(Worker& w) noexcept;

  // barrier.cpp
  std::uint64_t request_epoch() noexcept;
  void advance() noexcept;
  bool receipt_of(std::uint64_t target, Receipt& receipt) noexcept;
  void retire(void* object, void (*deleter)(void*) noexcept) noexcept;
  void reclaim(Worker& w) noexcept;
  void begin_grace() noexcept;
  bool grace_over() noexcept;
  bool reclaimed() noexcept;
  void complete_epoch(std::uint64_t c) noexcept;
  void free_orphans(std::uint64_t done) noexcept;
  void free_all_retired() noexcept;

  // oracle.cpp: true when the runtime is stalled now; reports it once.
  /// `thorough`: also looks for blocked nodes when nothing is under way; not for each park.
  bool check_stall(bool thorough = true) noexcept;
  bool any_blocked() const noexcept;
  StallSums total_sums() const noexcept;
  bool nobody_inside() const noexcept;
  bool nothing_runnable() const noexcept;
  bool holds_privately(std::size_t i) const noexcept;

  // wait.cpp
  struct Wait {
    void* argument;
    bool (*done)(void*);
    const atomic<std::uint32_t>*
        word;  // sleep on this word while it holds `value`; null: on `event`
    std::uint32_t value;
    Deadline deadline;
    bool help;
  };
  Status wait(const Wait& what) noexcept;
  template <class Done>
  Status wait(Done done, Deadline deadline, bool help) noexcept {
    return wait(Wait{&done, [](void* d) { return (*static_cast<Done*>(d))(); }, nullptr, 0,
                     deadline, help});
  }
  Status wait_on_word(const atomic<std::uint32_t>& word, std::uint32_t value, Deadline deadline,
                      bool help) noexcept;
  Status wait_with_workers(const Wait& what) noexcept;
  Status wait_driving(const Wait& what) noexcept;
  void sleep(const Wait& what, std::uint32_t& backoff_us) noexcept;
  Worker* enter_guest() noexcept;
  void leave_guest(Worker& guest) noexcept;
  /// How a guest helps between two questions whether its wait is over.
  struct Helping {
    std::uint32_t jobs = 1;         // at most so many
    std::uint64_t asked_ns = 0;     // when it last ran as many
    std::uint32_t in_a_row = 0;     // run since it last found none
    std::uint64_t workers_ran = 0;  // jobs, when it last stayed out
  };
  bool crowded() const noexcept;
  std::uint64_t jobs_of_workers() const noexcept;
  std::uint32_t help(Worker& guest, const Wait& what, Helping& helping) noexcept;
  bool help_once(Worker& guest) noexcept;
  bool try_drive() noexcept;
  void end_drive() noexcept;
  void share_private(Worker& w) noexcept;
  bool drive_step() noexcept;
  Job* find_drawn(Worker& w) noexcept;
  Job* find_driven(std::uint32_t begin, Worker*& w, bool let_go) noexcept;

  // ordered.cpp: deterministic mode.
  enum class Look : std::uint8_t { nothing, stepped, ended };
  struct Waiter {
    std::uint32_t who = 0;
    bool drives = false;
    std::uint64_t last_step = ~0ULL;  // its deadline
    Status status = Status::accepted;
  };
  Result<Done> make_order();
  /// True: end the call with order->end_call(). False: nothing to end.
  bool begin_call(CallKind kind, std::uint32_t who) noexcept {
    return order != nullptr && begin_ordered_call(kind, who);
  }
  bool begin_ordered_call(CallKind kind, std::uint32_t who) noexcept;
  void settle() noexcept;
  Status wait_ordered(const Wait& what) noexcept;
  Look look(const Wait& what, Waiter& waiter) noexcept;
  Look give_up(const Wait& what, Waiter& waiter) noexcept;
  Look end_wait(Waiter& waiter, Status status) noexcept;
  std::size_t run_ordered() noexcept;

  // core.cpp, task.cpp
  Status stop_until(Deadline deadline) noexcept;
  Status drain_until(Deadline deadline) noexcept;
  Receipt barrier_until(Deadline deadline) noexcept;
  std::size_t make_slots(std::uint32_t* indices, std::size_t n) noexcept;
  std::size_t take_slots(std::uint32_t* indices, std::size_t n) noexcept;
  void give_slots(const std::uint32_t* indices, std::size_t n) noexcept;
  void push_bundle(std::uint32_t first, std::uint32_t n) noexcept;
  void note_failure(const BodyError& error, std::uint32_t epoch) noexcept;
  std::size_t memory();

 private:
  Core() = default;
  ~Core();
  Result<Done> build(const Config& config);
  void choose_shape();
  bool build_near_rows() noexcept;
  Result<Done> start_threads();
  void join_threads() noexcept;
};

}  // namespace weir::detail
