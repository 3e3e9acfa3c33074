// eval_table.hpp: eval of strategies for two to six players; private to the program.
#pragma once

#include "commands.hpp"
#include "loaded.hpp"

namespace weir::mccfr {

/// Plays a loaded strategy, whose game is multiway(), in each seat in turn among copies of each opponent.
void eval_table(const Options& options, const StopSignals& signals, const Loaded& loaded,
                Findings& findings);

}  // namespace weir::mccfr
