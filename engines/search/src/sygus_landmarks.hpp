// sygus_landmarks.hpp: parts of the inputs between separators, too large for the bank to come to in time.
//
// Landmark: where a small text stands in an input for the first time, for the first time behind that, and once more;
//           and what is right behind it.
// Parts:    characters at landmarks, and what stands between two of them, or between one and a small integer.
// Cost:     once a sample, less than a million units.
#pragma once

#include <unordered_set>
#include <vector>

#include "sygus_graph.hpp"
#include "sygus_unify.hpp"

namespace weir::search::sygus {

class Landmarks {
 public:
  Landmarks(Machine& machine, const Bank& bank, const ConcatGraph& graph, Goals& goals)
      : machine_(machine), bank_(bank), graph_(graph), goals_(goals) {}

  /// Parts that stand in two outputs at least go to `some`, those that stand in every one to `whole` too; those that
  /// are an output close goals.
  Steps run(Budget& budget, ExtraPieces& whole, ExtraPieces& some);

 private:
  struct Mark {
    TermId term;
    Values values;
    bool landmark;  // the bank's alone are combined elsewhere
  };
  struct Found {
    TermId term;  // right behind it
    std::size_t pattern;
  };
  struct Pattern {
    TermId term;
    TermId units;  // its length, as an integer
  };

  bool find_rules();
  void find_patterns();
  Steps find_marks(Budget& budget, TermId source);
  void add_mark(TermId term, bool landmark);
  void add_found(TermId source, std::size_t pattern, TermId from, std::vector<Found>& out);
  Steps cut(Budget& budget, const Values& texts, TermId source, ExtraPieces& whole,
            ExtraPieces& some);
  void take(const Values& texts, TermId source, const Mark& from, const Mark* to, bool to_end,
            ExtraPieces& whole, ExtraPieces& some);

  Machine& machine_;
  const Bank& bank_;
  const ConcatGraph& graph_;
  Goals& goals_;
  SymbolId text_ = 0, integer_ = 0;
  RuleId substr_ = no_rule, at_ = no_rule, index_ = no_rule, plus_ = no_rule, minus_ = no_rule;
  TermId zero_ = no_term;
  std::vector<Pattern> patterns_;
  std::vector<Mark> marks_;
  std::unordered_set<std::uint64_t> known_marks_, known_parts_;
  Values values_;
};

}  // namespace weir::search::sygus
