// detail/stall_check.hpp: is everybody at rest, and still something that was submitted has not
// retired (P5).
//
// Roles     any thread asks; words and counters have one writer each.
// Progress  wait-free: two passes over the participants' words, one over their counters.
//
// Why there is no false alarm. Who can move anything is a participant, and its word is odd while it
// may: a worker's from the moment it is online to its park, a producer's inside a call. If all words
// are even, and the same in two passes, nobody came or went in between: a word that changed has
// grown, so the sums of both passes are the same only if no word has changed. What was looked at
// between the passes (counters, queues, sleepers) was then at rest all that time. Which of the
// counters is summed first does not matter for that; it is done as in the barrier.
//
// Why it fires. The last worker to park stores its word (seq_cst) before it reads the others: of two
// that park at the same time one sees both. A producer that was inside a call then is looked for
// again by a park that times out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <weir/atomic.hpp>
#include <weir/limits.hpp>

namespace weir::detail {

/// Of all participants, in all epochs.
struct StallSums {
  std::uint64_t retired = 0, submitted = 0;
};

/// Over `count` participants, given by `at(i)` -> Participant&.
template <class At>
StallSums stall_sums(std::size_t count, At at) noexcept {
  StallSums sums;
  for (std::uint32_t e = 0; e < limits::epoch_slots; ++e) {
    // (1) acquire pairs with add_retired: as epoch_count.hpp, retired first
    for (std::size_t i = 0; i < count; ++i) sums.retired += at(i).retired[e].load(acquire);
  }
  for (std::uint32_t e = 0; e < limits::epoch_slots; ++e) {
    // (2) acquire pairs with add_submitted
    for (std::size_t i = 0; i < count; ++i) sums.submitted += at(i).submitted[e].load(acquire);
  }
  return sums;
}

/// The words of all participants, folded; false when somebody is inside.
template <class At>
bool all_outside(std::size_t count, At at, std::uint64_t& fold) noexcept {
  fold = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t word =
        at(i).sequence.load(seq_cst);  // (3) pairs with (3), (4) of epoch_count.hpp: a call
    if ((word & 1) != 0) return false;
    fold += word;  // each only grows: the sum is the same only if all are
  }
  return true;
}

/// True when everybody was outside all the while that the sums were taken and `look(sums)` looked at
/// all else, and answered true.
template <class At, class Look>
bool at_rest_while(std::size_t count, At at, StallSums& sums, Look look) noexcept {
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  if (!all_outside(count, at, before)) return false;
  sums = stall_sums(count, at);
  return look(sums) && all_outside(count, at, after) && after == before;
}

}  // namespace weir::detail
