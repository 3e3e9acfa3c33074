#include <algorithm>
#include <map>
#include <weir/search/sygus_check.hpp>

#include "sygus_meaning.hpp"
#include "sygus_ops.hpp"

namespace weir::search::sygus {
namespace {

/// Whether an S-expression is derived from a nonterminal, and the size of the least derivation: (- 3) may be one
/// constant there, or an operator and its argument.
class Membership {
 public:
  Membership(const Problem& problem, std::span<const Argument> names)
      : problem_(problem), names_(names) {}

  /// 0: it is not derived.
  std::uint32_t size_of(const Sexp& term, std::uint16_t nonterminal) {
    const auto [found, fresh] = known_.try_emplace({&term, nonterminal}, 0);
    if (!fresh) return found->second;
    std::uint32_t least = 0;
    for (const std::uint16_t same : reached(nonterminal)) {
      for (const Production& production : problem_.nonterminals[same].productions) {
        const std::uint32_t size = production.op == Op::chain ? 0 : size_by(term, production);
        if (size != 0 && (least == 0 || size < least)) least = size;
      }
    }
    return known_[{&term, nonterminal}] = least;
  }

  struct Gap {
    const Sexp* term = nullptr;
    std::uint16_t nonterminal = 0;  // does not derive it
    std::uint32_t depth = 0;
  };
  /// Of a term that is not derived: the deepest that the productions of its operators lead to.
  Gap gap_of(const Sexp& term, std::uint16_t nonterminal) {
    const auto [found, fresh] = gaps_.try_emplace({&term, nonterminal}, Gap{&term, nonterminal, 0});
    if (!fresh) return found->second;
    Gap deepest = found->second;
    for (const std::uint16_t same : reached(nonterminal)) {
      for (const Production& production : problem_.nonterminals[same].productions) {
        if (!applies(term, production)) continue;
        for (std::size_t i = 0; i < production.arguments.size(); ++i) {
          if (size_of(term.items[i + 1], production.arguments[i]) != 0) continue;
          Gap inner = gap_of(term.items[i + 1], production.arguments[i]);
          inner.depth += 1;
          if (inner.depth > deepest.depth) deepest = inner;
          break;
        }
      }
    }
    return gaps_[{&term, nonterminal}] = deepest;
  }

 private:
  /// The term is the production's operator with as many arguments.
  static bool applies(const Sexp& term, const Production& production) {
    if (production.op == Op::chain || !term.list() ||
        term.items.size() != production.arguments.size() + 1 ||
        term.items[0].kind != Sexp::Kind::atom)
      return false;
    const std::string_view head = term.items[0].atom;
    return head == production.symbol ||
           (production.op != Op::call && find_op(head, term.items.size() - 1) == production.op);
  }

  std::uint32_t size_by(const Sexp& term, const Production& production) {
    switch (production.op) {
      case Op::variable:
        return term.kind == Sexp::Kind::atom && term.is(names_[production.index].name) ? 1 : 0;
      case Op::constant: {
        const std::optional<Value> value = find_literal(term);
        return value && *value == problem_.constants[production.index] && !named(term) ? 1 : 0;
      }
      case Op::any_constant: {
        const std::optional<Value> value = find_literal(term);
        return value && sort_of(*value) == static_cast<Sort>(production.index) && !named(term) ? 1
                                                                                               : 0;
      }
      default:
        break;
    }
    if (!applies(term, production)) return 0;
    std::uint32_t size = 1;
    for (std::size_t i = 0; i < production.arguments.size(); ++i) {
      const std::uint32_t part = size_of(term.items[i + 1], production.arguments[i]);
      if (part == 0) return 0;
      size += part;
    }
    return size;
  }

  /// The nonterminal, and those it chains to.
  const std::vector<std::uint16_t>& reached(std::uint16_t nonterminal) {
    std::vector<std::uint16_t>& all = chains_[nonterminal];
    if (all.empty()) all.push_back(nonterminal);
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (const Production& production : problem_.nonterminals[all[i]].productions) {
        if (production.op != Op::chain) continue;
        const std::uint16_t next = production.arguments[0];
        if (std::find(all.begin(), all.end(), next) == all.end()) all.push_back(next);
      }
    }
    return all;
  }

  bool named(const Sexp& term) const {
    return std::any_of(names_.begin(), names_.end(),
                       [&](const Argument& argument) { return term.is(argument.name); });
  }

