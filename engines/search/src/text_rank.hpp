// text_rank.hpp: programs that were found, the most likely first, and what to ask about.
//
// Shape:  a score is in bits, lower is better: what the pieces cost, and how odd the program is as a whole. Programs
//         that write the same of every row count as one answer, and their likelihoods are added up.
#pragma once

#include <vector>

#include "text_sheet.hpp"

namespace weir::search::text {

struct Candidate {
  Program program;
  double score = 0;
  std::vector<Str> outs;  // of every row of the sheet
  std::uint32_t passed = 0;
  double cost = 0;      // of its pieces alone
  bool seeded = false;  // of experience: the search's own program of the same outputs replaces it
};

/// Runs a program, guarded for the sheet's blanks, on every row and adds what its oddities cost; some rows at a time.
class Judgement {
 public:
  Judgement(const Sheet& sheet, Program program, double cost);

  /// On at most that many rows more; false: none is left.
  bool go_on(std::size_t rows_max);
  /// Once none is left.
  Candidate take();

 private:
  const Sheet* sheet_;
  Candidate candidate_;
  std::size_t failures_ = 0;
};

/// All at once.
Candidate judged(const Sheet& sheet, Program program, double cost);

class Ranking {
 public:
  explicit Ranking(const Sheet& sheet) : sheet_(&sheet) {}

  void add(Candidate candidate);
  bool empty() const noexcept { return groups_.empty(); }
  /// The best of those that are right on all shown rows; null: there is none.
  const Candidate* best() const noexcept;
  /// The same of those that are not of experience alone.
  const Candidate* best_searched() const noexcept;
  const Candidate* best_partial() const noexcept {
    return partial_.program.branches.empty() ? nullptr : &partial_;
  }

  struct Answer {
    const Candidate* candidate = nullptr;
    double likelihood = 0;
  };
  /// Best first.
  std::vector<Answer> answers() const;
  /// The unlabelled row that tells most answers apart; -1: none does.
  int question() const;
  std::size_t memory() const noexcept;

 private:
  struct Same {
    Candidate best;
    double weight = 0;  // sum of 2^-score
  };
  std::vector<const Same*> sorted() const;

  const Sheet* sheet_;
  std::vector<Same> groups_;
  Candidate partial_;
};

}  // namespace weir::search::text
