// Tasks in slots, children of fork_join, and scopes.
#include <cstring>
#include <optional>
#include <weir/detail/fork.hpp>
#include <weir/futex.hpp>
#include <weir/task.hpp>

#include "core.hpp"

namespace weir {

namespace detail {

void capture_exception(BodyError& error) noexcept {
  const char* text = "an exception that is no std::exception";
  try {
    throw;
  } catch (const std::exception& e) {
    text = e.what();
    std::strncpy(error.text, text, sizeof error.text - 1);  // while the exception lives
    if (error.text[0] != 0) return;
    text = "an exception without a text";
  } catch (...) {
  }
  std::strncpy(error.text, text, sizeof error.text - 1);
}

std::uint32_t Context::root_epoch() const noexcept {
  return static_cast<std::uint32_t>(
      core_->epoch.load(seq_cst));  // (1) seq_cst pairs with (2) of barrier.cpp: see P4
}

std::uint32_t Context::choose(std::uint32_t n, std::uint32_t natural) noexcept {
  return core_->policy.choose(Choice::batch, n, natural);
}
bool Context::timed() const noexcept { return !core_->policy.deterministic(); }

// Slots
// -------------------------------------------------------------------------------------------------------------

TaskSlot* Worker::refill_slot() noexcept {
  const std::uint32_t wanted = (slot_cache_max_ + 2) / 2;
  slot_count_ = static_cast<std::uint32_t>(core_->take_slots(slot_cache_, wanted));
  return slot_count_ == 0 ? nullptr : slots_ + slot_cache_[--slot_count_];
}

void Worker::flush_slot(TaskSlot& slot) noexcept {
  const std::uint32_t keep = slot_cache_max_ / 2;
  core_->give_slots(slot_cache_ + keep, slot_count_ - keep);
  slot_count_ = keep;
  std::uint32_t one = slot.index;
  if (slot_cache_max_ == 0) {
    core_->give_slots(&one, 1);
  } else {
    slot_cache_[slot_count_++] = one;
  }
}

/// Slots that have never been used: they are built when they are first taken, so that a start does
/// not touch their pages.
std::size_t Core::make_slots(std::uint32_t* indices, std::size_t n) noexcept {
  std::uint32_t first = slots_made.load(relaxed);  // relaxed: only hands out indices
  std::uint32_t count = 0;
  do {
    const std::uint32_t left = config.task_slots - first;
    count = n < left ? static_cast<std::uint32_t>(n) : left;
    if (count == 0) return 0;
    // relaxed: as above; whoever gets a slot from its maker has it through a queue
  } while (!slots_made.compare_exchange_weak(first, first + count, relaxed, relaxed));
  for (std::uint32_t i = 0; i < count; ++i) {
    TaskSlot* const slot = ::new (static_cast<void*>(slots.data() + first + i)) TaskSlot;
    slot->run = &run_task;
    slot->task = true;
    slot->index = indices[i] = first + i;
  }
  return count;
}

/// Free slots, at most `n` (1 .. batch_max); 0: none.
std::size_t Core::take_slots(std::uint32_t* indices, std::size_t n) noexcept {
  const std::uint32_t first =
      free_slots.take([this](std::uint32_t i) -> atomic<std::uint32_t>& { return slots[i].below; });
  if (first == SlotStack::none) return make_slots(indices, n);
  const std::uint32_t there = slots[first].bundle;
  std::uint32_t count = 0;
  for (std::uint32_t slot = first; count < there; slot = slot_next[slot]) {
    if (count == n) {
      push_bundle(slot, there - count);
      break;
    }
    indices[count++] = slot;
  }
  return count;
}

/// `first` begins a list of `n` slots. The links lie side by side, not in the slots, so that a walk
/// costs no cache miss a slot.
void Core::push_bundle(std::uint32_t first, std::uint32_t n) noexcept {
  slots[first].bundle = n;
  free_slots.push(first,
                  [this](std::uint32_t i) -> atomic<std::uint32_t>& { return slots[i].below; });
}

void Core::give_slots(const std::uint32_t* indices, std::size_t n) noexcept {
  if (n == 0) return;
  for (std::size_t i = 0; i + 1 < n; ++i) slot_next[indices[i]] = indices[i + 1];
  push_bundle(indices[0], static_cast<std::uint32_t>(n));
}

bool Worker::is_forked() const noexcept { return core_->is_forked(); }

TaskFrame Worker::frame_now() const noexcept {
  if (frame != nullptr) return *frame;
  return {nullptr, root_epoch()};
}

// Running
// -----------------------------------------------------------------------------------------------------------

void Worker::body_failed(const TaskFrame& of) noexcept {
  BodyError error;
  capture_exception(error);
  core_->failed.fetch_add(1, relaxed);  // relaxed: a statistic
  if (of.scope != nullptr) {
    of.scope->fail(error);
  } else {
    core_->note_failure(error, of.epoch);
  }
}

void Worker::spawn(TaskSlot& slot) noexcept {
  slot.frame = frame_now();
  slot.level = limits::level_default;
  slot.expires = false;
  if (slot.frame.scope != nullptr) slot.frame.scope->enter(*core_, 1);
  participant_->add_submitted(slot.frame.epoch, 1);
  if (!deque.push(&slot)) core_->push_overflow(slot, slot);
  notify();
}

void Worker::run_inline(void* closure, TaskBody body) noexcept {
  const TaskFrame inherited = frame_now();
  LastTask* const outer_last = last;
  ++inline_depth;
  counters.inline_runs.add(1);
  LastTask own;
  void* at = closure;
  alignas(limits::closure_alignment) std::byte moved[limits::closure_bytes];
  for (;;) {
    last = &own;
    try {
      body(at, TaskOp::run, nullptr);
    } catch (...) {
      body_failed(inherited);
    }
    if (own.body == nullptr) break;
    body = std::exchange(own.body, nullptr);
    body(own.closure, TaskOp::relocate, moved);
    at = moved;
  }
  --inline_depth;
  last = outer_last;
}

namespace {

/// A task that is not to be run any more: its closure goes, and it is counted.
bool dropped(Core& core, TaskSlot& slot, TaskBody body, void* closure) noexcept {
  const bool is_cancelled = slot.frame.scope != nullptr && slot.frame.scope->cancelled();
  if (!is_cancelled && (!slot.expires || time_of(core) < slot.deadline)) return false;
  body(closure, TaskOp::destroy, nullptr);
  (is_cancelled ? core.cancelled : core.expired).fetch_add(1, relaxed);  // relaxed: a statistic
  return true;
}

/// True: the successor that a task named by spawn_last may begin at once, as find() would look at
/// nothing but the next place, where it would lie.
bool goes_on(Core& core, Worker& worker) noexcept {
  if (worker.nesting != 0 || worker.next != nullptr || core.policy.deterministic()) return false;
  if (((worker.tick_ + 1) & (limits::oldest_interval_barrier - 1)) == 0) return false;
  ++worker.tick_;
  core.observe(worker);
  return true;
}

}  // namespace

void run_task(Job& job, Context& context) noexcept {
  auto& worker = static_cast<Worker&>(context);
  auto& slot = static_cast<TaskSlot&>(job);
  Core& core = worker.core();
  Participant& self = worker.participant();
  const std::uint32_t epoch = slot.frame.epoch;
  LastTask links[2];  // a successor runs where it was made, while the other takes its own
  TaskBody body = slot.body;
  void* closure = slot.closure;
  for (std::uint32_t ran = 1;; ++ran) {
    LastTask& own = links[ran & 1];
    own.body = nullptr;
    if (!dropped(core, slot, body, closure)) {
      const TaskFrame* const outer = std::exchange(worker.frame, &slot.frame);
      LastTask* const outer_last = std::exchange(worker.last, &own);
      try {
        body(closure, TaskOp::run, nullptr);
      } catch (...) {
        worker.body_failed(slot.frame);
      }
      worker.last = outer_last;
      worker.frame = outer;
    }
    if (slot.expires) slot.expires = false;  // else the slot's line stays as its maker's
    body = own.body;
    closure = own.closure;
    if (body != nullptr && goes_on(core, worker)) continue;
    worker.counters.tasks.add(ran);
    if (body == nullptr) {
      if (ran > 1) self.add_submitted(epoch, ran - 1);
      Scope* const scope = slot.frame.scope;
      worker.give_slot(slot);
      // Last: it may end the life of the scope, and the barrier that waits for this task.
      if (scope != nullptr) scope->leave();
      self.add_retired(epoch, ran);
      return;
    }
    body(closure, TaskOp::relocate, slot.closure);
    slot.body = body;
    self.add_submitted(epoch, ran);
    self.add_retired(epoch, ran);
    worker.schedule_next(slot);
    return;
  }
}

// fork_join
// ---------------------------------------------------------------------------------------------------------

void Worker::child_begins(ForkJob& child) noexcept {
  const auto name = static_cast<std::uint32_t>(index_ + 1) << ForkJob::thief_shift;
  const std::uint32_t generation = std::uint32_t{deque.generation()} << ForkJob::generation_shift;
  child.state.fetch_or(name | generation, release);  // (2) release pairs with (3): where to leap
}

void Worker::child_ends(ForkJob& child, std::uint32_t outcome) noexcept {
  // (4) acq_rel pairs with (3): what the body did, and its error
  const std::uint32_t before = child.state.fetch_or(outcome, acq_rel);
  if ((before & ForkJob::waiting) != 0)
    futex_wake_all(child.state);  // an address only: the frame may be gone
  if (nesting == 0) deque.raise_generation();
}

void Worker::join(ForkJob& child, Job* popped) noexcept {
  turn();
  ++nesting;
  for (; popped != nullptr; popped = deque.pop()) {
    if (popped == &child || popped->task) {
      popped->run(*popped, *this);
      if (popped == &child) break;
    } else {
      core_->push_overflow(*popped, *popped);  // a node of a graph is no relative of this frame
      notify();
    }
  }
  const std::uint64_t patience_ns = core_->spin_ns();
  std::uint64_t idle_since = 0;
  for (;;) {
    // (3) acquire pairs with (2), (4): the thief's name; the body's effects and error
    const std::uint32_t now = child.state.load(acquire);
    if ((now & ForkJob::done) != 0) break;
    if (leap(now)) {
      idle_since = 0;
      continue;
    }
    if (patience_ns != 0) {
      const std::uint64_t clock = now_ns();
      if (idle_since == 0) idle_since = clock;
      if (clock - idle_since < patience_ns) {
        for (int i = 0; i < 16; ++i) cpu_relax();
        continue;
      }
    }
    WEIR_CHECK(!is_forked(), "a fork's child waits for a task of its parent");
    // relaxed: the thief reads this bit in its own read-modify-write of the same word
    const std::uint32_t before = child.state.fetch_or(ForkJob::waiting, relaxed);
    if ((before & ForkJob::done) != 0) continue;
    // A timed wait, because the thief may spawn something to leap for meanwhile.
    static_cast<void>(
        futex_wait(child.state, before | ForkJob::waiting, after_us(limits::guest_wait_us_first)));
    idle_since = 0;
  }
  --nesting;
}

bool Worker::leap(std::uint32_t child_state) noexcept {
  const std::uint32_t name = child_state >> ForkJob::thief_shift &
                             ((1U << (ForkJob::generation_shift - ForkJob::thief_shift)) - 1);
  if (name == 0) return false;
  Worker& thief = core_->worker[name - 1];
  Job* const job = thief.deque.steal_if_generation(
      static_cast<std::uint16_t>(child_state >> ForkJob::generation_shift));
  if (job == nullptr) return false;
  if (!job->task) {
    core_->push_overflow(*job, *job);
    notify();
    return true;
  }
  counters.leaps.add(1);
  job->run(*job, *this);
  // What the job spawned is its descendant, and so of the child; nothing of it is left on this
  // deque.
  while (Job* mine = deque.pop()) {
    if (mine->task) {
      mine->run(*mine, *this);
    } else {
      core_->push_overflow(*mine, *mine);
      notify();
    }
  }
  return true;
}

void Worker::give_away() noexcept {
  const auto workers = static_cast<std::uint32_t>(core_->virtual_workers);
  if (workers < 2 || given_away_ >= given_away_max) return;
  const std::uint32_t choice = core_->policy.choose(Choice::fork, workers, 0);
  if (choice == 0) return;
  const std::uint32_t thief = (static_cast<std::uint32_t>(index_) + choice) % workers;
  if (thief == static_cast<std::uint32_t>(index_)) return;
  Job* const job = deque.steal();
  if (job == nullptr) return;
  if (!job->task) {
    core_->push_overflow(*job, *job);
    return;
  }
  Worker& other = core_->worker[thief];
  ++given_away_;
  this_worker = &other;
  ++other.nesting;
  job->run(*job, other);
  --other.nesting;
  this_worker = this;
  --given_away_;
}

bool Worker::quiescent_point() noexcept {
  core_->observe(*this);
  turn();
  return frame != nullptr && frame->scope != nullptr && frame->scope->cancelled();
}

}  // namespace detail

bool quiescent_point() noexcept {
  detail::Worker* const worker = detail::current_worker();
  return worker != nullptr && worker->quiescent_point();
}

int worker_index() noexcept {
  const detail::Worker* const worker = detail::current_worker();
  return worker == nullptr ? -1 : worker->index();
}

// Scope
// -------------------------------------------------------------------------------------------------------------

Scope::~Scope() {
  if (live() == 0) return;  // the runtime may be gone
  detail::Core* const core =
      core_.load(relaxed);  // relaxed: whoever destroys a scope has waited for it
  WEIR_CHECK(core->is_forked(),
             "a Scope is destroyed while tasks of it live: wait_until(never) first");
}

void Scope::cancel() noexcept {
  detail::Core* const core = core_.load(relaxed);  // relaxed: as in wait_until
  std::optional<detail::OutsideCall> call;
  if (core != nullptr) call.emplace(*core, detail::CallKind::cancel);
  flags_.fetch_or(cancelled_flag, release);  // (1) release pairs with (2) of task.hpp: what the
                                             // canceller did before
}

void Scope::enter(detail::Core& core, std::uint32_t n) noexcept {
  // relaxed, both: a waiter that must find it has it from the thread that submitted, or was told by
  // it
  if (core_.load(relaxed) != &core) core_.store(&core, relaxed);
  state_.fetch_add(2 * n,
                   relaxed);  // relaxed: who enters holds the scope open, or is not waited for yet
}

void Scope::leave() noexcept {
  // (5) acq_rel pairs with (3) of task.hpp and (6): the effects of what ended, of all that left
  // before too
  const std::uint32_t before = state_.fetch_sub(2, acq_rel);
  if (before == 3) futex_wake_all(state_);  // an address only: the scope may be gone
}

void Scope::fail(const detail::BodyError& error) noexcept {
  // relaxed: claims the right to write error_, which is published below
  if ((flags_.fetch_or(claimed_flag, relaxed) & claimed_flag) != 0) return;
  error_ = error;
  flags_.fetch_or(failed_flag, release);  // (7) release pairs with (8): error_
}

Status Scope::outcome() const noexcept {
  const std::uint32_t flags = flags_.load(acquire);  // (8) acquire pairs with (7): error_
  if ((flags & failed_flag) != 0) return Status::failed;
  return (flags & cancelled_flag) != 0 ? Status::cancelled : Status::accepted;
}

Status Scope::wait_until(Deadline deadline) noexcept {
  if (detail::current_worker() != nullptr) return Status::would_deadlock;
  // relaxed: set before the count rose; null: nothing has entered
  if (detail::Core* const core = core_.load(relaxed); core != nullptr && core->order != nullptr) {
    const auto over = [this] { return live() == 0; };
    const Status status = core->wait(over, deadline, deadline == never);
    return status == Status::accepted ? outcome() : status;
  }
  for (;;) {
    const std::uint32_t now =
        state_.load(acquire);  // (6) acquire pairs with (5): the effects of what ended
    if (now < 2) return outcome();
    detail::Core* const core =
        core_.load(relaxed);  // relaxed: constant once set, and set before the count rose
    std::uint32_t expected = now;
    // relaxed: sets the bit of the sleeper, nothing else
    if ((now & 1) == 0 && !state_.compare_exchange_weak(expected, now | 1, relaxed, relaxed))
      continue;
    const Status status = core->wait_on_word(state_, now | 1, deadline, deadline == never);
    if (status != Status::accepted) return status;
  }
}

Error Scope::first_error() const {
  if (outcome() != Status::failed || !error_.set()) return {};
  return {"task_failed", error_.text, {}};
}

}  // namespace weir
