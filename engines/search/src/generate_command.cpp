// weir-search generate: one request, from a file, standard input or the terminal.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <weir/file.hpp>
#include <weir/futex.hpp>
#include <weir/terminal.hpp>
#include <weir/thread.hpp>

#include "commands.hpp"
#include "csv_task.hpp"
#include "experience_keeper.hpp"
#include "guidance.hpp"
#include "interactive.hpp"
#include "json_reply.hpp"
#include "session.hpp"

namespace weir::search::program {

namespace {

constexpr std::size_t input_bytes_max = std::size_t{64} << 20;

enum class Format : std::uint8_t { sygus, json, csv };

/// By the name's ending, else by the first character.
Format format_of(const std::string& path, const std::string& text) {
  if (path.ends_with(".sl")) return Format::sygus;
  if (path.ends_with(".json")) return Format::json;
  if (path.ends_with(".csv")) return Format::csv;
  const std::size_t first = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");  // nor a byte order mark
  const char c = first == std::string::npos ? '\0' : text[first];
  return c == '(' || c == ';' ? Format::sygus : (c == '{' ? Format::json : Format::csv);
}

Result<Request> read_generate_request(const std::string& path, std::string text, Deadline begin) {
  Request request;
  switch (format_of(path, text)) {
    case Format::sygus:
      request.what = SygusText{std::move(text)};
      request.languages = {Language::sygus};
      return request;
    case Format::csv: {
      auto task = read_csv_task(text);
      if (!task)
        return Error{task.error().code, task.error().what, path + ":" + task.error().where};
      request.what = std::move(task).value();
      request.languages = {Language::python};
      return request;
    }
    case Format::json:
      break;
  }
  Line line = read_request_file(text, begin);
  if (line.kind == Line::Kind::request) return std::move(line.request);
  const LineError& error = *line.error;
  const std::string place =
      error.column == 0 ? ""
                        : ":" + std::to_string(error.line) + ":" + std::to_string(error.column);
  return Error{"bad_json", error.message, path + place};
}

/// The request, read by a thread beside: a limit, or a signal, may come before the end of a long one or a slow pipe. A
/// short file is read at once, in a millisecond.
class Reading {
 public:
  Reading(const Options& options, Deadline begin) : path_(options.input), begin_(begin) {}

  /// Once. False: it is not read by then, or a signal has come; then this outlives the call, as the thread goes on.
  bool wait_until(Deadline by, const StopSignals& signals) {
    if (!is_short()) {
      auto started = Thread::start({.name = "weir-reader"}, &Reading::run, this);
      if (started) thread_ = std::move(started).value();
    }
    if (!thread_.joinable()) {
      run(this);
      return true;
    }
    while (done_.load(acquire) == 0) {  // (1) acquire pairs with (2): the request
      if (now_ns() >= by || signals.stop_requested()) return false;
      (void)futex_wait(done_, 0, std::min(by, after_ms(signal_look_ms)));
    }
    thread_.join();
    return true;
  }
  Result<Request>& request() noexcept { return request_; }

 private:
  static constexpr std::uint64_t signal_look_ms = 20;
  static constexpr std::uint64_t short_bytes_max = 65'536;

  bool is_short() const {
    const auto file = stat_file(path_);
    return file && file.value().kind == FileKind::file && file.value().size <= short_bytes_max;
  }
  static void run(void* self) {
    auto& reading = *static_cast<Reading*>(self);
    auto text = read_input(reading.path_, input_bytes_max);
    if (text) {
      reading.request_ =
          read_generate_request(reading.path_, std::move(text).value(), reading.begin_);
    } else {
      reading.request_ = text.error();
    }
    reading.done_.store(1, release);  // (2) release pairs with (1)
    futex_wake_all(reading.done_);
  }

