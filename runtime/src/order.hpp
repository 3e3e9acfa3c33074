// order.hpp: Order, the one sequence of everything that a deterministic runtime sees (P8), which
// can be recorded and replayed.
//
// What the scheduler decides from changes in two ways only: by a step (one job of one virtual
// worker) and by a call from outside (a submission, a cancel, a barrier's request). Each holds the
// turn while it runs, so a run is a sequence of steps and calls. A recording is that sequence: the
// choices of the steps, who called, and where a wait came back. In a replay a step, a call and the
// end of a wait each wait until the recording says that it is theirs; so the state that each finds,
// and what comes of it, are those of the recorded run.
//
// Roles     calls, steps and waits: any thread; one at a time holds the turn.
// Progress  a call waits for the step under way: what in production never waits does here, and a
//           body must not wait for a thread that is about to call. Who has come first goes before
//           the next step.
// Memory    a recording grows on the program's heap while it runs (memory() does not count it, and
//           the guard against allocation does not see it); nothing else grows.
// Errors    a replay that leaves its recording prints where, and aborts.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <weir/atomic.hpp>
#include <weir/clock.hpp>
#include <weir/result.hpp>

#include "recording.hpp"

namespace weir::detail {

class Order {
 public:
  /// `shape`: what this run is. Empty paths: neither recorded nor replayed.
  static Result<std::unique_ptr<Order>> make(Recording shape, std::string record_to,
                                             std::string replay_from);
  Order(const Order&) = delete;
  Order& operator=(const Order&) = delete;
  ~Order();

  std::uint64_t seed() const noexcept { return run_.seed; }

  // The turn.

  /// Held by a step, and by a look at whether a wait is over. Threads that wanted to call before
  /// have called. Inside a step or call of the same runtime it does nothing.
  class Turn {
   public:
    explicit Turn(Order& order) noexcept;
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn();

   private:
    Order* const order_;  // null: the thread had the turn before
    const Order* const outer_;
  };
  /// True: this thread has the turn now, and end_call gives it back. False: it had it before, as it
  /// is inside a step or another call.
  bool begin_call(CallKind kind, std::uint32_t who) noexcept;
  /// `came_of_it`: what a replay must find as well.
  void end_call(std::uint32_t came_of_it) noexcept;

  // With the turn.

  /// The choice of a step: noted, or the recorded one.
  std::uint32_t choice(Choice what, std::uint32_t n, std::uint32_t drawn) noexcept;
  /// A step has run.
  void stepped() noexcept { ++run_.steps; }
  std::uint64_t steps() const noexcept { return run_.steps; }

  /// False as well when a recording that was cut has been replayed to its end.
  bool replaying() noexcept { return peek() || reading_; }
  /// The recording goes on with a choice: a step is next.
  bool step_is_next() noexcept { return peek() && next_.kind == Entry::Kind::choice; }
  /// The status with which the wait of `who` ends here, if it does.
  std::optional<Status> end_is_next(std::uint32_t who) noexcept;
  /// A wait ends: noted, or taken from the recording.
  void returned(std::uint32_t who, Status status) noexcept;
  /// Replay: what runs here is not what was recorded. Prints both and aborts.
  [[noreturn]] void diverged(const std::string& found) noexcept;

  /// What a look that found nothing must not leave behind.
  std::size_t mark() const noexcept { return reading_ ? at_ : log_.size(); }
  void back_to(std::size_t mark) noexcept {
    if (!reading_ && !path_.empty()) log_.resize(mark);
  }

  // Without the turn.

  /// Replay: waits a little for the others, and reports a replay in which nothing happens any more.
  /// False, at once: nothing is replayed.
  bool pause(std::uint32_t who) noexcept;

  /// Who the calling thread is, the same in each run: its producer, or its name.
  std::uint32_t caller() const noexcept;
  void calls_as(std::uint32_t producer) noexcept;
  static std::uint32_t number_of(std::string_view name) noexcept;

  /// Writes the recording, if there is one; the last write counts.
  void save(Recording::End end, std::uint64_t trace_hash) noexcept;
  /// The runtime goes: a replay must be at its end.
  void finish(std::uint64_t trace_hash) noexcept;

  /// For tests: how long a replay waits for what does not come.
  void set_patience(std::uint64_t ms) noexcept { patience_ms_ = ms; }

 private:
  Order() noexcept = default;
  bool inside() const noexcept;
  void give_turn(const Order* outer) noexcept;
  bool peek() noexcept;
  void take() noexcept;
  void note_call(std::uint32_t came_of_it);
  void note(const Entry& entry);
  void wait_for_others(std::unique_lock<std::mutex>& lock, const std::string& wanted) noexcept;
  void check_patience(const std::string& wanted) noexcept;
  static void save_all() noexcept;

  std::uint64_t number_ = 0;  // of this one in the process, from 1
  Recording run_;
  std::string path_;         // recorded to; empty: not
  std::string replay_path_;  // replayed from
  std::string log_;          // entries so far, or those of the recording that is replayed
  bool full_ = false;
  bool lost_ = false;  // it could not be written, and stderr says so: once, however often it is tried
  Recording::End replay_end_ = Recording::End::stopped;
  std::uint64_t replay_hash_ = 0;

  std::mutex lock_;
  std::condition_variable changed_;
  atomic<std::uint64_t> arrived_{0};  // callers that want the turn, ever
  std::uint64_t entered_ = 0;         // of those, who have had it or wait for their place
  std::uint32_t waiting_ = 0;         // threads that sleep on `changed_`

  // The call under way.
  CallKind call_kind_ = CallKind::submit;
  std::uint32_t call_who_ = 0, call_expected_ = 0;
  bool call_replayed_ = false;
  const Order* outer_ = nullptr;   // whose turn the caller held before
  std::size_t call_at_ = 0;        // where its entry goes
  std::size_t last_call_at_ = 0;   // of the last entry, when it is a call
  std::size_t last_call_end_ = 0;  // 0: it is none
  Entry last_call_;

  // Replay.
  bool reading_ = false;
  std::size_t at_ = 0;  // the next entry
  Entry next_;          // decoded; times: how many are left
  std::size_t behind_ = 0;
  bool decoded_ = false;
  std::uint64_t taken_ = 0;  // entries so far
  std::uint64_t patience_ms_ = 60'000;
  std::uint64_t seen_ = 0, seen_ns_ = 0;  // progress when somebody last looked, and when that was
};

}  // namespace weir::detail
