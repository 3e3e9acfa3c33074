// text_cpp_numbers.hpp: how generated C++ finds numbers, their units and powers: as text_number.hpp says.
#pragma once

#include <string_view>

namespace weir::search::text {

inline constexpr std::string_view cpp_scan =
    R"code(const auto scan = [&](const Str& s, bool comma, const auto& beside) {
  const char32_t mark = comma ? U',' : U'.', group = comma ? U'.' : U',';
  const auto digit = [&](std::size_t i) { return i < s.size() && is_digit(s[i]); };
  const auto alnum = [&](char32_t c) { return is_digit(c) || is_letter(c); };
  const auto run = [&](std::size_t i) {
    std::size_t n = 0;
    while (digit(i + n)) ++n;
    return n;
  };
  const auto groups = [&](std::size_t i) {
    while (i < s.size() && s[i] == group) {
      const std::size_t n = run(i + 1);
      if (n != 2) return n == 3;
      i += 3;
    }
    return false;
  };
  std::vector<Decimal> found;
  for (std::size_t i = 0; i < s.size();) {
    const bool naked = s[i] == mark && digit(i + 1) && (i == 0 || !alnum(s[i - 1]));
    const std::size_t begin = i;
    if (!digit(i) && !naked) {
      ++i;
      continue;
    }
    Decimal x{0, 0};
    bool large = false;
    const auto take = [&] {
      for (; digit(i); ++i) {
        const auto last = static_cast<long long>(s[i] - U'0');
        large = large || x.mantissa > (mantissa_max - last) / 10;
        if (!large) x.mantissa = x.mantissa * 10 + last;
      }
    };
    take();
    while (groups(i)) {
      ++i;
      take();
    }
    if (i < s.size() && s[i] == mark && digit(i + 1)) {
      ++i;
      x.decimals = static_cast<int>(std::min<std::size_t>(run(i), 99));
      take();
    }
    std::size_t b = begin;
    if (b > 0 && (s[b - 1] == U'$' || (s[b - 1] >= 0xa2 && s[b - 1] <= 0xa5) ||
                  (s[b - 1] >= 0x20a0 && s[b - 1] <= 0x20cf)))
      --b;
    const bool dash = b > 0 && (s[b - 1] == U'-' || s[b - 1] == 0x2212) &&
                      (b == 1 || (!alnum(s[b - 2]) && s[b - 2] != U')'));
    if (dash || (b == 1 && s[0] == U'(' && i + 1 == s.size() && s[i] == U')'))
      x.mantissa = -x.mantissa;
    if (large || x.decimals > 12) x = {0, -1};
    std::tie(x, i) = beside(x, i);
    found.push_back(x);
  }
  return found;
};
)code";

inline constexpr std::string_view cpp_measured =
    R"code(using Sizes = std::vector<std::pair<Str, long long>>;
const auto measured = [&](const Str& s, int k, bool comma, const Sizes& sizes) {
  const auto beside = [&](Decimal x, std::size_t end) {
    std::size_t i = end;
    while (i < s.size() && is_space(s[i])) ++i;
    Str name;
    if (i < s.size() && (s[i] == U'\'' || s[i] == U'"')) name = s[i];
    for (; i < s.size() && is_letter(s[i]); ++i)
      name += s[i] >= U'A' && s[i] <= U'Z' ? s[i] + 32 : s[i];
    for (const auto& [unit, size] : sizes) {
      if (unit != name || x.decimals < 0) continue;
      const long long limit = mantissa_max / size;
      if (x.mantissa > limit || x.mantissa < -limit) break;
      return std::pair(Decimal{x.mantissa * size, x.decimals}, end);
    }
    return std::pair(Decimal{0, -1}, end);
  };
  return pick(scan(s, comma, beside), k);
};
)code";

inline constexpr std::string_view cpp_powers =
    R"code(const auto powers = [&](const Str& s, int k, bool comma) {
  const auto beside = [&](Decimal x, std::size_t end) {
    const auto at = [&](std::size_t i) { return i < s.size() ? s[i] : U'\0'; };
    const auto skip = [&](std::size_t& i, std::u32string_view any) {
      const bool there = i < s.size() && any.find(s[i]) != any.npos;
      if (there) ++i;
      return there;
    };
    std::size_t i = end;
    bool good = skip(i, U"eE");
    if (!good) {
      skip(i, U" ");
      good = skip(i, U"xX*\u00d7");
      skip(i, U" ");
      good = good && skip(i, U"1") && skip(i, U"0") && skip(i, U"^");
    }
    const bool below = good && (at(i) == U'-' || at(i) == 0x2212);
    if (good) skip(i, U"-+\u2212");
    const std::size_t begin = i;
    int n = 0;
    for (; good && is_digit(at(i)) && i < begin + 4; ++i) n = n * 10 + static_cast<int>(at(i) - U'0');
    if (i == begin || i == begin + 4 || is_letter(at(i))) return std::pair(x, end);
    try {
      fail(x.decimals < 0 || n > 18);
      return std::pair(scaled(x, below ? -n : n), i);
    } catch (const std::out_of_range&) {
      return std::pair(Decimal{0, -1}, i);
    }
  };
  return pick(scan(s, comma, beside), k);
};
)code";

}  // namespace weir::search::text
