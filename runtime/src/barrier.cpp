// Epochs (P4): one state machine for all barriers of a runtime, moved on by whoever waits, and the
// retire lists.
//
// The machine completes one epoch c at a time, in order: it makes sure that the current epoch is
// above c; waits a grace period, so that nobody who read c has still to count a submission; waits
// until the retired sum equals the submitted sum (epoch_count.hpp has the proof); waits a second
// grace period, so that nobody holds a reference to anything retired in c; has the owners free what
// they retired; and publishes c as completed. At most three epochs are open, so that the four slots
// of the counters suffice; later requests join the last one.
#include <algorithm>
#include <weir/futex.hpp>

#include "core.hpp"

namespace weir::detail {

namespace {

using Step = BarrierState::Step;

}  // namespace

/// Asks for the completion of the current epoch; returns its number.
std::uint64_t Core::request_epoch() noexcept {
  const std::uint64_t target =
      epoch.load(seq_cst);  // (6) seq_cst pairs with (2): covers all that was submitted before
  std::uint64_t asked = barrier.requested.load(relaxed);  // relaxed: the exchange decides
  // (7) seq_cst pairs with (8): the machine sees it, or we find the machine idle afterwards
  while (asked < target &&
         !barrier.requested.compare_exchange_weak(asked, target, seq_cst, relaxed)) {
  }
  barrier_open.store(1, seq_cst);  // (9) seq_cst pairs with (8): as (7)
  recorder.outside(Note::epoch_requested, 0, static_cast<std::uint32_t>(target));
  return target;
}

void Core::begin_grace() noexcept {
  barrier.grace_began_ns = now_ns();
  barrier.grace = grace.load(relaxed) + 1;  // relaxed: written under the machine's lock only
  // (1) seq_cst pairs with (8) of worker.cpp, (9) of worker.cpp: the epoch raised before; who goes
  // online later sees both
  grace.store(barrier.grace, seq_cst);
  recorder.outside(Note::grace_began, 0, static_cast<std::uint32_t>(barrier.grace));
  for (std::size_t i = 0; i < participants.size(); ++i) {
    passed[i] = false;
    snapshot[i] = i < static_cast<std::size_t>(contexts) ? 0 : call_word(participants[i]);
  }
}

bool Core::grace_over() noexcept {
  bool all = true;
  std::uint64_t lag = 0;  // the clock is read when somebody has passed, not at every look
  for (std::size_t i = 0; i < participants.size(); ++i) {
    if (passed[i]) continue;
    const bool context = i < static_cast<std::size_t>(contexts);
    if (context ? !passed_epoch(participants[i], barrier.grace)
                : !call_over(participants[i], snapshot[i])) {
      all = false;
      continue;
    }
    passed[i] = true;
    if (context && lag == 0) lag = now_ns() - barrier.grace_began_ns;
    if (context && lag > barrier.receipt.lag_ns) {
      barrier.receipt.lag_ns = lag;
      barrier.receipt.slowest_worker = static_cast<int>(i);
    }
  }
  return all;
}

/// The owners free what they retired before the grace period; true when none has anything left.
bool Core::reclaimed() noexcept {
  free_orphans(barrier.grace);
  bool all = true;
  for (int i = 0; i < first_guest; ++i) {
    // (10) acquire pairs with (11): the deleters' effects
    if (state[static_cast<std::size_t>(i)].retire_floor.load(acquire) >= barrier.grace) continue;
    all = false;
    wake_worker(i);
  }
  return all;
}

void Core::complete_epoch(std::uint64_t c) noexcept {
  Receipt& receipt = barrier.receipt;
  const auto at = [this](std::size_t i) -> Participant& { return participants[i]; };
  const EpochSums sums = epoch_sums(participants.size(), static_cast<std::uint32_t>(c), at);
  receipt.epoch = c;
  receipt.tasks = sums.retired - barrier.tasks_base[epoch_slot(c)];
  barrier.tasks_base[epoch_slot(c)] = sums.retired;
  receipt.bytes_live = (sums.submitted - sums.retired) * sizeof(TaskSlot);
  std::uint64_t tombstones = 0;
  {
    const std::lock_guard<std::mutex> lock(watched_lock);
    for (const Watched* w : watched) tombstones += w->tombstones();
    tombstones += tombstones_gone;
  }
  receipt.tombstones = tombstones - barrier.tombstones_base;
  barrier.tombstones_base = tombstones;
  // relaxed: the failing task counted itself before it retired, which the sums have acquired
  const bool failure = failed_in_epoch[epoch_slot(c)].exchange(0, relaxed) != 0;
  receipt.status = failure ? Status::failed : Status::accepted;
  barrier.receipts[c % BarrierState::receipts_kept] = receipt;
  receipt = {};
  barrier.barriers.add(1);
  recorder.outside(Note::epoch_completed, 0, static_cast<std::uint32_t>(c));
  barrier.completed.store(
      c, release);  // (12) release pairs with (13): everything that was done in the epoch
  signal_event();
}

/// Moves the machine as far as it goes now.
void Core::advance() noexcept {
  const std::unique_lock<std::mutex> lock(barrier.lock, std::try_to_lock);
  if (!lock.owns_lock()) return;  // its holder, or whoever waits behind it, comes back
  for (;;) {
    const std::uint64_t c =
        barrier.completed.load(relaxed) + 1;  // relaxed: written under this lock
    switch (barrier.step) {
      case Step::idle: {
        const std::uint64_t asked =
            barrier.requested.load(seq_cst);          // (8) seq_cst pairs with (7), (9): a request
        std::uint64_t current = epoch.load(relaxed);  // relaxed: written under this lock only
        while (current <= asked && current - (c - 1) < limits::epochs_open_max) {
          // (2) seq_cst pairs with the loads of `epoch` by roots: they read it after going online
          epoch.store(++current, seq_cst);
        }
        if (asked < c) {
          barrier_open.store(0,
                             seq_cst);  // (14) seq_cst pairs with (9): who asks now sets it again
          if (barrier.requested.load(seq_cst) < c) return;  // (15) as (8), pairs with (7)
          barrier_open.store(1, seq_cst);                   // (16) seq_cst pairs with (15): as (9)
          continue;
        }
        begin_grace();
        barrier.step = Step::entering;
        break;
      }
      case Step::entering:
        if (!grace_over()) return;
        barrier.step = Step::counting;
        break;
      case Step::counting: {
        const auto at = [this](std::size_t i) -> Participant& { return participants[i]; };
        if (!epoch_sums(participants.size(), static_cast<std::uint32_t>(c), at).done()) return;
        begin_grace();
        barrier.step = Step::leaving;
        break;
      }
      case Step::leaving:
        if (!grace_over()) return;
        // (3) seq_cst pairs with (12) of worker.cpp: a worker that goes to sleep sees it, or we
        // find it asleep
        grace_done.store(barrier.grace, seq_cst);
        barrier.step = Step::reclaiming;
        break;
      case Step::reclaiming:
        if (!reclaimed()) return;
        complete_epoch(c);
        barrier.step = Step::idle;
        break;
    }
  }
}

/// True when `target` is completed; the receipt is that of the epoch, or of a later one if it is no
/// longer kept.
bool Core::receipt_of(std::uint64_t target, Receipt& receipt) noexcept {
  if (barrier.completed.load(acquire) < target)
    return false;  // (13) acquire pairs with (12): the epoch's effects
  const std::lock_guard<std::mutex> lock(barrier.lock);
  receipt = barrier.receipts[target % BarrierState::receipts_kept];
  return true;
}

Receipt Core::barrier_until(Deadline deadline) noexcept {
  Receipt receipt;
  if (is_forked()) {
    receipt.status = Status::forked;
    return receipt;
  }
  if (this_worker != nullptr) {
    receipt.status = Status::would_deadlock;
    return receipt;
  }
  std::uint64_t target = 0;
  {
    const OutsideCall call(*this, CallKind::barrier);
    target = request_epoch();
  }
  receipt.epoch = target;
  receipt.status = wait(
      [this, target] {
        advance();
        return barrier.completed.load(acquire) >= target;  // (17) as (13), pairs with (12)
      },
      deadline, deadline == never);
  if (receipt.status == Status::accepted) static_cast<void>(receipt_of(target, receipt));
  return receipt;
}

// Retired objects
// ---------------------------------------------------------------------------------------------------

void Core::retire(void* object, void (*deleter)(void*) noexcept) noexcept {
  // (18) seq_cst pairs with (1): a grace period that begins after this load has a higher number
  const Retired item{object, deleter, grace.load(seq_cst)};
  Worker* const w = this_worker;
  if (w == nullptr || &w->core() != this || w->index() >= first_guest) {
    const std::lock_guard<std::mutex> lock(orphan_lock);
    orphans.push(item);
    return;
  }
  ContextState& own = state[static_cast<std::size_t>(w->index())];
  own.retired.push(item);
  // (11) release pairs with (10): nothing but the tag of the oldest
  own.retire_floor.store(own.retired.oldest(), release);
}

void Core::reclaim(Worker& w) noexcept {
  ContextState& own = state[static_cast<std::size_t>(w.index())];
  const std::uint64_t over =
      grace_done.load(acquire);  // (19) acquire pairs with (3): all have passed that grace period
  if (own.retired.oldest() < over) {
    w.counters.retired_objects.add(own.retired.reclaim(over));
    own.retire_floor.store(own.retired.oldest(),
                           release);  // (20) as (11), pairs with (10): the deleters' effects
    signal_event();
  }
  if (own.retired.count() >= retired_many && (w.tick_ & 255) == 0 && w.frame == nullptr &&
      w.nesting == 0) {
    // Nobody may be waiting in a barrier: a long list makes its own.
    if (barrier_open.load(relaxed) == 0)
      static_cast<void>(request_epoch());  // relaxed: once more does no harm
    advance();
  }
}

/// Frees what foreign threads and guests retired before grace period `done` began.
void Core::free_orphans(std::uint64_t done) noexcept {
  for (;;) {
    Retired item;
    {
      const std::lock_guard<std::mutex> lock(orphan_lock);
      if (!orphans.take(done, item)) return;
    }
    item.deleter(item.object);  // may retire more
  }
}

/// After all threads are gone.
void Core::free_all_retired() noexcept {
  for (std::size_t i = 0; i < state.size(); ++i) {
    state[i].retired.reclaim(RetireList::no_tag);
    state[i].retire_floor.store(RetireList::no_tag, release);  // (22) release pairs with (10)
  }
  free_orphans(RetireList::no_tag);
}

void retire_raw(Core& core, void* object, void (*deleter)(void*) noexcept) noexcept {
  if (core.is_forked()) return;
  core.retire(object, deleter);
}

}  // namespace weir::detail
