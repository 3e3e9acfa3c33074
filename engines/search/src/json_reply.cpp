#include "json_reply.hpp"

#include <algorithm>
#include <charconv>

namespace weir::search::program {

namespace {

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json error_json(const LineError& error) {
  return {{"message", error.message}, {"line", error.line}, {"column", error.column}};
}

void gauge(std::string& text, const char* name, const char* help, double value) {
  text += "# HELP weir_search_" + std::string(name) + " " + help + "\n# TYPE weir_search_" + name +
          " gauge\n";
  text += "weir_search_" + std::string(name) + " " + Json(value).dump() + "\n";
}

void counter(std::string& text, const char* name, const char* help, std::uint64_t value) {
  text += "# HELP weir_search_" + std::string(name) + " " + help + "\n# TYPE weir_search_" + name +
          " counter\n";
  text += "weir_search_" + std::string(name) + " " + std::to_string(value) + "\n";
}

}  // namespace

LineError line_error_of(const Error& error) {
  LineError made{error.what, 0, 0};
  const char* const end = error.where.data() + error.where.size();
  const auto line = std::from_chars(error.where.data(), end, made.line);
  if (line.ec == std::errc{} && line.ptr != end && *line.ptr == ':')
    std::from_chars(line.ptr + 1, end, made.column);
  return made;
}

Json programs_json(const Answer& answer) {
  Json programs = Json::array();
  for (const Program& program : answer.programs) {
    Json text = Json::object();
    for (const auto& [language, written] : program.text)
      text[std::string(to_string(language))] = written;
    programs.push_back(
        {{"text", std::move(text)}, {"size", program.size}, {"confidence", program.confidence}});
  }
  return programs;
}

Json question_json(const Answer& answer) {
  if (!answer.question) return nullptr;
  Json in = Json::array(), out = Json::array();
  for (const Value& value : answer.question->in) in.push_back(json_of(value));
  for (const Value& value : answer.question->out) out.push_back(json_of(value));
  return {{"in", std::move(in)}, {"out", std::move(out)}};
}

std::string unwritten(const Answer& answer, const std::vector<Language>& languages) {
  for (const Program& program : answer.programs) {
    for (const Language language : languages) {
      const bool written =
          std::any_of(program.text.begin(), program.text.end(),
                      [language](const auto& one) { return one.first == language; });
      if (!written)
        return "a program of this kind is not written in " + std::string(to_string(language));
    }
  }
  return {};
}

std::string reply_line(const Json& id, const SearchReply& reply,
                       const std::vector<Language>& languages) {
  Json json = {{"id", id}, {"status", to_string(reply.status)}};
  json["programs"] = programs_json(reply.answer);
  json["examples_passed"] = reply.answer.examples_passed;
  json["examples_total"] = reply.answer.examples_total;
  json["question"] = question_json(reply.answer);
  json["smallest"] = reply.smallest;
  json["simulations"] = reply.simulations;
  json["nodes"] = reply.nodes;
  json["evaluations"] = reply.evaluations;
  json["ms"] = reply.ms;
  json["first_answer_ms"] = reply.first_answer_ms;
  json["seed"] = reply.seed;
  json["weights"] = reply.weights;
  json["experience"] = reply.experience;
  if (reply.status == ReplyStatus::rejected) json["retry_after_ms"] = reply.retry_after_ms;
  if (!reply.error.code.empty()) {
    json["error"] = error_json(line_error_of(reply.error));
  } else if (std::string what = unwritten(reply.answer, languages); !what.empty()) {
    json["error"] = error_json({std::move(what), 0, 0});
  }
  return line_of(json);
}

std::string error_line(const Json& id, const LineError& error) {
  return line_of(
      {{"id", id}, {"status", to_string(ReplyStatus::error)}, {"error", error_json(error)}});
}

/// Prometheus counts what is at most each bound.
void histogram(std::string& text, const std::string& name, const char* help, const Counts& counts) {
  const std::string whole = "weir_search_" + name;
  text += "# HELP " + whole + " " + help + "\n# TYPE " + whole + " histogram\n";
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < Counts::classes; ++i) {
    below += counts.of[i];
    const bool last = i + 1 == Counts::classes;
    text += whole + "_bucket{le=\"" + (last ? "+Inf" : std::to_string(Counts::most(i))) + "\"} " +
            std::to_string(below) + "\n";
  }
  text += whole + "_sum " + std::to_string(counts.sum) + "\n";
  text += whole + "_count " + std::to_string(below) + "\n";
}

std::string stats_line(const EngineStats& stats) {
  Json requests = Json::object();
  for (std::size_t i = 0; i < reply_statuses; ++i)
    requests[std::string(to_string(static_cast<ReplyStatus>(i)))] = stats.requests[i];
  return line_of({{"stats",
                   {{"running", stats.running},
                    {"waiting", stats.waiting},
                    {"requests", std::move(requests)},
                    {"p50_ms", stats.p50_ms},
                    {"p99_ms", stats.p99_ms},
                    {"batch_mean", stats.batch_mean},
                    {"arena_bytes", stats.arena_bytes},
                    {"evaluations", stats.evaluations},
                    {"batches", stats.batches},
                    {"simulations", stats.simulations},
                    {"nodes", stats.nodes}}}});
}

std::string prometheus_text(const EngineStats& stats) {
  std::string text;
  gauge(text, "running", "Requests that search.", stats.running);
  gauge(text, "waiting", "Requests that wait.", stats.waiting);
  gauge(text, "arena_bytes", "Memory of the running searches.",
        static_cast<double>(stats.arena_bytes));
  gauge(text, "batch_mean", "Rows of an evaluation.", stats.batch_mean);
  text +=
      "# HELP weir_search_requests_total Replies by outcome.\n# TYPE weir_search_requests_total "
      "counter\n";
  for (std::size_t i = 0; i < reply_statuses; ++i) {
    text += "weir_search_requests_total{outcome=\"" +
            std::string(to_string(static_cast<ReplyStatus>(i))) + "\"} " +
            std::to_string(stats.requests[i]) + "\n";
  }
  counter(text, "evaluations_total", "Rows that the network computed.", stats.evaluations);
  counter(text, "batches_total", "Batches of the network.", stats.batches);
  histogram(text, "batch_rows", "Rows of a batch of the network.", stats.batch_rows);
  histogram(text, "queue_depth", "Requests that waited when another one came.", stats.queue_depth);
  counter(text, "simulations_total", "Simulations of settled requests.", stats.simulations);
  counter(text, "nodes_total", "Programs and positions looked at.", stats.nodes);
  text += "# HELP weir_search_request_seconds Time from request to reply.\n";
  text += "# TYPE weir_search_request_seconds summary\n";
  text +=
      "weir_search_request_seconds{quantile=\"0.5\"} " + Json(stats.p50_ms / 1000).dump() + "\n";
  text +=
      "weir_search_request_seconds{quantile=\"0.99\"} " + Json(stats.p99_ms / 1000).dump() + "\n";
  text += "weir_search_request_seconds_sum " + Json(stats.timed_s).dump() + "\n";
  text += "weir_search_request_seconds_count " + std::to_string(stats.timed) + "\n";
  return text;
}

}  // namespace weir::search::program
