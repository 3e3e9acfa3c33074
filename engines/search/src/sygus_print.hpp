// sygus_print.hpp: a term as a program, in each language.
//
// Shape:  one definition; what it needs of SMT-LIB's semantics stands inside of it.
#pragma once

#include <span>
#include <string>
#include <weir/search/sygus_problem.hpp>

#include "sygus_terms.hpp"

namespace weir::search::sygus {

/// Nothing: the language has no way to write it.
std::string program_text(const Problem& problem, const Rules& rules,
                         std::span<const SygusTerm> term, Language in);

/// The term apart from its grammar.
Body body_of(const Rules& rules, std::span<const SygusTerm> term);

/// `(define-fun NAME ((ARG SORT)..) SORT TERM)`, spelled as the file spells it.
std::string define_fun(const Problem& problem, const Rules& rules, std::span<const SygusTerm> term);

}  // namespace weir::search::sygus
