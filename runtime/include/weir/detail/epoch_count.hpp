// detail/epoch_count.hpp: the two questions of an epoch's barrier: is everybody past it, and is all of it
// done (P4).
//
// Roles     any thread asks; the counters have one writer each.
// Progress  wait-free: one pass over the participants.
// Source    F. Mattern, "Algorithms for distributed termination detection", 1987 (counting); QSBR as in
//           liburcu.
//
// Why retired is summed before submitted. Let A be the tasks whose retirement the first pass counted and B
// those whose submission the second counted. A task's submission is counted before it is visible, so before
// it runs, so before its retirement: A is part of B. If a task is in A, its children are in B: they were
// counted before it retired. All roots of the epoch are in B once the grace period is over. If the sums are
// equal then A = B, and by induction over the tree of spawns every task of the epoch is in A: retired, and
// the first pass acquired its effects. (The passes swapped miss a child that is submitted between them:
// tests/model.)
//
// Why a grace period: a participant may have read the old epoch and not yet counted its submission. It
// entered (sequence or online word, seq_cst) before it read the epoch (seq_cst); the barrier advances the
// epoch (seq_cst) before it reads those words (seq_cst): one of the two sees the other.
#pragma once

#include <weir/atomic.hpp>
#include <weir/limits.hpp>

#include <cstddef>
#include <cstdint>

namespace weir::detail {

/// Where counters by epoch keep this one; the next epochs_open_max have other places.
constexpr std::size_t epoch_slot(std::uint64_t epoch) noexcept { return epoch & (limits::epoch_slots - 1); }

/// What the participants have submitted and retired in one epoch. `retired` never runs ahead of the truth.
struct EpochSums {
  std::uint64_t retired = 0;
  std::uint64_t submitted = 0;
  /// True: all of that epoch is done, if its grace period was over before the sums were taken.
  bool done() const noexcept { return retired == submitted; }
};

/// Sums over `count` participants, given by `at(i)` -> Participant& (or a pointer-like array index).
template <class At>
EpochSums epoch_sums(std::size_t count, std::uint32_t epoch, At at) noexcept {
  EpochSums sums;
  for (std::size_t i = 0; i < count; ++i) {
    // (1) acquire pairs with Participant::add_retired: the effects of what was retired, and its children's
    // submissions
    sums.retired += at(i).retired[epoch_slot(epoch)].load(acquire);
  }
  for (std::size_t i = 0; i < count; ++i) {
    // (2) acquire pairs with Participant::add_submitted: what happened before the submission
    sums.submitted += at(i).submitted[epoch_slot(epoch)].load(acquire);
  }
  return sums;
}

/// A producer's or guest's call: odd while inside. Enter before the epoch is read, leave after the
/// submission is counted and visible.
template <class Participant>
void enter_call(Participant& self) noexcept {
  const std::uint64_t now = self.sequence.load(relaxed);  // relaxed: its only writer
  self.sequence.store(now + 1, seq_cst);  // (3) seq_cst pairs with (5): before the epoch is read
}
template <class Participant>
void leave_call(Participant& self) noexcept {
  const std::uint64_t now = self.sequence.load(relaxed);  // relaxed: its only writer
  // (4) seq_cst pairs with (5), (6): the submission of this call is counted. Release would do for that; two
  // workers that park at the same time each store their word and read the other's, and one of them must see
  // both (P5)
  self.sequence.store(now + 1, seq_cst);
}

/// A producer's word as the grace period finds it, after the epoch was advanced (seq_cst).
template <class Participant>
std::uint64_t call_word(const Participant& other) noexcept {
  return other.sequence.load(seq_cst);  // (5) seq_cst pairs with (3), (4): inside a call that read the old epoch?
}

/// True when the call that `begun` (from call_word) found is over.
template <class Participant>
bool call_over(const Participant& other, std::uint64_t begun) noexcept {
  if ((begun & 1) == 0) return true;
  return other.sequence.load(acquire) != begun;  // (6) acquire pairs with (4): what that call counted
}

/// A worker or guest begins to run jobs: before it reads the epoch (seq_cst).
template <class Participant>
void go_online(Participant& self) noexcept {
  self.online.store(1, seq_cst);  // (7) seq_cst pairs with (9): before the epoch is read
}
/// It stops: nothing of its past is uncounted, and it holds no reference to anything retired.
template <class Participant>
void go_offline(Participant& self) noexcept {
  self.online.store(0, release);  // (8) release pairs with (9): what it counted while online
}
/// A quiescent point, between jobs: the epoch that it has read there.
template <class Participant>
void see_epoch(Participant& self, std::uint64_t epoch) noexcept {
  // (10) release pairs with (11): what it counted before
  self.epoch_seen.store(epoch, release);
}

/// True when a worker or guest is offline or has passed a quiescent point since the epoch became `epoch`.
template <class Participant>
bool passed_epoch(const Participant& other, std::uint64_t epoch) noexcept {
  // (11) acquire pairs with (10): what it counted before that quiescent point
  if (other.epoch_seen.load(acquire) >= epoch) return true;
  return other.online.load(seq_cst) == 0;  // (9) seq_cst pairs with (7), (8): online with an older epoch?
}

}  // namespace weir::detail
