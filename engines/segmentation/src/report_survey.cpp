// The journal first, which has nearly all; then the files, for columns and for what is missing.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <weir/file.hpp>
#include <weir/segmentation/instant.hpp>
#include <weir/segmentation/parquet.hpp>
#include <weir/segmentation/staging.hpp>
#include <weir/segmentation/text.hpp>

#include "report.hpp"

namespace weir::segmentation {
namespace {

constexpr std::size_t runs_min = 5;                        // that a median says something of
constexpr std::size_t partitions_min = 4;                  // likewise
constexpr std::uint64_t small_part = 4;                    // a quarter of the median is small
constexpr std::int64_t earliest_us = 946'684'800'000'000;  // 2000-01-01
constexpr std::int64_t day_us = 86'400'000'000;

template <class T>
T median(std::vector<T> values) {
  if (values.empty()) return T{};
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// A path in parts: digits and what is between them; so that _10 stands behind _9.
bool natural_less(std::string_view a, std::string_view b) {
  const auto number = [](std::string_view& text) {
    std::size_t size = 0;
    while (size < text.size() && is_digit(text[size])) ++size;
    std::string_view digits = text.substr(0, size);
    text.remove_prefix(size);
    while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
    return digits;
  };
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view x = number(a);
      const std::string_view y = number(b);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
    } else {
      if (a.front() != b.front()) return a.front() < b.front();
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.size() < b.size();
}

/// Folder and name without its last number: files of one series share it. Empty: there is no number.
std::string series_of(const std::string& path) {
  std::size_t end = path.size();
  const std::size_t slash = path.rfind('/') + 1;  // npos + 1 is 0
  while (end > slash && !is_digit(path[end - 1])) --end;
  std::size_t begin = end;
  while (begin > slash && is_digit(path[begin - 1])) --begin;
  return begin == end ? std::string() : path.substr(0, begin) + "#" + path.substr(end);
}

std::string instant_text(std::int64_t us) {
  const std::int64_t days = us / day_us - (us % day_us < 0 ? 1 : 0);
  const std::int64_t second = (us - days * day_us) / 1'000'000;
  std::array<char, 16> clock{};
  std::snprintf(clock.data(), clock.size(), "T%02d:%02d:%02dZ", static_cast<int>(second / 3600),
                static_cast<int>(second / 60 % 60), static_cast<int>(second % 60));
  return date_from_days(days).text() + clock.data();
}

/// A note's word, without the value that some have.
std::string note_word(const std::string& note) {
  for (const std::string_view word : {"chip_number:", "start_time:"}) {
    if (note.starts_with(word)) return std::string(word.substr(0, word.size() - 1));
  }
  return note;
}

class Surveyor {
 public:
  Surveyor(const SurveyConfig& config, const Journal& journal, Survey& survey)
      : config_(config), survey_(survey) {
    for (Record record : journal.sorted()) records_.push_back(std::move(record));
    for (const Record& record : records_) (record.ok() ? good_ : bad_).push_back(&record);
    survey.unreadable_lines = journal.unreadable_lines();
    survey.unreadable_texts = journal.unreadable_texts();
    survey.of_segments = std::any_of(good_.begin(), good_.end(), is_run) ||
                         std::any_of(bad_.begin(), bad_.end(), is_run);
  }

  void look_at_records() {
    for (const Record* record : bad_) look_at_refusal(*record);
    for (const Record* record : good_) look_at_run(*record);
    look_at_sizes();
    look_at_partitions();
    if (survey_.of_segments) {
      look_at_stage();
    } else {
      look_at_duplicates();
      look_at_clocks();
    }
  }
  void look_at_files(const StopSignals& signals, Progress* progress);

 private:
  /// Of the journal of segments, whose inputs are runs.
  static bool is_run(const Record* record) {
    return record->path.starts_with("proc=") && record->path.find("/run_id=") != std::string::npos;
  }

  void add(Finding& finding, Place place) const {
    ++finding.count;
    if (finding.examples.size() < config_.examples_max)
      finding.examples.push_back(std::move(place));
  }
  void add(const char* oddity, const std::string& path, std::string what) {
    add(survey_.oddities[oddity], {path, 0, 0, std::move(what)});
  }

  void look_at_refusal(const Record& record) {
    ++survey_.refused;
    add(survey_.reasons[record.reason], {record.path, record.line, record.byte, record.what});
  }

  void look_at_run(const Record& record) {
    ++survey_.done;
    survey_.rows += record.rows;
    survey_.bytes += record.bytes;
    ProcedureFacts& facts = survey_.procedures[record.proc];
    ++facts.runs;
    facts.rows += record.rows;
    if (facts.first_date.empty() || record.date < facts.first_date) facts.first_date = record.date;
    facts.last_date = std::max(facts.last_date, record.date);
    for (const std::string& note : record.notes) {
      const std::string word = note_word(note);
      add(survey_.notes[word],
          {record.path, 0, 0, word == note ? std::string() : note.substr(word.size() + 1)});
    }
    if (!survey_.of_segments) return;
    survey_.segments += record.segments.size();
    ++survey_.runs_by_segments[record.segments.size()];
    for (const Segment& segment : record.segments) {
      SegmentFacts& type = survey_.types[std::string(to_string(segment.type))];
      for (const double v : {segment.v_start, segment.v_end}) {
        if (!std::isfinite(v)) continue;
        type.v_low = std::min(type.v_low, v);
        type.v_high = std::max(type.v_high, v);
      }
      ++type.count;
      type.points += segment.points();
    }
  }

  void look_at_sizes() {
    std::map<std::string, std::vector<std::uint64_t>> sizes;
    for (const Record* record : good_) sizes[record->proc].push_back(record->rows);
    for (const auto& [name, rows] : sizes) survey_.procedures[name].median_rows = median(rows);
    for (const Record* record : good_) {
      const std::uint64_t usual = survey_.procedures[record->proc].median_rows;
      if (sizes[record->proc].size() < runs_min || record->rows * small_part >= usual) continue;
      add("short_run", record->path,
          std::to_string(record->rows) + " rows; the median run of " + record->proc + " has " +
              std::to_string(usual));
    }
  }

  void look_at_partitions() {
    std::map<std::string, std::map<std::string, std::uint64_t>> days;
    for (const Record* record : good_) ++days[record->proc][record->date];
    for (const auto& [name, runs] : days) {
      survey_.procedures[name].partitions = runs.size();
      if (runs.size() < partitions_min) continue;
      std::vector<std::uint64_t> counts;
      for (const auto& [date, n] : runs) counts.push_back(n);
      const std::uint64_t usual = median(counts);
      for (const auto& [date, n] : runs) {
        if (n * small_part < usual) {
          add("small_partition", "proc=" + name + "/date=" + date,
              std::to_string(n) + " runs; the median day has " + std::to_string(usual));
        }
      }
    }
  }

  void look_at_duplicates() {
    std::map<std::string, const Record*> first;
    for (const Record* record : good_) {
      if (record->input.hash.empty()) continue;
      const auto [at, fresh] =
          first.try_emplace(record->input.hash + "/" + std::to_string(record->input.size), record);
      if (!fresh) add("duplicate", record->path, "is " + at->second->path);
    }
  }

  void look_at_clocks() {
    std::map<std::string, std::vector<const Record*>> series;
    std::map<std::pair<std::string, std::int64_t>, const Record*> starts;
    for (const Record* record : good_) {
      const std::string start = instant_text(record->start_us);
      if (record->origin == "mtime") add("start_by_mtime", record->path, start);
      if (record->origin == "path") add("start_by_path", record->path, record->date);
      if (record->start_us < earliest_us || record->start_us > config_.now_us + day_us)
        add("start_unlikely", record->path, start);
      if (record->origin != "meta") continue;
      look_at_date(*record);
      const auto [at, fresh] = starts.try_emplace({record->proc, record->start_us}, record);
      const bool copy = at->second->input.hash == record->input.hash;
      if (!fresh && !copy)
        add("start_shared", record->path, start + ", as does " + at->second->path);
      const std::string name = series_of(record->path);
      if (!name.empty()) series[name].push_back(record);
    }
    for (auto& [name, records] : series) {
      std::sort(records.begin(), records.end(),
                [](const Record* a, const Record* b) { return natural_less(a->path, b->path); });
      for (std::size_t k = 1; k < records.size(); ++k) {
        const Record& before = *records[k - 1];
        const std::int64_t back = before.start_us - records[k]->start_us;
        if (back > 0) {
          add("start_backwards", records[k]->path,
              format_duration(static_cast<double>(back) / 1e6) + " before " + before.path);
        }
      }
    }
  }

  /// The folder's date may be the one before or after: zones differ.
  void look_at_date(const Record& record) {
    const auto said = date_in_path(record.path);
    if (!said) return;
    const std::int64_t apart =
        days_from_date(*said) - (record.start_us / day_us - (record.start_us < 0 ? 1 : 0));
    if (apart < -1 || apart > 1)
      add("other_date", record.path, "starts " + instant_text(record.start_us));
  }

  /// The runs of the stage root, where that is still to be found.
  void look_at_stage() {
    std::set<std::string> roots;
    std::set<std::string> procedures;
    std::set<std::string> runs;
    for (const auto* records : {&good_, &bad_}) {
      for (const Record* record : *records) {
        roots.insert(record->origin);
        procedures.insert(record->proc);
        runs.insert(record->path);
      }
    }
    for (const std::string& root : roots) {
      const auto staged = Journal::read(root);
      if (!staged) continue;
      for (const Record& record : staged.value().sorted()) {
        if (record.ok() && procedures.contains(record.proc) && !runs.contains(record.directory()))
          add("not_segmented", record.directory(), "of " + record.path);
      }
    }
  }

  void look_at_segments(const Record& record);
  void look_at_staged(const std::string& file, std::vector<const Record*>& records);
  void look_at_columns(const Record& record, const FileInfo& info, std::size_t group);
  void judge_columns();
  bool is_known(const std::string& name) const;

  struct Seen {
    const Record* record;
    std::string name;
  };
  const SurveyConfig& config_;
  Survey& survey_;
  std::vector<Record> records_;
  std::vector<const Record*> good_, bad_;
  std::vector<Seen> constant_, empty_;
  std::map<std::string, std::map<std::string, const Record*>>
      first_of_type_;  // by procedure/column, and type
  Buffer buffer_;
};

bool Surveyor::is_known(const std::string& name) const {
  for (const ProcedureSpec& spec : config_.procedures->specs()) {
    for (const TypedKey& key : spec.data) {
      if (key.key == name) return true;
    }
  }
  return false;
}

/// True when the statistics leave room for one value only. Those of zero span both of its signs.
bool is_one_value(const ChunkInfo& chunk) {
  if (chunk.min == "-0.0" && chunk.max == "0.0") return true;
  return !chunk.min.empty() && chunk.min == chunk.max;
}

/// The statistics of a row group, which is the run.
void Surveyor::look_at_columns(const Record& record, const FileInfo& info, std::size_t group) {
  const auto rows = static_cast<std::int64_t>(info.row_group_rows[group]);
  for (const ColumnInfo& column : info.columns) {
    if (is_constant_column(column.name)) continue;
    auto [at, fresh] = survey_.columns[record.proc].try_emplace(column.name);
    ColumnFacts& facts = at->second;
    if (fresh) facts.known = is_known(column.name);
    ++facts.runs;
    if (facts.types.insert(column.physical).second)
      first_of_type_[record.proc + "/" + column.name][column.physical] = &record;
    const ChunkInfo& chunk = column.chunks[group];
    const std::int64_t nulls = std::max<std::int64_t>(0, chunk.null_count);
    const std::int64_t nans = std::max<std::int64_t>(0, chunk.nan_count);
    if (nulls + nans >= rows) {
      ++facts.empty;
      empty_.push_back({&record, column.name});
    } else if (nulls + nans == 0 && rows > 1 && is_one_value(chunk)) {
      ++facts.constant;
      constant_.push_back({&record, column.name});
    }
  }
}

/// All runs that lie in one file of a stage root.
void Surveyor::look_at_staged(const std::string& file, std::vector<const Record*>& records) {
  const std::string path = survey_.root + "/" + file;
  const Record& one = *records.front();
  const std::uint64_t bytes = one.part < 0 ? one.bytes : one.part_bytes;
  const auto stat = stat_file(path);
  if (!stat || stat.value().size != bytes) {
    for (const Record* record : records) {
      add("missing_file", record->path,
          file + (stat ? " has " + std::to_string(stat.value().size) + " bytes, not " +
                             std::to_string(bytes)
                       : ": " + stat.error().what));
    }
    return;
  }
  const auto unreadable = [&](const std::string& what) {
    for (const Record* record : records) add("unreadable_file", record->path, file + ": " + what);
  };
  if (const auto size = read_file(path, buffer_); !size) return unreadable(size.error().text());
  const auto reader = ParquetReader::open(buffer_.view());
  if (!reader) return unreadable(reader.error().text());
  const FileInfo& info = reader.value().info();
  if (one.part < 0) {
    if (reader.value().row_groups() == 1) look_at_columns(one, info, 0);
    return;
  }
  const auto id = std::find_if(info.columns.begin(), info.columns.end(),
                               [](const ColumnInfo& column) { return column.name == "run_id"; });
  if (id == info.columns.end()) return unreadable("it has no column run_id");
  std::map<std::string, std::size_t> groups;
  for (std::size_t group = 0; group < id->chunks.size(); ++group)
    groups.emplace(id->chunks[group].min, group);
  for (const Record* record : records) {
    const auto group = groups.find(record->run_id);
    if (group == groups.end()) {
      add("missing_file", record->path, file + " has no such run");
    } else {
      look_at_columns(*record, info, group->second);
    }
  }
}

/// The segments of one run, in files of its own.
void Surveyor::look_at_segments(const Record& record) {
  std::uint64_t bytes = 0;
  for (std::size_t id = 0; id < record.segments.size(); ++id) {
    const std::string file = record.path + "/segment=" + std::to_string(id) + "/part-000.parquet";
    const auto stat = stat_file(survey_.root + "/" + file);
    if (!stat) return add("missing_file", record.path, file + ": " + stat.error().what);
    bytes += stat.value().size;
  }
  if (bytes != record.bytes) {
    add("missing_file", record.path,
        "its segments have " + std::to_string(bytes) + " bytes, not " +
            std::to_string(record.bytes));
  }
}

/// What is odd of columns shows beside the other runs.
void Surveyor::judge_columns() {
  const auto rare = [&](const Seen& seen, std::uint64_t ColumnFacts::*count) {
    const ColumnFacts& facts = survey_.columns[seen.record->proc][seen.name];
    return facts.*count * 2 < facts.runs;
  };
  for (const Seen& seen : constant_) {
    if (rare(seen, &ColumnFacts::constant)) add("constant_column", seen.record->path, seen.name);
  }
  for (const Seen& seen : empty_) {
    if (rare(seen, &ColumnFacts::empty)) add("empty_column", seen.record->path, seen.name);
  }
  for (const auto& [procedure, columns] : survey_.columns) {
    const bool listed = !config_.procedures->spec(procedure).empty();
    for (const auto& [name, facts] : columns) {
      const auto& firsts = first_of_type_[procedure + "/" + name];
      if (!facts.known && listed)
        add("unknown_column", firsts.begin()->second->path, procedure + ": " + name);
      for (const auto& [type, record] : firsts) {
        if (firsts.size() > 1)
          add("mixed_types", record->path, procedure + ": " + name + " is " + type);
      }
    }
  }
}

void Surveyor::look_at_files(const StopSignals& signals, Progress* progress) {
  std::map<std::string, std::vector<const Record*>> files;
  for (const Record* record : good_) {
    const bool own = survey_.of_segments && record->part < 0;
    files[own ? record->path : record->file()].push_back(record);
  }
  if (progress != nullptr) progress->start("report", "files", files.size());
  for (auto& [file, records] : files) {
    if (signals.stop_requested()) {
      survey_.interrupted = true;
      break;
    }
    if (survey_.of_segments && records.front()->part < 0) {
      look_at_segments(*records.front());
    } else {
      look_at_staged(file, records);
    }
    if (progress == nullptr) continue;
    progress->add();
    progress->draw();
  }
  if (progress != nullptr) progress->finish();
  survey_.has_columns = !survey_.of_segments;
  if (!survey_.of_segments) judge_columns();
}

/// A folder below `root` that is a root of segments; empty: there is none.
std::string nested_root(const std::string& root) {
  for (const char* name : {"iv_segments", "ivg_segments", "ivgt_segments"}) {
    if (stat_file(root + "/" + name + "/_manifest/journal.jsonl")) return name;
  }
  return {};
}

}  // namespace

Result<Survey> survey_root(const SurveyConfig& config, const StopSignals& signals,
                           Progress* progress) {
  Survey survey;
  survey.root = clean_path(config.root);
  const auto folder = stat_file(survey.root);
  if (!folder) return folder.error();
  if (folder.value().kind != FileKind::directory)
    return Error{"not_a_directory", "a root is a folder", survey.root};
  if (!stat_file(survey.root + "/_manifest/journal.jsonl")) {
    const std::string nested = nested_root(survey.root);
    return Error{"not_found",
                 nested.empty() ? "no stage root and no root of segments: there is no "
                                  "_manifest/journal.jsonl, which stage and preprocess write"
                                : "no root itself; the segments are in " + nested,
                 survey.root};
  }
  const auto journal = Journal::read(survey.root);
  if (!journal) return journal.error();
  Surveyor surveyor(config, journal.value(), survey);
  surveyor.look_at_records();
  if (config.files) surveyor.look_at_files(signals, progress);
  return survey;
}

}  // namespace weir::segmentation
