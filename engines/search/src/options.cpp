// The only file that knows CLI11.
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <sstream>
#include <weir/terminal.hpp>
#include <weir/version.hpp>

namespace weir::search::program {

namespace {

constexpr int exit_of_usage = 2;

struct NamedCommand {
  Command command;
  const char* group;  // a command of two words
  const char* name;
  const char* what;
  const char* example;
};

constexpr NamedCommand known_commands[] = {
    {Command::generate, nullptr, "generate", "Writes a program from examples",
     "weir-search generate names.csv --lang python --time-limit 1"},
    {Command::check, nullptr, "check",
     "Checks an answer to a SyGuS file against its grammar and its constraints",
     "weir-search check phone.sl answer.smt2"},
    {Command::batch, nullptr, "batch", "Answers a file of requests, one JSON object a line",
     "weir-search batch requests.jsonl"},
    {Command::serve, nullptr, "serve",
     "Answers requests as they come, on standard input or at a socket",
     "weir-search serve --socket /run/weir-search"},
    {Command::connect4_solve, "connect4", "solve", "The exact score of Connect Four positions",
     "weir-search connect4 solve positions.txt"},
    {Command::connect4_move, "connect4", "move",
     "A move for Connect Four positions, by tree search",
     "weir-search connect4 move --simulations 10000 positions.txt"},
    {Command::train, nullptr, "train",
     "Teaches a network: for lists with random tasks, for Connect Four with games",
     "weir-search train --out lists.weights --steps 16000"},
    {Command::experience_list, "experience", "list",
     "What was asked and answered, and what people said of it",
     "weir-search experience list search.experience"},
    {Command::experience_export, "experience", "export",
     "The same as JSON lines, answers called bad left out",
     "weir-search experience export search.experience --out good.jsonl"},
    {Command::experience_feedback, "experience", "feedback", "Says whether an answer was good",
     "weir-search experience feedback search.experience 7 good"},
};
constexpr std::pair<const char*, const char*> known_groups[] = {
    {"connect4", "Connect Four: exact scores, and moves by tree search"},
    {"experience", "The log that batch and serve keep with --experience"},
};

/// A decimal number and nothing else: CLI11 itself takes "-1" for a large one and "010" for 8.
CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  const std::string range = std::to_string(least) + " to " + std::to_string(most);
  return CLI::Validator(
      [=](std::string& text) {
        std::uint64_t value = 0;
        const char* const end = text.data() + text.size();
        const auto parsed = std::from_chars(text.data(), end, value);
        if (parsed.ec != std::errc{} || parsed.ptr != end || value < least || value > most)
          return "\"" + text + "\" is no whole number from " + range;
        text = std::to_string(value);
        return std::string();
      },
      range, "whole");
}

CLI::Validator real_number(double least, double most) {
  return CLI::Validator(
      [=](std::string& text) {
        double value = 0;
        const char* const end = text.data() + text.size();
        const auto parsed = std::from_chars(text.data(), end, value);
        if (parsed.ec == std::errc{} && parsed.ptr == end && value >= least && value <= most)
          return std::string();
        std::ostringstream what;
        what << "\"" << text << "\" is no number from " << least << " to " << most;
        return what.str();
      },
      "", "number");
}

CLI::Validator given() {
  return CLI::Validator(
      [](std::string& text) { return std::string(text.empty() ? "must not be empty" : ""); }, "",
      "given");
}

constexpr std::uint64_t any = ~std::uint64_t{0} >> 1;

void add_common(CLI::App& app, Options& o) {
  app.add_option("-w,--workers", o.workers, "Worker threads; default: one per allowed core")
      ->transform(whole_number(0, 256));
  app.add_option("--seed", o.seed, "Seed of all random numbers")
      ->transform(whole_number(0, any))
      ->capture_default_str();
  app.add_option("--graph", o.graph, "Write the built graph: DOT, or JSON by the ending")
      ->check(given());
  app.add_option("--trace", o.trace, "Write the flight recorder as Perfetto JSON")->check(given());
  app.add_flag("--quiet", o.quiet, "No progress and no messages on stderr, but errors");
}

void add_time_limit(CLI::App& app, Options& o) {
  app.add_option("--time-limit", o.time_limit_s, "Seconds from the program's start to its end")
      ->check(real_number(0.001, 1e7));
}

void add_bounds(CLI::App& app, Options& o) {
  add_time_limit(app, o);
  app.add_option("--simulations", o.simulations,
                 "Steps of search; default: 2000 where there is no time limit")
      ->transform(whole_number(1, any));
}

void add_input(CLI::App& app, Options& o, const char* what) {
  app.add_option("FILE", o.input, what)->required()->check(given());
}

void add_generate(CLI::App& app, Options& o) {
  app.add_option("FILE", o.input,
                 "SyGuS (.sl), one JSON request (.json), CSV with the output last, or -")
      ->check(given());
  add_bounds(app, o);
  app.add_option("--lang", o.languages,
                 "sygus, cpp, python, js; default: sygus for SyGuS files, else python")
      ->transform(CLI::CheckedTransformer(
          std::vector<std::pair<std::string, Language>>{{"sygus", Language::sygus},
                                                        {"cpp", Language::cpp},
                                                        {"python", Language::python},
                                                        {"js", Language::js}}))
      ->allow_extra_args(false)  // the file may come behind it
      ->delimiter(',');
  app.add_option("--top", o.top, "So many programs, best first")
      ->transform(whole_number(1, 100))
      ->capture_default_str();
  app.add_option("--confidence", o.confidence, "Say so when the best program's confidence is less")
      ->check(real_number(0, 1))
      ->expected(0, 1)
      ->default_str("0.8");
  app.add_option("--guidance", o.guidance, "default, none or a file of weights")
      ->check(given())
      ->capture_default_str();
  app.add_flag("--first", o.first, "Print the first program that fits, not the best one");
  app.add_flag("--stats", o.stats, "What it took, on stderr");
  app.add_flag("--interactive", o.interactive, "Ask for examples at the terminal");
}

void add_log(CLI::App& app, Options& o) {
  app.add_option("LOG", o.experience, "The log, as --experience named it")
      ->required()
      ->check(given());
}

void add_kept_log(CLI::App& app, Options& o) {
  app.add_option("--experience", o.experience,
                 "Keep what is asked and answered in this log, and learn from it")
      ->check(given());
}

void add_train(CLI::App& app, Options& o) {
  app.add_option("--out", o.output,
                 "The file of weights; FILE.state beside it is what --resume goes on with")
      ->required()
      ->check(given());
  app.add_option("--domain", o.games_domain, "list or connect4")
      ->transform(CLI::CheckedTransformer(
          std::vector<std::pair<std::string, bool>>{{"list", false}, {"connect4", true}}))
      ->default_str("list");
  app.add_option("--games", o.games, "Connect Four: games in all")
      ->transform(whole_number(1, 1'000'000'000))
      ->capture_default_str();
  app.add_option("--simulations", o.simulations, "Connect Four: descents a move; default: 64")
      ->transform(whole_number(2, 1'000'000));
  app.add_option("--steps", o.steps, "Lists: steps in all, of 256 samples each")
      ->transform(whole_number(1, 100'000'000))
      ->capture_default_str();
  app.add_option("--tasks", o.tasks, "Lists: random tasks that are taught")
      ->transform(whole_number(100, 10'000'000))
      ->capture_default_str();
  app.add_flag("--resume", o.resume, "Go on with the state that an earlier run has left");
}

void add_options_of(CLI::App& app, Command command, Options& o) {
  add_common(app, o);
  switch (command) {
    case Command::generate:
      add_generate(app, o);
      add_kept_log(app, o);
      break;
    case Command::check:
      add_input(app, o, "A SyGuS file");
      app.add_option("ANSWER", o.answer, "A file with a define-fun, or -")
          ->required()
          ->check(given());
      break;
    case Command::batch:
      add_input(app, o, "Requests, one JSON object a line, or -");
      add_bounds(app, o);
      add_kept_log(app, o);
      app.add_option("--queue", o.queue, "Requests that wait at most")
          ->transform(whole_number(1, 1'000'000));
      app.add_option("--prometheus", o.prometheus,
                     "Keep the figures in this file, as Prometheus text")
          ->check(given());
      return;
    case Command::serve:
      app.add_option(
             "--socket", o.socket,
             "Listen at this path instead of standard input, for up to 4,096 clients at once")
          ->check(given());
      app.add_option("--queue", o.queue, "Requests that wait at most; beyond, they are rejected")
          ->transform(whole_number(1, 1'000'000))
          ->capture_default_str();
      add_kept_log(app, o);
      app.add_option("--prometheus", o.prometheus,
                     "Keep the figures in this file, as Prometheus text")
          ->check(given());
      return;
    case Command::connect4_move:
      app.add_option("--simulations", o.simulations, "Descents of the tree")
          ->transform(whole_number(1, any));
      app.add_option("--guidance", o.move_guidance,
                     "none (leaves are judged by playouts), default or a file of weights")
          ->check(given())
          ->capture_default_str();
      [[fallthrough]];
    case Command::connect4_solve:
      add_input(app, o, "Positions, one line of moves (columns 1 to 7) each, or -");
      add_time_limit(app, o);
      break;
    case Command::train:
      add_train(app, o);
      break;
    case Command::experience_feedback:
      add_log(app, o);
      app.add_option("NUMBER", o.number, "Which, as list tells it")
          ->required()
          ->transform(whole_number(1, any));
      app.add_option("JUDGEMENT", o.judgement, "good or bad")
          ->required()
          ->check(CLI::IsMember({"good", "bad"}));
      break;
    case Command::experience_export:
      app.add_option("--out", o.output, "The file to write; default: standard output")
          ->check(given());
      [[fallthrough]];
    case Command::experience_list:
      add_log(app, o);
      break;
    case Command::none:
      break;
  }
  app.add_flag("--json", o.json, "One JSON object on stdout instead of the text");
}

Error usage_error(std::string what, std::string where) {
  return {"usage", std::move(what), std::move(where)};
}

/// What an argument that nobody took was probably meant to be.
Error unknown_argument(const CLI::App& app, const CLI::App& command) {
  const std::vector<std::string> left = app.remaining(true);
  const std::string word = left.empty() ? std::string() : left.front();
  const std::string bare = word.substr(0, word.find('='));
  std::vector<std::string> known;
  const bool option = word.starts_with("-");
  if (option) {
    for (const CLI::Option* each : command.get_options()) {
      for (const std::string& name : each->get_lnames()) known.push_back("--" + name);
      for (const std::string& name : each->get_snames()) known.push_back("-" + name);
    }
  } else {
    for (const CLI::App* each : command.get_subcommands([](const CLI::App*) { return true; }))
      known.push_back(each->get_name());
    if (known.empty())
      return usage_error("unexpected argument \"" + word + "\"", command.get_name());
  }
  const std::string where = &command == &app ? "" : command.get_name();
  return usage_error(std::string("unknown ") + (option ? "option" : "command") + " \"" + bare +
                         "\"; the nearest is " + nearest_word(bare, known),
                     where);
}

/// The command that was named; a group alone, or nothing, is none.
const CLI::App& innermost(const CLI::App& app) {
  const CLI::App* at = &app;
  for (auto subs = at->get_subcommands(); !subs.empty(); subs = at->get_subcommands())
    at = subs.front();
  return *at;
}

}  // namespace

Parsed parse_options(int argc, char** argv) {
  Parsed parsed;
  Options& o = parsed.options;
  CLI::App app("Writes programs from examples, for many requests at once.", "weir-search");
  app.set_version_flag("--version", std::string(version_line()));
  app.require_subcommand(0, 1);
  app.footer(std::string("Example:\n  ") + known_commands[0].example);
  std::vector<CLI::App*> subs;
  std::vector<CLI::App*> groups;
  for (const auto& [name, what] : known_groups) {
    groups.push_back(app.add_subcommand(name, what));
    groups.back()->require_subcommand(0, 1);
  }
  for (const NamedCommand& named : known_commands) {
    CLI::App* parent = &app;
    for (CLI::App* const group : groups) {
      if (named.group == nullptr || group->get_name() != named.group) continue;
      parent = group;
      group->footer(std::string("Example:\n  ") + named.example);
    }
    CLI::App* const sub = parent->add_subcommand(named.name, named.what);
    add_options_of(*sub, named.command, o);
    sub->footer(std::string("Example:\n  ") + named.example);
    subs.push_back(sub);
  }
  const auto refuse = [&](Error error) {
    parsed.exit = exit_of_usage;
    parsed.error = std::move(error);
    return parsed;
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::ExtrasError&) {
    return refuse(unknown_argument(app, innermost(app)));
  } catch (const CLI::Success& done) {  // --help, --version
    std::ostringstream text;
    parsed.exit = app.exit(done, text, text);
    parsed.text = text.str();
    return parsed;
  } catch (const CLI::ParseError& error) {
    const CLI::App& command = innermost(app);
    return refuse(usage_error(error.what(), &command == &app ? "" : command.get_name()));
  }
  for (std::size_t i = 0; i < subs.size(); ++i) {
    if (!subs[i]->parsed()) continue;
    o.command = known_commands[i].command;
    o.command_name =
        known_commands[i].group != nullptr ? std::string(known_commands[i].group) + "." : "";
    o.command_name += known_commands[i].name;
  }
  if (o.command == Command::none) {
    std::fputs(innermost(app).help().c_str(), stderr);
    return refuse(usage_error("a command is missing", ""));
  }
  if (o.command == Command::generate && o.input.empty() != o.interactive)
    return refuse(
        usage_error(o.interactive ? "--interactive takes no FILE" : "FILE is missing", "generate"));
  return parsed;
}

}  // namespace weir::search::program
