// json_reply.hpp: replies and figures of the service as JSON and Prometheus text; private to the program.
#pragma once

#include <string>
#include <weir/search/engine.hpp>

#include "json_request.hpp"

namespace weir::search::program {

/// What a reply says where a program is not written in a language that was asked for; empty: each is.
std::string unwritten(const Answer& answer, const std::vector<Language>& languages);
/// One line with its end. `languages` are those that were asked for.
std::string reply_line(const Json& id, const SearchReply& reply,
                       const std::vector<Language>& languages = {});
std::string error_line(const Json& id, const LineError& error);
std::string stats_line(const EngineStats& stats);
/// What `generate` and a reply both say of an answer.
Json programs_json(const Answer& answer);
Json question_json(const Answer& answer);
std::string prometheus_text(const EngineStats& stats);
/// An error of a reader or a solver, with line and column where its place names them ("12:5").
LineError line_error_of(const Error& error);

}  // namespace weir::search::program
