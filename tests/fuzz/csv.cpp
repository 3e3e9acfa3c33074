// csv.cpp: fuzzes the data table of a raw file: any text is a reject whose place lies in it, or a table that, written
// as CSV, reads the same. The input's first line names the procedure; with "!" behind it only its columns are kept.
#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <weir/segmentation/csv.hpp>
#include <weir/segmentation/header.hpp>
#include <weir/segmentation/text.hpp>

#include "fuzz.hpp"

namespace {

using namespace weir::segmentation;
using fuzz::require;

/// The built-in procedures, and one with a column of each type.
const ProcedureSpec& spec_of(std::string_view name) {
  static const ProcedureSpec all{"All",
                                 {},
                                 {},
                                 {{"f (V)", ValueType::float_unit},
                                  {"n", ValueType::float_no_unit},
                                  {"i", ValueType::integer},
                                  {"b", ValueType::boolean},
                                  {"s", ValueType::text},
                                  {"d", ValueType::datetime}}};
  return name == "All" ? all : ProcedureTable::built_in().spec(name);
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

/// The table as CSV: texts and nulls in quotes, numbers as Python prints them.
std::string written(const Table& table, std::string_view end) {
  std::string out;
  for (std::size_t c = 0; c < table.size(); ++c) {
    if (c != 0) out += ',';
    append_quoted(out, table[c].name);
  }
  out += end;
  for (std::size_t row = 0; row < table.rows; ++row) {
    for (std::size_t c = 0; c < table.size(); ++c) {
      const Column& column = table[c];
      if (c != 0) out += ',';
      if (column.is_null(row)) {
        out += "\"\"";
      } else if (column.type == ColumnType::text) {
        append_quoted(out, column.text(row));
      } else if (column.type == ColumnType::float64) {
        append_python_repr(out, column.number(row));
      } else {
        out += std::to_string(column.integer(row));
      }
    }
    out += end;
  }
  return out;
}

void require_table(const Table& table, const ProcedureSpec& spec, bool only_spec) {
  require(table.rows > 0, "a table has rows");
  std::set<std::string> names;
  for (std::size_t c = 0; c < table.size(); ++c) {
    const Column& column = table[c];
    require(!column.name.empty() && names.insert(column.name).second,
            "columns have names of their own");
    require(!column.constant && column.entries() == table.rows, "a column has an entry a row");
    require(column.valid.empty() || column.valid.size() == table.rows,
            "and says of each if it is there");
    const auto key = std::find_if(spec.data.begin(), spec.data.end(),
                                  [&](const TypedKey& typed) { return typed.key == column.name; });
    if (key == spec.data.end()) {
      require(!only_spec || spec.data.empty(), "other columns are left out when asked");
      require(column.type == ColumnType::float64 || column.type == ColumnType::text,
              "a guess is a number or a text");
      continue;
    }
    const ColumnType type =
        key->type == ValueType::integer   ? ColumnType::int64
        : key->type == ValueType::boolean ? ColumnType::boolean
        : key->type == ValueType::float_unit || key->type == ValueType::float_no_unit
            ? ColumnType::float64
            : ColumnType::text;
    require(column.type == type, "a column has the type of its procedure");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Table table;
  static Table again;
  const std::string_view text = fuzz::text_of(data, size);
  std::size_t begin = 0;
  std::string_view name = next_line(text, begin);
  const bool only_spec = name.ends_with('!');
  if (only_spec) name.remove_suffix(1);
  const ProcedureSpec& spec = spec_of(name);
  CsvNotes notes;
  table = {};
  {
    const fuzz::MemoryMeter memory;
    const auto reject = parse_csv(text, begin, 2, spec, only_spec, table, notes);
    memory.require_below(64 * size + (1u << 20));
    if (reject) {
      require(!reject->what.empty(), "a reject has a sentence");
      require(reject->byte <= size, "a reject's offset lies in the file");
      const auto lines = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
      require(
          reject->line == 0 ? reject->byte == 0 : reject->line >= 2 && reject->line <= lines + 1,
          "and so does its line");
      return 0;
    }
  }
  require_table(table, spec, only_spec);
  require(!(notes.cut_last_line && notes.no_final_newline), "a last line is read or cut");
  if (table.size() == 0) return 0;
  const std::string plain = written(table, size % 2 == 0 ? "\n" : "\r\n");
  const auto refused = parse_csv(plain, 0, 1, spec, only_spec, again, notes);
  require(!refused, "what is written as CSV reads again");
  require(!notes.cut_last_line && !notes.no_final_newline, "whole");
  fuzz::require_same(table, again);
  return 0;
}
