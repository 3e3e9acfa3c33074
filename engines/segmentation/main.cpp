// weir-segment: raw measurement CSVs to staged Parquet to voltage-sweep segments.
#include <csignal>
#include <cstdio>
#include <weir/segmentation/text.hpp>
#include <weir/terminal.hpp>

#include "src/commands.hpp"

namespace {

namespace seg = weir::segmentation;

int print(const std::string& text, int exit) {
  return weir::print_result(text, "weir-segment") || exit != 0 ? exit : 1;
}

int tell(const seg::Options& options, const seg::Findings& findings, bool json) {
  const int exit =
      print(json ? seg::render_json(options, findings) : seg::render_tables(options, findings),
            findings.exit);
  if (!findings.error.code.empty()) {
    std::fprintf(stderr, "weir-segment: error: %s\n",
                 seg::printable(findings.error.text()).c_str());
  }
  return exit;
}

}  // namespace

int main(int argc, char** argv) {
  weir::hold_standard_streams();
  const seg::Parsed parsed = seg::parse_options(argc, argv);
  if (parsed.exit >= 0) {
    if (parsed.error.code.empty()) return print(parsed.text, parsed.exit);
    seg::Findings findings;
    findings.exit = parsed.exit;
    findings.error = parsed.error;
    return tell(parsed.options, findings,
                parsed.options.json || weir::command_line::wants_json(argc, argv));
  }
  std::signal(SIGXFSZ, SIG_IGN);  // a file beyond RLIMIT_FSIZE is a write that fails, not the end
  const weir::StopSignals signals;
  const seg::Findings findings = seg::run_command(parsed.options, signals);
  return tell(parsed.options, findings, parsed.options.json);
}
