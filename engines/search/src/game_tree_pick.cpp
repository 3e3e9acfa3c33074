#include <immintrin.h>

#include <bit>
#include <weir/search/tree_pick.hpp>

namespace weir::search::games {

namespace {

// All three do the same operations in the same order on every lane, and none has a fused one, so their scores agree
// to the last bit. value / n + u / (1 + n) is (value (1 + n) + u n) / (n (1 + n)): one division, which begins with the
// visits, while the slower conversion of the values is under way. A walk down a tree waits for every pick, so the
// length of that chain counts, not the number of operations.

/// Other workers write while this reads: a word that is used twice is loaded once, or a first visit seen by only one of
/// the uses would make a score that is no number.
[[gnu::always_inline]] inline __m128i loaded_once(__m128i words) noexcept {
  asm("" : "+x"(words));
  return words;
}

/// The bits of 2^52: or-ed to an integer below it they make the double 2^52 + that integer.
constexpr long long two_to_52 = 0x4330000000000000LL;

[[gnu::always_inline]] inline __m128 sums_sse2(const std::uint64_t* values) noexcept {
  const __m128i exponent = _mm_set1_epi64x(two_to_52);
  const __m128d offset = _mm_set1_pd(0x1p52);
  const auto* words = reinterpret_cast<const __m128i*>(values);
  const __m128d low =
      _mm_sub_pd(_mm_castsi128_pd(_mm_or_si128(_mm_load_si128(words), exponent)), offset);
  const __m128d high =
      _mm_sub_pd(_mm_castsi128_pd(_mm_or_si128(_mm_load_si128(words + 1), exponent)), offset);
  const __m128 sums = _mm_movelh_ps(_mm_cvtpd_ps(low), _mm_cvtpd_ps(high));
  return _mm_mul_ps(sums, _mm_set1_ps(static_cast<float>(1.0 / value_unit)));
}

__m128 blend_sse2(__m128 mask, __m128 yes, __m128 no) noexcept {
  return _mm_or_ps(_mm_and_ps(mask, yes), _mm_andnot_ps(mask, no));
}

[[gnu::always_inline]] inline __m128 scores_sse2(const Lanes& lanes, std::uint32_t first,
                                                 __m128 scale, __m128 unvisited) noexcept {
  const __m128i visits =
      loaded_once(_mm_load_si128(reinterpret_cast<const __m128i*>(lanes.visits + first)));
  const __m128 n = _mm_cvtepi32_ps(visits);
  const __m128 more = _mm_add_ps(n, _mm_set1_ps(1.0F));
  const __m128 inverse = _mm_div_ps(_mm_set1_ps(1.0F), _mm_mul_ps(n, more));
  const __m128 bonus = _mm_mul_ps(_mm_load_ps(lanes.priors + first), scale);
  const __m128 above =
      _mm_add_ps(_mm_mul_ps(sums_sse2(lanes.values + first), more), _mm_mul_ps(bonus, n));
  const __m128 known = _mm_mul_ps(above, inverse);
  const __m128 fresh = _mm_castsi128_ps(_mm_cmpeq_epi32(visits, _mm_setzero_si128()));
  return blend_sse2(fresh, _mm_add_ps(unvisited, bonus), known);
}

float exploration_scale(std::uint32_t total, float exploration) noexcept {
  // A node without visits below it still has to tell its priors apart.
  const float root =
      _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(static_cast<float>(total + (total == 0)))));
  return exploration * root;
}

__attribute__((target("avx2"), always_inline)) inline __m256 sums_avx2(
    const std::uint64_t* values) noexcept {
  const __m256i exponent = _mm256_set1_epi64x(two_to_52);
  const __m256d offset = _mm256_set1_pd(0x1p52);
  const auto* words = reinterpret_cast<const __m256i*>(values);
  const __m256d low = _mm256_sub_pd(
      _mm256_castsi256_pd(_mm256_or_si256(_mm256_load_si256(words), exponent)), offset);
  const __m256d high = _mm256_sub_pd(
      _mm256_castsi256_pd(_mm256_or_si256(_mm256_load_si256(words + 1), exponent)), offset);
  const __m256 sums = _mm256_set_m128(_mm256_cvtpd_ps(high), _mm256_cvtpd_ps(low));
  return _mm256_mul_ps(sums, _mm256_set1_ps(static_cast<float>(1.0 / value_unit)));
}

__attribute__((target("avx2"), always_inline)) inline __m256 scores_avx2(
    const Lanes& lanes, std::uint32_t first, __m256 sums, __m256 scale, __m256 unvisited) noexcept {
  __m256i visits = _mm256_load_si256(reinterpret_cast<const __m256i*>(lanes.visits + first));
  asm("" : "+x"(visits));  // as loaded_once
  const __m256 n = _mm256_cvtepi32_ps(visits);
  const __m256 more = _mm256_add_ps(n, _mm256_set1_ps(1.0F));
  const __m256 inverse = _mm256_div_ps(_mm256_set1_ps(1.0F), _mm256_mul_ps(n, more));
  const __m256 bonus = _mm256_mul_ps(_mm256_load_ps(lanes.priors + first), scale);
  const __m256 above = _mm256_add_ps(_mm256_mul_ps(sums, more), _mm256_mul_ps(bonus, n));
  const __m256 known = _mm256_mul_ps(above, inverse);
  const __m256 fresh = _mm256_castsi256_ps(_mm256_cmpeq_epi32(visits, _mm256_setzero_si256()));
  return _mm256_blendv_ps(known, _mm256_add_ps(unvisited, bonus), fresh);
}

/// The highest scores so far, place by place, and the lanes that have them.
struct BestAvx2 {
  __m256 scores;
  __m256i lanes;
};

