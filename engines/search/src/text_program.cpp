#include "text_program.hpp"

#include <algorithm>

namespace weir::search::text {

namespace {

int located(const Position& p, View text, std::vector<Span> found, bool is_from) {
  const int n = static_cast<int>(found.size());
  const int i = p.k > 0 ? p.k - 1 : n + p.k;
  if (i < 0 || i >= n) return !p.lenient ? -1 : is_from ? 0 : static_cast<int>(text.size());
  const Span s = found[static_cast<std::size_t>(i)];
  return p.end ? s.end : s.begin;
}

Str joined(const Row& row) {
  Str all;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i > 0) all += U' ';
    all += row[i];
  }
  return all;
}

View sub(View text, int begin, int end) noexcept {
  return text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
}

Str padded(View text, const Edit& edit) {
  Str out(text);
  const auto width = static_cast<std::size_t>(std::max(edit.width, 0));
  if (out.size() >= width) return out;
  const Str fill(width - out.size(), edit.a);
  return edit.kind == Edit::Kind::pad_left ? fill + out : out + fill;
}

Str replaced(View text, const Edit& edit) {
  Str out;
  std::size_t done = 0;
  for (const Span s : matches(text, View(edit.what))) {
    out += text.substr(done, static_cast<std::size_t>(s.begin) - done);
    out += edit.by;
    done = static_cast<std::size_t>(s.end);
  }
  return out.append(text.substr(done));
}

Str grouped(View text, char32_t mark) {
  const std::size_t sign = text.starts_with(U'-') ? 1 : 0;
  Str out(text);
  if (!std::all_of(text.begin() + static_cast<std::ptrdiff_t>(sign), text.end(), is_digit))
    return out;
  for (std::size_t i = out.size(); i > sign + 3;) out.insert(i -= 3, 1, mark);
  return out;
}

Str spread(View text, const Edit& edit) {
  const auto gaps = matches(text, Class::spaces);
  if (gaps.empty()) return Str(text);
  const auto begin = static_cast<std::size_t>(gaps.back().begin);
  const auto end = static_cast<std::size_t>(gaps.back().end);
  const std::size_t rest = text.size() - (end - begin);
  const auto width = static_cast<std::size_t>(std::max(edit.width, 0));
  const Str fill(width > rest ? width - rest : 0, edit.a);
  return Str(text.substr(0, begin)).append(fill).append(text.substr(end));
}

View ordinal_ending(View text) {
  const std::size_t n = text.size();
  if (n == 0 || !std::all_of(text.begin(), text.end(), is_digit)) return {};
  const bool teen = n > 1 && text[n - 2] == U'1';
  return teen                  ? U"th"
         : text[n - 1] == U'1' ? U"st"
         : text[n - 1] == U'2' ? U"nd"
         : text[n - 1] == U'3' ? U"rd"
                               : U"th";
}

Str roman(View text) {
  const bool number = !text.empty() && text.size() <= 4 && text[0] != U'0' &&
                      std::all_of(text.begin(), text.end(), is_digit);
  int n = 0;
  for (const char32_t c : number ? text : View()) n = 10 * n + static_cast<int>(c - U'0');
  if (n == 0 || n > 3999) return Str(text);
  constexpr std::pair<int, View> parts[] = {
      {1000, U"M"}, {900, U"CM"}, {500, U"D"}, {400, U"CD"}, {100, U"C"}, {90, U"XC"}, {50, U"L"},
      {40, U"XL"},  {10, U"X"},   {9, U"IX"},  {5, U"V"},    {4, U"IV"},  {1, U"I"}};
  Str out;
  for (const auto& [value, figures] : parts) {
    for (; n >= value; n -= value) out += figures;
  }
  return out;
}

Str initials(View text, char32_t behind) {
  Str out;
  for (const Span s : matches(text, Class::visible)) {
    out += text[static_cast<std::size_t>(s.begin)];
    if (behind != 0) out += behind;
  }
  return out;
}

/// The runs of that class, with the mark between them.
Str joined(View text, Class what, char32_t mark) {
  Str out;
  for (const Span s : matches(text, what)) {
    if (!out.empty()) out += mark;
    out += sub(text, s.begin, s.end);
  }
  return out;
}

