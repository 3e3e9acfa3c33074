// weir-search: writes programs from examples, for one request or for many at once.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <weir/terminal.hpp>

#include "src/commands.hpp"

namespace {

namespace program = weir::search::program;

/// When the process was made: what came before main(), the loading of libraries, is the processor time that it has had.
/// Not more than `most`, as one that ran another program before this has had more.
weir::Deadline program_began() {
  constexpr weir::Deadline most = 20'000'000;
  timespec used{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0) used = {};
  const auto used_ns = static_cast<weir::Deadline>(used.tv_sec) * 1'000'000'000 +
                       static_cast<weir::Deadline>(used.tv_nsec);
  return weir::now_ns() - std::min(most, used_ns);
}

int print(const std::string& text, int exit) {
  return weir::print_result(text, "weir-search") || exit != 0 ? exit : 1;
}

int tell(const program::Options& options, const program::Findings& findings, bool json) {
  int exit = findings.exit;
  if (json && !findings.told) exit = print(program::render_json(options, findings), exit);
  if (!json && !findings.told) exit = print(findings.text, exit);
  if (!findings.error.code.empty())
    std::fprintf(stderr, "weir-search: error: %s\n", findings.error.text().c_str());
  return exit;
}

}  // namespace

int main(int argc, char** argv) {
  const weir::Deadline begin = program_began();
  weir::hold_standard_streams();
  const program::Parsed parsed = program::parse_options(argc, argv);
  if (parsed.exit >= 0) {
    if (parsed.error.code.empty()) return print(parsed.text, parsed.exit);
    program::Findings findings;
    findings.members = program::Json::object();
    findings.exit = parsed.exit;
    findings.error = parsed.error;
    return tell(parsed.options, findings,
                parsed.options.json || weir::command_line::wants_json(argc, argv));
  }
  std::signal(SIGXFSZ, SIG_IGN);  // a file beyond RLIMIT_FSIZE is a write that fails, not the end
  // A service answers with what was found at the second one.
  const bool serves = parsed.options.command == program::Command::batch ||
                      parsed.options.command == program::Command::serve;
  const weir::StopSignals signals(serves ? 3 : 2);
  const int exit = tell(parsed.options, program::run_command(parsed.options, signals, begin),
                        parsed.options.json);
  std::fflush(nullptr);
  // Worker threads may still sleep: nothing is left to be undone.
  std::_Exit(exit);
}
