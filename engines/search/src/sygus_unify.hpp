// sygus_unify.hpp: case splits: a decision tree over what terms get right.
//
// Shape:  sets of examples are 64 bits. Small samples are searched for the smallest tree; others greedily, and then among
//         the best predicates of each node.
// Source: EUSolver (Alur, Radhakrishna, Udupa, TACAS 2017).
#pragma once

#include <unordered_map>
#include <vector>

#include "sygus_bank.hpp"

namespace weir::search::sygus {

using ExampleSet = std::uint64_t;

class Unifier {
 public:
  Unifier(Machine& machine, const Sample& sample);

  bool usable() const noexcept { return ite_ != no_rule; }
  ExampleSet all() const noexcept { return all_; }
  ExampleSet covered() const noexcept;

  /// A term that is right on some examples.
  void add_cover(TermId term, ExampleSet right);
  /// Takes in what the bank has more than at the last call; the work done.
  std::uint64_t refresh(const Bank& bank);
  /// The smallest tree found below that size; no_term: none. At most some 10^6 units.
  TermId run(std::uint32_t size_below, std::uint64_t& units);

  static ExampleSet right_on(const std::uint32_t* values, const Sample& sample) noexcept;

 private:
  struct Cover {
    ExampleSet right;
    TermId term;
    std::uint32_t size;
  };
  struct Predicate {
    ExampleSet holds;
    TermId term;
    std::uint32_t size;
  };
  struct Choice {
    std::uint32_t size;  // size_none: no tree
    TermId leaf;         // or
    std::uint32_t predicate;
    bool exact;  // not cut off by a bound
  };

  void add_predicate(TermId term, ExampleSet holds);
  void prepare_truth(const Bank& bank);
  Choice best(ExampleSet examples, std::uint32_t depth, std::uint32_t size_below);
  std::vector<std::uint32_t> ranked(ExampleSet examples, std::size_t count);
  const Cover* leaf_of(ExampleSet examples) const noexcept;
  std::uint32_t most_right(ExampleSet examples) const noexcept;
  TermId build(ExampleSet examples);

  Machine& machine_;
  const Sample& sample_;
  RuleId ite_ = no_rule, equal_ = no_rule;
  bool truth_ = false;  // the goal is Boolean, by way of (= TREE term)
  SymbolId leaf_symbol_ = Rules::start;
  TermId one_ = no_term;
  ExampleSet all_ = 0;
  std::size_t seen_terms_ = 0, seen_predicates_ = 0;
  std::vector<Cover> covers_;
  std::vector<Predicate> predicates_;
  std::unordered_map<ExampleSet, std::size_t> known_predicates_;
  std::unordered_map<ExampleSet, Choice> choices_;
  std::uint64_t units_ = 0;
};

}  // namespace weir::search::sygus
