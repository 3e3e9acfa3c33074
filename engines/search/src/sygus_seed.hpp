// sygus_seed.hpp: an answer's text as a term of the search that it is tried in; private to the engine.
#pragma once

#include <string_view>

#include "sygus_terms.hpp"

namespace weir::search::sygus {

/// Of (define-fun NAME ((ARG SORT)..) SORT TERM), whatever its names; no_term where the grammar does not derive
/// it from that symbol.
TermId read_term(Machine& machine, std::string_view definition, SymbolId symbol = Rules::start);

}  // namespace weir::search::sygus
