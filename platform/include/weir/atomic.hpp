// atomic.hpp: the one door through which weir reaches atomics.
//
// Every header and source of weir names weir::atomic, never std::atomic, so that
// tests/model can compile the shipped headers unchanged over a controlled layer: it puts its own
// <weir/model_atomic.hpp> on the include path and defines WEIR_MODEL.
// There are no fences here on purpose (promise R5): ThreadSanitizer does not see them.
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef WEIR_MODEL
#include <weir/model_atomic.hpp>  // defines weir::atomic, weir::cpu_relax
#else
#include <atomic>

namespace weir {

template <class T>
using atomic = std::atomic<T>;

/// Tells the processor that this is a spin loop.
inline void cpu_relax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// Begins to fetch the cache line `ahead` bytes behind `address` for reading, or that at `address` (owned) for
/// writing. Never faults: there need be nothing.
inline void prefetch_to_read(const void* address, std::size_t ahead = 0) noexcept {
  __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(address) + ahead), 0);
}
inline void prefetch_to_write(const void* address) noexcept {
#if defined(__x86_64__)
  // Compilers take it for baseline x86-64 as a fetch for reading; processors without the instruction skip it.
  asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(address)));
#else
  __builtin_prefetch(address, 1);
#endif
}

}  // namespace weir
#endif

#include <atomic>

namespace weir {

inline constexpr std::memory_order relaxed = std::memory_order_relaxed;
inline constexpr std::memory_order acquire = std::memory_order_acquire;
inline constexpr std::memory_order release = std::memory_order_release;
inline constexpr std::memory_order acq_rel = std::memory_order_acq_rel;
inline constexpr std::memory_order seq_cst = std::memory_order_seq_cst;

/// Bytes that keep two contended words apart: two 64-byte lines, because the adjacent-line prefetcher of x86-64 fetches
/// pairs (Intel 64 and IA-32 Architectures Optimization Reference Manual, data prefetch to L2).
inline constexpr std::size_t contended_bytes = 128;

}  // namespace weir
