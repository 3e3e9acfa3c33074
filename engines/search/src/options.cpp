#include "options.hpp"

#include <algorithm>
#include <weir/command_line/commands.hpp>
#include <weir/version.hpp>

namespace weir::search::program {

namespace {

using command_line::exit_of_usage;
using command_line::not_empty;
using command_line::one_of;
using command_line::real_number;
using command_line::usage_error;
using command_line::whole_number;

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

constexpr std::uint64_t any = ~std::uint64_t{0} >> 1;

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
  app.add_option("FILE", o.input, what)->required()->check(not_empty());
}

void add_generate(CLI::App& app, Options& o) {
  app.add_option("FILE", o.input,
                 "SyGuS (.sl), one JSON request (.json), CSV with the output last, or -")
      ->check(not_empty());
  add_bounds(app, o);
  app.add_option("--lang", o.languages,
                 "sygus, cpp, python, js; default: sygus for SyGuS files, else python")
      ->transform(one_of({{"sygus", static_cast<int>(Language::sygus)},
                          {"cpp", static_cast<int>(Language::cpp)},
                          {"python", static_cast<int>(Language::python)},
                          {"js", static_cast<int>(Language::js)}}))
      ->type_name("TEXT")
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
      ->check(not_empty())
      ->capture_default_str();
  app.add_flag("--first", o.first, "Print the first program that fits, not the best one");
  app.add_flag("--stats", o.stats, "What it took, on stderr");
  app.add_flag("--interactive", o.interactive, "Ask for examples at the terminal");
}

void add_service(CLI::App& app, Options& o) {
  app.add_option("--prometheus", o.prometheus, "Keep the figures in this file, as Prometheus text")
      ->check(not_empty());
  app.add_option("--guidance", o.guidance,
                 "default, none or a file of weights, which is read again when it is replaced")
      ->check(not_empty())
      ->capture_default_str();
  app.add_option("--drain-timeout", o.drain_timeout_s,
                 "Seconds after a signal until all are answered with what was found; default: as "
                 "long as they take")
      ->check(real_number(0.001, 1e7));
}

void add_log(CLI::App& app, Options& o) {
  app.add_option("LOG", o.experience, "The log, as --experience named it")
      ->required()
      ->check(not_empty());
}

void add_kept_log(CLI::App& app, Options& o) {
  app.add_option("--experience", o.experience,
                 "Keep what is asked and answered in this log, and learn from it")
      ->check(not_empty());
}

void add_train(CLI::App& app, Options& o) {
  app.add_option("--out", o.output,
                 "The file of weights; FILE.state beside it is what --resume goes on with")
      ->required()
      ->check(not_empty());
  app.add_option("--domain", o.games_domain, "list or connect4")
      ->transform(one_of({{"list", 0}, {"connect4", 1}}))
      ->type_name("TEXT")
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

const char* json_of(Command command) {
  if (command == Command::batch)
    return "One JSON object on stdout: all replies as they come, then what it took";
  if (command == Command::serve) return "With --socket: one JSON object on stdout at the end";
  return "One JSON object on stdout instead of the text";
}

void add_options_of(CLI::App& app, Command command, Options& o) {
  command_line::CommonTexts texts;
  texts.seed_max = any;
  texts.json = json_of(command);
  command_line::add_common(app, {o.workers, o.seed, o.config, o.graph, o.trace, o.json, o.quiet},
                           texts);
  switch (command) {
    case Command::generate:
      add_generate(app, o);
      add_kept_log(app, o);
      break;
    case Command::check:
      add_input(app, o, "A SyGuS file");
      app.add_option("ANSWER", o.answer, "A file with a define-fun, or -")
          ->required()
          ->check(not_empty());
      break;
    case Command::batch:
      add_input(app, o, "Requests, one JSON object a line, or -");
      add_bounds(app, o);
      add_kept_log(app, o);
      app.add_option("--queue", o.queue, "Requests that wait at most")
          ->transform(whole_number(1, 1'000'000));
      add_service(app, o);
      break;
    case Command::serve:
      app.add_option(
             "--socket", o.socket,
             "Listen at this path instead of standard input, for up to 4,096 clients at once")
          ->check(not_empty());
      app.add_option("--queue", o.queue, "Requests that wait at most; beyond, they are rejected")
          ->transform(whole_number(1, 1'000'000))
          ->capture_default_str();
      add_kept_log(app, o);
      add_service(app, o);
      break;
    case Command::connect4_move:
      app.add_option("--simulations", o.simulations, "Descents of the tree")
          ->transform(whole_number(1, any));
      app.add_option("--guidance", o.move_guidance,
                     "none (leaves are judged by playouts), default or a file of weights")
          ->check(not_empty())
          ->capture_default_str();
      app.add_option(
             "--root", o.root,
             "How simulations are shared among the moves at hand: puct, or gumbel (halving)")
          ->transform(one_of({{"puct", static_cast<int>(games::Root::puct)},
                              {"gumbel", static_cast<int>(games::Root::gumbel)}}))
          ->type_name("TEXT")
          ->default_str("puct");
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
          ->check(not_empty());
      [[fallthrough]];
    case Command::experience_list:
      add_log(app, o);
      break;
    case Command::none:
      break;
  }
}

/// Gives options that the command line left alone the values of --config; keys of other commands are passed over.
Result<Done> apply_config(const std::vector<CLI::App*>& commands, CLI::App& command,
                          const std::string& path) {
  auto settings = command_line::read_settings(path);
  if (!settings) return settings.error();
  std::erase_if(settings.value(), [&](const command_line::Setting& setting) {
    const std::string name = "--" + setting.key;
    return command.get_option_no_throw(name) == nullptr &&
           std::any_of(commands.begin(), commands.end(), [&](CLI::App* other) {
             return other->get_option_no_throw(name) != nullptr;
           });
  });
  return command_line::apply_settings(command, settings.value());
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
  if (auto ended = command_line::parse(app, argc, argv)) {
    static_cast<command_line::Ended&>(parsed) = std::move(*ended);
    return parsed;
  }
  for (std::size_t i = 0; i < subs.size(); ++i) {
    if (!subs[i]->parsed()) continue;
    o.command = known_commands[i].command;
    o.command_name =
        known_commands[i].group != nullptr ? std::string(known_commands[i].group) + "." : "";
    o.command_name += known_commands[i].name;
  }
  if (!o.config.empty()) {
    if (auto applied = apply_config(subs, command_line::innermost(app), o.config); !applied) {
      parsed.exit = applied.error().code == "bad_config" ? exit_of_usage : 1;
      parsed.error = applied.error();
      return parsed;
    }
  }
  if (o.command == Command::generate && o.input.empty() != o.interactive)
    return refuse(
        usage_error(o.interactive ? "--interactive takes no FILE" : "FILE is missing", "generate"));
  return parsed;
}

}  // namespace weir::search::program
