#include "interactive.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <weir/terminal.hpp>

#include "commands.hpp"
#include "json_reply.hpp"
#include "session.hpp"
#include "text_chars.hpp"

namespace weir::search::program {

namespace {

constexpr const char* help_text =
    "An example a line: INPUT | INPUT => OUTPUT; without => it is a row whose output you do not "
    "know.\n"
    "An empty line asks for a program. Commands: help, examples, stats, clear, exit.\n";
constexpr std::uint64_t answer_ms = 1000;
constexpr int prompt_look_ms = 20;

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

Example example_of(const std::string& line, std::uint32_t number) {
  Example example;
  example.line = number;
  std::string_view inputs = line;
  if (const std::size_t arrow = line.find("=>"); arrow != std::string::npos) {
    example.out = trimmed(std::string_view(line).substr(arrow + 2));
    inputs = inputs.substr(0, arrow);
  }
  for (;;) {
    const std::size_t bar = inputs.find('|');
    example.in.emplace_back(trimmed(inputs.substr(0, bar)));
    if (bar == std::string_view::npos) return example;
    inputs.remove_prefix(bar + 1);
  }
}

/// Lines of standard input, until a signal comes.
class Lines {
 public:
  explicit Lines(const StopSignals& signals) : signals_(signals) {}

  /// False: there is none.
  bool get(std::string& line) {
    std::size_t end = std::string::npos;
    while ((end = held_.find('\n')) == std::string::npos && wait() && read_more()) {
    }
    line = held_.substr(0, end);
    held_.erase(0, end == std::string::npos ? end : end + 1);
    return !signals_.stop_requested() && (end != std::string::npos || !line.empty());
  }

 private:
  bool wait() const {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    while (!signals_.stop_requested()) {
      const int ready = poll(&input, 1, prompt_look_ms);
      if (ready > 0) return true;
      if (ready < 0 && errno != EINTR) return false;
    }
    return false;
  }
  bool read_more() {
    char some[4096];
    const ssize_t got = read(STDIN_FILENO, some, sizeof some);
    if (got > 0) held_.append(some, static_cast<std::size_t>(got));
    return got > 0 || (got < 0 && errno == EINTR);
  }

  const StopSignals& signals_;
  std::string held_;  // read, and not yet given
};

std::string shown(const Task& task) {
  std::string text;
  for (const Example& example : task.examples) {
    for (std::size_t i = 0; i < example.in.size(); ++i)
      text += (i == 0 ? "" : " | ") + std::get<std::string>(example.in[i]);
    if (example.out) text += " => " + std::get<std::string>(*example.out);
    text += "\n";
  }
  return text;
}

std::string answer_text(const Options& options, const SearchReply& reply) {
  std::string text;
  for (std::size_t i = 0; i < reply.answer.programs.size() && i < options.top; ++i)
    for (const auto& [language, program] : reply.answer.programs[i].text) text += program + "\n";
  if (reply.status != ReplyStatus::solved) {
    text += std::string(to_string(reply.status));
    text += reply.error.code.empty() ? "" : ": " + reply.error.what;
    text += "\n";
  }
  if (reply.answer.question) {
    const Json question = question_json(reply.answer);
    text += "What is the output of " + question["in"].dump() + "? " + question["out"].dump() +
            " are possible.\n";
  }
  return text;
}

/// At once, since a person may leave at any time; learnt from as `serve` does.
void keep(ExperienceKeeper& experience, const std::string& asked, const SearchReply& reply,
          Findings& findings) {
  if (auto kept = experience.keep("null", asked, reply); !kept) fail(findings, kept.error());
  if (auto synced = experience.sync(); !synced) fail(findings, synced.error());
  experience.publish();
}

}  // namespace

SearchReply interact(const Options& options, const StopSignals& signals, Engine& engine,
                     ExperienceKeeper* experience, Findings& findings) {
  const ClientId client = engine.add_client().value();
  const bool person = isatty(STDIN_FILENO) != 0;
  findings.told = !options.json;
  std::FILE* const to = options.json ? stderr : stdout;  // the document alone is on stdout
  SearchReply last;
  Task task;
  bool answered = true;  // nothing has been said since the last answer
  Lines lines(signals);
  std::string line;
  if (person) std::fputs(help_text, stderr);
  for (std::uint32_t number = 1; !signals.stop_requested(); ++number) {
    if (person) std::fputs("> ", stderr);
    const bool more = lines.get(line);
    const Deadline arrived = now_ns();
    if (signals.stop_requested()) return last;
    if (const std::size_t bad = text::first_bad_byte(line); bad != std::string::npos) {
      const std::string place = std::to_string(number) + ":" + std::to_string(bad + 1);
      if (!person) {
        fail(findings, {"bad_text", "not UTF-8", "-:" + place});
        return last;
      }
      std::fputs((place + ": not UTF-8\n").c_str(), to);
      continue;
    }
    const std::string word = trimmed(line);
    std::string said;
    if (word == "exit" || (!more && answered)) return last;
    if (word == "help") {
      said = help_text;
    } else if (word == "clear") {
      task.examples.clear();
      answered = true;
    } else if (word == "examples") {
      said = shown(task);
    } else if (word == "stats") {
      said = stats_line(engine.stats());
    } else if (!word.empty()) {
      task.examples.push_back(example_of(word, number));
      answered = false;
      constexpr std::size_t of_all = 1;  // an output may yet come
      if (const Fault fault = fault_of(task); fault.at.size() > of_all) {
        said = fault.what + "\n";
        task.examples.pop_back();
      }
    } else if (!task.examples.empty()) {
      Request request;
      request.what = task;
      request.deadline = arrived + (options.time_limit_s > 0
                                        ? static_cast<std::uint64_t>(options.time_limit_s * 1e9)
                                        : answer_ms * 1'000'000);
      request.simulations = options.simulations;
      request.top = std::max(2U, options.top);
      request.languages =
          options.languages.empty() ? std::vector<Language>{Language::python} : options.languages;
      const std::string asked = experience == nullptr ? "" : asked_text(request);
      SearchReply reply;
      Handle handle = engine.submit(client, std::move(request), reply);
      wait_for_reply(handle, signals, reply);
      if (experience != nullptr) keep(*experience, asked, reply, findings);
      said = answer_text(options, reply);
      answered = true;
      last = std::move(reply);
    }
    std::fputs(said.c_str(), to);
    std::fflush(to);
    if (!more) return last;
  }
  return last;
}

}  // namespace weir::search::program
