#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <map>
#include <sstream>
#include <string_view>
#include <vector>
#include <weir/command_line/commands.hpp>
#include <weir/terminal.hpp>

namespace weir::command_line {
namespace {

/// "--name" of long names, "-n" of short ones.
std::vector<std::string> names_of_options(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

std::vector<std::string> names_of_commands(const CLI::App& group) {
  std::vector<std::string> names;
  for (const CLI::App* each : group.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(each->get_name());
  return names;
}

/// The first argument that nobody took; empty: none.
std::string left_over(const CLI::App& program) {
  const std::vector<std::string> left = program.remaining(true);
  return left.empty() ? std::string() : left.front();
}

/// What an argument that nobody took was probably meant to be.
Error unknown_argument(const CLI::App& program, const CLI::App& command) {
  const std::string where = &command == &program ? "" : command.get_name();
  const std::string word = left_over(program);
  const std::string bare = word.substr(0, word.find('='));
  const bool option = word.starts_with("-");
  const std::vector<std::string> known =
      option ? names_of_options(command) : names_of_commands(command);
  if (known.empty()) return usage_error("unexpected argument \"" + word + "\"", where);
  return usage_error(std::string("unknown ") + (option ? "option" : "command") + " \"" + bare +
                         "\"; the nearest is " + nearest_word(bare, known),
                     where);
}

/// The option that a key stands for; null when there is none.
CLI::Option* option_of(CLI::App& command, const std::string& key) {
  if (key == "help" || key == "config") return nullptr;
  return command.get_option_no_throw("--" + key);
}

Error unknown_key(CLI::App& command, const Setting& setting) {
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames())
      if (option_of(command, name) != nullptr) known.push_back(name);
  }
  return {"bad_config",
          "unknown key \"" + setting.key + "\"; the nearest is " + nearest_word(setting.key, known),
          setting.where};
}

/// Whether a flag can be given this: CLI11 takes any digit.
bool is_yes_or_no(const std::string& text) {
  constexpr std::array<std::string_view, 6> words = {"true", "false", "yes", "no", "on", "off"};
  return std::find(words.begin(), words.end(), text) != words.end();
}

}  // namespace

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  const std::string range = std::to_string(least) + " to " + std::to_string(most);
  const auto check = [=](std::string& text) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    if (parsed.ec != std::errc{} || parsed.ptr != end || value < least || value > most)
      return "\"" + text + "\" is no whole number from " + range;
    text = std::to_string(value);
    return std::string();
  };
  return CLI::Validator(check, range, "whole");
}

CLI::Validator real_number(double least, double most) {
  const auto check = [=](std::string& text) {
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    const bool good = parsed.ec == std::errc{} && parsed.ptr == end && std::isfinite(value) &&
                      value >= least && value <= most;
    if (good) return std::string();
    std::ostringstream what;
    what << "\"" << text << "\" is no number from " << least << " to " << most;
    return what.str();
  };
  return CLI::Validator(check, "", "number");
}

CLI::Validator one_of(std::vector<std::pair<std::string, int>> words) {
  std::vector<std::string> known;
  std::string all;
  for (const auto& [word, number] : words) {
    known.push_back(word);
    all += (all.empty() ? "" : ", ") + word;
  }
  const auto check = [words = std::move(words), known = std::move(known), all](std::string& text) {
    for (const auto& [word, number] : words) {
      if (text != word) continue;
      text = std::to_string(number);
      return std::string();
    }
    return "\"" + text + "\" is none of " + all + "; the nearest is " + nearest_word(text, known);
  };
  return CLI::Validator(check, all, "word");
}

CLI::Validator not_empty() {
  const auto check = [](std::string& text) {
    return std::string(text.empty() ? "must not be empty" : "");
  };
  return CLI::Validator(check, "", "given");
}

void add_common(CLI::App& command, CommonOptions o, const CommonTexts& texts) {
  const auto add_path = [&command](const char* names, std::string& path, const char* what) {
    command.add_option(names, path, what)->check(not_empty());
  };
  command
      .add_option("-w,--workers,--num-workers", o.workers,
                  "Worker threads; default: one per allowed core")
      ->transform(whole_number(0, 256));
  command.add_option("--seed", o.seed, texts.seed)
      ->transform(whole_number(0, texts.seed_max))
      ->capture_default_str();
  add_path("-c,--config", o.config, "Settings in YAML or JSON; the command line wins");
  add_path("--graph", o.graph, "Write the built graphs: DOT, or JSON by the ending");
  add_path("--trace", o.trace,
           "Write the flight recorder as Perfetto JSON: at the end, in a crash, at SIGUSR1");
  command.add_flag("--json", o.json, texts.json);
  command.add_flag("--quiet", o.quiet, "No progress and no messages on stderr, but errors");
}

bool wants_json(int argc, const char* const* argv) noexcept {
  return std::any_of(argv, argv + argc, [](std::string_view word) {
    return word == "--json" || word == "--json=true" || word == "--json=1";
  });
}

Error usage_error(std::string what, std::string where) {
  return {"usage", std::move(what), std::move(where)};
}

CLI::App& innermost(CLI::App& program) {
  CLI::App* at = &program;
  for (auto subs = at->get_subcommands(); !subs.empty(); subs = at->get_subcommands())
    at = subs.front();
  return *at;
}

std::optional<Ended> parse(CLI::App& program, int argc, char** argv) {
  const auto refused = [](Error error) { return Ended{exit_of_usage, std::move(error), {}}; };
  try {
    program.parse(argc, argv);
  } catch (const CLI::ExtrasError&) {
    return refused(unknown_argument(program, innermost(program)));
  } catch (const CLI::Success& done) {  // --help, --version
    std::ostringstream text;
    const int exit = program.exit(done, text, text);
    return Ended{exit, {}, text.str()};
  } catch (const CLI::ParseError& error) {
    const CLI::App& command = innermost(program);
    // A required option that is missing may be the one that is misspelt.
    if (left_over(program).starts_with("-")) return refused(unknown_argument(program, command));
    return refused(usage_error(error.what(), &command == &program ? "" : command.get_name()));
  }
  const CLI::App& command = innermost(program);
  if (names_of_commands(command).empty()) return std::nullopt;
  std::fputs(command.help().c_str(), stderr);
  return refused(usage_error("a command is missing", ""));
}

Result<Done> set_option(CLI::Option& option, const Setting& setting) {
  const bool flag = option.get_expected_max() == 0;
  if (flag && !is_yes_or_no(setting.value)) {
    return Error{"bad_config",
                 "\"" + setting.key + "\" is true or false, not \"" + setting.value + "\"",
                 setting.where};
  }
  try {
    option.add_result(setting.value);
    option.run_callback();
  } catch (const CLI::Error& error) {
    return Error{"bad_config", error.what(), setting.where};
  }
  return Done{};
}

Result<Done> apply_settings(CLI::App& command, std::span<const Setting> settings) {
  std::map<const CLI::Option*, const Setting*> set;  // by this file
  for (const Setting& setting : settings) {
    CLI::Option* const option = option_of(command, setting.key);
    if (option == nullptr) return unknown_key(command, setting);
    if (const auto before = set.find(option); before != set.end()) {
      return Error{"bad_config",
                   "\"" + setting.key + "\" says again what \"" + before->second->key +
                       "\" has said at " + before->second->where,
                   setting.where};
    }
    if (option->count() != 0) continue;  // the command line wins
    set.emplace(option, &setting);
    if (setting.null) continue;
    if (auto done = set_option(*option, setting); !done) return done;
  }
  return Done{};
}

}  // namespace weir::command_line
