#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <weir/segmentation/text.hpp>

namespace weir::segmentation {

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), to_lower);
  return out;
}

bool equals_ignore_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return to_lower(x) == to_lower(y);
         });
}

std::optional<double> parse_float(std::string_view text) noexcept {
  text = trim(text);
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) return std::nullopt;
  }
  if (text.empty()) return std::nullopt;
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ptr != text.data() + text.size()) return std::nullopt;
  if (result.ec == std::errc::result_out_of_range) {
    // from_chars leaves the value alone when it does not fit; strtod says which way it went. Rare,
    // so a copy is fine.
    return std::strtod(std::string(text).c_str(), nullptr);
  }
  if (result.ec != std::errc{}) return std::nullopt;
  if (text.back() == ')') return std::nullopt;  // "nan(...)" is C's, not Python's
  return value;
}

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
  text = trim(text);
  if (text.size() > 1 && text.front() == '+' && is_digit(text[1])) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || result.ec != std::errc{} || result.ptr != text.data() + text.size())
    return std::nullopt;
  return value;
}

void append_python_repr(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "nan";
    return;
  }
  if (std::isinf(value)) {
    out += value < 0 ? "-inf" : "inf";
    return;
  }
  std::array<char, 40> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                    std::chars_format::scientific);
  std::string_view text(buffer.data(), static_cast<std::size_t>(result.ptr - buffer.data()));
  if (text.front() == '-') {
    out += '-';
    text.remove_prefix(1);
  }
  const std::size_t e = text.find('e');
  int exponent = 0;
  const char* first = text.data() + e + 1;
  if (*first == '+') ++first;
  std::from_chars(first, text.data() + text.size(), exponent);
  std::array<char, 20> digits{};
  std::size_t n = 0;
  for (const char c : text.substr(0, e)) {
    if (c != '.') digits[n++] = c;
  }
  if (exponent < -4 || exponent >= 16) {  // Python's limits for the exponent form
    out += digits[0];
    if (n > 1) {
      out += '.';
      out.append(digits.data() + 1, n - 1);
    }
    out += exponent < 0 ? "e-" : "e+";
    const int size = exponent < 0 ? -exponent : exponent;
    if (size < 10) out += '0';
    out += std::to_string(size);
  } else if (exponent < 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-exponent - 1), '0');
    out.append(digits.data(), n);
  } else {
    const std::size_t whole = static_cast<std::size_t>(exponent) + 1;
    out.append(digits.data(), std::min(n, whole));
    if (n <= whole) {
      out.append(whole - n, '0');
      out += ".0";
    } else {
      out += '.';
      out.append(digits.data() + whole, n - whole);
    }
  }
}

std::string python_repr(double value) {
  std::string out;
  append_python_repr(out, value);
  return out;
}

namespace {

/// Length of the well-formed UTF-8 sequence at the start of `s`, 0 when there is none.
std::size_t sequence_length(std::string_view s) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const auto tail = [&](std::size_t i) { return i < s.size() && (at(i) & 0xc0) == 0x80; };
  const unsigned char c = at(0);
  if (c < 0x80) return 1;
  if (c >= 0xc2 && c <= 0xdf) return tail(1) ? 2 : 0;
  if (c >= 0xe0 && c <= 0xef) {
    if (!tail(1) || !tail(2)) return 0;
    if ((c == 0xe0 && at(1) < 0xa0) || (c == 0xed && at(1) > 0x9f)) return 0;
    return 3;
  }
  if (c >= 0xf0 && c <= 0xf4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    if ((c == 0xf0 && at(1) < 0x90) || (c == 0xf4 && at(1) > 0x8f)) return 0;
    return 4;
  }
  return 0;
}

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xe0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

}  // namespace

bool is_utf8(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    // Eight ASCII bytes at a time: nearly every file is ASCII only.
    std::uint64_t word = 0;
    while (bytes.size() >= sizeof(word)) {
      std::memcpy(&word, bytes.data(), sizeof(word));
      if ((word & 0x8080808080808080u) != 0) break;
      bytes.remove_prefix(sizeof(word));
    }
    if (bytes.empty()) break;
    const std::size_t n = sequence_length(bytes);
    if (n == 0) return false;
    bytes.remove_prefix(n);
  }
  return true;
}

std::string latin1_to_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + 8);
  for (const char c : bytes) append_utf8(out, static_cast<unsigned char>(c));
  return out;
}

std::string_view start_of(std::string_view text, std::size_t bytes_max) noexcept {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0) == 0x80) --bytes_max;
  return text.substr(0, bytes_max);
}

namespace {

/// `controls`: they are made readable too.
std::string made_readable(std::string_view bytes, bool controls) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  while (!bytes.empty()) {
    const std::size_t n = sequence_length(bytes);
    const auto c = static_cast<unsigned char>(bytes.front());
    // XML has no place for U+FFFE and U+FFFF, nor has a terminal.
    const bool none = controls && n == 3 &&
                      (bytes.starts_with("\xef\xbf\xbe") || bytes.starts_with("\xef\xbf\xbf"));
    if (none) {
      out += bytes[2] == '\xbe' ? "\\ufffe" : "\\uffff";
      bytes.remove_prefix(3);
      continue;
    }
    const bool c1 = n == 2 && c == 0xc2 && static_cast<unsigned char>(bytes[1]) < 0xa0;
    if (n == 0 || (controls && (c < 0x20 || c == 0x7f || c1))) {
      const unsigned code = c1 ? static_cast<unsigned char>(bytes[1]) : c;
      out += "\\x";
      out += hex[code >> 4];
      out += hex[code & 15];
    } else {
      out += bytes.substr(0, n);
    }
    bytes.remove_prefix(std::max<std::size_t>(n, 1));
  }
  return out;
}

}  // namespace

std::string readable(std::string_view bytes) { return made_readable(bytes, false); }
std::string printable(std::string_view bytes) { return made_readable(bytes, true); }

std::string unescape(std::string_view text, bool& found) {
  if (text.find('\\') == std::string_view::npos) return std::string(text);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t digits = i + 1 < text.size() && text[i] == '\\' ? (text[i + 1] == 'x'   ? 2u
                                                                         : text[i + 1] == 'u' ? 4u
                                                                                              : 0u)
                                                                      : 0u;
    unsigned code = 0;
    if (digits != 0 && i + 2 + digits <= text.size()) {
      const char* first = text.data() + i + 2;
      const auto result = std::from_chars(first, first + digits, code, 16);
      const bool surrogate = code >= 0xd800 && code <= 0xdfff;
      if (result.ptr == first + digits && code >= 0x80 && !surrogate) {
        append_utf8(out, code);
        i += 1 + digits;
        found = true;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

void append_json(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  const auto is_plain = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
  };
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    if (plain != 0) {
      out += text.substr(0, plain);
      text.remove_prefix(plain);
      continue;
    }
    const auto c = static_cast<unsigned char>(text.front());
    const std::size_t n = sequence_length(text);
    if (n == 0) {
      out += "\xef\xbf\xbd";
      text.remove_prefix(1);
      continue;
    }
    if (n > 1 || (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)) {
      out.append(text.data(), n);
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += "\\u00";
      out += hex[c >> 4];
      out += hex[c & 15];
    }
    text.remove_prefix(n);
  }
  out += '"';
}

}  // namespace weir::segmentation
