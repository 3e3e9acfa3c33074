// sygus_replace.hpp: chains of replacements of constants, by a beam over how far letters are from those of the outputs.
//
// Cost:   at most depth x width x constants^2 candidates.
#pragma once

#include <vector>

#include "sygus_deduce.hpp"

namespace weir::search::sygus {

class ReplaceChains {
 public:
  ReplaceChains(Machine& machine, const Bank& bank, Deduction& deduction)
      : machine_(machine), bank_(bank), deduction_(deduction) {}

  /// Leaves the smallest term in result(); no_term: none.
  Steps run(Budget& budget, std::uint32_t size_below);
  TermId result() const noexcept { return result_; }

 private:
  struct Link {
    TermId term;
    Values values;
    std::uint32_t distance;
  };

  std::vector<std::size_t> constants(SymbolId symbol) const;
  std::uint32_t distance(const Values& values) const;
  std::uint64_t extend(const Link& link, RuleId rule, std::vector<Link>& out);
  std::uint64_t finish(const Link& link, RuleId rule);
  void take(TermId term);

  Machine& machine_;
  const Bank& bank_;
  Deduction& deduction_;
  std::unordered_set<std::uint64_t> known_;
  std::uint32_t size_below_ = 0xffff;
  TermId result_ = no_term;
};

}  // namespace weir::search::sygus
