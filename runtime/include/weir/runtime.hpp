// runtime.hpp: Runtime, a fixed set of workers that runs tasks and graphs; Producer, the way in for foreign
// threads.
//
// Shape     W pinned workers, G guests (foreign threads that help), P producers; all memory is taken at start.
// Roles     Runtime: any thread, except that it is destroyed once, outside of tasks.
//           Producer: one thread at a time.
// Progress  submit never waits and never allocates. barrier, drain, stop and run wait; those without a
//           deadline help. A thread stopped inside a submitting call delays the barrier of its epoch.
// Errors    start() and producer(): Result. After stop: closed. In a fork's child: forked. Bodies that throw:
//           task.hpp.
// Memory    memory(), taken at start (8 MiB of task slots by default); no allocation afterwards.
// Source    PROTOCOLS P4 to P8, P11, P12.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>
#include <weir/clock.hpp>
#include <weir/detail/core.hpp>
#include <weir/limits.hpp>
#include <weir/result.hpp>
#include <weir/task.hpp>

namespace weir {

struct Topology;

/// Who makes the scheduler's choices (W5).
///
/// In deterministic mode all that changes what the scheduler sees is in one order: steps (one job of
/// a virtual worker) and calls from outside, each of which waits for the step under way. So what a
/// body does must not wait for a thread that is about to call. With one seed and one order of calls
/// (one thread has only one) a program has one trace hash, on any machine. A recording keeps choices,
/// calls and the ends of waits; a replay makes each wait for its place, and aborts with the step,
/// what was recorded and what was found there when the program does something else. Threads are told
/// apart by the producer they used last, else by their names; producers by the order of their
/// registration. Not recorded: what a thread reads of a running graph (metrics, ledgers), its own
/// clock, and what it does outside of weir. Time is a count of steps: a deadline is rounded up to
/// ms, a ms is 1,000 steps (waits with nothing to run keep to the clock).
struct Schedule {
  enum class Kind : std::uint8_t {
    stealing,       // production: worker threads that steal
    deterministic,  // no threads: virtual workers on whichever thread waits; each choice is drawn
                    // from `seed` (P8)
    replay,         // the same, from the recording in `file`; the seed is the recording's
    invalid,        // WEIR_SCHED holds something else; start() refuses it
  };
  Kind kind = Kind::stealing;
  std::uint64_t seed = 0;
  std::string file;     // deterministic: recorded here, when not empty; replay: read from here
  bool counted = false;  // of a process's runtimes the first uses `file`, others FILE.1, FILE.2 ...

