// weir-segment: raw measurement CSVs to staged Parquet to voltage-sweep segments.
#include <fcntl.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "src/commands.hpp"

namespace {

namespace seg = weir::segmentation;

/// A standard stream that was closed would be the next file that is opened, and take our messages.
/// What stands in its place cannot be written to: a result that nobody gets is an error.
void hold_standard_streams() {
  for (int stream = 0; stream <= 2; ++stream) {
    if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);
  }
}

bool wants_json(int argc, char** argv) {
  for (int k = 1; k < argc; ++k) {
    const std::string_view word = argv[k];
    if (word == "--json" || word == "--json=true" || word == "--json=1") return true;
  }
  return false;
}

int print(const std::string& text, int exit) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
    return exit;
  std::fprintf(stderr, "weir-segment: error: cannot write the result: %s\n", std::strerror(errno));
  return exit == 0 ? 1 : exit;
}

int tell(const seg::Options& options, const seg::Findings& findings, bool json) {
  const int exit =
      print(json ? seg::render_json(options, findings) : seg::render_tables(options, findings),
            findings.exit);
  if (!findings.error.code.empty()) {
    std::fprintf(stderr, "weir-segment: error: %s\n", findings.error.text().c_str());
  }
  return exit;
}

}  // namespace

int main(int argc, char** argv) {
  hold_standard_streams();
  const seg::Parsed parsed = seg::parse_options(argc, argv);
  if (parsed.exit >= 0) {
    if (parsed.error.code.empty()) return print(parsed.text, parsed.exit);
    seg::Findings findings;
    findings.exit = parsed.exit;
    findings.error = parsed.error;
    return tell(parsed.options, findings, parsed.options.json || wants_json(argc, argv));
  }
  std::signal(SIGXFSZ, SIG_IGN);  // a file beyond RLIMIT_FSIZE is a write that fails, not the end
  const weir::StopSignals signals;
  const seg::Findings findings = seg::run_command(parsed.options, signals);
  return tell(parsed.options, findings, parsed.options.json);
}
