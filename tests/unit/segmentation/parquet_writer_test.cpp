// Files of several row groups, dictionaries and pages, as the writer makes them.
#include <doctest/doctest.h>

#include <cstdlib>
#include <limits>
#include <weir/file.hpp>
#include <weir/segmentation/parquet.hpp>

using namespace weir::segmentation;

namespace {

constexpr std::size_t run_count = 7;
constexpr std::size_t run_rows = 300;

/// The rows of some runs: ids and constants that change with the run, a ramp, gaps, NaNs.
void fill(Table& table, std::size_t first_run, std::size_t count) {
  table.clear();
  table.rows = count * run_rows;
  Column& id = table.add("run_id", ColumnType::text);
  Column& chip = table.add("chip", ColumnType::int32);
  Column& vg = table.add("vg_v", ColumnType::float64);
  Column& start = table.add("start_dt", ColumnType::timestamp_us);
  Column& v = table.add("v", ColumnType::float64);
  Column& note = table.add("note", ColumnType::text);
  Column& light = table.add("light", ColumnType::boolean);
  Column& gaps = table.add("gaps", ColumnType::int64);
  for (std::size_t run = first_run; run < first_run + count; ++run) {
    for (std::size_t k = 0; k < run_rows; ++k) {
      id.add(std::string_view("run-" + std::to_string(run)));
      chip.add(static_cast<std::int64_t>(run % 3));
      if (run == 1) {
        vg.add(std::numeric_limits<double>::quiet_NaN());
      } else {
        vg.add(run % 2 == 0 ? -0.0 : 0.0);
      }
      start.add(static_cast<std::int64_t>(1757018821635818 + run));
      v.add(static_cast<double>(k) / 8);
      if (k % 50 == 7) {
        note.add_null();
      } else {
        note.add(std::string_view(k < 150 ? "forward" : "backward"));
      }
      light.add(static_cast<std::int64_t>(k % 2));
      if (k % 3 == 0) {
        gaps.add_null();
      } else {
        gaps.add(static_cast<std::int64_t>(k));
      }
    }
  }
}

bool equal(const Table& a, std::size_t row_a, const Table& b, std::size_t row_b) {
  for (std::size_t k = 0; k < a.size(); ++k) {
    const Column& x = a[k];
    const Column& y = b[k];
    if (x.name != y.name || x.type != y.type || x.is_null(row_a) != y.is_null(row_b)) return false;
    if (x.is_null(row_a)) continue;
    const bool same = x.type == ColumnType::text ? x.text(row_a) == y.text(row_b)
                      : x.type == ColumnType::float64
                          ? std::to_string(x.number(row_a)) == std::to_string(y.number(row_b))
                          : x.integer(row_a) == y.integer(row_b);
    if (!same) return false;
  }
  return true;
}

/// A file of a row group a run.
std::string grouped(Compression compression) {
  ParquetWriter writer(compression);
  Table table;
  std::string file;
  for (std::size_t run = 0; run < run_count; ++run) {
    fill(table, run, 1);
    file += writer.add_row_group(table, 0, table.rows).value();
  }
  return file + std::string(writer.finish());
}

}  // namespace

TEST_CASE("parquet: row groups one after the other make one file") {
  Table all;
  fill(all, 0, run_count);
  for (const Compression compression :
       {Compression::none, Compression::snappy, Compression::zstd, Compression::zstd_split}) {
    const std::string file = grouped(compression);
    Table back;
    FileInfo info;
    const auto read = read_parquet(file, back, &info);
    REQUIRE_MESSAGE(read.ok(), read.error().text());
    REQUIRE(back.rows == all.rows);
    CHECK(info.row_group_rows == std::vector<std::uint64_t>(run_count, run_rows));
    for (std::size_t row = 0; row < back.rows; ++row) REQUIRE(equal(back, row, all, row));
    const auto reader = ParquetReader::open(file);
    REQUIRE(reader.ok());
    REQUIRE(reader.value().read_row_group(4, back).ok());
    REQUIRE(back.rows == run_rows);
    CHECK(back[0].constant);
    for (std::size_t row = 0; row < run_rows; ++row)
      REQUIRE(equal(back, row, all, 4 * run_rows + row));
  }
}

