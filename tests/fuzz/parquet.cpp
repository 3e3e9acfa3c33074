// parquet.cpp: fuzzes the Parquet reader: any bytes are read, or refused with a code and a sentence, within the limits;
// what was read whole reads in row groups too, and reads back from what our writer makes of it.
#include <weir/segmentation/parquet.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

using namespace weir::segmentation;

constexpr ParquetLimits limits = {1u << 16, 256, 1u << 20, 1u << 24, 1u << 12};

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

void require_reason(const weir::Error& error) {
  require(!error.code.empty() && !error.what.empty(), "a refusal has a code and a sentence");
}

void require_shape(const Table& table, std::uint64_t rows) {
  require(table.rows == rows && rows <= limits.rows_max, "a table has the rows that the footer says");
  require(table.size() <= limits.columns_max, "a table has no more columns than the limit");
  for (std::size_t k = 0; k < table.size(); ++k) {
    const Column& column = table[k];
    require(column.entries() == (column.constant ? 1 : rows), "a column has an entry a row");
    require(column.valid.empty() || column.valid.size() == column.entries(), "and says of each if it is there");
    require(column.type != ColumnType::text || column.ends.empty() || column.ends.back() == column.bytes.size(),
            "a text ends where its column does");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Table table;
  static Table other;
  static ParquetWriter writer(Compression::none);
  const auto reader = ParquetReader::open({reinterpret_cast<const char*>(data), size}, limits);
  if (!reader) {
    require_reason(reader.error());
    return 0;
  }
  const FileInfo& info = reader.value().info();
  bool in_groups = true;
  for (std::size_t group = 0; group < reader.value().row_groups(); ++group) {
    const auto read = reader.value().read_row_group(group, other);
    if (read) require_shape(other, info.row_group_rows[group]);
    in_groups = in_groups && read.ok();
  }
  const auto whole = reader.value().read(table);
  if (!whole) {
    require_reason(whole.error());
    return 0;
  }
  require_shape(table, info.rows);
  require(in_groups, "what reads whole reads in row groups");
  const auto back = read_parquet(writer.encode(table, 0, table.rows), other);
  require(back.ok(), "what was written reads back");
  require_shape(other, table.rows);
  require(other.size() == table.size(), "with its columns");
  return 0;
}
