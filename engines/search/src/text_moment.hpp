// text_moment.hpp: dates and times of day as people write them: found in text, rounded, written field by field.
//
// Shape:  a Moment has what its text had: a date may lack its day or year, a time its seconds, and one of the two may
//         be missing. Seconds count from midnight; hours beyond 23 are durations.
// Errors: a field that is not there has no value: a program that needs it fails on that row.
#pragma once

#include <cstdint>
#include <optional>

#include "text_chars.hpp"

namespace weir::search::text {

inline constexpr int absent = -1;

struct Moment {
  int year = absent, month = absent, day = absent;
  int second = absent;  // of the day, or of the duration

  friend bool operator==(const Moment&, const Moment&) = default;
};

/// Which of three numbers is what; names of months and four-digit years overrule it where they stand.
/// The last two take the second order where the first gives no date.
enum class DateOrder : std::uint8_t { ymd, mdy, dmy, ydm, mdy_or_dmy, dmy_or_mdy };
inline constexpr int date_orders = 6;

/// The first time (h:mm, h:mm:ss, 5 PM) and the date of what is left: month names in English from three letters on,
/// numbers, eight or six digits packed, a year and a day of it (13 to 366). Two-digit years are 1930 to 2029.
std::optional<Moment> moment_of(View text, DateOrder order);

enum class Field : std::uint8_t {
  year,
  year2,
  month,
  month2,
  month3,
  month_name,
  day,
  day2,
  day_ordinal,
  weekday3,
  weekday_name,
  quarter,
  day_of_year,
  day_of_year3,
  iso_week,
  iso_week2,
  iso_weekday,
  hour,
  hour2,
  hour12,
  hour12_2,
  minute,
  minute2,
  second,
  second2,
  am_pm,
  am_pm1,
  total_minutes,
  total_seconds,
  total_days,   // from the first of March of the year 0, which is 1
  months_days,  // 100 a month and 1 a day: a difference has 100 for each whole month between two dates, 1,200 a year
};
inline constexpr int fields = 31;

/// Its text ("07", "July", "PM").
std::optional<Str> written(const Moment& m, Field field);
/// Its number, where it is one.
std::optional<std::int64_t> number_of(const Moment& m, Field field);

/// Days from 1970-01-01 in the Gregorian calendar.
std::int64_t days_from_epoch(int year, int month, int day) noexcept;

}  // namespace weir::search::text
