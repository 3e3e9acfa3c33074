// text_match.hpp: where things stand in a text: runs of a class of characters, and literals.
//
// Shape:  a Span is [begin, end) in code points. Runs are the longest ones, from the left; literals do not overlap.
#pragma once

#include <cstdint>
#include <vector>

#include "text_chars.hpp"

namespace weir::search::text {

enum class Class : std::uint8_t {
  digits,  // 0-9
  letters,
  alnum,  // letters and digits
  uppers,
  lowers,
  capital,  // an upper-case letter and lower-case ones after it
  word,     // letters, with ' ’ - between letters
  figure,   // digits, with . or , between digits
  visible,  // what is no space
  spaces,
};
inline constexpr int classes = 10;

struct Span {
  int begin = 0, end = 0;
  friend bool operator==(const Span&, const Span&) = default;
};

std::vector<Span> matches(View text, Class what);
std::vector<Span> matches(View text, View literal);

}  // namespace weir::search::text
