// interactive.hpp: examples typed at the terminal, programs in return; private to the program.
#pragma once

#include <weir/search/engine.hpp>
#include <weir/signals.hpp>

#include "experience_keeper.hpp"
#include "findings.hpp"

namespace weir::search::program {

/// The last answer that was given; an unsolved one before the first. With --json all is said on standard error.
/// `experience`: keeps what is asked and answered; null: nobody does.
SearchReply interact(const Options& options, const StopSignals& signals, Engine& engine,
                     ExperienceKeeper* experience, Findings& findings);

}  // namespace weir::search::program
