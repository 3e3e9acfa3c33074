// sygus_ops.hpp: the operators of SyGuS string grammars: names, sorts, and literals.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <weir/search/sygus_problem.hpp>

#include "sygus_sexp.hpp"

namespace weir::search::sygus {

/// By name and number of arguments, in either spelling; `-` of one argument is negate.
std::optional<Op> find_op(std::string_view name, std::size_t arguments) noexcept;

/// What an operator yields from arguments of these sorts; none where it does not take them.
std::optional<Sort> result_sort(Op op, std::span<const Sort> arguments) noexcept;

/// The order of its two arguments does not matter.
bool commutes(Op op) noexcept;

/// "Int", "Bool", "String".
std::optional<Sort> find_sort(const Sexp& name) noexcept;
/// What is wrong with a sort that find_sort() does not know.
std::string no_sort(const Sexp& sort);

/// -12 as an atom or as (- 12), true, "text"; none: no literal, or an integer beyond 64 bits.
std::optional<Value> find_literal(const Sexp& node);
/// What is wrong with an atom that is no name and no literal.
std::string no_atom(const Sexp& atom);

}  // namespace weir::search::sygus
