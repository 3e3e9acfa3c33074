// text_cpp_helpers.hpp: the helpers of generated C++, lambdas inside the function; each says what the evaluator says.
#pragma once

#include "text_cpp_moment.hpp"
#include "text_cpp_numbers.hpp"
#include "text_helpers.hpp"

namespace weir::search::text {

inline constexpr Helper cpp_helpers[] = {
    {"fail", "", R"code([[maybe_unused]] const auto fail = [](bool when) {
  if (when) throw std::out_of_range("no value");
};
)code"},
    {"letters", "",
     R"code([[maybe_unused]] const auto is_digit = [](char32_t c) { return c >= U'0' && c <= U'9'; };
[[maybe_unused]] const auto is_space = [](char32_t c) {
  return c == U' ' || c == U'\t' || c == U'\n' || c == U'\r' || c == 0xa0 || c == 0x3000;
};
[[maybe_unused]] const auto is_letter = [](char32_t c) {
  if (c < 0x80) return (c >= U'A' && c <= U'Z') || (c >= U'a' && c <= U'z');
  if (c < 0x2000) return c >= 0xc0 && c != 0xd7 && c != 0xf7;
  return (c >= 0x2c00 && c < 0x2e00) || (c >= 0x3040 && c < 0xd800) ||
         (c >= 0xf900 && c < 0xfb00);
};
[[maybe_unused]] const auto is_upper = [](char32_t c) {
  return (c >= U'A' && c <= U'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) ||
         (c >= 0x391 && c <= 0x3a9 && c != 0x3a2) || (c >= 0x400 && c <= 0x42f);
};
[[maybe_unused]] const auto is_lower = [](char32_t c) {
  return (c >= U'a' && c <= U'z') || (c >= 0xdf && c <= 0xff && c != 0xf7) ||
         (c >= 0x3b1 && c <= 0x3c9) || (c >= 0x430 && c <= 0x45f);
};
)code"},
    {"cases", "", R"code(const auto even_pair = [](char32_t c) {
  return (c >= 0x100 && c <= 0x12f) || (c >= 0x132 && c <= 0x137) ||
         (c >= 0x14a && c <= 0x177);
};
const auto odd_pair = [](char32_t c) {
  return (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e);
};
[[maybe_unused]] const auto to_upper = [&](char32_t c) -> char32_t {
  if (even_pair(c)) return c & ~char32_t{1};
  if (odd_pair(c)) return (c & 1U) != 0 ? c : c - 1;
  const bool shifted =
      (c >= U'a' && c <= U'z') || (c >= 0xe0 && c <= 0xfe && c != 0xf7) ||
      (c >= 0x3b1 && c <= 0x3c9 && c != 0x3c2) || (c >= 0x430 && c <= 0x44f);
  return shifted ? c - 32 : c >= 0x450 && c <= 0x45f ? c - 80 : c;
};
[[maybe_unused]] const auto to_lower = [&](char32_t c) -> char32_t {
  if (even_pair(c)) return c | 1U;
  if (odd_pair(c)) return (c & 1U) != 0 ? c + 1 : c;
  const bool shifted =
      (c >= U'A' && c <= U'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) ||
      (c >= 0x391 && c <= 0x3a9 && c != 0x3a2) || (c >= 0x410 && c <= 0x42f);
  return shifted ? c + 32 : c >= 0x400 && c <= 0x40f ? c + 80 : c;
};
)code"},
    {"upper", "cases", R"code(const auto upper = [&](Str s) {
  for (char32_t& c : s) c = to_upper(c);
  return s;
};
)code"},
    {"lower", "cases", R"code(const auto lower = [&](Str s) {
  for (char32_t& c : s) c = to_lower(c);
  return s;
};
)code"},
    {"first_upper", "cases", R"code(const auto first_upper = [&](Str s) {
  if (!s.empty()) s[0] = to_upper(s[0]);
  return s;
};
)code"},
    {"capital", "first_upper lower", R"code(const auto capital = [&](const Str& s) {
  return first_upper(lower(s));
};
)code"},
    {"title", "letters cases", R"code(const auto title = [&](Str s) {
  bool inside = false;
  for (char32_t& c : s) {
    c = inside ? to_lower(c) : to_upper(c);
    inside = is_letter(c);
  }
  return s;
};
)code"},
    {"matches", "letters",
     R"code(using Spans = std::vector<std::pair<int, int>>;
const auto matches = [&](const Str& s, std::string_view name) {
  const auto belongs = [&](char32_t c) {
    if (name == "digits" || name == "figure") return is_digit(c);
    if (name == "letters" || name == "word") return is_letter(c);
    if (name == "alnum") return is_digit(c) || is_letter(c);
    if (name == "uppers" || name == "capital") return is_upper(c);
    if (name == "lowers") return is_lower(c);
    return (name == "spaces") == is_space(c);
  };
  const auto joins = [&](char32_t c) {
    return name == "word" ? c == U'\'' || c == U'-' || c == 0x2019
                          : name == "figure" && (c == U'.' || c == U',');
  };
  Spans found;
  for (std::size_t i = 0; i < s.size();) {
    const std::size_t begin = i++;
    if (!belongs(s[begin])) continue;
    if (name == "capital") {
      while (i < s.size() && is_lower(s[i])) ++i;
      if (i == begin + 1) continue;
    } else {
      while (i < s.size() &&
             (belongs(s[i]) || (joins(s[i]) && i + 1 < s.size() && belongs(s[i + 1]))))
        ++i;
    }
    found.emplace_back(static_cast<int>(begin), static_cast<int>(i));
  }
  return found;
};
)code"},
    {"occurrences", "",
     R"code(const auto occurrences = [](const Str& s, const Str& text) {
  std::vector<std::pair<int, int>> found;
  for (std::size_t i = s.find(text); i != Str::npos; i = s.find(text, i + text.size())) {
    found.emplace_back(static_cast<int>(i), static_cast<int>(i + text.size()));
  }
  return found;
};
)code"},
    {"chosen", "fail", R"code(const auto chosen = [&](const Str& s, const auto& found, int k,
                        bool end, bool lenient, bool is_from) {
  const int n = static_cast<int>(found.size()),
            i = k > 0 ? k - 1 : n + k;
  if (i >= 0 && i < n)
    return end ? found[static_cast<std::size_t>(i)].second
               : found[static_cast<std::size_t>(i)].first;
  fail(!lenient);
  return is_from ? 0 : static_cast<int>(s.size());
};
)code"},
    {"offset", "", R"code(const auto offset = [](int k) {
  return [k](const Str& s, bool) {
    const int n = static_cast<int>(s.size());
    return k >= 0 ? std::min(k, n) : std::max(n + 1 + k, 0);
  };
};
)code"},
    {"token", "matches chosen",
     R"code(const auto token = [&](std::string_view name, int k, bool end, bool lenient) {
  return [=, &matches, &chosen](const Str& s, bool is_from) {
    return chosen(s, matches(s, name), k, end, lenient, is_from);
  };
};
)code"},
    {"literal", "occurrences chosen",
     R"code(const auto literal = [&](const Str& text, int k, bool end, bool lenient) {
  return [=, &occurrences, &chosen](const Str& s, bool is_from) {
    return chosen(s, occurrences(s, text), k, end, lenient, is_from);
  };
};
)code"},
    {"trimmed", "letters", R"code(const auto trimmed = [&](Str s) {
  while (!s.empty() && is_space(s.back())) s.pop_back();
  while (!s.empty() && is_space(s.front())) s.erase(s.begin());
  return s;
};
)code"},
    {"slice", "fail",
     R"code(const auto slice = [&](const Str& s, std::string_view order, const auto& from,
                       const auto& to) {
  const auto part = [&](int a, int b) {
    return s.substr(static_cast<std::size_t>(a), static_cast<std::size_t>(b - a));
  };
  int begin = 0, end = 0;
  if (order == "to first") {
    end = to(s, false);
    begin = from(part(0, end), true);
  } else {
    begin = from(s, true);
    end = order == "apart" ? to(s, false)
                           : begin + to(part(begin, static_cast<int>(s.size())), false);
  }
  fail(begin > end);
  return part(begin, end);
};
)code"},
    {"keep", "letters", R"code(const auto keep = [&](const Str& s, std::string_view name) {
  Str out;
  for (const char32_t c : s) {
    const bool letter = name == "uppers" ? is_upper(c) : name != "digits" && is_letter(c);
    if (letter || ((name == "digits" || name == "alnum") && is_digit(c))) out += c;
  }
  return out;
};
)code"},
    {"swap", "", R"code(const auto swap = [](const Str& s, const Str& a, const Str& b) {
  Str out;
  std::size_t done = 0;
  for (std::size_t at = s.find(a); at != s.npos; at = s.find(a, done)) {
    out.append(s, done, at - done).append(b);
    done = at + a.size();
  }
  return out.append(s, done, s.npos);
};
)code"},
    {"drop", "swap", R"code(const auto drop = [&](const Str& s, const Str& a) {
  return swap(s, a, Str());
};
)code"},
    {"count", "matches",
     R"code(const auto count = [&](const Str& s, const Str& what, std::size_t more) {
  std::size_t times = what.empty() ? matches(s, "visible").size() : 0;
  for (std::size_t at = what.empty() ? s.npos : s.find(what); at != s.npos; at = s.find(what, at + what.size()))
    ++times;
  return decode(std::to_string(times + more));
};
)code"},
    {"ordinal_text", "", R"code(const auto ordinal_text = [](const Str& s) {
  const bool digits = !s.empty() && s.find_first_not_of(U"0123456789") == s.npos;
  if (!digits) return s;
  const bool teen = s.size() > 1 && s[s.size() - 2] == U'1';
  const char32_t last = teen ? U'0' : s.back();
  return s + (last == U'1' ? U"st" : last == U'2' ? U"nd" : last == U'3' ? U"rd" : U"th");
};
)code"},
    {"squeeze", "matches", R"code(const auto squeeze = [&](const Str& s) {
  Str out;
  for (const auto& [begin, end] : matches(s, "visible")) {
    if (!out.empty()) out += U' ';
    out.append(s, static_cast<std::size_t>(begin),
               static_cast<std::size_t>(end - begin));
  }
  return out;
};
)code"},
    {"join_runs", "matches", R"code(const auto join_runs = [&](const Str& s, const Str& mark) {
  Str out;
  for (const auto& [begin, end] : matches(s, "alnum")) {
    if (!out.empty()) out += mark;
    out.append(s, static_cast<std::size_t>(begin),
               static_cast<std::size_t>(end - begin));
  }
  return out;
};
)code"},
    {"digits_part", "", R"code(const auto digits_part = [](const Str& s, int from, int count) {
  Str digits;
  for (const char32_t c : s) {
    if (c >= U'0' && c <= U'9') digits += c;
  }
  const int n = static_cast<int>(digits.size());
  if (from < 0) from += n;
  const int begin = std::clamp(from, 0, n), end = std::clamp(from + count, begin, n);
  return digits.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
};
)code"},
    {"mask", "letters", R"code(const auto mask = [&](Str s, const Str& c) {
  for (char32_t& x : s) x = is_digit(x) || is_letter(x) ? c[0] : x;
  return s;
};
)code"},
    {"length_text", "letters", R"code(const auto length_text = [&](const Str& s, int what) {
  return decode(std::to_string(std::count_if(s.begin(), s.end(), [&](char32_t c) {
    return what == 1 ? is_letter(c) : what != 2 || is_digit(c);
  })));
};
)code"},
    {"roman", "", R"code(const auto roman = [](const Str& s) {
  const bool number = !s.empty() && s.size() <= 4 && s[0] != U'0' &&
                      s.find_first_not_of(U"0123456789") == s.npos;
  int n = 0;
  for (const char32_t c : number ? s : Str()) n = 10 * n + static_cast<int>(c - U'0');
  if (n == 0 || n > 3999) return s;
  const std::pair<int, Str> parts[] = {{1000, U"M"}, {900, U"CM"}, {500, U"D"}, {400, U"CD"},
                                       {100, U"C"},  {90, U"XC"},  {50, U"L"},  {40, U"XL"},
                                       {10, U"X"},   {9, U"IX"},   {5, U"V"},   {4, U"IV"},
                                       {1, U"I"}};
  Str out;
  for (const auto& [value, figures] : parts) {
    for (; n >= value; n -= value) out += figures;
  }
  return out;
};
)code"},
    {"part_case", "letters", R"code(const auto part_case = [&](const Str& s, const Str& mark) {
  Str out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (i > 0 && is_upper(s[i]) && (is_lower(s[i - 1]) || is_digit(s[i - 1]))) out += mark;
    out += s[i];
  }
  return out;
};
)code"},
    {"grouped", "", R"code(const auto grouped = [](Str s, const Str& mark) {
  const std::size_t sign = !s.empty() && s[0] == U'-' ? 1 : 0;
  if (s.find_first_not_of(U"0123456789", sign) != s.npos) return s;
  for (std::size_t i = s.size(); i > sign + 3;) s.insert(i -= 3, mark);
  return s;
};
)code"},
    {"spread", "matches",
     R"code(const auto spread = [&](const Str& s, std::size_t width, const Str& fill) {
  const auto gaps = matches(s, "spaces");
  if (gaps.empty()) return s;
  const auto begin = static_cast<std::size_t>(gaps.back().first);
  const auto end = static_cast<std::size_t>(gaps.back().second);
  const std::size_t rest = s.size() - (end - begin);
  return s.substr(0, begin) + Str(width > rest ? width - rest : 0, fill[0]) + s.substr(end);
};
)code"},
    {"initials", "matches", R"code(const auto initials = [&](const Str& s, const Str& behind) {
  Str out;
  for (const auto& m : matches(s, "visible"))
    out += s[static_cast<std::size_t>(m.first)] + behind;
  return out;
};
)code"},
    {"pad_left", "",
     R"code(const auto pad_left = [](const Str& s, std::size_t width, const Str& c) {
  return s.size() < width ? Str(width - s.size(), c[0]) + s : s;
};
)code"},
    {"pad_right", "", R"code(const auto pad_right = [](const Str& s, std::size_t width,
                          const Str& c) {
  return s.size() < width ? s + Str(width - s.size(), c[0]) : s;
};
)code"},
    {"strip_zeros", "", R"code(const auto strip_zeros = [](Str s) {
  while (s.size() > 1 && s[0] == U'0') s.erase(s.begin());
  return s;
};
)code"},
    {"decimal", "fail", R"code(struct Decimal {
  long long mantissa;
  int decimals;
};
const auto power = [](int n) {
  long long p = 1;
  while (n-- > 0) p *= 10;
  return p;
};
constexpr long long mantissa_max = 9'223'372'036'854'775'807;
const auto fit = [&](long long mantissa, int shift,
                     int decimals) {  // mantissa * 10^shift
  fail(decimals > 12 || shift > 18 || mantissa > mantissa_max / power(shift) ||
       mantissa < -mantissa_max / power(shift));
  return Decimal{mantissa * power(shift), decimals};
};
)code"},
    {"integer", "decimal", R"code(const auto integer = [&](long long mantissa) {
  return Decimal{mantissa, 0};
};
)code"},
    {"scan", "decimal letters", cpp_scan},
    {"numbers", "scan", R"code(const auto numbers = [&](const Str& s, bool comma) {
  return scan(s, comma, [](Decimal x, std::size_t end) { return std::pair(x, end); });
};
)code"},
    {"number", "numbers",
     R"code(const auto number = [&](const Str& s, int k, bool comma) {
  const auto found = numbers(s, comma);
  const int n = static_cast<int>(found.size()), i = k > 0 ? k - 1 : n + k;
  fail(i < 0 || i >= n || found[static_cast<std::size_t>(i)].decimals < 0);
  return found[static_cast<std::size_t>(i)];
};
)code"},
    {"scaled", "decimal", R"code(const auto scaled = [&](Decimal x, int by) {
  const int decimals = x.decimals - by;
  return decimals >= 0 ? fit(x.mantissa, 0, decimals)
                       : fit(x.mantissa, -decimals, 0);
};
)code"},
    {"plus", "decimal", R"code(const auto plus = [&](Decimal x, long long mantissa, int decimals) {
  const int most = std::max(x.decimals, decimals);
  const long long a = fit(x.mantissa, most - x.decimals, most).mantissa,
                  b = fit(mantissa, most - decimals, most).mantissa;
  fail(b < 0 ? a < -mantissa_max - b : a > mantissa_max - b);
  return Decimal{a + b, most};
};
)code"},
    {"added", "plus", R"code(const auto added = [&](Decimal x, Decimal y) {
  return plus(x, y.mantissa, y.decimals);
};
)code"},
    {"minus", "plus", R"code(const auto minus = [&](Decimal x, Decimal y) {
  return plus(x, -y.mantissa, y.decimals);
};
)code"},
    {"total", "numbers plus", R"code(const auto total = [&](const Str& s, bool comma) {
  const auto found = numbers(s, comma);
  fail(found.empty());
  Decimal x{0, 0};
  for (const Decimal& y : found) {
    fail(y.decimals < 0);
    x = plus(x, y.mantissa, y.decimals);
  }
  return x;
};
)code"},
    {"pick", "plus", R"code(const auto pick = [&](const std::vector<Decimal>& found, int k) {
  const int n = static_cast<int>(found.size()), i = k > 0 ? k - 1 : k < 0 ? n + k : 0;
  fail(i < 0 || i >= n);
  Decimal x{0, 0};
  for (int j = i; j < (k == 0 ? n : i + 1); ++j) {
    const Decimal y = found[static_cast<std::size_t>(j)];
    fail(y.decimals < 0);
    x = plus(x, y.mantissa, y.decimals);
  }
  return x;
};
)code"},
    {"measured", "scan pick", cpp_measured},
    {"powers", "scan pick scaled", cpp_powers},
    {"times", "decimal",
     R"code(const auto times = [&](Decimal x, long long mantissa, int decimals) {
  const long long size = x.mantissa < 0 ? -x.mantissa : x.mantissa,
                  limit = mantissa_max / std::max(size, 1LL);
  fail(mantissa > limit || mantissa < -limit);
  return fit(x.mantissa * mantissa, 0, x.decimals + decimals);
};
)code"},
    {"product", "times", R"code(const auto product = [&](Decimal x, Decimal y) {
  return times(x, y.mantissa, y.decimals);
};
)code"},
    {"whole", "decimal",
     R"code(const auto whole = [&](long long a, long long unit, std::string_view mode) {
  fail(unit > mantissa_max / 4);
  const long long left = a % unit, rest = left < 0 ? left + unit : left,
                  q = a / unit - (left < 0 ? 1 : 0);
  const bool up = mode == "ceil" || (mode == "truncate" && a < 0) ||
                  (mode == "half up" && (rest * 2 > unit || (rest * 2 == unit && a > 0))) ||
                  (mode == "half even" && (rest * 2 > unit || (rest * 2 == unit && q % 2 != 0)));
  return rest != 0 && up ? q + 1 : q;
};
)code"},
    {"divided", "decimal whole",
     R"code(const auto divided = [&](Decimal x, long long mantissa, int decimals,
                         std::string_view mode, int places) {
  const int up = places - x.decimals + decimals;
  fail(mantissa == 0 || up > 18 || up < -18);
  const long long a = fit(x.mantissa, std::max(up, 0), 0).mantissa,
                  b = fit(mantissa, std::max(-up, 0), 0).mantissa;
  return fit(whole(b > 0 ? a : -a, b > 0 ? b : -b, mode), 0, places);
};
)code"},
    {"ratio", "divided", R"code(const auto ratio = [&](Decimal x, Decimal y, int places) {
  return divided(x, y.mantissa, y.decimals, "half up", places);
};
)code"},
    {"rest_of", "decimal", R"code(const auto rest_of = [&](Decimal x, long long unit) {
  const long long u = fit(unit, x.decimals, 0).mantissa;
  const long long left = x.mantissa % u;
  return Decimal{left < 0 ? left + u : left, x.decimals};
};
)code"},
    {"rounded", "decimal whole",
     R"code(const auto rounded = [&](Decimal x, long long mantissa, int decimals,
                         std::string_view mode) {
  const int most = std::max(x.decimals, decimals);
  const long long a = fit(x.mantissa, most - x.decimals, most).mantissa,
                  u = fit(mantissa, most - decimals, most).mantissa,
                  q = whole(a, u, mode), limit = mantissa_max / mantissa;
  fail(q > limit || q < -limit);
  return Decimal{q * mantissa, decimals};
};
)code"},
    {"figures", "", R"code(const auto figures = [](long long n) {
  return static_cast<int>(std::to_string(n < 0 ? -n : n).size());
};
)code"},
    {"significant", "rounded figures", R"code(const auto significant = [&](Decimal x, int n) {
  const int cut = figures(x.mantissa) - n, d = x.decimals - cut;
  if (x.mantissa == 0 || cut <= 0) return x;
  return d >= 0 ? rounded(x, 1, d, "half up") : rounded(x, power(-d), 0, "half up");
};
)code"},
    {"significand", "decimal figures", R"code(const auto significand = [&](Decimal x) {
  while (x.mantissa != 0 && x.mantissa % 10 == 0) x.mantissa /= 10;
  return fit(x.mantissa, 0, figures(x.mantissa) - 1);
};
)code"},
    {"power_of", "decimal figures", R"code(const auto power_of = [&](Decimal x) {
  return Decimal{x.mantissa == 0 ? 0 : figures(x.mantissa) - 1 - x.decimals, 0};
};
)code"},
    {"show", "rounded",
     R"code(const auto show = [&](Decimal x, int least, int most, std::size_t width, const Str& pad,
                      const Str& tail, std::string_view groups, const Str& mark,
                      const Str& group, const Str& sign, bool bare, bool absolute) {
  if (x.decimals > most) x = rounded(x, 1, most, "half up");
  const std::string digits = std::to_string(x.mantissa < 0 ? -x.mantissa : x.mantissa);
  Str head(digits.begin(), digits.end());
  if (head.size() <= static_cast<std::size_t>(x.decimals))
    head.insert(0, static_cast<std::size_t>(x.decimals) + 1 - head.size(), U'0');
  Str rest = head.substr(head.size() - static_cast<std::size_t>(x.decimals));
  head.resize(head.size() - rest.size());
  const auto n = static_cast<std::size_t>(least);
  while (!rest.empty() && rest.back() == U'0' && (rest.size() > n || tail != U"0"))
    rest.pop_back();
  if (rest.size() < n) rest.append(n - rest.size(), tail[0]);
  if (head == U"0" && bare && !rest.empty()) head.clear();
  const std::size_t length = head.size();
  for (std::size_t i = 1; i < length; ++i) {
    const bool here =
        groups == "thousands" ? i % 3 == 0 : groups == "indian" && i >= 3 && i % 2 == 1;
    if (here) head.insert(length - i, group);
  }
  if (head.size() < width) head.insert(0, width - head.size(), pad[0]);
  return (absolute         ? Str()
          : x.mantissa < 0 ? Str(U"-")
                           : sign) +
         head + (rest.empty() ? Str() : mark + rest);
};
)code"},
    {"names", "", R"code(const Str months[] = {U"January",   U"February", U"March",    U"April",
                      U"May",       U"June",     U"July",     U"August",
                      U"September", U"October",  U"November", U"December"};
