#include <openssl/evp.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <weir/segmentation/instant.hpp>
#include <weir/segmentation/text.hpp>

namespace weir::segmentation {

std::string Date::text() const {
  std::array<char, 48> buffer{};
  const int size = std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02d", year, month, day);
  return {buffer.data(), static_cast<std::size_t>(size)};
}

// The two conversions are those of Howard Hinnant's "chrono-compatible low-level date algorithms":
// eras of 400 years that begin on the first of March.
std::int64_t days_from_date(Date date) noexcept {
  const std::int64_t y = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year =
      (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719468;
}

Date date_from_days(std::int64_t days) noexcept {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * day_of_year + 2) / 153;
  const auto day = static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1);
  const auto month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  return {static_cast<int>(year_of_era + era * 400 + (month <= 2 ? 1 : 0)), month, day};
}

bool is_valid(Date date) noexcept {
  return date.year >= 1 && date.year <= 9999 && date.month >= 1 && date.month <= 12 &&
         date.day >= 1 && date_from_days(days_from_date(date)) == date;
}

namespace {

constexpr double instant_s_min = -62135596800.0;  // 0001-01-01 and
constexpr double instant_s_max = 253402300800.0;  // 10000-01-01, where Python's datetime ends

/// Takes exactly `digits` digits.
bool take(std::string_view& text, std::size_t digits, int& value) noexcept {
  if (text.size() < digits) return false;
  value = 0;
  for (std::size_t k = 0; k < digits; ++k) {
    if (!is_digit(text[k])) return false;
    value = value * 10 + (text[k] - '0');
  }
  text.remove_prefix(digits);
  return true;
}

bool take_char(std::string_view& text, char c) noexcept {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// HH:MM[:SS[.ffffff]] in microseconds.
bool take_clock(std::string_view& text, std::int64_t& us) noexcept {
  int hour = 0, minute = 0, second = 0;
  if (!take(text, 2, hour) || !take_char(text, ':') || !take(text, 2, minute)) return false;
  std::int64_t fraction = 0;
  if (take_char(text, ':')) {
    if (!take(text, 2, second)) return false;
    if (!text.empty() && (text.front() == '.' || text.front() == ',')) {
      text.remove_prefix(1);
      std::int64_t scale = 100'000;
      std::size_t digits = 0;
      for (; !text.empty() && is_digit(text.front());
           text.remove_prefix(1), ++digits, scale /= 10) {
        fraction += scale * (text.front() - '0');
      }
      if (digits == 0) return false;
    }
  }
  us = ((hour * 60 + minute) * 60 + second) * std::int64_t{1'000'000} + fraction;
  return hour < 24 && minute < 60 && second < 60;
}

std::optional<std::int64_t> parse_iso_us(std::string_view text) noexcept {
  Date date;
  if (!take(text, 4, date.year) || !take_char(text, '-') || !take(text, 2, date.month) ||
      !take_char(text, '-') || !take(text, 2, date.day) || !is_valid(date)) {
    return std::nullopt;
  }
  std::int64_t us = 0;
  if (!text.empty()) {
    if (!take_char(text, 'T') && !take_char(text, ' ')) return std::nullopt;
    if (!take_clock(text, us)) return std::nullopt;
    text = trim(text);
    if (!text.empty() && to_lower(text.front()) == 'z') {
      text.remove_prefix(1);
    } else if (!text.empty()) {
      const std::int64_t sign = text.front() == '-' ? -1 : 1;
      if (!take_char(text, '+') && !take_char(text, '-')) return std::nullopt;
      int hours = 0, minutes = 0;
      if (!take(text, 2, hours)) return std::nullopt;
      take_char(text, ':');
      if (!text.empty() && !take(text, 2, minutes)) return std::nullopt;
      us -= sign * (hours * 60 + minutes) * std::int64_t{60'000'000};
    }
    if (!text.empty()) return std::nullopt;
  }
  return days_from_date(date) * std::int64_t{86'400'000'000} + us;
}

bool is_word(char c) noexcept {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '_';
}

std::optional<Date> find_date(std::string_view path, bool separated) noexcept {
  for (std::size_t at = 0; at < path.size(); ++at) {
    if (!is_digit(path[at]) || (at > 0 && is_word(path[at - 1]))) continue;
    std::string_view rest = path.substr(at);
    Date date;
    const auto separator = [&] {
      return !separated || take_char(rest, '-') || take_char(rest, '_');
    };
    const bool whole = take(rest, 4, date.year) && separator() && take(rest, 2, date.month) &&
                       separator() && take(rest, 2, date.day);
    if (whole && (rest.empty() || !is_word(rest.front())) && is_valid(date)) return date;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_instant_us(std::string_view text) noexcept {
  text = trim(text);
  if (const auto seconds = parse_float(text)) {
    if (!(*seconds >= instant_s_min && *seconds < instant_s_max)) return std::nullopt;
    double whole = 0;
    const double fraction = std::modf(*seconds, &whole);
    // nearbyint rounds half to even in the default mode, as Python's datetime does
    return static_cast<std::int64_t>(whole) * 1'000'000 +
           static_cast<std::int64_t>(std::nearbyint(fraction * 1e6));
  }
  return parse_iso_us(text);
}

std::optional<Date> date_in_path(std::string_view path) noexcept {
  const auto separated = find_date(path, true);
  return separated ? separated : find_date(path, false);
}

std::string_view to_string(DateOrigin origin) noexcept {
  return origin == DateOrigin::meta ? "meta" : origin == DateOrigin::path ? "path" : "mtime";
}

Start resolve_start(const std::string* start_time, std::string_view path, std::int64_t mtime_ns,
                    const TimeZone& zone) {
  Start start;
  if (start_time != nullptr) {
    const auto us = parse_instant_us(*start_time);
    if (us && is_valid(zone.local_date(*us))) {
      start.us = *us;
      start.origin = DateOrigin::meta;
      start.date = zone.local_date(start.us);
      return start;
    }
  }
  if (const auto date = date_in_path(path)) {
    start.date = *date;
    start.us = zone.midnight(*date) * 1'000'000;
    start.origin = DateOrigin::path;
    return start;
  }
  // Python takes the modification time as a double of seconds; its microseconds are rounded from
  // that.
  const double seconds = static_cast<double>(mtime_ns / 1'000'000'000) +
                         1e-9 * static_cast<double>(mtime_ns % 1'000'000'000);
  start.us = static_cast<std::int64_t>(std::floor(seconds)) * 1'000'000 +
             static_cast<std::int64_t>(std::nearbyint((seconds - std::floor(seconds)) * 1e6));
  start.date = zone.local_date(start.us);
  return start;
}

std::string clean_path(std::string_view path) {
  std::string out;
  const bool absolute = !path.empty() && path.front() == '/';
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    if (part.empty() || part == ".") continue;
    if (!out.empty() || absolute) out += '/';
    out += part;
  }
  if (out.empty()) return absolute ? "/" : ".";
  return out;
}

std::string sha1_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  // Fetched once: each EVP_sha1() look-up inside EVP_Digest takes locks and microseconds in
  // OpenSSL 3.
  static EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  const EVP_MD* algorithm = sha1 != nullptr ? sha1 : EVP_sha1();
  WEIR_CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &size, algorithm, nullptr) == 1,
             "libcrypto has no SHA-1");
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  for (unsigned k = 0; k < size; ++k) {
    out += hex[digest[k] >> 4];
    out += hex[digest[k] & 15];
  }
  return out;
}

std::string run_id(std::string_view path, std::int64_t start_us) {
  std::string text(path);
  text += '|';
  append_python_repr(text, static_cast<double>(start_us) / 1e6);
  return sha1_hex(text).substr(0, 16);
}

}  // namespace weir::segmentation
