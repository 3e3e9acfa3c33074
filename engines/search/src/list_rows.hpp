// list_rows.hpp: Row, one number of each of eight examples, and what the kernels do with rows.
//
// Shape: 8 lanes of 16 bits, one an example. Numbers of the language fit with room: sums of 128 and differences do,
//        products do not, and are asked with product_fits().
// Cost:  SSE2, which every x86-64 has; one to three instructions each.
#pragma once

#include <emmintrin.h>

#include <cstddef>
#include <cstdint>

namespace weir::search::lists {

inline constexpr std::size_t lanes = 8;

struct alignas(16) Row {
  std::int16_t lane[lanes];
};

using Lanes = __m128i;

inline Lanes load(const Row& row) { return _mm_load_si128(reinterpret_cast<const __m128i*>(&row)); }
inline void store(Row& row, Lanes value) {
  _mm_store_si128(reinterpret_cast<__m128i*>(&row), value);
}

inline Lanes each(int number) { return _mm_set1_epi16(static_cast<short>(number)); }
inline Lanes zeros() { return _mm_setzero_si128(); }
inline Lanes both(Lanes a, Lanes b) { return _mm_and_si128(a, b); }
inline Lanes either(Lanes a, Lanes b) { return _mm_or_si128(a, b); }
inline Lanes but_not(Lanes a, Lanes b) { return _mm_andnot_si128(b, a); }
inline Lanes plus(Lanes a, Lanes b) { return _mm_add_epi16(a, b); }
inline Lanes minus(Lanes a, Lanes b) { return _mm_sub_epi16(a, b); }
inline Lanes times(Lanes a, Lanes b) { return _mm_mullo_epi16(a, b); }
inline Lanes least(Lanes a, Lanes b) { return _mm_min_epi16(a, b); }
inline Lanes most(Lanes a, Lanes b) { return _mm_max_epi16(a, b); }
inline Lanes above(Lanes a, Lanes b) { return _mm_cmpgt_epi16(a, b); }
inline Lanes equal(Lanes a, Lanes b) { return _mm_cmpeq_epi16(a, b); }
inline Lanes choose(Lanes mask, Lanes a, Lanes b) {
  return either(both(mask, a), but_not(b, mask));
}
inline bool none(Lanes mask) { return _mm_movemask_epi8(mask) == 0; }
inline bool all(Lanes mask) { return _mm_movemask_epi8(mask) == 0xffff; }

/// Lanes whose list reaches to that place.
inline Lanes reaches(Lanes lengths, std::size_t place) {
  return above(lengths, each(static_cast<int>(place)));
}

/// Lanes where a * b, of numbers of the language, is no number of the language.
inline Lanes product_fails(Lanes a, Lanes b, Lanes low) {
  const Lanes high_is_sign = equal(_mm_mulhi_epi16(a, b), _mm_srai_epi16(low, 15));
  const Lanes out = either(above(low, each(255)), above(each(-255), low));
  return either(out, _mm_xor_si128(high_is_sign, each(-1)));
}

inline Lanes half(Lanes a) { return _mm_srai_epi16(a, 1); }
inline Lanes quarter(Lanes a) { return _mm_srai_epi16(a, 2); }
/// floor(a / 3) of -768..255: made positive by a multiple of 3, where the product with 21846 / 2^16 is exact.
inline Lanes third(Lanes a) {
  return minus(_mm_mulhi_epi16(plus(a, each(768)), each(21846)), each(256));
}
inline Lanes is_odd(Lanes a) { return equal(both(a, each(1)), each(1)); }

inline int highest(Lanes a) {
  a = most(a, _mm_srli_si128(a, 8));
  a = most(a, _mm_srli_si128(a, 4));
  a = most(a, _mm_srli_si128(a, 2));
  return static_cast<std::int16_t>(_mm_extract_epi16(a, 0));
}
inline int lowest(Lanes a) {
  a = least(a, _mm_srli_si128(a, 8));
  a = least(a, _mm_srli_si128(a, 4));
  a = least(a, _mm_srli_si128(a, 2));
  return static_cast<std::int16_t>(_mm_extract_epi16(a, 0));
}

/// 32 bits that tell rows apart, never 0.
inline std::uint32_t tag_of(Lanes a) {
  const auto low = static_cast<std::uint64_t>(_mm_cvtsi128_si64(a));
  const auto high = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_srli_si128(a, 8)));
  const std::uint64_t mixed = (low * 0x9e3779b97f4a7c15u) ^ (high * 0xc2b2ae3d27d4eb4fu);
  return static_cast<std::uint32_t>(mixed >> 32) | 1U;
}

}  // namespace weir::search::lists
