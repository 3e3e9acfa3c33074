// instant.hpp: when a run began and on which local day, as the original decided it; and the run's
// id.
//
// Shape: instants are microseconds since 1970-01-01 UTC; dates are proleptic Gregorian. Roles:
// pure, any thread. Source: the original's order: metadata, then a date in the path, then the
// file's modification time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weir/result.hpp>

namespace weir::segmentation {

struct Date {
  int year = 1970;
  int month = 1;  // 1 to 12
  int day = 1;    // 1 to 31
  bool operator==(const Date&) const = default;
  std::string text() const;  // "2025-09-04"
};

/// Days since 1970-01-01, and back.
std::int64_t days_from_date(Date date) noexcept;
Date date_from_days(std::int64_t days) noexcept;
bool is_valid(Date date) noexcept;

/// A time zone from the system's TZif files: version 1, or later ones with the rule of the footer for
/// the years behind the table.
class TimeZone {
 public:
  /// Reads TZDIR (default /usr/share/zoneinfo) / `name`; "UTC" needs no file. Errors:
  /// bad_time_zone.
  static Result<TimeZone> load(const std::string& name);
  /// Reads the bytes of a TZif file. Errors: bad_time_zone with the byte offset.
  static Result<TimeZone> parse(std::string_view bytes, const std::string& name);

  /// Seconds to add to UTC at the instant (seconds since the epoch).
  std::int32_t offset_at(std::int64_t utc_s) const noexcept;
  /// The instant (seconds) of local midnight; where it falls into a gap or comes twice, the earlier
  /// offset counts.
  std::int64_t midnight(Date date) const noexcept;
  Date local_date(std::int64_t utc_us) const noexcept;
  const std::string& name() const noexcept { return name_; }

 private:
  struct RuleDay {
    char kind = 'M';  // M: month, week, weekday; J: day 1 to 365 without leap day; N: day 0 to 365
    int month = 0, week = 0, day = 0;
    std::int32_t time_s = 7200;
  };
  struct Footer {
    bool present = false, has_dst = false;
    std::int32_t standard_s = 0, dst_s = 0;
    RuleDay begin, end;
  };
  static bool parse_footer(std::string_view text, Footer& footer);
  static bool parse_rule_day(std::string_view& text, RuleDay& rule);
  static std::int64_t rule_instant(const RuleDay& rule, int year) noexcept;

  std::string name_;
  std::vector<std::int64_t> transitions_;  // ascending, s
  std::vector<std::int32_t> offsets_;      // offset from transitions_[i] on, s
  std::int32_t first_s_ = 0;               // offset before the first transition
  Footer footer_;
};

/// Unix seconds ("1757018821.6358175", rounded half to even to microseconds as Python does) or ISO
/// 8601 (no zone: UTC).
std::optional<std::int64_t> parse_instant_us(std::string_view text) noexcept;
/// The first YYYY-MM-DD or YYYY_MM_DD, else the first YYYYMMDD, between word boundaries and valid.
std::optional<Date> date_in_path(std::string_view path) noexcept;

enum class DateOrigin : std::uint8_t { meta, path, mtime };
std::string_view to_string(DateOrigin origin) noexcept;

struct Start {
  std::int64_t us = 0;
  Date date;
  DateOrigin origin = DateOrigin::mtime;
};
/// The start of a run. `start_time`: the header's text, null when it has none. `mtime_ns` as the
/// file system gives it.
Start resolve_start(const std::string* start_time, std::string_view path, std::int64_t mtime_ns,
                    const TimeZone& zone);

/// `path` as Python's Path prints it: no ".", no "//", no "/" at the end; ".." stays.
std::string clean_path(std::string_view path);
/// The first 16 hex digits of SHA-1("path|timestamp"), the timestamp as Python's repr of its
/// seconds.
std::string run_id(std::string_view path, std::int64_t start_us);
/// SHA-1 of `text`, 40 hex digits.
std::string sha1_hex(std::string_view text);

}  // namespace weir::segmentation
