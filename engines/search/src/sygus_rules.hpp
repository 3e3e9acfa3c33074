// sygus_rules.hpp: a grammar made ready for search: no chains, no nonterminals that are the same or cannot be reached.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>
#include <weir/search/sygus_problem.hpp>

namespace weir::search::sygus {

using SymbolId = std::uint16_t;
using RuleId = std::uint16_t;

inline constexpr RuleId no_rule = 0xffff;

struct Rule {
  Op op = Op::constant;
  std::uint8_t arity = 0;
  std::uint16_t index = 0;  // of a constant (Rules::constants), an argument, a function
  std::array<SymbolId, arity_max> arguments{};
  SymbolId symbol = 0;  // that it derives
  std::string spelling;
};

class Rules {
 public:
  struct Symbol {
    Sort sort = Sort::text;
    RuleId begin = 0, end = 0;
  };

  explicit Rules(const Problem& problem);

  std::span<const Rule> all() const noexcept { return rules_; }
  const Rule& operator[](RuleId id) const noexcept { return rules_[id]; }
  std::span<const Symbol> symbols() const noexcept { return symbols_; }
  const std::vector<Value>& constants() const noexcept { return constants_; }
  /// The grammar has all constants of a sort, and only some of them are here.
  bool sampled() const noexcept { return sampled_; }

  /// The rule of `symbol` with this operator whose arguments from the first on are these symbols; no_rule: none.
  RuleId find(SymbolId symbol, Op op, std::span<const SymbolId> arguments = {}) const noexcept;
  /// All rules of `symbol` with this operator.
  std::vector<RuleId> every(SymbolId symbol, Op op) const;

  static constexpr SymbolId start = 0;

 private:
  void add_rule(const Problem& problem, const Production& production, SymbolId symbol,
                const std::vector<SymbolId>& symbol_of);
  void add_constants(const Problem& problem, Sort sort, SymbolId symbol);
  void put(Rule rule);

  std::vector<Rule> rules_;
  std::vector<Symbol> symbols_;
  std::vector<Value> constants_;
  bool sampled_ = false;
};

}  // namespace weir::search::sygus
