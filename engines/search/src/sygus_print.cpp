#include "sygus_print.hpp"

#include "sygus_ops.hpp"

namespace weir::search::sygus {
namespace {

bool plain_symbol(std::string_view name) noexcept {
  return !name.empty() && name.find_first_of(" \t\r\n();\"|") == std::string_view::npos;
}

std::string symbol_text(const std::string& name) {
  return plain_symbol(name) ? name : "|" + name + "|";
}

void put_sygus(const Rules& rules, std::span<const SygusTerm> term, std::size_t node,
               std::string& out) {
  const Rule& rule = rules[term[node].rule];
  const std::string spelling = rule.op == Op::constant ? rule.spelling : symbol_text(rule.spelling);
  if (rule.arity == 0) {
    out += rule.op == Op::call ? "(" + spelling + ")" : spelling;
    return;
  }
  out += "(" + spelling;
  for (std::size_t k = 0; k < rule.arity; ++k) {
    out += ' ';
    put_sygus(rules, term, term[node].arguments[k], out);
  }
  out += ')';
}

}  // namespace

std::string define_fun(const Problem& problem, const Rules& rules,
                       std::span<const SygusTerm> term) {
  std::string out = "(define-fun " + symbol_text(problem.name) + " (";
  for (const Argument& argument : problem.arguments) {
    out += (out.back() == '(' ? "(" : " (") + symbol_text(argument.name) + " " +
           std::string(to_string(argument.sort)) + ")";
  }
  out += ") " + std::string(to_string(problem.sort)) + " ";
  put_sygus(rules, term, 0, out);
  return out + ")";
}

}  // namespace weir::search::sygus
