#include "json_place.hpp"

#include <algorithm>

namespace weir::search::program {
namespace {

std::size_t behind_space(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(" \t\r\n", at), text.size());
}

std::size_t behind_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) at += text[at] == '\\' ? 1 : 0;
  return std::min(at + 1, text.size());
}

std::size_t behind_value(std::string_view text, std::size_t at) {
  constexpr std::string_view ends = ",]} \t\r\n";
  std::size_t depth = 0;
  do {
    if (text[at] == '"') {
      at = behind_string(text, at);
      continue;
    }
    if (text[at] == '{' || text[at] == '[') ++depth;
    if (text[at] == '}' || text[at] == ']') --depth;
    ++at;
  } while (at < text.size() && (depth != 0 || ends.find(text[at]) == std::string_view::npos));
  return at;
}

/// The value of a member or an element of the one that begins at `at`; `at` itself where there is none.
std::size_t step_into(std::string_view text, std::size_t at, const Json& step) {
  const std::size_t whole = at;
  const bool object = step.is_string();
  if (at >= text.size() || text[at] != (object ? '{' : '[')) return whole;
  at = behind_space(text, at + 1);
  for (std::size_t i = 0; at < text.size() && text[at] != '}' && text[at] != ']'; ++i) {
    bool here = !object && i == step;
    if (object) {
      const std::size_t name = at;
      at = behind_string(text, at);
      here = Json::parse(text.substr(name, at - name), nullptr, false) == step;
      at = behind_space(text, behind_space(text, at) + 1);
    }
    if (here || at >= text.size()) return std::min(at, text.size());
    at = behind_space(text, behind_value(text, at));
    if (at < text.size() && text[at] == ',') at = behind_space(text, at + 1);
  }
  return whole;
}

}  // namespace

std::size_t place_of(std::string_view text, const JsonPath& path) {
  std::size_t at = behind_space(text, 0);
  for (const Json& step : path) {
    const std::size_t inner = step_into(text, at, step);
    if (inner == at) break;
    at = inner;
  }
  return at;
}

std::vector<std::size_t> places_of_elements(std::string_view text, const JsonPath& path) {
  std::vector<std::size_t> places;
  std::size_t at = place_of(text, path);
  if (at >= text.size() || text[at] != '[') return places;
  for (at = behind_space(text, at + 1); at < text.size() && text[at] != ']';) {
    places.push_back(at);
    at = behind_space(text, behind_value(text, at));
    if (at < text.size() && text[at] == ',') at = behind_space(text, at + 1);
  }
  return places;
}

}  // namespace weir::search::program
