// Foreign threads that wait: as guests that help, asleep, or, where there are no threads, driving.
#include <algorithm>
#include <utility>
#include <weir/futex.hpp>

#include "core.hpp"

namespace weir::detail {

namespace {

/// A guest helps for about so long, and with at most so many jobs, before it asks again whether a
/// barrier is over. Reason: small beside what wakes it when it sleeps.
constexpr std::uint64_t help_ns = 10'000;
constexpr std::uint32_t help_jobs_max = 64;
/// A waiter that spins looks so often between two readings of the clock, which cost as much.
constexpr std::uint32_t spin_looks = 16;
/// Where every CPU has a worker, a guest helps with so many jobs before it leaves them to those.
/// Reason: what is over soon should not wait for a sleeper to wake up.
constexpr std::uint32_t crowded_jobs = 16;

}  // namespace

Status Core::wait(const Wait& what) noexcept {
  if (is_forked()) return Status::forked;
  if (this_worker != nullptr) return Status::would_deadlock;
  if (order != nullptr) return wait_ordered(what);
  return driven() ? wait_driving(what) : wait_with_workers(what);
}

Status Core::wait_on_word(const atomic<std::uint32_t>& word, std::uint32_t value, Deadline deadline,
                          bool help) noexcept {
  struct Watch {
    const atomic<std::uint32_t>* word;
    std::uint32_t value;
  } watch{&word, value};
  const auto changed = [](void* argument) {
    const auto& w = *static_cast<Watch*>(argument);
    return w.word->load(acquire) !=
           w.value;  // (2) acquire pairs with the changer's release of the word
  };
  return wait(Wait{&watch, changed, &word, value, deadline, help});
}

/// A short sleep: until the word or the event changes, or longer each time.
void Core::sleep(const Wait& what, std::uint32_t& backoff_us) noexcept {
  const Deadline until = std::min(what.deadline, after_us(backoff_us));
  const bool is_woken = what.word != nullptr && !what.help && !driven();
  backoff_us =
      std::min(backoff_us * 2, is_woken ? limits::woken_wait_us_last : limits::guest_wait_us_last);
  watchers.fetch_add(1, seq_cst);  // (1) seq_cst pairs with (1) of worker.cpp: who changes
                                   // something sees us, or we it
  const std::uint32_t seen =
      event.load(seq_cst);  // (12) seq_cst pairs with (1) of worker.cpp: as (1)
  if (!what.done(what.argument)) {
    if (what.word != nullptr && !driven()) {
      static_cast<void>(futex_wait(*what.word, what.value, until));
    } else {
      static_cast<void>(futex_wait(event, seen, until));
    }
  }
  watchers.fetch_sub(1, relaxed);  // relaxed: one look too many at worst
}

Status Core::wait_with_workers(const Wait& what) noexcept {
  // (10) acquire pairs with (3) of core.cpp: after a stop there is nothing to help with
  Worker* guest = what.help && joined.load(acquire) == 0 ? enter_guest() : nullptr;
  Status status = Status::accepted;
  std::uint32_t backoff_us = limits::guest_wait_us_first;
  Helping helping;
  std::uint32_t looks = 0;       // without work, since the last clock read
  std::uint64_t spin_until = 0;  // 0: from the next look without work on
  while (!what.done(what.argument)) {
    const bool stays_out = guest != nullptr && helping.in_a_row >= crowded_jobs && crowded();
    if (stays_out) {
      share_private(*guest);  // nobody else would see it while it sleeps
    } else if (const std::uint32_t ran = guest != nullptr ? help(*guest, what, helping) : 0;
               ran != 0) {
      helping.in_a_row += ran;
      backoff_us = limits::guest_wait_us_first;
      spin_until = 0;
      looks = 0;
      continue;
    } else if (spin_ns() != 0 && ++looks % spin_looks != 0) {
      cpu_relax();
      continue;
    }
    if (joined.load(acquire) != 0 && guest == nullptr &&
        nobody_inside()) {  // (4) acquire pairs with (3) of core.cpp
      if (!what.done(what.argument)) status = Status::closed;
      break;
    }
    const std::uint64_t now = now_ns();
    if (now >= what.deadline) {
      status = Status::timed_out;
      break;
    }
    look_if_due(now);  // the workers may all be in long bodies
    if (spin_until == 0) spin_until = now + spin_ns();
    if (!stays_out && now < spin_until) {
      cpu_relax();
      continue;
    }
    if (guest != nullptr) leave_online(*guest);
    const bool stalled = sleepers->sleeping() == workers && check_stall();
    if (!stalled) sleep(what, backoff_us);
    // Workers that have ended nothing meanwhile may all be in long bodies: it helps again.
    const std::uint64_t ran = stays_out ? jobs_of_workers() : 0;
    if (!stays_out || ran == helping.workers_ran) helping.in_a_row = 0;
    helping.workers_ran = ran;
    if (guest != nullptr) come_online(*guest);
    if (guest != nullptr &&
        joined.load(acquire) != 0) {  // (11) acquire pairs with (3) of core.cpp: as (10)
      leave_guest(*std::exchange(guest, nullptr));
    }
    if (stalled && !what.done(what.argument)) {
      status = Status::stalled;
      break;
    }
  }
  if (guest != nullptr) leave_guest(*guest);
  return status;
}

// Guests
// ------------------------------------------------------------------------------------------------------------

Worker* Core::enter_guest() noexcept {
  for (int i = first_guest; i < contexts; ++i) {
    ContextState& place = state[static_cast<std::size_t>(i)];
    // (3) acquire pairs with (8): the context as its last user left it. relaxed look first: a hint
    if (place.taken.load(relaxed) == 0 && place.taken.exchange(1, acquire) == 0) {
      Worker& guest = worker[static_cast<std::size_t>(i)];
      come_online(guest);
      guest.flight.mark(Note::guest_entered);
      return &guest;
    }
  }
  return nullptr;
}

/// Leaves nothing behind: what it has not run goes to the workers, the slots that it kept to all.
void Core::leave_guest(Worker& guest) noexcept {
  bool left = false;
  if (Job* job = std::exchange(guest.next, nullptr)) {
    push_overflow(*job, *job);
    left = true;
  }
  while (Job* job = guest.deque.pop()) {
    push_overflow(*job, *job);
    left = true;
  }
  if (left) notify();
  give_slots(guest.slot_cache_, guest.slot_count_);
  guest.slot_count_ = 0;
  guest.flight.mark(Note::guest_left);
  leave_online(guest);
  state[static_cast<std::size_t>(guest.index())].taken.store(
      0, release);  // (8) release pairs with (3)
}

/// Each allowed CPU has a worker: whoever helps takes the CPU from one, and what that one has under
/// way waits.
bool Core::crowded() const noexcept { return !house.spare.load(relaxed); }  // relaxed: a setting

std::uint64_t Core::jobs_of_workers() const noexcept {
  std::uint64_t sum = 0;
  for (int i = 0; i < workers; ++i) sum += worker[static_cast<std::size_t>(i)].counters.jobs.read();
  return sum;
}

/// Runs jobs before the waiter asks again: one, or more where the question is not a look at a word
/// but as costly as many small tasks (a barrier's). Their number grows while they are short.
std::uint32_t Core::help(Worker& guest, const Wait& what, Helping& helping) noexcept {
  if (what.word != nullptr) return help_once(guest) ? 1 : 0;
  std::uint32_t ran = 0;
  while (ran < helping.jobs && help_once(guest)) ++ran;
  if (ran == helping.jobs) {
    const std::uint64_t now = now_ns();
    helping.jobs = now - helping.asked_ns < help_ns ? std::min(2 * ran, help_jobs_max)
                                                    : std::max<std::uint32_t>(1, ran / 2);
    helping.asked_ns = now;
  }
  return ran;
}

bool Core::help_once(Worker& guest) noexcept {
  Job* const job = find_anywhere(guest);
  if (job == nullptr) {
    observe(guest);
    return false;
  }
  this_worker = &guest;
  {
    PhaseScope scope(&phase);
    execute(guest, *job);
  }
  this_worker = nullptr;
  return true;
}

// Driving
// -----------------------------------------------------------------------------------------------------------

bool Core::try_drive() noexcept {
  // (5) acquire pairs with (6): the virtual workers as the last driver left them. relaxed look
  // first: a hint
  if (driver.load(relaxed) != 0 || driver.exchange(1, acquire) != 0) return false;
  for (int i = 0; i < virtual_workers; ++i) come_online(worker[static_cast<std::size_t>(i)]);
  return true;
}

/// Puts the private next job and what was taken of the mail where others look.
void Core::share_private(Worker& w) noexcept {
  share_next(w);
  ContextState& own = state[static_cast<std::size_t>(w.index())];
  for (Job*& mail : own.mail) {
    while (Job* const job = mail) {
      mail = job->next;
      schedule_on(*this, w.index(), *job);
    }
  }
}

void Core::end_drive() noexcept {
  for (int i = 0; i < virtual_workers; ++i) {
    Worker& w = worker[static_cast<std::size_t>(i)];
    // What a driver leaves is for others to see: the stall check, too. Not where a replay may
    // change drivers at other steps: there the check looks into private places, with the turn.
    if (order == nullptr) share_private(w);
    observe(w);
    leave_online(w);
  }
  driver.store(0, release);  // (6) release pairs with (5)
}

/// A job for virtual worker `w`, its source drawn by the policy.
Job* Core::find_drawn(Worker& w) noexcept {
  constexpr std::uint32_t sources = 7;
  const std::uint32_t begin = policy.choose(Choice::source, sources, 0);
  for (std::uint32_t i = 0; i < sources; ++i) {
    Job* job = nullptr;
    switch ((begin + i) % sources) {
      case 0:
        job = take_mail(w, limits::level_default);
        if (job == nullptr) job = std::exchange(w.next, nullptr);
        if (job == nullptr) job = w.deque.pop();
        break;
      case 1:
        job = w.deque.pop_oldest();
        break;
      case 2:
        job = take_inbox(w);
        break;
      case 3:
        job = take_overflow(w);
        break;
      case 4:
        job = take_level(w, 0);
        break;
      case 5:
        job = take_level(w, 2);
        break;
      default: {
        const auto others = static_cast<std::uint32_t>(virtual_workers);
        const std::uint32_t first = policy.choose(Choice::victim, others, 0);
        for (std::uint32_t v = 0; v < others && job == nullptr; ++v) {
          job = worker[(first + v) % others].deque.steal();
          if (job != nullptr) w.flight.mark(Note::stolen, 0, (first + v) % others);
        }
        break;
      }
    }
    if (job != nullptr) return job;
  }
  return nullptr;
}

/// A job for the first virtual worker from `begin` on that finds one; `let_go`: held ones too.
Job* Core::find_driven(std::uint32_t begin, Worker*& w, bool let_go) noexcept {
  const auto count = static_cast<std::uint32_t>(virtual_workers);
  for (std::uint32_t i = 0; i < count; ++i) {
    w = &worker[(begin + i) % count];
    const bool held = holds.one_in != 0 && !let_go &&
                      state[static_cast<std::size_t>(w->index())].held_until > order->steps();
    if (held) continue;
    if (Job* job = order != nullptr ? find_drawn(*w) : find_anywhere(*w)) return job;
  }
  return nullptr;
}

/// Runs one job; false when nothing is runnable.
bool Core::drive_step() noexcept {
  const auto count = static_cast<std::uint32_t>(virtual_workers);
  const Policy::Mark mark = policy.mark();
  const std::uint32_t begin = policy.choose(Choice::worker, count, 0);
  Worker* w = nullptr;
  Job* job = find_driven(begin, w, false);
  // Only held workers may have something: time goes by.
  if (job == nullptr && holds.one_in != 0) job = find_driven(begin, w, true);
  if (job != nullptr) {
    if (order != nullptr) order->stepped();
    policy.note(static_cast<std::uint64_t>(w->index()));
    steps.store(steps.load(relaxed) + 1, relaxed);  // relaxed: one driver at a time
    this_worker = w;
    {
      PhaseScope scope(&phase);
      execute(*w, *job);
    }
    this_worker = nullptr;
    if (holds.one_in != 0 && policy.choose(Choice::hold, holds.one_in, 1) == 0)
      state[static_cast<std::size_t>(w->index())].held_until = order->steps() + holds.steps;
  } else {
    if (order != nullptr && order->replaying()) order->diverged("nothing that could run");
    policy.back_to(mark);
  }
  if (job == nullptr || barrier_open.load(relaxed) != 0) {  // relaxed: the waiter's next look tells
    for (std::uint32_t i = 0; i < count; ++i) observe(worker[i]);
  }
  return job != nullptr;
}

Status Core::wait_driving(const Wait& what) noexcept {
  std::uint32_t backoff_us = limits::guest_wait_us_first;
  for (;;) {
    bool progress = false;
    if (try_drive()) {
      for (std::uint32_t step = 0; !what.done(what.argument); ++step) {
        if (!drive_step()) break;
        progress = true;
        if (what.deadline != never && (step & 63) == 63 && now_ns() >= what.deadline) break;
      }
      end_drive();
    }
    if (what.done(what.argument)) return Status::accepted;
    if (joined.load(acquire) != 0 && nobody_inside()) {  // (9) acquire pairs with (3) of core.cpp
      return what.done(what.argument) ? Status::accepted : Status::closed;
    }
    if (now_ns() >= what.deadline) return Status::timed_out;
    if (progress) {
      backoff_us = limits::guest_wait_us_first;
      continue;
    }
    if (check_stall() && !what.done(what.argument)) return Status::stalled;
    sleep(what, backoff_us);
  }
}

// Interface of the graphs
// -------------------------------------------------------------------------------------------

Status wait_while(Core& core, const atomic<std::uint32_t>& word, std::uint32_t value,
                  Deadline deadline, std::uint32_t mask) noexcept {
  if (core.is_forked()) return Status::forked;
  if (this_worker != nullptr) return Status::would_deadlock;
  if (core.order != nullptr) {
    return core.wait(
        [&word, value, mask] {
          return ((word.load(acquire) ^ value) & mask) !=
                 0;  // (13) acquire pairs with the changer, as (2)
        },
        deadline, false);
  }
  if (word.load(acquire) != value)
    return Status::accepted;  // (7) acquire pairs with the changer's release, as (2)
  return core.wait_on_word(word, value, deadline, false);
}

void wake_waiters(atomic<std::uint32_t>& word) noexcept { futex_wake_all(word); }

}  // namespace weir::detail
