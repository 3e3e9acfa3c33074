// weir-search batch and serve: requests as JSON lines.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <weir/terminal.hpp>

#include "commands.hpp"
#include "guidance.hpp"
#include "service.hpp"
#include "session.hpp"

namespace weir::search::program {

namespace {

void run_service(const Options& options, const StopSignals& signals, ServiceConfig config, int in,
                 Findings& findings) {
  findings.told = !options.json;
  config.document = options.json && config.socket.empty();
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
    auto served = service.run(in, STDOUT_FILENO);
    findings.begun = service.begun();
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
