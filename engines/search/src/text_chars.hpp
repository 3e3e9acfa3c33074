// text_chars.hpp: code points as people's data needs them: UTF-8 in and out, what is a letter, upper and lower case.
//
// Shape:  Str holds code points. Letters are ASCII and the blocks below U+1FFF, U+2C00 and the scripts from U+3040 on;
//         case is known for Latin, Greek and Cyrillic where one code point maps to one: languages disagree on the rest.
// Errors: bytes that are no UTF-8 become U+FFFD.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::search::text {

using Str = std::u32string;
using View = std::u32string_view;

/// The offset of the first byte that is not UTF-8; npos: there is none.
std::size_t first_bad_byte(std::string_view text);

Str decode(std::string_view utf8);
std::string encode(View text);

constexpr bool is_digit(char32_t c) noexcept { return c >= U'0' && c <= U'9'; }
constexpr bool is_space(char32_t c) noexcept {
  return c == U' ' || c == U'\t' || c == U'\n' || c == U'\r' || c == 0xa0 || c == 0x3000;
}
constexpr bool is_upper(char32_t c) noexcept {
  return (c >= U'A' && c <= U'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) ||
         (c >= 0x391 && c <= 0x3a9 && c != 0x3a2) || (c >= 0x400 && c <= 0x42f);
}
constexpr bool is_lower(char32_t c) noexcept {
  return (c >= U'a' && c <= U'z') || (c >= 0xdf && c <= 0xff && c != 0xf7) ||
         (c >= 0x3b1 && c <= 0x3c9) || (c >= 0x430 && c <= 0x45f);
}
constexpr bool is_letter(char32_t c) noexcept {
  if (c < 0x80) return (c >= U'A' && c <= U'Z') || (c >= U'a' && c <= U'z');
  if (c < 0x2000) return c >= 0xc0 && c != 0xd7 && c != 0xf7;
  return (c >= 0x2c00 && c < 0x2e00) || (c >= 0x3040 && c < 0xd800) || (c >= 0xf900 && c < 0xfb00);
}
constexpr bool is_alnum(char32_t c) noexcept { return is_digit(c) || is_letter(c); }

char32_t to_upper(char32_t c) noexcept;
char32_t to_lower(char32_t c) noexcept;

View trimmed(View text) noexcept;

}  // namespace weir::search::text
