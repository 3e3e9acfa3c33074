// short_number.hpp: decimal numbers as instruments write them, without the general case; private.
//
// Shape     [-]digits[.digits][e[+-]digits], at most 19 digits and two of the exponent.
// Values    exact: the double nearest to the decimal, ties to even, as std::from_chars gives it. Whatever cannot be had
//           so by one operation is left to it.
// Source    W. D. Clinger, How to read floating point numbers accurately, PLDI 1990: digits and power both exact in the
//           format make one correctly rounded operation. The step from 64 to 53 bits of mantissa is wrong at most where
//           the longer one stands half-way.
#pragma once

#include <array>
#include <cfloat>
#include <cstdint>
#include <cstring>
#include <weir/segmentation/text.hpp>

namespace weir::segmentation {

namespace detail {
inline constexpr int exact_power_max = 22;  // 10^22 is a double, 10^23 is none
inline constexpr std::array<double, exact_power_max + 1> exact_powers = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// Scales digits of more than 53 bits; false where that is not known to be exact.
inline bool scale_long(std::uint64_t digits, int exponent, double& value) noexcept {
#if LDBL_MANT_DIG == 64
  const auto whole = static_cast<long double>(digits);
  const auto power = static_cast<long double>(
      exact_powers[static_cast<std::size_t>(exponent < 0 ? -exponent : exponent)]);
  const long double scaled = exponent < 0 ? whole / power : whole * power;
  std::uint64_t mantissa = 0;
  std::memcpy(&mantissa, &scaled, sizeof(mantissa));
  value = static_cast<double>(scaled);
  return (mantissa & 0x7ff) != 0x400;
#else
  (void)digits, (void)exponent, (void)value;
  return false;
#endif
}
}  // namespace detail

/// Reads the number that begins at `at` and gives where it ends; null when it is not of the short form.
inline const char* read_short_number(const char* at, const char* end, double& value) noexcept {
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  std::uint64_t digits = 0;
  const char* const first = at;
  for (; at != end && is_digit(*at); ++at)
    digits = 10 * digits + static_cast<std::uint64_t>(*at - '0');
  auto count = at - first;
  int exponent = 0;
  if (at != end && *at == '.') {
    const char* const point = ++at;
    for (; at != end && is_digit(*at); ++at)
      digits = 10 * digits + static_cast<std::uint64_t>(*at - '0');
    count += at - point;
    if (count > 19) return nullptr;  // before the difference is narrowed
    exponent = -static_cast<int>(at - point);
  }
  if (count == 0 || count > 19) return nullptr;
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    const bool below = at != end && *at == '-';
    if (at != end && (*at == '-' || *at == '+')) ++at;
    const char* const power = at;
    int size = 0;
    for (; at != end && is_digit(*at) && at - power < 2; ++at) size = 10 * size + (*at - '0');
    if (at == power || (at != end && is_digit(*at))) return nullptr;
    exponent += below ? -size : size;
  }
  if (exponent < -detail::exact_power_max || exponent > detail::exact_power_max) return nullptr;
  if (digits <= std::uint64_t{1} << 53) {
    const double power =
        detail::exact_powers[static_cast<std::size_t>(exponent < 0 ? -exponent : exponent)];
    value =
        exponent < 0 ? static_cast<double>(digits) / power : static_cast<double>(digits) * power;
  } else if (!detail::scale_long(digits, exponent, value)) {
    return nullptr;
  }
  if (negative) value = -value;
  return at;
}

}  // namespace weir::segmentation
