// sygus_problem.hpp: a SyGuS file that gives examples: a function's signature, its grammar, what it must yield.
//
// Reads:  SyGuS-IF 1 and 2.1: set-logic, set-info, set-option, set-feature, declare-var, define-fun, declare-weight,
//         one synth-fun with a grammar, constraints that are examples ((= (f ..) c), either way round, conjunctions,
//         (f ..) and (not (f ..)) of a Boolean function), check-synth. Both spellings of operators.
// Shape:  text is in code points; a backslash in a literal stands for itself. Integers have 64 bits.
//         A nested production becomes a nonterminal without a name. Nonterminal 0 is the first.
// Errors: bad_sygus, where = "LINE:COLUMN"; infeasible: two examples with the same inputs and different outputs.
// Source: The SyGuS Language Standard 2.1; SMT-LIB, theory of Unicode strings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include <weir/result.hpp>
#include <weir/search/task.hpp>

namespace weir::search::sygus {

enum class Sort : std::uint8_t { boolean, integer, text };

/// What stands at a node of a term. Those up to `chain` take no arguments of their own.
enum class Op : std::uint8_t {
  constant,      // Production::index: of Problem::constants
  variable,      // of Problem::arguments
  any_constant,  // (Constant Sort)
  chain,         // another nonterminal as it is
  call,          // of Problem::functions
  concat,
  replace,
  replace_all,
  at,
  substr,
  from_int,
  to_int,
  length,
  index_of,
  prefix_of,
  suffix_of,
  contains,
  text_less,
  text_less_equal,
  from_code,
  to_code,
  is_digit,
  add,
  subtract,
  negate,
  multiply,
  divide,
  modulo,
  absolute,
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  distinct,
  ite,
  both,
  either,
  exclusive,
  implies,
  opposite,
};

inline constexpr std::size_t arity_max = 4;  // of a production

struct Production {
  Op op = Op::constant;
  std::uint16_t index = 0;
  std::vector<std::uint16_t> arguments;  // nonterminals
  std::string symbol;                    // as the file spells the operator or the constant
};

struct Nonterminal {
  std::string name;
  Sort sort = Sort::text;
  std::vector<Production> productions;
};

struct Argument {
  std::string name;
  Sort sort = Sort::text;
};

/// A term in arguments, typed. Children come before their parents; the last node is the root.
struct Body {
  struct Node {
    Op op = Op::constant;
    std::uint32_t index = 0;  // of Body::constants, of an argument, of a function
    std::vector<std::uint32_t> children;
  };
  std::vector<Node> nodes;
  std::vector<Value> constants;
};

/// A define-fun.
struct Function {
  std::string name, text;  // text: the whole command
  std::vector<Argument> arguments;
  Sort sort = Sort::text;
  Body body;
};

struct Problem {
  std::string name;
  std::vector<Argument> arguments;
  Sort sort = Sort::text;
  std::vector<Nonterminal> nonterminals;
  std::vector<Value> constants;
  std::vector<Function> functions;
  std::vector<Example> examples;  // all labelled, all different
  std::uint32_t constraints = 0;  // as many as the file has, repetitions too
  int version = 1;                // 2: nonterminals are declared before their rules
};

Result<Problem> read_problem(std::string_view text);

constexpr std::string_view to_string(Sort sort) noexcept {
  return sort == Sort::boolean ? "Bool" : sort == Sort::integer ? "Int" : "String";
}

constexpr Sort sort_of(const Value& value) noexcept {
  return value.index() == 0 ? Sort::integer : value.index() == 1 ? Sort::boolean : Sort::text;
}

/// A value as an SMT-LIB literal: "a""b", -1, true.
std::string literal(const Value& value);

}  // namespace weir::search::sygus
