#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <weir/segmentation/record.hpp>
#include <weir/segmentation/text.hpp>

#include "parquet_format.hpp"

namespace weir::segmentation {
namespace {

constexpr int record_version = 2;       // its lines end with their checksum
constexpr int version_without_sum = 1;  // is still read

/// The last member and the object's end, of a line that has `text` before them.
std::string checksum_end(std::string_view text) {
  char buffer[32];
  const int size =
      std::snprintf(buffer, sizeof(buffer), ",\"crc32\":\"%08x\"}", format::crc32(text));
  return {buffer, static_cast<std::size_t>(size)};
}
constexpr std::size_t checksum_end_bytes = 20;
constexpr std::string_view checksum_begin = ",\"crc32\":\"";

void member(std::string& out, std::string_view name, std::string_view value) {
  out += ',';
  append_json(out, name);
  out += ':';
  append_json(out, value);
}

template <class T>
void member_number(std::string& out, std::string_view name, T value) {
  out += ',';
  append_json(out, name);
  out += ':' + std::to_string(value);
}

/// JSON has no NaN: null stands for it.
std::string json_number(double value) { return std::isfinite(value) ? python_repr(value) : "null"; }
double json_double(const nlohmann::json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

void append_segments(std::string& out, const std::vector<Segment>& segments) {
  out += ",\"segments\":[";
  for (std::size_t k = 0; k < segments.size(); ++k) {
    const Segment& s = segments[k];
    if (k != 0) out += ',';
    out += "{\"type\":";
    append_json(out, to_string(s.type));
    out += ",\"direction\":";
    append_json(out, to_string(s.direction));
    out += ",\"first\":" + std::to_string(s.first) + ",\"last\":" + std::to_string(s.last);
    out += ",\"v_start\":" + json_number(s.v_start) + ",\"v_end\":" + json_number(s.v_end) + '}';
  }
  out += ']';
}

/// A whole number of type T, `otherwise` where there is no such member. Throws json::exception where it is no whole
/// number or does not fit: it is refused, not converted.
template <class T>
T whole(const nlohmann::json& json, const char* key, std::optional<T> otherwise = {}) {
  if (otherwise && !json.contains(key)) return *otherwise;
  const nlohmann::json& number = json.at(key);
  if (number.is_number_unsigned()) {
    const auto value = number.get<std::uint64_t>();
    if (std::in_range<T>(value)) return static_cast<T>(value);
  } else if (number.is_number_integer()) {
    const auto value = number.get<std::int64_t>();
    if (std::in_range<T>(value)) return static_cast<T>(value);
  }
  throw nlohmann::json::other_error::create(501, "is no whole number in range", &number);
}

template <class T, std::size_t N>
T by_name(std::string_view word, const T (&values)[N]) {
  for (const T value : values) {
    if (to_string(value) == word) return value;
  }
  return values[0];
}

Segment parse_segment(const nlohmann::json& json) {
  constexpr SegmentType types[] = {SegmentType::forward_negative, SegmentType::return_negative,
                                   SegmentType::forward_positive, SegmentType::return_positive};
  constexpr Direction directions[] = {Direction::unknown, Direction::increasing,
                                      Direction::decreasing};
  Segment segment;
  segment.type = by_name(json.at("type").get<std::string>(), types);
  segment.direction = by_name(json.at("direction").get<std::string>(), directions);
  segment.first = whole<std::size_t>(json, "first");
  segment.last = whole<std::size_t>(json, "last");
  segment.v_start = json_double(json.at("v_start"));
  segment.v_end = json_double(json.at("v_end"));
  return segment;
}

Record parse_record(const nlohmann::json& json) {
  Record r;
  r.path = json.at("path").get<std::string>();
  r.input.size = whole<std::uint64_t>(json, "size");
  r.input.mtime_ns = whole<std::int64_t>(json, "mtime_ns");
  r.input.config = json.at("config").get<std::string>();
  r.input.hash = json.value("hash", "");
  r.status = json.at("status").get<std::string>();
  r.run_id = json.value("run_id", "");
  r.proc = json.value("proc", "");
  r.date = json.value("date", "");
  r.origin = json.value("date_origin", "");
  r.start_us = whole<std::int64_t>(json, "start_us", 0);
  r.rows = whole<std::uint64_t>(json, "rows", 0);
  r.bytes = whole<std::uint64_t>(json, "bytes", 0);
  r.part = whole<int>(json, "part", -1);
  r.part_bytes = whole<std::uint64_t>(json, "part_bytes", 0);
  r.reason = json.value("reason", "");
  r.what = json.value("what", "");
  r.line = whole<std::uint64_t>(json, "line", 0);
  r.byte = whole<std::uint64_t>(json, "byte", 0);
  if (json.contains("notes")) r.notes = json.at("notes").get<std::vector<std::string>>();
  if (json.contains("segments")) {
    for (const auto& segment : json.at("segments")) r.segments.push_back(parse_segment(segment));
  }
  return r;
}

}  // namespace

std::string Record::directory() const {
  return run_id.empty() ? std::string() : "proc=" + proc + "/date=" + date + "/run_id=" + run_id;
}

std::string Record::partition() const {
  return run_id.empty() ? std::string() : "proc=" + proc + "/date=" + date;
}

std::string Record::file() const {
  if (run_id.empty()) return {};
  return part < 0 ? directory() + "/part-000.parquet" : partition() + "/" + part_name(part);
}

std::string part_name(int part) {
  std::string number = std::to_string(part);
  if (number.size() < 3) number.insert(0, 3 - number.size(), '0');
  return "part-" + number + ".parquet";
}

std::string to_json_line(const Record& r) {
  std::string out = "{\"v\":" + std::to_string(record_version);
  member(out, "path", r.path);
  member_number(out, "size", r.input.size);
  member_number(out, "mtime_ns", r.input.mtime_ns);
  member(out, "config", r.input.config);
  if (!r.input.hash.empty()) member(out, "hash", r.input.hash);
  member(out, "status", r.status);
  if (!r.run_id.empty()) {
    member(out, "run_id", r.run_id);
    member(out, "proc", r.proc);
    member(out, "date", r.date);
    member(out, "date_origin", r.origin);
    member_number(out, "start_us", r.start_us);
    member_number(out, "rows", r.rows);
    member_number(out, "bytes", r.bytes);
    if (r.part >= 0) {
      member_number(out, "part", r.part);
      member_number(out, "part_bytes", r.part_bytes);
    }
  }
  if (!r.reason.empty()) {
    member(out, "reason", r.reason);
    member(out, "what", r.what);
    member_number(out, "line", r.line);
    member_number(out, "byte", r.byte);
  }
  if (!r.notes.empty()) {
    out += ",\"notes\":[";
    for (std::size_t k = 0; k < r.notes.size(); ++k) {
      if (k != 0) out += ',';
      append_json(out, r.notes[k]);
    }
    out += ']';
  }
  if (!r.segments.empty()) append_segments(out, r.segments);
  out += checksum_end(out);
  out += '\n';
  return out;
}

Result<Record> from_json_line(std::string_view line) {
  const std::size_t text = line.size() - std::min(line.size(), checksum_end_bytes);
  const bool summed = line.substr(text).starts_with(checksum_begin);
  if (summed && line.substr(text) != checksum_end(line.substr(0, text)))
    return Error{"checksum", "the checksum is that of another text", {}};
  const auto json = nlohmann::json::parse(line.begin(), line.end(), nullptr, false);
  if (!json.is_object()) return Error{"not_json", "is no JSON object", {}};
  try {
    const int version = whole<int>(json, "v", version_without_sum);
    if (version != version_without_sum && version != record_version)
      return Error{
          "version", "is of version " + std::to_string(version) + ", which is not known", {}};
    if (version == record_version && !summed)
      return Error{"checksum", "the checksum is missing", {}};
    return parse_record(json);
  } catch (const nlohmann::json::exception&) {
    return Error{"not_a_record", "a member is missing or of another type", {}};
  }
}

std::string path_in_json_line(std::string_view line) {
  constexpr std::string_view name = "\"path\":";
  const std::size_t begin = line.find(name);
  if (begin == std::string_view::npos) return {};
  const std::string_view text = line.substr(begin + name.size());
  std::size_t end = 1;  // behind the first quote, then at the one that closes
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  if (end >= text.size()) return {};
  const auto path = nlohmann::json::parse(
      text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end) + 1, nullptr, false);
  return path.is_string() ? path.get<std::string>() : std::string();
}

}  // namespace weir::segmentation
