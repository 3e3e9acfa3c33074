#include "sygus_shrink.hpp"

#include <algorithm>

namespace weir::search::sygus {
namespace {

constexpr std::size_t small_terms_max = 250;

}  // namespace

bool Shrink::load(const Kept& kept) {
  const TermId root = machine_.paste(kept.term);
  nodes_.assign(1, root);
  parents_.assign(1, 0);
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const SygusTerm term = machine_.term(nodes_[i]);
    for (std::size_t k = 0; k < machine_.rules()[term.rule].arity; ++k) {
      nodes_.push_back(term.arguments[k]);
      parents_.push_back(i);
    }
  }
  values_.assign(nodes_.size(), {});
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!machine_.evaluate(nodes_[i], bank_.sample(), values_[i])) return false;
  }
  return true;
}

Wanted Shrink::wanted_at(std::size_t node) const {
  return {machine_.rule_of(nodes_[node]).symbol, values_[node], machine_.size_of(nodes_[node])};
}

/// The program with another term at a node.
bool Shrink::offer_with(std::size_t node, TermId term) {
  while (node != 0) {
    const std::size_t parent = parents_[node];
    const SygusTerm old = machine_.term(nodes_[parent]);
    std::array<TermId, arity_max> arguments = old.arguments;
    std::size_t first = 0;
    while (parents_[first] != parent || first == 0) ++first;
    arguments[node - first] = term;
    term = machine_.add(old.rule, std::span(arguments.data(), machine_.rules()[old.rule].arity));
    node = parent;
  }
  return machine_.size_of(term) < offers_.size_below() &&
         offers_.offer(machine_, bank_.sample(), term);
}

/// Whether the program yields the outputs of the sample with these values at a node.
bool Shrink::right_with(std::size_t node, const std::uint32_t* values) {
  std::array<Values, 2> out;
  const Sample& sample = bank_.sample();
  for (bool odd = false; node != 0; odd = !odd) {
    const std::size_t parent = parents_[node];
    const Rule& rule = machine_.rule_of(nodes_[parent]);
    std::array<const std::uint32_t*, arity_max> given{};
    std::size_t first = 0;
    while (parents_[first] != parent || first == 0) ++first;
    for (std::size_t k = 0; k < rule.arity; ++k) given[k] = values_[first + k].data();
    given[node - first] = values;
    Values& now = out[odd ? 1 : 0];
    now.resize(sample.count);
    if (!machine_.apply(rule, given.data(), sample, now.data(), sample.count)) return false;
    if (std::equal(now.begin(), now.end(), values_[parent].begin())) return true;
    values = now.data();
    node = parent;
  }
  return std::equal(values, values + sample.count, sample.goal.begin());
}

bool Shrink::simpler_part(std::size_t node, std::uint64_t& units) {
  const SymbolId symbol = machine_.rule_of(nodes_[node]).symbol;
  std::vector<bool> below(nodes_.size(), false);
  below[node] = true;
  for (std::size_t i = node + 1; i < nodes_.size(); ++i) {
    below[i] = below[parents_[i]];
    if (!below[i] || machine_.rule_of(nodes_[i]).symbol != symbol) continue;
    units += bank_.sample().count * 4;
    if (right_with(node, values_[i].data()) && offer_with(node, nodes_[i])) return true;
  }
  return false;
}

bool Shrink::smaller_terms(std::size_t node, std::uint64_t& units) {
  const SymbolId symbol = machine_.rule_of(nodes_[node]).symbol;
  const std::uint32_t size = machine_.size_of(nodes_[node]);
  for (std::size_t i = 0; i < std::min(bank_.count(symbol), small_terms_max); ++i) {
    const TermId term = bank_.term(symbol, i);
    if (machine_.size_of(term) >= size) break;
    units += bank_.sample().count * 4;
    if (right_with(node, bank_.values(symbol, i)) && offer_with(node, term)) return true;
  }
  return false;
}

Steps Shrink::run(Budget& budget) {
  for (bool again = offers_.found(); again;) {
    again = false;
    if (!load(offers_.kept()[0])) co_return;
    const std::uint32_t before = offers_.size_below();
    for (std::size_t i = 0; i < nodes_.size() && !again; ++i) {
      std::uint64_t units = 1;
      if (machine_.size_of(nodes_[i]) < 2) continue;
      const TermId found = deduction_.any(wanted_at(i));
      again = (found != no_term && offer_with(i, found)) || simpler_part(i, units) ||
              smaller_terms(i, units);
      if (budget.spend(units + deduction_.take_units())) co_await budget.pause();
      if (offers_.counterexample()) co_return;
    }
    for (std::size_t i = 1; i < nodes_.size() && !again; ++i) {
      const Wanted wanted = wanted_at(i);
      if (wanted.size_below < 6 || machine_.rules().symbols()[wanted.symbol].sort != Sort::text)
        continue;
      co_await deduction_.replacement(budget, wanted);
      again = deduction_.result() != no_term && offer_with(i, deduction_.result());
      if (offers_.counterexample()) co_return;
    }
    again = offers_.size_below() < before;
  }
}

}  // namespace weir::search::sygus
