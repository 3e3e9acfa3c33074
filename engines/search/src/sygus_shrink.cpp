#include "sygus_shrink.hpp"

#include <algorithm>

namespace weir::search::sygus {
namespace {

constexpr std::size_t small_terms_max = 250;
constexpr std::uint64_t units_min = 400'000;  // of a run, or a quarter of all that was spent

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

void Shrink::flatten(TermId term, RuleId concat, std::vector<TermId>& out) const {
  if (machine_.term(term).rule != concat) {
    out.push_back(term);
    return;
  }
  for (const std::size_t side : {std::size_t{0}, std::size_t{1}})
    flatten(machine_.term(term).arguments[side], concat, out);
}

bool Shrink::same(TermId one, TermId other) {
  Values a;
  Values b;
  return machine_.evaluate(one, bank_.sample(), a) && machine_.evaluate(other, bank_.sample(), b) &&
         a == b;
}

/// What both cases begin and end with, before and behind the case split instead of in both.
bool Shrink::factored(std::size_t node, std::uint64_t& units) {
  const SygusTerm split = machine_.term(nodes_[node]);
  const Rule& rule = machine_.rules()[split.rule];
  const std::array<SymbolId, 2> sides{rule.symbol, rule.symbol};
  const RuleId concat = machine_.rules().find(rule.symbol, Op::concat, sides);
  if (rule.op != Op::ite || concat == no_rule || machine_.rules()[concat].arity != 2) return false;
  std::vector<TermId> yes;
  std::vector<TermId> no;
  flatten(split.arguments[1], concat, yes);
  flatten(split.arguments[2], concat, no);
  const std::size_t most = std::min(yes.size(), no.size()) - 1;  // each keeps one
  std::size_t front = 0;
  std::size_t back = 0;
  while (front < most && same(yes[front], no[front])) ++front;
  while (front + back < most && same(yes[yes.size() - 1 - back], no[no.size() - 1 - back])) ++back;
  units += (front + back + 2) * bank_.sample().count * 8;
  if (front + back == 0) return false;
  const auto joined = [&](auto begin, auto end) {
    TermId term = *--end;
    while (end != begin) term = machine_.add(concat, std::array{*--end, term});
    return term;
  };
  const auto from = static_cast<std::ptrdiff_t>(front);
  const auto to = static_cast<std::ptrdiff_t>(back);
  std::vector<TermId> all(yes.begin(), yes.begin() + from);
  all.push_back(machine_.add(
      split.rule, std::array{split.arguments[0], joined(yes.begin() + from, yes.end() - to),
                             joined(no.begin() + from, no.end() - to)}));
  all.insert(all.end(), yes.end() - to, yes.end());
  return offer_with(node, joined(all.begin(), all.end()));
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

/// Takes apart all cases that begin or end alike.
Steps Shrink::factor_all(Budget& budget) {
  for (bool again = offers_.found(); again;) {
    again = false;
    if (!load(offers_.kept()[0])) co_return;
    std::uint64_t units = nodes_.size() * bank_.sample().count * 4;
    for (std::size_t i = 0; i < nodes_.size() && !again; ++i) again = factored(i, units);
    if (budget.spend(units)) co_await budget.pause();
    if (offers_.counterexample()) co_return;
  }
}

Steps Shrink::run(Budget& budget) {
  co_await factor_all(budget);
  if (offers_.counterexample()) co_return;
  const std::uint64_t until = budget.spent() + std::max(units_min, budget.spent() / 4);
  for (bool again = offers_.found(); again && budget.spent() < until;) {
    again = false;
    if (!load(offers_.kept()[0])) co_return;
    const std::uint32_t before = offers_.size_below();
    for (std::size_t i = 0; i < nodes_.size() && !again && budget.spent() < until; ++i) {
      std::uint64_t units = 1;
      if (machine_.size_of(nodes_[i]) < 2) continue;
      const Wanted wanted = wanted_at(i);
      co_await deduction_.any(budget, wanted);
      const TermId found = deduction_.result();
      again = (found != no_term && offer_with(i, found)) || simpler_part(i, units) ||
              smaller_terms(i, units);
      if (budget.spend(units)) co_await budget.pause();
      if (offers_.counterexample()) co_return;
    }
    for (std::size_t i = 1; i < nodes_.size() && !again && budget.spent() < until; ++i) {
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
