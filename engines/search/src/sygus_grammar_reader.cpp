#include "sygus_grammar_reader.hpp"

#include <algorithm>

#include "sygus_ops.hpp"

namespace weir::search::sygus {
namespace {

constexpr std::size_t nonterminals_max = 4000;
constexpr std::size_t productions_max = 8000;

class GrammarReader {
 public:
  explicit GrammarReader(Problem& problem) : problem_(problem) {}

  std::optional<Error> read(std::span<const Sexp> rules) {
    if (declare(rules)) {
      for (std::size_t i = 0; i < rules.size() && !error_; ++i) {
        for (const Sexp& production : rules[i].items[2].items) {
          if (!add_production(i, production)) break;
        }
      }
    }
    return std::move(error_);
  }

 private:
  bool fail(const Sexp& at, std::string what) {
    if (!error_) error_ = Error{"bad_sygus", std::move(what), at.where()};
    return false;
  }

  bool declare(std::span<const Sexp> rules) {
    for (const Sexp& rule : rules) {
      if (!rule.list() || rule.items.size() != 3 || rule.items[0].kind != Sexp::Kind::atom ||
          !rule.items[2].list()) {
        return fail(rule, "a rule of a grammar is (NAME SORT (PRODUCTION..))");
      }
      const std::optional<Sort> sort = find_sort(rule.items[1]);
      if (!sort) return fail(rule.items[1], no_sort(rule.items[1]));
      if (find_nonterminal(rule.items[0].atom))
        return fail(rule.items[0], "this nonterminal has rules already");
      if (rule.items[2].items.empty()) return fail(rule, "a nonterminal without productions");
      problem_.nonterminals.push_back({std::string(rule.items[0].atom), *sort, {}});
    }
    if (problem_.nonterminals.size() > nonterminals_max)
      return fail(rules[0], "too many nonterminals");
    if (problem_.nonterminals[0].sort != problem_.sort) {
      return fail(rules[0], "the first nonterminal has another sort than the function");
    }
    return true;
  }

  std::optional<std::uint16_t> find_nonterminal(std::string_view name) const {
    for (std::size_t i = 0; i < problem_.nonterminals.size(); ++i) {
      if (!name.empty() && problem_.nonterminals[i].name == name)
        return static_cast<std::uint16_t>(i);
    }
    return std::nullopt;
  }

  std::uint16_t keep(Value value) {
    std::vector<Value>& constants = problem_.constants;
    const auto found = std::find(constants.begin(), constants.end(), value);
    const auto index = static_cast<std::uint16_t>(found - constants.begin());
    if (found == constants.end()) constants.push_back(std::move(value));
    return index;
  }

  bool add_production(std::size_t to, const Sexp& production) {
    const Sort wanted = problem_.nonterminals[to].sort;
    std::vector<Production> read;
    const std::optional<Sort> sort = productions_of(production, read);
    if (!sort) return false;
    if (*sort != wanted) {
      return fail(production, "a production of sort " + std::string(to_string(*sort)) +
                                  " of a nonterminal of sort " + std::string(to_string(wanted)));
    }
    for (Production& one : read) problem_.nonterminals[to].productions.push_back(std::move(one));
    if (++productions_ > productions_max) return fail(production, "too many productions");
    return true;
  }

  /// What one production stands for: one, or a variable each of (Variable Sort).
  std::optional<Sort> productions_of(const Sexp& at, std::vector<Production>& out) {
    if (at.kind == Sexp::Kind::atom) {
      if (const auto other = find_nonterminal(at.atom)) {
        out.push_back({Op::chain, 0, {*other}, {}});
        return problem_.nonterminals[*other].sort;
      }
      for (std::size_t i = 0; i < problem_.arguments.size(); ++i) {
        if (!at.is(problem_.arguments[i].name)) continue;
        out.push_back(
            {Op::variable, static_cast<std::uint16_t>(i), {}, problem_.arguments[i].name});
        return problem_.arguments[i].sort;
      }
    }
    if (const std::optional<Value> value = find_literal(at)) {
      const std::string spelling =
          at.list() ? "(- " + std::string(at.items[1].atom) + ")" : std::string(at.atom);
      out.push_back({Op::constant,
                     keep(*value),
                     {},
                     at.kind == Sexp::Kind::text ? '"' + spelling + '"' : spelling});
      return sort_of(*value);
    }
    if (!at.list()) {
      fail(at, no_atom(at));
      return std::nullopt;
    }
    return at.head() == "Constant" || at.head() == "Variable" ? family_of(at, out)
                                                              : application_of(at, out);
  }

