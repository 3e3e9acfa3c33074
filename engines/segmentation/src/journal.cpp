#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <weir/check.hpp>
#include <weir/clock.hpp>
#include <weir/segmentation/journal.hpp>
#include <weir/segmentation/parquet.hpp>
#include <weir/segmentation/text.hpp>

namespace weir::segmentation {
namespace {

constexpr std::size_t batch_records = 2048;  // one sync of the file system serves so many runs
constexpr std::uint64_t batch_ns = 1'000'000'000;  // and at most so much work is lost by a kill
constexpr std::size_t journal_bytes_max = 1u << 30;  // two million records

std::string journal_path(const std::string& root) { return root + "/_manifest/journal.jsonl"; }

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
  segment.first = json.at("first").get<std::size_t>();
  segment.last = json.at("last").get<std::size_t>();
  segment.v_start = json_double(json.at("v_start"));
  segment.v_end = json_double(json.at("v_end"));
  return segment;
}

Record parse_record(const nlohmann::json& json) {
  Record r;
  r.path = json.at("path").get<std::string>();
  r.input.size = json.at("size").get<std::uint64_t>();
  r.input.mtime_ns = json.at("mtime_ns").get<std::int64_t>();
  r.input.config = json.at("config").get<std::string>();
  r.input.hash = json.value("hash", "");
  r.status = json.at("status").get<std::string>();
  r.run_id = json.value("run_id", "");
  r.proc = json.value("proc", "");
  r.date = json.value("date", "");
  r.origin = json.value("date_origin", "");
  r.start_us = json.value("start_us", std::int64_t{0});
  r.rows = json.value("rows", std::uint64_t{0});
  r.bytes = json.value("bytes", std::uint64_t{0});
  r.part = json.value("part", -1);
  r.part_bytes = json.value("part_bytes", std::uint64_t{0});
  r.reason = json.value("reason", "");
  r.what = json.value("what", "");
  r.line = json.value("line", std::uint64_t{0});
  r.byte = json.value("byte", std::uint64_t{0});
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
  std::string out = "{\"v\":1";
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
  out += "}\n";
  return out;
}

std::optional<Record> from_json_line(std::string_view line) {
  const auto json = nlohmann::json::parse(line.begin(), line.end(), nullptr, false);
  if (!json.is_object()) return std::nullopt;
  try {
    return parse_record(json);
  } catch (const nlohmann::json::exception&) {  // a member is missing or of another type
    return std::nullopt;
  }
}

void Journal::put(Record record) {
  const auto [at, fresh] = index_.try_emplace(record.path, records_.size());
  if (fresh) {
    records_.push_back(std::move(record));
  } else {
    records_[at->second] = std::move(record);
  }
}

Result<Done> Journal::load() {
  Buffer buffer;
  const auto size = read_file(journal_path(root_), buffer, journal_bytes_max);
  if (!size && size.error().code != "not_found") return size.error();
  std::string_view text = size ? buffer.view() : std::string_view{};
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {  // a writer died within its last write: the next record
                                          // starts a line
      torn_tail_ = true;
      break;
    }
    if (auto record = from_json_line(text.substr(0, end))) {
      put(std::move(*record));
    } else {
      ++unreadable_lines_;
    }
    text.remove_prefix(end + 1);
  }
  return Done{};
}

Result<Journal> Journal::read(const std::string& root) {
  Journal journal(root, SyncPolicy::none);
  if (auto loaded = journal.load(); !loaded) return loaded.error();
  return journal;
}

Result<Journal> Journal::open(const std::string& root, SyncPolicy policy) {
  if (auto made = make_directories(root + "/_manifest"); !made) return made.error();
  Journal journal(root, policy);
  auto lock = DirectoryLock::take(root + "/_manifest");
  if (!lock) return lock.error();
  journal.lock_.emplace(std::move(lock).value());
  if (auto loaded = journal.load(); !loaded) return loaded.error();
  auto file = AppendFile::open(journal_path(root));
  if (!file) return file.error();
  journal.file_.emplace(std::move(file).value());
  return journal;
}

const Record* Journal::find(std::string_view path) const {
  const auto at = index_.find(std::string(path));
  return at == index_.end() || records_[at->second].path.empty() ? nullptr : &records_[at->second];
}

Result<Done> Journal::append(Record record) {
  WEIR_CHECK(file_.has_value(), "a journal that was only read takes no records");
  const std::uint64_t now = now_ns();
  if (held_records_ == 0) held_since_ns_ = now;
  held_ += to_json_line(record);
  fresh_.push_back(std::move(record));
  if (++held_records_ < batch_records && now - held_since_ns_ < batch_ns) return Done{};
  return flush();
}

/// Under `file` it is for the folders above the outputs, which no writer synced.
Result<Done> Journal::sync_outputs() {
  if (sync_failed_) return *sync_failed_;
  if (policy_ == SyncPolicy::none) return Done{};
  const auto synced = lock_->sync_file_system();
  if (!synced) sync_failed_ = synced.error();
  return synced;
}

Result<Done> Journal::flush() {
  if (held_.empty()) return sync_failed_ ? Result<Done>(*sync_failed_) : Result<Done>(Done{});
  if (auto synced = sync_outputs(); !synced) return synced;
  if (torn_tail_) {
    if (auto done = file_->append("\n"); !done) return done;
    torn_tail_ = false;
  }
  for (std::string_view lines = held_; !lines.empty();) {
    const std::size_t end = lines.find('\n') + 1;
    if (auto done = file_->append(lines.substr(0, end)); !done) return done;
    lines.remove_prefix(end);
  }
  held_.clear();
  held_records_ = 0;
  return policy_ == SyncPolicy::none ? Result<Done>(Done{}) : file_->sync();
}

