// inspect: what is in a Parquet file.
#include <algorithm>
#include <cmath>
#include <weir/file.hpp>
#include <weir/terminal.hpp>

#include "commands.hpp"
#include "parquet_types.hpp"

namespace weir::segmentation {
namespace {

constexpr std::size_t row_groups_shown = 20;
constexpr std::size_t bound_shown = 24;  // bytes of a minimum or maximum
constexpr std::size_t value_shown = 60;  // of a value of the metadata, or of a cell

/// `text` fit for a cell of a table.
std::string cell(std::string_view text, std::size_t bytes_max) {
  const std::string_view start = start_of(text, bytes_max);
  return printable(start) + (start.size() < text.size() ? "..." : "");
}

std::string count_text(std::int64_t count) { return count < 0 ? "" : std::to_string(count); }

std::string type_text(const std::string& physical, const std::string& logical) {
  return logical.empty() || physical.empty() ? physical + logical : physical + " " + logical;
}

std::string key_values_text(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string out;
  for (const auto& [key, value] : pairs) {
    out += cell(key, value_shown) + " = " + cell(value, value_shown);
    if (value.size() > value_shown) out += " (" + format_count(value.size()) + " bytes)";
    out += '\n';
  }
  return out.empty() ? out : "key-value metadata\n" + out + "\n";
}

/// "1 dictionary PLAIN, 3 data RLE_DICTIONARY"
std::string pages_text(const std::vector<PageCount>& counts) {
  std::string out;
  for (const PageCount& count : counts) {
    if (!out.empty()) out += ", ";
    out += format_count(count.pages) + " " + count.kind;
    if (!count.encoding.empty()) out += " " + count.encoding;
  }
  return out;
}

/// A file that can be read, and what was found out about it.
struct Inspected {
  const ParquetReader& reader;
  std::uint64_t bytes = 0;
  std::vector<std::vector<PageCount>> pages;  // by column