  static Schedule stealing() { return {}; }
  static Schedule deterministic(std::uint64_t seed) { return {Kind::deterministic, seed, {}}; }
  /// The same, and recorded: written whole when the runtime stops, at a stall and when a WEIR_CHECK
  /// fails; the first 256 MiB. The recording grows on the heap, beside memory().
  static Schedule recorded(std::uint64_t seed, std::string file) {
    return {Kind::deterministic, seed, std::move(file)};
  }
  /// Repeats a recording. start() refuses one that is damaged, or of another weir, program or shape:
  /// "bad_recording". After a recording that was cut (stall, failed check, 256 MiB) the run goes on
  /// by the seed.
  static Schedule replay(std::string file) { return {Kind::replay, 0, std::move(file)}; }
  /// What the environment says: WEIR_SCHED=det:SEED (recorded with WEIR_SCHED_RECORD=FILE) or
  /// WEIR_SCHED=replay:FILE, else stealing.
  static Schedule from_env();
};

enum class Pin : std::uint8_t {
  none,   // the kernel moves workers as it likes
  cores,  // one CPU a worker; more workers than CPUs: as none, and no spinning
};

/// What the stall oracle found (P5): the tokens that wait for something that cannot come.
struct StallReport {
  const char* text;  // the whole report, as it would be printed: the wait-for graph, then the last
                     // events of each worker from the flight recorder (it writes no file)
  const detail::StallLine* lines;
  std::size_t line_count;
  std::uint64_t submitted, retired;  // roots and their descendants, since the start
};

/// What housekeeping has noticed and done: the machine changed under a running runtime (W1, W3).
struct MachineChange {
  const char* text;   // one line without an end: what changed, and where the workers are now
  int allowed_cpus;   // CPUs that the workers may use now
  double quota_cpus;  // CPU time that the cgroups grant, in CPUs; 0: no quota
  bool throttled;     // a quota stopped the process lately
  bool pinned;        // each worker has a CPU; false: they share those that are allowed
  bool spinning;      // idle workers look around before they sleep
  int moved;          // workers that were put elsewhere, or back
};

struct Config {
  int workers = -1;  // threads, 0 .. 256; -1: one per allowed core; 0: whoever waits drives.
                     // Deterministic: virtual workers (-1: 2)
  Pin pin = Pin::cores;
  std::uint32_t task_slots =
      limits::task_slots_default;  // tasks queued or running at most, 1 .. 2^24
  std::uint32_t inbox_slots =
      limits::inbox_slots_default;  // of those, submitted and not yet taken by a worker
  std::uint32_t producers_max =
      limits::producers_default;  // registered at the same time, 1 .. 1024
  std::uint32_t guests_max =
      limits::guests_default;  // foreign threads that help at the same time, 1 .. 64
  std::uint32_t spin_us =
      limits::spin_us_default;  // an idle worker looks around for so long, 0 .. 10000
  std::uint32_t trace_events =
      limits::trace_events_default;  // that the flight recorder keeps of each worker, guest, and of
                                     // the rest; rounded up to a power of two; 0: it is off
  const Topology* topology = nullptr;  // null: this machine's; else a limit for good: workers go to
                                       // no other CPU while the machine grants one of these
  Schedule schedule = Schedule::from_env();
  void (*on_stall)(const StallReport&) = nullptr;  // null: the report is printed on stderr
  // Called by a worker between two jobs or pieces of a range, or by a thread that waits: it must
  // neither wait nor throw. null: nobody is told.
  void (*on_change)(const MachineChange&) = nullptr;
};

/// What a barrier answers.
struct Receipt {
  Status status = Status::accepted;  // accepted; failed: a task of the epoch threw outside of a
                                     // scope; timed_out; stalled; would_deadlock; forked
  std::uint64_t epoch = 0;           // everything submitted in it, or before, has ended
  std::uint64_t tasks = 0;           // tasks and tokens retired in it
  std::uint64_t tombstones = 0;      // tokens that ended as tombstones since the receipt before
  std::uint64_t bytes_live = 0;      // runtime storage of the epoch that is still in use: 0
  std::uint64_t lag_ns = 0;          // how long the slowest worker took to pass a quiescent point
  int slowest_worker = -1;           // its index; -1: nobody was waited for
};

/// A barrier that has begun. Cheap to copy; poll it where it was begun.
struct BarrierTicket {
  std::uint64_t epoch = 0;
};

struct WorkerMetrics {
  std::uint64_t tasks = 0, jobs = 0, steals = 0, leaps = 0, parks = 0, parks_timed_out = 0,
                lost_wakeups = 0, inline_runs = 0, spin_ns = 0;
};

/// Counters since the start. The sums are of all workers and guests; they are not one instant's.
struct Metrics {
  WorkerMetrics total;
  std::vector<WorkerMetrics> contexts;       // workers first, guests after
  std::uint64_t submitted = 0, retired = 0;  // tasks and tokens; equal when nothing is under way
  std::uint64_t inbox_would_block = 0;       // refusals of submit: no slot or inbox full
  std::uint64_t cancelled = 0, expired = 0, failed = 0;  // tasks that were dropped so, or threw
  std::uint64_t barriers = 0, stalls = 0;
  std::uint64_t looks = 0;              // of housekeeping at the machine, about one a second
  std::uint64_t replacements = 0;       // of those that put workers elsewhere, or back
  std::uint64_t throttled_periods = 0;  // periods in which a quota stopped this process's cgroups,
  std::uint64_t throttled_ns = 0;       // and for how long, summed over CPUs
  std::uint64_t steady_state_allocations = 0;  // platform allocations by workers after the start: 0
  std::uint64_t trace_hash = 0;                // deterministic mode: of all choices so far
  std::string first_error;  // text of the first task that threw outside of a scope
};

class Runtime;

/// A foreign thread's way in. One thread at a time; movable; must be destroyed before its Runtime
/// (WEIR_CHECK).
class Producer {
 public:
  Producer(Producer&& other) noexcept : core_(other.core_), index_(other.index_) {
    other.core_ = nullptr;
  }
  Producer& operator=(Producer&& other) noexcept;
  ~Producer();