void Journal::settle() {
  for (Record& record : fresh_) put(std::move(record));
  fresh_.clear();
}

void Journal::forget(std::string_view path) {
  const auto at = index_.find(std::string(path));
  if (at == index_.end()) return;
  records_[at->second] = {};  // an empty path: no record
  index_.erase(at);
}

std::vector<const Record*> Journal::sorted() const {
  std::vector<const Record*> out;
  for (const Record& record : records_) {
    if (!record.path.empty()) out.push_back(&record);
  }
  std::sort(out.begin(), out.end(),
            [](const Record* a, const Record* b) { return a->path < b->path; });
  return out;
}

Result<Done> Journal::compact() {
  if (auto flushed = flush(); !flushed) return flushed;
  // The records of earlier runs as well: their policy may have been another one.
  if (auto synced = sync_outputs(); !synced) return synced;
  settle();
  std::string text;
  for (const Record* record : sorted()) text += to_json_line(*record);
  const std::string path = journal_path(root_);
  auto written =
      write_file_atomically(path, text, policy_ == SyncPolicy::none ? Sync::none : Sync::file);
  if (!written) return written;
  auto file = AppendFile::open(path);  // the old descriptor belongs to the file that was replaced
  if (!file) return file.error();
  file_.emplace(std::move(file).value());
  torn_tail_ = false;
  return Done{};
}

namespace {

class Rows {
 public:
  Rows() = default;

  void text(std::string_view name, auto get) {
    Column& column = table_.add(name, ColumnType::text);
    for (const Record* record : records_) {
      const std::string value = get(*record);
      if (value.empty()) {
        column.add_null();
      } else {
        column.add(std::string_view(value));
      }
    }
  }
  void number(std::string_view name, ColumnType type, auto get) {
    Column& column = table_.add(name, type);
    for (const Record* record : records_) column.add(static_cast<std::int64_t>(get(*record)));
  }
  Result<Done> write(const std::string& path, Sync sync) {
    const std::size_t slash = path.rfind('/');
    if (slash != std::string::npos && slash != 0) {
      if (auto made = make_directories(path.substr(0, slash)); !made) return made;
    }
    ParquetWriter writer(Compression::zstd);
    return write_file_atomically(path, writer.encode(table_, 0, records_.size()), sync);
  }
  explicit Rows(const Journal& journal) : records_(journal.sorted()) {}

 private:
  std::vector<const Record*> records_;
  Table table_;
};

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ';';
    out += word;
  }
  return out;
}

std::string details(const std::vector<Segment>& segments) {
  std::string out;
  for (const Segment& s : segments) {
    if (!out.empty()) out += ';';
    out += to_string(s.type);
    out += ':';
    out += std::to_string(s.first);
    out += '-';
    out += std::to_string(s.last);
  }
  return out;
}

void common_columns(Rows& rows) {
  rows.text("status", [](const Record& r) { return r.status; });
  rows.text("run_id", [](const Record& r) { return r.run_id; });
  rows.text("proc", [](const Record& r) { return r.proc; });
  rows.text("date", [](const Record& r) { return r.date; });
  rows.number("rows", ColumnType::int64, [](const Record& r) { return r.rows; });
}

void refusal_columns(Rows& rows) {
  rows.text("reason", [](const Record& r) { return r.reason; });
  rows.text("what", [](const Record& r) { return r.what; });
  rows.text("notes", [](const Record& r) { return joined(r.notes); });
}

}  // namespace

Result<Done> write_stage_manifest(const Journal& journal, const std::string& path, Sync sync) {
  Rows rows(journal);
  common_columns(rows);
  rows.text("source_file", [](const Record& r) { return r.path; });
  rows.text("path", [](const Record& r) { return r.ok() ? r.file() : std::string(); });
  rows.text("date_origin", [](const Record& r) { return r.origin; });
  rows.number("start_dt", ColumnType::timestamp_us, [](const Record& r) { return r.start_us; });
  rows.number("source_bytes", ColumnType::int64, [](const Record& r) { return r.input.size; });
  rows.number("bytes", ColumnType::int64, [](const Record& r) { return r.bytes; });
  refusal_columns(rows);
  rows.number("line", ColumnType::int64, [](const Record& r) { return r.line; });
  rows.number("byte", ColumnType::int64, [](const Record& r) { return r.byte; });
  return rows.write(path, sync);
}

Result<Done> write_segment_manifest(const Journal& journal, const std::string& path, Sync sync) {
  Rows rows(journal);
  common_columns(rows);
  rows.text("source_path", [](const Record& r) { return r.path; });
  rows.number("segments_detected", ColumnType::int64,
              [](const Record& r) { return r.segments.size(); });
  rows.number("segments_written", ColumnType::int64,
              [](const Record& r) { return r.ok() ? r.segments.size() : 0; });
  rows.number("bytes", ColumnType::int64, [](const Record& r) { return r.bytes; });
  rows.text("segment_details", [](const Record& r) { return details(r.segments); });
  refusal_columns(rows);
  return rows.write(path, sync);
}

}  // namespace weir::segmentation
