// inspect and report: questions about what is there.
#include <algorithm>
#include <cmath>
#include <map>
#include <weir/file.hpp>
#include <weir/segmentation/journal.hpp>
#include <weir/terminal.hpp>

#include "commands.hpp"
#include "parquet_types.hpp"

namespace weir::segmentation {
namespace {

constexpr std::size_t rows_shown = 5;
constexpr std::size_t examples_shown = 3;

constexpr std::size_t row_groups_shown = 20;
constexpr std::size_t bound_shown = 24;  // characters of a min or max

std::string cell_text(const Column& column, const ColumnInfo& info, std::size_t row) {
  if (column.is_null(row)) return "null";
  return format::value_text(column, row, info.temporal, info.utc);
}

/// `text` without a character that is cut.
std::string shortened(const std::string& text) {
  if (text.size() <= bound_shown) return text;
  std::size_t size = bound_shown;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

std::string count_text(std::int64_t count) { return count < 0 ? "" : std::to_string(count); }

/// One line a row group, with the bounds of the first column that has any: files of many runs are
/// ordered by it.
std::string row_groups_text(const FileInfo& info) {
  const auto bounded = std::find_if(info.columns.begin(), info.columns.end(),
                                    [](const ColumnInfo& c) { return !c.min.empty(); });
  const bool has_bounds = bounded != info.columns.end();
  std::vector<std::string> head = {"row group", "rows"};
  if (has_bounds) {
    head.push_back(bounded->name + " min");
    head.push_back(bounded->name + " max");
  }
  weir::Table groups(head);
  const std::size_t shown = std::min(row_groups_shown, info.row_group_rows.size());
  for (std::size_t g = 0; g < shown; ++g) {
    std::vector<std::string> cells = {std::to_string(g), format_count(info.row_group_rows[g])};
    if (has_bounds) {
      cells.push_back(shortened(bounded->chunks[g].min));
      cells.push_back(shortened(bounded->chunks[g].max));
    }
    groups.add(std::move(cells));
  }
  std::string out = groups.text();
  if (shown < info.row_group_rows.size())
    out += "and " + format_count(info.row_group_rows.size() - shown) + " more\n";
  return out + "\n";
}

void inspect_text(const FileInfo& info, const Table& table, std::size_t bytes, std::string& out) {
  out += "rows " + format_count(info.rows) + ", columns " + std::to_string(info.columns.size()) +
         ", row groups " + std::to_string(info.row_group_rows.size()) + ", " +
         format_bytes(static_cast<double>(bytes)) + ", by " + info.created_by + "\n\n";
  weir::Table columns({"column", "type", "codec", "bytes", "nulls", "min", "max", "encodings"});
  for (const ColumnInfo& c : info.columns) {
    columns.add({c.name, c.physical + (c.logical.empty() ? "" : " " + c.logical), c.codec,
                 format_count(c.compressed_bytes), count_text(c.null_count), shortened(c.min),
                 shortened(c.max), c.encodings});
  }
  out += columns.text() + "\n";
  if (info.row_group_rows.size() > 1) out += row_groups_text(info);
  std::vector<std::string> names;
  for (std::size_t k = 0; k < table.size(); ++k) names.push_back(table[k].name);
  weir::Table rows(names);
  for (std::size_t row = 0; row < std::min(rows_shown, table.rows); ++row) {
    std::vector<std::string> cells;
    for (std::size_t k = 0; k < table.size(); ++k)
      cells.push_back(cell_text(table[k], info.columns[k], row));
    rows.add(std::move(cells));
  }
  out += rows.text();
}

void json_cell(JsonWriter& json, const Column& column, std::size_t row) {
  if (column.is_null(row)) {
    json.null();
  } else if (column.type == ColumnType::float64) {
    const double v = column.number(row);
    if (std::isfinite(v)) {
      json.value(v);
    } else {
      json.value(python_repr(v));  // "nan", "inf": JSON has no number for them
    }
  } else if (column.type == ColumnType::text) {
    json.value(format::value_text(column, row, Temporal::none, false));
  } else if (column.type == ColumnType::boolean) {
    json.value(column.integer(row) != 0);
  } else {
    json.value(column.integer(row));
  }
}

/// `text` without the braces of a document, a comma before it.
std::string members_of(JsonWriter& json) {
  std::string text = json.finish();
  text.front() = ',';  // the brace
  text.resize(text.size() - 2);
  return text;
}

void inspect_json(const FileInfo& info, const Table& table, bool all_rows, std::string& out) {
  JsonWriter json;
  json.member("rows", info.rows);
  json.member("created_by", info.created_by);
  json.key("row_groups").begin_array();
  for (const std::uint64_t rows : info.row_group_rows) json.value(rows);
  json.end_array();
  json.key("columns").begin_array();
  for (const ColumnInfo& c : info.columns) {
    json.begin_object();
    json.member("name", c.name);
    json.member("physical", c.physical);
    json.member("logical", c.logical);
    json.member("codec", c.codec);
    json.member("encodings", c.encodings);
    json.member("compressed_bytes", c.compressed_bytes);
    json.member("null_count", c.null_count);
    json.member("min", c.min);
    json.member("max", c.max);
    json.key("row_groups").begin_array();
    for (const ChunkInfo& chunk : c.chunks) {
      json.begin_object();
      json.member("null_count", chunk.null_count);
      json.member("nan_count", chunk.nan_count);
      json.member("min", chunk.min);
      json.member("max", chunk.max);
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.key(all_rows ? "data" : "first_rows").begin_array();
  for (std::size_t row = 0; row < (all_rows ? table.rows : std::min(rows_shown, table.rows));
       ++row) {
    json.begin_array();
    for (std::size_t k = 0; k < table.size(); ++k) json_cell(json, table[k], row);
    json.end_array();
  }
  json.end_array();
  out = members_of(json);
}

struct Reasons {
  std::uint64_t count = 0;
  std::vector<const Record*> examples;
};

std::string place_text(const Record& record) {
  std::string out = record.path;
  if (record.line != 0) out += ":" + std::to_string(record.line);
  if (record.byte != 0) out += " (byte " + std::to_string(record.byte) + ")";
  return out + ": " + record.what;
}

}  // namespace

void inspect_file(const Options& options, Findings& findings) {
  Buffer buffer;
  const auto size = read_file(options.path, buffer);
  if (!size) {
    findings.error = size.error();
    return;
  }
  const auto refuse = [&](Error error) {
    error.where = options.path + (error.where.empty() ? "" : ": " + error.where);
    findings.error = std::move(error);
  };
  const auto file = ParquetReader::open(buffer.view());
  if (!file) return refuse(file.error());
  const FileInfo& info = file.value().info();
  Table table;
  // The first rows need one row group, be the file as large as it will.
  const auto first = std::find_if(info.row_group_rows.begin(), info.row_group_rows.end(),
                                  [](std::uint64_t rows) { return rows != 0; });
  const bool whole = options.all_rows || first == info.row_group_rows.end();
  const auto index = static_cast<std::size_t>(first - info.row_group_rows.begin());
  const auto read = whole ? file.value().read(table) : file.value().read_row_group(index, table);
  if (!read) return refuse(read.error());
  if (options.json) {
    inspect_json(info, table, options.all_rows, findings.json_members);
  } else {
    inspect_text(info, table, buffer.size(), findings.text);
  }
}

void report_root(const Options& options, Findings& findings) {
  const std::string root = clean_path(options.path);
  const auto stat = stat_file(root + "/_manifest/journal.jsonl");
  if (!stat) {
    findings.error = {"not_found", "there is no journal; stage or preprocess writes one",
                      root + "/_manifest/journal.jsonl"};
    return;
  }
  const auto journal = Journal::read(root);
  if (!journal) {
    findings.error = journal.error();
    return;
  }
  std::uint64_t good = 0;
  std::uint64_t bad = 0;
  std::uint64_t segments = 0;
  std::map<std::string, std::uint64_t> procedures;
  std::map<std::string, Reasons> reasons;
  std::map<std::string, Reasons> notes;
  for (const Record* record : journal.value().sorted()) {
    ++(record->ok() ? good : bad);
    segments += record->segments.size();
    if (record->ok()) ++procedures[record->proc];
    const auto add = [&](Reasons& reason) {
      ++reason.count;
      if (reason.examples.size() < examples_shown) reason.examples.push_back(record);
    };
    if (!record->ok()) add(reasons[record->reason]);
    for (const std::string& note : record->notes) add(notes[note]);
  }
  weir::Table table({"report", root});
  table.add({"done", format_count(good)});
  for (const auto& [name, n] : procedures) table.add({"  " + name, format_count(n)});
  if (segments != 0) table.add({"segments", format_count(segments)});
  table.add({"refused", format_count(bad)});
  for (const auto& [name, reason] : reasons) table.add({"  " + name, format_count(reason.count)});
  if (!notes.empty()) table.add({segments != 0 ? "odd, and segmented" : "odd, and staged", ""});
  for (const auto& [name, reason] : notes) table.add({"  " + name, format_count(reason.count)});
  findings.text = table.text();
  for (const auto& [name, reason] : reasons) {
    findings.text += "\n" + name + "\n";
    for (const Record* record : reason.examples) findings.text += "  " + place_text(*record) + "\n";
  }
  JsonWriter json;
  json.member("done", good);
  json.member("refused", bad);
  json.member("segments", segments);
  for (const auto& [name, group] : {std::pair{"reasons", &reasons}, std::pair{"notes", &notes}}) {
    json.key(name).begin_object();
    for (const auto& [word, reason] : *group) json.member(word, reason.count);
    json.end_object();
  }
  findings.json_members = members_of(json);
}

}  // namespace weir::segmentation
