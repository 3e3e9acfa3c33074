// Workers: where they look for work, how they go to sleep, how others wake them.
#include <algorithm>
#include <utility>
#include <weir/futex.hpp>
#include <weir/thread.hpp>

#include "core.hpp"

namespace weir::detail {

constinit thread_local Worker* this_worker = nullptr;

Context* context_in(const Core& core) noexcept {
  return this_worker != nullptr && &this_worker->core() == &core ? this_worker : nullptr;
}

Worker::Worker(Core& core, int index, Participant& participant, std::uint32_t deque_slots,
               std::uint32_t slot_cache) noexcept
    : deque(deque_slots),
      sleepers_(core.sleepers),
      slots_(core.slots.data()),
      slot_cache_max_(slot_cache) {
  core_ = &core;
  index_ = index;
  participant_ = &participant;
}

void Worker::wake(int sleeper) noexcept { futex_wake(sleepers_->word(sleeper)); }

void Core::notify() noexcept {
  if (const int sleeper = sleepers->notify(); sleeper >= 0) futex_wake(sleepers->word(sleeper));
}

void Core::wake_worker(int index) noexcept {
  if (index < sleepers->workers() && sleepers->take(index)) futex_wake(sleepers->word(index));
}

void Core::signal_event() noexcept {
  // (1) seq_cst pairs with (1) of wait.cpp: a watcher that is not seen here looks again after its
  // flag
  event.fetch_add(1, seq_cst);
  // (15) seq_cst pairs with (1) of wait.cpp: as (1)
  if (watchers.load(seq_cst) != 0) futex_wake_all(event);
}

/// Records a mark, whoever the caller is.
void Core::note(Note what, std::uint16_t id, std::uint32_t number) noexcept {
  Worker* const w = this_worker;
  if (w != nullptr && &w->core() == this) {
    w->flight.mark(what, id, 0, number);
  } else {
    recorder.outside(what, id, number);
  }
}

// Publishing
// --------------------------------------------------------------------------------------------------------

void Context::schedule(Job& job) noexcept {
  auto& worker = static_cast<Worker&>(*this);
  if (job.level != limits::level_default) {
    core_->publish(job);
  } else if (!worker.deque.push(&job)) {
    core_->push_overflow(job, job);
    if (worker.spilled_tick_ != worker.tick_ + 1) {  // once a job: one may spill thousands
      worker.spilled_tick_ = worker.tick_ + 1;
      worker.flight.mark(Note::spilled);
    }
  }
  worker.notify();
}

void Context::schedule_next(Job& job) noexcept {
  auto& worker = static_cast<Worker&>(*this);
  if (worker.next == nullptr && worker.nesting == 0 && job.level == limits::level_default) {
    worker.next = &job;
  } else {
    schedule(job);
  }
}

void inject(Core& core, Job& job) noexcept {
  // relaxed: read by a park that timed out, only to tell a lost wake-up from one that is on its way
  core.injecting.fetch_add(1, relaxed);
  core.publish(job);
  core.notify();
  if (core.driven()) core.signal_event();
  core.injecting.fetch_sub(1, relaxed);  // relaxed: as above
}

void schedule_on(Core& core, int worker, Job& job) noexcept {
  const int count = core.driven() ? core.virtual_workers : core.workers;
  const int index = worker < 0 ? 0 : worker % count;
  atomic<Job*>& box = core.state[static_cast<std::size_t>(index)].mailbox[job.level];
  // relaxed: as in publish
  if (job.level != limits::level_default) core.levels_used.store(1, relaxed);
  core.injecting.fetch_add(1, relaxed);  // relaxed: as in inject
  Job* head = box.load(relaxed);         // relaxed: the exchange decides
  do {
    job.next = head;
    // (5) seq_cst pairs with (6): the job; in one order with the sleeper's flag
  } while (!box.compare_exchange_weak(head, &job, seq_cst, relaxed));
  core.wake_worker(index);
  if (core.driven()) core.signal_event();
  core.injecting.fetch_sub(1, relaxed);  // relaxed: as in inject
}

// Finding
// -----------------------------------------------------------------------------------------------------------

Job* Core::take_mail(Worker& w, std::uint8_t level) noexcept {
  ContextState& own = state[static_cast<std::size_t>(w.index())];
  Job*& mail = own.mail[level];
  if (mail == nullptr) {
    if (own.mailbox[level].load(relaxed) == nullptr) return nullptr;  // relaxed: a hint
    // (6) acquire pairs with (5): the jobs
    mail = oldest_first(own.mailbox[level].exchange(nullptr, acquire));
    if (mail == nullptr) return nullptr;
  }
  // Affine jobs must not enter the deque, which thieves see: the rest stays where only `w` looks.
  return std::exchange(mail, mail->next);
}

/// True when the job holds a credit of the inbox, which is now the caller's to give back.
bool Core::return_credit(Job& job) noexcept {
  return job.run == &run_task && std::exchange(static_cast<TaskSlot&>(job).holds_credit, false);
}

Job* Core::take_overflow(Worker& w) noexcept {
  Job* const first = overflow.take();
  if (first == nullptr) return nullptr;
  Job* taken[overflow_batch];
  Job* rest = first;
  // Tops the deque up, no more: with work of its own the worker has come for the oldest job only.
  const std::uint32_t there = w.deque.size();
  const std::uint32_t most = std::min(overflow_batch, w.deque.capacity());
  const std::uint32_t wanted = there + 1 < most ? most - there : 1;
  std::uint32_t count = 0;
  std::uint32_t credits = 0;
  for (; rest != nullptr && count < wanted; rest = rest->next) {
    taken[count++] = rest;
    if (return_credit(*rest)) ++credits;
  }
  if (rest != nullptr) overflow.put_back(*rest);
  if (credits != 0) inbox->credits.give(credits);
  for (std::uint32_t i = 1 + w.deque.push_n(taken + 1, count - 1); i < count; ++i)
    push_overflow(*taken[i], *taken[i]);
  if (rest != nullptr || count > 1) notify();
  return first;
}

Job* Core::take_inbox(Worker& w) noexcept {
  const std::uint64_t used = inbox->used();
  if (used == 0) return nullptr;
  std::uint32_t taken[limits::batch_max];
  // A share of what is there, so that a small burst spreads over the workers.
  const auto share =
      static_cast<std::uint32_t>(used) / static_cast<std::uint32_t>(std::max(1, workers)) + 1;
  const std::size_t n =
      inbox->pop(static_cast<std::uint32_t>(w.index()), taken, std::min(share, batch));
  if (n == 0) return nullptr;
  inbox->credits.give(n);
  for (std::size_t i = 1; i < n; ++i) prefetch_to_read(&slots[taken[i]]);  // a producer's lines
  Job* jobs[limits::batch_max];  // the oldest, which runs next after taken[0], last
  const auto rest = static_cast<std::uint32_t>(n) - 1;
  for (std::uint32_t i = 0; i < rest; ++i) jobs[i] = &slots[taken[rest - i]];
  for (std::uint32_t i = w.deque.push_n(jobs, rest); i < rest; ++i)
    push_overflow(*jobs[i], *jobs[i]);
  if (n > 1) notify();
  return &slots[taken[0]];
}

Job* Core::steal(Worker& w) noexcept {
  ContextState& own = state[static_cast<std::size_t>(w.index())];
  for (std::uint32_t i = 0; i < own.near_count; ++i) {
    if (Job* job = worker[own.near[i]].deque.steal()) {
      w.counters.steals.add(1);
      w.flight.mark(Note::stolen, 0, own.near[i]);
      return job;
    }
  }
  return nullptr;
}

/// What is nobody's own: the inbox and the overflow list.
Job* Core::find_shared(Worker& w) noexcept {
  if (Job* job = take_inbox(w)) return job;
  return take_overflow(w);
}

/// Another job goes first: the private next one must not wait behind it, however long it runs, so
/// thieves may have it.
void Core::share_next(Worker& w) noexcept {
  if (Job* job = std::exchange(w.next, nullptr)) w.schedule(*job);
}

Job* Core::find(Worker& w) noexcept {
  if (levels_used.load(relaxed) != 0) return find_by_level(w);  // relaxed: as in publish
  return find_default(w);
}

Job* Core::find_default(Worker& w) noexcept {
  const std::uint64_t tick = ++w.tick_;
  if ((tick & (limits::oldest_interval_barrier - 1)) == 0) {
    // relaxed: only sets how often the oldest end is served
    const bool open = barrier_open.load(relaxed) != 0;
    if (open || (tick & (limits::oldest_interval - 1)) == 0) {
      if (Job* job = w.deque.pop_oldest()) {
        share_next(w);
        return job;
      }
    }
  }
  if ((tick & (limits::inbox_interval - 1)) == 0) {
    Job* job = take_mail(w, limits::level_default);
    if (job == nullptr) job = find_shared(w);
    if (job != nullptr) {
      share_next(w);
      return job;
    }
  }
  if (Job* job = w.next) {
    w.next = nullptr;
    return job;
  }
  if (Job* job = w.deque.pop()) return job;
  if (Job* job = take_mail(w, limits::level_default)) return job;
  return find_shared(w);
}

void Core::execute(Worker& w, Job& job) noexcept {
  w.counters.jobs.add(1);
  job.run(job, w);
  observe(w);
}

/// A quiescent point between jobs.
void Core::observe(Worker& w) noexcept {
  const std::uint64_t now =
      grace.load(acquire);  // (8) acquire pairs with (1) of barrier.cpp: the epoch of that time
  if (now != w.grace_seen_) {
    w.grace_seen_ = now;
    see_epoch(w.participant(), now);
    signal_event();
  }
  ContextState& own = state[static_cast<std::size_t>(w.index())];
  if (own.retired.count() != 0) reclaim(w);
}

// Sleeping
// ----------------------------------------------------------------------------------------------------------

void Core::come_online(Worker& w) noexcept {
  enter_call(w.participant());
  detail::go_online(w.participant());
  // (9) seq_cst pairs with (1) of barrier.cpp: a barrier that found this context offline has raised
  // `grace` before
  w.grace_seen_ = grace.load(seq_cst);
  see_epoch(w.participant(), w.grace_seen_);
}

void Core::leave_online(Worker& w) noexcept {
  detail::go_offline(w.participant());
  leave_call(w.participant());
  // relaxed: only decides whether a waiter is told at once or at its next look
  if (barrier_open.load(relaxed) != 0 || watchers.load(relaxed) != 0) signal_event();
}

/// Whether any source has something that `w` could take; seq_cst, for re-checks.
bool Core::work_visible(const Worker& w) const noexcept {
  if (overflow.visible() || urgent.visible() || patient.visible()) return true;
  for (const auto& box : state[static_cast<std::size_t>(w.index())].mailbox) {
    if (box.load(seq_cst) != nullptr) return true;  // (10) seq_cst pairs with (5): the jobs
  }
  for (std::size_t i = 0; i < worker.size(); ++i) {
    if (!worker[i].deque.looks_empty()) return true;
  }
  return false;
}

/// Looks around for a while instead of sleeping: a system call costs more. It looks seldom: each look takes a line away
/// from whoever publishes, and what came in between is taken together.
void Core::spin(Worker& w) noexcept {
  constexpr std::uint64_t look_ns = 1'000;
  const std::uint64_t begin = now_ns();
  const std::uint64_t end = begin + spin_ns();
  const std::uint64_t published = sleepers->published();
  std::uint64_t now = begin;
  std::uint64_t look = begin + look_ns;
  while (now < end) {
    for (int i = 0; i < 16; ++i) cpu_relax();
    observe(w);
    now = now_ns();
    if (now < look) continue;
    look = now + look_ns;
    // relaxed: the scan that follows decides
    if (sleepers->published() != published || work_visible(w) || stopping.load(relaxed) != 0) break;
  }
  w.counters.spin_ns.add(now - begin);
}

/// The worker has run out of work: finds some, or null when it is to end.
Job* Core::search(Worker& w) noexcept {
  sleepers->begin_search();
  bool may_spin = spin_ns() != 0;
  for (;;) {
    const std::uint64_t seen = sleepers->published();
    Job* const job = find_anywhere(w);
    if (job != nullptr) {
      if (sleepers->found() && (work_visible(w) || inbox->used() != 0)) notify();
      w.park_ms_ = limits::park_ms_first;
      return job;
    }
    observe(w);
    if (stopping.load(acquire) !=
        0) {  // (11) acquire pairs with (1) of core.cpp: ingress has been closed and drained
      sleepers->found();
      return nullptr;
    }
    if (may_spin) {
      may_spin = false;
      spin(w);
      continue;
    }
    sleepers->prepare(w.index());
    const ContextState& own = state[static_cast<std::size_t>(w.index())];
    if (sleepers->published() != seen || work_visible(w) || stopping.load(seq_cst) != 0 ||
        // (12) seq_cst pairs with (3) of barrier.cpp: who ends a grace period then looks for
        // sleepers that retire
        own.retired.oldest() < grace_done.load(seq_cst)) {
      sleepers->cancel(w.index());
      continue;
    }
    // Nothing was announced to one that woke by itself: it looks once.
    may_spin = park(w) && spin_ns() != 0;
  }
}

/// Sleeps until woken (true), or for a while, longer each time (limits::park_ms_first); the worker
/// searches again afterwards.
bool Core::park(Worker& w) noexcept {
  const atomic<std::uint32_t>& word = sleepers->word(w.index());
  w.counters.parks.add(1);
  const std::uint64_t begin = w.flight.begin(parked_id);
  leave_online(w);
  if (sleepers->sleeping() == workers) check_stall(false);
  const Deadline deadline = after_ms(w.park_ms_);
  bool woken = false;
  while (!woken) {
    // (13) acquire pairs with (6) of sleepers.hpp: what the waker did before
    woken = word.load(acquire) != 0;
    if (!woken && !futex_wait(word, 0, deadline)) break;
  }
  if (!woken && sleepers->asleep(w.index())) {
    w.counters.parks_timed_out.add(1);
    if (!check_stall() && lost_wakeup(w)) w.counters.lost_wakeups.add(1);
  }
  if (!woken) {
    w.park_ms_ = std::min(2 * w.park_ms_, limits::park_ms_last);
    w.keep_house();
  }
  sleepers->cancel(w.index());
  come_online(w);
  w.flight.slice(Note::parked, 0, woken ? 1 : 0, begin, ticks());
  return woken;
}

/// A park has timed out: work is there although nobody is between publishing it and waking somebody
/// for it.
bool Core::lost_wakeup(const Worker& w) const noexcept {
  // One that was woken, and that the machine has not let run yet, is on its way to the work.
  if (!work_visible(w) || sleepers->searching() != 0) return false;
  for (std::size_t i = 0; i < participants.size(); ++i) {
    // (14) acquire pairs with (4) of epoch_count.hpp: a call that is over has notified
    if ((participants[i].sequence.load(acquire) & 1) != 0) return false;
  }
  // relaxed: a foreign publisher that has not counted itself yet has not published
  return injecting.load(relaxed) == 0 && sleepers->asleep(w.index()) && work_visible(w);
}

void Core::run_worker(int index) noexcept {
  Worker& w = worker[static_cast<std::size_t>(index)];
  this_worker = &w;
  PhaseScope scope(&phase);
  house.worker_begins(index, thread_id());
  come_online(w);
  w.flight.mark(Note::worker_started);
  for (;;) {
    w.turn();
    Job* job = find_anywhere(w);  // without being counted as searching: shared words rest
    if (job == nullptr) job = search(w);
    if (job == nullptr) break;
    execute(w, *job);
  }
  w.flight.mark(Note::worker_stopped);
  leave_online(w);
  house.worker_ends(index);
  this_worker = nullptr;
}

}  // namespace weir::detail
