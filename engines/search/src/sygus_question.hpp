// sygus_question.hpp: inputs on which two programs differ.
#pragma once

#include <optional>
#include <span>
#include <weir/search/kernel.hpp>
#include <weir/search/sygus_problem.hpp>

#include "sygus_terms.hpp"

namespace weir::search::sygus {

/// Looked for among the examples' inputs with letters left out, doubled or put in, and arguments exchanged between
/// them; some hundred in a fixed order. None: the programs agree on all of those.
std::optional<Question> find_question(const Problem& problem, const Rules& rules,
                                      std::span<const SygusTerm> first,
                                      std::span<const SygusTerm> second);

}  // namespace weir::search::sygus
