// text_cpp_moment.hpp: how generated C++ reads dates and times: as moment_of() of text_moment.hpp does.
#pragma once

#include <string_view>

namespace weir::search::text {

inline constexpr std::string_view cpp_moment =
    R"code(struct Moment {
  int year = -1, month = -1, day = -1, second = -1;
};
const auto moment = [&](const Str& s, std::string_view order) {
  struct Token {
    bool number;
    std::size_t begin, end;
    int value;
    int length;
  };
  const auto small = [](char32_t c) { return c >= U'A' && c <= U'Z' ? c + 32 : c; };
  const auto kind = [&](char32_t c) {
    return c >= U'0' && c <= U'9' ? 1 : small(c) >= U'a' && small(c) <= U'z' ? 2 : 0;
  };
  std::vector<Token> t;
  for (std::size_t i = 0; i < s.size();) {
    Token one{kind(s[i]) == 1, i, i, 0, 0};
    if (kind(s[i]) == 0) {
      ++i;
      continue;
    }
    for (; i < s.size() && kind(s[i]) == (one.number ? 1 : 2); ++i, ++one.length) {
      if (one.number && one.length < 9)
        one.value = one.value * 10 + static_cast<int>(s[i] - U'0');
    }
    one.end = i;
    t.push_back(one);
  }
  const auto digit = [&](std::size_t i) { return i < t.size() && t[i].number; };
  const auto after = [&](std::size_t i, char32_t c) {
    return digit(i + 1) && t[i + 1].begin == t[i].end + 1 && s[t[i].end] == c;
  };
  const auto colon = [&](std::size_t i) {
    return digit(i) && after(i, U':') && t[i + 1].length <= 2;
  };
  const auto letter = [&](std::size_t i, std::size_t k) {
    return small(s[t[i].begin + k]);
  };
  Moment m;
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (!digit(i) || t[i].length > 2) continue;
    std::size_t n = 1;
    int mi = 0, se = 0;
    char32_t half = 0;
    if (colon(i)) {
      n = 2;
      mi = t[i + 1].value;
      if (colon(i + 1)) {
        n = after(i + 2, U'.') ? 4 : 3;
        se = t[i + 2].value;
      }
    }
    const std::size_t j = i + n;
    if (j < t.size() && !t[j].number && (letter(j, 0) == U'a' || letter(j, 0) == U'p') &&
        t[j].begin <= t[j - 1].end + 1 &&
        (t[j].length == 1 || (t[j].length == 2 && letter(j, 1) == U'm'))) {
      half = letter(j, 0);
      n += t[j].length == 1 && j + 1 < t.size() && t[j + 1].length == 1 &&
                   letter(j + 1, 0) == U'm' && t[j + 1].begin == t[j].end + 1
               ? 2
               : 1;
    }
    if (n == 1 && half == 0) continue;
    int h = t[i].value;
    fail(mi > 59 || se > 59 || (half != 0 && (h == 0 || h > 23)));
    if (half != 0 && h <= 12) h = h % 12 + (half == U'p' ? 12 : 0);
    m.second = h * 3600 + mi * 60 + se;
    t.erase(t.begin() + static_cast<std::ptrdiff_t>(i),
            t.begin() + static_cast<std::ptrdiff_t>(i + n));
    break;
  }
  struct Count {
    int length, value;
  };
  std::vector<Count> n;
  for (const Token& one : t) {
    if (one.number) n.push_back({one.length, one.value});
    if (one.number || one.length < 3) continue;
    for (int k = 0; k < 12 && m.month < 0; ++k) {
      bool same = static_cast<std::size_t>(one.length) <= months[k].size();
      for (std::size_t c = 0; same && c < one.end - one.begin; ++c)
        same = small(s[one.begin + c]) == small(months[k][c]);
      if (same) m.month = k + 1;
    }
  }
  if (n.size() == 1 && (n[0].length == 6 || n[0].length == 8)) {
    const Count all = n[0];
    int below = all.length == 8 ? 100'000'000 : 1'000'000, rest = all.value;
    n.clear();
    for (const char c : order) {
      const int length = c == 'y' ? all.length - 4 : 2;
      below /= length == 4 ? 10'000 : 100;
      n.push_back({length, rest / below});
      rest %= below;
    }
  }
  const auto days_in = [](int y, int mo) {
    const bool leap = y == -1 || (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
    const int days[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[mo - 1];
  };
  const auto full = [](Count x) {
    return x.length == 4  ? x.value
           : x.length > 2 ? -2
                          : x.value + (x.value < 30 ? 2000 : 1900);
  };
  if (m.month >= 0) {
    const bool first = !n.empty() && (n[0].length > 2 || n[0].value > 31);
    if (n.size() > 1) {
      m.year = full(n[first ? 0 : 1]);
      m.day = n[first ? 1 : 0].value;
    } else if (!n.empty()) {
      (first ? m.year : m.day) = first ? full(n[0]) : n[0].value;
    }
  } else if (n.size() == 1) {
    fail(n[0].length != 4 && m.second < 0);
    if (n[0].length == 4) m.year = n[0].value;
  } else if (n.size() == 2) {
    if (n[0].length == 4 || n[1].length == 4) {
      m.year = n[n[0].length == 4 ? 0 : 1].value;
      m.month = n[n[0].length == 4 ? 1 : 0].value;
      if (m.month > 12 && m.month <= 337 + days_in(m.year, 2)) {
        m.day = m.month;
        for (m.month = 1; m.day > days_in(m.year, m.month); ++m.month) m.day -= days_in(m.year, m.month);
      }
    } else {
      const bool day_first = order == "dmy" || order == "ydm";
      m.day = n[day_first ? 0 : 1].value;
      m.month = n[day_first ? 1 : 0].value;
    }
  } else if (!n.empty()) {
    if (n[0].length == 4 && order != "ydm") order = "ymd";
    m.year = full(n[order.find('y')]);
    m.month = n[order.find('m')].value;
    m.day = n[order.find('d')].value;
  }
  fail(m.month != -1 && (m.month < 1 || m.month > 12));
  fail(m.year < -1 || (m.year == 0 && m.second < 0));
  fail(m.day != -1 && (m.month == -1 || m.day < 1 || m.day > days_in(m.year, m.month)));
  fail(m.year == -1 && m.month == -1 && m.second < 0);
  return m;
};
)code";

}  // namespace weir::search::text
