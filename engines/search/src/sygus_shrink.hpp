// sygus_shrink.hpp: a smaller program out of a right one: its parts deduced anew, left out, or taken out of cases.
#pragma once

#include <vector>

#include "sygus_deduce.hpp"
#include "sygus_offers.hpp"

namespace weir::search::sygus {

class Shrink {
 public:
  Shrink(Machine& machine, const Bank& bank, Deduction& deduction, Offers& offers)
      : machine_(machine), bank_(bank), deduction_(deduction), offers_(offers) {}

  /// Goes on until no part of the best program can be made smaller this way, or a share of the work is done; what it
  /// finds, it offers.
  Steps run(Budget& budget);

 private:
  Steps factor_all(Budget& budget);
  bool load(const Kept& kept);
  Wanted wanted_at(std::size_t node) const;
  bool offer_with(std::size_t node, TermId term);
  bool right_with(std::size_t node, const std::uint32_t* values);
  bool simpler_part(std::size_t node, std::uint64_t& units);
  bool factored(std::size_t node, std::uint64_t& units);
  void flatten(TermId term, RuleId concat, std::vector<TermId>& out) const;
  bool same(TermId one, TermId other);
  bool smaller_terms(std::size_t node, std::uint64_t& units);

  Machine& machine_;
  const Bank& bank_;
  Deduction& deduction_;
  Offers& offers_;
  std::vector<TermId> nodes_;         // of the program; arguments after what they are of
  std::vector<std::size_t> parents_;  // of each node, by number
  std::vector<Values> values_;
};

}  // namespace weir::search::sygus
