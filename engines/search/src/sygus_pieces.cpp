#include <algorithm>

#include "stable_order.hpp"
#include "sygus_deduce.hpp"

namespace weir::search::sygus {
namespace {

constexpr std::size_t piece_sources_max = 5;
constexpr std::size_t plain_integers_max = 300;
constexpr std::size_t piece_integers_max = 1500;
constexpr std::size_t pieces_kept_max = 20'000;

}  // namespace

/// Variables, and what replaces something in them.
std::vector<std::size_t> PieceMaker::sources(SymbolId symbol) const {
  std::vector<std::size_t> found;
  const std::size_t count = bank_.count_up_to(symbol, 4);
  for (const Op op : {Op::variable, Op::replace}) {
    for (std::size_t i = 0; i < count && found.size() < piece_sources_max; ++i) {
      if (machine_.rule_of(bank_.term(symbol, i)).op == op) found.push_back(i);
    }
  }
  return found;
}

void PieceMaker::add_integer(TermId term, const Values& values) {
  std::uint64_t hash = 0;
  for (const std::uint32_t value : values) hash = fold(hash, value);
  if (integers_.size() >= piece_integers_max || !known_integers_.insert(hash).second) return;
  integers_.push_back({term, machine_.size_of(term), values, false});
}

/// Integers with a constant added or taken away.
Steps PieceMaker::add_shifted(Budget& budget, RuleId rule, SymbolId symbol) {
  const Op op = machine_.rules()[rule].op;
  const std::size_t plain = std::min(bank_.count_up_to(symbol, 4), plain_integers_max);
  const std::size_t constants = bank_.count_up_to(symbol, 1);
  for (std::size_t i = 0; i < plain; ++i) {
    if (budget.spend(constants * (values_.size() + 4))) co_await budget.pause();
    for (std::size_t c = 0; c < constants; ++c) {
      if (machine_.rule_of(bank_.term(symbol, c)).op != Op::constant) continue;
      Values values(values_.size());
      for (std::size_t e = 0; e < values.size(); ++e) {
        const std::uint32_t by = bank_.values(symbol, c)[e];
        const std::uint32_t from = bank_.values(symbol, i)[e];
        values[e] = op == Op::add ? machine_.sum(from, by) : machine_.difference(from, by);
      }
      const bool beyond = std::find(values.begin(), values.end(), Integers::absent) != values.end();
      if (beyond || bank_.find(symbol, values.data()) != no_term) continue;
      add_integer(machine_.add(rule, std::array{bank_.term(symbol, i), bank_.term(symbol, c)}),
                  values);
    }
  }
}

Steps PieceMaker::find_integers(Budget& budget, SymbolId symbol) {
  integers_.clear();
  known_integers_.clear();
  sizes_done_ = 0;
  for (std::size_t i = 0; i < std::min(bank_.count(symbol), plain_integers_max); ++i) {
    const std::uint32_t* const values = bank_.values(symbol, i);
    add_integer(bank_.term(symbol, i), Values(values, values + values_.size()));
  }
  const std::array<SymbolId, 2> sides{symbol, symbol};
  minus_ = machine_.rules().find(symbol, Op::subtract, sides);
  const RuleId plus = machine_.rules().find(symbol, Op::add, sides);
  if (plus != no_rule) co_await add_shifted(budget, plus, symbol);
  if (minus_ != no_rule) co_await add_shifted(budget, minus_, symbol);
  sort_stable(integers_.begin(), integers_.end(),
              [](const Integer& a, const Integer& b) { return a.size < b.size; });
}

/// What stands at a start must stand in the output.
void PieceMaker::find_starts(const std::uint32_t* texts) {
  Strings& strings = machine_.strings();
  strings.freeze(true);
  for (Integer& integer : integers_) {
    integer.start = false;
    bool possible = true;
    for (std::size_t e = 0; e < values_.size() && possible; ++e) {
      const std::string_view in = strings.view(texts[e]);
      const std::int64_t from = machine_.integer(integer.values[e]);
      if (from < 0 || static_cast<std::size_t>(from) >= in.size()) continue;  // nothing is cut
      integer.start = true;
      const TextId one = strings.id(in.substr(static_cast<std::size_t>(from), 1));
      possible = one != Strings::absent && (graph_.occurs(one) >> e & 1U) != 0;
    }
    integer.start = integer.start && possible;
  }
  strings.freeze(false);
}

void PieceMaker::offer(RuleId rule, const Source& source, const Integer& start, const Integer& last,
                       bool to_end, ExtraPieces& out) {
  Strings& strings = machine_.strings();
  std::uint64_t hash = 0;
  for (std::size_t e = 0; e < values_.size(); ++e) {
    const std::string_view in = strings.view(source.values[e]);
    const std::int64_t from = machine_.integer(start.values[e]);
    const std::int64_t end = machine_.integer(last.values[e]);
    const bool inside = from >= 0 && static_cast<std::size_t>(from) < in.size() && end > 0;
    const std::int64_t units = inside && to_end ? end - from : end;
    values_[e] = !inside || units <= 0 ? 0
                                       : strings.id(in.substr(static_cast<std::size_t>(from),
                                                              static_cast<std::size_t>(units)));
    if (values_[e] == Strings::absent || (graph_.occurs(values_[e]) >> e & 1U) == 0) return;
    hash = fold(hash, values_[e]);
  }
  const SymbolId symbol = machine_.rules()[rule].symbol;
  if (!known_.insert(hash).second || bank_.find(symbol, values_.data()) != no_term) return;
  const TermId units = to_end ? machine_.add(minus_, std::array{last.term, start.term}) : last.term;
  out.terms.push_back(machine_.add(rule, std::array{source.term, start.term, units}));
  out.values.insert(out.values.end(), values_.begin(), values_.end());
}

std::uint64_t PieceMaker::cut_row(RuleId rule, const Source& source, const Integer& start,
                                  std::uint32_t sizes, ExtraPieces& out) {
  const auto smaller = [](const Integer& a, std::uint32_t size) { return a.size < size; };
  const auto begin =
      std::lower_bound(integers_.begin(), integers_.end(), sizes - start.size, smaller);
  const auto end = std::lower_bound(begin, integers_.end(), sizes - start.size + 1, smaller);
  machine_.strings().freeze(true);
  for (auto last = begin; last != end; ++last) {
    offer(rule, source, start, *last, false, out);
    if (minus_ != no_rule) offer(rule, source, start, *last, true, out);
  }
  machine_.strings().freeze(false);
  return static_cast<std::uint64_t>(end - begin) * 2 + 1;
}

Steps PieceMaker::run(Budget& budget, std::uint32_t sizes_max, ExtraPieces& out) {
  values_.resize(bank_.sample().count);
  const std::vector<RuleId> all = machine_.rules().every(Rules::start, Op::substr);
  if (all.empty() || machine_.rules()[all[0]].arguments[1] != machine_.rules()[all[0]].arguments[2])
    co_return;
  const RuleId rule = all[0];
  const SymbolId text = machine_.rules()[rule].arguments[0];
  if (bank_size_ != bank_.size()) {
    bank_size_ = bank_.size();
    co_await find_integers(budget, machine_.rules()[rule].arguments[1]);
    if (budget.spend(integers_.size() * 8)) co_await budget.pause();
  }
  for (const std::size_t entry : sources(text)) {
    const Source source{bank_.term(text, entry), bank_.values(text, entry)};
    find_starts(source.values);
    if (budget.spend(integers_.size() * 2)) co_await budget.pause();
    for (std::uint32_t sizes = sizes_done_ + 1; sizes <= sizes_max; ++sizes) {
      for (const Integer& start : integers_) {
        if (start.size >= sizes || out.terms.size() >= pieces_kept_max) break;
        if (start.start && budget.spend(cut_row(rule, source, start, sizes, out)))
          co_await budget.pause();
      }
    }
  }
  sizes_done_ = std::max(sizes_done_, sizes_max);
}

}  // namespace weir::search::sygus
