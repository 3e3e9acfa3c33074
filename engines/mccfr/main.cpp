// weir-mccfr: trains poker strategies, measures and exports them.
#include <csignal>
#include <cstdio>
#include <weir/terminal.hpp>

#include "src/commands.hpp"

namespace {

namespace mccfr = weir::mccfr;

int print(const std::string& text, int exit) {
  return weir::print_result(text, "weir-mccfr") || exit != 0 ? exit : 1;
}

int tell(const mccfr::Options& options, const mccfr::Findings& findings, bool json) {
  const int exit =
      print(json ? mccfr::render_json(options, findings) : mccfr::render_text(options, findings),
            findings.exit);
  if (!findings.error.code.empty())
    std::fprintf(stderr, "weir-mccfr: error: %s\n", findings.error.text().c_str());
  return exit;
}

}  // namespace

int main(int argc, char** argv) {
  weir::hold_standard_streams();
  const mccfr::Parsed parsed = mccfr::parse_options(argc, argv);
  if (parsed.exit >= 0) {
    if (parsed.error.code.empty()) return print(parsed.text, parsed.exit);
    mccfr::Findings findings;
    findings.exit = parsed.exit;
    findings.error = parsed.error;
    return tell(parsed.options, findings,
                parsed.options.json || weir::command_line::wants_json(argc, argv));
  }
  std::signal(SIGXFSZ, SIG_IGN);  // a file beyond RLIMIT_FSIZE is a write that fails, not the end
  const weir::StopSignals signals;
  return tell(parsed.options, mccfr::run_command(parsed.options, signals), parsed.options.json);
}
