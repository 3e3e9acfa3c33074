// phh_toml.hpp: as much of TOML as hands are written in: keys with strings, numbers and arrays of them.
//
// Shape: a value keeps the text it was written as, so that what nobody reads can be written again.
// Errors: bad_toml, where "line N".
#pragma once

#include <string>
#include <string_view>
#include <vector>
#include <weir/result.hpp>

namespace weir::mccfr {

struct TomlValue {
  enum class Kind : unsigned char { string, bare, array };
  Kind kind = Kind::bare;
  std::string text;              // string: its content; else as it was written
  std::string raw;               // as it was written
  std::vector<TomlValue> items;  // array
  int line = 0;
};

struct TomlField {
  std::string key;
  TomlValue value;
};

/// `line`: the number of the first line.
Result<std::vector<TomlField>> parse_toml(std::string_view text, int line);

/// `text` as a basic string.
std::string toml_quoted(std::string_view text);

}  // namespace weir::mccfr
