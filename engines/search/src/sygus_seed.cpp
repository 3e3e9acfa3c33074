#include "sygus_seed.hpp"

#include <map>
#include <utility>

#include "sygus_ops.hpp"

namespace weir::search::sygus {
namespace {

class TermReader {
 public:
  TermReader(Machine& machine, const Sexp& arguments) : machine_(machine), arguments_(arguments) {}

  TermId read(const Sexp& node, SymbolId symbol) {
    const auto [at, fresh] = known_.try_emplace({&node, symbol}, no_term);
    if (!fresh) return at->second;
    const Rules::Symbol& range = machine_.rules().symbols()[symbol];
    for (RuleId id = range.begin; id < range.end; ++id) {
      const TermId term = derived(node, id);
      if (term != no_term) return known_[{&node, symbol}] = term;
    }
    return no_term;
  }

 private:
  bool is_argument(const Sexp& node, std::size_t index) const {
    const Sexp* const one = index < arguments_.items.size() ? &arguments_.items[index] : nullptr;
    return one != nullptr && !one->items.empty() && node.is(one->items[0].atom);
  }

  TermId derived(const Sexp& node, RuleId id) {
    const Rule& rule = machine_.rules()[id];
    if (rule.op == Op::variable)
      return node.kind == Sexp::Kind::atom && is_argument(node, rule.index) ? machine_.add(id, {})
                                                                            : no_term;
    if (rule.op == Op::constant) {
      const std::optional<Value> value = find_literal(node);
      const bool same = value && *value == machine_.rules().constants()[rule.index];
      return same ? machine_.add(id, {}) : no_term;
    }
    if (!node.list() || node.items.size() != rule.arity + 1U) return no_term;
    const std::string_view head = node.head();
    const bool named = head == rule.spelling;
    if (!named && (rule.op == Op::call || find_op(head, rule.arity) != rule.op)) return no_term;
    std::array<TermId, arity_max> arguments{};
    for (std::size_t i = 0; i < rule.arity; ++i) {
      arguments[i] = read(node.items[i + 1], rule.arguments[i]);
      if (arguments[i] == no_term) return no_term;
    }
    return machine_.add(id, std::span(arguments).first(rule.arity));
  }

  Machine& machine_;
  const Sexp& arguments_;
  std::map<std::pair<const Sexp*, SymbolId>, TermId> known_;
};

}  // namespace

TermId read_term(Machine& machine, std::string_view definition, SymbolId symbol) {
  const Result<std::vector<Sexp>> read = read_sexps(definition);
  if (!read || read.value().size() != 1) return no_term;
  const Sexp& whole = read.value().front();
  if (whole.head() != "define-fun" || whole.items.size() != 5 || !whole.items[2].list())
    return no_term;
  return TermReader(machine, whole.items[2]).read(whole.items[4], symbol);
}

}  // namespace weir::search::sygus
