// futex.hpp: a 32-bit word that one thread sleeps on and another wakes.
//
// Roles: any thread. Progress: futex_wake never waits. Source: futex(2), FUTEX_PRIVATE_FLAG; the waits are
// FUTEX_WAIT_BITSET with an absolute CLOCK_MONOTONIC deadline.
#pragma once

#include <weir/atomic.hpp>
#include <weir/clock.hpp>

#include <cstdint>

namespace weir {

/// Sleeps while `word` holds `expected`, until a wake or the deadline. May return early for no reason: callers loop.
/// Returns false only when the deadline has passed.
bool futex_wait(const atomic<std::uint32_t>& word, std::uint32_t expected,
                Deadline deadline = never) noexcept;

/// Wakes up to `count` sleepers of `word`. The caller has changed the word before.
void futex_wake(const atomic<std::uint32_t>& word, int count = 1) noexcept;
void futex_wake_all(const atomic<std::uint32_t>& word) noexcept;

}  // namespace weir