  const Problem& problem_;
  std::span<const Argument> names_;
  std::map<std::pair<const Sexp*, std::uint16_t>, std::uint32_t> known_;
  std::map<std::pair<const Sexp*, std::uint16_t>, Gap> gaps_;
  std::map<std::uint16_t, std::vector<std::uint16_t>> chains_;
};

/// Of a term that is not of the grammar.
std::uint32_t plain_size(const Sexp& term) {
  if (!term.list() || find_literal(term)) return 1;
  std::uint32_t size = 1;
  for (std::size_t i = 1; i < term.items.size(); ++i) size += plain_size(term.items[i]);
  return size;
}

const Sexp* find_definition(const std::vector<Sexp>& all) {
  for (const Sexp& one : all) {
    if (one.head() == "define-fun") return &one;
    if (!one.list()) continue;
    for (const Sexp& inner : one.items) {
      if (inner.head() == "define-fun") return &inner;
    }
  }
  return nullptr;
}

Result<std::vector<Argument>> arguments_of(const Problem& problem, const Sexp& definition) {
  const Sexp& list = definition.items[2];
  std::vector<Argument> names;
  for (const Sexp& one : list.items) {
    const std::optional<Sort> sort =
        one.list() && one.items.size() == 2 ? find_sort(one.items[1]) : std::nullopt;
    const std::size_t at = names.size();
    if (!sort || at >= problem.arguments.size() || *sort != problem.arguments[at].sort) break;
    names.push_back({std::string(one.items[0].atom), *sort});
  }
  if (!list.list() || names.size() != problem.arguments.size() ||
      names.size() != list.items.size()) {
    return Error{"bad_answer", "the arguments are not those of " + problem.name, list.where()};
  }
  return names;
}

std::string shown(const std::vector<Value>& values) {
  std::string text;
  for (const Value& value : values) text += (text.empty() ? "" : " ") + literal(value);
  return text;
}

void run_examples(const Problem& problem, const Body& body, CheckResult& result) {
  for (const Example& example : problem.examples) {
    std::vector<Meaning> in;
    for (const Value& value : example.in) in.push_back(meaning_of(value));
    const std::optional<Meaning> got = meaning_of(body, in, problem.functions);
    if (got && value_of(*got) == *example.out) {
      result.passed += 1;
    } else if (result.line == 0) {
      result.line = example.line;
      result.why = "line " + std::to_string(example.line) + ": (" + problem.name +
                   (example.in.empty() ? "" : " " + shown(example.in)) + ") should be " +
                   literal(*example.out) + ", is " +
                   (got ? literal(value_of(*got)) : std::string("beyond what is represented"));
    }
  }
}

}  // namespace

Result<CheckResult> check(const Problem& problem, std::string_view answer) {
  const Result<std::vector<Sexp>> read = read_sexps(answer);
  if (!read) return Error{"bad_answer", read.error().what, read.error().where};
  const Sexp* const definition = find_definition(read.value());
  if (definition == nullptr) return Error{"bad_answer", "there is no define-fun", "1:1"};
  if (definition->items.size() != 5 || !definition->items[1].is(problem.name) ||
      find_sort(definition->items[3]) != problem.sort) {
    return Error{"bad_answer",
                 "(define-fun " + problem.name + " ((ARG SORT)..) " +
                     std::string(to_string(problem.sort)) + " TERM)",
                 definition->where()};
  }
  const Result<std::vector<Argument>> names = arguments_of(problem, *definition);
  if (!names) return names.error();
  const Sexp& term = definition->items[4];
  CheckResult result;
  const Result<Body> body = read_body(term, names.value(), problem.functions, problem.sort);
  if (!body) {
    result.why = body.error().what;
    result.place = body.error().where;
    return result;
  }
  run_examples(problem, body.value(), result);
  Membership membership(problem, names.value());
  result.size = membership.size_of(term, 0);
  if (result.size == 0) {
    const Membership::Gap gap = membership.gap_of(term, 0);
    const std::string& by = problem.nonterminals[gap.nonterminal].name;
    result.size = plain_size(term);
    result.why = "the term is not of the grammar: " + (by.empty() ? "nothing there" : by) +
                 " gives no " + spelled(*gap.term);
    result.place = gap.term->where();
    return result;
  }
  result.right = result.passed == problem.examples.size();
  return result;
}

}  // namespace weir::search::sygus