TEST_CASE("parquet: each row group has its own statistics") {
  Table back;
  FileInfo info;
  REQUIRE(read_parquet(grouped(Compression::zstd), back, &info).ok());
  const ColumnInfo& id = info.columns[0];
  REQUIRE(id.chunks.size() == run_count);
  for (std::size_t run = 0; run < run_count; ++run) {
    CHECK(id.chunks[run].min == "run-" + std::to_string(run));
    CHECK(id.chunks[run].max == id.chunks[run].min);
    CHECK(info.columns[5].chunks[run].null_count == 6);
    CHECK(info.columns[7].chunks[run].null_count == 100);
  }
  CHECK(id.min == "run-0");
  CHECK(id.max == "run-6");
  const ColumnInfo& vg = info.columns[2];
  CHECK(vg.chunks[0].min == "-0.0");
  CHECK(vg.chunks[0].max == "0.0");
  CHECK(vg.chunks[1].min.empty());  // NaNs
  CHECK(vg.chunks[1].nan_count == run_rows);
  CHECK(vg.chunks[3].min == "-0.0");
  CHECK(vg.min.empty());
  CHECK(info.columns[3].min == "2025-09-04T20:47:01.635818Z");
}

TEST_CASE(
    "parquet: what seldom changes is written as a dictionary, in one row group of many runs") {
  Table table;
  fill(table, 0, run_count);
  for (const Compression compression :
       {Compression::none, Compression::zstd, Compression::zstd_split}) {
    ParquetWriter writer(compression);
    const std::string file(writer.encode(table, 10, table.rows - 20));
    Table back;
    FileInfo info;
    REQUIRE(read_parquet(file, back, &info).ok());
    REQUIRE(back.rows == table.rows - 20);
    for (std::size_t row = 0; row < back.rows; ++row) REQUIRE(equal(back, row, table, row + 10));
    for (const std::size_t k : {0u, 1u, 2u, 3u, 5u})
      CHECK(info.columns[k].encodings == "PLAIN,RLE,RLE_DICTIONARY");
    CHECK(info.columns[4].encodings ==
          std::string(compression == Compression::zstd_split ? "BYTE_STREAM_SPLIT,RLE"
                                                             : "PLAIN,RLE"));
    for (const std::size_t k : {6u, 7u}) CHECK(info.columns[k].encodings == "PLAIN,RLE");
    CHECK(info.columns[0].compressed_bytes < 300);
  }
}

TEST_CASE("parquet: dictionaries of more entries than a byte counts") {
  Table table;
  table.rows = 4 * 70000;
  Column& n = table.add("n", ColumnType::int64);
  for (std::size_t k = 0; k < table.rows; ++k) n.add(static_cast<std::int64_t>(k / 4) * 3);
  ParquetWriter writer(Compression::none);
  Table back;
  FileInfo info;
  REQUIRE(read_parquet(writer.encode(table, 0, table.rows), back, &info).ok());
  CHECK(info.columns[0].encodings == "PLAIN,RLE,RLE_DICTIONARY");
  REQUIRE(back.rows == table.rows);
  CHECK(back[0].integers == table[0].integers);
  REQUIRE(read_parquet(writer.encode(table, 0, 1024), back).ok());
  CHECK(std::equal(back[0].integers.begin(), back[0].integers.end(), n.integers.begin()));
}

