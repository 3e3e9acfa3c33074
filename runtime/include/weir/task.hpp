// task.hpp: what a running body may start: spawn, fork_join, parallel_for; and Scope, which waits for and
// cancels it.
//
// Roles     spawn, spawn_or_run, spawn_last: inside a task (WEIR_CHECK). fork_join, parallel_for,
//           quiescent_point and worker_index also outside, where the two former run everything in the
//           calling thread, in order.
// Progress  nothing here waits for space. fork_join waits for its own children: it runs them, or what the
//           thief of one has spawned meanwhile, never unrelated work (P7). Bodies must hold no lock across
//           fork_join or spawn_or_run.
// Errors    a body that throws ends its task: the text goes to the scope, or to the runtime where there is
//           none. A throw inside fork_join is rethrown there after all children have ended: as it is when
//           the joiner itself ran the body, as BodyFailure when another worker did.
// Memory    a task takes one slot of Config::task_slots; children of fork_join take none.
// Cost      fork_join: a few ns a child that nobody steals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>
#include <weir/clock.hpp>
#include <weir/detail/worker.hpp>
#include <weir/result.hpp>

namespace weir {

/// Thrown by fork_join, parallel_for when a child that another worker ran has thrown: its text, in
/// fixed storage.
class BodyFailure : public std::exception {
 public:
  explicit BodyFailure(const detail::BodyError& error) noexcept : error_(error) {}
  const char* what() const noexcept override { return error_.text; }

 private:
  detail::BodyError error_;
};

/// A set of tasks: those submitted under it and all that they start. It outlives them: destroying
/// it earlier is a WEIR_CHECK. It may outlive their runtime, but for cancel and wait_until. Roles:
/// any thread; wait_until outside of tasks only. Memory: the object itself.
class Scope {
 public:
  Scope() noexcept = default;
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope();

  /// Tasks that have not begun are dropped, those that run see it at quiescent_point(). Never
  /// waits.
  void cancel() noexcept;
  bool cancelled() const noexcept {
    return (flags_.load(acquire) & cancelled_flag) != 0;  // (2) acquire pairs with (1) of task.cpp
  }
  /// Waits until no task of the scope is left. accepted; failed: one threw; cancelled; timed_out;
  /// stalled: the oracle proved that it cannot end; would_deadlock: called inside a task; forked.
  /// Without a deadline the caller helps.
  Status wait_until(Deadline deadline) noexcept;
  /// The first error of a task, by arrival: code "task_failed"; an empty Error when there is none.
  Error first_error() const;
  /// Tasks that have not ended.
  std::uint64_t live() const noexcept {
    return state_.load(acquire) / 2;  // (3) acquire pairs with (5): the effects of what ended
  }

  // For the runtime.
  void enter(detail::Core& core, std::uint32_t n) noexcept;
  void leave() noexcept;
  void fail(const detail::BodyError& error) noexcept;

 private:
  static constexpr std::uint32_t cancelled_flag = 1, claimed_flag = 2, failed_flag = 4;
  Status outcome() const noexcept;

