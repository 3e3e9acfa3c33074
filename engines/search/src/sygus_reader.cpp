#include <algorithm>
#include <map>

#include "sygus_grammar_reader.hpp"
#include "sygus_meaning.hpp"
#include "sygus_ops.hpp"

namespace weir::search::sygus {
namespace {

constexpr std::size_t examples_max = 100'000;

class ProblemReader {
 public:
  Result<Problem> read(std::string_view text) {
    Result<std::vector<Sexp>> commands = read_sexps(text);
    if (!commands) return commands.error();
    for (const Sexp& command : commands.value()) {
      if (!take(command)) return error_;
    }
    if (problem_.name.empty()) return Error{"bad_sygus", "there is no synth-fun", "1:1"};
    if (problem_.examples.empty()) return Error{"bad_sygus", "there is no constraint", "1:1"};
    return std::move(problem_);
  }

 private:
  bool fail(const Sexp& at, std::string what) {
    error_ = Error{"bad_sygus", std::move(what), at.where()};
    return false;
  }

  bool take(const Sexp& command) {
    const std::string_view name = command.head();
    if (name == "set-logic" || name == "set-info" || name == "set-option" ||
        name == "set-options" || name == "set-feature" || name == "declare-weight" ||
        name == "check-synth") {
      return true;
    }
    if (name == "declare-var") return declare_variable(command);
    if (name == "define-fun") return define_function(command);
    if (name == "synth-fun") return take_function(command);
    if (name == "constraint") return take_constraint(command);
    if (name.empty()) return fail(command, "a command is (NAME ..)");
    return fail(command, "the command " + std::string(name) + " is not supported");
  }

  /// The term without lets, until the next one; null: `error_` says why not.
  const Sexp* plain(const Sexp& term) {
    if (!has_let(term)) return &term;
    Result<Sexp> made = without_lets(term);
    if (!made) {
      error_ = made.error();
      return nullptr;
    }
    without_lets_ = std::move(made).value();
    return &without_lets_;
  }

  bool declare_variable(const Sexp& command) {
    if (command.items.size() != 3 || command.items[1].kind != Sexp::Kind::atom) {
      return fail(command, "(declare-var NAME SORT)");
    }
    return find_sort(command.items[2]) || fail(command.items[2], no_sort(command.items[2]));
  }

  bool read_arguments(const Sexp& list, std::vector<Argument>& out) {
    if (!list.list()) return fail(list, "arguments are ((NAME SORT)..)");
    for (const Sexp& one : list.items) {
      if (!one.list() || one.items.size() != 2 || one.items[0].kind != Sexp::Kind::atom) {
        return fail(one, "an argument is (NAME SORT)");
      }
      const std::optional<Sort> sort = find_sort(one.items[1]);
      if (!sort) return fail(one.items[1], no_sort(one.items[1]));
      const std::string_view name = one.items[0].atom;
      const auto same = [name](const Argument& argument) { return argument.name == name; };
      if (std::any_of(out.begin(), out.end(), same))
        return fail(one, "two arguments have this name");
      out.push_back({std::string(name), *sort});
    }
    return out.size() <= 100 || fail(list, "more than 100 arguments");
  }

  bool define_function(const Sexp& command) {
    if (command.items.size() != 5 || command.items[1].kind != Sexp::Kind::atom) {
      return fail(command, "(define-fun NAME ((NAME SORT)..) SORT TERM)");
    }
    Function function;
    function.name = std::string(command.items[1].atom);
    const auto same = [&](const Function& other) { return other.name == function.name; };
    if (std::any_of(problem_.functions.begin(), problem_.functions.end(), same)) {
      return fail(command, function.name + " is defined twice");
    }
    if (problem_.functions.size() >= 1000) return fail(command, "more than 1000 functions");
    if (!read_arguments(command.items[2], function.arguments)) return false;
    const std::optional<Sort> sort = find_sort(command.items[3]);
    if (!sort) return fail(command.items[3], no_sort(command.items[3]));
    function.sort = *sort;
    const Sexp* const term = plain(command.items[4]);
    if (term == nullptr) return false;
    Result<Body> body = read_body(*term, function.arguments, problem_.functions, *sort);
    if (!body) {
      error_ = body.error();
      return false;
    }
    function.body = std::move(body).value();
    problem_.functions.push_back(std::move(function));
    return true;
  }

  bool take_function(const Sexp& command) {
    const std::vector<Sexp>& items = command.items;
    if (!problem_.name.empty()) return fail(command, "more than one synth-fun is not supported");
    if ((items.size() < 4 || items.size() > 6) || items[1].kind != Sexp::Kind::atom ||
        items[1].atom.empty()) {
      return fail(
          command,
          "(synth-fun NAME ((NAME SORT)..) SORT [((NAME SORT)..)] ((NAME SORT (PRODUCTION..))..))");
    }
    if (!read_arguments(items[2], problem_.arguments)) return false;
    const std::optional<Sort> sort = find_sort(items[3]);
    if (!sort) return fail(items[3], no_sort(items[3]));
    if (items.size() == 4) return fail(command, "a synth-fun without a grammar is not supported");
    problem_.sort = *sort;
    problem_.version = items.size() == 6 ? 2 : 1;
    const Sexp& rules = items.back();
    if (!rules.list() || rules.items.empty())
      return fail(rules, "a grammar is ((NAME SORT (PRODUCTION..))..)");
    if (problem_.version == 2 && !declared_as(items[4], rules)) return false;
    if (std::optional<Error> error = read_grammar(rules.items, problem_)) {
      error_ = std::move(*error);
      return false;
    }
    problem_.name = std::string(items[1].atom);
    return true;
  }