  const FileInfo& info() const { return reader.info(); }
};

/// Calls visit(table, row) for the first rows, a row group at a time.
template <class F>
Result<Done> first_rows(const ParquetReader& reader, std::uint64_t rows, F&& visit) {
  Table table;
  for (std::size_t group = 0; group < reader.row_groups() && rows != 0; ++group) {
    if (reader.info().row_group_rows[group] == 0) continue;
    if (auto read = reader.read_row_group(group, table); !read) return read;
    for (std::size_t row = 0; row < table.rows && rows != 0; ++row, --rows) visit(table, row);
  }
  return Done{};
}

/// One line a row group, with the bounds of the first column that has any: files of many runs are
/// ordered by it.
std::string row_groups_text(const FileInfo& info) {
  const auto bounded = std::find_if(info.columns.begin(), info.columns.end(),
                                    [](const ColumnInfo& c) { return !c.min.empty(); });
  const bool has_bounds = bounded != info.columns.end();
  std::vector<std::string> head = {"row group", "rows", "bytes"};
  if (has_bounds) {
    head.push_back(cell(bounded->name, value_shown) + " min");
    head.push_back(cell(bounded->name, value_shown) + " max");
  }
  weir::Table groups(head);
  const std::size_t shown = std::min(row_groups_shown, info.row_group_rows.size());
  for (std::size_t g = 0; g < shown; ++g) {
    std::uint64_t bytes = 0;
    for (const ColumnInfo& column : info.columns) bytes += column.chunks[g].compressed_bytes;
    std::vector<std::string> cells = {std::to_string(g), format_count(info.row_group_rows[g]),
                                      format_count(bytes)};
    if (has_bounds) {
      cells.push_back(cell(bounded->chunks[g].min, bound_shown));
      cells.push_back(cell(bounded->chunks[g].max, bound_shown));
    }
    groups.add(std::move(cells));
  }
  std::string out = groups.text();
  if (shown < info.row_group_rows.size())
    out += "and " + format_count(info.row_group_rows.size() - shown) + " more\n";
  return out + "\n";
}

std::string nans_text(const ColumnInfo& column) {
  std::int64_t sum = 0;
  for (const ChunkInfo& chunk : column.chunks) {
    if (chunk.nan_count < 0 || chunk.nan_count > (std::int64_t{1} << 40)) return {};
    sum += chunk.nan_count;
  }
  return column.chunks.empty() ? std::string() : std::to_string(sum);
}

std::string columns_text(const Inspected& file) {
  weir::Table columns({"column", "type", "repetition", "codec", "bytes", "unpacked", "nulls",
                       "NaNs", "min", "max", "pages"});
  for (std::size_t k = 0; k < file.info().columns.size(); ++k) {
    const ColumnInfo& c = file.info().columns[k];
    columns.add({cell(c.name, value_shown), type_text(c.physical, c.logical), c.repetition, c.codec,
                 format_count(c.compressed_bytes), format_count(c.uncompressed_bytes),
                 count_text(c.null_count), nans_text(c), cell(c.min, bound_shown),
                 cell(c.max, bound_shown), pages_text(file.pages[k])});
  }
  return columns.text();
}

std::string by_whom(const std::string& created_by) {
  return created_by.empty() ? std::string() : ", by " + cell(created_by, value_shown);
}

std::string head_text(const Inspected& file) {
  const FileInfo& info = file.info();
  return "rows " + format_count(info.rows) + ", columns " + std::to_string(info.columns.size()) +
         ", row groups " + format_count(info.row_group_rows.size()) + ", " +
         format_bytes(static_cast<double>(file.bytes)) + ", version " +
         std::to_string(info.version) + by_whom(info.created_by) + "\n\n";
}

Result<Done> inspect_text(const Inspected& file, std::uint64_t rows, std::string& out) {
  const FileInfo& info = file.info();
  out = head_text(file) + key_values_text(info.key_values) + columns_text(file) + "\n";
  if (info.row_group_rows.size() > 1) out += row_groups_text(info);
  if (rows == 0) return Done{};
  std::vector<std::string> names;
  for (const ColumnInfo& column : info.columns) names.push_back(cell(column.name, value_shown));
  weir::Table cells(names);
  const auto read = first_rows(file.reader, rows, [&](const Table& table, std::size_t row) {
    std::vector<std::string> line;
    for (std::size_t k = 0; k < table.size(); ++k) {
      const ColumnInfo& c = info.columns[k];
      line.push_back(table[k].is_null(row)
                         ? "null"
                         : cell(format::value_text(table[k], row, c.temporal, c.utc), value_shown));
    }
    cells.add(std::move(line));
  });
  if (read) out += cells.text();
  return read;
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

void json_key_values(JsonWriter& json,
                     const std::vector<std::pair<std::string, std::string>>& pairs) {
  json.key("key_values").begin_array();  // a key may stand there twice
  for (const auto& [key, value] : pairs) {
    json.begin_object();
    json.member("key", key);
    json.member("value", value);
    json.end_object();
  }
  json.end_array();
}

void json_pages(JsonWriter& json, const std::vector<PageCount>& counts) {
  json.key("pages").begin_array();
  for (const PageCount& count : counts) {
    json.begin_object();
    json.member("kind", count.kind);
    json.member("encoding", count.encoding);
    json.member("pages", count.pages);
    json.member("values", count.values);
    json.member("compressed_bytes", count.compressed_bytes);
    json.member("uncompressed_bytes", count.uncompressed_bytes);
    json.member("checksums", count.checksums);
    json.end_object();
  }
  json.end_array();
}

void json_column(JsonWriter& json, const ColumnInfo& c, const std::vector<PageCount>& pages) {
  json.begin_object();
  json.member("name", c.name);
  json.member("physical", c.physical);
  json.member("logical", c.logical);
  json.member("repetition", c.repetition);
  json.member("codec", c.codec);
  json.member("encodings", c.encodings);
  json.member("compressed_bytes", c.compressed_bytes);
  json.member("uncompressed_bytes", c.uncompressed_bytes);
  json.member("null_count", c.null_count);
  json.member("min", c.min);
  json.member("max", c.max);
  json_pages(json, pages);
  json.key("row_groups").begin_array();
  for (const ChunkInfo& chunk : c.chunks) {
    json.begin_object();
    json.member("null_count", chunk.null_count);
    json.member("nan_count", chunk.nan_count);
    json.member("min", chunk.min);
    json.member("max", chunk.max);
    json.member("compressed_bytes", chunk.compressed_bytes);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

Result<Done> inspect_json(const Inspected& file, const Options& options, std::string& out) {
  const FileInfo& info = file.info();
  JsonWriter json;
  json.member("rows", info.rows);
  json.member("bytes", file.bytes);
  json.member("format_version", info.version);
  json.member("created_by", info.created_by);
  json_key_values(json, info.key_values);
  json.key("row_groups").begin_array();
  for (const std::uint64_t rows : info.row_group_rows) json.value(rows);
  json.end_array();
  json.key("columns").begin_array();
  for (std::size_t k = 0; k < info.columns.size(); ++k)
    json_column(json, info.columns[k], file.pages[k]);
  json.end_array();
  json.key(options.all_rows ? "data" : "first_rows").begin_array();
  const std::uint64_t rows = options.all_rows ? info.rows : options.rows;
  auto read = first_rows(file.reader, rows, [&](const Table& table, std::size_t row) {
    json.begin_array();
    for (std::size_t k = 0; k < table.size(); ++k) json_cell(json, table[k], row);
    json.end_array();
  });
  json.end_array();
  out = members_of(json);
  return read;
}

/// What is known of a file that is not read.
void inspect_schema(const SchemaInfo& info, const Options& options, Findings& findings) {
  if (options.json) {
    JsonWriter json;
    json.member("rows", info.rows);
    json.member("format_version", info.version);
    json.member("created_by", info.created_by);
    json_key_values(json, info.key_values);
    json.key("schema_nodes").begin_array();
    for (const SchemaNode& node : info.nodes) {
      json.begin_object();
      json.member("name", node.name);
      json.member("depth", node.depth);
      json.member("repetition", node.repetition);
      json.member("physical", node.physical);
      json.member("logical", node.logical);
      json.end_object();
    }
    json.end_array();
    findings.json_members = members_of(json);
    return;
  }
  findings.text = "rows " + std::to_string(info.rows) + ", version " +
                  std::to_string(info.version) + by_whom(info.created_by) + "\n\n" +
                  key_values_text(info.key_values);
  weir::Table nodes({"schema", "type", "repetition"});
  for (const SchemaNode& node : info.nodes) {
    const std::string type = type_text(node.physical, node.logical);
    nodes.add(
        {std::string(2 * std::min<std::size_t>(node.depth, 32), ' ') + cell(node.name, value_shown),
         type.empty() ? "group" : type, node.repetition});
  }
  findings.text += nodes.text();
}

}  // namespace

std::string members_of(JsonWriter& json) {
  std::string text = json.finish();
  text.front() = ',';  // the brace
  text.resize(text.size() - 2);
  return text;
}

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
  const auto reader = ParquetReader::open(buffer.view());
  if (!reader) {
    if (const auto schema = read_parquet_schema(buffer.view()))
      inspect_schema(schema.value(), options, findings);
    return refuse(reader.error());
  }
  Inspected file{reader.value(), buffer.size(), {}};
  for (std::size_t k = 0; k < file.info().columns.size(); ++k) {
    auto pages = reader.value().count_pages(k);
    if (!pages && findings.error.code.empty()) refuse(pages.error());
    file.pages.push_back(pages ? std::move(pages).value() : std::vector<PageCount>());
  }
  // Of a damaged file all is shown that can be.
  const std::uint64_t rows = options.all_rows ? file.info().rows : options.rows;
  const auto read = options.json ? inspect_json(file, options, findings.json_members)
                                 : inspect_text(file, rows, findings.text);
  if (!read && findings.error.code.empty()) refuse(read.error());
}

}  // namespace weir::segmentation
