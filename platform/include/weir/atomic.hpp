// atomic.hpp: the one door through which weir reaches atomics.
//
// Every header and source of weir names weir::atomic, never std::atomic, so that
// tests/model can compile the shipped headers unchanged over a controlled layer: it puts its own
// <weir/model_atomic.hpp> on the include path and defines WEIR_MODEL.
// There are no fences here on purpose (promise R5): ThreadSanitizer does not see them.
#pragma once

#include <cstddef>

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
