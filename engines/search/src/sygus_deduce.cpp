#include "sygus_deduce.hpp"

#include <algorithm>

namespace weir::search::sygus {
namespace {

constexpr std::size_t summands_max = 250;
constexpr std::size_t first_of_three_max = 120;
constexpr std::size_t sources_max = 300;
constexpr std::size_t integers_max = 4000;
constexpr std::size_t starts_max = 6;
constexpr std::size_t replaced_max = 250;
constexpr std::uint64_t units_max = 300'000;  // of one search for a substring

/// The rule of a symbol with this operator and both arguments of the same symbol.
RuleId sum_rule(const Rules& rules, SymbolId symbol, Op op) {
  for (const RuleId id : rules.every(symbol, op)) {
    if (rules[id].arity == 2 && rules[id].arguments[0] == rules[id].arguments[1]) return id;
  }
  return no_rule;
}

}  // namespace

bool Deduction::smaller(TermId term, TermId than, std::uint32_t size_below) const noexcept {
  if (term == no_term || machine_.size_of(term) >= size_below) return false;
  return than == no_term || machine_.size_of(term) < machine_.size_of(than);
}

Steps Deduction::any(Budget& budget, Wanted wanted) {
  const Sort sort = machine_.rules().symbols()[wanted.symbol].sort;
  if (sort == Sort::integer) {
    result_ = sum(wanted);
  } else {
    const TermId known = bank_.find(wanted.symbol, wanted.values.data());
    result_ = smaller(known, no_term, wanted.size_below) ? known : no_term;
    if (result_ == no_term && sort == Sort::text) co_await substring(budget, wanted);
  }
  if (budget.spend(take_units())) co_await budget.pause();
}

TermId Deduction::sum(const Wanted& wanted) {
  const Rules& rules = machine_.rules();
  TermId best = bank_.find(wanted.symbol, wanted.values.data());
  if (!smaller(best, no_term, wanted.size_below)) best = no_term;
  const std::size_t count = wanted.values.size();
  Values other(count);
  for (const Op op : {Op::add, Op::subtract}) {
    const RuleId rule = sum_rule(rules, wanted.symbol, op);
    if (rule == no_rule) continue;
    const SymbolId side = rules[rule].arguments[0];
    for (std::size_t i = 0; i < std::min(bank_.count(side), summands_max); ++i) {
      const std::uint32_t size = machine_.size_of(bank_.term(side, i)) + 2;
      if (size >= wanted.size_below || (best != no_term && size >= machine_.size_of(best))) break;
      const std::uint32_t* const known = bank_.values(side, i);
      units_ += count + 8;
      for (const bool first : {true, false}) {
        if (op == Op::add && first) continue;
        for (std::size_t e = 0; e < count; ++e) {
          other[e] = op == Op::add ? machine_.difference(wanted.values[e], known[e])
                     : first       ? machine_.difference(known[e], wanted.values[e])
                                   : machine_.sum(wanted.values[e], known[e]);
        }
        const TermId found = bank_.find(side, other.data());
        if (found == no_term || machine_.size_of(found) + size - 1 >= wanted.size_below) continue;
        if (best != no_term && machine_.size_of(found) + size - 1 >= machine_.size_of(best))
          continue;
        best = first ? machine_.add(rule, std::array{bank_.term(side, i), found})
                     : machine_.add(rule, std::array{found, bank_.term(side, i)});
      }
    }
  }
  return best;
}

Steps Deduction::sum_of_three(Budget& budget, Wanted wanted) {
  result_ = no_term;
  const Rules& rules = machine_.rules();
  for (const Op op : {Op::add, Op::subtract}) {
    const RuleId rule = sum_rule(rules, wanted.symbol, op);
    if (rule == no_rule) continue;
    const SymbolId side = rules[rule].arguments[0];
    for (std::size_t i = 0; i < std::min(bank_.count(side), first_of_three_max); ++i) {
      const TermId known = bank_.term(side, i);
      const std::uint32_t size = machine_.size_of(known) + 1;
      if (size + 3 >= wanted.size_below) break;
      Wanted rest{side, wanted.values, wanted.size_below - size};
      const std::array<const std::uint32_t*, 2> given{wanted.values.data(), bank_.values(side, i)};
      Rule left;  // what `side` and the rest make of the goal, solved for the rest
      left.op = op == Op::add ? Op::subtract : Op::add;
      left.arity = 2;
      const bool there = machine_.apply(left, given.data(), bank_.sample(), rest.values.data(),
                                        rest.values.size());
      const TermId found = there ? sum(rest) : no_term;
      if (found != no_term) {
        result_ = machine_.add(rule, std::array{found, known});
        wanted.size_below = machine_.size_of(result_);
      }
      if (budget.spend(take_units())) co_await budget.pause();
    }
  }
}

bool Deduction::occurs_in(const Wanted& wanted, const std::uint32_t* texts) const {
  const Strings& strings = machine_.strings();
  for (std::size_t e = 0; e < wanted.values.size(); ++e) {
    if (strings.view(texts[e]).find(strings.view(wanted.values[e])) == std::string_view::npos)
      return false;
  }
  return true;
}

bool Deduction::only_place(const Wanted& wanted, const std::uint32_t* texts, Values& places) const {
  const Strings& strings = machine_.strings();
  places.resize(wanted.values.size());
  for (std::size_t e = 0; e < wanted.values.size(); ++e) {
    const std::string_view in = strings.view(texts[e]);
    const std::string_view what = strings.view(wanted.values[e]);
    const std::size_t first = in.find(what);
    if (what.empty() || in.find(what, first + 1) != std::string_view::npos) return false;
    places[e] = static_cast<std::uint32_t>(first);
  }
  return true;
}

bool Deduction::starts_at(const Wanted& wanted, const std::uint32_t* texts,
                          const std::uint32_t* starts) const {
  const Strings& strings = machine_.strings();
  for (std::size_t e = 0; e < wanted.values.size(); ++e) {
    const std::string_view what = strings.view(wanted.values[e]);
    if (what.empty()) continue;
    const std::string_view in = strings.view(texts[e]);
    const std::int64_t start = machine_.integer(starts[e]);
    if (start < 0 || static_cast<std::size_t>(start) >= in.size()) return false;
    if (!in.substr(static_cast<std::size_t>(start)).starts_with(what)) return false;
  }
  return true;
}

/// The length gives exactly what is wanted, or runs over the end of the text where that ends there.
bool Deduction::long_enough(const Wanted& wanted, const std::uint32_t* texts,
                            const std::uint32_t* starts, const std::uint32_t* units) const {
  const Strings& strings = machine_.strings();
  for (std::size_t e = 0; e < wanted.values.size(); ++e) {
    const auto want = static_cast<std::int64_t>(strings.size(wanted.values[e]));
    const auto size = static_cast<std::int64_t>(strings.size(texts[e]));
    const std::int64_t start = machine_.integer(starts[e]);
    const std::int64_t given = machine_.integer(units[e]);
    const std::int64_t yields =
        start < 0 || start >= size || given <= 0 ? 0 : std::min(given, size - start);
    if (yields != want) return false;
  }
  return true;
}

TermId Deduction::at(const Wanted& wanted, RuleId rule, const Source& source) {
  const SymbolId integer = machine_.rules()[rule].arguments[1];
  const TermId known = source.term;
  const std::uint32_t* const texts = source.values;
  const std::uint32_t size = machine_.size_of(known) + 1;
  if (size + 1 >= wanted.size_below) return no_term;
  for (const std::uint32_t value : wanted.values) {
    if (machine_.strings().size(value) != 1) return no_term;
  }
  const std::size_t count = std::min(bank_.count(integer), integers_max);
  for (std::size_t i = 0;
       i < count && machine_.size_of(bank_.term(integer, i)) + size < wanted.size_below; ++i) {
    units_ += 2;
    if (!starts_at(wanted, texts, bank_.values(integer, i))) continue;
    return machine_.add(rule, std::array{known, bank_.term(integer, i)});
  }
  Wanted place{integer, {}, wanted.size_below - size};
  if (!only_place(wanted, texts, place.values)) return no_term;
  const TermId found = sum(place);
  return found == no_term ? no_term : machine_.add(rule, std::array{known, found});
}

TermId Deduction::cut_from(const Wanted& wanted, RuleId rule, const Source& source, TermId start,
                           const std::uint32_t* starts) {
  const SymbolId integer = machine_.rules()[rule].arguments[2];
  const TermId known = source.term;
  const std::uint32_t size = machine_.size_of(known) + machine_.size_of(start) + 1;
  if (size + 1 >= wanted.size_below) return no_term;
  TermId length = no_term;
  const std::size_t count = std::min(bank_.count(integer), integers_max);
  for (std::size_t i = 0;
       i < count && machine_.size_of(bank_.term(integer, i)) + size < wanted.size_below; ++i) {
    units_ += 2;
    if (!long_enough(wanted, source.values, starts, bank_.values(integer, i))) continue;
    length = bank_.term(integer, i);
    break;
  }
  Wanted exact{integer, {}, wanted.size_below - size};
  for (const std::uint32_t value : wanted.values)
    exact.values.push_back(machine_.strings().size(value));
  const TermId found = sum(exact);
  if (smaller(found, length, exact.size_below)) length = found;
  // The length as an end less the start, where the start is not among what sums are made of.
  const RuleId minus = sum_rule(machine_.rules(), integer, Op::subtract);
  if (minus != no_rule && machine_.rule_of(start).symbol == machine_.rules()[minus].arguments[1]) {
    Wanted end{machine_.rules()[minus].arguments[0], exact.values, 0xffff};
    for (std::size_t e = 0; e < end.values.size(); ++e)
      end.values[e] = machine_.sum(end.values[e], starts[e]);
    const TermId last = bank_.find(end.symbol, end.values.data());
    if (last != no_term &&
        machine_.size_of(last) + machine_.size_of(start) + 1 < exact.size_below) {
      const TermId difference = machine_.add(minus, std::array{last, start});
      if (smaller(difference, length, exact.size_below)) length = difference;
    }
  }
  return length == no_term ? no_term : machine_.add(rule, std::array{known, start, length});
}

TermId Deduction::cut(const Wanted& wanted, RuleId rule, const Source& source) {
  const SymbolId integer = machine_.rules()[rule].arguments[1];
  const std::uint32_t* const texts = source.values;
  const std::uint32_t size = machine_.size_of(source.term) + 2;
  TermId best = no_term;
  Wanted left = wanted;
  const auto take = [&](TermId found) {
    if (!smaller(found, best, left.size_below)) return;
    best = found;
    left.size_below = machine_.size_of(found);
  };
  std::size_t starts = 0;
  const std::size_t count = std::min(bank_.count(integer), integers_max);
  for (std::size_t i = 0; i < count && starts < starts_max; ++i) {
    if (machine_.size_of(bank_.term(integer, i)) + size >= left.size_below) break;
    units_ += 2;
    if (!starts_at(wanted, texts, bank_.values(integer, i))) continue;
    ++starts;
    take(cut_from(left, rule, source, bank_.term(integer, i), bank_.values(integer, i)));
  }
  Wanted place{integer, {}, left.size_below > size ? left.size_below - size : 0};
  if (starts == 0 && only_place(wanted, texts, place.values)) {
    const TermId found = sum(place);
    if (found != no_term) take(cut_from(left, rule, source, found, place.values.data()));
  }
  return best;
}

TermId Deduction::substring_of(const Wanted& wanted, SymbolId symbol, const Source& source) {
  TermId best = no_term;
  Wanted left = wanted;
  units_ += 2;
  if (!occurs_in(wanted, source.values)) return no_term;
  const Rules& rules = machine_.rules();
  for (RuleId rule = rules.symbols()[wanted.symbol].begin;
       rule < rules.symbols()[wanted.symbol].end; ++rule) {
    if ((rules[rule].op != Op::at && rules[rule].op != Op::substr) ||
        rules[rule].arguments[0] != symbol)
      continue;
    const TermId found =
        rules[rule].op == Op::at ? at(left, rule, source) : cut(left, rule, source);
    if (!smaller(found, best, left.size_below)) continue;
    best = found;
    left.size_below = machine_.size_of(found);
  }
  return best;
}

Steps Deduction::substring(Budget& budget, const Wanted& wanted) {
  std::uint64_t units = 0;
  Wanted left = wanted;
  std::vector<SymbolId> texts;
  for (const Op op : {Op::at, Op::substr}) {
    for (const RuleId rule : machine_.rules().every(wanted.symbol, op)) {
      texts.push_back(machine_.rules()[rule].arguments[0]);
    }
  }
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  for (const SymbolId text : texts) {
    for (std::size_t i = 0; i < std::min(bank_.count(text), sources_max); ++i) {
      const Source source{bank_.term(text, i), bank_.values(text, i)};
      if (machine_.size_of(source.term) + 2 >= left.size_below || units > units_max) break;
      const TermId found = substring_of(left, text, source);
      units += units_;
      if (budget.spend(take_units())) co_await budget.pause();
      if (!smaller(found, result_, left.size_below)) continue;
      result_ = found;
      left.size_below = machine_.size_of(found);
    }
  }
}

TermId Deduction::replaced(const Wanted& wanted, RuleId rule, const Source& source,
                           std::size_t what) {
  const Rule& now = machine_.rules()[rule];
  Strings& strings = machine_.strings();
  const std::uint32_t* const texts = source.values;
  const std::uint32_t* const parts = bank_.values(now.arguments[1], what);
  Values by(wanted.values.size());
  std::uint64_t free = 0;
  for (std::size_t e = 0; e < by.size(); ++e) {
    units_ += 1;
    const std::string_view in = strings.view(texts[e]);
    const std::string_view part = strings.view(parts[e]);
    const std::string_view out = strings.view(wanted.values[e]);
    const std::size_t at = in.find(part);
    if (at == std::string_view::npos) {
      if (texts[e] != wanted.values[e]) return no_term;
      free |= std::uint64_t{1} << e;
      continue;
    }
    const std::size_t kept = in.size() - part.size();
    if (out.size() < kept || out.substr(0, at) != in.substr(0, at) ||
        out.substr(out.size() - (kept - at)) != in.substr(at + part.size())) {
      return no_term;
    }
    strings.freeze(true);
    by[e] = strings.id(out.substr(at, out.size() - kept));
    strings.freeze(false);
    if (by[e] == Strings::absent) return no_term;
  }
  TermId found = no_term;
  const SymbolId last = now.arguments[2];
  const std::uint32_t size =
      machine_.size_of(source.term) + machine_.size_of(bank_.term(now.arguments[1], what)) + 1;
  if (free == 0) {
    found = bank_.find(last, by.data());
  } else {
    for (std::size_t i = 0; i < std::min(bank_.count(last), sources_max) && found == no_term; ++i) {
      const std::uint32_t* const values = bank_.values(last, i);
      bool same = true;
      for (std::size_t e = 0; e < by.size() && same; ++e)
        same = (free >> e & 1U) != 0 || values[e] == by[e];
      if (same) found = bank_.term(last, i);
      units_ += 1;
    }
  }
  if (found == no_term || size + machine_.size_of(found) >= wanted.size_below) return no_term;
  return machine_.add(rule, std::array{source.term, bank_.term(now.arguments[1], what), found});
}

Steps Deduction::replacement(Budget& budget, Wanted wanted) {
  result_ = no_term;
  for (const RuleId rule : machine_.rules().every(wanted.symbol, Op::replace)) {
    const Rule& now = machine_.rules()[rule];
    for (std::size_t i = 0; i < std::min(bank_.count(now.arguments[0]), replaced_max); ++i) {
      const Source source{bank_.term(now.arguments[0], i), bank_.values(now.arguments[0], i)};
      const std::uint32_t size = machine_.size_of(source.term) + 2;
      for (std::size_t what = 0; what < std::min(bank_.count(now.arguments[1]), replaced_max);
           ++what) {
        if (size + machine_.size_of(bank_.term(now.arguments[1], what)) >= wanted.size_below) break;
        const TermId found = replaced(wanted, rule, source, what);
        if (smaller(found, result_, wanted.size_below)) {
          result_ = found;
          wanted.size_below = machine_.size_of(found);
        }
      }
      if (budget.spend(take_units())) co_await budget.pause();
    }
  }
}

}  // namespace weir::search::sygus
