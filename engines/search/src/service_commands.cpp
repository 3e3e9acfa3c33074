// weir-search batch and serve: requests as JSON lines.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <weir/terminal.hpp>

#include "commands.hpp"
#include "guidance.hpp"
#include "service.hpp"
#include "session.hpp"

namespace weir::search::program {

namespace {

/// Where replies are kept for the one document of --json: in memory, so that the service writes them as ever.
class Kept {
 public:
  Kept() : file_(memfd_create("replies", MFD_CLOEXEC)) {}
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  ~Kept() {
    if (file_ >= 0) close(file_);
  }
  int file() const noexcept { return file_; }
  /// The replies so far, one document a line.
  Result<Json> read() const {
    const off_t size = lseek(file_, 0, SEEK_END);
    if (size < 0) return Error{"io", std::strerror(errno), "replies"};
    std::string text(static_cast<std::size_t>(size), '\0');
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t got = pread(file_, text.data() + at, text.size() - at, static_cast<off_t>(at));
      if (got <= 0) return Error{"io", std::strerror(errno), "replies"};
      at += static_cast<std::size_t>(got);
    }
    Json replies = Json::array();
    for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end + 1) {
      end = std::min(text.find('\n', begin), text.size());
      replies.push_back(Json::parse(text.substr(begin, end - begin)));
    }
    return replies;
  }

 private:
  int file_;
};

void run_service(const Options& options, const StopSignals& signals, ServiceConfig config, int in,
                 Findings& findings) {
  findings.told = !options.json;
  std::optional<Kept> kept;
  if (options.json && config.socket.empty()) kept.emplace();
  if (kept && kept->file() < 0) return fail(findings, {"io", std::strerror(errno), "replies"});
  std::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is an error of write()
  Guidance guidance;
  GuidanceFile weights(options.guidance, guidance);
  if (auto loaded = weights.load(); !loaded) return fail(findings, loaded.error());
  if (weights.is_file()) config.guidance = &weights;
  config.drain_s = options.drain_timeout_s;
  config.quiet = options.quiet;
  ExperienceVersions versions;
  std::unique_ptr<ExperienceKeeper> experience;
  if (!options.experience.empty()) {
    auto opened = ExperienceKeeper::open(options.experience, versions);
    if (!opened) return fail(findings, opened.error());
    experience = std::move(opened).value();
  }
  Session session(options, findings);
  EngineConfig engine_config;
  engine_config.queue = config.queue;
  engine_config.clients_max = connections_max;
  engine_config.guidance = &guidance;
  if (experience != nullptr) engine_config.experience = &versions;
  if (!session.start(engine_config)) return;
  {
    config.experience = experience.get();
    Service service(session.engine(), config, signals);
    auto served = service.run(in, kept ? kept->file() : STDOUT_FILENO);
    if (!served) {
      fail(findings, served.error());
    } else {
      if (!served.value().unkept.code.empty()) fail(findings, served.value().unkept);
      if (!served.value().lost.code.empty()) fail(findings, served.value().lost);
      findings.members["lines"] = served.value().lines;
      findings.members["answered"] = served.value().replies;
      findings.members["malformed"] = served.value().malformed;
      if (!options.quiet) {
        std::fprintf(stderr, "weir-search: %s lines, %s replies, %s malformed\n",
                     format_count(served.value().lines).c_str(),
                     format_count(served.value().replies).c_str(),
                     format_count(served.value().malformed).c_str());
      }
    }
  }
  if (kept) {
    auto replies = kept->read();
    if (!replies) return fail(findings, replies.error());
    findings.members["replies"] = std::move(replies).value();
  }
  if (experience != nullptr) {
    if (auto synced = experience->sync(); !synced) fail(findings, synced.error());
  }
  session.finish();
  if (signals.stop_requested()) findings.exit = 128 + signals.signal_number();
}

}  // namespace

void batch_command(const Options& options, const StopSignals& signals, Deadline begin,
                   Findings& findings) {
  ServiceConfig config;
  config.queue = options.queue;
  config.throttle = true;
  config.prometheus = options.prometheus;
  config.until = answer_by(options, begin);
  config.simulations = options.simulations;
  int in = STDIN_FILENO;
  if (options.input != "-") {
    config.input = options.input;
    in = open(options.input.c_str(), O_RDONLY | O_CLOEXEC);
    if (in < 0)
      return fail(findings,
                  Error{errno == ENOENT ? "not_found" : "io", std::strerror(errno), options.input});
  }
  run_service(options, signals, config, in, findings);
  if (in != STDIN_FILENO) close(in);
}

void serve_command(const Options& options, const StopSignals& signals, Findings& findings) {
  if (options.json && options.socket.empty()) {
    return fail(findings,
                {"usage", "--json needs --socket: standard output has the replies", "serve"});
  }
  ServiceConfig config;
  config.queue = options.queue;
  config.socket = options.socket;
  config.prometheus = options.prometheus;
  run_service(options, signals, config, options.socket.empty() ? STDIN_FILENO : -1, findings);
}

}  // namespace weir::search::program
