#include <algorithm>

#include "sygus_deduce.hpp"

namespace weir::search::sygus {
namespace {

constexpr std::size_t piece_sources_max = 5;
constexpr std::size_t piece_integers_max = 300;
constexpr std::size_t pieces_kept_max = 20'000;

}  // namespace

/// Variables, and terms that are no part of the outputs themselves.
void PieceMaker::sources(SymbolId symbol, std::vector<std::size_t>& out) const {
  const std::size_t count = bank_.count_up_to(symbol, 4);
  for (const bool variables : {true, false}) {
    for (std::size_t i = 0; i < count && out.size() < piece_sources_max; ++i) {
      const Op op = machine_.rule_of(bank_.term(symbol, i)).op;
      if (variables ? op == Op::variable : op == Op::replace) out.push_back(i);
    }
  }
}

void PieceMaker::offer(RuleId rule, std::size_t source, std::size_t start, std::size_t last, bool to_end,
                       ExtraPieces& out) {
  const Rule& now = machine_.rules()[rule];
  Strings& strings = machine_.strings();
  const std::uint32_t* const texts = bank_.values(now.arguments[0], source);
  const std::uint32_t* const starts = bank_.values(now.arguments[1], start);
  const std::uint32_t* const lasts = bank_.values(now.arguments[2], last);
  std::uint64_t hash = 0;
  for (std::size_t e = 0; e < values_.size(); ++e) {
    const std::string_view in = strings.view(texts[e]);
    const auto from = static_cast<std::int32_t>(starts[e]);
    const std::int64_t units = std::int64_t{static_cast<std::int32_t>(lasts[e])} - (to_end ? from : 0);
    const bool empty = from < 0 || static_cast<std::size_t>(from) >= in.size() || units <= 0;
    values_[e] = empty ? 0 : strings.id(in.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(units)));
    if (values_[e] == Strings::absent || (graph_.occurs(values_[e]) >> e & 1U) == 0) return;
    hash = (hash ^ values_[e]) * 0x9e3779b97f4a7c15U;
    hash ^= hash >> 32U;
  }
  if (!known_.insert(hash).second || bank_.find(now.symbol, values_.data()) != no_term) return;
  TermId units = bank_.term(now.arguments[2], last);
  const TermId begin = bank_.term(now.arguments[1], start);
  if (to_end) {
    const std::array<SymbolId, 2> sides{now.arguments[2], now.arguments[1]};
    const RuleId minus = machine_.rules().find(now.arguments[2], Op::subtract, sides);
    units = machine_.add(minus, std::array{units, begin});
  }
  out.terms.push_back(machine_.add(rule, std::array{bank_.term(now.arguments[0], source), begin, units}));
  out.values.insert(out.values.end(), values_.begin(), values_.end());
}

std::uint64_t PieceMaker::cut_row(RuleId rule, std::size_t source, std::size_t start, std::size_t integers,
                                  ExtraPieces& out) {
  const Rule& now = machine_.rules()[rule];
  const std::uint32_t* const texts = bank_.values(now.arguments[0], source);
  const std::uint32_t* const starts = bank_.values(now.arguments[1], start);
  Strings& strings = machine_.strings();
  strings.freeze(true);
  bool possible = true;
  for (std::size_t e = 0; e < values_.size() && possible; ++e) {
    const std::string_view in = strings.view(texts[e]);
    const auto from = static_cast<std::int32_t>(starts[e]);
    if (from < 0 || static_cast<std::size_t>(from) >= in.size()) continue;  // nothing is cut
    const TextId one = strings.id(in.substr(static_cast<std::size_t>(from), 1));
    possible = one != Strings::absent && (graph_.occurs(one) >> e & 1U) != 0;
  }
  std::uint64_t units = 1;
  if (possible) {
    const std::array<SymbolId, 2> sides{now.arguments[2], now.arguments[1]};
    const bool ends = machine_.rules().find(now.arguments[2], Op::subtract, sides) != no_rule;
    for (std::size_t last = 0; last < integers; ++last) {
      offer(rule, source, start, last, false, out);
      if (ends) offer(rule, source, start, last, true, out);
    }
    units += integers * 3;
  }
  strings.freeze(false);
  return units;
}

Steps PieceMaker::run(Budget& budget, std::uint32_t size_max, ExtraPieces& out) {
  values_.resize(bank_.sample().count);
  const Rules& rules = machine_.rules();
  const std::vector<RuleId> all = rules.every(Rules::start, Op::substr);
  for (const RuleId rule : all) {
    const Rule& now = rules[rule];
    std::vector<std::size_t> from;
    sources(now.arguments[0], from);
    const std::size_t starts = std::min(bank_.count_up_to(now.arguments[1], size_max), piece_integers_max);
    const std::size_t lasts = std::min(bank_.count_up_to(now.arguments[2], size_max), piece_integers_max);
    for (const std::size_t source : from) {
      for (std::size_t start = 0; start < starts && out.terms.size() < pieces_kept_max; ++start) {
        if (budget.spend(cut_row(rule, source, start, lasts, out))) co_await budget.pause();
      }
    }
  }
}

}  // namespace weir::search::sygus