  atomic<std::uint32_t> state_{0};  // 2 a live task; 1: somebody sleeps on this word
  atomic<std::uint32_t> flags_{0};
  atomic<detail::Core*> core_{nullptr};
  detail::BodyError error_;
};

/// How a task is submitted.
struct Submit {
  std::uint8_t level = 1;  // priority, 0 the most urgent, 2 the least (larger: as 2); a waiting level
                           // is passed over at most 16 times by a worker. What a task spawns has 1
  Deadline deadline = never;  // not begun by then: dropped, counted as expired
  Scope* scope = nullptr;
};

/// Starts f() as a child of the running task. would_block: no slot free, and f is as it was;
/// forked.
template <class F>
Outcome spawn(F&& f) {
  using Body = std::decay_t<F>;
  detail::check_closure<Body>();
  detail::Worker* const worker = detail::current_worker();
  WEIR_CHECK(worker != nullptr, "spawn outside of a task; use a Producer or Runtime::run");
  if (worker->is_forked()) return {Status::forked};
  detail::TaskSlot* const slot = worker->take_slot();
  if (slot == nullptr) return {Status::would_block};
  ::new (static_cast<void*>(slot->closure)) Body(std::forward<F>(f));
  slot->body = &detail::task_body<Body>;
  worker->spawn(*slot);
  return {};
}

/// The same, but where no slot is free f() runs before this returns. would_block: 64 such calls are
/// on this stack already, and f is as it was; forked.
template <class F>
Outcome spawn_or_run(F&& f) {
  using Body = std::decay_t<F>;
  const Outcome outcome = spawn(std::forward<F>(f));
  if (outcome.status != Status::would_block) return outcome;
  detail::Worker* const worker = detail::current_worker();
  if (worker->inline_depth >= static_cast<std::uint32_t>(limits::inline_depth_max)) return outcome;
  alignas(Body) std::byte closure[sizeof(Body)];
  ::new (static_cast<void*>(closure)) Body(std::forward<F>(f));
  worker->run_inline(closure, &detail::task_body<Body>);
  return {};
}

/// As the last act of a task: f() follows it, in its slot, on this worker unless another takes it.
/// Never refused, so that a chain of any length needs one slot. Where the caller has no slot to
/// pass on (a child of fork_join, a second call in one task) it is spawn_or_run, at any depth.
template <class F>
void spawn_last(F&& f) {
  using Body = std::decay_t<F>;
  detail::check_closure<Body>();
  detail::Worker* const worker = detail::current_worker();
  WEIR_CHECK(worker != nullptr, "spawn_last outside of a task");
  if (detail::LastTask* const last = worker->last; last != nullptr && last->body == nullptr) {
    ::new (static_cast<void*>(last->closure)) Body(std::forward<F>(f));
    last->body = &detail::task_body<Body>;
    return;
  }
  if (spawn(std::forward<F>(f)).status != Status::would_block) return;
  alignas(Body) std::byte closure[sizeof(Body)];
  ::new (static_cast<void*>(closure)) Body(std::forward<F>(f));
  worker->run_inline(closure, &detail::task_body<Body>);
}

namespace detail {

/// Makes sure that a child has ended before the joiner's frame goes, also when the joiner's own
/// part threw.
template <class F>
class Join {
 public:
  Join(Worker& worker, ForkChild<F>& child) noexcept : worker_(worker), child_(child) {}
  Join(const Join&) = delete;
  Join& operator=(const Join&) = delete;
  ~Join() {
    if (!joined_) worker_.join(child_, worker_.deque.pop());
  }
  void now() {
    joined_ = true;
    Job* const popped = worker_.deque.pop();
    if (popped == &child_) {
      // On the way back nothing is pushed: idle workers would not see what still is private.
      if (worker_.deque.top_up()) worker_.notify();
      static_cast<void>((*child_.function)());
      return;
    }
    worker_.join(child_, popped);
    if ((child_.state.load(relaxed) & ForkJob::failed) != 0) {  // relaxed: join() has acquired it
      throw BodyFailure(child_.error);
    }
  }

 private:
  Worker& worker_;
  ForkChild<F>& child_;
  bool joined_ = false;
};

template <class F, class G>
void fork_two(Worker& worker, F& f, G& g) {
  ForkChild<G> child(g, worker.frame);
  const Pushed pushed = worker.deque.push_private(&child);
  if (pushed == Pushed::refused) {
    static_cast<void>(f());
    static_cast<void>(g());
    return;
  }
  if (pushed == Pushed::published) worker.notify();
  Join<G> join(worker, child);
  worker.maybe_give_away();
  static_cast<void>(f());
  join.now();
}

template <class F>
void fork_all(Worker&, F& f) {
  static_cast<void>(f());
}
template <class F, class G, class... Rest>
void fork_all(Worker& worker, F& f, G& g, Rest&... rest) {
  if constexpr (sizeof...(Rest) == 0) {
    fork_two(worker, f, g);
  } else {
    auto others = [&] {
      Worker* const here = current_worker();  // a thief may run this part
      fork_all(*here, g, rest...);
    };
    fork_two(worker, f, others);
  }
}

template <class F>
void split_range(std::size_t first, std::size_t last, std::size_t grain, F& f) {
  if (last - first <= grain) {
    if (Worker* const worker = current_worker()) worker->turn();
    for (std::size_t i = first; i < last; ++i) static_cast<void>(f(i));
    return;
  }
  const std::size_t middle = first + (last - first) / 2;
  auto low = [&] { split_range(first, middle, grain, f); };
  auto high = [&] { split_range(middle, last, grain, f); };
  fork_two(*current_worker(), low, high);
}

}  // namespace detail

/// Runs all the functions, in parallel where workers are free, and returns when all have ended.
/// Never refused: where there is no room it runs them one after the other. Outside of tasks: one
/// after the other.
template <class... F>
void fork_join(F&&... f) {
  static_assert(sizeof...(F) > 0);
  if (detail::Worker* const worker = detail::current_worker()) {
    detail::fork_all(*worker, f...);
  } else {
    (static_cast<void>(f()), ...);
  }
}

/// f(i) for all i in first .. last-1, in pieces of at most `grain` (>= 1) indices; returns when all
/// have ended.
template <class F>
void parallel_for(std::size_t first, std::size_t last, std::size_t grain, F&& f) {
  if (first >= last) return;
  if (detail::current_worker() == nullptr) grain = last - first;
  detail::split_range(first, last, grain == 0 ? 1 : grain, f);
}

/// For long bodies: says that the body holds nothing that Runtime::retire has been given (P4).
/// True: its scope is cancelled and it should end. Outside of tasks: false.
bool quiescent_point() noexcept;

/// The index of the worker or guest that runs the caller, for state kept per worker (0 .. workers +
/// guests - 1); -1 outside of tasks.
int worker_index() noexcept;

}  // namespace weir
