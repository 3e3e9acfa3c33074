// list_tasks.hpp: random tasks of the list language, to measure with and to learn from.
//
// A signature of ([int]), ([int],[int]), (int,[int]); five examples: lists of 3-10 integers of -R..R, R of 10, 50, 255
// for the task, an integer 0..9; then n times a function, a lambda and arguments that type, all as likely. Drawn again
// when a value is none on any example, a line repeats a value at hand, an input or a line is not used, fewer than three
// outputs differ, the outputs were drawn before, or a program of less than n calls fits all five.
//
// Roles: a source on one thread; the same length and seed give the same tasks on every machine.
// Cost:  of the last rule: all programs of n - 1 calls are searched (n = 5: some hundredths of a second).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_set>
#include <vector>
#include <weir/search/list_language.hpp>
#include <weir/search/task.hpp>

namespace weir::search::lists {

inline constexpr std::size_t drawn_examples = 5, fresh_examples = 10;

struct DrawnTask {
  Task task;
  ListProgram program;  // what it was drawn from, of n calls
  std::vector<Example>
      fresh;  // of inputs drawn alike that no search sees, with the program's outputs
};

class TaskSource {
 public:
  /// n in 1..lines_max.
  TaskSource(std::size_t n, std::uint64_t seed);
  /// None when 100,000 draws in a row were refused.
  std::optional<DrawnTask> next();
  /// So far, refused ones too, and those of which only the last rule was against.
  std::uint64_t drawn() const noexcept { return drawn_; }
  std::uint64_t shorter() const noexcept { return shorter_; }

 private:
  std::size_t n_;
  std::uint64_t state_;
  std::uint64_t drawn_ = 0, shorter_ = 0;
  std::unordered_set<std::uint64_t> outputs_;  // hashes
};

/// The first of its source.
std::optional<DrawnTask> draw_task(std::size_t n, std::uint64_t seed);

/// Share of the fresh inputs on which a program gives their outputs.
double right_on_fresh(const DrawnTask& task, const ListProgram& program);

}  // namespace weir::search::lists