__attribute__((target("avx2"), always_inline)) inline void keep_higher(
    BestAvx2& best, __m256 scores, std::uint32_t first) noexcept {
  const __m256i lanes = _mm256_add_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7),
                                         _mm256_set1_epi32(static_cast<int>(first)));
  const __m256 higher = _mm256_cmp_ps(scores, best.scores, _CMP_GT_OQ);
  best.scores = _mm256_max_ps(scores, best.scores);
  best.lanes = _mm256_blendv_epi8(best.lanes, lanes, _mm256_castps_si256(higher));
}

__attribute__((target("avx2"), always_inline)) inline std::uint32_t first_of(
    const BestAvx2& best, std::uint32_t count) noexcept {
  __m256 top = _mm256_max_ps(best.scores, _mm256_permute2f128_ps(best.scores, best.scores, 1));
  top = _mm256_max_ps(top, _mm256_shuffle_ps(top, top, 0x4e));
  top = _mm256_max_ps(top, _mm256_shuffle_ps(top, top, 0xb1));
  if (count == 8) {
    const int equal = _mm256_movemask_ps(_mm256_cmp_ps(best.scores, top, _CMP_EQ_OQ));
    return static_cast<std::uint32_t>(std::countr_zero(static_cast<std::uint32_t>(equal)));
  }
  const __m256i lower = _mm256_castps_si256(_mm256_cmp_ps(best.scores, top, _CMP_NEQ_UQ));
  const __m256i numbers = _mm256_or_si256(best.lanes, lower);
  __m128i least =
      _mm_min_epu32(_mm256_castsi256_si128(numbers), _mm256_extracti128_si256(numbers, 1));
  least = _mm_min_epu32(least, _mm_shuffle_epi32(least, 0x4e));
  least = _mm_min_epu32(least, _mm_shuffle_epi32(least, 0xb1));
  return static_cast<std::uint32_t>(_mm_cvtsi128_si32(least));
}

/// One instruction for what takes ten without it, and rounded the same: once, from the whole integer.
__attribute__((target("avx512f,avx512dq,avx512vl"), always_inline)) inline __m256 sums_avx512(
    const std::uint64_t* values) noexcept {
  const __m256 sums = _mm512_cvtepu64_ps(_mm512_load_si512(values));
  return _mm256_mul_ps(sums, _mm256_set1_ps(static_cast<float>(1.0 / value_unit)));
}

}  // namespace

std::uint32_t pick_lane_sse2(const Lanes& lanes, float exploration, float unvisited) noexcept {
  const __m128 scale = _mm_set1_ps(exploration_scale(lanes.total, exploration));
  const __m128 fresh = _mm_set1_ps(unvisited);

  __m128 best = scores_sse2(lanes, 0, scale, fresh);
  __m128i at = _mm_setr_epi32(0, 1, 2, 3);
  __m128i index = at;
  for (std::uint32_t i = 4; i < lanes.count; i += 4) {
    index = _mm_add_epi32(index, _mm_set1_epi32(4));
    const __m128 scores = scores_sse2(lanes, i, scale, fresh);
    const __m128 higher = _mm_cmpgt_ps(scores, best);
    best = _mm_max_ps(scores, best);
    at = _mm_castps_si128(blend_sse2(higher, _mm_castsi128_ps(index), _mm_castsi128_ps(at)));
  }
  __m128 top = _mm_max_ps(best, _mm_shuffle_ps(best, best, 0x4e));
  top = _mm_max_ps(top, _mm_shuffle_ps(top, top, 0xb1));
  // Of the lanes with the highest score the least number: others count as a number above all.
  const __m128i lower = _mm_castps_si128(_mm_cmpneq_ps(best, top));
  alignas(16) std::uint32_t numbers[4];
  _mm_store_si128(reinterpret_cast<__m128i*>(numbers), _mm_or_si128(at, lower));
  std::uint32_t least = numbers[0];
  for (const std::uint32_t number : numbers) least = number < least ? number : least;
  return least;
}

__attribute__((target("avx2"))) std::uint32_t pick_lane_avx2(const Lanes& lanes, float exploration,
                                                             float unvisited) noexcept {
  const __m256 scale = _mm256_set1_ps(exploration_scale(lanes.total, exploration));
  const __m256 fresh = _mm256_set1_ps(unvisited);
  BestAvx2 best{scores_avx2(lanes, 0, sums_avx2(lanes.values), scale, fresh),
                _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)};
  for (std::uint32_t i = 8; i < lanes.count; i += 8)
    keep_higher(best, scores_avx2(lanes, i, sums_avx2(lanes.values + i), scale, fresh), i);
  return first_of(best, lanes.count);
}

__attribute__((target("avx2,avx512f,avx512dq,avx512vl"))) std::uint32_t pick_lane_avx512(
    const Lanes& lanes, float exploration, float unvisited) noexcept {
  const __m256 scale = _mm256_set1_ps(exploration_scale(lanes.total, exploration));
  const __m256 fresh = _mm256_set1_ps(unvisited);
  BestAvx2 best{scores_avx2(lanes, 0, sums_avx512(lanes.values), scale, fresh),
                _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)};
  for (std::uint32_t i = 8; i < lanes.count; i += 8)
    keep_higher(best, scores_avx2(lanes, i, sums_avx512(lanes.values + i), scale, fresh), i);
  return first_of(best, lanes.count);
}

bool has_avx2() noexcept { return __builtin_cpu_supports("avx2") != 0; }

bool has_avx512() noexcept {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
         __builtin_cpu_supports("avx512vl") != 0;
}

PickLane best_pick_lane() noexcept {
  if (has_avx512()) return pick_lane_avx512;
  return has_avx2() ? pick_lane_avx2 : pick_lane_sse2;
}

}  // namespace weir::search::games
