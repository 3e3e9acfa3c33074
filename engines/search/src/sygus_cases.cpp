#include "sygus_cases.hpp"

#include <algorithm>

namespace weir::search::sygus {
namespace {

constexpr std::size_t case_texts_max = 400;
constexpr std::size_t case_predicates_max = 60;
constexpr std::size_t case_pairs_max = 6000;      // of all
constexpr std::size_t case_pairs_each_max = 400;  // of one predicate

}  // namespace

/// Small texts that stand in some of the outputs.
void CasePieces::find_texts() {
  texts_.clear();
  for (std::size_t i = 0; i < bank_.count(Rules::start) && texts_.size() < case_texts_max; ++i) {
    const std::uint32_t* const values = bank_.values(Rules::start, i);
    ExampleSet part = 0;
    for (std::size_t e = 0; e < bank_.sample().count; ++e)
      part |= graph_.occurs(values[e]) & ExampleSet{1} << e;
    if (part != 0) texts_.push_back({bank_.term(Rules::start, i), part, values});
  }
}

std::uint64_t CasePieces::add_cases(const Unifier::Predicate& predicate, ExtraPieces& out) {
  const ExampleSet yes = predicate.holds;
  const ExampleSet no = ~predicate.holds & goals_.all();
  const std::size_t count = bank_.sample().count;
  std::size_t pairs = 0;
  for (const Text& one : texts_) {
    if ((yes & ~one.part) != 0) continue;
    for (const Text& other : texts_) {
      if ((no & ~other.part) != 0 || pairs >= case_pairs_each_max ||
          out.terms.size() >= case_pairs_max)
        continue;
      std::uint64_t hash = 0;
      bool same = true;  // as one of the two
      for (std::size_t e = 0; e < count; ++e) {
        const std::uint32_t value = (yes >> e & 1U) != 0 ? one.values[e] : other.values[e];
        same = same && one.values[e] == other.values[e];
        hash = fold(hash, value);
      }
      pairs += 1;
      if (same || !known_.insert(hash).second) continue;
      for (std::size_t e = 0; e < count; ++e) {
        out.values.push_back((yes >> e & 1U) != 0 ? one.values[e] : other.values[e]);
      }
      out.terms.push_back(
          machine_.add(unifier_.rule(), std::array{predicate.term, one.term, other.term}));
    }
  }
  return texts_.size() + pairs * (count + 2);
}

Steps CasePieces::run(Budget& budget, ExtraPieces& out) {
  if (unifier_.rule() == no_rule || machine_.rules()[unifier_.rule()].symbol != Rules::start)
    co_return;
  find_texts();
  if (budget.spend(case_texts_max * 4)) co_await budget.pause();
  const std::size_t count = std::min(unifier_.predicates().size(), case_predicates_max);
  for (std::size_t i = 0; i < count; ++i) {
    const Unifier::Predicate predicate = unifier_.predicates()[i];
    if (budget.spend(add_cases(predicate, out))) co_await budget.pause();
  }
}

}  // namespace weir::search::sygus
