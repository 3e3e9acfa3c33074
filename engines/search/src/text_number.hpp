// text_number.hpp: numbers as people write them: found in text, scaled, rounded, written again.
//
// Shape:  a Number is mantissa * 10^-decimals; a mantissa has 63 bits and a sign, 0 <= decimals <= 12.
// Errors: what goes beyond that has no value: a program that needs it fails on that row.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "text_chars.hpp"

namespace weir::search::text {

struct Number {
  std::int64_t mantissa = 0;
  int decimals = 0;
};

inline constexpr std::int64_t mantissa_max = std::numeric_limits<std::int64_t>::max();
inline constexpr int decimals_max = 12;
inline constexpr int power_max = 18;  // of ten, that a mantissa is multiplied by

constexpr std::int64_t power_of_ten(int n) noexcept {
  std::int64_t p = 1;
  for (int i = 0; i < n; ++i) p *= 10;
  return p;
}

/// The numbers in a text, from the left. `comma`: "1.234,5" rather than "1,234.5". Grouping needs three digits after
/// each mark, or two and a further mark ("3,63,45,645"). A dash is a sign where no letter or digit stands before
/// it ("-5", "-$5"), and brackets around the whole text are one. What is beyond the limits has decimals -1.
std::vector<Number> numbers_of(View text, bool comma);

/// How what stands right behind a number changes it.
enum class Units : std::uint8_t {
  none,
  powers,  // of ten: "1.5e3", "2 x 10^-4"
  seconds,
  months,
  inches,
  ounces,
  millimetres,
  milligrams,
  millilitres,
  bytes,          // a kilobyte has 1,024
  decimal_bytes,  // or 1,000
  ones,           // thousands, millions
};
inline constexpr int unit_kinds = 12;

struct Unit {
  View name;              // in lower case
  std::int64_t size = 1;  // in what the kind is called after
};
/// Nothing for none and powers.
std::span<const Unit> units_of(Units kind) noexcept;

/// The same numbers with what stands right behind them: letters, in either case, or a quotation mark. Powers are those
/// that are there; a number without a unit of that kind has no value.
std::vector<Number> measured(View text, bool comma, Units kind);

enum class Rounding : std::uint8_t { half_up, floor, ceil, truncate, half_even };

/// To a multiple of unit.
std::optional<Number> round_to(Number x, Rounding mode, Number unit);
std::optional<Number> round_to_decimals(Number x, Rounding mode, int decimals);
/// x * 10^power
std::optional<Number> scaled(Number x, int power);
std::optional<Number> sum(Number a, Number b);
std::optional<Number> product(Number a, Number b);
/// a / b, to that many decimals.
std::optional<Number> quotient(Number a, Number b, Rounding mode, int decimals);
/// Rounded half up to so many digits from its first one that is not 0.
std::optional<Number> significant(Number x, int digits);
/// x as it is written before its power of ten, 1 to 9.99..., and that power; both are 0 of 0.
std::optional<Number> significand(Number x);
std::int64_t power_of(Number x) noexcept;
/// What is left of x behind whole units, from 0 up.
std::optional<Number> rest(Number x, std::int64_t unit);
bool equal(Number a, Number b);

enum class Grouping : std::uint8_t { none, thousands, indian };

struct NumberFormat {
  int decimals_min = 0,
      decimals_max = 0;  // the value is rounded half up to decimals_max where it has more
  int width = 0;         // least digits before the mark
  char32_t pad = U'0';   // what fills them
  char32_t tail = U'0';  // what fills decimals up to decimals_min: '0' or ' '
  Grouping grouping = Grouping::none;
  char32_t mark = U'.', group = U',';
  bool plus = false;      // "+5"
  bool naked = false;     // ".5"
  bool absolute = false;  // no sign at all

  friend bool operator==(const NumberFormat&, const NumberFormat&) = default;
};

std::optional<Str> format(Number x, const NumberFormat& how);

}  // namespace weir::search::text