[[maybe_unused]] const Str weekdays[] = {
    U"Monday", U"Tuesday",  U"Wednesday", U"Thursday",
    U"Friday", U"Saturday", U"Sunday"};
)code"},
    {"moment", "fail names", cpp_moment},
    {"either", "moment",
     R"code(const auto either = [&](const Str& s, std::string_view first, std::string_view second) {
  try {
    return moment(s, first);
  } catch (const std::out_of_range&) {
    return moment(s, second);
  }
};
)code"},
    {"rounded_time", "moment",
     R"code(const auto rounded_time = [&](Moment m, int unit, int start, std::string_view mode,
                              int add, bool wrap) {
  fail(m.second < 0);
  const bool of_a_day = m.second < 86400;
  if (unit > 0) {
    const int rest = ((m.second - start) % unit + unit) % unit;
    m.second -= rest;
    if (rest > 0 && (mode == "ceil" || (mode == "half up" && rest * 2 >= unit)))
      m.second += unit;
  }
  m.second += add;
  if (wrap && of_a_day) m.second = (m.second % 86400 + 86400) % 86400;
  fail(m.second < 0);
  return m;
};
)code"},
    {"days_later", "moment", R"code(const auto days_later = [&](Moment m, int n) {
  fail(m.year < 0 || m.month < 0 || m.day < 0);
  const auto length = [&m] {
    const bool leap = m.year % 4 == 0 && (m.year % 100 != 0 || m.year % 400 == 0);
    const int lengths[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return lengths[m.month - 1];
  };
  m.day += n;
  while (m.day < 1) {
    if (--m.month == 0) m.month = 12, --m.year;
    m.day += length();
  }
  while (m.day > length()) {
    m.day -= length();
    if (++m.month == 13) m.month = 1, ++m.year;
  }
  fail(m.year < 1 || m.year > 9999);
  return m;
};
)code"},
    {"months_later", "moment", R"code(const auto months_later = [&](Moment m, int n) {
  fail(m.year < 0 || m.month < 0 || m.day < 0);
  const int all = m.year * 12 + m.month - 1 + n;
  fail(all < 12 || all >= 120'000);
  m.year = all / 12;
  m.month = all % 12 + 1;
  const bool leap = m.year % 4 == 0 && (m.year % 100 != 0 || m.year % 400 == 0);
  const int lengths[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  m.day = std::min(m.day, lengths[m.month - 1]);
  return m;
};
)code"},
    {"first_of", "moment", R"code(const auto first_of = [&](Moment m, std::string_view what) {
  fail(m.year < 0 || m.month < 0);
  if (what == "quarter") m.month -= (m.month - 1) % 3;
  if (what == "year") m.month = 1;
  m.day = 1;
  return m;
};
)code"},
    {"field_number", "moment",
     R"code(const auto field_number = [&](const Moment& m, std::string_view name) -> int {
  const auto floored = [](int a, int b) { return a >= 0 ? a / b : -((b - 1 - a) / b); };
  const auto days = [&](int y, int mo, int d) {
    if (mo <= 2) --y;
    return 365 * y + floored(y, 4) - floored(y, 100) + floored(y, 400) +
           (153 * ((mo + 9) % 12) + 2) / 5 + d;
  };
  if (name == "year") return fail(m.year < 0), m.year;
  if (name == "month") return fail(m.month < 0), m.month;
  if (name == "day") return fail(m.day < 0), m.day;
  if (name == "quarter") return fail(m.month < 0), (m.month + 2) / 3;
  if (name == "day of year" || name == "weekday" || name == "week" || name == "total days") {
    fail(m.year < 0 || m.month < 0 || m.day < 0);
    const int date = days(m.year, m.month, m.day), weekday = (date + 1) % 7,
              thursday = date - weekday + 3;
    if (name == "total days") return date;
    if (name == "day of year") return date - days(m.year, 1, 1) + 1;
    if (name == "weekday") return weekday + 1;
    int year = m.year + 1;
    while (days(year, 1, 1) > thursday) --year;
    return (thursday - days(year, 1, 1)) / 7 + 1;
  }
  if (name == "months and days") {
    fail(m.year < 0 || m.month < 0 || m.day < 0);
    return (m.year * 12 + m.month - 1) * 100 + m.day;
  }
  fail(m.second < 0);
  if (name == "hour") return m.second / 3600;
  if (name == "hour12") return fail(m.second >= 86400), (m.second / 3600 + 11) % 12 + 1;
  if (name == "minute") return m.second / 60 % 60;
  if (name == "second") return m.second % 60;
  return name == "total minutes" ? m.second / 60 : m.second;
};
)code"},
    {"week_of", "days_later field_number",
     R"code(const auto week_of = [&](const Moment& m, int first) {
  return days_later(m, -((field_number(m, "weekday") + 6 - first) % 7));
};
)code"},
    {"field", "field_number", R"code(const auto field = [&](const Moment& m, std::string_view name,
                       std::size_t width) {
  std::string s = std::to_string(field_number(m, name));
  if (s.size() < width) s.insert(0, width - s.size(), '0');
  return Str(s.begin(), s.end());
};
)code"},
    {"year2", "field", R"code(const auto year2 = [&](const Moment& m) {
  const Str s = field(m, "year", 2);
  return s.substr(s.size() - 2);
};
)code"},
    {"month_name", "field_number",
     R"code(const auto month_name = [&](const Moment& m, std::size_t length) {
  return months[field_number(m, "month") - 1].substr(0, length);
};
)code"},
    {"weekday_name", "field_number",
     R"code(const auto weekday_name = [&](const Moment& m, std::size_t length) {
  return weekdays[field_number(m, "weekday") - 1].substr(0, length);
};
)code"},
    {"am_pm", "moment", R"code(const auto am_pm = [&](const Moment& m, std::size_t length) {
  fail(m.second < 0 || m.second >= 86400);
  return Str(m.second < 43200 ? U"AM" : U"PM").substr(0, length);
};
)code"},
    {"ordinal", "field", R"code(const auto ordinal = [&](const Moment& m) {
  const int n = field_number(m, "day"),
            last = n >= 11 && n <= 13 ? 0 : n % 10;
  return field(m, "day", 1) + (last == 1   ? U"st"
                               : last == 2 ? U"nd"
                               : last == 3 ? U"rd"
                                           : U"th");
};
)code"},
    {"has", "", R"code(const auto has = [](const Str& s, const Str& text) {
  return s.find(text) != Str::npos;
};
)code"},
    {"starts", "", R"code(const auto starts = [](const Str& s, const Str& text) {
  return s.compare(0, text.size(), text) == 0;
};
)code"},
    {"ends", "", R"code(const auto ends = [](const Str& s, const Str& text) {
  return s.size() >= text.size() &&
         s.compare(s.size() - text.size(), text.size(), text) == 0;
};
)code"},
    {"equals", "",
     R"code(const auto equals = [](const Str& s, const Str& text) { return s == text; };
)code"},
    {"empty", "trimmed", R"code(const auto empty = [&](const Str& s) { return trimmed(s).empty(); };
)code"},
    {"length_is", "", R"code(const auto length_is = [](const Str& s, std::size_t n) {
  return s.size() == n;
};
)code"},
    {"has_token", "matches",
     R"code(const auto has_token = [&](const Str& s, std::string_view name) {
  return !matches(s, name).empty();
};
)code"},
    {"starts_token", "matches", R"code(const auto starts_token = [&](const Str& s,
                              std::string_view name) {
  const auto found = matches(s, name);
  return !found.empty() && found[0].first == 0;
};
)code"},
    {"tokens_are", "matches",
     R"code(const auto tokens_are = [&](const Str& s, std::string_view name,
                            std::size_t n) {
  return matches(s, name).size() == n;
};
)code"},
    {"holds", "", R"code(const auto holds = [](const auto& test) {
  try {
    return test();
  } catch (const std::out_of_range&) {
    return false;
  }
};
)code"},
    {"multiple", "numbers rest_of", R"code(const auto multiple = [&](const Str& s, long long n) {
  const auto found = numbers(s, false);
  try {
    return n > 0 && !found.empty() && found[0].decimals >= 0 && rest_of(found[0], n).mantissa == 0;
  } catch (const std::out_of_range&) {
    return false;
  }
};
)code"},
    {"at_least", "numbers plus", R"code(const auto at_least = [&](const Str& s, long long mantissa,
                          int decimals) {
  const auto found = numbers(s, false);
  try {
    return !found.empty() && found[0].decimals >= 0 &&
           plus(found[0], -mantissa, decimals).mantissa >= 0;
  } catch (const std::out_of_range&) {
    return false;
  }
};
)code"},
};

}  // namespace weir::search::text
