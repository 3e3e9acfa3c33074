// task.hpp: what a request asks for: a program that maps the inputs of every example to its output.
//
// Shape:  an integer has 64 bits; text is valid UTF-8, and its units are code points; a list holds integers.
// Errors: readers refuse what has another shape, so a Task that exists is well formed: every example has the same
//         number of inputs, and values of one place are of one kind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir::search {

using List = std::vector<std::int64_t>;
using Value = std::variant<std::int64_t, bool, std::string, List>;

struct Example {
  std::vector<Value> in;
  std::optional<Value> out;  // none: an unlabelled row, which the search may look at
  std::uint32_t line = 0;    // where it stands in its source, from 1; 0: nowhere
  std::uint32_t column = 0;  // of that line, from 1; 0: it is the line itself
};

/// How a message names the example with this index: by its line where each has one of its own.
std::string name_of_example(const std::vector<Example>& examples, std::size_t index);
/// The same of two: "examples 1 and 3", with their places where they have some, or "the examples of lines 2 and 5".
std::string names_of_examples(const std::vector<Example>& examples, std::size_t first,
                              std::size_t second);
/// "LINE:COLUMN", "LINE" where it has no column, its name where it has neither.
std::string place_of_example(const std::vector<Example>& examples, std::size_t index);

enum class Domain : std::uint8_t {
  text,  // people's data: strings, numbers, dates (the default grammar)
  list,  // the DeepCoder language
};

struct Task {
  Domain domain = Domain::text;
  std::vector<Example> examples;
  std::string name =
      "f";  // of the function that is written: letters, digits, _; none that a language reserves
  int level = 1;  // 0 is served first, 2 last
};

enum class Language : std::uint8_t { sygus, cpp, python, js };
inline constexpr std::size_t language_count = 4;

constexpr std::string_view to_string(Language language) noexcept {
  constexpr std::string_view names[] = {"sygus", "cpp", "python", "js"};
  return names[static_cast<std::size_t>(language)];
}

}  // namespace weir::search
