#include "text_moment.hpp"

#include <array>
#include <vector>

namespace weir::search::text {

namespace {

constexpr std::int64_t day_of_epoch =
    719469;  // 1970-01-01, counted from the first of March of the year 0

constexpr std::array<std::u32string_view, 12> month_names = {
    U"January", U"February", U"March",     U"April",   U"May",      U"June",
    U"July",    U"August",   U"September", U"October", U"November", U"December"};
constexpr std::array<std::u32string_view, 7> weekday_names = {
    U"Monday", U"Tuesday", U"Wednesday", U"Thursday", U"Friday", U"Saturday", U"Sunday"};

struct DateToken {
  bool number = false;
  std::size_t begin = 0, end = 0;
  int value = 0;  // of a number of at most nine digits
  std::size_t length() const noexcept { return end - begin; }
};

constexpr bool ascii_letter(char32_t c) noexcept { return c < 0x80 && is_letter(c); }

std::vector<DateToken> date_tokens(View text) {
  std::vector<DateToken> tokens;
  for (std::size_t i = 0; i < text.size();) {
    DateToken t{is_digit(text[i]), i, i, 0};
    if (!t.number && !ascii_letter(text[i])) {
      ++i;
      continue;
    }
    while (i < text.size() && (t.number ? is_digit(text[i]) : ascii_letter(text[i]))) {
      if (t.number && i - t.begin < 9) t.value = t.value * 10 + static_cast<int>(text[i] - U'0');
      ++i;
    }
    t.end = i;
    tokens.push_back(t);
  }
  return tokens;
}

bool same_letters(View word, View of) noexcept {
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (to_lower(word[i]) != to_lower(of[i])) return false;
  }
  return true;
}

/// 1 to 12 for a name or its first three or more letters, else 0.
int month_of(View word) noexcept {
  if (word.size() < 3) return 0;
  for (std::size_t m = 0; m < 12; ++m) {
    if (word.size() <= month_names[m].size() && same_letters(word, month_names[m]))
      return static_cast<int>(m) + 1;
  }
  return 0;
}

/// 1 for AM, 2 for PM ("pm", "p", "p.m."); `used` tokens are its.
int half_of_day(View text, const std::vector<DateToken>& tokens, std::size_t i,
                std::size_t& used) noexcept {
  used = 1;
  if (i >= tokens.size() || tokens[i].number || tokens[i].length() > 2) return 0;
  if (i > 0 && tokens[i].begin > tokens[i - 1].end + 1) return 0;
  const char32_t first = to_lower(text[tokens[i].begin]);
  if (first != U'a' && first != U'p') return 0;
  if (tokens[i].length() == 2) {
    if (to_lower(text[tokens[i].begin + 1]) != U'm') return 0;
  } else if (i + 1 < tokens.size() && tokens[i + 1].length() == 1 &&
             tokens[i + 1].begin == tokens[i].end + 1 &&
             to_lower(text[tokens[i + 1].begin]) == U'm') {
    used = 2;
  }
  return first == U'a' ? 1 : 2;
}

/// Takes the tokens of the first time out; its seconds, `absent` where there is none, -2 where it is none that can be.
int take_time(View text, std::vector<DateToken>& tokens) {
  const auto colon = [&](std::size_t i, std::size_t longest) {
    return i + 1 < tokens.size() && tokens[i].number && tokens[i + 1].number &&
           tokens[i + 1].length() <= longest && tokens[i + 1].begin == tokens[i].end + 1 &&
           text[tokens[i].end] == U':';
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens[i].number || tokens[i].length() > 2) continue;
    std::size_t n = 1, used = 1;
    int minute = 0, second = 0;
    if (colon(i, 2)) {
      n = 2;
      minute = tokens[i + 1].value;
      if (colon(i + 1, 2)) {
        n = 3;
        second = tokens[i + 2].value;
        if (i + 3 < tokens.size() && tokens[i + 3].number && text[tokens[i + 2].end] == U'.' &&
            tokens[i + 3].begin == tokens[i + 2].end + 1) {
          n = 4;
        }
      }
    }
    const int half = half_of_day(text, tokens, i + n, used);
    if (n == 1 && half == 0) continue;
    int hour = tokens[i].value;
    if (minute > 59 || second > 59 ||
        (half != 0 && (hour == 0 || hour > 12) && (hour > 23 || hour == 0)))
      return -2;
    if (half != 0 && hour <= 12) hour = hour % 12 + (half == 2 ? 12 : 0);
    if (half != 0) n += used;
    const auto at = tokens.begin() + static_cast<std::ptrdiff_t>(i);
    tokens.erase(at, at + static_cast<std::ptrdiff_t>(n));
    return hour * 3600 + minute * 60 + second;
  }
  return absent;
}

