// text.hpp: small text tools shared by the readers: trimming, case, UTF-8, numbers as Python prints
// them, JSON text.
//
// Roles: pure functions, any thread. Errors: none; a failed parse is an empty optional.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::segmentation {

/// True for the ASCII white space that Python's str.strip() removes (space, \t \n \v \f \r and 0x1c
/// to 0x1f).
constexpr bool is_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
}
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// `text` without white space at both ends.
std::string_view trim(std::string_view text) noexcept;
/// ASCII lower case copy.
std::string lower(std::string_view text);
/// Equal but for ASCII case.
bool equals_ignore_case(std::string_view a, std::string_view b) noexcept;

/// Parses all of `text` as Python's float() does for decimal text: sign, digits, exponent, inf,
/// nan; spaces around allowed. Overflow gives an infinity, underflow zero.
std::optional<double> parse_float(std::string_view text) noexcept;
/// Parses all of `text` as a decimal integer with an optional sign; empty when it does not fit.
std::optional<std::int64_t> parse_integer(std::string_view text) noexcept;

/// The text of repr(value) in Python: shortest digits, "1.0", "1e-05", "1e+16", "nan", "inf".
std::string python_repr(double value);
/// The same, appended to `out`.
void append_python_repr(std::string& out, double value);

/// True when `bytes` is well-formed UTF-8 (no overlong forms, no surrogates).
bool is_utf8(std::string_view bytes) noexcept;
/// Latin-1 bytes as UTF-8.
std::string latin1_to_utf8(std::string_view bytes);
/// The longest start of UTF-8 text that has at most `bytes_max` bytes and cuts no character.
std::string_view start_of(std::string_view text, std::size_t bytes_max) noexcept;
/// UTF-8 as it is; each byte that is no part of it as "\xNN".
std::string readable(std::string_view bytes);
/// The same, and control characters as "\xNN" too: what a terminal may be given.
std::string printable(std::string_view bytes);
/// Replaces the escapes \xNN and \uNNNN that PyMeasure leaves in files by their characters; `found`
/// is set when there was one.
std::string unescape(std::string_view text, bool& found);

/// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void append_json(std::string& out, std::string_view text);

}  // namespace weir::segmentation
