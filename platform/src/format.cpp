// format.cpp: numbers for people. printf's locale is the C locale unless the program changes it.
#include <weir/terminal.hpp>

#include <cmath>

namespace weir {
namespace {

std::string printed(const char* format, double value) {
  char text[64];
  const int size = std::snprintf(text, sizeof(text), format, value);
  return std::string(text, size > 0 ? static_cast<std::size_t>(size) : 0);
}

/// Three digits, at most two of them behind the point: the steps are those where printf rounds up.
std::string three_digits(double value) {
  if (value < 9.995) return printed("%.2f", value);
  if (value < 99.95) return printed("%.1f", value);
  return printed("%.0f", value);
}

}  // namespace

std::string format_count(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t end = text.size(); end > 3;) text.insert(end -= 3, ",");
  return text;
}

std::string format_number(double value) {
  if (!std::isfinite(value)) return value < 0 ? "-inf" : value > 0 ? "inf" : "nan";
  if (value < 0) return "-" + format_number(-value);
  if (value >= 999.5 && value < 1e18)
    return format_count(static_cast<std::uint64_t>(std::llround(value)));
  return value >= 1e18 ? printed("%.3g", value) : three_digits(value);
}

std::string format_bytes(double bytes) {
  static constexpr const char* units[] = {" KiB", " MiB", " GiB", " TiB", " PiB"};
  if (bytes < 1023.5) return printed("%.0f B", bytes);
  std::size_t unit = 0;
  for (bytes /= 1024; bytes >= 1023.5 && unit + 1 < std::size(units); ++unit) bytes /= 1024;
  return (bytes < 99.95 ? printed("%.1f", bytes) : printed("%.0f", bytes)) + units[unit];
}

std::string format_duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  if (seconds < 999.5e-9) return printed("%.0f ns", seconds * 1e9);
  if (seconds < 999.5e-6) return three_digits(seconds * 1e6) + " us";
  if (seconds < 999.5e-3) return three_digits(seconds * 1e3) + " ms";
  if (seconds < 59.95) return printed("%.1f s", seconds);
  if (seconds > 3.6e9) return "?";
  const long long whole = std::llround(seconds);
  char text[64];
  if (whole < 3600) {
    std::snprintf(text, sizeof(text), "%lld min %02lld s", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof(text), "%lld h %02lld min", whole / 3600, whole % 3600 / 60);
  }
  return text;
}

}  // namespace weir