Str digits_part(View text, const Edit& edit) {
  Str digits;
  for (const char32_t c : text) {
    if (is_digit(c)) digits += c;
  }
  const int n = static_cast<int>(digits.size());
  const int from = edit.width >= 0 ? edit.width : n + edit.width;
  const int begin = std::clamp(from, 0, n), end = std::clamp(from + edit.count, begin, n);
  return Str(sub(digits, begin, end));
}

std::optional<Str> base_value(const Piece& p, const Row& row) {
  switch (p.kind) {
    case Piece::Kind::constant:
      return p.text;
    case Piece::Kind::slice:
      return value_of(p.slice, row);
    case Piece::Kind::number: {
      const auto x = number_of(p.number, row);
      const auto y = x ? stepped(*x, p.steps) : std::nullopt;
      return y ? format(*y, p.format) : std::nullopt;
    }
    case Piece::Kind::moment: {
      const auto m = moment_of(p.moment, row);
      return m ? written(*m, p.field) : std::nullopt;
    }
    case Piece::Kind::table:
      for (const auto& [in, out] : p.table) {
        if (in == row) return out;
      }
      return std::nullopt;
  }
  return std::nullopt;
}

bool test(const Condition& c, View text) {
  switch (c.kind) {
    case Condition::Kind::always:
      return true;
    case Condition::Kind::empty:
      return trimmed(text).empty();
    case Condition::Kind::equals:
      return text == c.text;
    case Condition::Kind::has:
      return text.find(c.text) != View::npos;
    case Condition::Kind::starts:
      return text.starts_with(c.text);
    case Condition::Kind::ends:
      return text.ends_with(c.text);
    case Condition::Kind::has_token:
      return !matches(text, c.token).empty();
    case Condition::Kind::starts_token: {
      const auto found = matches(text, c.token);
      return !found.empty() && found[0].begin == 0;
    }
    case Condition::Kind::length:
      return static_cast<int>(text.size()) == c.count;
    case Condition::Kind::tokens:
      return static_cast<int>(matches(text, c.token).size()) == c.count;
    case Condition::Kind::at_least: {
      const auto found = numbers_of(text, false);
      if (found.empty() || found[0].decimals < 0) return false;
      const auto difference = sum(found[0], {-c.number.mantissa, c.number.decimals});
      return difference && difference->mantissa >= 0;
    }
    case Condition::Kind::multiple: {
      const auto found = numbers_of(text, false);
      if (found.empty() || found[0].decimals < 0) return false;
      const auto left = rest(found[0], c.count);
      return left && left->mantissa == 0;
    }
    case Condition::Kind::moment_at_least: {
      const auto m = moment_of(text, c.order);
      const auto value = m ? number_of(*m, c.field) : std::nullopt;
      return value && *value >= c.count;
    }
  }
  return false;
}

std::optional<Number> operand_of(const NumberSource& s, const Row& row) {
  if (s.field) {
    const auto m = moment_of(s.moment, row);
    const auto value = m ? number_of(*m, *s.field) : std::nullopt;
    return value ? std::optional<Number>(Number{*value, 0}) : std::nullopt;
  }
  const bool all_inputs = s.input == Slice::all_inputs;
  const auto found =
      measured(all_inputs ? joined(row) : row[static_cast<std::size_t>(s.input)], s.comma, s.units);
  const int n = static_cast<int>(found.size());
  if (s.k == 0) {
    std::optional<Number> total = Number{};
    for (const Number& x : found) total = total && x.decimals >= 0 ? sum(*total, x) : std::nullopt;
    return n == 0 ? std::nullopt : total;
  }
  const int i = s.k > 0 ? s.k - 1 : n + s.k;
  if (i < 0 || i >= n || found[static_cast<std::size_t>(i)].decimals < 0) return std::nullopt;
  return found[static_cast<std::size_t>(i)];
}

}  // namespace

int locate(const Position& p, View text, bool is_from) {
  const int n = static_cast<int>(text.size());
  switch (p.kind) {
    case Position::Kind::offset:
      return p.k >= 0 ? std::min(p.k, n) : std::max(n + 1 + p.k, 0);
    case Position::Kind::token:
      return located(p, text, matches(text, p.token), is_from);
    case Position::Kind::literal:
      return located(p, text, matches(text, p.literal), is_from);
  }
  return -1;
}

bool Slice::whole() const noexcept {
  return from.kind == Position::Kind::offset && to.kind == Position::Kind::offset && from.k == 0 &&
         to.k == -1;
}

