// json_request.hpp: lines of JSON that ask something of the service; private to the program.
//
// Errors: a line that is no request says so with line and column; a request that cannot be served keeps its id, so that
//         the reply finds its way.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weir/clock.hpp>
#include <weir/search/request.hpp>

namespace weir::search::program {

using Json = nlohmann::ordered_json;
/// Names of members and numbers of elements, from the outermost value inwards.
using JsonPath = std::vector<Json>;

/// What is wrong with a request, and with which of its values; empty: nothing.
struct Fault {
  std::string what;
  JsonPath at;
};

struct LineError {
  std::string message;
  std::uint64_t line = 0, column = 0;  // 0: not known
};

struct Line {
  enum class Kind : std::uint8_t { request, cancel, feedback, stats, drain, share, bad };
  Kind kind = Kind::bad;
  Json id;  // string, integer, or null
  Request request;
  Json asked;         // the request without its id, its deadline and its languages
  bool good = false;  // feedback
  double share = 1;   // of the turns, for this client
  std::optional<LineError> error;
};

/// Reads one line; `number` is its place in its input, from 1. Its deadline counts from when it arrived.
Line read_line(std::string_view text, std::uint64_t number, Deadline arrived);
/// Reads the one request of a file, over any number of lines and with or without an id.
Line read_request_file(std::string_view text, Deadline arrived);
/// A value of an example: text, integer, boolean, list of integers. Empty: something else, and `what` says so.
std::optional<Value> value_of(const Json& json, std::string& what);
Json json_of(const Value& value);
/// Of a task's shape; at an example, but for that none has an output.
Fault fault_of(const Task& task);

}  // namespace weir::search::program
