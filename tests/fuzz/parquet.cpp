// parquet.cpp: fuzzes the Parquet reader: any bytes are read, or refused with a code and a sentence, within the limits;
// what was read whole reads in row groups too, and reads back from what our writer makes of it.
//
// An input that begins with "PAR1" is a file. Of another one a file is made around pages that it says: a column of any
// type, pages of either kind and any encoding, levels and bodies as they stand in the input, in several row groups.
#include <string>
#include <string_view>
#include <vector>
#include <weir/segmentation/parquet.hpp>

#include "fuzz.hpp"
#include "parquet_file.hpp"
#include "parquet_types.hpp"

namespace {

using namespace weir::segmentation;
using fuzz::require;

constexpr ParquetLimits limits = {1u << 16, 256, 1u << 20, 1u << 22, 1u << 12};

void require_shape(const Table& table, const FileInfo& info, std::uint64_t rows) {
  require(table.rows == rows && rows <= limits.rows_max,
          "a table has the rows that the footer says");
  require(table.size() == info.columns.size() && table.size() <= limits.columns_max,
          "a table has the columns that the footer says");
  for (std::size_t k = 0; k < table.size(); ++k) {
    const Column& column = table[k];
    require(column.entries() == (column.constant ? 1 : rows), "a column has an entry a row");
    require(column.valid.empty() || column.valid.size() == column.entries(),
            "and says of each if it is there");
    require(column.type != ColumnType::text || column.ends.empty() ||
                column.ends.back() == column.bytes.size(),
            "a text ends where its column does");
    for (std::size_t row = 0; row < std::min<std::uint64_t>(rows, 8); ++row) {
      if (column.is_null(row)) continue;
      const std::string text =
          format::value_text(column, row, info.columns[k].temporal, info.columns[k].utc);
      require(column.type == ColumnType::text || !text.empty(), "a value has a text");
    }
  }
}

struct Meaning {
  int converted;
  int logical;  // field of the union; 0: none
};
constexpr Meaning meanings[] = {{-1, 0},  {0, 1},   {5, 5},   {6, 6},  {8, 7},  {9, 8},
                                {10, 8},  {11, 10}, {13, 0},  {14, 0}, {18, 0}, {21, 0},
                                {19, 12}, {-1, 14}, {-1, 15}, {-1, 8}};

parquet_file::Page page_of(fuzz::Choices& in, bool optional) {
  parquet_file::Page page;
  const std::uint8_t flags = in.byte();
  page.is_dictionary = (flags & 3) == 3;
  page.v2 = (flags & 4) != 0;
  page.is_compressed = (flags & 8) != 0;
  page.encoding = static_cast<int>(in.below(11));
  page.count = in.number<std::uint16_t>() % 4096;
  const std::string levels(in.take(optional ? in.byte() : 0));
  page.body = in.take(in.number<std::uint16_t>() % 8192);
  if (optional && page.v2) {
    page.levels = levels;
  } else if (optional && !page.is_dictionary) {
    page.body = parquet_file::le(static_cast<std::uint32_t>(levels.size())) + levels + page.body;
  }
  if ((flags & 16) != 0) page.uncompressed = in.number<std::uint16_t>();
  return page;
}

std::string file_of(std::string_view input) {
  fuzz::Choices in(input);
  parquet_file::File file;
  file.type = static_cast<parquet_file::Type>(in.below(8));
  const std::uint8_t flags = in.byte();
  file.optional = (flags & 1) != 0;
  file.no_dictionary_offset = (flags & 2) != 0;
  constexpr int codecs[] = {0, 0, 1, 2, 6, 7};
  file.codec = codecs[in.below(std::size(codecs))];
  file.length = file.type == parquet_file::fixed ? static_cast<int>(in.below(40)) : 0;
  const Meaning meaning = meanings[in.below(std::size(meanings))];
  file.converted = (flags & 4) != 0 ? meaning.converted : -1;
  if (meaning.converted == 5) {
    file.precision = static_cast<int>(in.below(80));
    file.scale = static_cast<int>(in.below(80));
  }
  if (meaning.logical != 0 && meaning.logical != 5 && (flags & 8) != 0) {
    parquet_file::Struct clock;
    clock.flag(1, (flags & 16) != 0);
    clock.nested(2, parquet_file::Struct().nested(1 + static_cast<int>(in.below(3)), {}));
    file.logical.push_back(parquet_file::Struct().nested(meaning.logical, clock));
  }
  do {
    std::vector<parquet_file::Page> pages;
    do pages.push_back(page_of(in, file.optional));
    while (!in.empty() && pages.size() < 4 && in.flag());
    file.groups.push_back(std::move(pages));
    parquet_file::Struct bounds;
    if ((flags & 32) != 0)
      bounds.wide(3, in.number<std::int8_t>())
          .text(5, in.take(in.below(20)))
          .text(6, in.take(in.below(20)));
    file.statistics.push_back(bounds);
  } while (!in.empty() && file.groups.size() < 4);
  return file.bytes();
}

/// What a read may hold: its budget, for which the storage of a growing column counts three times, and copies of a
/// page on its way; the footer, whose entries are larger in memory than in the file.
std::uint64_t memory_max(std::size_t size) {
  return 8 * limits.total_bytes_max + 64 * size + 2048 * limits.chunks_max + (1u << 20);
}

void check_groups(const ParquetReader& reader, const Table& whole) {
  static Table group;
  std::size_t first = 0;
  for (std::size_t g = 0; g < reader.row_groups(); ++g) {
    require(reader.read_row_group(g, group).ok(), "what reads whole reads in row groups");
    require_shape(group, reader.info(), reader.info().row_group_rows[g]);
    fuzz::require_rows(whole, group, first);
    first += group.rows;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Table other;
  static ParquetWriter writer(Compression::none);
  std::string_view bytes = fuzz::text_of(data, size);
  std::string made;
  if (!bytes.starts_with("PAR1")) bytes = made = file_of(bytes);
  Table table;
  const fuzz::MemoryMeter memory;
  const auto reader = ParquetReader::open(bytes, limits);
  if (!reader) {
    memory.require_below(memory_max(bytes.size()));
    fuzz::require_reason(reader.error());
    return 0;
  }
  const auto whole = reader.value().read(table);
  memory.require_below(memory_max(bytes.size()));
  if (!whole) {
    fuzz::require_reason(whole.error());
    for (std::size_t g = 0; g < reader.value().row_groups(); ++g) {
      if (const auto read = reader.value().read_row_group(g, other); !read)
        fuzz::require_reason(read.error());
    }
    return 0;
  }
  require_shape(table, reader.value().info(), reader.value().info().rows);
  check_groups(reader.value(), table);
  const auto back = read_parquet(writer.encode(table, 0, table.rows), other);
  require(back.ok(), "what was written reads back");
  fuzz::require_same(table, other);
  return 0;
}
