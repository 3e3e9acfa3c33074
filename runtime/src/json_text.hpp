// json_text.hpp: strings as JSON and DOT want them.
#pragma once

#include <string>
#include <string_view>

namespace weir::detail {

/// Appends `value` in quotes; quotes and backslashes escaped, control characters left out.
inline void append_quoted(std::string& text, std::string_view value) {
  text += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) text += c;
  }
  text += '"';
}

inline std::string quoted(std::string_view value) {
  std::string text;
  append_quoted(text, value);
  return text;
}

}  // namespace weir::detail
