// commands.hpp: what the command lines of all programs have in common, over CLI11.
//
// Errors  usage, with the command it was given to; bad_config with FILE:LINE for what stands in a file of settings.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <weir/command_line/settings.hpp>
#include <weir/result.hpp>

namespace weir::command_line {

inline constexpr int exit_of_usage = 2;

/// A decimal number and nothing else: CLI11 itself takes "-1" for a large one and "010" for 8.
CLI::Validator whole_number(std::uint64_t least, std::uint64_t most);
/// A finite decimal number.
CLI::Validator real_number(double least, double most);
/// An empty path is a script's unset variable, and would mean the working directory.
CLI::Validator not_empty();

/// What each command of each program takes.
struct CommonOptions {
  int& workers;
  std::uint64_t& seed;
  std::string& config;
  std::string& graph;
  bool& quiet;
};
/// `seed_max`: the greatest seed that the program can have.
void add_common(CLI::App& command, CommonOptions options, std::uint64_t seed_max,
                const char* seed_of);

Error usage_error(std::string what, std::string where);

/// The command that was named, of a group the command in it; the program itself when none was.
CLI::App& innermost(CLI::App& program);

/// A command line that is no call of a command: help, version, or a mistake.
struct Ended {
  int exit = 0;
  Error error;       // of a mistake
  std::string text;  // help or version, for stdout
};
/// Reads the command line. None: innermost() is the command that is to run. Where a command is missing, its help goes
/// to stderr.
std::optional<Ended> parse(CLI::App& program, int argc, char** argv);

/// Gives an option a value of a file. Errors: bad_config, where the option refuses it; flags are true or false (yes,
/// no, on, off).
Result<Done> set_option(CLI::Option& option, const Setting& setting);
/// Gives the options of a command that the command line left alone their values of a file. Errors: bad_config for a key
/// that is no option (with the nearest), that says again what another has said, or whose value the option refuses.
Result<Done> apply_settings(CLI::App& command, std::span<const Setting> settings);

}  // namespace weir::command_line
