#include <weir/search/task.hpp>

namespace weir::search {

namespace {

bool has_own_line(const Example& example) noexcept {
  return example.line != 0 && example.column == 0;
}

}  // namespace

std::string name_of_example(const std::vector<Example>& examples, std::size_t index) {
  const Example& example = examples[index];
  return has_own_line(example) ? "line " + std::to_string(example.line)
                               : "example " + std::to_string(index + 1);
}

std::string names_of_examples(const std::vector<Example>& examples, std::size_t first,
                              std::size_t second) {
  if (has_own_line(examples[first]) && has_own_line(examples[second])) {
    return "the examples of lines " + std::to_string(examples[first].line) + " and " +
           std::to_string(examples[second].line);
  }
  std::string names =
      "examples " + std::to_string(first + 1) + " and " + std::to_string(second + 1);
  if (examples[first].line != 0 && examples[second].line != 0) {
    names += " (" + place_of_example(examples, first) + " and " +
             place_of_example(examples, second) + ")";
  }
  return names;
}

std::string place_of_example(const std::vector<Example>& examples, std::size_t index) {
  const Example& example = examples[index];
  if (example.line == 0) return name_of_example(examples, index);
  const std::string line = std::to_string(example.line);
  return example.column == 0 ? line : line + ":" + std::to_string(example.column);
}

}  // namespace weir::search
