// commands.hpp: what each command of weir-mccfr does; private to the program.
#pragma once

#include <weir/signals.hpp>

#include "findings.hpp"

namespace weir::mccfr {

/// Runs the command that `options` names, messages on stderr.
Findings run_command(const Options& options, const StopSignals& signals);

void train_command(const Options& options, const StopSignals& signals, Findings& findings);
void average_command(const Options& options, const StopSignals& signals, Findings& findings);
void buckets_command(const Options& options, const StopSignals& signals, Findings& findings);
void exploit_command(const Options& options, const StopSignals& signals, Findings& findings);
void export_command(const Options& options, Findings& findings);
void query_command(const Options& options, Findings& findings);
void eval_command(const Options& options, const StopSignals& signals, Findings& findings);
void lbr_command(const Options& options, const StopSignals& signals, Findings& findings);
void solve_command(const Options& options, const StopSignals& signals, Findings& findings);
void resolve_command(const Options& options, const StopSignals& signals, Findings& findings);
void play_command(const Options& options, const StopSignals& signals, Findings& findings);
void acpc_command(const Options& options, const StopSignals& signals, Findings& findings);
void hands_command(const Options& options, Findings& findings);
void rank_command(const Options& options, Findings& findings);
void equity_command(const Options& options, Findings& findings);

/// The exit code that stands for an error.
int exit_of(const Error& error) noexcept;
/// Notes an error, with its exit code.
void fail(Findings& findings, const Error& error);

}  // namespace weir::mccfr