  std::optional<Sort> family_of(const Sexp& at, std::vector<Production>& out) {
    const std::optional<Sort> sort = at.items.size() == 2 ? find_sort(at.items[1]) : std::nullopt;
    if (!sort) {
      fail(at, "(" + std::string(at.head()) + " SORT) takes Bool, Int or String");
      return std::nullopt;
    }
    if (at.head() == "Constant") {
      out.push_back({Op::any_constant, static_cast<std::uint16_t>(*sort), {}, {}});
      return sort;
    }
    for (std::size_t i = 0; i < problem_.arguments.size(); ++i) {
      if (problem_.arguments[i].sort != *sort) continue;
      out.push_back({Op::variable, static_cast<std::uint16_t>(i), {}, problem_.arguments[i].name});
    }
    return sort;
  }

  std::optional<Sort> application_of(const Sexp& at, std::vector<Production>& out) {
    const std::string name(at.head());
    if (name.empty() || name == "let") {
      fail(at, name.empty() ? "a production begins with an operator"
                            : "let in a grammar is not supported");
      return std::nullopt;
    }
    if (at.items.size() - 1 > arity_max) {
      fail(at,
           name + " with more than " + std::to_string(arity_max) + " arguments is not supported");
      return std::nullopt;
    }
    Production production{Op::call, 0, {}, name};
    std::vector<Sort> sorts;
    for (std::size_t i = 1; i < at.items.size(); ++i) {
      const std::optional<std::uint16_t> nonterminal = argument_of(at.items[i]);
      if (!nonterminal) return std::nullopt;
      production.arguments.push_back(*nonterminal);
      sorts.push_back(problem_.nonterminals[*nonterminal].sort);
    }
    const std::optional<Sort> sort = name_operator(at, sorts, production);
    if (sort) out.push_back(std::move(production));
    return sort;
  }

  std::optional<Sort> name_operator(const Sexp& at, std::span<const Sort> sorts,
                                    Production& production) {
    const std::string& name = production.symbol;
    for (std::size_t i = 0; i < problem_.functions.size(); ++i) {
      const Function& function = problem_.functions[i];
      if (function.name != name) continue;
      const bool fits = std::equal(
          function.arguments.begin(), function.arguments.end(), sorts.begin(), sorts.end(),
          [](const Argument& argument, Sort sort) { return argument.sort == sort; });
      if (!fits) break;
      production.index = static_cast<std::uint16_t>(i);
      return function.sort;
    }
    const std::optional<Op> op = find_op(name, sorts.size());
    if (!op) {
      fail(at, "unknown operator " + name + " of " + std::to_string(sorts.size()) + " arguments");
      return std::nullopt;
    }
    production.op = *op;
    const std::optional<Sort> sort = result_sort(*op, sorts);
    if (!sort) fail(at, "arguments of sorts that " + name + " does not take");
    return sort;
  }

  /// The nonterminal of an argument: as named, or a new one for what is nested.
  std::optional<std::uint16_t> argument_of(const Sexp& at) {
    if (at.kind == Sexp::Kind::atom) {
      if (const auto named = find_nonterminal(at.atom)) return named;
    }
    std::vector<Production> nested;
    const std::optional<Sort> sort = productions_of(at, nested);
    if (!sort) return std::nullopt;
    if (problem_.nonterminals.size() >= nonterminals_max) {
      fail(at, "too many nested productions");
      return std::nullopt;
    }
    problem_.nonterminals.push_back({{}, *sort, std::move(nested)});
    return static_cast<std::uint16_t>(problem_.nonterminals.size() - 1);
  }

  Problem& problem_;
  std::size_t productions_ = 0;
  std::optional<Error> error_;
};

}  // namespace

std::optional<Error> read_grammar(std::span<const Sexp> rules, Problem& problem) {
  return GrammarReader(problem).read(rules);
}

}  // namespace weir::search::sygus