bool leap(int year) noexcept { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_in(int year, int month) noexcept {
  constexpr std::array<int, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && (year == absent || leap(year)) ? 29
                                                      : days[static_cast<std::size_t>(month) - 1];
}

int full_year(const DateToken& t) noexcept {
  if (t.length() == 4) return t.value;
  if (t.length() > 2) return -2;
  return t.value < 30 ? 2000 + t.value : 1900 + t.value;
}

/// The day-th day of a year; what is beyond stays no month.
void day_of(Moment& m, int day) noexcept {
  if (day > (leap(m.year) ? 366 : 365)) return;
  m.month = 1;
  for (; day > days_in(m.year, m.month); ++m.month) day -= days_in(m.year, m.month);
  m.day = day;
}

/// Eight or six digits become three numbers.
void unpack(std::vector<DateToken>& numbers, DateOrder order) {
  const DateToken t = numbers[0];
  if (numbers.size() != 1 || (t.length() != 8 && t.length() != 6)) return;
  const bool year_first = order == DateOrder::ymd || order == DateOrder::ydm;
  const std::size_t year = t.length() - 4;
  const std::array<std::size_t, 3> lengths = {year_first ? year : 2, 2, year_first ? 2 : year};
  numbers.clear();
  std::size_t begin = t.begin;
  int rest = t.value;
  for (std::size_t i = 0; i < 3; ++i) {
    int below = 1;
    for (std::size_t j = i + 1; j < 3; ++j) {
      for (std::size_t k = 0; k < lengths[j]; ++k) below *= 10;
    }
    numbers.push_back({true, begin, begin + lengths[i], rest / below});
    rest %= below;
    begin += lengths[i];
  }
}

void with_name(Moment& m, const std::vector<DateToken>& numbers) {
  if (numbers.empty()) return;
  const bool long_first = numbers[0].length() > 2 || numbers[0].value > 31;
  if (numbers.size() == 1) {
    (long_first ? m.year : m.day) = long_first ? full_year(numbers[0]) : numbers[0].value;
    return;
  }
  m.year = full_year(numbers[long_first ? 0 : 1]);
  m.day = numbers[long_first ? 1 : 0].value;
}

bool without_name(Moment& m, const std::vector<DateToken>& n, DateOrder order) {
  if (n.size() == 1) {
    if (n[0].length() != 4) return false;
    m.year = n[0].value;
    return true;
  }
  if (n.size() == 2) {
    const bool first = n[0].length() == 4, last = n[1].length() == 4;
    if (first || last) {
      m.year = n[first ? 0 : 1].value;
      m.month = n[first ? 1 : 0].value;
      if (m.month > 12) day_of(m, m.month);
    } else {
      const bool day_first = order == DateOrder::dmy || order == DateOrder::ydm;
      m.day = n[day_first ? 0 : 1].value;
      m.month = n[day_first ? 1 : 0].value;
    }
    return true;
  }
  if (n[0].length() == 4 && order != DateOrder::ydm) order = DateOrder::ymd;
  const bool year_first = order == DateOrder::ymd || order == DateOrder::ydm;
  const bool month_early = order == DateOrder::ymd || order == DateOrder::mdy;
  m.year = full_year(n[year_first ? 0 : 2]);
  const std::size_t a = year_first ? 1 : 0;
  m.month = n[month_early ? a : a + 1].value;
  m.day = n[month_early ? a + 1 : a].value;
  return true;
}

Str digits_of(std::int64_t value, int width) {
  Str text;
  do {
    text.insert(text.begin(), static_cast<char32_t>(U'0' + value % 10));
    value /= 10;
  } while (value > 0);
  while (static_cast<int>(text.size()) < width) text.insert(text.begin(), U'0');
  return text;
}

bool whole_date(const Moment& m) noexcept {
  return m.year != absent && m.month != absent && m.day != absent;
}

int day_of_year(const Moment& m) noexcept {
  return static_cast<int>(days_from_epoch(m.year, m.month, m.day) - days_from_epoch(m.year, 1, 1)) +
         1;
}

int weekday(const Moment& m) noexcept {  // 0 is Monday
  const std::int64_t d = (days_from_epoch(m.year, m.month, m.day) + 3) % 7;
  return static_cast<int>(d < 0 ? d + 7 : d);
}

int iso_week(const Moment& m) noexcept {
  const std::int64_t thursday = days_from_epoch(m.year, m.month, m.day) - weekday(m) + 3;
  int year = m.year + 1;
  while (days_from_epoch(year, 1, 1) > thursday) --year;
  return static_cast<int>((thursday - days_from_epoch(year, 1, 1)) / 7) + 1;
}

Str ordinal(std::int64_t day) {
  const bool teen = day % 100 >= 11 && day % 100 <= 13;
  const Str suffix = teen            ? U"th"
                     : day % 10 == 1 ? U"st"
                     : day % 10 == 2 ? U"nd"
                     : day % 10 == 3 ? U"rd"
                                     : U"th";
  return digits_of(day, 1) + suffix;
}

}  // namespace