TEST_CASE(
    "parquet: a dictionary's runs go on in the next page, and its bounds are those of its rows") {
  Table table;
  table.rows = 300'001;  // three pages
  Column& n = table.add("n", ColumnType::int64);
  Column& word = table.add("word", ColumnType::text);
  Column& gaps = table.add("gaps", ColumnType::text);
  for (std::size_t k = 0; k < table.rows; ++k) {
    const std::size_t run = k / 7777;  // the pages begin within one
    const auto third = static_cast<std::int64_t>(run % 3);
    n.add(run == 20 ? 1000 : run == 38 ? -5 : third);
    word.add(run == 0 ? "zero" : run == 38 ? "a" : "middle");
    if (k % 10 == 3 || k == 0) {
      gaps.add_null();
    } else {
      gaps.add(run == 17 ? "~" : run == 18 ? "!" : "m");
    }
  }
  for (const std::size_t first : {std::size_t{0}, std::size_t{7000}}) {
    ParquetWriter writer(Compression::zstd);
    Table back;
    FileInfo info;
    REQUIRE(read_parquet(writer.encode(table, first, table.rows - first), back, &info).ok());
    REQUIRE(back.rows == table.rows - first);
    bool same = true;
    for (std::size_t k = 0; k < back.rows; ++k) same = same && equal(back, k, table, first + k);
    CHECK(same);
    for (const ColumnInfo& column : info.columns)
      CHECK(column.encodings == "PLAIN,RLE,RLE_DICTIONARY");
    CHECK(info.columns[0].min == "-5");
    CHECK(info.columns[0].max == "1000");
    CHECK(info.columns[1].min == "a");
    CHECK(info.columns[1].max == "zero");
    CHECK(info.columns[2].min == "!");
    CHECK(info.columns[2].max == "~");
  }
}

TEST_CASE("parquet: large chunks are written in pages of a mebibyte") {
  Table table;
  table.rows = 300'000;
  Column& v = table.add("v", ColumnType::float64);
  Column& word = table.add("word", ColumnType::text);
  Column& gaps = table.add("gaps", ColumnType::boolean);
  for (std::size_t k = 0; k < table.rows; ++k) {
    v.add(static_cast<double>(k));
    word.add(std::string_view("word " + std::to_string(k)));
    if (k % 5 == 0) {
      gaps.add_null();
    } else {
      gaps.add(static_cast<std::int64_t>(k % 2));
    }
  }
  ParquetWriter writer(Compression::snappy);
  const std::string_view file = writer.encode(table, 0, table.rows);
  Table back;
  ParquetLimits limits;
  limits.page_bytes_max = (1u << 20) + 4096;  // the levels come to the values
  const auto read = read_parquet(file, back, nullptr, limits);
  REQUIRE_MESSAGE(read.ok(), read.error().text());
  REQUIRE(back.rows == table.rows);
  CHECK(back[0].floats == v.floats);
  CHECK(back[1].bytes == word.bytes);
  CHECK(back[2].integers == gaps.integers);
  CHECK(back[2].valid == gaps.valid);
}

TEST_CASE("parquet: a row group of another schema is refused, and the file goes on") {
  Table table;
  fill(table, 0, 1);
  ParquetWriter writer(Compression::zstd);
  std::string file(writer.add_row_group(table, 0, 10).value());
  Table other;
  fill(other, 1, 1);
  other.remove("gaps");
  auto refused = writer.add_row_group(other, 0, 10);
  REQUIRE(!refused.ok());
  CHECK(refused.error().code == "other_schema");
  other.add("gaps", ColumnType::float64, true).add(1.0);
  refused = writer.add_row_group(other, 0, 10);
  REQUIRE(!refused.ok());
  CHECK(refused.error().where == "gaps");
  file += writer.add_row_group(table, 10, 5).value();
  file += writer.finish();
  Table back;
  REQUIRE(read_parquet(file, back).ok());
  CHECK(back.rows == 15);
  // The next file is another one, with another schema.
  file = writer.encode(other, 0, 3);
  REQUIRE(read_parquet(file, back).ok());
  CHECK(back.rows == 3);
}

TEST_CASE("parquet: one row group is the same file by either way") {
  Table table;
  fill(table, 0, 2);
  ParquetWriter writer(Compression::zstd);
  const std::string whole(writer.encode(table, 0, table.rows));
  std::string parts(writer.add_row_group(table, 0, table.rows).value());
  parts += writer.finish();
  CHECK(whole == parts);
}

