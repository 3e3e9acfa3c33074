// text_solver.hpp: searches one program without conditions for the shown rows of a sheet, family by family.
//
// Shape:  slices first, then numbers, dates and times, then what is rounded. What was found is kept with its cost.
// Cost:   a step is one family of one input, or one graph; or as much of it as a bounded number of candidates is, and
//         the next one goes on there.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "text_paths.hpp"
#include "text_rounding.hpp"
#include "text_slices.hpp"

namespace weir::search::text {

class Solver {
 public:
  /// `thorough`: with roundings and ranges, which a branch of a condition does without.
  Solver(Sheet sheet, bool thorough, std::size_t bytes_max);
  Solver(const Solver&) = delete;
  Solver& operator=(const Solver&) = delete;

  /// Does the next piece of work; false: there was none left.
  bool step();

  const Sheet& sheet() const noexcept { return sheet_; }
  const std::vector<Path>& found() const noexcept { return found_; }
  /// No input holds anything that numbers, dates or times could be read from.
  bool only_slices() const noexcept { return only_slices_; }
  std::uint64_t looked_at() const noexcept {
    return looked_at_ + more_.looked_at + base_.looked_at();
  }
  std::size_t memory() const noexcept;

 private:
  enum class Stage : std::uint8_t { slices, base, moments, numbers, contexts, ended };

  Steps work();
  Steps slices();
  Steps find_paths(Pool& base, Pool* extra, double extra_cost);
  Steps find_contexts(std::size_t source);
  bool readable() const;

  Sheet sheet_;
  bool thorough_;
  Stage stage_ = Stage::slices;
  std::size_t part_ = 0;
  std::vector<SliceFinder> finders_;
  Pool base_, numbers_, nothing_;
  std::vector<CostedMoment> moments_;
  std::vector<CostedNumber> number_sources_, joined_;
  std::deque<Context> contexts_;
  std::vector<Path> found_;
  bool only_slices_ = false;
  std::uint64_t looked_at_ = 0;  // written numbers
  Contexts more_;                // of a source, until all are there
  Budget budget_;
  std::optional<Steps> work_;  // of a step that is not done
};

/// So many candidates on the shown rows of that sheet are a step: fewer where there are more rows, or long texts.
std::uint64_t candidates_of_step(const Sheet& sheet) noexcept;

}  // namespace weir::search::text
