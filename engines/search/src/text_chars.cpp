#include "text_chars.hpp"

namespace weir::search::text {

namespace {

constexpr char32_t replacement = 0xfffd;

/// Pairs of the Latin Extended-A block: upper and lower case alternate, from an even or from an odd one on.
constexpr bool even_pair(char32_t c) noexcept {
  return (c >= 0x100 && c <= 0x12f) || (c >= 0x132 && c <= 0x137) || (c >= 0x14a && c <= 0x177);
}
constexpr bool odd_pair(char32_t c) noexcept {
  return (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e);
}

}  // namespace

std::size_t first_bad_byte(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    std::size_t length = 0;
    std::uint32_t least = 0, code = 0;
    if (lead < 0x80) {
      ++i;
      continue;
    }
    if (lead >= 0xc2 && lead <= 0xdf) length = 2, least = 0x80, code = lead & 0x1fU;
    if (lead >= 0xe0 && lead <= 0xef) length = 3, least = 0x800, code = lead & 0x0fU;
    if (lead >= 0xf0 && lead <= 0xf4) length = 4, least = 0x10000, code = lead & 0x07U;
    if (length == 0 || i + length > text.size()) return i;
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0U) != 0x80) return i;
      code = code << 6 | (next & 0x3fU);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return i;
    i += length;
  }
  return std::string_view::npos;
}

Str decode(std::string_view utf8) {
  Str text;
  text.reserve(utf8.size());
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    if (length == 0 || i + length > utf8.size()) {
      text += replacement;
      ++i;
      continue;
    }
    char32_t c = length == 1 ? lead : lead & (0x7fU >> length);
    std::size_t n = 1;
    for (; n < length && (static_cast<unsigned char>(utf8[i + n]) & 0xc0U) == 0x80; ++n) {
      c = c << 6U | (static_cast<unsigned char>(utf8[i + n]) & 0x3fU);
    }
    const bool good = n == length && (length != 3 || c >= 0x800) &&
                      (length != 4 || (c >= 0x10000 && c <= 0x10ffff)) &&
                      (c < 0xd800 || c > 0xdfff);
    text += good ? c : replacement;
    i += good ? length : 1;
  }
  return text;
}

std::string encode(View text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : text) {
    const auto byte = [&out](char32_t b) {
      out += static_cast<char>(static_cast<unsigned char>(b));
    };
    if (c < 0x80) {
      byte(c);
    } else if (c < 0x800) {
      byte(0xc0 | c >> 6U);
      byte(0x80 | (c & 0x3fU));
    } else if (c < 0x10000) {
      byte(0xe0 | c >> 12U);
      byte(0x80 | (c >> 6U & 0x3fU));
      byte(0x80 | (c & 0x3fU));
    } else {
      byte(0xf0 | c >> 18U);
      byte(0x80 | (c >> 12U & 0x3fU));
      byte(0x80 | (c >> 6U & 0x3fU));
      byte(0x80 | (c & 0x3fU));
    }
  }
  return out;
}

char32_t to_upper(char32_t c) noexcept {
  if (c < 0x80) return c >= U'a' && c <= U'z' ? c - 32 : c;
  if (even_pair(c)) return c & ~char32_t{1};
  if (odd_pair(c)) return (c & 1U) != 0 ? c : c - 1;
  if (c >= 0xe0 && c <= 0xfe && c != 0xf7) return c - 32;
  if (c >= 0x3b1 && c <= 0x3c9 && c != 0x3c2) return c - 32;
  if (c >= 0x430 && c <= 0x44f) return c - 32;
  if (c >= 0x450 && c <= 0x45f) return c - 80;
  return c;
}

char32_t to_lower(char32_t c) noexcept {
  if (c < 0x80) return c >= U'A' && c <= U'Z' ? c + 32 : c;
  if (even_pair(c)) return c | 1U;
  if (odd_pair(c)) return (c & 1U) != 0 ? c + 1 : c;
  if (c >= 0xc0 && c <= 0xde && c != 0xd7) return c + 32;
  if (c >= 0x391 && c <= 0x3a9 && c != 0x3a2) return c + 32;
  if (c >= 0x410 && c <= 0x42f) return c + 32;
  if (c >= 0x400 && c <= 0x40f) return c + 80;
  return c;
}

View trimmed(View text) noexcept {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace weir::search::text
