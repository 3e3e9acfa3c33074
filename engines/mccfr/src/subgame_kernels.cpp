#include "subgame_kernels.hpp"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace weir::mccfr::subgame {

namespace narrow {
namespace {
constexpr std::size_t row_bytes = 16;
#include "subgame_kernel_bodies.hpp"
// After it.
#include "continuation_kernel_bodies.hpp"
}  // namespace
}  // namespace narrow

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif
namespace wide {
namespace {
constexpr std::size_t row_bytes = 32;
#include "subgame_kernel_bodies.hpp"
// After it.
#include "continuation_kernel_bodies.hpp"
}  // namespace
}  // namespace wide
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif

const Kernels& kernels(bool wide_too) noexcept {
#if defined(__x86_64__)
  if (wide_too && __builtin_cpu_supports("avx2")) return wide::all_kernels;
#endif
  return narrow::all_kernels;
}

// Bits 15 and 6 of MXCSR: results, and operands, below the normal numbers are 0.
FlushTiny::FlushTiny() noexcept {
#if defined(__x86_64__)
  kept_ = _mm_getcsr();
  _mm_setcsr(kept_ | 0x8040U);
#endif
}

FlushTiny::~FlushTiny() {
#if defined(__x86_64__)
  _mm_setcsr(kept_);
#endif
}

}  // namespace weir::mccfr::subgame
