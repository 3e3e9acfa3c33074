// interactive.hpp: examples typed at the terminal, programs in return; private to the program.
#pragma once

#include <weir/search/engine.hpp>
#include <weir/signals.hpp>

#include "findings.hpp"

namespace weir::search::program {

void interact(const Options& options, const StopSignals& signals, Engine& engine,
              Findings& findings);

}  // namespace weir::search::program