std::int64_t days_from_epoch(int year, int month, int day) noexcept {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

std::optional<Moment> moment_of(View text, DateOrder order) {
  if (order == DateOrder::mdy_or_dmy || order == DateOrder::dmy_or_mdy) {
    const bool month_first = order == DateOrder::mdy_or_dmy;
    const auto m = moment_of(text, month_first ? DateOrder::mdy : DateOrder::dmy);
    return m ? m : moment_of(text, month_first ? DateOrder::dmy : DateOrder::mdy);
  }
  auto tokens = date_tokens(text);
  Moment m;
  m.second = take_time(text, tokens);
  if (m.second < absent) return std::nullopt;
  std::vector<DateToken> numbers;
  for (const DateToken& t : tokens) {
    if (t.number) {
      numbers.push_back(t);
    } else if (m.month == absent) {
      if (const int month = month_of(text.substr(t.begin, t.length())); month > 0) m.month = month;
    }
  }
  if (!numbers.empty()) unpack(numbers, order);
  if (m.month != absent) {
    with_name(m, numbers);
  } else if (!numbers.empty() && !without_name(m, numbers, order)) {
    if (m.second == absent) return std::nullopt;
  }
  if (m.month != absent && (m.month < 1 || m.month > 12)) return std::nullopt;
  if (m.year < absent || (m.year == 0 && m.second == absent)) return std::nullopt;
  if (m.day != absent && (m.day < 1 || m.month == absent || m.day > days_in(m.year, m.month)))
    return std::nullopt;
  if (m.month == absent && m.year == absent && m.second == absent) return std::nullopt;
  return m;
}

std::optional<std::int64_t> number_of(const Moment& m, Field field) {
  const bool date = whole_date(m), time = m.second >= 0;
  const auto when = [](bool there, std::int64_t value) {
    return there ? std::optional<std::int64_t>(value) : std::nullopt;
  };
  switch (field) {
    case Field::year:
      return when(m.year != absent, m.year);
    case Field::month:
      return when(m.month != absent, m.month);
    case Field::day:
      return when(m.day != absent, m.day);
    case Field::quarter:
      return when(m.month != absent, (m.month + 2) / 3);
    case Field::day_of_year:
      return when(date, date ? day_of_year(m) : 0);
    case Field::iso_week:
      return when(date, date ? iso_week(m) : 0);
    case Field::iso_weekday:
      return when(date, date ? weekday(m) + 1 : 0);
    case Field::hour:
      return when(time, m.second / 3600);
    case Field::hour12:
      return when(time && m.second < 86400, (m.second / 3600 + 11) % 12 + 1);
    case Field::minute:
      return when(time, m.second / 60 % 60);
    case Field::second:
      return when(time, m.second % 60);
    case Field::total_minutes:
      return when(time, m.second / 60);
    case Field::total_seconds:
      return when(time, m.second);
    case Field::total_days:
      return when(date, date ? days_from_epoch(m.year, m.month, m.day) + day_of_epoch : 0);
    case Field::months_days:
      return when(date, (m.year * std::int64_t{12} + m.month - 1) * 100 + m.day);
    default:
      return std::nullopt;
  }
}

std::optional<Str> written(const Moment& m, Field field) {
  const auto number = [&m](Field of, int width) -> std::optional<Str> {
    const auto value = number_of(m, of);
    if (!value) return std::nullopt;
    return digits_of(*value, width);
  };
  switch (field) {
    case Field::year:
      return number(Field::year, 4);
    case Field::year2:
      if (m.year == absent) return std::nullopt;
      return digits_of(m.year % 100, 2);
    case Field::month2:
      return number(Field::month, 2);
    case Field::month3:
    case Field::month_name: {
      if (m.month == absent) return std::nullopt;
      const View name = month_names[static_cast<std::size_t>(m.month) - 1];
      return Str(field == Field::month3 ? name.substr(0, 3) : name);
    }
    case Field::day2:
      return number(Field::day, 2);
    case Field::day_ordinal:
      if (m.day == absent) return std::nullopt;
      return ordinal(m.day);
    case Field::weekday3:
    case Field::weekday_name: {
      if (!whole_date(m)) return std::nullopt;
      const View name = weekday_names[static_cast<std::size_t>(weekday(m))];
      return Str(field == Field::weekday3 ? name.substr(0, 3) : name);
    }
    case Field::day_of_year3:
      return number(Field::day_of_year, 3);
    case Field::iso_week2:
      return number(Field::iso_week, 2);
    case Field::hour2:
      return number(Field::hour, 2);
    case Field::hour12_2:
      return number(Field::hour12, 2);
    case Field::minute2:
      return number(Field::minute, 2);
    case Field::second2:
      return number(Field::second, 2);
    case Field::am_pm:
    case Field::am_pm1:
      if (m.second < 0 || m.second >= 86400) return std::nullopt;
      return Str(m.second < 43200 ? U"AM" : U"PM").substr(0, field == Field::am_pm ? 2 : 1);
    default:
      return number(field, 1);
  }
}

}  // namespace weir::search::text
