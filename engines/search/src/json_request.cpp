#include "json_request.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <set>
#include <string>
#include <vector>
#include <weir/terminal.hpp>

#include "json_place.hpp"
#include "reserved_words.hpp"

namespace weir::search::program {

namespace {

constexpr std::uint64_t ms_max = 31'536'000'000;  // a year
constexpr std::uint32_t top_max = 100;
constexpr std::size_t examples_max = 100'000, inputs_max = 64;

const std::vector<std::string>& known_members() {
  static const std::vector<std::string> members = {
      "id",     "examples", "domain",   "sygus", "deadline_ms", "simulations",
      "top",    "lang",     "level",    "seed",  "name",        "first",
      "cancel", "good",     "feedback", "stats", "drain"};
  return members;
}

LineError error_of(std::string message, std::uint64_t line = 0, std::uint64_t column = 0) {
  return {std::move(message), line, column};
}

/// A whole number in a range; false, with a message, else.
bool read_whole(const Json& json, const char* name, std::uint64_t least, std::uint64_t most,
                std::uint64_t& into, std::string& what) {
  const bool good = json.is_number_integer() &&
                    (json.is_number_unsigned() || json.get<std::int64_t>() >= 0) &&
                    json.get<std::uint64_t>() >= least && json.get<std::uint64_t>() <= most;
  if (good) {
    into = json.get<std::uint64_t>();
  } else {
    what = "\"" + std::string(name) + "\" is no whole number from " + std::to_string(least) +
           " to " + std::to_string(most);
  }
  return good;
}

bool read_languages(const Json& json, std::vector<Language>& into, std::string& what) {
  if (!json.is_array() || json.empty()) {
    what = "\"lang\" is a list of sygus, cpp, python, js";
    return false;
  }
  for (const Json& name : json) {
    std::size_t index = 0;
    while (index < language_count &&
           (!name.is_string() ||
            name.get_ref<const std::string&>() != to_string(static_cast<Language>(index))))
      ++index;
    if (index == language_count) {
      what = name.dump(-1, ' ', true) + " is none of sygus, cpp, python, js";
      return false;
    }
    if (std::find(into.begin(), into.end(), static_cast<Language>(index)) == into.end())
      into.push_back(static_cast<Language>(index));
  }
  return true;
}

/// `at`: where the fault is, from the example inwards.
bool read_example(const Json& json, std::size_t number, Example& example, std::string& what,
                  JsonPath& at) {
  const std::string where = "example " + std::to_string(number) + ": ";
  if (!json.is_object() || !json.contains("in") || !json["in"].is_array() || json["in"].empty()) {
    what = where + "an object with a list \"in\" is wanted";
    return false;
  }
  for (const auto& member : json.items()) {
    if (member.key() == "in" || member.key() == "out") continue;
    at = {member.key()};
    what = where + "unknown member \"" + member.key() + "\"; known are in, out";
    return false;
  }
  at = {"in"};
  if (json["in"].size() > inputs_max) {
    what = where + "more than " + std::to_string(inputs_max) + " inputs";
    return false;
  }
  for (std::size_t i = 0; i < json["in"].size(); ++i) {
    auto value = value_of(json["in"][i], what);
    if (!value) {
      at.push_back(i);
      what = where + "input " + std::to_string(i + 1) + " " + what;
      return false;
    }
    example.in.push_back(std::move(*value));
  }
  if (!json.contains("out") || json["out"].is_null()) return true;
  at = {"out"};
  example.out = value_of(json["out"], what);
  if (!example.out) what = where + "the output " + what;
  return example.out.has_value();
}

/// `at`: where the fault is, where `what` does not name a member of the request.
bool read_task(const Json& json, Task& task, std::string& what, JsonPath& at) {
  const Json& domain = json.contains("domain") ? json["domain"] : Json("string");
  if (domain == "string") {
    task.domain = Domain::text;
  } else if (domain == "list") {
    task.domain = Domain::list;
  } else {
    what = "\"domain\" is \"string\" or \"list\"";
    return false;
  }
  const Json& examples = json["examples"];
  if (!examples.is_array() || examples.empty() || examples.size() > examples_max) {
    what = "\"examples\" is a list of 1 to " + std::to_string(examples_max);
    return false;
  }
  for (std::size_t i = 0; i < examples.size(); ++i) {
    Example example;
    example.line = static_cast<std::uint32_t>(i + 1);
    JsonPath inner;
    if (!read_example(examples[i], i + 1, example, what, inner)) {
      at = {"examples", i};
      at.insert(at.end(), inner.begin(), inner.end());
      return false;
    }
    task.examples.push_back(std::move(example));
  }
  what = fault_of(task);
  if (what.empty()) return true;
  at = {"examples"};
  constexpr std::string_view numbered = "example ";  // N: ...
  if (what.starts_with(numbered)) {
    at.push_back(std::strtoull(what.c_str() + numbered.size(), nullptr, 10) - 1);
  }
  return false;
}

bool is_name(const std::string& text) {
  if (is_reserved(text)) return false;
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (text.empty() || text.size() > 64 || !letter(text[0])) return false;
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool read_bounds(const Json& json, Request& request, std::string& what) {
  std::uint64_t value = 0;
  if (json.contains("deadline_ms")) {
    if (!read_whole(json["deadline_ms"], "deadline_ms", 0, ms_max, value, what)) return false;
    request.deadline = after_ms(value);
  }
  if (json.contains("simulations") &&
      !read_whole(json["simulations"], "simulations", 1, std::numeric_limits<std::int64_t>::max(),
                  request.simulations, what))
    return false;
  if (json.contains("seed") &&
      !read_whole(json["seed"], "seed", 0, std::numeric_limits<std::uint64_t>::max(), request.seed,
                  what))
    return false;
  if (json.contains("top")) {
    if (!read_whole(json["top"], "top", 1, top_max, value, what)) return false;
    request.top = static_cast<std::uint32_t>(value);
  }
  if (json.contains("level")) {
    if (!read_whole(json["level"], "level", 0, 2, value, what)) return false;
    request.level = static_cast<std::uint8_t>(value);
  }
  if (json.contains("first")) {
    if (!json["first"].is_boolean()) {
      what = "\"first\" is true or false";
      return false;
    }
    request.first_only = json["first"].get<bool>();
  }
  return true;
}

bool read_request(const Json& json, Request& request, std::string& what, JsonPath& at) {
  if (!read_bounds(json, request, what)) return false;
  if (json.contains("lang") && !read_languages(json["lang"], request.languages, what)) return false;
  if (json.contains("sygus") == json.contains("examples")) {
    what = "a request has either \"examples\" or \"sygus\"";
    return false;
  }
  if (json.contains("sygus")) {
    if (!json["sygus"].is_string()) {
      what = "\"sygus\" is the text of a file";
      return false;
    }
    if (request.languages.empty()) request.languages = {Language::sygus};
    request.what = SygusText{json["sygus"].get<std::string>()};
    return true;
  }
  if (request.languages.empty()) request.languages = {Language::python};
  Task task;
  if (json.contains("name")) {
    if (!json["name"].is_string() || !is_name(json["name"].get_ref<const std::string&>())) {
      what = "\"name\" is no name that a function can have in all languages";
      return false;
    }
    task.name = json["name"].get<std::string>();
  }
  if (!read_task(json, task, what, at)) return false;
  task.level = request.level;
  request.what = std::move(task);
  return true;
}

bool is_id(const Json& json) { return json.is_string() || json.is_number_integer(); }

std::string unknown_member(const Json& json) {
  for (const auto& member : json.items()) {
    const auto& known = known_members();
    if (std::find(known.begin(), known.end(), member.key()) == known.end())
      return "unknown member \"" + member.key() + "\"; the nearest known one is \"" +
             nearest_word(member.key(), known) + "\"";
  }
  return {};
}

/// Lines that are no requests. False: it is one.
bool read_control(const Json& json, Line& line) {
  const auto only = [&](const char* name, Line::Kind kind) {
    if (!json.contains(name)) return false;
    line.kind = kind;
    return true;
  };
  if (only("cancel", Line::Kind::cancel) || only("feedback", Line::Kind::feedback)) {
    const char* const name = line.kind == Line::Kind::cancel ? "cancel" : "feedback";
    if (!is_id(json[name])) {
      line.kind = Line::Kind::bad;
      line.error = error_of("\"" + std::string(name) + "\" names an id: a string or an integer");
      return true;
    }
    line.id = json[name];
    if (line.kind == Line::Kind::feedback && json.contains("good") && json["good"].is_boolean())
      line.good = json["good"].get<bool>();
    return true;
  }
  return only("stats", Line::Kind::stats) || only("drain", Line::Kind::drain);
}

/// The error of a place in a text whose first line is `number`.
LineError error_at(std::string_view text, std::size_t at, std::uint64_t number, std::string what) {
  const std::string_view before = text.substr(0, at);
  const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
  number += static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n'));
  return error_of(std::move(what), number, before.size() - start + 1);
}

/// Where the member is that a message names first; the first character of all where it names none.
std::size_t place_of_member(std::string_view text, const std::string& what) {
  const std::size_t from = what.find('"');
  const std::size_t to = from == std::string::npos ? from : what.find('"', from + 1);
  if (to == std::string::npos) return 0;
  return place_of(text, {what.substr(from + 1, to - from - 1)});
}

/// Refuses objects with a member twice, or with more than any request has: a pass of its own, since a parser with a
/// callback looks through all of a container at the end of every object in it.
class Members final : public nlohmann::detail::json_sax_acceptor<Json> {
 public:
  bool start_object(std::size_t) {
    open_.emplace_back();
    return true;
  }
  bool end_object() {
    open_.pop_back();
    return true;
  }
  bool key(std::string& name) {
    const bool room = open_.back().size() < members_max;
    if (room && open_.back().insert(name).second) return true;
    name_ = Json(name).dump(-1, ' ', false, Json::error_handler_t::replace);
    fault_ = room ? "the member " + name_ + " comes twice" : "an object with too many members";
    return false;
  }
  const std::string& fault() const noexcept { return fault_; }  // empty: none
  const std::string& name() const noexcept { return name_; }    // as JSON

 private:
  static constexpr std::size_t members_max = 64;
  std::vector<std::set<std::string>> open_;
  std::string fault_, name_;
};

/// None: it is no JSON, and `line` says where. `number`: of the text's first line.
std::optional<Json> parse_json(std::string_view text, std::uint64_t number, Line& line) {
  Members members;
  try {
    if (Json::sax_parse(text, &members) || members.fault().empty()) return Json::parse(text);
    line.error = error_at(text, place_of_last_name(text, members.name()), number, members.fault());
  } catch (const Json::parse_error& error) {
    std::string what = error.what();
    if (const std::size_t at = what.find("] "); at != std::string::npos) what.erase(0, at + 2);
    line.error = error_at(text, error.byte == 0 ? 0 : error.byte - 1, number, "not JSON: " + what);
  } catch (const Json::exception& error) {
    line.error = error_of(std::string("not JSON: ") + error.what(), number, 1);
  }
  return {};
}

void take_request(Json&& json, std::string_view text, std::uint64_t number, Line& line) {
  const auto fail = [&](const std::string& what) {
    line.error = error_at(text, place_of_member(text, what), number, what);
  };
  if (!json.is_object()) return fail("a request is a JSON object");
  if (json.contains("id") && is_id(json["id"])) line.id = json["id"];
  if (std::string unknown = unknown_member(json); !unknown.empty()) return fail(unknown);
  if (line.id.is_null()) return fail("a request has an \"id\": a string or an integer");
  std::string what;
  JsonPath at;
  if (!read_request(json, line.request, what, at)) {
    if (at.empty()) return fail(what);
    line.error = error_at(text, place_of(text, at), number, what);
    return;
  }
  line.kind = Line::Kind::request;
  line.request.bytes = text.size();
  for (const char* const member : {"id", "deadline_ms", "lang"}) json.erase(member);
  line.asked = std::move(json);
}

}  // namespace

std::optional<Value> value_of(const Json& json, std::string& what) {
  if (json.is_string()) return json.get<std::string>();
  if (json.is_boolean()) return json.get<bool>();
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  const auto fits = [](const Json& number) {
    return number.is_number_integer() &&
           (!number.is_number_unsigned() || number.get<std::uint64_t>() <= most);
  };
  if (json.is_number_integer()) {
    if (fits(json)) return json.get<std::int64_t>();
    what = "is an integer beyond 64 bits";
    return {};
  }
  if (json.is_array() && std::all_of(json.begin(), json.end(), fits)) {
    List list;
    for (const Json& number : json) list.push_back(number.get<std::int64_t>());
    return list;
  }
  what = "is no string, integer, boolean or list of integers";
  return {};
}

Json json_of(const Value& value) {
  return std::visit([](const auto& held) { return Json(held); }, value);
}

std::string fault_of(const Task& task) {
  const Example& first = task.examples.front();
  std::optional<std::size_t> output;
  for (const Example& example : task.examples) {
    const std::string where = "example " + std::to_string(example.line) + ": ";
    if (example.in.size() != first.in.size())
      return where + std::to_string(example.in.size()) + " inputs, and the first example has " +
             std::to_string(first.in.size());
    for (std::size_t i = 0; i < example.in.size(); ++i) {
      if (example.in[i].index() != first.in[i].index())
        return where + "input " + std::to_string(i + 1) +
               " is of another kind than that of the first example";
    }
    if (!example.out) continue;
    if (output && *output != example.out->index())
      return where + "the output is of another kind than those before";
    output = example.out->index();
  }
  return output ? std::string() : "no example has an output";
}

Line read_line(std::string_view text, std::uint64_t number) {
  Line line;
  auto json = parse_json(text, number, line);
  if (!json) return line;
  if (json->is_object() && !json->contains("id") && unknown_member(*json).empty() &&
      read_control(*json, line)) {
    if (line.error) {
      const std::string what = line.error->message;
      line.error = error_at(text, place_of_member(text, what), number, what);
    }
    return line;
  }
  take_request(std::move(*json), text, number, line);
  return line;
}

Line read_request_file(std::string_view text) {
  Line line;
  auto json = parse_json(text, 1, line);
  if (!json) return line;
  if (json->is_object() && !json->contains("id")) (*json)["id"] = 0;
  take_request(std::move(*json), text, 1, line);
  return line;
}

}  // namespace weir::search::program
