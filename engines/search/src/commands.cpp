#include "commands.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <weir/file.hpp>

namespace weir::search::program {

namespace {

// What printing, and the end of the process, may take of a time limit.
constexpr std::uint64_t ending_ns = 12'000'000;
constexpr std::size_t chunk_bytes = 65'536;

Result<std::string> read_standard_input(std::size_t bytes_max) {
  std::string text;
  for (;;) {
    const std::size_t before = text.size();
    text.resize(before + chunk_bytes);
    const ssize_t got = read(STDIN_FILENO, text.data() + before, chunk_bytes);
    text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return text;
    if (got < 0 && errno != EINTR) return Error{"io", std::strerror(errno), "standard input"};
    if (text.size() > bytes_max)
      return Error{"too_large", "more than " + std::to_string(bytes_max) + " bytes",
                   "standard input"};
  }
}

}  // namespace

Result<std::string> read_input(const std::string& path, std::size_t bytes_max) {
  if (path == "-") return read_standard_input(bytes_max);
  Buffer buffer;
  auto size = read_file(path, buffer, bytes_max);
  if (!size) return size.error();
  return std::string(buffer.view());
}

Deadline answer_by(const Options& options, Deadline begin) {
  if (options.time_limit_s <= 0) return never;
  const auto limit = static_cast<std::uint64_t>(options.time_limit_s * 1e9);
  return begin + limit - std::min(limit / 2, ending_ns + limit / 100);
}

Findings run_command(const Options& options, const StopSignals& signals, Deadline begin) {
  Findings findings;
  findings.members = Json::object();
  switch (options.command) {
    case Command::generate:
      generate_command(options, signals, begin, findings);
      break;
    case Command::batch:
      batch_command(options, signals, begin, findings);
      break;
    case Command::serve:
      serve_command(options, signals, findings);
      break;
    case Command::check:
      check_command(options, findings);
      break;
    case Command::train:
      train_command(options, signals, findings);
      break;
    case Command::experience_list:
    case Command::experience_export:
    case Command::experience_feedback:
      experience_command(options, findings);
      break;
    default:
      connect4_command(options, signals, begin, findings);
  }
  findings.elapsed_s = static_cast<double>(now_ns() - begin) / 1e9;
  return findings;
}

}  // namespace weir::search::program
