// sygus_unify.hpp: case splits: a decision tree over what terms get right.
//
// Shape:  sets of examples are 64 bits. Small samples are searched for the smallest tree; others among the predicates
//         that are best at each node.
// Source: EUSolver (Alur, Radhakrishna, Udupa, TACAS 2017).
#pragma once

#include <unordered_map>
#include <vector>

#include "steps.hpp"
#include "sygus_bank.hpp"
#include "sygus_goals.hpp"

namespace weir::search::sygus {

class Unifier {
 public:
  struct Predicate {
    ExampleSet holds;
    TermId term;
    std::uint32_t size;
  };

  Unifier(Machine& machine, const Sample& sample, Goals& goals);

  bool usable() const noexcept { return ite_ != no_rule; }
  /// The rule by which it splits; no_rule: none.
  RuleId rule() const noexcept { return ite_; }
  /// One for each split of the examples; the smallest mostly first.
  const std::vector<Predicate>& predicates() const noexcept { return predicates_; }
  /// What the start symbol's outputs are made of is what the goals are of; else it is a Boolean's own.
  bool of_start() const noexcept { return !truth_; }

  /// Takes in some of what the bank has more than at the last call; true: there is still more.
  bool refresh(const Bank& bank, std::uint64_t& units);
  /// Leaves the smallest tree found below that size in result(); no_term: none. Some 10^6 units at most.
  Steps run(Budget& budget, std::uint32_t size_below);
  TermId result() const noexcept { return result_; }

  static ExampleSet right_on(const std::uint32_t* values, const Sample& sample) noexcept;

 private:
  struct Choice {
    std::uint32_t size;  // size_none: no tree
    TermId leaf;         // or
    std::uint32_t predicate;
    bool exact;  // not cut off by a bound
  };

  void add_predicate(TermId term, ExampleSet holds);
  void prepare_truth(const Bank& bank);
  Steps find_best(Budget& budget, ExampleSet examples, std::uint32_t depth,
                  std::uint32_t size_below, Choice& out);
  const Choice& keep(ExampleSet examples, const Choice& choice);
  std::vector<std::uint32_t> ranked(ExampleSet examples, std::size_t count);
  std::uint32_t most_right(ExampleSet examples) const noexcept;
  TermId build(ExampleSet examples);

  Machine& machine_;
  const Sample& sample_;
  Goals& goals_;
  RuleId ite_ = no_rule, equal_ = no_rule;
  bool truth_ = false;  // the goal is Boolean, by way of (= TREE term)
  SymbolId leaf_symbol_ = Rules::start;
  TermId one_ = no_term;
  std::size_t seen_terms_ = 0, seen_predicates_ = 0;
  std::vector<Goals::Closed> by_count_;  // those right on most first
  std::vector<Predicate> predicates_;
  std::unordered_map<ExampleSet, std::size_t> known_predicates_;
  std::unordered_map<ExampleSet, Choice> choices_;
  std::uint64_t units_ = 0;
  TermId result_ = no_term;
};

}  // namespace weir::search::sygus
