// Runtime: the public face of the engine room.
#include <optional>
#include <utility>
#include <weir/futex.hpp>
#include <weir/runtime.hpp>
#include <weir/version.hpp>

#include "core.hpp"
#include "trace.hpp"

namespace weir {

using detail::Core;

Core& detail::core_of(Runtime& runtime) noexcept { return *runtime.core_; }

Result<std::unique_ptr<Runtime>> Runtime::start(const Config& config) {
  Result<Core*> core = Core::create(config);
  if (!core) return core.error();
  std::unique_ptr<Runtime> runtime(new Runtime(core.value()));
  core.value()->runtime = runtime.get();
  return runtime;
}

Runtime::~Runtime() {
  if (core_->is_forked()) return;  // the threads and whatever they held are gone: nothing is freed
  WEIR_CHECK(detail::this_worker == nullptr, "a Runtime is destroyed inside a task");
  static_cast<void>(core_->stop_until(never));
  WEIR_CHECK(core_->producers_live == 0, "a Producer outlives its Runtime");
  if (core_->order != nullptr) core_->order->finish(core_->policy.trace_hash());
  Core::destroy(core_);
}

namespace {

/// Runtime::run's body, on the caller's stack: a root of the epoch in which it starts.
struct RunJob : detail::Job {
  RunJob(void* closure, void (*function)(void*), Scope& own) noexcept
      : Job(&run_it), body(closure), call(function), scope(&own) {}
  void* body;
  void (*call)(void*);
  Scope* scope;