  std::string path_;
  Deadline begin_;
  Thread thread_;
  Result<Request> request_ = Error{"expired", "the request was not read within the limits", ""};
  atomic<std::uint32_t> done_{0};
};

void apply_options(const Options& options, Deadline by, Request& request) {
  request.deadline = std::min(request.deadline, by);
  if (options.simulations != 0) request.simulations = options.simulations;
  if (!options.languages.empty()) request.languages = options.languages;
  request.top = std::max(request.top, options.top);
  request.first_only = request.first_only || options.first;
  if (options.seed != 1) request.seed = options.seed;
  request.bytes = 0;
}

void add_members(const SearchReply& reply, const EngineStats& stats, Json& members) {
  members["status"] = to_string(reply.status);
  members["programs"] = programs_json(reply.answer);
  members["examples_passed"] = reply.answer.examples_passed;
  members["examples_total"] = reply.answer.examples_total;
  members["question"] = question_json(reply.answer);
  members["smallest"] = reply.smallest;
  members["simulations"] = reply.simulations;
  members["nodes"] = reply.nodes;
  members["nodes_per_s"] =
      reply.ms > 0 ? static_cast<double>(reply.nodes) / (reply.ms / 1000) : 0.0;
  members["evaluations"] = reply.evaluations;
  members["batches"] = stats.batches;
  members["mean_batch"] = stats.batch_mean;
  members["first_answer_ms"] = reply.first_answer_ms;
  members["weights"] = reply.weights;
  members["experience"] = reply.experience;
}

void print_stats(const SearchReply& reply, const EngineStats& stats) {
  weir::Table table({"generate", ""});
  table.add({"status", std::string(to_string(reply.status))});
  table.add(
      {"size", reply.answer.programs.empty() ? "-" : format_count(reply.answer.programs[0].size)});
  table.add({"smallest", reply.smallest ? "yes" : "not known"});
  table.add({"simulations", format_count(reply.simulations)});
  table.add({"programs looked at", format_count(reply.nodes)});
  table.add({"evaluations", format_count(reply.evaluations)});
  table.add({"batches", format_count(stats.batches)});
  table.add({"first answer", format_duration(reply.first_answer_ms / 1000)});
  table.add({"time", format_duration(reply.ms / 1000)});
  table.add({"guidance", reply.weights});
  std::fputs(table.text().c_str(), stderr);
}

void tell_reply(const Options& options, const std::vector<Language>& languages,
                const SearchReply& reply, Findings& findings) {
  const bool solved = reply.status == ReplyStatus::solved && !reply.answer.programs.empty();
  if (!solved) {
    Error error = reply.error;
    if (error.code.empty()) {
      error.code = std::string(to_string(reply.status));
      error.what = reply.answer.examples_passed == 0
                       ? "no program was found within the limits"
                       : "the best program found is right on " +
                             std::to_string(reply.answer.examples_passed) + " of " +
                             std::to_string(reply.answer.examples_total) + " examples";
    }
    error.where = error.where.empty() ? options.input : options.input + ":" + error.where;
    fail(findings, error);
    findings.exit = 1;
    return;
  }
  for (std::size_t i = 0; i < reply.answer.programs.size() && i < options.top; ++i) {
    for (const auto& [language, text] : reply.answer.programs[i].text) {
      if (!findings.text.empty()) findings.text += "\n";
      findings.text += text;
      if (!text.ends_with('\n')) findings.text += "\n";
    }
  }
  if (std::string what = unwritten(reply.answer, languages); !what.empty())
    fail(findings, {"no_text", std::move(what), options.input});
  if (reply.answer.programs[0].confidence < options.confidence && !options.quiet)
    std::fprintf(stderr, "weir-search: the best program's confidence is %.2f\n",
                 reply.answer.programs[0].confidence);
}

/// Networks are for lists; the default one is not waited for where nobody would ask it. A file is read in any case,
/// since it may be a wrong one.
bool is_guided(const Options& options, const Request& request) {
  const auto* const task = std::get_if<Task>(&request.what);
  return options.guidance != "default" || (task != nullptr && task->domain == Domain::list);
}

}  // namespace

void generate_command(const Options& options, const StopSignals& signals, Deadline begin,
                      Findings& findings) {
  auto guidance = std::make_unique<Guidance>();
  auto versions = std::make_unique<ExperienceVersions>();
  std::unique_ptr<ExperienceKeeper> experience;
  Session session(options, findings);
  EngineConfig config;
  config.queue = config.active = 1;
  config.guidance = guidance.get();
  if (!options.experience.empty()) {
    auto opened = ExperienceKeeper::open(options.experience, *versions);
    if (!opened) return fail(findings, opened.error());
    experience = std::move(opened).value();
    config.experience = versions.get();
  }
  if (options.interactive) {
    if (session.start(config, 1)) {
      const SearchReply last =
          interact(options, signals, session.engine(), experience.get(), findings);
      add_members(last, session.engine().stats(), findings.members);
    }
    session.finish();
    if (signals.stop_requested()) findings.exit = 128 + signals.signal_number();
    return;
  }
  const Deadline by = answer_by(options, begin);
  auto reading = std::make_unique<Reading>(options, begin);
  if (!reading->wait_until(by, signals)) {
    (void)reading.release();
    fail(findings, {"expired", "the request was not read within the limits", options.input});
    if (signals.stop_requested()) findings.exit = 128 + signals.signal_number();
    return;
  }
  auto& request = reading->request();
  if (!request) return fail(findings, request.error());
  apply_options(options, by, request.value());
  if (is_guided(options, request.value())) {
    if (auto loaded = load_guidance(options.guidance, *guidance); !loaded)
      return fail(findings, loaded.error());
  }
  if (!session.start(config, 1)) return;
  const std::string asked = experience == nullptr ? "" : asked_text(request.value());
  const std::vector<Language> languages = request.value().languages;
  SearchReply reply;
  Handle handle = session.engine().submit(session.engine().add_client().value(),
                                          std::move(request).value(), reply);
  wait_for_reply(handle, signals, reply);
  if (experience != nullptr) {
    auto kept = experience->keep("null", asked, reply);
    if (!kept) fail(findings, kept.error());
    if (auto synced = experience->sync(); !synced) fail(findings, synced.error());
  }
  const EngineStats stats = session.engine().stats();
  add_members(reply, stats, findings.members);
  tell_reply(options, languages, reply, findings);
  if (options.stats) print_stats(reply, stats);
  if (options.json || !options.graph.empty() || !options.trace.empty()) {
    session.finish();
  } else {
    session.leave();
    // The evaluator may yet compute what nobody waits for any longer.
    (void)guidance.release();
    (void)versions.release();
  }
  if (signals.stop_requested()) findings.exit = 128 + signals.signal_number();
}

}  // namespace weir::search::program
