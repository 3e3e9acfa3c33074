#include "text_number.hpp"

#include <algorithm>
#include <cstdlib>
#include <tuple>
#include <utility>

namespace weir::search::text {

namespace {

constexpr std::int64_t kilo = 1000, mega = 1'000'000, giga = 1'000'000'000,
                       tera = 1'000'000'000'000;
constexpr std::int64_t kibi = 1024, mebi = kibi * kibi, gibi = mebi * kibi, tebi = gibi * kibi;
constexpr Unit seconds_units[] = {
    {U"s", 1},         {U"sec", 1},        {U"secs", 1},        {U"second", 1},  {U"seconds", 1},
    {U"m", 60},        {U"min", 60},       {U"mins", 60},       {U"minute", 60}, {U"minutes", 60},
    {U"h", 3600},      {U"hr", 3600},      {U"hrs", 3600},      {U"hour", 3600}, {U"hours", 3600},
    {U"d", 86'400},    {U"day", 86'400},   {U"days", 86'400},   {U"w", 604'800}, {U"wk", 604'800},
    {U"wks", 604'800}, {U"week", 604'800}, {U"weeks", 604'800},
};
constexpr Unit months_units[] = {
    {U"m", 1},  {U"mo", 1},  {U"mos", 1},  {U"month", 1}, {U"months", 1},
    {U"y", 12}, {U"yr", 12}, {U"yrs", 12}, {U"year", 12}, {U"years", 12},
};
constexpr Unit inches_units[] = {
    {U"\"", 1},    {U"in", 1},    {U"inch", 1}, {U"inches", 1}, {U"'", 12},     {U"ft", 12},
    {U"foot", 12}, {U"feet", 12}, {U"yd", 36},  {U"yard", 36},  {U"yards", 36},
};
constexpr Unit ounces_units[] = {
    {U"oz", 1},   {U"ounce", 1},  {U"ounces", 1},  {U"lb", 16},
    {U"lbs", 16}, {U"pound", 16}, {U"pounds", 16},
};
constexpr Unit millimetres_units[] = {
    {U"mm", 1}, {U"cm", 10}, {U"dm", 100}, {U"m", kilo}, {U"km", mega}};
constexpr Unit milligrams_units[] = {{U"mg", 1},    {U"g", kilo},   {U"gr", kilo},
                                     {U"kg", mega}, {U"kgs", mega}, {U"t", giga}};
constexpr Unit millilitres_units[] = {{U"ml", 1}, {U"cl", 10}, {U"dl", 100}, {U"l", kilo}};
constexpr Unit bytes_units[] = {{U"b", 1},      {U"byte", 1},   {U"bytes", 1}, {U"k", kibi},
                                {U"kb", kibi},  {U"kib", kibi}, {U"m", mebi},  {U"mb", mebi},
                                {U"mib", mebi}, {U"g", gibi},   {U"gb", gibi}, {U"gib", gibi},
                                {U"t", tebi},   {U"tb", tebi},  {U"tib", tebi}};
constexpr Unit decimal_bytes_units[] = {{U"b", 1},     {U"byte", 1},  {U"bytes", 1}, {U"kb", kilo},
                                        {U"mb", mega}, {U"gb", giga}, {U"tb", tera}};
constexpr Unit ones_units[] = {
    {U"", 1},           {U"k", kilo},   {U"thousand", kilo}, {U"m", mega},       {U"mm", mega},
    {U"mn", mega},      {U"mio", mega}, {U"million", mega},  {U"b", giga},       {U"bn", giga},
    {U"billion", giga}, {U"t", tera},   {U"tn", tera},       {U"trillion", tera}};

struct NumberScan {
  View text;
  char32_t mark, group;

  bool digit(std::size_t i) const noexcept { return i < text.size() && is_digit(text[i]); }

  std::size_t digits_from(std::size_t i) const noexcept {
    std::size_t n = 0;
    while (digit(i + n)) ++n;
    return n;
  }

  /// The grouping mark at i is part of the number that ends before it.
  bool groups(std::size_t i) const noexcept {
    if (i >= text.size() || text[i] != group) return false;
    const std::size_t n = digits_from(i + 1);
    return n == 3 || (n == 2 && i + 3 < text.size() && text[i + 3] == group && groups(i + 3));
  }

  /// A dash before it (a currency sign may stand between) that follows no letter, digit or bracket; or brackets around
  /// all of the text.
  bool negative(std::size_t begin, std::size_t end) const noexcept {
    std::size_t i = begin;
    if (i > 0 && currency(text[i - 1])) --i;
    if (i == 0) return false;
    if (text[i - 1] == U'-' || text[i - 1] == 0x2212) {
      return i == 1 || (!is_alnum(text[i - 2]) && text[i - 2] != U')');
    }
    return text[i - 1] == U'(' && i == 1 && end + 1 == text.size() && text[end] == U')';
  }

  static bool currency(char32_t c) noexcept {
    return c == U'$' || (c >= 0xa2 && c <= 0xa5) || (c >= 0x20a0 && c <= 0x20cf);
  }
};

std::optional<Number> with_decimals(Number x, int decimals) {
  if (decimals > decimals_max || decimals < x.decimals) return std::nullopt;
  const std::int64_t by = power_of_ten(decimals - x.decimals);
  if (x.mantissa > mantissa_max / by || x.mantissa < -mantissa_max / by) return std::nullopt;
  return Number{x.mantissa * by, decimals};
}

std::int64_t divided(std::int64_t a, std::int64_t unit, Rounding mode) {
  std::int64_t q = a / unit, r = a % unit;
  if (r == 0) return q;
  if (r < 0) {
    --q;
    r += unit;
  }
  // a = q * unit + r, 0 < r < unit
  switch (mode) {
    case Rounding::floor:
      return q;
    case Rounding::ceil:
      return q + 1;
    case Rounding::truncate:
      return a < 0 ? q + 1 : q;
    case Rounding::half_up:
      return r * 2 > unit || (r * 2 == unit && a > 0) ? q + 1 : q;
    case Rounding::half_even:
      return r * 2 > unit || (r * 2 == unit && q % 2 != 0) ? q + 1 : q;
  }
  return q;
}

/// `beside` is told each number and where it ends, and says what it is with what stands there, and where that ends.
template <class Beside>
std::vector<Number> found_numbers(View text, bool comma, Beside beside) {
  const NumberScan scan{text, comma ? U',' : U'.', comma ? U'.' : U','};
  std::vector<Number> all;
  for (std::size_t i = 0; i < text.size();) {
    const bool naked =
        text[i] == scan.mark && scan.digit(i + 1) && (i == 0 || !is_alnum(text[i - 1]));
    if (!is_digit(text[i]) && !naked) {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    Number x;
    bool large = false;
    const auto take = [&] {
      for (; scan.digit(i); ++i) {
        const auto digit = static_cast<std::int64_t>(text[i] - U'0');
        large = large || x.mantissa > (mantissa_max - digit) / 10;
        if (!large) x.mantissa = x.mantissa * 10 + digit;
      }
    };
    take();
    while (scan.groups(i)) {
      ++i;
      take();
    }
    if (i < text.size() && text[i] == scan.mark && scan.digit(i + 1)) {
      ++i;
      x.decimals = static_cast<int>(std::min<std::size_t>(scan.digits_from(i), 99));
      take();
    }
    if (scan.negative(begin, i)) x.mantissa = -x.mantissa;
    if (large || x.decimals > decimals_max) x = {0, -1};  // no value, but it counts
    std::tie(x, i) = beside(x, i);
    all.push_back(x);
  }
  return all;
}

/// A power of ten behind a number that ends there: "e-3", " x 10^6". At most three figures.
std::pair<Number, std::size_t> with_power(Number x, View text, std::size_t end) {
  const auto at = [&](std::size_t i) { return i < text.size() ? text[i] : U'\0'; };
  std::size_t i = end;
  if (at(i) == U'e' || at(i) == U'E') {
    ++i;
  } else {
    if (at(i) == U' ') ++i;
    if (at(i) != U'x' && at(i) != U'X' && at(i) != U'*' && at(i) != 0xd7) return {x, end};
    ++i;
    if (at(i) == U' ') ++i;
    if (at(i) != U'1' || at(i + 1) != U'0' || at(i + 2) != U'^') return {x, end};
    i += 3;
  }
  const bool minus = at(i) == U'-' || at(i) == 0x2212;
  if (minus || at(i) == U'+') ++i;
  int power = 0;
  const std::size_t begin = i;
  for (; is_digit(at(i)) && i < begin + 4; ++i) power = power * 10 + static_cast<int>(at(i) - U'0');
  if (i == begin || i == begin + 4 || is_letter(at(i))) return {x, end};
  const bool there = x.decimals >= 0 && power <= power_max;
  const auto y = there ? scaled(x, minus ? -power : power) : std::nullopt;
  return {y.value_or(Number{0, -1}), i};
}

int figures_of(Number x) noexcept {
  int n = 0;
  for (std::int64_t rest = std::abs(x.mantissa); rest > 0; rest /= 10) ++n;
  return n;
}

}  // namespace

std::vector<Number> numbers_of(View text, bool comma) {
  return found_numbers(text, comma, [](Number x, std::size_t end) { return std::pair(x, end); });
}

std::span<const Unit> units_of(Units kind) noexcept {
  switch (kind) {
    case Units::none:
    case Units::powers:
      return {};
    case Units::seconds:
      return seconds_units;
    case Units::months:
      return months_units;
    case Units::inches:
      return inches_units;
    case Units::ounces:
      return ounces_units;
    case Units::millimetres:
      return millimetres_units;
    case Units::milligrams:
      return milligrams_units;
    case Units::millilitres:
      return millilitres_units;
    case Units::bytes:
      return bytes_units;
    case Units::decimal_bytes:
      return decimal_bytes_units;
    case Units::ones:
      return ones_units;
  }
  return {};
}

std::vector<Number> measured(View text, bool comma, Units kind) {
  if (kind == Units::none) return numbers_of(text, comma);
  return found_numbers(text, comma, [&](Number x, std::size_t end) {
    if (kind == Units::powers) return with_power(x, text, end);
    std::size_t begin = end;
    while (begin < text.size() && is_space(text[begin])) ++begin;
    std::size_t behind = begin;
    while (behind < text.size() && is_letter(text[behind])) ++behind;
    const bool mark =
        behind == begin && begin < text.size() && (text[begin] == U'\'' || text[begin] == U'"');
    const View name = text.substr(begin, mark ? 1 : behind - begin);
    for (const Unit& unit : units_of(kind)) {
      if (unit.name.size() != name.size() ||
          !std::equal(name.begin(), name.end(), unit.name.begin(),
                      [](char32_t a, char32_t b) { return to_lower(a) == b; }))
        continue;
      const auto y = x.decimals < 0 ? std::nullopt : product(x, {unit.size, 0});
      return std::pair(y.value_or(Number{0, -1}), end);
    }
    return std::pair(Number{0, -1}, end);
  });
}

std::optional<Number> round_to(Number x, Rounding mode, Number unit) {
  const int decimals = std::max(x.decimals, unit.decimals);
  const auto a = with_decimals(x, decimals), u = with_decimals(unit, decimals);
  if (!a || !u || u->mantissa <= 0 || u->mantissa > mantissa_max / 4) return std::nullopt;
  const std::int64_t q = divided(a->mantissa, u->mantissa, mode);
  const auto limit = mantissa_max / unit.mantissa;
  if (q > limit || q < -limit) return std::nullopt;
  return Number{q * unit.mantissa, unit.decimals};
}

std::optional<Number> round_to_decimals(Number x, Rounding mode, int decimals) {
  if (x.decimals <= decimals) return x;
  return round_to(x, mode, {1, decimals});
}

std::optional<Number> scaled(Number x, int power) {
  x.decimals -= power;
  if (x.decimals > decimals_max) return std::nullopt;
  if (x.decimals >= 0) return x;
  if (-x.decimals > power_max) return std::nullopt;
  const std::int64_t by = power_of_ten(-x.decimals);
  if (x.mantissa > mantissa_max / by || x.mantissa < -mantissa_max / by) return std::nullopt;
  return Number{x.mantissa * by, 0};
}

std::optional<Number> sum(Number a, Number b) {
  const int decimals = std::max(a.decimals, b.decimals);
  const auto p = with_decimals(a, decimals), q = with_decimals(b, decimals);
  if (!p || !q) return std::nullopt;
  std::int64_t total = 0;
  if (__builtin_add_overflow(p->mantissa, q->mantissa, &total) || total < -mantissa_max)
    return std::nullopt;
  return Number{total, decimals};
}

std::optional<Number> product(Number a, Number b) {
  const std::int64_t size = a.mantissa < 0 ? -a.mantissa : a.mantissa;
  const std::int64_t limit = size == 0 ? mantissa_max : mantissa_max / size;
  if (b.mantissa > limit || b.mantissa < -limit || a.decimals + b.decimals > decimals_max)
    return std::nullopt;
  return Number{a.mantissa * b.mantissa, a.decimals + b.decimals};
}

std::optional<Number> quotient(Number a, Number b, Rounding mode, int decimals) {
  const int up = decimals - a.decimals + b.decimals;
  if (b.mantissa == 0 || up > power_max || up < -power_max || decimals > decimals_max)
    return std::nullopt;
  const auto over = scaled({a.mantissa, 0}, std::max(up, 0)),
             under = scaled({b.mantissa, 0}, std::max(-up, 0));
  if (!over || !under) return std::nullopt;
  const std::int64_t sign = under->mantissa < 0 ? -1 : 1, unit = sign * under->mantissa;
  if (unit > mantissa_max / 4) return std::nullopt;
  return Number{divided(sign * over->mantissa, unit, mode), decimals};
}

std::optional<Number> rest(Number x, std::int64_t unit) {
  const auto whole = scaled({unit, 0}, x.decimals);
  if (!whole || unit <= 0) return std::nullopt;
  const std::int64_t left = x.mantissa % whole->mantissa;
  return Number{left < 0 ? left + whole->mantissa : left, x.decimals};
}

std::optional<Number> significant(Number x, int digits) {
  const int cut = figures_of(x) - digits, decimals = x.decimals - cut;
  if (cut <= 0) return x;
  const Number unit = decimals >= 0 ? Number{1, decimals} : Number{power_of_ten(-decimals), 0};
  return round_to(x, Rounding::half_up, unit);
}

std::optional<Number> significand(Number x) {
  while (x.mantissa != 0 && x.mantissa % 10 == 0) x.mantissa /= 10;
  x.decimals = std::max(figures_of(x) - 1, 0);
  return x.decimals > decimals_max ? std::nullopt : std::optional(x);
}

std::int64_t power_of(Number x) noexcept {
  return x.mantissa == 0 ? 0 : figures_of(x) - 1 - x.decimals;
}

bool equal(Number a, Number b) {
  while (a.decimals > 0 && a.mantissa % 10 == 0) a = {a.mantissa / 10, a.decimals - 1};
  while (b.decimals > 0 && b.mantissa % 10 == 0) b = {b.mantissa / 10, b.decimals - 1};
  return a.mantissa == b.mantissa && a.decimals == b.decimals;
}

std::optional<Str> format(Number x, const NumberFormat& how) {
  const auto rounded = round_to_decimals(x, Rounding::half_up, how.decimals_max);
  if (!rounded) return std::nullopt;
  x = *rounded;
  const bool negative = x.mantissa < 0;
  std::int64_t rest = negative ? -x.mantissa : x.mantissa;
  Str tail;
  for (int i = 0; i < x.decimals; ++i, rest /= 10) tail += static_cast<char32_t>(U'0' + rest % 10);
  std::reverse(tail.begin(), tail.end());
  while (!tail.empty() && tail.back() == U'0' &&
         (static_cast<int>(tail.size()) > how.decimals_min || how.tail != U'0')) {
    tail.pop_back();
  }
  while (static_cast<int>(tail.size()) < how.decimals_min) tail += how.tail;
  Str head;
  int count = 0;
  for (; rest > 0; rest /= 10, ++count) {
    const bool mark = how.grouping == Grouping::thousands
                          ? count > 0 && count % 3 == 0
                          : count == 3 || (count > 3 && count % 2 == 1);
    if (how.grouping != Grouping::none && mark) head += how.group;
    head += static_cast<char32_t>(U'0' + rest % 10);
  }
  if (head.empty() && !(how.naked && !tail.empty())) head += U'0';
  while (static_cast<int>(head.size()) < how.width) head += how.pad;
  std::reverse(head.begin(), head.end());
  Str out;
  if (!how.absolute && negative) out += U'-';
  if (!how.absolute && !negative && how.plus) out += U'+';
  out += head;
  if (!tail.empty()) {
    out += how.mark;
    out += tail;
  }
  return out;
}

}  // namespace weir::search::text