  /// The nonterminals that are declared are those that have rules.
  bool declared_as(const Sexp& declared, const Sexp& rules) {
    if (!declared.list() || declared.items.size() != rules.items.size()) {
      return fail(declared, "as many nonterminals are declared as have rules");
    }
    for (std::size_t i = 0; i < rules.items.size(); ++i) {
      const Sexp& one = declared.items[i];
      const Sexp& rule = rules.items[i];
      const bool shaped =
          one.list() && one.items.size() == 2 && rule.list() && rule.items.size() >= 2;
      if (!shaped || one.items[0].atom != rule.items[0].atom ||
          one.items[1].atom != rule.items[1].atom) {
        return fail(one, "a nonterminal is declared in another way than its rules are");
      }
    }
    return true;
  }

  bool take_constraint(const Sexp& command) {
    if (problem_.name.empty()) return fail(command, "a constraint before the synth-fun");
    if (command.items.size() != 2) return fail(command, "(constraint TERM)");
    const Sexp* const term = plain(command.items[1]);
    return term != nullptr && take_term(*term, command);
  }

  bool is_application(const Sexp& term) const {
    return term.list() && !term.items.empty() && term.items[0].is(problem_.name);
  }

  bool take_term(const Sexp& term, const Sexp& command) {
    if (term.head() == "and") {
      for (std::size_t i = 1; i < term.items.size(); ++i) {
        if (!take_term(term.items[i], command)) return false;
      }
      return term.items.size() > 1 || fail(term, "an empty conjunction");
    }
    if (term.head() == "=" && term.items.size() == 3) {
      const Sexp& left = term.items[1];
      const Sexp& right = term.items[2];
      if (is_application(left)) return take_example(left, &right, true, command);
      if (is_application(right)) return take_example(right, &left, true, command);
    }
    if (problem_.sort == Sort::boolean && is_application(term))
      return take_example(term, nullptr, true, command);
    if (problem_.sort == Sort::boolean && term.head() == "not" && term.items.size() == 2 &&
        is_application(term.items[1])) {
      return take_example(term.items[1], nullptr, false, command);
    }
    return fail(term, "this constraint is no example: (= (" + problem_.name + " VALUE..) VALUE)");
  }

  bool constant(const Sexp& term, Sort sort, Value& out) {
    const Result<Body> body = read_body(term, {}, problem_.functions, sort);
    if (!body) {
      error_ = body.error();
      return false;
    }
    const std::optional<Meaning> meaning = meaning_of(body.value(), {}, problem_.functions);
    if (!meaning) return fail(term, "a value beyond what is represented");
    out = value_of(*meaning);
    return true;
  }

  bool take_example(const Sexp& application, const Sexp* output, bool holds, const Sexp& command) {
    Example example;
    example.line = command.line;
    example.column = command.column;
    if (application.items.size() != problem_.arguments.size() + 1) {
      return fail(application, problem_.name + " takes " +
                                   std::to_string(problem_.arguments.size()) + " arguments");
    }
    example.in.resize(problem_.arguments.size());
    for (std::size_t i = 0; i < example.in.size(); ++i) {
      if (!constant(application.items[i + 1], problem_.arguments[i].sort, example.in[i]))
        return false;
    }
    Value out = holds;
    if (output != nullptr && !constant(*output, problem_.sort, out)) return false;
    example.out = std::move(out);
    problem_.constraints += 1;
    return keep(std::move(example), application);
  }

  bool keep(Example example, const Sexp& at) {
    const auto [found, fresh] = known_.try_emplace(example.in, problem_.examples.size());
    if (!fresh) {
      const Example& first = problem_.examples[found->second];
      if (first.out == example.out) return true;
      error_ =
          Error{"infeasible",
                "lines " + std::to_string(first.line) + " and " + std::to_string(example.line) +
                    " give the same inputs different outputs, " + literal(*first.out) + " and " +
                    literal(*example.out),
                at.where()};
      return false;
    }
    if (problem_.examples.size() >= examples_max) return fail(at, "too many examples");
    problem_.examples.push_back(std::move(example));
    return true;
  }

  Problem problem_;
  Sexp without_lets_;
  std::map<std::vector<Value>, std::size_t> known_;
  Error error_;
};

}  // namespace

Result<Problem> read_problem(std::string_view text) { return ProblemReader().read(text); }

}  // namespace weir::search::sygus
