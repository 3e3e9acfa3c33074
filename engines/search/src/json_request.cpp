#include "json_request.hpp"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>
#include <weir/terminal.hpp>

#include "json_place.hpp"
#include "reserved_words.hpp"

namespace weir::search::program {

namespace {

constexpr std::uint64_t ms_max = 31'536'000'000;  // a year
constexpr std::uint64_t ms = 1'000'000;           // ns
constexpr std::uint32_t top_max = 100;
constexpr double share_min = 0.01, share_max = 100;
constexpr std::size_t examples_max = 100'000, inputs_max = 64;

const std::vector<std::string>& known_members() {
  static const std::vector<std::string> members = {
      "id",     "examples", "domain",   "sygus", "deadline_ms", "simulations",
      "top",    "lang",     "level",    "seed",  "name",        "first",
      "cancel", "good",     "feedback", "stats", "drain",       "share"};
  return members;
}

LineError error_of(std::string message, std::uint64_t line = 0, std::uint64_t column = 0) {
  return {std::move(message), line, column};
}

/// A whole number in a range; false, with a fault of the member `name`, else.
bool read_whole(const Json& json, const char* name, std::uint64_t least, std::uint64_t most,
                std::uint64_t& into, Fault& fault) {
  const bool good = json.is_number_integer() &&
                    (json.is_number_unsigned() || json.get<std::int64_t>() >= 0) &&
                    json.get<std::uint64_t>() >= least && json.get<std::uint64_t>() <= most;
  if (good) {
    into = json.get<std::uint64_t>();
  } else {
    fault = {"\"" + std::string(name) + "\" is no whole number from " + std::to_string(least) +
                 " to " + std::to_string(most),
             {name}};
  }
  return good;
}

bool read_languages(const Json& json, std::vector<Language>& into, Fault& fault) {
  if (!json.is_array() || json.empty()) {
    fault = {"\"lang\" is a list of sygus, cpp, python, js", {"lang"}};
    return false;
  }
  for (std::size_t i = 0; i < json.size(); ++i) {
    const Json& name = json[i];
    std::size_t index = 0;
    while (index < language_count &&
           (!name.is_string() ||
            name.get_ref<const std::string&>() != to_string(static_cast<Language>(index))))
      ++index;
    if (index == language_count) {
      fault = {name.dump(-1, ' ', true) + " is none of sygus, cpp, python, js", {"lang", i}};
      return false;
    }
    if (std::find(into.begin(), into.end(), static_cast<Language>(index)) == into.end())
      into.push_back(static_cast<Language>(index));
  }
  return true;
}

bool read_example(const Json& json, std::size_t index, Example& example, Fault& fault) {
  std::string what;
  const auto fail = [&](std::initializer_list<Json> inner) {
    fault = {"example " + std::to_string(index + 1) + ": " + what, {"examples", index}};
    fault.at.insert(fault.at.end(), inner.begin(), inner.end());
    return false;
  };
  if (!json.is_object() || !json.contains("in") || !json["in"].is_array() || json["in"].empty()) {
    what = "an object with a list \"in\" is wanted";
    return fail({"in"});
  }
  for (const auto& member : json.items()) {
    if (member.key() == "in" || member.key() == "out") continue;
    what = "unknown member \"" + member.key() + "\"; known are in, out";
    return fail({member.key()});
  }
  if (json["in"].size() > inputs_max) {
    what = "more than " + std::to_string(inputs_max) + " inputs";
    return fail({"in"});
  }
  for (std::size_t i = 0; i < json["in"].size(); ++i) {
    auto value = value_of(json["in"][i], what);
    if (!value) {
      what = "input " + std::to_string(i + 1) + " " + what;
      return fail({"in", i});
    }
    example.in.push_back(std::move(*value));
  }
  if (!json.contains("out") || json["out"].is_null()) return true;
  example.out = value_of(json["out"], what);
  if (example.out) return true;
  what = "the output " + what;
  return fail({"out"});
}

bool read_task(const Json& json, Task& task, Fault& fault) {
  const Json& domain = json.contains("domain") ? json["domain"] : Json("string");
  if (domain == "string") {
    task.domain = Domain::text;
  } else if (domain == "list") {
    task.domain = Domain::list;
  } else {
    fault = {"\"domain\" is \"string\" or \"list\"", {"domain"}};
    return false;
  }
  const Json& examples = json["examples"];
  if (!examples.is_array() || examples.empty() || examples.size() > examples_max) {
    fault = {"\"examples\" is a list of 1 to " + std::to_string(examples_max), {"examples"}};
    return false;
  }
  for (std::size_t i = 0; i < examples.size(); ++i) {
    Example example;
    if (!read_example(examples[i], i, example, fault)) return false;
    task.examples.push_back(std::move(example));
  }
  fault = fault_of(task);
  return fault.what.empty();
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

bool read_bounds(const Json& json, Deadline arrived, Request& request, Fault& fault) {
  std::uint64_t value = 0;
  if (json.contains("deadline_ms")) {
    if (!read_whole(json["deadline_ms"], "deadline_ms", 0, ms_max, value, fault)) return false;
    request.deadline = arrived + value * ms;
  }
  if (json.contains("simulations") &&
      !read_whole(json["simulations"], "simulations", 1, std::numeric_limits<std::int64_t>::max(),
                  request.simulations, fault))
    return false;
  if (json.contains("seed") &&
      !read_whole(json["seed"], "seed", 0, std::numeric_limits<std::uint64_t>::max(), request.seed,
                  fault))
    return false;
  if (json.contains("top")) {
    if (!read_whole(json["top"], "top", 1, top_max, value, fault)) return false;
    request.top = static_cast<std::uint32_t>(value);
  }
  if (json.contains("level")) {
    if (!read_whole(json["level"], "level", 0, 2, value, fault)) return false;
    request.level = static_cast<std::uint8_t>(value);
  }
  if (json.contains("first")) {
    if (!json["first"].is_boolean()) {
      fault = {"\"first\" is true or false", {"first"}};
      return false;
    }
    request.first_only = json["first"].get<bool>();
  }
  return true;
}

bool read_request(const Json& json, Deadline arrived, Request& request, Fault& fault) {
  if (!read_bounds(json, arrived, request, fault)) return false;
  if (json.contains("lang") && !read_languages(json["lang"], request.languages, fault))
    return false;
  if (json.contains("sygus") == json.contains("examples")) {
    fault = {"a request has either \"examples\" or \"sygus\"", {"examples"}};
    return false;
  }
  if (json.contains("sygus")) {
    if (!json["sygus"].is_string()) {
      fault = {"\"sygus\" is the text of a file", {"sygus"}};
      return false;
    }
    if (request.languages.empty()) request.languages = {Language::sygus};
    request.what = SygusText{json["sygus"].get<std::string>()};
    return true;
  }
  if (request.languages.empty()) request.languages = {Language::python};
  if (request.languages == std::vector<Language>{Language::sygus}) {
    fault = {"\"lang\": only a \"sygus\" request has programs written in sygus", {"lang"}};
    return false;
  }
  Task task;
  if (json.contains("name")) {
    if (!json["name"].is_string() || !is_name(json["name"].get_ref<const std::string&>())) {
      fault = {"\"name\" is no name that a function can have in all languages", {"name"}};
      return false;
    }
    task.name = json["name"].get<std::string>();
  }
  if (!read_task(json, task, fault)) return false;
  task.level = request.level;
  request.what = std::move(task);
  return true;
}

bool is_id(const Json& json) { return json.is_string() || json.is_number_integer(); }

Fault unknown_member(const Json& json) {
  for (const auto& member : json.items()) {
    const auto& known = known_members();
    if (std::find(known.begin(), known.end(), member.key()) == known.end())
      return {"unknown member \"" + member.key() + "\"; the nearest known one is \"" +
                  nearest_word(member.key(), known) + "\"",
              {member.key()}};
  }
  return {};
}

/// Lines that are no requests. False: it is one. A line that is of no kind leaves a fault.
bool read_control(const Json& json, Line& line, Fault& fault) {
  using Kind = Line::Kind;
  for (const auto& [name, kind] :
       {std::pair{"cancel", Kind::cancel}, {"feedback", Kind::feedback}}) {
    if (!json.contains(name)) continue;
    const bool judges = kind == Kind::feedback;
    if (!is_id(json[name])) {
      fault = {"\"" + std::string(name) + "\" names an id: a string or an integer", {name}};
    } else if (judges && !(json.contains("good") && json["good"].is_boolean())) {
      fault = {"\"good\" is true or false", {"good"}};
    } else {
      line.kind = kind;
      line.id = json[name];
      line.good = judges && json["good"].get<bool>();
    }
    return true;
  }
  if (json.contains("share")) {
    const Json& share = json["share"];
    if (share.is_number() && share.get<double>() >= share_min && share.get<double>() <= share_max) {
      line.kind = Kind::share;
      line.share = share.get<double>();
    } else {
      fault = {"\"share\" is a number from 0.01 to 100: the turns of this client beside another's",
               {"share"}};
    }
    return true;
  }
  for (const auto& [name, kind] : {std::pair{"drain", Kind::drain}, {"stats", Kind::stats}}) {
    if (!json.contains(name)) continue;
    if (json[name] == Json(true)) {
      line.kind = kind;
    } else {
      fault = {"\"" + std::string(name) + "\" is true where it is asked for", {name}};
    }
    return true;
  }
  return false;
}

/// The error of a place in a text whose first line is `number`.
LineError error_at(std::string_view text, std::size_t at, std::uint64_t number, std::string what) {
  const std::string_view before = text.substr(0, at);
  const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
  number += static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n'));
  return error_of(std::move(what), number, before.size() - start + 1);
}

LineError error_of(std::string_view text, std::uint64_t number, Fault fault) {
  return error_at(text, place_of(text, fault.at), number, std::move(fault.what));
}

/// Walks through a text and tells how far its reader is, which nothing else does.
struct Walker {
  using difference_type = std::ptrdiff_t;
  using value_type = char;
  using pointer = const char*;
  using reference = const char&;
  using iterator_category = std::input_iterator_tag;

  const char* at = nullptr;
  const char** reader = nullptr;  // behind what was read; null: of the end

  reference operator*() const noexcept { return *at; }
  Walker& operator++() noexcept {
    *reader = ++at;
    return *this;
  }
  bool operator==(const Walker& other) const noexcept { return at == other.at; }
};

/// Refuses objects with a member twice, or with more than any request has: a pass of its own, since a parser with a
/// callback looks through all of a container at the end of every object in it.
class Members final : public nlohmann::detail::json_sax_acceptor<Json> {
 public:
  explicit Members(std::string_view text) : text_(text), reader_(text.data()) {}

  /// False: `fault` says what is wrong, or the text is no JSON.
  bool walk() {
    return Json::sax_parse(Walker{text_.data(), &reader_},
                           Walker{text_.data() + text_.size(), nullptr}, this);
  }
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
    fault_ = room ? "the member " + Json(name).dump(-1, ' ', false, replaced) + " comes twice"
                  : "an object with too many members";
    return false;
  }
  const std::string& fault() const noexcept { return fault_; }  // empty: none
  /// Where the name is at which it stopped.
  std::size_t place() const noexcept {
    // A quote within a name has a backslash before it, the one that opens it never.
    std::size_t at = static_cast<std::size_t>(reader_ - text_.data()) - 1;
    do at = text_.rfind('"', at - 1);
    while (at > 0 && text_[at - 1] == '\\');
    return at;
  }

 private:
  static constexpr std::size_t members_max = 64;
  static constexpr auto replaced = Json::error_handler_t::replace;
  std::string_view text_;
  const char* reader_;
  std::vector<std::set<std::string>> open_;
  std::string fault_;
};

/// Without the "[json.exception.CLASS.NUMBER] " before it.
std::string without_class(std::string what) {
  if (const std::size_t at = what.find("] "); at != std::string::npos) what.erase(0, at + 2);
  return what;
}

/// None: it is no JSON, and `line` says where. `number`: of the text's first line.
std::optional<Json> parse_json(std::string_view text, std::uint64_t number, Line& line) {
  Members members(text);
  try {
    if (members.walk() || members.fault().empty()) return Json::parse(text);
    line.error = error_at(text, members.place(), number, members.fault());
  } catch (const Json::parse_error& error) {
    std::string what = error.what();
    // Its own place is that in this text: of several lines, ours is another.
    if (const std::size_t at = what.find("syntax error"); at != std::string::npos)
      what.erase(0, at);
    line.error = error_at(text, error.byte == 0 ? 0 : error.byte - 1, number, "not JSON: " + what);
  } catch (const Json::exception& error) {
    line.error = error_of(std::string("not JSON: ") + without_class(error.what()), number, 1);
  }
  return {};
}

/// So that what is found out later about an example has its place, too.
void place_examples(std::string_view text, std::uint64_t number, Task& task) {
  const std::vector<std::size_t> places = places_of_elements(text, {"examples"});
  std::size_t at = 0, start = 0;
  for (std::size_t i = 0; i < std::min(places.size(), task.examples.size()); ++i) {
    for (; at < places[i]; ++at) {
      if (text[at] == '\n') ++number, start = at + 1;
    }
    task.examples[i].line = static_cast<std::uint32_t>(number);
    task.examples[i].column = static_cast<std::uint32_t>(at - start + 1);
  }
}

void take_request(Json&& json, std::string_view text, std::uint64_t number, Deadline arrived,
                  Line& line) {
  const auto fail = [&](Fault fault) { line.error = error_of(text, number, std::move(fault)); };
  if (!json.is_object()) return fail({"a request is a JSON object", {}});
  if (json.contains("id") && is_id(json["id"])) line.id = json["id"];
  if (Fault unknown = unknown_member(json); !unknown.what.empty()) return fail(std::move(unknown));
  if (line.id.is_null()) return fail({"a request has an \"id\": a string or an integer", {"id"}});
  Fault fault;
  if (!read_request(json, arrived, line.request, fault)) return fail(std::move(fault));
  if (auto* const task = std::get_if<Task>(&line.request.what)) place_examples(text, number, *task);
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

Fault fault_of(const Task& task) {
  const Example& first = task.examples.front();
  std::optional<std::size_t> output;
  for (std::size_t row = 0; row < task.examples.size(); ++row) {
    const Example& example = task.examples[row];
    const std::string where = "example " + std::to_string(row + 1) + ": ";
    if (example.in.size() != first.in.size())
      return {where + std::to_string(example.in.size()) + " inputs, and the first example has " +
                  std::to_string(first.in.size()),
              {"examples", row}};
    for (std::size_t i = 0; i < example.in.size(); ++i) {
      if (example.in[i].index() != first.in[i].index())
        return {where + "input " + std::to_string(i + 1) +
                    " is of another kind than that of the first example",
                {"examples", row, "in", i}};
    }
    if (!example.out) continue;
    if (output && *output != example.out->index())
      return {where + "the output is of another kind than those before", {"examples", row, "out"}};
    output = example.out->index();
  }
  if (output) return {};
  return {"no example has an output", {"examples"}};
}

Line read_line(std::string_view text, std::uint64_t number, Deadline arrived) {
  Line line;
  auto json = parse_json(text, number, line);
  if (!json) return line;
  Fault fault;
  if (!json->is_object() || json->contains("id") || !unknown_member(*json).what.empty() ||
      !read_control(*json, line, fault)) {
    take_request(std::move(*json), text, number, arrived, line);
  } else if (!fault.what.empty()) {
    line.error = error_of(text, number, std::move(fault));
  }
  return line;
}

Line read_request_file(std::string_view text, Deadline arrived) {
  Line line;
  auto json = parse_json(text, 1, line);
  if (!json) return line;
  if (json->is_object() && !json->contains("id")) (*json)["id"] = 0;
  take_request(std::move(*json), text, 1, arrived, line);
  return line;
}

}  // namespace weir::search::program
