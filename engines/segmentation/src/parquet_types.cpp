#include "parquet_types.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <weir/segmentation/instant.hpp>
#include <weir/segmentation/text.hpp>

#include "parquet_encodings.hpp"

namespace weir::segmentation::format {
namespace {

constexpr std::size_t uuid_bytes = 16;
constexpr std::size_t float16_bytes = 2;

enum class Conversion : std::uint8_t { none, decimal, uint_32, uint_64, millis, float_16, uuid };

Conversion conversion(const Leaf& leaf) noexcept {
  switch (leaf.logical) {
    case Logical::decimal:
      return Conversion::decimal;
    case Logical::integer:
      if (leaf.is_signed) return Conversion::none;
      if (leaf.type == int32 && leaf.bits == 32) return Conversion::uint_32;
      return leaf.type == int64 && leaf.bits == 64 ? Conversion::uint_64 : Conversion::none;
    case Logical::timestamp:
      return leaf.type == int64 && leaf.unit == millis ? Conversion::millis : Conversion::none;
    case Logical::float16:
      return leaf.type == fixed && leaf.length == float16_bytes ? Conversion::float_16
                                                                : Conversion::none;
    case Logical::uuid:
      return leaf.type == fixed && leaf.length == uuid_bytes ? Conversion::uuid : Conversion::none;
    default:
      return Conversion::none;
  }
}

double from_half(std::string_view bytes) noexcept {
  std::uint16_t bits = 0;
  std::memcpy(&bits, bytes.data(), sizeof(bits));
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  const double sign = (bits >> 15) != 0 ? -1.0 : 1.0;
  if (exponent == 31) {
    return fraction != 0 ? std::numeric_limits<double>::quiet_NaN()
                         : sign * std::numeric_limits<double>::infinity();
  }
  return exponent == 0 ? sign * std::ldexp(fraction, -24)
                       : sign * std::ldexp(1024 + fraction, exponent - 25);
}

/// The unscaled value of a decimal, in two's complement and big-endian, as digits with a point.
std::string decimal_text(std::string_view bytes, std::size_t scale) {
  constexpr std::size_t limbs_max = decimal_bytes_max / 4;
  constexpr std::uint64_t base = 1'000'000'000;
  const bool negative = !bytes.empty() && (static_cast<unsigned char>(bytes.front()) & 0x80) != 0;
  std::array<std::uint32_t, limbs_max> limbs{};  // the magnitude, low limb first
  for (std::size_t k = 0; k < decimal_bytes_max; ++k) {
    const unsigned char byte =
        k < bytes.size() ? static_cast<unsigned char>(bytes[bytes.size() - 1 - k]) : 0;
    const bool extends = k >= bytes.size();
    const unsigned flipped = negative ? (extends ? 0u : ~unsigned{byte} & 255u) : byte;
    limbs[k / 4] |= flipped << (8 * (k % 4));
  }
  for (std::size_t k = 0; negative && k < limbs_max && ++limbs[k] == 0; ++k) {
  }
  std::string digits;  // low digit first
  while (std::any_of(limbs.begin(), limbs.end(), [](std::uint32_t limb) { return limb != 0; })) {
    std::uint64_t rest = 0;
    for (std::size_t k = limbs_max; k-- > 0;) {
      const std::uint64_t part = (rest << 32) | limbs[k];
      limbs[k] = static_cast<std::uint32_t>(part / base);
      rest = part % base;
    }
    for (int k = 0; k < 9; ++k, rest /= 10) digits += static_cast<char>('0' + rest % 10);
  }
  while (digits.size() > scale + 1 && digits.back() == '0') digits.pop_back();
  while (digits.size() < scale + 1) digits += '0';
  if (scale != 0) digits.insert(scale, 1, '.');
  if (negative) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string decimal_text(std::int64_t value, std::size_t scale) {
  std::array<char, 8> bytes{};
  for (std::size_t k = 0; k < bytes.size(); ++k)
    bytes[k] = static_cast<char>(static_cast<std::uint64_t>(value) >> (56 - 8 * k));
  return decimal_text(std::string_view(bytes.data(), bytes.size()), scale);
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string uuid_text(std::string_view bytes) {
  std::string out = hex(bytes);
  for (const std::size_t at : {8u, 13u, 18u, 23u}) out.insert(at, 1, '-');
  return out;
}

/// Splits a count of `per`-ths into whole ones, rounded down, and the rest.
std::pair<std::int64_t, std::int64_t> split(std::int64_t value, std::int64_t per) noexcept {
  const std::int64_t rest = value % per;
  return rest < 0 ? std::pair{value / per - 1, rest + per} : std::pair{value / per, rest};
}

/// "14:07:01.000250" of a time of day in `per`-ths of a second, all digits of which are shown.
std::string clock_text(std::int64_t value, std::int64_t per, int digits) {
  const auto [seconds, fraction] = split(value, per);
  std::array<char, 64> buffer{};
  const int size = std::snprintf(
      buffer.data(), buffer.size(), "%02lld:%02lld:%02lld.%0*lld",
      static_cast<long long>(seconds / 3600), static_cast<long long>(seconds / 60 % 60),
      static_cast<long long>(seconds % 60), digits, static_cast<long long>(fraction));
  return {buffer.data(), static_cast<std::size_t>(size)};
}

std::string temporal_text(Temporal kind, bool utc, std::int64_t value) {
  const auto instant = [&](std::int64_t per, int digits) {
    const auto [day, rest] = split(value, 86400 * per);
    return date_from_days(day).text() + 'T' + clock_text(rest, per, digits) + (utc ? "Z" : "");
  };
  switch (kind) {
    case Temporal::date:
      return date_from_days(value).text();
    case Temporal::time_ms:
      return clock_text(value, 1'000, 3);
    case Temporal::time_us:
      return clock_text(value, 1'000'000, 6);
    case Temporal::time_ns:
      return clock_text(value, 1'000'000'000, 9);
    case Temporal::timestamp_us:
      return instant(1'000'000, 6);
    case Temporal::timestamp_ns:
      return instant(1'000'000'000, 9);
    default:
      return std::to_string(value);
  }
}

const char* unit_text(const Leaf& leaf) noexcept {
  return leaf.unit == millis ? "ms" : leaf.unit == nanos ? "ns" : "us";
}

/// Compares two's complement, big-endian integers of any lengths.
bool decimal_less(std::string_view a, std::string_view b) noexcept {
  const auto byte = [](std::string_view bytes, std::size_t from_end) {
    if (bytes.empty()) return 0;
    const int sign = static_cast<signed char>(bytes.front()) < 0 ? 255 : 0;
    return from_end < bytes.size()
               ? int{static_cast<unsigned char>(bytes[bytes.size() - 1 - from_end])}
               : sign;
  };
  const std::size_t size = std::max(a.size(), b.size()) + 1;  // one more: it has the sign alone
  for (std::size_t k = size; k-- > 0;) {
    const int x = byte(a, k) ^ (k + 1 == size ? 128 : 0);
    const int y = byte(b, k) ^ (k + 1 == size ? 128 : 0);
    if (x != y) return x < y;
  }
  return false;
}

std::size_t stored_size(const Leaf& leaf) noexcept {
  switch (leaf.type) {
    case boolean:
      return 1;
    case int32:
    case float32:
      return 4;
    default:
      return 8;
  }
}

/// One physical value of the statistics as a column of one entry; false where it is none.
bool load_bound(const Leaf& leaf, std::string_view stored, Column& out) {
  out.clear({}, physical_type(leaf));
  if (out.type == ColumnType::text) {
    out.add(stored);
    return leaf.type != fixed || stored.size() == static_cast<std::size_t>(leaf.length);
  }
  if (stored.size() != stored_size(leaf)) return false;
  return decode_plain(stored, {leaf.type, 0, 1, 0, out}).empty();
}

}  // namespace

ColumnType physical_type(const Leaf& leaf) noexcept {
  switch (leaf.type) {
    case boolean:
      return ColumnType::boolean;
    case int32:
      return ColumnType::int32;
    case int64:
      return ColumnType::int64;
    case float32:
    case float64:
      return ColumnType::float64;
    default:
      return ColumnType::text;
  }
}

ColumnType column_type(const Leaf& leaf) noexcept {
  switch (conversion(leaf)) {
    case Conversion::decimal:
    case Conversion::uint_64:
    case Conversion::uuid:
      return ColumnType::text;
    case Conversion::uint_32:
      return ColumnType::int64;
    case Conversion::millis:
      return ColumnType::timestamp_us;
    case Conversion::float_16:
      return ColumnType::float64;
    case Conversion::none:
      break;
  }
  return temporal(leaf) == Temporal::timestamp_us ? ColumnType::timestamp_us : physical_type(leaf);
}

bool is_converted(const Leaf& leaf) noexcept { return conversion(leaf) != Conversion::none; }

std::size_t converted_text_max(const Leaf& leaf) noexcept {
  switch (conversion(leaf)) {
    case Conversion::decimal:
      return static_cast<std::size_t>(decimal_digits_max) + 5;  // the rest of 256 bits, sign, point
    case Conversion::uint_64:
      return 20;
    case Conversion::uuid:
      return 2 * uuid_bytes + 4;
    default:
      return 0;
  }
}

Fault convert(const Leaf& leaf, const Column& from, Column& to) {
  const Conversion how = conversion(leaf);
  const auto scale = static_cast<std::size_t>(leaf.scale);
  for (std::size_t k = 0; k < from.entries(); ++k) {
    switch (how) {
      case Conversion::decimal:
        if (from.type != ColumnType::text) {
          to.add(decimal_text(from.integers[k], scale));
        } else if (from.text(k).size() > decimal_bytes_max) {
          return "a decimal is longer than 256 bits";
        } else {
          to.add(decimal_text(from.text(k), scale));
        }
        break;
      case Conversion::uint_32:
        to.add(std::int64_t{static_cast<std::uint32_t>(from.integers[k])});
        break;
      case Conversion::uint_64:
        to.add(std::to_string(static_cast<std::uint64_t>(from.integers[k])));
        break;
      case Conversion::millis:
        if (from.integers[k] > std::numeric_limits<std::int64_t>::max() / 1000 ||
            from.integers[k] < std::numeric_limits<std::int64_t>::min() / 1000) {
          return "an instant is beyond what 64 bits of microseconds hold";
        }
        to.add(from.integers[k] * 1000);
        break;
      case Conversion::float_16:
        to.add(from_half(from.text(k)));
        break;
      case Conversion::uuid:
        to.add(uuid_text(from.text(k)));
        break;
      case Conversion::none:
        return "there is nothing to convert";
    }
  }
  return {};
}

Temporal temporal(const Leaf& leaf) noexcept {
  if (leaf.logical == Logical::date && leaf.type == int32) return Temporal::date;
  if (leaf.logical == Logical::time) {
    if (leaf.type == int32 && leaf.unit == millis) return Temporal::time_ms;
    if (leaf.type == int64 && leaf.unit == micros) return Temporal::time_us;
    if (leaf.type == int64 && leaf.unit == nanos) return Temporal::time_ns;
  }
  if (leaf.logical == Logical::timestamp && leaf.type == int64) {
    if (leaf.unit == millis || leaf.unit == micros) return Temporal::timestamp_us;
    if (leaf.unit == nanos) return Temporal::timestamp_ns;
  }
  return Temporal::none;
}

std::string logical_text(const Leaf& leaf) {
  switch (leaf.logical) {
    case Logical::string:
      return "STRING";
    case Logical::enumeration:
      return "ENUM";
    case Logical::decimal:
      return "DECIMAL(" + std::to_string(leaf.precision) + ", " + std::to_string(leaf.scale) + ")";
    case Logical::date:
      return "DATE";
    case Logical::time:
      return std::string("TIME(") + unit_text(leaf) + (leaf.utc ? ", UTC)" : ")");
    case Logical::timestamp:
      return std::string("TIMESTAMP(") + unit_text(leaf) + (leaf.utc ? ", UTC)" : ")");
    case Logical::integer:
      return (leaf.is_signed ? "INT_" : "UINT_") + std::to_string(leaf.bits);
    case Logical::json:
      return "JSON";
    case Logical::bson:
      return "BSON";
    case Logical::uuid:
      return "UUID";
    case Logical::float16:
      return "FLOAT16";
    case Logical::interval:
      return "INTERVAL";
    default:
      return {};
  }
}

std::string value_text(const Column& column, std::size_t row, Temporal kind, bool utc) {
  switch (column.type) {
    case ColumnType::float64:
      return python_repr(column.number(row));
    case ColumnType::text: {
      const std::string_view text = column.text(row);
      return is_utf8(text) ? std::string(text) : "0x" + hex(text);
    }
    case ColumnType::boolean:
      return column.integer(row) != 0 ? "true" : "false";
    default:
      return temporal_text(kind, utc, column.integer(row));
  }
}

std::string bound_text(const Leaf& leaf, std::string_view stored) {
  Column physical;
  if (!load_bound(leaf, stored, physical)) return {};
  if (!is_converted(leaf)) return value_text(physical, 0, temporal(leaf), leaf.utc);
  Column converted;
  converted.clear({}, column_type(leaf));
  if (!convert(leaf, physical, converted).empty()) return {};
  return value_text(converted, 0, temporal(leaf), leaf.utc);
}

bool bound_less(const Leaf& leaf, std::string_view a, std::string_view b) {
  Column x;
  Column y;
  if (!load_bound(leaf, a, x) || !load_bound(leaf, b, y)) return false;
  switch (x.type) {
    case ColumnType::float64:
      return x.floats[0] < y.floats[0];
    case ColumnType::text:
      if (leaf.logical == Logical::decimal) return decimal_less(a, b);
      if (conversion(leaf) == Conversion::float_16) return from_half(a) < from_half(b);
      return a < b;  // char_traits compares unsigned
    default:
      if (leaf.logical == Logical::integer && !leaf.is_signed)
        return static_cast<std::uint64_t>(x.integers[0]) <
               static_cast<std::uint64_t>(y.integers[0]);
      return x.integers[0] < y.integers[0];
  }
}

}  // namespace weir::segmentation::format
