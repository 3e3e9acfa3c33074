#include <weir/search/task.hpp>

namespace weir::search {

std::string name_of_example(const std::vector<Example>& examples, std::size_t index) {
  const Example& example = examples[index];
  return example.line == 0 || example.column != 0 ? "example " + std::to_string(index + 1)
                                                  : "line " + std::to_string(example.line);
}

std::string place_of_example(const std::vector<Example>& examples, std::size_t index) {
  const Example& example = examples[index];
  if (example.column == 0) return name_of_example(examples, index);
  return std::to_string(example.line) + ":" + std::to_string(example.column);
}

}  // namespace weir::search
