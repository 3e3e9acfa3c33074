// limits.hpp: every bound of the system, with its unit, its reason and the arithmetic that ties it
// to the others.
//
// `..._max` refuses what is above it, by name, at set-up; `..._default` is what a configuration
// starts with; the rest are constants of a protocol. P numbers are those of the protocols.
#pragma once

#include <cstddef>
#include <cstdint>

#include <weir/atomic.hpp>

namespace weir::limits {

// --- Who takes part ---

/// Workers of one runtime. Reason: four 64-bit words of the sleepers' mask, one load each on the
/// notify path.
inline constexpr int workers_max = 256;
/// Foreign threads that help at the same time. Reason: each has a context and a slot in all
/// per-worker state.
inline constexpr int guests_max = 64;
inline constexpr int guests_default = 2;
/// Registered producers. Reason: the barrier reads the two counters of each one, twice (P4).
inline constexpr int producers_max = 1024;
inline constexpr int producers_default = 16;
/// Indices of per-worker state: 0 .. contexts_max - 1 (P11). They fit the 16 bits that a stolen
/// child's thief field has.
inline constexpr int contexts_max = workers_max + guests_max;
static_assert(contexts_max <= 0xffff, "a thief is named in 16 bits (P7)");
static_assert(workers_max % 64 == 0, "the sleepers' mask is made of whole words");

// --- Tasks ---

/// One task slot, bytes. Reason: two cache lines, so that neighbours are never false sharers.
inline constexpr std::size_t task_slot_bytes = 128;
/// What a task may capture, bytes. Six pointers; with the job's header and scope, deadline, epoch
/// it fits the slot.
inline constexpr std::size_t closure_bytes = 48;
/// A closure's strictest alignment, bytes: that of the slot's storage.
inline constexpr std::size_t closure_alignment = alignof(std::max_align_t);
static_assert(task_slot_bytes == contended_bytes, "a slot is the unit that caches fetch");
static_assert(closure_bytes + 64 <= task_slot_bytes, "header and closure share one slot");

inline constexpr std::uint32_t task_slots_default = 65'536;  // 8 MiB of slots
inline constexpr std::uint32_t task_slots_max = 1U << 24;    // 2 GiB of slots
static_assert(task_slots_max <= 0x7fffffff,
              "slot indices are 32-bit, compared by signed difference");

inline constexpr std::uint32_t inbox_slots_default = 1024;
inline constexpr std::uint32_t inbox_slots_max = task_slots_max;

/// Jobs in one worker's deque, a power of two. Reason: 32 KiB of pointers, the size of an L1 data
/// cache; what does not fit goes to the overflow list, so that scheduling is never refused.
inline constexpr std::uint32_t deque_slots = 4096;
/// Largest deque: positions are told apart by 16-bit differences.
inline constexpr std::uint32_t deque_slots_max = 32'768;
/// How many of the oldest jobs of fork_join an owner keeps open to thieves. Reason: the oldest are the
/// largest, so few suffice; the deeper the public part, the more forks pay two locked instructions.
inline constexpr std::uint32_t deque_public_min = 4;
static_assert((deque_slots & (deque_slots - 1)) == 0 && deque_slots <= deque_slots_max);
static_assert(deque_public_min < deque_slots);

/// spawn_or_run runs at most this deep inside itself on one stack, then answers would_block (P7).
/// Reason: a body with a frame of 64 KiB still fits the usual 8 MiB.
inline constexpr int inline_depth_max = 64;
static_assert(inline_depth_max * 64 * 1024 <= 8 * 1024 * 1024);

/// submit_n and the batches of workers move at most this many at once: 64 slot indices are four
/// cache lines.
inline constexpr std::uint32_t batch_max = 64;

// --- Epochs and fairness ---

/// Epochs that may be open at the same time, of the slots that counters have (P4). One slot is
/// always free, so that the epoch that follows never shares counters with one that is still being
/// counted.
inline constexpr std::uint32_t epoch_slots = 4;
inline constexpr std::uint32_t epochs_open_max = 3;
static_assert((epoch_slots & (epoch_slots - 1)) == 0, "epochs map to slots by a mask");
static_assert(epochs_open_max < epoch_slots);

/// A worker takes every n-th task from the oldest end of its deque, and every n-th while a barrier
/// is open (P4).
inline constexpr std::uint32_t oldest_interval = 64;
inline constexpr std::uint32_t oldest_interval_barrier = 8;
/// A worker with work of its own looks into the inbox at every n-th task.
inline constexpr std::uint32_t inbox_interval = 16;
static_assert((oldest_interval & (oldest_interval - 1)) == 0 &&
              oldest_interval % oldest_interval_barrier == 0);

/// Priorities: 0 the most urgent, 1 the default (P10); a level is passed over at most this many
/// times.
inline constexpr std::uint8_t levels = 3;
inline constexpr std::uint8_t level_default = 1;
inline constexpr std::uint32_t passed_over_max = 16;
static_assert(level_default < levels);

// --- Sleeping ---

/// How long an idle worker looks around before it parks, us. Reason: two round trips of a futex
/// wake.
inline constexpr std::uint32_t spin_us_default = 10;
inline constexpr std::uint32_t spin_us_max = 10'000;
/// A park ends by itself after so long, ms, looks for work and runs the stall check (P5): doubling from the first,
/// after work, to the last. Reason: when the one thread that was woken for some work, or that looked for work then, is
/// stopped, the work waits so long at most; from the first to the last are five looks, then ten a second, a
/// ten-thousandth of a core.
inline constexpr std::uint32_t park_ms_first = 5;
inline constexpr std::uint32_t park_ms_last = 100;
static_assert(park_ms_first <= park_ms_last);
/// A guest that waits looks again after so long, us: doubling from the first to the last.
inline constexpr std::uint32_t guest_wait_us_first = 50;
inline constexpr std::uint32_t guest_wait_us_last = 1000;
static_assert(guest_wait_us_last < park_ms_first * 1000);
/// A waiter that helps with nothing and is woken by what it waits for looks again after so long at most, us. Reason:
/// all that it looks for then, a stall, a stop or another machine, it may learn of so late.
inline constexpr std::uint32_t woken_wait_us_last = 20'000;
static_assert(guest_wait_us_last < woken_wait_us_last);

// --- Housekeeping ---

/// Workers look so often whether the machine has changed, ms. Reason: 100 us a look are 0.01 %.
inline constexpr std::uint32_t housekeeping_ms = 1000;
/// After throttling, spinning comes back with so many looks in a row that see none.
inline constexpr std::uint32_t calm_looks = 5;

// --- Graphs ---

/// Slots of an edge when the node says nothing.
inline constexpr std::uint32_t edge_slots_default = 16;
inline constexpr std::uint32_t edge_slots_max = 1U << 24;
/// A stream's window when nothing else is said, in sequence numbers per worker (P2).
inline constexpr std::uint32_t window_per_worker = 4;
inline constexpr std::uint32_t window_max = 1U << 20;
/// Nodes of a graph: they are named in 16 bits, and one value means "none".
inline constexpr std::uint32_t nodes_max = 0xffff;
static_assert(edge_slots_default <= edge_slots_max &&
              workers_max * window_per_worker <= window_max);

// --- Flight recorder ---

/// Events of 16 bytes that each context keeps, a power of two. Reason: 64 KiB a worker; firings are
/// aimed at 2 us, so some milliseconds of full work, and far more of what waits.
inline constexpr std::uint32_t trace_events_default = 4096;
inline constexpr std::uint32_t trace_events_max = 1U << 20;  // 16 MiB a context
static_assert((trace_events_default & (trace_events_default - 1)) == 0);
/// Names of graphs, nodes and tasks that a runtime's recorder knows (48 KiB), and the bytes of each
/// with the closing 0. Later ones are recorded without a name.
inline constexpr std::uint32_t trace_names_max = 1023;
inline constexpr std::size_t trace_name_bytes = 48;
static_assert(trace_names_max < 0xffff, "names have 16 bits, and one value means a park");

// --- Text ---

/// What is kept of an exception's text, bytes with the closing 0 (P9).
inline constexpr std::size_t error_text_bytes = 120;
/// A thread's name, bytes with the closing 0: the kernel's bound (TASK_COMM_LEN).
inline constexpr std::size_t thread_name_bytes = 16;

}  // namespace weir::limits
