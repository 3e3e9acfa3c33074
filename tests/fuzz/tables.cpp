// tables.cpp: fuzzes the Parquet writer: any table, whole, in part and as row groups, with each codec, reads back as it
// was; its statistics say no more than what is true.
#include <string>
#include <vector>
#include <weir/segmentation/parquet.hpp>

#include "fuzz.hpp"

namespace {

using namespace weir::segmentation;
using fuzz::require;

constexpr std::size_t rows_max = 3000;
constexpr std::size_t columns_max = 8;

void add_value(Column& column, fuzz::Choices& in, std::uint8_t how) {
  switch (column.type) {
    case ColumnType::float64:
      column.add(how % 2 == 0 ? in.number<double>()
                              : static_cast<double>(in.number<std::int8_t>()) / 8);
      break;
    case ColumnType::text:
      column.add(in.take(in.below(12)));
      break;
    case ColumnType::boolean:
      column.add(std::int64_t{in.flag()});
      break;
    case ColumnType::int32:
      column.add(std::int64_t{in.number<std::int32_t>()});
      break;
    default:
      column.add(how % 2 == 0 ? in.number<std::int64_t>() : std::int64_t{in.number<std::int8_t>()});
  }
}

/// Appends an entry that is there already once more.
void repeat(Column& column, std::size_t row) {
  if (column.is_null(row)) {
    column.add_null();
  } else if (column.type == ColumnType::float64) {
    column.add(column.number(row));
  } else if (column.type == ColumnType::text) {
    column.add(std::string_view(std::string(column.text(row))));
  } else {
    column.add(column.integer(row));
  }
}

void fill(Table& table, fuzz::Choices& in) {
  table.clear();
  table.rows = in.below(8) == 0 ? in.below(rows_max) : in.below(100);
  const std::size_t columns = 1 + in.below(columns_max);
  for (std::size_t c = 0; c < columns; ++c) {
    const auto type = static_cast<ColumnType>(in.below(6));
    const std::uint8_t how = in.byte();
    const bool constant = how % 8 == 7;
    Column& column = table.add("c" + std::to_string(c), type, constant);
    const std::size_t entries = constant ? 1 : table.rows;
    while (column.entries() < entries) {
      const std::uint8_t next = in.byte();
      if (next % 4 == 3 && how % 4 != 0) {
        column.add_null();
      } else {
        add_value(column, in, how);
      }
      // Runs, so that few bytes are many rows and dictionaries are of use.
      for (std::size_t more = next / 4;
           more != 0 && column.entries() < entries && in.size() % 3 != 0; --more)
        repeat(column, column.entries() - 1);
      if (in.empty()) {
        while (column.entries() < entries)
          repeat(column, column.entries() % (1 + how % 7u) % column.entries());
      }
    }
  }
}

void require_statistics(const Table& table, std::size_t first, std::size_t count,
                        const FileInfo& info, std::size_t group) {
  for (std::size_t c = 0; c < table.size(); ++c) {
    std::int64_t nulls = 0;
    std::int64_t nans = 0;
    for (std::size_t row = first; row < first + count; ++row) {
      const bool null = table[c].is_null(row);
      nulls += null ? 1 : 0;
      nans +=
          !null && table[c].type == ColumnType::float64 && std::isnan(table[c].number(row)) ? 1 : 0;
    }
    const ChunkInfo& chunk = info.columns[c].chunks[group];
    require(chunk.null_count == nulls, "nulls are counted");
    if (chunk.nan_count >= 0) require(chunk.nan_count == nans, "and NaNs");
    if (nans != 0) require(chunk.min.empty() && chunk.max.empty(), "a NaN has no bounds beside it");
    if (chunk.min.empty() || table[c].type != ColumnType::float64) continue;
    const double low = std::strtod(chunk.min.c_str(), nullptr);
    const double high = std::strtod(chunk.max.c_str(), nullptr);
    for (std::size_t row = first; row < first + count; ++row) {
      if (!table[c].is_null(row))
        require(table[c].number(row) >= low && table[c].number(row) <= high, "bounds hold");
    }
  }
}

void check_whole(ParquetWriter& writer, const Table& table, std::size_t first, std::size_t count) {
  static Table back;
  const auto reader = ParquetReader::open(writer.encode(table, first, count));
  require(reader.ok(), "what was written opens");
  require(reader.value().info().rows == count, "with its rows");
  require_statistics(table, first, count, reader.value().info(), 0);
  require(reader.value().read(back).ok() && back.rows == count, "and reads");
  fuzz::require_rows(table, back, first);
}

/// The same table in row groups of the sizes that `in` says.
void check_groups(ParquetWriter& writer, const Table& table, fuzz::Choices& in) {
  static Table back;
  std::string file;
  std::vector<std::size_t> begins;
  std::size_t row = 0;
  do {
    const std::size_t count =
        std::min(table.rows - row, in.empty() ? table.rows : in.below(table.rows + 1));
    const auto bytes = writer.add_row_group(table, row, count);
    require(bytes.ok(), "a row group of the same columns is taken");
    file += bytes.value();
    begins.push_back(row);
    row += count;
  } while (row < table.rows && begins.size() < 64);
  file += writer.finish();
  const auto reader = ParquetReader::open(file);
  require(reader.ok() && reader.value().row_groups() == begins.size(),
          "a file of row groups opens");
  require(reader.value().read(back).ok() && back.rows == row, "and reads whole");
  fuzz::require_rows(table, back);
  for (std::size_t g = 0; g < begins.size(); ++g) {
    require(reader.value().read_row_group(g, back).ok(), "and one by one");
    fuzz::require_rows(table, back, begins[g]);
    require_statistics(table, begins[g], back.rows, reader.value().info(), g);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Table table;
  static ParquetWriter writers[] = {ParquetWriter(Compression::none),
                                    ParquetWriter(Compression::snappy),
                                    ParquetWriter(Compression::zstd),
                                    ParquetWriter(Compression::zstd_split)};
  fuzz::Choices in(fuzz::text_of(data, size));
  ParquetWriter& writer = writers[in.below(std::size(writers))];
  const std::size_t part = in.number<std::uint16_t>();
  fill(table, in);
  check_whole(writer, table, 0, table.rows);
  const std::size_t first = table.rows == 0 ? 0 : part % table.rows;
  check_whole(writer, table, first, (table.rows - first) / 2);
  check_groups(writer, table, in);
  return 0;
}
