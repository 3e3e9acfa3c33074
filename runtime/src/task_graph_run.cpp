// Running a TaskGraph.
#include <weir/futex.hpp>

#include "task_graph.hpp"

namespace weir::detail {

Outcome TaskGraphCore::run(Producer& producer, const Submit& options) noexcept {
  WEIR_CHECK(built, "run() of a TaskGraph that has not been built");
  const ProducerCall call(producer);
  if (call.status() != Status::accepted) return {call.status()};
  if (options.scope != nullptr && options.scope->cancelled()) return {Status::cancelled};
  std::uint32_t idle = 0;
  // (1) acquire pairs with (2): what the run before has left
  if (!state.compare_exchange_strong(idle, running, acquire, relaxed)) return {Status::would_block};
  frame_ = {options.scope, call.epoch()};
  deadline_ = options.deadline;
  begun_ns_ = now_ns();
  error_ = {};
  skip_.store(0, relaxed);    // relaxed: published by inject
  failed_.store(0, relaxed);  // relaxed: as above
  live_.store(1, relaxed);    // relaxed: as above
  if (conditions_) arm();     // a path that was not taken has left joins half counted
  if (options.scope != nullptr) options.scope->enter(core, 1);
  call.participant().add_submitted(call.epoch(), 1);
  start_job_.level = options.level;
  inject(core, start_job_);
  return {};
}

void TaskGraphCore::cancel() noexcept {
  skip_.store(
      1, relaxed);  // relaxed: a wish, seen by the next tasks; the run's end publishes everything
}

bool TaskGraphCore::skipping() const noexcept {
  if (skip_.load(relaxed) != 0) return true;  // relaxed: as in cancel
  return frame_.scope != nullptr && frame_.scope->cancelled();
}

void TaskGraphCore::run_start(Job& job, Context& context) noexcept {
  TaskGraphCore& graph = static_cast<StartJob&>(job).graph;
  if (graph.deadline_ != never && now_ns() >= graph.deadline_) {
    graph.skip_.store(expired_skip, relaxed);  // relaxed: as in cancel
  }
  graph.run_chain(graph.spread(graph.start_, 0, graph.start_.chunks(), context), context);
}

void TaskGraphCore::run_fan(Job& job, Context& context) noexcept {
  auto& fan = static_cast<FanJob&>(job);
  fan.graph->run_chain(fan.graph->spread(*fan.fan, fan.first, fan.last, context), context);
}

void TaskGraphCore::run_task_job(Job& job, Context& context) noexcept {
  auto& task = static_cast<GraphTask&>(job);
  task.graph->run_chain(&task, context);
}

void TaskGraphCore::run_chain(GraphTask* task, Context& context) noexcept {
  auto& worker = static_cast<Worker&>(context);
  const FrameScope scope(context, frame_);  // never read once the last unit is given back
  std::uint64_t ran = 0;
  for (; task != nullptr; ++ran) {
    if (ran == chain_max) {
      context.schedule_next(*task);
      break;
    }
    const int choice = skipping() ? -1 : call_body(*task);
    if (task->only_next != nullptr) {
      task = task->only_next;
    } else {
      task = follow(*task, choice, context);
    }
  }
  worker.counters.tasks.add(ran);
}

int TaskGraphCore::call_body(GraphTask& task) noexcept {
  try {
    return task.call(task.body);
  } catch (...) {
    // relaxed: only the first writes; published by the run's end
    if (failed_.exchange(1, relaxed) == 0) {
      capture_exception(error_);
      failed_task_ = task.index;
      if (frame_.scope != nullptr) frame_.scope->fail(error_);
    }
    skip_.store(1, relaxed);  // relaxed: as in cancel
  }
  return -1;
}

/// The task has ended: who comes next on this worker; null: nobody (and then the graph may be
/// gone).
GraphTask* TaskGraphCore::follow(GraphTask& task, int choice, Context& context) noexcept {
  if (conditions_) {
    // (3) acq_rel pairs with (4): each activation sees the effects of the one before
    if (task.activations.fetch_sub(1, acq_rel) != 1) context.schedule(task);
  }
  if (task.condition) {
    if (choice >= 0 && static_cast<std::uint32_t>(choice) < task.after.count) {
      GraphTask* const next = task.after.list[choice];
      return activate(*next) ? next : nullptr;
    }
    give_unit_back(context);
    return nullptr;
  }
  if (task.after.count == 0) {
    give_unit_back(context);
    return nullptr;
  }
  return spread(task.after, 0, task.after.chunks(), context);
}

/// Looks at chunks first .. last-1 of a list, for one unit: halves go to other workers as long as
/// there are several.
GraphTask* TaskGraphCore::spread(const Fan& fan, std::uint32_t first, std::uint32_t last,
                                 Context& context) noexcept {
  if (conditions_) {
    // The list may be walked again before others have taken their part: all of it here.
    if (last - first > 1)
      live_.fetch_add(last - first - 1, relaxed);  // relaxed: this thread holds a unit
    for (; last - first > 1; --last) {
      if (GraphTask* const task = dispatch(fan, last - 1, context)) context.schedule(*task);
    }
    return dispatch(fan, first, context);
  }
  while (last - first > 1) {
    const std::uint32_t middle = first + (last - first) / 2;
    fan.jobs[middle].last = last;
    live_.fetch_add(1, relaxed);  // relaxed: this thread holds a unit
    context.schedule(fan.jobs[middle]);
    last = middle;
  }
  return dispatch(fan, first, context);
}

GraphTask* TaskGraphCore::dispatch(const Fan& fan, std::uint32_t chunk, Context& context) noexcept {
  GraphTask* ready[fan_chunk];
  std::uint32_t count = 0;
  const std::uint32_t begin = chunk * fan_chunk;
  const std::uint32_t end = begin + fan_chunk < fan.count ? begin + fan_chunk : fan.count;
  for (std::uint32_t i = begin; i < end; ++i) {
    if (arrived(*fan.list[i])) ready[count++] = fan.list[i];
  }
  if (count == 0) {
    give_unit_back(context);
    return nullptr;
  }
  if (count > 1) live_.fetch_add(count - 1, relaxed);  // relaxed: this thread holds a unit
  for (std::uint32_t i = 1; i < count; ++i) {
    if (activate(*ready[i])) context.schedule(*ready[i]);
  }
  return activate(*ready[0]) ? ready[0] : nullptr;
}

/// One predecessor of the task has ended; true: it was the last.
bool TaskGraphCore::arrived(GraphTask& task) noexcept {
  if (task.indegree <= 1) return true;
  // (5) acq_rel pairs with itself: the last to arrive sees the effects of all predecessors
  if (task.pending.fetch_sub(1, acq_rel) != 1) return false;
  task.pending.fetch_add(task.indegree,
                         relaxed);  // relaxed: the next to count down is ordered behind this task
  return true;
}

/// True: the caller runs or queues the task. False: it runs already, and will run again for this
/// unit.
bool TaskGraphCore::activate(GraphTask& task) noexcept {
  if (!conditions_) return true;
  return task.activations.fetch_add(1, acq_rel) == 0;  // (4) acq_rel pairs with (3)
}

void TaskGraphCore::give_unit_back(Context& context) noexcept {
  // (6) acq_rel pairs with itself: the last sees the effects of the whole run
  if (live_.fetch_sub(1, acq_rel) == 1) finish(context);
}

void TaskGraphCore::finish(Context& context) noexcept {
  const TaskFrame frame = frame_;
  Status result = Status::accepted;
  if (failed_.load(relaxed) != 0) {  // relaxed, all: (6) has ordered the run before
    result = Status::failed;
  } else if (skip_.load(relaxed) == expired_skip) {  // relaxed: as above
    result = Status::expired;
  } else if (skipping()) {
    result = Status::cancelled;
  }
  result_.store(result, relaxed);  // relaxed: published by the state
  Core& engine = core;
  // (2) acq_rel pairs with (1), (7), and (1) of task_graph.cpp: the run's effects and result
  const std::uint32_t before = state.exchange(0, acq_rel);
  if ((before & orphaned) != 0) {
    retire_raw(engine, this, &TaskGraphCore::destroy);
  } else if ((before & watched_bit) != 0) {
    futex_wake_all(state);  // an address only: the graph may be gone
  }
  if (frame.scope != nullptr) frame.scope->leave();
  context.participant().add_retired(frame.epoch, 1);
}

Status TaskGraphCore::wait_until(Deadline deadline) noexcept {
  if (core.is_forked()) return Status::forked;
  if (this_worker != nullptr) return Status::would_deadlock;
  for (;;) {
    std::uint32_t now =
        state.load(acquire);  // (7) acquire pairs with (2): the run's effects and result
    if ((now & running) == 0) return result_.load(relaxed);  // relaxed: published by the state
    // relaxed: sets the bit of the waiter, nothing else
    if ((now & watched_bit) == 0 &&
        !state.compare_exchange_weak(now, now | watched_bit, relaxed, relaxed))
      continue;
    const Status status = core.wait_on_word(state, now | watched_bit, deadline, deadline == never);
    if (status != Status::accepted) return status;
  }
}

Error TaskGraphCore::first_error() const {
  // (8) acquire pairs with (2): the error of a run that has ended
  if ((state.load(acquire) & running) != 0 || !error_.set()) return {};
  return {"task_failed", error_.text,
          certificate.graph + ": " + certificate.nodes[failed_task_].name};
}

void TaskGraphCore::waiting(void (*sink)(void*, const StallLine&), void* argument) const noexcept {
  if ((state.load(acquire) & running) == 0) return;  // (9) acquire pairs with (2): as (7)
  const std::uint64_t age = now_ns() - begun_ns_;
  bool found = false;
  for (std::uint32_t i = 0; i < task_count_; ++i) {
    const std::uint32_t pending = tasks_[i].pending.load(relaxed);  // relaxed: everything is parked
    if (pending == tasks_[i].indegree) continue;
    found = true;
    sink(argument, {name(), certificate.nodes[i].name.c_str(), "its predecessors", "", age, false});
  }
  if (!found) sink(argument, {name(), "the run", "a task that has not ended", "", age, false});
}

}  // namespace weir::detail
