// commands.hpp: what weir-search does; private to the program.
#pragma once

#include <string>
#include <weir/clock.hpp>
#include <weir/runtime.hpp>
#include <weir/signals.hpp>

#include "findings.hpp"

namespace weir::search::program {

/// `begin`: when the program started, which is where its time limit counts from.
Findings run_command(const Options& options, const StopSignals& signals, Deadline begin);

void generate_command(const Options& options, const StopSignals& signals, Deadline begin,
                      Findings& findings);
void batch_command(const Options& options, const StopSignals& signals, Deadline begin,
                   Findings& findings);
void serve_command(const Options& options, const StopSignals& signals, Findings& findings);
void check_command(const Options& options, Findings& findings);
void train_command(const Options& options, const StopSignals& signals, Findings& findings);
void train_games(Runtime& runtime, const Options& options, const StopSignals& signals,
                 Findings& findings);
void experience_command(const Options& options, Findings& findings);
void connect4_command(const Options& options, const StopSignals& signals, Deadline begin,
                      Findings& findings);

/// A whole file, or standard input for "-"; at most `bytes_max` of it.
Result<std::string> read_input(const std::string& path, std::size_t bytes_max);
/// When a program with a limit must have printed and be gone; never without one.
Deadline answer_by(const Options& options, Deadline begin);

}  // namespace weir::search::program
