// sygus_goals.hpp: goals that are open: the outputs on sets of examples, one table for all strategies.
//
// Shape:  a goal is a set of examples. Any one term that is right on them closes it (OR), and so does a split by a
//         predicate whose two sides are closed (AND): sygus_unify.hpp looks for the smallest tree of those.
// Memory: at most closed_max terms that close sets, those right on most; a word for each set that was tried.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "sygus_terms.hpp"

namespace weir::search::sygus {

using ExampleSet = std::uint64_t;

class Goals {
 public:
  struct Closed {
    ExampleSet right;
    TermId term;
    std::uint32_t size;
  };

  explicit Goals(std::size_t examples) noexcept
      : all_(examples >= 64 ? ~ExampleSet{0} : (ExampleSet{1} << examples) - 1) {}

  ExampleSet all() const noexcept { return all_; }
  /// The examples that some term is right on.
  ExampleSet covered() const noexcept;
  /// Smallest first; of two of which one is right wherever the other is and no larger, that one.
  const std::vector<Closed>& closed() const noexcept { return closed_; }
  /// The smallest term that is right on all of a set; null: its goal is open.
  const Closed* by_one(ExampleSet examples) const noexcept;
  /// The term that is right on most examples; no_term: none is on any.
  TermId most_covering() const noexcept;

  void close(TermId term, std::uint32_t size, ExampleSet right);

  /// Of the two sides of splits, open ones whose other side is closed by one term, those of most examples first: what
  /// closes such a one answers the whole. None that was tried with more than half of so many terms in the bank.
  std::vector<ExampleSet> open(const std::vector<ExampleSet>& splits, std::size_t count,
                               std::size_t terms) const;
  void tried(ExampleSet examples, std::size_t terms) { tried_[examples] = terms; }

 private:
  static constexpr std::size_t closed_max = 64;

  ExampleSet all_;
  std::vector<Closed> closed_;
  std::unordered_map<ExampleSet, std::size_t> tried_;  // terms in the bank
};

}  // namespace weir::search::sygus
