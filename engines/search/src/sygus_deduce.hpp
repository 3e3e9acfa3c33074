// sygus_deduce.hpp: terms for values that are wanted, by the inverse of an operator and a look into the bank.
//
// Sums:      a + b and a - b, one of them from the bank, the other looked up.
// Substrings: of texts in which all wanted texts occur: starts from the bank or as a sum, then lengths.
// Replacing: given what is replaced and where, what it is replaced by is known.
// Cost:      each call at most about a million units, mostly far less.
#pragma once

#include <unordered_set>
#include <vector>

#include "steps.hpp"
#include "sygus_bank.hpp"
#include "sygus_graph.hpp"

namespace weir::search::sygus {

/// Values that a term of a symbol is to have on the bank's sample, and what size would be too large.
struct Wanted {
  SymbolId symbol = Rules::start;
  Values values;
  std::uint32_t size_below = 0xffff;
};

/// A term of an operator's first argument, with its values.
struct Source {
  TermId term;
  const std::uint32_t* values;
};

class Deduction {
 public:
  Deduction(Machine& machine, const Bank& bank) : machine_(machine), bank_(bank) {}

  /// The smallest term known by all means but replacing.
  Steps any(Budget& budget, Wanted wanted);
  TermId sum(const Wanted& wanted);
  /// Out of this text, by rules whose first argument is of that symbol.
  TermId substring_of(const Wanted& wanted, SymbolId symbol, const Source& source);
  /// What `what` in the source is to be replaced by, and it replaced.
  TermId replaced(const Wanted& wanted, RuleId rule, const Source& source, std::size_t what);
  /// Sums of three, one of them among the first in the bank.
  Steps sum_of_three(Budget& budget, Wanted wanted);
  Steps replacement(Budget& budget, Wanted wanted);
  /// Of any, sum_of_three and replacement.
  TermId result() const noexcept { return result_; }

  std::uint64_t take_units() noexcept { return std::exchange(units_, 0); }

 private:
  Steps substring(Budget& budget, const Wanted& wanted);
  TermId at(const Wanted& wanted, RuleId rule, const Source& source);
  TermId cut(const Wanted& wanted, RuleId rule, const Source& source);
  TermId cut_from(const Wanted& wanted, RuleId rule, const Source& source, TermId start,
                  const std::uint32_t* starts);
  bool occurs_in(const Wanted& wanted, const std::uint32_t* texts) const;
  bool only_place(const Wanted& wanted, const std::uint32_t* texts, Values& places) const;
  bool starts_at(const Wanted& wanted, const std::uint32_t* texts,
                 const std::uint32_t* starts) const;
  bool long_enough(const Wanted& wanted, const std::uint32_t* texts, const std::uint32_t* starts,
                   const std::uint32_t* units) const;
  bool smaller(TermId term, TermId than, std::uint32_t size_below) const noexcept;

  Machine& machine_;
  const Bank& bank_;
  TermId result_ = no_term;
  std::uint64_t units_ = 0;
};

/// Substrings of a few texts that could be pieces of the outputs and are too large for the bank.
class PieceMaker {
 public:
  PieceMaker(Machine& machine, const Bank& bank, const ConcatGraph& graph)
      : machine_(machine), bank_(bank), graph_(graph) {}

  /// From integers of the bank and those with a constant added or taken away, whose sizes are together that at most.
  Steps run(Budget& budget, std::uint32_t sizes_max, ExtraPieces& out);

 private:
  struct Integer {
    TermId term;
    std::uint32_t size;
    Values values;
    bool start;  // of the source at hand: a piece can begin there
  };

  Steps find_integers(Budget& budget, SymbolId symbol);
  void add_integer(TermId term, const Values& values);
  Steps add_shifted(Budget& budget, RuleId rule, SymbolId symbol);
  std::vector<std::size_t> sources(SymbolId symbol) const;
  void find_starts(const std::uint32_t* texts);
  std::uint64_t cut_row(RuleId rule, const Source& source, const Integer& start,
                        std::uint32_t sizes, ExtraPieces& out);
  void offer(RuleId rule, const Source& source, const Integer& start, const Integer& last,
             bool to_end, ExtraPieces& out);

  Machine& machine_;
  const Bank& bank_;
  const ConcatGraph& graph_;
  std::unordered_set<std::uint64_t> known_, known_integers_;
  std::vector<Integer> integers_;  // smallest first
  std::uint32_t bank_size_ = 0, sizes_done_ = 0;
  RuleId minus_ = no_rule;
  Values values_;
};

}  // namespace weir::search::sygus