std::optional<Span> span_of(const Slice& s, View text) {
  int from = 0, to = 0;
  switch (s.order) {
    case Slice::Order::apart:
      from = locate(s.from, text, true);
      to = locate(s.to, text, false);
      break;
    case Slice::Order::from_first:
      from = locate(s.from, text, true);
      if (from < 0) return std::nullopt;
      to = locate(s.to, text.substr(static_cast<std::size_t>(from)), false);
      if (to >= 0) to += from;
      break;
    case Slice::Order::to_first:
      to = locate(s.to, text, false);
      if (to < 0) return std::nullopt;
      from = locate(s.from, text.substr(0, static_cast<std::size_t>(to)), true);
      break;
  }
  if (from < 0 || to < from) return std::nullopt;
  if (s.trim) {
    while (from < to && is_space(text[static_cast<std::size_t>(from)])) ++from;
    while (from < to && is_space(text[static_cast<std::size_t>(to - 1)])) --to;
  }
  return Span{from, to};
}

std::optional<Str> value_of(const Slice& s, const Row& row) {
  if (s.input == Slice::all_inputs) {
    const Str all = joined(row);
    const auto span = span_of(s, all);
    return span ? std::optional<Str>(sub(all, span->begin, span->end)) : std::nullopt;
  }
  const View text = row[static_cast<std::size_t>(s.input)];
  const auto span = span_of(s, text);
  return span ? std::optional<Str>(sub(text, span->begin, span->end)) : std::nullopt;
}

Str edited(View text, const Edit& edit) {
  Str out;
  switch (edit.kind) {
    case Edit::Kind::none:
      return Str(text);
    case Edit::Kind::keep_digits:
      for (const char32_t c : text) {
        if (is_digit(c)) out += c;
      }
      return out;
    case Edit::Kind::keep_letters:
      for (const char32_t c : text) {
        if (is_letter(c)) out += c;
      }
      return out;
    case Edit::Kind::keep_alnum:
      for (const char32_t c : text) {
        if (is_alnum(c)) out += c;
      }
      return out;
    case Edit::Kind::keep_uppers:
      for (const char32_t c : text) {
        if (is_upper(c)) out += c;
      }
      return out;
    case Edit::Kind::drop:
      for (const char32_t c : text) {
        if (c != edit.a) out += c;
      }
      return out;
    case Edit::Kind::swap:
      for (const char32_t c : text) out += c == edit.a ? edit.b : c;
      return out;
    case Edit::Kind::squeeze:
      return joined(text, Class::visible, U' ');
    case Edit::Kind::initials:
      return initials(text, edit.a);
    case Edit::Kind::pad_left:
    case Edit::Kind::pad_right:
      return padded(text, edit);
    case Edit::Kind::strip_zeros:
      while (text.size() > 1 && text[0] == U'0') text.remove_prefix(1);
      return Str(text);
    case Edit::Kind::replace:
      return replaced(text, edit);
    case Edit::Kind::count: {
      const auto found =
          edit.what.empty() ? matches(text, Class::visible) : matches(text, View(edit.what));
      return decode(std::to_string(found.size() + static_cast<std::size_t>(edit.width)));
    }
    case Edit::Kind::ordinal:
      return Str(text).append(ordinal_ending(text));
    case Edit::Kind::join:
      return joined(text, Class::alnum, edit.a);
    case Edit::Kind::digits:
      return digits_part(text, edit);
    case Edit::Kind::mask:
      for (const char32_t c : text) out += is_alnum(c) ? edit.a : c;
      return out;
    case Edit::Kind::length: {
      const auto counted = [&edit](char32_t c) {
        return edit.count == 1 ? is_letter(c) : edit.count != 2 || is_digit(c);
      };
      return decode(std::to_string(std::count_if(text.begin(), text.end(), counted)));
    }
    case Edit::Kind::roman:
      return roman(text);
    case Edit::Kind::grouped:
      return grouped(text, edit.a);
    case Edit::Kind::spread:
      return spread(text, edit);
    case Edit::Kind::part_case:
      for (std::size_t i = 0; i < text.size(); ++i) {
        const char32_t before = i > 0 ? text[i - 1] : U' ';
        if (is_upper(text[i]) && (is_lower(before) || is_digit(before))) out += edit.a;
        out += text[i];
      }
      return out;
  }
  return out;
}

