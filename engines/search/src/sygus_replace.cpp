#include "sygus_replace.hpp"

#include <algorithm>
#include <array>

#include "stable_order.hpp"

namespace weir::search::sygus {
namespace {

constexpr std::size_t beam_width = 60;
constexpr std::uint32_t chain_depth_max = 8;
constexpr std::size_t chain_constants_max = 24;

}  // namespace

std::vector<std::size_t> ReplaceChains::constants(SymbolId symbol) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < bank_.count_up_to(symbol, 1) && found.size() < chain_constants_max;
       ++i) {
    if (machine_.rule_of(bank_.term(symbol, i)).op == Op::constant) found.push_back(i);
  }
  return found;
}

/// Letters that are too many or missing, over all examples.
std::uint32_t ReplaceChains::distance(const Values& values) const {
  std::uint32_t sum = 0;
  for (std::size_t e = 0; e < values.size(); ++e) {
    std::array<std::int32_t, 256> letters{};
    for (const char c : machine_.strings().view(values[e]))
      letters[static_cast<unsigned char>(c)] += 1;
    for (const char c : machine_.strings().view(bank_.sample().goal[e]))
      letters[static_cast<unsigned char>(c)] -= 1;
    for (const std::int32_t count : letters)
      sum += static_cast<std::uint32_t>(count < 0 ? -count : count);
  }
  return sum;
}

void ReplaceChains::take(TermId term) {
  if (term == no_term || machine_.size_of(term) >= size_below_) return;
  result_ = term;
  size_below_ = machine_.size_of(term);
}

std::uint64_t ReplaceChains::extend(const Link& link, RuleId rule, std::vector<Link>& out) {
  const Rule& now = machine_.rules()[rule];
  const std::size_t count = link.values.size();
  std::uint64_t units = 0;
  Values values(count);
  for (const std::size_t what : constants(now.arguments[1])) {
    const std::uint32_t* const whats = bank_.values(now.arguments[1], what);
    for (const std::size_t by : constants(now.arguments[2])) {
      const std::array<const std::uint32_t*, arity_max> given{link.values.data(), whats,
                                                              bank_.values(now.arguments[2], by)};
      units += count * 2;
      machine_.limit_text(200);
      if (!machine_.apply(now, given.data(), bank_.sample(), values.data(), count) ||
          values == link.values)
        continue;
      std::uint64_t hash = count;
      for (const std::uint32_t value : values) hash = fold(hash, value);
      if (!known_.insert(hash).second) continue;
      const std::array arguments{link.term, bank_.term(now.arguments[1], what),
                                 bank_.term(now.arguments[2], by)};
      const TermId term = machine_.add(rule, arguments);
      if (values == bank_.sample().goal) take(term);
      out.push_back({term, values, distance(values)});
      units += count * 8;
    }
  }
  return units;
}

std::uint64_t ReplaceChains::finish(const Link& link, RuleId rule) {
  const Source source{link.term, link.values.data()};
  const Wanted wanted{Rules::start, bank_.sample().goal, size_below_};
  take(deduction_.substring_of(wanted, machine_.rules()[rule].arguments[0], source));
  const std::size_t parts = bank_.count_up_to(machine_.rules()[rule].arguments[1], 3);
  for (std::size_t what = 0; what < std::min<std::size_t>(parts, 60); ++what) {
    take(deduction_.replaced({Rules::start, bank_.sample().goal, size_below_}, rule, source, what));
  }
  return deduction_.take_units();
}

Steps ReplaceChains::run(Budget& budget, std::uint32_t size_below) {
  result_ = no_term;
  size_below_ = size_below;
  for (const RuleId rule : machine_.rules().every(Rules::start, Op::replace)) {
    if (machine_.rules()[rule].arguments[0] != Rules::start) continue;
    known_.clear();
    std::vector<Link> beam;
    for (std::size_t i = 0; i < bank_.count_up_to(Rules::start, 1); ++i) {
      const std::uint32_t* const values = bank_.values(Rules::start, i);
      if (machine_.rule_of(bank_.term(Rules::start, i)).op != Op::variable) continue;
      beam.push_back(
          {bank_.term(Rules::start, i), Values(values, values + bank_.sample().count), 0});
    }
    for (std::uint32_t depth = 0; depth < chain_depth_max && !beam.empty(); ++depth) {
      std::vector<Link> next;
      for (const Link& link : beam) {
        if (machine_.size_of(link.term) + 3 >= size_below_) continue;
        if (budget.spend(extend(link, rule, next) + finish(link, rule))) co_await budget.pause();
      }
      sort_stable(next.begin(), next.end(),
                  [](const Link& a, const Link& b) { return a.distance < b.distance; });
      if (next.size() > beam_width) next.erase(next.begin() + beam_width, next.end());
      beam = std::move(next);
    }
  }
}

}  // namespace weir::search::sygus
