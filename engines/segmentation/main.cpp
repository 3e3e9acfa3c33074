// weir-segment: raw measurement CSVs to staged Parquet to voltage-sweep segments.
#include <csignal>
#include <cstdio>
#include <string_view>

#include "src/commands.hpp"

namespace {

namespace seg = weir::segmentation;

bool wants_json(int argc, char** argv) {
  for (int k = 1; k < argc; ++k) {
    if (std::string_view(argv[k]) == "--json") return true;
  }
  return false;
}

int tell(const seg::Options& options, const seg::Findings& findings, bool json) {
  const std::string text =
      json ? seg::render_json(options, findings) : seg::render_tables(options, findings);
  const bool printed =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!findings.error.code.empty()) {
    std::fprintf(stderr, "weir-segment: error: %s\n", findings.error.text().c_str());
  }
  return printed || findings.exit != 0 ? findings.exit : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const seg::Parsed parsed = seg::parse_options(argc, argv);
  if (parsed.exit >= 0) {
    if (parsed.error.code.empty()) return parsed.exit;
    seg::Findings findings;
    findings.exit = parsed.exit;
    findings.error = parsed.error;
    return tell(parsed.options, findings, wants_json(argc, argv));
  }
  std::signal(SIGXFSZ, SIG_IGN);  // a file beyond RLIMIT_FSIZE is a write that fails, not the end
  const weir::StopSignals signals;
  const seg::Findings findings = seg::run_command(parsed.options, signals);
  return tell(parsed.options, findings, parsed.options.json);
}