  /// Gives f() to the workers; at most 48 bytes. accepted; would_block: no slot or no room, and f
  /// is as it was; closed; cancelled: options.scope is cancelled already; forked. The order of one
  /// producer's tasks is not kept.
  template <class F>
  Outcome submit(F&& f, Submit options = {}) noexcept {
    using Body = std::decay_t<F>;
    detail::check_closure<Body>();
    static_assert(std::is_nothrow_constructible_v<Body, F&&>,
                  "copying this closure may throw: move it");
    detail::TaskSlot* slot = nullptr;
    Outcome outcome;
    if (begin(1, &slot, options, outcome) == 0) return outcome;
    ::new (static_cast<void*>(slot->closure)) Body(std::forward<F>(f));
    slot->body = &detail::task_body<Body>;
    finish(&slot, 1);
    return outcome;
  }

  /// Gives the longest prefix of f[0 .. n) that fits; returns its length. `outcome` says what
  /// refused the rest.
  template <class F>
  std::size_t submit_n(F* f, std::size_t n, Outcome& outcome, Submit options = {}) noexcept {
    detail::check_closure<F>();
    outcome = {};
    std::size_t done = 0;
    while (done < n) {
      detail::TaskSlot* slots[limits::batch_max];
      const std::size_t left = n - done;
      const auto wanted =
          static_cast<std::uint32_t>(left < limits::batch_max ? left : limits::batch_max);
      const std::uint32_t got = begin(wanted, slots, options, outcome);
      if (got == 0) break;
      for (std::uint32_t i = 0; i < got; ++i) {
        ::new (static_cast<void*>(slots[i]->closure)) F(std::move(f[done + i]));
        slots[i]->body = &detail::task_body<F>;
      }
      finish(slots, got);
      done += got;
    }
    return done;
  }

  Runtime& runtime() const noexcept;

 private:
  friend class Runtime;
  friend class detail::ProducerCall;
  Producer(detail::Core& core, std::uint32_t index) noexcept : core_(&core), index_(index) {}

  /// Enters (odd sequence word), takes credits and slots; 0: outcome says why, and nothing is held.
  std::uint32_t begin(std::uint32_t n, detail::TaskSlot** slots, const Submit& options,
                      Outcome& outcome) noexcept;
  void finish(detail::TaskSlot** slots, std::uint32_t n) noexcept;

  detail::Core* core_;
  std::uint32_t index_;
};

/// The workers are as many as at the start, for good. Where they are, and whether they spin,
/// follows the machine: about once a second a worker between two jobs, pieces of a range or
/// quiescent points, one whose sleep has timed out, or a thread that waits for the runtime looks at
/// the affinity of the process's first thread, the cpuset, the CPU quotas (cgroups 1 and 2) and
/// their throttling. Pinned workers are placed anew on what is allowed, by the rules of the start,
/// or share it when it is less than one CPU a worker; one that was moved alone is put back. A
/// program that pins its own first thread gives Config::topology. Spinning stops under a quota that
/// bites, while throttled, and with more workers than CPUs, and comes back when the reason is gone.
/// With Pin::none affinities are left alone. None of this in deterministic mode or without workers.
class Runtime {
 public:
  /// Starts the workers. Errors: "bad_config" (names the member), "thread_refused",
  /// "out_of_memory", "bad_recording" (says what differs, and the file).
  static Result<std::unique_ptr<Runtime>> start(const Config& config = {});
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  /// stop_until(never), then gives the memory back. Inside a task, or with Producers alive:
  /// WEIR_CHECK.
  ~Runtime();

  /// Registers a producer; `name` is for reports. Errors: "too_many_producers", "closed", "forked".
  Result<Producer> producer(std::string_view name);

