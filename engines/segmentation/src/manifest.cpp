#include <functional>
#include <weir/segmentation/journal.hpp>
#include <weir/segmentation/parquet.hpp>

namespace weir::segmentation {
namespace {

constexpr std::size_t group_rows = 4096;  // of a row group: what is in memory at a time, some 2 MB

class ManifestColumns {
 public:
  void text(std::string_view name, auto get) {
    add(name, ColumnType::text, [get](const Record& record, Column& column) {
      const std::string value = get(record);
      if (value.empty()) {
        column.add_null();
      } else {
        column.add(std::string_view(value));
      }
    });
  }
  void number(std::string_view name, ColumnType type, auto get) {
    add(name, type, [get](const Record& record, Column& column) {
      column.add(static_cast<std::int64_t>(get(record)));
    });
  }
  Result<Done> write(const Journal& journal, const std::string& path, Sync sync) {
    const std::size_t slash = path.rfind('/');
    if (slash != std::string::npos && slash != 0) {
      if (auto made = make_directories(path.substr(0, slash)); !made) return made;
    }
    auto file = AtomicFile::create(path);
    if (!file) return file.error();
    ParquetWriter writer(Compression::zstd);
    Table table;
    begin(table);
    const SortedRecords records = journal.sorted();
    for (const Record& record : records) {
      for (std::size_t k = 0; k < fields_.size(); ++k) fields_[k].fill(record, table[k]);
      if (++table.rows < group_rows) continue;
      if (auto written = write_group(writer, table, file.value()); !written) return written;
      begin(table);
    }
    if (table.rows != 0 || records.empty()) {
      if (auto written = write_group(writer, table, file.value()); !written) return written;
    }
    if (auto written = file.value().write(writer.finish()); !written) return written;
    return file.value().commit(sync);
  }

 private:
  struct Field {
    std::string name;
    ColumnType type;
    std::function<void(const Record&, Column&)> fill;
  };

  void add(std::string_view name, ColumnType type,
           std::function<void(const Record&, Column&)> fill) {
    fields_.push_back({std::string(name), type, std::move(fill)});
  }
  void begin(Table& table) const {
    table.clear();
    for (const Field& field : fields_) table.add(field.name, field.type);
  }
  static Result<Done> write_group(ParquetWriter& writer, const Table& table, AtomicFile& file) {
    const auto bytes = writer.add_row_group(table, 0, table.rows);
    if (!bytes) return bytes.error();
    return file.write(bytes.value());
  }

  std::vector<Field> fields_;
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

void common_columns(ManifestColumns& rows) {
  rows.text("status", [](const Record& r) { return r.status; });
  rows.text("run_id", [](const Record& r) { return r.run_id; });
  rows.text("proc", [](const Record& r) { return r.proc; });
  rows.text("date", [](const Record& r) { return r.date; });
  rows.number("rows", ColumnType::int64, [](const Record& r) { return r.rows; });
}

void refusal_columns(ManifestColumns& rows) {
  rows.text("reason", [](const Record& r) { return r.reason; });
  rows.text("what", [](const Record& r) { return r.what; });
  rows.text("notes", [](const Record& r) { return joined(r.notes); });
}

}  // namespace

Result<Done> write_stage_manifest(const Journal& journal, const std::string& path, Sync sync) {
  ManifestColumns rows;
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
  return rows.write(journal, path, sync);
}

Result<Done> write_segment_manifest(const Journal& journal, const std::string& path, Sync sync) {
  ManifestColumns rows;
  common_columns(rows);
  rows.text("source_path", [](const Record& r) { return r.path; });
  rows.number("segments_detected", ColumnType::int64,
              [](const Record& r) { return r.segments.size(); });
  rows.number("segments_written", ColumnType::int64,
              [](const Record& r) { return r.ok() ? r.segments.size() : 0; });
  rows.number("bytes", ColumnType::int64, [](const Record& r) { return r.bytes; });
  rows.text("segment_details", [](const Record& r) { return details(r.segments); });
  refusal_columns(rows);
  return rows.write(journal, path, sync);
}

}  // namespace weir::segmentation
