#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <weir/segmentation/instant.hpp>
#include <weir/segmentation/text.hpp>

namespace weir::segmentation {
namespace {

constexpr std::size_t header_bytes = 44;
constexpr std::size_t file_bytes_max = 1u << 20;  // the largest zone file is about 4 KB

std::uint32_t be32(std::string_view bytes, std::size_t at) noexcept {
  std::uint32_t v = 0;
  for (std::size_t k = 0; k < 4; ++k) v = (v << 8) | static_cast<unsigned char>(bytes[at + k]);
  return v;
}

std::int64_t be64(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<std::int64_t>((std::uint64_t{be32(bytes, at)} << 32) | be32(bytes, at + 4));
}

struct Counts {
  std::size_t utc, standard, leaps, transitions, types, letters;
  std::size_t block_bytes(std::size_t time_bytes) const noexcept {
    return transitions * time_bytes + transitions + types * 6 + letters + leaps * (time_bytes + 4) +
           standard + utc;
  }
};

bool read_counts(std::string_view bytes, std::size_t at, Counts& counts) noexcept {
  if (bytes.size() < at + header_bytes || bytes.substr(at, 4) != "TZif") return false;
  counts = {be32(bytes, at + 20), be32(bytes, at + 24), be32(bytes, at + 28),
            be32(bytes, at + 32), be32(bytes, at + 36), be32(bytes, at + 40)};
  return counts.utc < 256 && counts.standard < 256 && counts.leaps < 10000 &&
         counts.transitions < 100000 && counts.types >= 1 && counts.types < 256 &&
         counts.letters < 10000;
}

Error bad_zone(const std::string& name, std::string what) {
  return {"bad_time_zone", std::move(what), name};
}

bool read_number(std::string_view& text, int& value) noexcept {
  std::size_t digits = 0;
  value = 0;
  while (digits < text.size() && digits < 4 && is_digit(text[digits]))
    value = value * 10 + (text[digits++] - '0');
  text.remove_prefix(digits);
  return digits != 0;
}

/// [+-]h[h[h]][:mm[:ss]] in seconds.
bool read_time(std::string_view& text, std::int32_t& seconds) noexcept {
  int sign = 1;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    sign = text[0] == '-' ? -1 : 1;
    text.remove_prefix(1);
  }
  int part = 0;
  if (!read_number(text, part)) return false;
  int total = part * 3600;
  for (const int unit : {60, 1}) {
    if (text.empty() || text[0] != ':') break;
    text.remove_prefix(1);
    if (!read_number(text, part)) return false;
    total += part * unit;
  }
  seconds = sign * total;
  return true;
}

bool skip_name(std::string_view& text) noexcept {
  std::size_t at = 0;
  if (!text.empty() && text[0] == '<') {
    at = text.find('>');
    if (at == std::string_view::npos) return false;
    ++at;
  } else {
    while (at < text.size() && to_lower(text[at]) >= 'a' && to_lower(text[at]) <= 'z') ++at;
  }
  text.remove_prefix(at);
  return at >= 3;
}

bool is_leap(int year) noexcept { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

}  // namespace

bool TimeZone::parse_rule_day(std::string_view& text, RuleDay& rule) {
  if (text.empty() || text[0] != ',') return false;
  text.remove_prefix(1);
  if (text.empty()) return false;
  if (text[0] == 'M') {
    text.remove_prefix(1);
    rule.kind = 'M';
    if (!read_number(text, rule.month) || text.empty() || text[0] != '.') return false;
    text.remove_prefix(1);
    if (!read_number(text, rule.week) || text.empty() || text[0] != '.') return false;
    text.remove_prefix(1);
    if (!read_number(text, rule.day)) return false;
    if (rule.month < 1 || rule.month > 12 || rule.week < 1 || rule.week > 5 || rule.day > 6)
      return false;
  } else {
    rule.kind = text[0] == 'J' ? 'J' : 'N';
    if (rule.kind == 'J') text.remove_prefix(1);
    if (!read_number(text, rule.day) || rule.day > 365 || (rule.kind == 'J' && rule.day < 1))
      return false;
  }
  if (!text.empty() && text[0] == '/') {
    text.remove_prefix(1);
    return read_time(text, rule.time_s);
  }
  return true;
}

bool TimeZone::parse_footer(std::string_view text, Footer& footer) {
  if (text.empty()) return true;
  if (!skip_name(text) || !read_time(text, footer.standard_s)) return false;
  footer.standard_s = -footer.standard_s;  // POSIX counts west as positive
  footer.present = true;
  if (text.empty()) return true;
  if (!skip_name(text)) return false;
  footer.has_dst = true;
  footer.dst_s = footer.standard_s + 3600;
  if (!text.empty() && text[0] != ',') {
    if (!read_time(text, footer.dst_s)) return false;
    footer.dst_s = -footer.dst_s;
  }
  return parse_rule_day(text, footer.begin) && parse_rule_day(text, footer.end) && text.empty();
}

std::int64_t TimeZone::rule_instant(const RuleDay& rule, int year) noexcept {
  std::int64_t day = 0;
  if (rule.kind == 'M') {
    const std::int64_t first = days_from_date({year, rule.month, 1});
    const std::int64_t weekday = ((first + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
    day = first + (rule.day - weekday + 7) % 7 + (rule.week - 1) * 7;
    const std::int64_t next = rule.month == 12 ? days_from_date({year + 1, 1, 1})
                                               : days_from_date({year, rule.month + 1, 1});
    while (day >= next) day -= 7;  // week 5 is the last one
  } else {
    day = days_from_date({year, 1, 1}) + rule.day;
    if (rule.kind == 'J') day += (is_leap(year) && rule.day > 59 ? 0 : -1);
  }
  return day * 86400 + rule.time_s;
}

Result<TimeZone> TimeZone::parse(std::string_view bytes, const std::string& name) {
  Counts counts{};
  if (!read_counts(bytes, 0, counts)) return bad_zone(name, "byte 0: not a TZif file");
  // Version 1 has one block, of 32-bit times, and no rule for later years; the others have a second one.
  const bool wide = bytes[4] >= '2';
  const std::size_t second = wide ? header_bytes + counts.block_bytes(4) : 0;
  if (wide && !read_counts(bytes, second, counts)) {
    return bad_zone(name, "byte " + std::to_string(second) + ": the 64-bit block is missing");
  }
  const std::size_t time_bytes = wide ? 8 : 4;
  const std::size_t times = second + header_bytes;
  const std::size_t end = times + counts.block_bytes(time_bytes);
  if (bytes.size() < end)
    return bad_zone(name, "byte " + std::to_string(bytes.size()) + ": the file is cut");
  const std::size_t indices = times + counts.transitions * time_bytes;
  const std::size_t types = indices + counts.transitions;
  TimeZone zone;
  zone.name_ = name;
  const auto offset_of = [&](std::size_t type) {
    return static_cast<std::int32_t>(be32(bytes, types + type * 6));
  };
  zone.first_s_ = offset_of(0);
  for (std::size_t k = 0; k < counts.transitions; ++k) {
    const auto type = static_cast<unsigned char>(bytes[indices + k]);
    if (type >= counts.types)
      return bad_zone(name, "byte " + std::to_string(indices + k) + ": type out of range");
    const std::size_t at = times + k * time_bytes;
    zone.transitions_.push_back(wide ? be64(bytes, at)
                                     : static_cast<std::int32_t>(be32(bytes, at)));
    zone.offsets_.push_back(offset_of(type));
  }
  if (!std::is_sorted(zone.transitions_.begin(), zone.transitions_.end())) {
    return bad_zone(name, "byte " + std::to_string(times) + ": the transitions are not in order");
  }
  std::string_view footer = wide ? bytes.substr(end) : std::string_view{};
  if (footer.size() >= 2 && footer.front() == '\n') {
    footer.remove_prefix(1);
    footer = footer.substr(0, footer.find('\n'));
    if (!parse_footer(footer, zone.footer_)) {
      return bad_zone(name,
                      "byte " + std::to_string(end) + ": the rule of the footer cannot be read");
    }
  }
  return zone;
}

Result<TimeZone> TimeZone::load(const std::string& name) {
  const bool odd = name.empty() || name.front() == '/' || name.find("..") != std::string::npos ||
                   name.find('\0') != std::string::npos;
  if (odd) return bad_zone(name, "not a time zone name; names look like America/Santiago");
  const char* root = std::getenv("TZDIR");
  const std::string path =
      std::string(root != nullptr && *root != 0 ? root : "/usr/share/zoneinfo") + "/" + name;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    if (name == "UTC") {
      TimeZone utc;
      utc.name_ = name;
      return utc;
    }
    const int code = errno;
    const std::string why = std::strerror(code);
    if (code != ENOENT && code != ENOTDIR)
      return Error{"unreadable", "cannot open it: " + why, path};
    return bad_zone(name, "unknown time zone: " + path + ": " + why + " (is tzdata installed?)");
  }
  std::string bytes(file_bytes_max, '\0');
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
  const int failed = std::ferror(file) != 0 ? errno : 0;
  std::fclose(file);
  if (failed == EISDIR) return bad_zone(name, "is a folder of time zones, not one");
  if (failed != 0)
    return Error{"unreadable", std::string("cannot read it: ") + std::strerror(failed), path};
  return parse(bytes, name);
}

std::int32_t TimeZone::offset_at(std::int64_t utc_s) const noexcept {
  if (!transitions_.empty() && utc_s < transitions_.front()) return first_s_;
  if (transitions_.empty() || utc_s >= transitions_.back()) {
    if (!footer_.present) return transitions_.empty() ? first_s_ : offsets_.back();
    if (!footer_.has_dst) return footer_.standard_s;
    const std::int64_t local_day = (utc_s + footer_.standard_s) / 86400;
    const int year = date_from_days(local_day).year;
    const std::int64_t begin = rule_instant(footer_.begin, year) - footer_.standard_s;
    const std::int64_t end = rule_instant(footer_.end, year) - footer_.dst_s;
    const bool dst = begin < end ? utc_s >= begin && utc_s < end : utc_s >= begin || utc_s < end;
    return dst ? footer_.dst_s : footer_.standard_s;
  }
  const auto next = std::upper_bound(transitions_.begin(), transitions_.end(), utc_s);
  return offsets_[static_cast<std::size_t>(next - transitions_.begin()) - 1];
}

std::int64_t TimeZone::midnight(Date date) const noexcept {
  const std::int64_t local = days_from_date(date) * 86400;
  const std::int32_t before = offset_at(local - 86400 - offset_at(local - 86400));
  const std::int64_t early = local - before;
  if (offset_at(early) == before) return early;
  const std::int64_t late = local - offset_at(early);
  return offset_at(late) == offset_at(early) ? late : early;
}

Date TimeZone::local_date(std::int64_t utc_us) const noexcept {
  std::int64_t seconds = utc_us / 1'000'000 - (utc_us % 1'000'000 < 0 ? 1 : 0);
  seconds += offset_at(seconds);
  return date_from_days(seconds / 86400 - (seconds % 86400 < 0 ? 1 : 0));
}

}  // namespace weir::segmentation
