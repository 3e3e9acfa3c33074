#include "list_recipe.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace weir::search::lists {

namespace recipe {

constexpr std::string_view word = "list";

/// A number and the character behind it, if that is to be there.
bool take_number(std::string_view& text, char behind, std::uint8_t& number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  if (behind == '\0') return true;
  if (text.empty() || text.front() != behind) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::vector<Line>> lines_of(std::string_view text) {
  if (!text.starts_with(word)) return std::nullopt;
  text.remove_prefix(word.size());
  std::vector<Line> lines;
  while (!text.empty()) {
    Line line;
    if (text.front() != ' ' || lines.size() == lines_max) return std::nullopt;
    text.remove_prefix(1);
    if (!take_number(text, ':', line.call) || !take_number(text, ':', line.a) ||
        !take_number(text, '\0', line.b) || line.call >= calls)
      return std::nullopt;
    lines.push_back(line);
  }
  if (lines.empty()) return std::nullopt;
  return lines;
}

}  // namespace recipe

std::string recipe_of(const ListProgram& program) {
  if (program.lines.empty() || program.result != program.inputs.size() + program.lines.size() - 1)
    return {};
  std::string text(recipe::word);
  for (const Line& line : program.lines) {
    text += " " + std::to_string(line.call) + ":" + std::to_string(line.a) + ":" +
            std::to_string(line.b);
  }
  return text;
}

std::optional<ListProgram> read_recipe(std::string_view text, const std::vector<Kind>& inputs) {
  std::optional<std::vector<Line>> lines = recipe::lines_of(text);
  if (!lines) return std::nullopt;
  ListProgram program{inputs, std::move(*lines), 0};
  program.result = static_cast<std::uint8_t>(inputs.size() + program.lines.size() - 1);
  if (!well_formed(program)) return std::nullopt;
  return program;
}

std::optional<std::uint64_t> functions_searched(std::string_view text) {
  std::optional<std::vector<Line>> lines = recipe::lines_of(text);
  if (!lines) return std::nullopt;
  ListProgram before;
  before.lines.assign(lines->begin(),
                      lines->end() - std::min<std::ptrdiff_t>(2, std::ssize(*lines)));
  return occurring(before);
}

std::vector<ListProgram> neighbours_of(const ListProgram& program) {
  std::vector<ListProgram> all = {program};
  const auto add = [&](const ListProgram& next) {
    if (well_formed(next)) all.push_back(without_unused(next));
  };
  if (program.lines.size() > 1) {
    ListProgram shorter = program;
    shorter.lines.pop_back();
    --shorter.result;
    add(shorter);
  }
  for (std::size_t at = 0; at < program.lines.size(); ++at) {
    const Line line = program.lines[at];
    ListProgram next = program;
    for (std::uint8_t call = 0; call < calls; ++call) {
      next.lines[at].call = call;
      if (call != line.call) add(next);
    }
    const bool one = call_table[line.call].takes == Takes::list;
    for (std::size_t place = 0; place < program.inputs.size() + at; ++place) {
      const auto slot = static_cast<std::uint8_t>(place);
      next.lines[at] = {line.call, slot, one ? slot : line.b};
      if (slot != line.a) add(next);
      next.lines[at] = {line.call, line.a, slot};
      if (!one && slot != line.b) add(next);
    }
  }
  return all;
}

}  // namespace weir::search::lists
