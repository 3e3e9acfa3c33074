#include "text_match.hpp"

namespace weir::search::text {

namespace {

constexpr bool belongs(char32_t c, Class what) noexcept {
  switch (what) {
    case Class::digits:
    case Class::figure:
      return is_digit(c);
    case Class::letters:
    case Class::word:
      return is_letter(c);
    case Class::alnum:
      return is_alnum(c);
    case Class::uppers:
    case Class::capital:
      return is_upper(c);
    case Class::lowers:
      return is_lower(c);
    case Class::visible:
      return !is_space(c);
    case Class::spaces:
      return is_space(c);
  }
  return false;
}

constexpr bool joins(char32_t c, Class what) noexcept {
  if (what == Class::word) return c == U'\'' || c == U'-' || c == 0x2019;
  return what == Class::figure && (c == U'.' || c == U',');
}

}  // namespace

std::vector<Span> matches(View text, Class what) {
  std::vector<Span> found;
  const std::size_t n = text.size();
  for (std::size_t i = 0; i < n;) {
    if (!belongs(text[i], what)) {
      ++i;
      continue;
    }
    const std::size_t begin = i++;
    if (what == Class::capital) {
      while (i < n && is_lower(text[i])) ++i;
      if (i == begin + 1) continue;
    } else {
      while (i < n && (belongs(text[i], what) ||
                       (joins(text[i], what) && i + 1 < n && belongs(text[i + 1], what))))
        ++i;
    }
    found.push_back({static_cast<int>(begin), static_cast<int>(i)});
  }
  return found;
}

std::vector<Span> matches(View text, View literal) {
  std::vector<Span> found;
  if (literal.empty()) return found;
  for (std::size_t i = text.find(literal); i != View::npos;
       i = text.find(literal, i + literal.size())) {
    found.push_back({static_cast<int>(i), static_cast<int>(i + literal.size())});
  }
  return found;
}

}  // namespace weir::search::text
