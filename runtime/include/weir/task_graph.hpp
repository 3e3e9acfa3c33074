// task_graph.hpp: TaskGraph, tasks with dependencies and conditions, built once and run any number of times.
//
// Shape     tasks void(), conditions int(): the index of the successor that runs next, in the order of
//           precede(); any other number ends that path. A task has condition predecessors or plain ones,
//           never both; cycles need a condition.
// Roles     building: one thread. run: the Producer's thread, one run at a time. wait_until, cancel: any
//           thread.
// Progress  run never waits. Bodies run on the runtime's workers; a chain runs in a loop on one of them.
// Errors    build(): Result. A body that throws ends the run: what has not begun is skipped, wait_until
//           answers failed.
// Memory    one slab, taken while building: 66 bytes a task, 4 an edge to more than two, bodies above 16
//           bytes. A run allocates nothing and takes no task slot.
// Cost      a task in a chain: no locked instruction; at a join: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <type_traits>
#include <utility>
#include <weir/certificate.hpp>
#include <weir/memory.hpp>
#include <weir/result.hpp>
#include <weir/runtime.hpp>

namespace weir {

namespace detail {
class TaskGraphCore;

/// A task's body, or where it is: a small one lies in the task's own cache line.
struct alignas(8) GraphBody {
  std::byte raw[16];
  template <class F>
  static constexpr bool holds = sizeof(F) <= sizeof(raw) &&
                                alignof(F) <= 8 && std::is_trivially_copyable_v<F>;
};
}  // namespace detail

/// A task of one graph.
struct Task {
  std::uint32_t index = ~0U;
};

class TaskGraph {
 public:
  TaskGraph(Runtime& runtime, std::string name);
  TaskGraph(const TaskGraph&) = delete;
  TaskGraph& operator=(const TaskGraph&) = delete;
  /// Cancels a run that is under way and waits for it; from inside one of its own tasks the rest
  /// happens later.
  ~TaskGraph();

  /// f is void(), called once a run, or once each time a condition leads to it. One of at most 16 bytes that is
  /// trivially copyable is copied as bytes by build(): it must not keep its own address.
  template <class F>
  Task task(std::string name, F&& f) {
    return add_body<false>(std::move(name), std::forward<F>(f));
  }
  /// f is int(): which successor runs next.
  template <class F>
  Task condition(std::string name, F&& f) {
    return add_body<true>(std::move(name), std::forward<F>(f));
  }
  /// `before` ends before `after` begins; from a condition: `after` is its next choice.
  void precede(Task before, Task after);

  /// Proves that a run ends if its conditions let it, or says by name why not: empty_graph,
  /// unknown_task, duplicate_edge, mixed_predecessors, no_start_task, cycle. Nothing can be added
  /// afterwards. Again: the same certificate.
  Result<Certificate> build();

  /// Starts a run: a task and its descendants, for barriers. accepted; would_block: the former run
  /// has not ended; closed; cancelled: the scope is; forked. With options.scope the run is part of
  /// that scope, and is cancelled with it; the scope's wait may end a moment before the run's.
  Outcome run(Producer& producer, Submit options = {}) noexcept;
  /// Skips all that has not begun in the run under way.
  void cancel() noexcept;
  /// Waits for the end of the run: accepted, failed, cancelled, expired, timed_out, stalled,
  /// would_deadlock, forked, closed (the runtime was stopped before the run ended). Without a
  /// deadline the caller helps. accepted when there was none.
  Status wait_until(Deadline deadline);
  /// The first throw of the last run, once its wait or that of its scope has ended: code
  /// "task_failed", where: the task; an empty Error when there is none.
  Error first_error() const;

 private:
  template <bool condition, class F>
  static int call_body(F& body) {
    if constexpr (condition) return static_cast<int>(body());
    static_cast<void>(body());
    return 0;
  }
  template <bool condition, class F>
  Task add_body(std::string name, F&& f) {
    using Body = std::decay_t<F>;
    detail::GraphBody body{};
    if constexpr (detail::GraphBody::holds<Body>) {
      ::new (static_cast<void*>(body.raw)) Body(std::forward<F>(f));
      return add(
          std::move(name), body,
          [](void* b) { return call_body<condition>(*std::launder(static_cast<Body*>(b))); },
          condition);
    } else {
      ::new (static_cast<void*>(body.raw)) Body*(slab().make<Body>(std::forward<F>(f)));
      return add(
          std::move(name), body,
          [](void* b) { return call_body<condition>(**std::launder(static_cast<Body**>(b))); },
          condition);
    }
  }
  Slab& slab() noexcept;
  Task add(std::string name, const detail::GraphBody& body, int (*call)(void*), bool condition);

  detail::TaskGraphCore* core_;
};

}  // namespace weir
