// sygus_grammar_reader.hpp: the grammar of a synth-fun: its nonterminals and productions, typed.
//
// Errors: bad_sygus: names that are not known, sorts that do not fit, more than arity_max arguments, what the search
//         does not know (let, oracles).
#pragma once

#include <optional>
#include <span>
#include <vector>
#include <weir/search/sygus_problem.hpp>

#include "sygus_sexp.hpp"

namespace weir::search::sygus {

/// Adds nonterminals and constants to `problem`, whose arguments, sort and functions are there. Nothing: no error.
std::optional<Error> read_grammar(std::span<const Sexp> rules, Problem& problem);

}  // namespace weir::search::sygus