Str cased(View text, Letters letters) {
  Str out(text);
  bool inside = false;  // a letter stands before
  for (std::size_t i = 0; i < out.size(); ++i) {
    char32_t& c = out[i];
    switch (letters) {
      case Letters::as_is:
        return out;
      case Letters::lower:
        c = to_lower(c);
        break;
      case Letters::upper:
        c = to_upper(c);
        break;
      case Letters::title:
        c = inside ? to_lower(c) : to_upper(c);
        break;
      case Letters::capital:
        c = i > 0 ? to_lower(c) : to_upper(c);
        break;
      case Letters::first_upper:
        c = to_upper(c);
        return out;
    }
    inside = is_letter(c);
  }
  return out;
}

namespace {

int days_in_month(const Moment& m) noexcept {
  constexpr int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = m.year % 4 == 0 && (m.year % 100 != 0 || m.year % 400 == 0);
  return lengths[m.month - 1] + (m.month == 2 && leap ? 1 : 0);
}

bool add_days(int days, Moment& m) noexcept {
  m.day += days;
  while (m.day < 1) {
    if (--m.month == 0) m.month = 12, --m.year;
    m.day += days_in_month(m);
  }
  while (m.day > days_in_month(m)) {
    m.day -= days_in_month(m);
    if (++m.month == 13) m.month = 1, ++m.year;
  }
  return m.year > 0 && m.year <= 9999;
}

bool add_months(int months, Moment& m) noexcept {
  const int month = m.year * 12 + m.month - 1 + months;
  if (month < 12 || month >= 120'000) return false;
  m.year = month / 12;
  m.month = month % 12 + 1;
  m.day = std::min(m.day, days_in_month(m));
  return true;
}

}  // namespace

bool move_date(const MomentSource& s, Moment& m) {
  if (s.begin == Begin::none && s.months == 0 && s.days == 0) return true;
  if (m.year == absent || m.month == absent) return false;
  if (s.begin == Begin::month || s.begin == Begin::quarter || s.begin == Begin::year) m.day = 1;
  if (m.day == absent) return false;
  if (s.begin == Begin::quarter) m.month -= (m.month - 1) % 3;
  if (s.begin == Begin::year) m.month = 1;
  if (s.begin == Begin::week || s.begin == Begin::sunday_week) {
    const auto weekday = static_cast<int>(number_of(m, Field::iso_weekday).value_or(1));
    if (!add_days(s.begin == Begin::week ? 1 - weekday : -(weekday % 7), m)) return false;
  }
  if (s.months != 0 && !add_months(s.months, m)) return false;
  return s.days == 0 || add_days(s.days, m);
}

bool round_time(const MomentSource& s, Moment& m) {
  if (s.unit == 0 && s.add == 0) return true;
  if (m.second < 0) return false;
  const bool below_a_day = m.second < 86400;
  if (s.unit > 0) {
    const int x = m.second - s.offset;
    int q = x / s.unit;
    if (x % s.unit < 0) --q;
    const int rest = x - q * s.unit;
    if (rest > 0 &&
        (s.mode == Rounding::ceil || (s.mode == Rounding::half_up && rest * 2 >= s.unit)))
      ++q;
    m.second = q * s.unit + s.offset;
  }
  m.second += s.add;
  if (s.wrap && below_a_day) m.second = (m.second % 86400 + 86400) % 86400;
  return m.second >= 0;
}

std::optional<Moment> moment_of(const MomentSource& s, const Row& row) {
  const auto text = value_of(s.where, row);
  auto m = text ? moment_of(View(*text), s.order) : std::nullopt;
  if (m && !(round_time(s, *m) && move_date(s, *m))) return std::nullopt;
  return m;
}

std::int64_t units_of_day(const NumberSource& s) noexcept {
  return s.field == Field::total_seconds ? 86'400 : 1440;
}

std::optional<Number> number_of(const NumberSource& s, const Row& row) {
  const auto x = operand_of(s, row);
  if (!x || s.join == Join::none) return x;
  const auto y = operand_of(*s.other, row);
  if (!y) return std::nullopt;
  switch (s.join) {
    case Join::plus:
      return sum(*x, *y);
    case Join::minus:
      return sum(*x, {-y->mantissa, y->decimals});
    case Join::times:
      return product(*x, *y);
    case Join::less_percent:
    case Join::more_percent:
    case Join::less_share:
    case Join::more_share: {
      const bool less = s.join == Join::less_percent || s.join == Join::less_share;
      const bool percent = s.join == Join::less_percent || s.join == Join::more_percent;
      const auto part =
          sum({percent ? 100 : 1, 0}, {less ? -y->mantissa : y->mantissa, y->decimals});
      const auto all = part ? product(*x, *part) : std::nullopt;
      return all && percent ? scaled(*all, -2) : all;
    }
    case Join::clock: {
      const auto between = sum(*x, {-y->mantissa, y->decimals});
      return between ? rest(*between, units_of_day(s)) : std::nullopt;
    }
    default:
      return quotient(*x, *y, Rounding::half_up, s.places);
  }
}

std::optional<Number> stepped(Number x, const NumberSteps& steps) {
  std::optional<Number> y = x;
  if (steps.scale != 0) y = scaled(*y, steps.scale);
  if (y && !equal(steps.times, {1, 0})) y = product(*y, steps.times);
  if (y && steps.shift.mantissa != 0) y = sum(*y, steps.shift);
  if (y && steps.over != 1) y = quotient(*y, {steps.over, 0}, steps.mode, steps.places);
  if (y && steps.modulo != 0) y = rest(*y, steps.modulo);
  if (y && steps.unit) y = round_to(*y, steps.mode, *steps.unit);
  if (y && steps.figures != 0) y = significant(*y, steps.figures);
  if (y && steps.part == Part::significand) y = significand(*y);
  if (y && steps.part == Part::power) y = Number{power_of(*y), 0};
  if (y && steps.add.mantissa != 0) y = sum(*y, steps.add);
  return y;
}

std::optional<Str> value_of(const Piece& p, const Row& row) {
  auto value = base_value(p, row);
  if (value && p.edit.kind != Edit::Kind::none) value = edited(*value, p.edit);
  if (value && p.letters != Letters::as_is) value = cased(*value, p.letters);
  return value;
}

bool holds(const Condition& c, const Row& row) {
  return test(c, row[static_cast<std::size_t>(c.input)]) != c.negated;
}

Program program_of(std::vector<Piece> pieces) {
  Program program;
  program.branches.resize(1);
  program.branches[0].pieces = std::move(pieces);
  return program;
}

Program program_of(const Condition& when, const std::vector<Piece>& then,
                   const std::vector<Piece>& otherwise) {
  Program program;
  program.branches.resize(2);
  program.branches[0].when = when;
  program.branches[0].pieces = then;
  program.branches[1].pieces = otherwise;
  return program;
}

std::uint32_t Program::size() const noexcept {
  std::uint32_t n = 0;
  for (const Branch& b : branches) {
    if (b.when.kind != Condition::Kind::always) n += 3;
    for (const Piece& p : b.pieces) {
      n += p.kind == Piece::Kind::constant                   ? 1
           : p.kind == Piece::Kind::slice && p.slice.whole() ? 1
                                                             : 4;
      n += static_cast<std::uint32_t>(p.table.size()) + (p.edit.kind != Edit::Kind::none ? 2 : 0);
      n += (p.letters != Letters::as_is ? 1U : 0U) + (p.steps.unit ? 2U : 0U) +
           (p.moment.unit > 0 ? 2U : 0U);
      n += (p.number.units != Units::none ? 2U : 0U) + (p.moment.begin != Begin::none ? 2U : 0U) +
           (p.moment.months != 0 ? 2U : 0U) + (p.steps.figures != 0 ? 2U : 0U) +
           (p.steps.part != Part::all ? 1U : 0U);
      n += (p.number.join != Join::none ? 3U : 0U) + (equal(p.steps.times, {1, 0}) ? 0U : 2U) +
           (p.steps.over != 1 ? 2U : 0U) + (p.steps.modulo != 0 ? 2U : 0U);
    }
    if (b.pieces.size() > 1) n += static_cast<std::uint32_t>(b.pieces.size()) - 1;
  }
  return n;
}

std::optional<Str> value_of(const std::vector<Piece>& pieces, const Row& row) {
  Str all;
  for (const Piece& p : pieces) {
    const auto value = value_of(p, row);
    if (!value) return std::nullopt;
    all += *value;
  }
  return all;
}

Str run(const Program& program, const Row& row, bool* failed) {
  for (const Branch& b : program.branches) {
    if (!holds(b.when, row)) continue;
    if (auto value = value_of(b.pieces, row)) {
      if (failed != nullptr) *failed = false;
      return *std::move(value);
    }
  }
  if (failed != nullptr) *failed = true;
  return {};
}

}  // namespace weir::search::text
