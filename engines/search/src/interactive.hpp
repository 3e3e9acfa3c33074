// interactive.hpp: examples typed at the terminal, programs in return; private to the program.
#pragma once

#include <weir/search/engine.hpp>
#include <weir/signals.hpp>

#include "experience_keeper.hpp"
#include "findings.hpp"

namespace weir::search::program {

/// `experience`: keeps what is asked and answered; null: nobody does.
void interact(const Options& options, const StopSignals& signals, Engine& engine,
              ExperienceKeeper* experience, Findings& findings);

}  // namespace weir::search::program
