#include "phh_toml.hpp"

#include <algorithm>

namespace weir::mccfr {
namespace {

constexpr int toml_depth_max = 8;

bool bare_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

class TomlReader {
 public:
  TomlReader(std::string_view text, int line) : text_(text), line_(line) {}

  Result<std::vector<TomlField>> fields() {
    std::vector<TomlField> fields;
    for (skip(true); !at_end(); skip(true)) {
      if (peek() == '[') return refuse("tables are no part of a hand");
      TomlField field;
      const std::size_t begin = at_;
      while (!at_end() && bare_letter(peek())) ++at_;
      field.key = text_.substr(begin, at_ - begin);
      if (field.key.empty()) return refuse("a key is expected");
      skip(false);
      if (at_end() || peek() != '=') return refuse("'=' is expected after the key");
      ++at_;
      skip(false);
      Result<TomlValue> value = read_value(0);
      if (!value) return value.error();
      field.value = std::move(value).value();
      const bool twice = std::any_of(fields.begin(), fields.end(),
                                     [&](const TomlField& f) { return f.key == field.key; });
      if (twice) return refuse("the key " + field.key + " is there twice");
      fields.push_back(std::move(field));
      skip(false);
      if (!at_end() && peek() != '\n' && peek() != '#') return refuse("one field a line");
    }
    return fields;
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return text_[at_]; }
  Error refuse(std::string what) const {
    return {"bad_toml", std::move(what), "line " + std::to_string(line_)};
  }

  /// Past blanks; with `lines` past ends of lines and comments too.
  void skip(bool lines) {
    while (!at_end()) {
      const char c = peek();
      if (c == '\n' && lines) ++line_;
      if (c == '#' && lines) {
        while (!at_end() && peek() != '\n') ++at_;
        continue;
      }
      if (c != ' ' && c != '\t' && c != '\r' && !(c == '\n' && lines)) return;
      ++at_;
    }
  }

  Result<TomlValue> read_value(int depth) {
    if (at_end() || peek() == '\n') return refuse("a value is expected");
    const std::size_t begin = at_;
    const int line = line_;
    Result<TomlValue> value = peek() == '['                     ? read_array(depth)
                              : peek() == '"' || peek() == '\'' ? read_string()
                                                                : read_bare();
    if (!value) return value;
    value.value().raw = text_.substr(begin, at_ - begin);
    value.value().line = line;
    if (value.value().kind != TomlValue::Kind::string) value.value().text = value.value().raw;
    return value;
  }

  Result<TomlValue> read_array(int depth) {
    if (depth >= toml_depth_max) return refuse("arrays are nested too deeply");
    TomlValue array;
    array.kind = TomlValue::Kind::array;
    ++at_;
    for (;;) {
      skip(true);
      if (at_end()) return refuse("']' is missing");
      if (peek() == ']') break;
      Result<TomlValue> item = read_value(depth + 1);
      if (!item) return item;
      array.items.push_back(std::move(item).value());
      skip(true);
      if (at_end()) return refuse("']' is missing");
      if (peek() == ',') {
        ++at_;
      } else if (peek() != ']') {
        return refuse("',' or ']' is expected");
      }
    }
    ++at_;
    return array;
  }

  Result<TomlValue> read_bare() {
    TomlValue value;
    const std::size_t begin = at_;
    while (!at_end() && (bare_letter(peek()) || peek() == '+' || peek() == '.' || peek() == ':'))
      ++at_;
    if (at_ == begin) return refuse("this is no value");
    return value;
  }

  Result<TomlValue> read_string() {
    TomlValue value;
    value.kind = TomlValue::Kind::string;
    const char quote = text_[at_++];
    for (;;) {
      if (at_end() || peek() == '\n') return refuse("the quote at the end is missing");
      const char c = text_[at_++];
      if (c == quote) return value;
      if (c != '\\' || quote == '\'') {
        value.text += c;
        continue;
      }
      if (!read_escape(value.text)) return refuse("this escape is unknown");
    }
  }

  bool read_escape(std::string& out) {
    if (at_end()) return false;
    const char c = text_[at_++];
    const std::string_view letters = "btnfr\"\\";
    const std::size_t place = letters.find(c);
    if (place != std::string_view::npos) {
      out += "\b\t\n\f\r\"\\"[place];
      return true;
    }
    const std::size_t digits = c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (digits == 0 || text_.size() - at_ < digits) return false;
    unsigned code = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const char d = text_[at_++];
      const std::size_t low = std::string_view("0123456789abcdef").find(d);
      const std::size_t high = std::string_view("0123456789ABCDEF").find(d);
      if (low == std::string_view::npos && high == std::string_view::npos) return false;
      code = code * 16 + static_cast<unsigned>(std::min(low, high));
    }
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    append_utf8(out, code);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_;
};

}  // namespace

Result<std::vector<TomlField>> parse_toml(std::string_view text, int line) {
  return TomlReader(text, line).fields();
}

std::string toml_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (code < 0x20 || code == 0x7f) {
      const char* hex = "0123456789abcdef";
      out += "\\u00";
      out += hex[code >> 4];
      out += hex[code & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace weir::mccfr
