// net_text.hpp: bytes written in base 64, which is how weights stand in the program; private to the engine.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace weir::search::nets {

constexpr std::uint32_t base64_digit(char letter) noexcept {
  const auto from = [letter](char first, int base) {
    return static_cast<std::uint32_t>(letter - first + base);
  };
  if (letter >= 'A' && letter <= 'Z') return from('A', 0);
  if (letter >= 'a' && letter <= 'z') return from('a', 26);
  if (letter >= '0' && letter <= '9') return from('0', 52);
  return letter == '+' ? 62 : 63;
}

/// Lines without padding, one text cut where it is long.
inline std::string base64_bytes(std::span<const char* const> lines) {
  std::string bytes;
  std::uint32_t bits = 0, held = 0;
  for (const std::string_view line : lines) {
    for (const char letter : line) {
      bits = bits << 6 | base64_digit(letter);
      held += 6;
      if (held < 8) continue;
      held -= 8;
      bytes.push_back(static_cast<char>(bits >> held & 0xff));
    }
  }
  return bytes;
}

}  // namespace weir::search::nets
