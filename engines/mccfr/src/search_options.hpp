// search_options.hpp: --search and --search-iterations, and what is told of searches; private to the program.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <weir/mccfr/search_player.hpp>

#include "findings.hpp"
#include "loaded.hpp"

namespace weir::mccfr {

/// "80", "maxmargin", "unsafe,200": ms, a method, or both; empty: the default. Errors: usage.
Result<SearchSettings> parse_search(std::string_view text);

/// The searcher that the options ask for; null where they ask for none. `sums` of the checkpoint, whose cards are made.
/// Errors: usage, where it is no no-limit hold'em for two.
Result<std::unique_ptr<Searcher>> make_searcher(const Options& options, const Loaded& loaded,
                                                const NarrowEntries::Sum* sums);

/// "search" of the document, and a row of the table.
void tell_searches(const Options& options, const Searcher& searcher, Findings& findings);

}  // namespace weir::mccfr
