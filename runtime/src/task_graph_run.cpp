// Running a TaskGraph.
#include <weir/futex.hpp>

#include "task_graph.hpp"

namespace weir::detail {

namespace {
/// Graphs are mostly walked in the order in which they were made; a locked instruction waits for
/// misses.
constexpr std::size_t prefetched_tasks = 8;
}  // namespace

Outcome TaskGraphCore::run(Producer& producer, const Submit& options) noexcept {
  WEIR_CHECK(built, "run() of a TaskGraph that has not been built");
  const ProducerCall call(producer);
  if (call.status() != Status::accepted) return {call.status()};
  if (options.scope != nullptr && options.scope->cancelled()) return {Status::cancelled};
  std::uint32_t idle = 0;
  // (1) acq_rel pairs with (2): what the run before has left; and with (9): the tables
  if (!state.compare_exchange_strong(idle, running, acq_rel, relaxed)) return {Status::would_block};
  frame_ = {options.scope, call.epoch()};
  deadline_ = deadline_in(core, options.deadline);
  trace_mark(core, Note::run_started, trace_);
  begun_ns_.store(now_ns(), relaxed);  // relaxed: for reports
  error_ = {};
  skip_.store(0, relaxed);             // relaxed: published by inject
  failed_.store(0, relaxed);           // relaxed: as above
  live_.store(1, relaxed);             // relaxed: as above
  if (activations_ != nullptr) arm();  // a path that was not taken has left joins half counted
  if (options.scope != nullptr) options.scope->enter(core, 1);
  call.participant().add_submitted(call.epoch(), 1);
  start_job_.level = level_in_range(options.level);
  inject(core, start_job_);
  return {};
}

void TaskGraphCore::cancel() noexcept {
  const OutsideCall call(core, CallKind::cancel);
  // relaxed: a wish, seen by the next tasks; the run's end publishes everything
  const bool first = skip_.exchange(1, relaxed) == 0;
  // relaxed: only says whether there is a run to speak of
  if (first && (state.load(relaxed) & running) != 0) trace_mark(core, Note::cancelled, trace_);
}

bool TaskGraphCore::skipping() const noexcept {
  if (skip_.load(relaxed) != 0) return true;  // relaxed: as in cancel
  return frame_.scope != nullptr && frame_.scope->cancelled();
}

void TaskGraphCore::run_start(Job& job, Context& context) noexcept {
  TaskGraphCore& graph = static_cast<StartJob&>(job).graph;
  if (graph.deadline_ != never && time_of(graph.core) >= graph.deadline_) {
    graph.skip_.store(expired_skip, relaxed);  // relaxed: as in cancel
  }
  Walk walk{static_cast<Worker&>(context)};
  graph.walk(graph.spread(graph.start_, 0, graph.start_.chunks(), walk), walk);
}

void TaskGraphCore::run_fan(Job& job, Context& context) noexcept {
  auto& fan = static_cast<FanJob&>(job);
  Walk walk{static_cast<Worker&>(context)};
  fan.graph->walk(fan.graph->spread(*fan.fan, fan.first, fan.last, walk), walk);
}

void TaskGraphCore::run_task_job(Job& job, Context& context) noexcept {
  auto& queued = static_cast<TaskJob&>(job);
  TaskGraphCore& graph = *queued.graph;
  Walk walk{static_cast<Worker&>(context)};
  graph.walk(&graph.tasks_[&queued - graph.jobs_], walk);
}

/// A path has ended: this graph's newest job, if that is what this worker would run next anyway;
/// null: it is not.
GraphTask* TaskGraphCore::take_own(Walk& walk) noexcept {
  Worker& worker = walk.worker;
  if (!worker.timed() || worker.next != nullptr) return nullptr;
  Job* const job = worker.deque.pop();
  if (job == nullptr) return nullptr;
  if (job->run == &run_task_job && static_cast<TaskJob*>(job)->graph == this)
    return &tasks_[static_cast<TaskJob*>(job) - jobs_];
  worker.schedule_next(*job);
  return nullptr;
}

int TaskGraphCore::recorded_body(GraphTask& task, Worker& worker) noexcept {
  const std::uint16_t traced = traces_ == nullptr ? trace_ : traces_[number_of(task)];
  const std::uint64_t begin = worker.flight.begin(traced);
  const int choice = call_body(task);
  worker.flight.slice(Note::task, traced, 0, begin, ticks());
  return choice;
}

[[gnu::always_inline]] inline int TaskGraphCore::call_body(GraphTask& task) noexcept {
  try {
    return task.call(task.body.raw);
  } catch (...) {
    // relaxed: only the first writes; published by the run's end
    if (failed_.exchange(1, relaxed) == 0) {
      capture_exception(error_);
      failed_task_ = number_of(task);
      if (frame_.scope != nullptr) frame_.scope->fail(error_);
    }
    skip_.store(1, relaxed);  // relaxed: as in cancel
  }
  return -1;
}

/// The task has ended: who comes next on this worker; null: nobody, and its unit is the walk's.
[[gnu::always_inline]] inline GraphTask* TaskGraphCore::follow(const GraphTask& task, int choice,
                                                               Walk& walk) noexcept {
  if (activations_ != nullptr) {
    const std::uint32_t number = number_of(task);
    // (3) acq_rel pairs with (4): each activation sees the effects of the one before
    if (activations_[number].fetch_sub(1, acq_rel) != 1) walk.worker.schedule(jobs_[number]);
  }
  if (task.condition()) {
    std::uint32_t next = 0;
    if (choice >= 0 && choose(task, static_cast<std::uint32_t>(choice), next))
      return activate(next);
    ++walk.units;
    return nullptr;
  }
  switch (task.after()) {
    case After::none:
      break;
    case After::only:
    case After::one:
      if (arrived(task.first())) return activate(task.first());
      break;
    case After::two:
      return both(task.first(), task.second(), walk);
    case After::fan: {
      const Fan& fan = fans_[task.first()];
      return spread(fan, 0, fan.chunks(), walk);
    }
  }
  ++walk.units;
  return nullptr;
}

/// The successor with this number; false: there is none.
bool TaskGraphCore::choose(const GraphTask& task, std::uint32_t choice,
                           std::uint32_t& next) const noexcept {
  if (task.after() == After::fan) {
    const Fan& fan = fans_[task.first()];
    if (choice >= fan.count) return false;
    next = fan.list[choice];
    return true;
  }
  const std::uint32_t count = task.after() == After::none ? 0 : task.after() == After::two ? 2 : 1;
  next = choice == 0 ? task.first() : task.second();
  return choice < count;
}

/// dispatch of two.
[[gnu::always_inline]] inline GraphTask* TaskGraphCore::both(std::uint32_t first,
                                                             std::uint32_t second,
                                                             Walk& walk) noexcept {
  const bool is_first = arrived(first);
  const bool is_second = arrived(second);
  if (is_first && is_second) {
    take_units(1, walk);
    queue(second, walk);
  } else if (!is_first && !is_second) {
    ++walk.units;
    return nullptr;
  }
  return activate(is_first ? first : second);
}

/// Looks at chunks first .. last-1 of a list, for one unit: halves go to other workers as long as
/// there are several.
GraphTask* TaskGraphCore::spread(const Fan& fan, std::uint32_t first, std::uint32_t last,
                                 Walk& walk) noexcept {
  if (activations_ != nullptr) {
    // The list may be walked again before others have taken their part: all of it here.
    if (last - first > 1) take_units(last - first - 1, walk);
    for (; last - first > 1; --last) {
      if (GraphTask* const task = dispatch(fan, last - 1, walk))
        walk.worker.schedule(jobs_[number_of(*task)]);
    }
    return dispatch(fan, first, walk);
  }
  while (last - first > 1) {
    const std::uint32_t middle = first + (last - first) / 2;
    fan.jobs[middle].last = last;
    take_units(1, walk);
    walk.worker.schedule(fan.jobs[middle]);
    last = middle;
  }
  return dispatch(fan, first, walk);
}

GraphTask* TaskGraphCore::dispatch(const Fan& fan, std::uint32_t chunk, Walk& walk) noexcept {
  std::uint32_t ready[fan_chunk];
  std::uint32_t count = 0;
  const std::uint32_t begin = chunk * fan_chunk;
  const std::uint32_t end = begin + fan_chunk < fan.count ? begin + fan_chunk : fan.count;
  for (std::uint32_t i = begin; i < end; ++i) {
    if (arrived(fan.list[i])) ready[count++] = fan.list[i];
  }
  if (count == 0) {
    ++walk.units;
    return nullptr;
  }
  if (count > 1) take_units(count - 1, walk);
  for (std::uint32_t i = 1; i < count; ++i) queue(ready[i], walk);
  return activate(ready[0]);
}

/// Units for `n` more paths: the walk's own, and the rest from the run's count.
void TaskGraphCore::take_units(std::uint64_t n, Walk& walk) noexcept {
  const std::uint64_t own = n < walk.units ? n : walk.units;
  walk.units -= own;
  if (own < n) live_.fetch_add(n - own, relaxed);  // relaxed: this thread holds a unit
}

/// One predecessor of the task has ended; true: it was the last.
[[gnu::always_inline]] inline bool TaskGraphCore::arrived(std::uint32_t task) noexcept {
  const std::uint8_t indegree = indegree_[task];
  if (indegree <= 1) return true;
  if (indegree == indegree_many) return arrived_at_many(task);
  atomic<std::uint8_t>& pending = pending_[task];
  // (5) acquire pairs with (10): as there; nobody but the last to arrive finds 1
  if (pending.load(acquire) != 1) {
    // (10) acq_rel pairs with (5) and itself: the last sees the effects of all predecessors
    if (pending.fetch_sub(1, acq_rel) != 1) return false;
  }
  pending.store(indegree, relaxed);  // relaxed: who counts down next runs after this task
  return true;
}

bool TaskGraphCore::arrived_at_many(std::uint32_t task) noexcept {
  ManyPending& one = many_[jobs_[task].many];
  // (12) acq_rel pairs with itself: as (10)
  if (one.pending.fetch_sub(1, acq_rel) != 1) return false;
  one.pending.store(one.indegree, relaxed);  // relaxed: as in arrived
  return true;
}

/// The task, for the caller to run or queue; null: it runs already, and will run again for this
/// unit.
[[gnu::always_inline]] inline GraphTask* TaskGraphCore::activate(std::uint32_t task) noexcept {
  // (4) acq_rel pairs with (3)
  if (activations_ != nullptr && activations_[task].fetch_add(1, acq_rel) != 0) return nullptr;
  return &tasks_[task];
}

[[gnu::always_inline]] inline void TaskGraphCore::queue(std::uint32_t task, Walk& walk) noexcept {
  if (activate(task) != nullptr) walk.worker.schedule(jobs_[task]);
}

/// Runs `task` (null: its path has ended) and what follows on this worker. What it calls for each
/// task is inlined: small tasks cost as much as these calls.
void TaskGraphCore::walk(GraphTask* task, Walk& walk) noexcept {
  const FrameScope scope(walk.worker, frame_);  // never read once the last unit is given back
  Worker& worker = walk.worker;
  const std::uint16_t traced = trace_;
  const bool each = worker.walks.each_task();
  const std::uint64_t begin = worker.walks.due() ? worker.flight.begin(traced) : 0;
  std::uint32_t ran = 0;
  while (ran < chain_max) {
    if (task == nullptr && ran < limits::inbox_interval) task = take_own(walk);
    if (task == nullptr) break;
    ++ran;
    prefetch_to_read(task, prefetched_tasks * sizeof(GraphTask));
    const int choice = skipping() ? -1 : each ? recorded_body(*task, worker) : call_body(*task);
    task = task->after() == After::only ? &tasks_[task->first()] : follow(*task, choice, walk);
  }
  worker.counters.tasks.add(ran);
  if (begin != 0) worker.walks.measured(worker.flight, traced, ran, begin);
  // Before the units go: the last one may end the graph.
  if (task != nullptr) worker.schedule_next(jobs_[number_of(*task)]);
  if (walk.units == 0) return;
  // (6) acq_rel pairs with itself: the last sees the effects of the whole run
  if (live_.fetch_sub(walk.units, acq_rel) == walk.units) finish(walk.worker);
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
  trace_mark(engine, Note::run_ended, trace_);
  if (frame.scope != nullptr) {
    // (13) release pairs with (8): who waits for the scope alone may ask for the error at once
    state.fetch_or(settled, release);
    // Before the state is idle: who waits for the run may end its scope then.
    frame.scope->leave();
  }
  // (2) acq_rel pairs with (1), (7), and (1) of task_graph.cpp: the run's effects and result
  const std::uint32_t before = state.exchange(0, acq_rel);
  if ((before & orphaned) != 0) {
    retire_raw(engine, this, &TaskGraphCore::destroy);
  } else if ((before & watched_bit) != 0) {
    futex_wake_all(state);  // an address only: the graph may be gone
  }
  context.participant().add_retired(frame.epoch, 1);
}

Status TaskGraphCore::wait_until(Deadline deadline) noexcept {
  if (core.is_forked()) return Status::forked;
  if (this_worker != nullptr) return Status::would_deadlock;
  if (core.order != nullptr) {
    // (11) acquire pairs with (2): as (7)
    const auto over = [this] { return (state.load(acquire) & running) == 0; };
    const Status status = core.wait(over, deadline, deadline == never);
    return status == Status::accepted ? result_.load(relaxed) : status;  // relaxed: as below
  }
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
  // (8) acquire pairs with (2), (13): the error of a run that has ended, or is about to
  const std::uint32_t now = state.load(acquire);
  if (((now & running) != 0 && (now & settled) == 0) || !error_.set()) return {};
  return {"task_failed", error_.text,
          certificate.graph + ": " + certificate.nodes[failed_task_].name};
}

/// Some, but not all, of its predecessors have ended.
bool TaskGraphCore::waits(std::uint32_t task) const noexcept {
  if (indegree_[task] != indegree_many) {
    return pending_[task].load(relaxed) != indegree_[task];  // relaxed: everything is parked
  }
  const ManyPending& one = many_[jobs_[task].many];
  return one.pending.load(relaxed) != one.indegree;  // relaxed: as above
}

void TaskGraphCore::waiting(void (*sink)(void*, const StallLine&), void* argument) const noexcept {
  if ((state.load(acquire) & running) == 0) return;  // (9) acquire pairs with (1): the tables
  const std::uint64_t age = now_ns() - begun_ns_.load(relaxed);  // relaxed: as where it is set
  bool found = false;
  for (std::uint32_t i = 0; i < task_count_; ++i) {
    if (!waits(i)) continue;
    found = true;
    sink(argument, {name(), certificate.nodes[i].name.c_str(), "its predecessors", "", age, false});
  }
  if (!found) sink(argument, {name(), "the run", "a task that has not ended", "", age, false});
}

}  // namespace weir::detail
