#include "text_helpers.hpp"

#include <cstdint>

namespace weir::search::text {

namespace {

std::string hex(std::uint32_t value, std::size_t width) {
  std::string out;
  for (; value > 0 || out.size() < width; value >>= 4U)
    out.insert(out.begin(), "0123456789abcdef"[value & 15U]);
  return out;
}

}  // namespace

std::string Helpers::use(std::string_view name) {
  for (const Helper& h : table_) {
    if (h.name != name || !used_.insert(h.name).second) continue;
    for (std::size_t i = 0; i < h.needs.size();) {
      const std::size_t end = std::min(h.needs.find(' ', i), h.needs.size());
      use(h.needs.substr(i, end - i));
      i = end + 1;
    }
  }
  return std::string(name);
}

std::string Helpers::code(std::string_view indent) const {
  std::string out;
  for (const Helper& h : table_) {
    if (!used_.contains(h.name)) continue;
    for (std::size_t i = 0; i < h.code.size();) {
      const std::size_t end = h.code.find('\n', i);
      const std::string_view line = h.code.substr(i, end - i);
      if (!line.empty()) out.append(indent).append(line);
      out += '\n';
      i = end == std::string_view::npos ? h.code.size() : end + 1;
    }
  }
  return out;
}

std::string quoted(std::u32string_view text, bool braces) {
  std::string out = "\"";
  for (const char32_t c : text) {
    const auto code = static_cast<std::uint32_t>(c);
    if (c == U'"' || c == U'\\') {
      out += '\\';
      out += static_cast<char>(code);
    } else if (c >= 0x20 && c < 0x7f) {
      out += static_cast<char>(code);
    } else if (c == U'\n') {
      out += "\\n";
    } else if (c == U'\t') {
      out += "\\t";
    } else if (braces) {
      out += "\\u{" + hex(code, 1) + "}";
    } else {
      out += code < 0x10000 ? "\\u" + hex(code, 4) : "\\U" + hex(code, 8);
    }
  }
  return out + '"';
}

}  // namespace weir::search::text
