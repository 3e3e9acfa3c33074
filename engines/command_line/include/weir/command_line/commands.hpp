// commands.hpp: what the command lines of all programs have in common, over CLI11.
//
// Roles   one thread.
// Errors  usage, with the command it was given to; bad_config with FILE:LINE for what stands in a file of settings.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>
#include <weir/command_line/ended.hpp>
#include <weir/command_line/settings.hpp>
#include <weir/result.hpp>

namespace weir::command_line {

inline constexpr int exit_of_usage = 2;

/// A decimal number from `least` to `most`, both included, and nothing else: CLI11 itself takes "-1" for a large one
/// and "010" for 8.
CLI::Validator whole_number(std::uint64_t least, std::uint64_t most);
/// A finite decimal number from `least` to `most`, both included.
CLI::Validator real_number(double least, double most);
/// One of these words, which it becomes the number of; what is none of them is told with the nearest.
CLI::Validator one_of(std::vector<std::pair<std::string, int>> words);
/// An empty path is a script's unset variable, and would mean the working directory.
CLI::Validator not_empty();

/// Where the options go that each command of each program takes.
struct CommonOptions {
  int& workers;         // 0 to 256; left as it is where it is not given
  std::uint64_t& seed;  // up to CommonTexts::seed_max
  std::string& config;  // these three are paths
  std::string& graph;
  std::string& trace;
  bool& json;
  bool& quiet;
};
/// What differs of them by program.
struct CommonTexts {
  std::uint64_t seed_max = ~std::uint64_t{0};
  const char* seed = "Seed of all random numbers";
  const char* json = "One JSON object on stdout instead of the table";
};
void add_common(CLI::App& command, CommonOptions options, const CommonTexts& texts = {});

Error usage_error(std::string what, std::string where);

/// The command that was named, of a group the command in it; the program itself when none was.
CLI::App& innermost(CLI::App& program);

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