  /// Runs f() as a task and waits, helping, until it and all it has started are done. No Producer
  /// needed; any number of threads, the first guests_max of them run f themselves. accepted,
  /// failed, closed, stalled, would_deadlock (inside a task), forked. `error` receives the text of
  /// the first throw.
  template <class F>
  Status run(F&& f, Error* error = nullptr) {
    using Body = std::remove_reference_t<F>;
    return run_body(
        const_cast<void*>(static_cast<const void*>(&f)),
        [](void* body) { static_cast<void>((*static_cast<Body*>(body))()); }, error);
  }

  /// Waits until every task submitted before the call, and every descendant, has ended and is
  /// destroyed (E1). Helps.
  Receipt barrier() { return barrier_until(never); }
  /// The same with a deadline; it does not help while there are workers.
  Receipt barrier_until(Deadline deadline);
  /// The same in pieces: poll() is true once the receipt is filled. No thread is held in between,
  /// but somebody must poll (or wait in another barrier) for it to go on.
  BarrierTicket barrier_begin() noexcept;
  bool poll(BarrierTicket& ticket, Receipt& receipt) noexcept;

  /// Closes ingress for good (submit answers closed, sources end), then takes a barrier.
  Status drain_until(Deadline deadline = never);
  /// Drains and joins the workers. Idempotent. timed_out: ingress is closed, the workers run on.
  Status stop_until(Deadline deadline = never);

  /// Without threads (0 workers, deterministic): runs what is runnable and returns how many jobs
  /// that were. With threads: 0 at once.
  std::size_t run_until_idle();

  /// Deletes `object` after a grace period, on the worker that called; on a foreign thread: in a
  /// later barrier or stop. T's destructor may retire more; it may run inside of a barrier, and so
  /// must not call barrier, poll, run, drain or stop.
  template <class T>
  void retire(T* object) noexcept {
    static_assert(std::is_nothrow_destructible_v<T>);
    detail::retire_raw(*core_, object, [](void* o) noexcept { delete static_cast<T*>(o); });
  }

  /// Bytes taken from platform allocation since the start, graphs included: computed from the
  /// capacities.
  std::size_t memory() const;
  /// Worker threads (deterministic mode: virtual workers), as many as at the start; 0: whoever waits drives.
  int workers() const noexcept;
  Metrics metrics() const;
  /// One line: version, workers, where they are now, spinning, sizes, bytes.
  std::string describe() const;
  /// For people: what every worker is doing, counters, what waits, the last events.
  void dump(std::FILE* file) const;
  /// Writes what the flight recorder holds (Config::trace_events) as Chrome's trace event JSON, which
  /// ui.perfetto.dev and chrome://tracing load: one track a worker and guest, one for the rest; times
  /// in us since the start, or in steps where they are virtual. The file appears whole. Any thread, at
  /// any time; events that are overwritten meanwhile are left out. Errors: "not_recorded", "forked",
  /// and those of file.hpp.
  Result<Done> write_trace(const std::string& path) const;

 private:
  friend detail::Core& detail::core_of(Runtime& runtime) noexcept;
  friend class detail::Core;
  friend class TraceSignals;
  explicit Runtime(detail::Core* core) noexcept : core_(core) {}
  Status run_body(void* body, void (*call)(void*), Error* error);

  detail::Core* core_;
};

/// Executables only: while it lives, SIGUSR1 writes the flight recorder of `runtime` to `path` at
/// once, and the program goes on; SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT write it too, and then
/// take their former course. Written beside its place, what the links of `path` lead to, and renamed; a
/// device, a pipe or a descriptor of this process stays open all along instead and takes one trace
/// after another: one whose reader takes nothing for a second loses the rest of that trace. By
/// async-signal-safe calls alone, on the stack of the thread that was hit: a stack overflow leaves no
/// trace.
/// Roles: one a process (WEIR_CHECK), built and destroyed by the main thread, before `runtime` goes.
class TraceSignals {
 public:
  /// Errors: "not_recorded", and those of creating a file at `path`.
  static Result<std::unique_ptr<TraceSignals>> install(Runtime& runtime, const std::string& path);
  TraceSignals(const TraceSignals&) = delete;
  TraceSignals& operator=(const TraceSignals&) = delete;
  ~TraceSignals();

 private:
  struct State;
  explicit TraceSignals(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace weir
