#include "parquet_format.hpp"

#include <immintrin.h>

#include <cstring>

namespace weir::segmentation::format {
namespace {

// A remainder's highest power stands in its lowest bit, as in all that is below.
constexpr std::uint32_t polynomial = 0xedb88320u;

constexpr auto crc_tables() {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t n = 0; n < 256; ++n) {
    std::uint32_t c = n;
    for (int k = 0; k < 8; ++k) c = (c & 1) != 0 ? polynomial ^ (c >> 1) : c >> 1;
    tables[0][n] = c;
  }
  for (std::size_t t = 1; t < 8; ++t) {
    for (std::size_t n = 0; n < 256; ++n) {
      const std::uint32_t before = tables[t - 1][n];
      tables[t][n] = tables[0][before & 255] ^ (before >> 8);
    }
  }
  return tables;
}

std::uint32_t crc_by_tables(std::uint32_t crc, std::string_view bytes) noexcept {
  static constexpr auto t = crc_tables();
  while (bytes.size() >= 8) {  // eight bytes a step ("slicing by 8")
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::memcpy(&low, bytes.data(), 4);
    std::memcpy(&high, bytes.data() + 4, 4);
    low ^= crc;
    crc = t[7][low & 255] ^ t[6][(low >> 8) & 255] ^ t[5][(low >> 16) & 255] ^ t[4][low >> 24] ^
          t[3][high & 255] ^ t[2][(high >> 8) & 255] ^ t[1][(high >> 16) & 255] ^ t[0][high >> 24];
    bytes.remove_prefix(8);
  }
  for (const char c : bytes) crc = t[0][(crc ^ static_cast<unsigned char>(c)) & 255] ^ (crc >> 8);
  return crc;
}

/// x^power modulo the polynomial, to be multiplied without carries: the product of two such words
/// has one power of x more than its factors.
constexpr long long factor(unsigned power) {
  std::uint32_t rest = 1u << 31;
  for (; power != 0; --power) rest = (rest & 1) != 0 ? polynomial ^ (rest >> 1) : rest >> 1;
  return static_cast<long long>(std::uint64_t{rest} << 32);
}

__attribute__((target("pclmul"), always_inline)) inline __m128i load_part(const char* at) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

/// `next`, with the 16 bytes of `part`, which stand `bits` before it, added so that the remainder
/// stays.
template <unsigned bits>
__attribute__((target("pclmul"), always_inline)) inline __m128i fold(__m128i part,
                                                                     __m128i next) noexcept {
  const __m128i factors = _mm_set_epi64x(factor(bits - 1), factor(bits + 63));
  const __m128i early = _mm_clmulepi64_si128(part, factors, 0x00);
  const __m128i late = _mm_clmulepi64_si128(part, factors, 0x11);
  return _mm_xor_si128(next, _mm_xor_si128(early, late));
}

constexpr std::size_t folded_min = 64;  // bytes: four parts, as a product waits for its factors

/// As crc_by_tables(), of folded_min bytes at least. V. Gopal et al., Fast CRC Computation for
/// Generic Polynomials Using PCLMULQDQ Instruction, Intel 2009; the last 16 bytes go through the
/// tables.
__attribute__((target("pclmul"))) std::uint32_t crc_by_folding(std::uint32_t crc,
                                                               std::string_view bytes) noexcept {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  __m128i parts[4];
  for (int k = 0; k < 4; ++k) parts[k] = load_part(at + 16 * k);
  parts[0] = _mm_xor_si128(parts[0], _mm_cvtsi32_si128(static_cast<int>(crc)));
  for (at += 64; end - at >= 64; at += 64) {
    for (int k = 0; k < 4; ++k) parts[k] = fold<512>(parts[k], load_part(at + 16 * k));
  }
  __m128i one = fold<128>(fold<128>(fold<128>(parts[0], parts[1]), parts[2]), parts[3]);
  for (; end - at >= 16; at += 16) one = fold<128>(one, load_part(at));
  char last[sizeof one];
  std::memcpy(last, &one, sizeof one);
  crc = crc_by_tables(0, {last, sizeof one});
  return crc_by_tables(crc, {at, static_cast<std::size_t>(end - at)});
}

}  // namespace

std::uint32_t crc32(std::string_view bytes) noexcept {
  static const bool folds = __builtin_cpu_supports("pclmul") != 0;
  return ~(folds && bytes.size() >= folded_min ? crc_by_folding(~0u, bytes)
                                               : crc_by_tables(~0u, bytes));
}

}  // namespace weir::segmentation::format
