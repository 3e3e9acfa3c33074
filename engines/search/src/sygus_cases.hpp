// sygus_cases.hpp: pieces that differ by case: (ite predicate text text) of small texts.
//
// Cost:   sets of examples tell which pairs can be pieces; only those are made. pairs_max at most.
#pragma once

#include <unordered_set>

#include "sygus_graph.hpp"
#include "sygus_unify.hpp"

namespace weir::search::sygus {

class CasePieces {
 public:
  CasePieces(Machine& machine, const Bank& bank, const ConcatGraph& graph, const Unifier& unifier,
             const Goals& goals)
      : machine_(machine), bank_(bank), graph_(graph), unifier_(unifier), goals_(goals) {}

  /// Adds those that it did not add before.
  Steps run(Budget& budget, ExtraPieces& out);

 private:
  struct Text {
    TermId term;
    ExampleSet part;  // the examples in whose outputs it stands
    const std::uint32_t* values;
  };

  void find_texts();
  std::uint64_t add_cases(const Unifier::Predicate& predicate, ExtraPieces& out);

  Machine& machine_;
  const Bank& bank_;
  const ConcatGraph& graph_;
  const Unifier& unifier_;
  const Goals& goals_;
  std::vector<Text> texts_;
  std::unordered_set<std::uint64_t> known_;
};

}  // namespace weir::search::sygus