TEST_CASE("parquet: a row group that was packed is what it was, and takes columns that it lacks") {
  Table runs;
  fill(runs, 0, 2);
  Table more;
  const auto with = [&](std::initializer_list<const char*> names) {
    std::vector<const Column*> columns;
    for (const std::string name : names)
      columns.push_back(runs.find(name) != nullptr ? runs.find(name) : more.find(name));
    return columns;
  };
  more.add("none", ColumnType::float64, true).add_null();
  more.add("word", ColumnType::text, true).add_null();
  more.add("v", ColumnType::text, true).add_null();  // of another type than the run's
  const auto narrow = with({"note", "v", "run_id", "gaps", "light", "vg_v"});
  const auto wide = with({"none", "v", "word", "run_id", "note", "light", "gaps", "vg_v"});
  for (const Compression compression : {Compression::zstd, Compression::none}) {
    ParquetWriter writer(compression);
    const auto file_of = [&](const RowGroup& group) {
      const auto head = writer.add_row_group(group);
      REQUIRE(head.ok());
      return std::string(head.value()) + std::string(writer.finish());
    };
    RowGroup made, again, conformed;
    writer.encode_row_group(narrow, 0, 2 * run_rows, made);
    std::string packed;
    made.pack(packed);
    again.unpack(packed);
    CHECK(again.bytes() == made.bytes());
    CHECK(again.rows() == made.rows());
    CHECK(file_of(again) == file_of(made));
    writer.conform_row_group(again, wide, conformed);
    writer.encode_row_group(wide, 0, 2 * run_rows, made);
    CHECK(file_of(conformed) == file_of(made));
    std::vector<const Column*> typed = wide;
    typed[1] = &more[2];
    writer.conform_row_group(again, typed, conformed);
    writer.encode_row_group(typed, 0, 2 * run_rows, made);
    CHECK(file_of(conformed) == file_of(made));
  }
}

TEST_CASE("parquet: files for other readers, where WEIR_INTEROP_OUT says") {
  const char* folder = std::getenv("WEIR_INTEROP_OUT");
  if (folder == nullptr) return;
  Table table;
  fill(table, 0, run_count);
  for (const Compression compression :
       {Compression::none, Compression::snappy, Compression::zstd, Compression::zstd_split}) {
    const std::string stem = std::string(folder) + "/" + std::string(to_string(compression));
    REQUIRE(weir::write_file_atomically(stem + "_groups.parquet", grouped(compression),
                                        weir::Sync::none)
                .ok());
    ParquetWriter writer(compression);
    REQUIRE(weir::write_file_atomically(stem + "_runs.parquet", writer.encode(table, 0, table.rows),
                                        weir::Sync::none)
                .ok());
    REQUIRE(weir::write_file_atomically(stem + "_empty.parquet", writer.encode(table, 0, 0),
                                        weir::Sync::none)
                .ok());
  }
}

TEST_CASE("parquet writer: bounds and counts of numbers, whatever their place and number") {
  ParquetWriter writer(Compression::zstd);
  for (std::size_t count = 1; count <= 40; ++count) {
    for (std::size_t at = 0; at < count; ++at) {
      Table table;
      table.rows = count;
      Column& v = table.add("v", ColumnType::float64);
      Column& with_nan = table.add("with_nan", ColumnType::float64);
      for (std::size_t k = 0; k < count; ++k) {
        const double value = k == at ? -7.5 : static_cast<double>(k == (at + 1) % count ? 99 : k);
        v.add(value);
        with_nan.add(k == at ? std::numeric_limits<double>::quiet_NaN() : value);
      }
      Table back;
      FileInfo info;
      REQUIRE(read_parquet(writer.encode(table, 0, count), back, &info).ok());
      REQUIRE(info.columns[0].min == "-7.5");
      REQUIRE(info.columns[0].max == (count == 1 ? "-7.5" : "99.0"));
      REQUIRE(info.columns[0].chunks[0].nan_count == 0);
      REQUIRE(info.columns[1].min.empty());
      REQUIRE(info.columns[1].chunks[0].nan_count == 1);
      REQUIRE(info.columns[1].chunks[0].null_count == 0);
    }
  }
}
