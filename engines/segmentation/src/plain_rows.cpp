#include "plain_rows.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>

#include "short_number.hpp"

namespace weir::segmentation {
namespace {

constexpr std::uint64_t zeros = 0x3030303030303030u;
constexpr unsigned digits_max = 8;        // of one load
constexpr std::ptrdiff_t whole_max = 16;  // digits before the point
constexpr std::array<std::uint64_t, digits_max + 1> tens = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};

std::uint64_t load_eight(const char* at) noexcept {
  static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// How many of the eight bytes are digits, from the first on. `word` has its zeros taken off.
unsigned count_digits(std::uint64_t word) noexcept {
  // A byte above 9 reaches bit 7 with 0x76 added, or has it already. Carries go to later bytes only.
  const std::uint64_t others = ((word + 0x7676767676767676u) | word) & 0x8080808080808080u;
  return static_cast<unsigned>(std::countr_zero(others)) / 8;  // 64 / 8 where there is none
}

/// The number of eight digits, the first in the lowest byte.
std::uint64_t join_digits(std::uint64_t word) noexcept {
  word = word * 10 + (word >> 8);  // pairs, in the even bytes
  constexpr std::uint64_t mask = 0x000000ff000000ffu;
  return ((word & mask) * (100 + (std::uint64_t{1'000'000} << 32)) +
          ((word >> 16) & mask) * (1 + (std::uint64_t{10'000} << 32))) >>
         32;
}

/// Appends the digits at `at`, at most 23 behind one another, to `digits`, and goes behind them.
/// False: there may be more.
bool take_digits(const char*& at, std::uint64_t& digits) noexcept {
  for (unsigned loads = 0; loads < 2; ++loads) {
    const std::uint64_t word = load_eight(at) ^ zeros;
    const unsigned count = count_digits(word);
    if (count == digits_max) {
      digits = digits * tens[digits_max] + join_digits(word);
      at += digits_max;
      continue;
    }
    if (count != 0) digits = digits * tens[count] + join_digits(word << (8 * (digits_max - count)));
    at += count;
    return true;
  }
  for (const char* const stop = at + digits_max; at != stop; ++at) {  // Python's sums of steps
    if (!is_digit(*at)) return true;
    digits = 10 * digits + static_cast<std::uint64_t>(*at - '0');
  }
  return false;
}

/// The double of the number at `at`, which has plain_slack bytes before the end; null: it is none of the easy ones.
const char* read_easy_number(const char* at, double& value) noexcept {
  const bool negative = *at == '-';
  at += negative ? 1 : 0;
  std::uint64_t digits = 0;
  const char* const first = at;
  while (is_digit(*at) && at - first < whole_max)
    digits = 10 * digits + static_cast<std::uint64_t>(*at++ - '0');
  auto count = at - first;
  if (count == 0) return nullptr;
  int exponent = 0;
  if (*at == '.') {
    const char* const point = ++at;
    if (!take_digits(at, digits)) return nullptr;
    exponent = -static_cast<int>(at - point);
    count -= exponent;
  }
  if (count > 19) return nullptr;  // the digits may not fit
  if (*at == 'e') {
    const bool below = at[1] == '-';
    at += below || at[1] == '+' ? 2 : 1;
    if (!is_digit(*at)) return nullptr;
    int size = *at++ - '0';
    if (is_digit(*at)) size = 10 * size + (*at++ - '0');
    exponent += below ? -size : size;
  }
  const int power = exponent < 0 ? -exponent : exponent;
  if (power > detail::exact_power_max) return nullptr;
  if (digits > std::uint64_t{1} << 53) {
    if (!detail::scale_long(digits, exponent, value)) return nullptr;
    value = negative ? -value : value;
    return at;
  }
  const double scale = detail::exact_powers[static_cast<std::size_t>(power)];
  const auto whole = static_cast<double>(digits);
  const double size = exponent < 0 ? whole / scale : whole * scale;
  value = negative ? -size : size;
  return at;
}

bool is_nan_word(const char* at) noexcept { return at[0] == 'n' && at[1] == 'a' && at[2] == 'n'; }

}  // namespace

PlainRows read_plain_rows(const char* at, const char* end, std::span<double* const> columns,
                          std::size_t rows_max) noexcept {
  PlainRows done{at};
  for (; done.rows < rows_max; ++done.rows) {
    for (std::size_t k = 0; k < columns.size(); ++k) {
      if (static_cast<std::size_t>(end - at) < plain_slack) return done;
      double& value = columns[k][done.rows];
      if (is_nan_word(at)) {
        value = std::numeric_limits<double>::quiet_NaN();
        at += 3;
      } else {
        const char* stop = read_easy_number(at, value);
        if (stop == nullptr || (*stop != ',' && *stop != '\n' && *stop != '\r'))
          stop = read_short_number(at, end, value);
        if (stop == nullptr || stop == end) return done;
        at = stop;
      }
      const bool last = k + 1 == columns.size();
      if (last && *at == '\r' && end - at > 1) ++at;
      if (*at++ != (last ? '\n' : ',')) return done;
    }
    done.stop = at;
  }
  return done;
}

}  // namespace weir::segmentation