  static void run_it(detail::Job& job, detail::Context& context) noexcept {
    auto& self = static_cast<RunJob&>(job);
    auto& worker = static_cast<detail::Worker&>(context);
    Scope* const scope = self.scope;
    const detail::TaskFrame frame{scope, context.root_epoch()};
    context.participant().add_submitted(frame.epoch, 1);
    try {
      const detail::FrameScope inherited(context, frame);
      self.call(self.body);
    } catch (...) {
      worker.body_failed(frame);
    }
    worker.counters.tasks.add(1);
    context.participant().add_retired(frame.epoch, 1);
    scope->leave();  // the caller may return now, and the job with it
  }
};

}  // namespace

Status Runtime::run_body(void* body, void (*call)(void*), Error* error) {
  if (core_->is_forked()) return Status::forked;
  if (detail::this_worker != nullptr) return Status::would_deadlock;
  core_->outside_runs.fetch_add(
      1, seq_cst);  // (2) seq_cst pairs with (2) of core.cpp: a stop waits for us, or we see it
  Status status = Status::closed;
  std::optional<detail::OutsideCall> outside(std::in_place, *core_, detail::CallKind::run);
  if (core_->closed.load(seq_cst) == 0) {  // (3) seq_cst pairs with (2) of core.cpp: as (2)
    Scope scope;
    RunJob job(body, call, scope);
    scope.enter(*core_, 1);
    detail::Worker* const guest = core_->driven() ? nullptr : core_->enter_guest();
    if (guest != nullptr) {
      detail::this_worker = guest;
      {
        PhaseScope phase(&core_->phase);
        core_->execute(*guest, job);
      }
      detail::this_worker = nullptr;
      core_->leave_guest(*guest);
    } else {
      inject(*core_, job);
    }
    outside.reset();
    // Stalled is said of others here: what this scope holds can always run.
    do {
      status = scope.wait_until(never);
    } while (status == Status::stalled);
    if (error != nullptr) *error = scope.first_error();
  }
  core_->outside_runs.fetch_sub(
      1, release);  // (1) release pairs with (6) of core.cpp: our job is done
  return status;
}

Receipt Runtime::barrier_until(Deadline deadline) { return core_->barrier_until(deadline); }

BarrierTicket Runtime::barrier_begin() noexcept {
  if (core_->is_forked()) return {};
  const detail::OutsideCall call(*core_, detail::CallKind::barrier);
  const BarrierTicket ticket{core_->request_epoch()};
  core_->advance();
  return ticket;
}

bool Runtime::poll(BarrierTicket& ticket, Receipt& receipt) noexcept {
  if (core_->is_forked()) {
    receipt.status = Status::forked;
    return true;
  }
  detail::OutsideCall call(*core_, detail::CallKind::poll);
  core_->advance();
  const bool over = core_->receipt_of(ticket.epoch, receipt);
  call.answers(over ? 1 : 0);
  return over;
}

Status Runtime::drain_until(Deadline deadline) { return core_->drain_until(deadline); }
Status Runtime::stop_until(Deadline deadline) { return core_->stop_until(deadline); }

std::size_t Runtime::run_until_idle() {
  if (!core_->driven() || core_->is_forked() || detail::this_worker != nullptr) return 0;
  if (core_->order != nullptr) return core_->run_ordered();
  if (!core_->try_drive()) return 0;
  std::size_t jobs = 0;
  while (core_->drive_step()) ++jobs;
  core_->end_drive();
  return jobs;
}

std::size_t Runtime::memory() const { return core_->memory(); }

int Runtime::workers() const noexcept { return core_->workers; }

Metrics Runtime::metrics() const {
  Metrics m;
  const Core& core = *core_;
  for (std::size_t i = 0; i < core.worker.size(); ++i) {
    const detail::WorkerCounters& c = core.worker[i].counters;
    const WorkerMetrics w{c.tasks.read(),        c.jobs.read(),        c.steals.read(),
                          c.leaps.read(),        c.parks.read(),       c.parks_timed_out.read(),
                          c.lost_wakeups.read(), c.inline_runs.read(), c.spin_ns.read()};
    m.contexts.push_back(w);
    m.total.tasks += w.tasks;
    m.total.jobs += w.jobs;
    m.total.steals += w.steals;
    m.total.leaps += w.leaps;
    m.total.parks += w.parks;
    m.total.parks_timed_out += w.parks_timed_out;
    m.total.lost_wakeups += w.lost_wakeups;
    m.total.inline_runs += w.inline_runs;
    m.total.spin_ns += w.spin_ns;
  }
  const detail::StallSums sums = core.total_sums();
  m.submitted = sums.submitted;
  m.retired = sums.retired;
  for (std::size_t i = 0; i < core.producer.size(); ++i)
    m.inbox_would_block += core.producer[i].would_block.read();
  m.cancelled = core.cancelled.load(relaxed);  // relaxed: a statistic
  m.expired = core.expired.load(relaxed);      // relaxed: a statistic
  m.failed = core.failed.load(relaxed);        // relaxed: a statistic
  m.barriers = core.barrier.barriers.read();
  m.stalls = core.oracle.stalls.load(relaxed);  // relaxed: a statistic
  m.looks = core.house.looks.read();
  m.replacements = core.house.replacements.read();
  m.throttled_periods = core.house.throttled_periods.read();
  m.throttled_ns = core.house.throttled_ns.read();
  m.steady_state_allocations = core.phase.allocations();
  m.trace_hash = core.policy.deterministic() ? core.policy.trace_hash() : 0;
  if (core.error_set.load(acquire) != 0)
    m.first_error = core.first_error.text;  // (8) acquire pairs with (7) of core.cpp
  return m;
}

std::string Runtime::describe() const {
  const Core& core = *core_;
  std::string line = std::string("weir ") + version() + ": ";
  if (core.policy.deterministic()) {
    line += std::to_string(core.virtual_workers) + " virtual workers, deterministic, seed " +
            std::to_string(core.order->seed());
  } else if (core.driven()) {
    line += "0 workers, the caller drives";
  } else {
    // In a fork's child nobody is left to give the lock back.
    line += core.is_forked() ? core.placement.describe() : core.house.describe();
    const std::uint64_t spin_ns = core.spin_ns();
    line += spin_ns == 0 ? ", no spin" : ", spin " + std::to_string(spin_ns / 1000) + " us";
  }
  line += ", " + std::to_string(core.config.task_slots) + " task slots, inbox of " +
          std::to_string(core.config.inbox_slots) + ", " + std::to_string(memory()) + " bytes";
  return line;
}

void Runtime::dump(std::FILE* file) const {
  Core& core = *core_;
  std::fprintf(file, "%s\n", describe().c_str());
  for (std::size_t i = 0; i < core.worker.size(); ++i) {
    const detail::Worker& w = core.worker[i];
    const detail::Participant& p = core.participants[i];
    const int index = static_cast<int>(i);
    // relaxed, all: a picture for people, of no one instant
    std::fprintf(
        file,
        "  %s %d: %s, word %llu, %s, deque %s, tasks %llu, jobs %llu, steals %llu, parks %llu\n",
        index < core.first_guest ? "worker" : "guest", index,
        p.online.load(relaxed) != 0 ? "online" : "offline",
        static_cast<unsigned long long>(p.sequence.load(relaxed)),
        index < core.sleepers->workers() && core.sleepers->asleep(index) ? "asleep" : "awake",
        w.deque.looks_empty() ? "empty" : "has work",
        static_cast<unsigned long long>(w.counters.tasks.read()),
        static_cast<unsigned long long>(w.counters.jobs.read()),
        static_cast<unsigned long long>(w.counters.steals.read()),
        static_cast<unsigned long long>(w.counters.parks.read()));
  }
  const detail::StallSums sums = core.total_sums();
  // relaxed, all: as above
  std::fprintf(file,
               "  epoch %llu, completed %llu, asked %llu; submitted %llu, retired %llu; inbox "
               "holds %llu%s\n",
               static_cast<unsigned long long>(core.epoch.load(relaxed)),
               static_cast<unsigned long long>(core.barrier.completed.load(relaxed)),
               static_cast<unsigned long long>(core.barrier.requested.load(relaxed)),
               static_cast<unsigned long long>(sums.submitted),
               static_cast<unsigned long long>(sums.retired),
               static_cast<unsigned long long>(core.inbox->used()),
               core.overflow.filled() || core.urgent.filled() || core.patient.filled()
                   ? "; overflow list not empty"
                   : "");
  struct Sink {
    std::FILE* file;
    static void line(void* self, const detail::StallLine& l) {
      std::fprintf(static_cast<Sink*>(self)->file,
                   "  graph %s: node %s waits for %s (%s), %llu ms\n", l.graph, l.node, l.edge,
                   l.consumer == nullptr ? "" : l.consumer,
                   static_cast<unsigned long long>(l.age_ns / 1'000'000));
    }
  } sink{file};
  {
    const std::lock_guard<std::mutex> lock(core.watched_lock);
    for (const detail::Watched* w : core.watched) w->waiting(&Sink::line, &sink);
  }
  std::fputs(detail::trace_tail(core).c_str(), file);
}

}  // namespace weir
