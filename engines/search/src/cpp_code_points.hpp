// cpp_code_points.hpp: what a written C++ function begins with where it counts characters; private.
#pragma once

#include <string_view>

namespace weir::search {

/// Defines `decode`, from UTF-8 to code points; a byte that begins none stands for itself.
inline constexpr std::string_view cpp_decode =
    R"(  const auto decode = [](const std::string& s) {
    std::u32string out;
    for (std::size_t i = 0; i < s.size();) {
      const auto lead = static_cast<unsigned char>(s[i]);
      const unsigned n = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
      char32_t c = n == 1 ? lead : lead & (0x7fU >> n);
      ++i;
      for (unsigned k = 1; k < n && i < s.size(); ++k, ++i)
        c = c << 6 | (static_cast<unsigned char>(s[i]) & 0x3fU);
      out += c;
    }
    return out;
  };
)";
/// Defines `encode`, the way back; not every function has a text to give.
inline constexpr std::string_view cpp_encode =
    R"(  [[maybe_unused]] const auto encode = [](const std::u32string& s) {
    std::string out;
    for (const char32_t c : s) {
      const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
      if (c < 0x80) put(c);
      if (c >= 0x80 && c < 0x800) put(0xc0 | c >> 6);
      if (c >= 0x800 && c < 0x10000) put(0xe0 | c >> 12);
      if (c >= 0x10000) put(0xf0 | c >> 18), put(0x80 | (c >> 12 & 0x3f));
      if (c >= 0x800) put(0x80 | (c >> 6 & 0x3f));
      if (c >= 0x80) put(0x80 | (c & 0x3f));
    }
    return out;
  };
)";

}  // namespace weir::search
