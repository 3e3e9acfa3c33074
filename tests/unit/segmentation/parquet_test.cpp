#include <cmath>
#include <cstring>
#include <limits>
#include <weir/segmentation/parquet.hpp>

#include "real_data.hpp"

using namespace weir::segmentation;

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

/// A table with every type, with and without nulls, constants and a column of NaNs.
void fill(Table& table, std::size_t rows) {
  table.clear();
  table.rows = rows;
  Column& x = table.add("x", ColumnType::float64);
  Column& gaps = table.add("gaps", ColumnType::float64);
  Column& nans = table.add("nans", ColumnType::float64);
  Column& n = table.add("n", ColumnType::int64);
  Column& small = table.add("small", ColumnType::int32);
  Column& flag = table.add("flag", ColumnType::boolean);
  Column& word = table.add("word", ColumnType::text);
  Column& when = table.add("when", ColumnType::timestamp_us);
  for (std::size_t k = 0; k < rows; ++k) {
    const auto i = static_cast<std::int64_t>(k);
    x.add(0.25 * static_cast<double>(k) - 3);
    if (k % 3 == 1) {
      gaps.add_null();
    } else {
      gaps.add(k % 5 == 0 ? no_number : -static_cast<double>(k));
    }
    nans.add(no_number);
    n.add(i * 1'000'000'000'000);
    small.add(-i);
    flag.add(std::int64_t{i % 2});
    if (k % 4 == 3) {
      word.add_null();
    } else {
      word.add(std::string_view(k % 2 == 0 ? "" : "\xc2\xb5-word"));
    }
    when.add(1757018821635818 + i);
  }
  table.add("same", ColumnType::text, true).add(std::string_view("same"));
  table.add("none", ColumnType::float64, true).add_null();
  table.add("yes", ColumnType::boolean, true).add(std::int64_t{1});
}

bool equal(const Column& a, std::size_t row_a, const Column& b, std::size_t row_b) {
  if (a.is_null(row_a) || b.is_null(row_b)) return a.is_null(row_a) && b.is_null(row_b);
  if (a.type != b.type) return false;
  if (a.type == ColumnType::text) return a.text(row_a) == b.text(row_b);
  if (a.type != ColumnType::float64) return a.integer(row_a) == b.integer(row_b);
  const double x = a.number(row_a);
  const double y = b.number(row_b);
  return std::memcmp(&x, &y, sizeof(x)) == 0;
}

std::string encoded(const Table& table, std::size_t first, std::size_t count,
                    Compression compression = Compression::zstd) {
  ParquetWriter writer(compression);
  return std::string(writer.encode(table, first, count));
}

void patch(std::string& bytes, std::size_t at, char value) { bytes[at] = value; }

}  // namespace

TEST_CASE("parquet: what is written reads back bit for bit, whole and in part, with each codec") {
  Table table;
  fill(table, 100);
  Table back;
  for (const Compression compression :
       {Compression::none, Compression::snappy, Compression::zstd, Compression::zstd_split}) {
    for (const auto& [first, count] :
         {std::pair<std::size_t, std::size_t>{0, 100}, {17, 40}, {5, 1}, {99, 1}}) {
      const auto read = read_parquet(encoded(table, first, count, compression), back);
      REQUIRE_MESSAGE(read.ok(), read.error().text());
      REQUIRE(back.rows == count);
      REQUIRE(back.size() == table.size());
      for (std::size_t k = 0; k < table.size(); ++k) {
        CAPTURE(table[k].name);
        CHECK(back[k].name == table[k].name);
        for (std::size_t row = 0; row < count; ++row)
          CHECK(equal(back[k], row, table[k], first + row));
      }
    }
  }
}

TEST_CASE(
    "parquet: constants and columns of one value stay constants, equal input gives equal bytes") {
  Table table;
  fill(table, 50);
  Table back;
  const std::string bytes = encoded(table, 0, 50);
  CHECK(bytes == encoded(table, 0, 50));
  REQUIRE(read_parquet(bytes, back).ok());
  CHECK(back.find("same")->constant);
  CHECK(back.find("nans")->constant);
  CHECK(!back.find("x")->constant);
}

TEST_CASE("parquet: extra columns stand behind the table's") {
  Table table;
  fill(table, 30);
  Table extra;
  extra.add("id", ColumnType::int64, true).add(std::int64_t{7});
  Column& point = extra.add("point", ColumnType::int64);
  for (std::int64_t k = 0; k < 10; ++k) point.add(k);
  ParquetWriter writer(Compression::zstd);
  Table back;
  REQUIRE(read_parquet(writer.encode(table, 20, 10, &extra), back).ok());
  REQUIRE(back.size() == table.size() + 2);
  CHECK(back[table.size()].integer(9) == 7);
  CHECK(back[table.size() + 1].integer(9) == 9);
  CHECK(back.find("x")->number(0) == table.find("x")->number(20));
}

TEST_CASE("parquet: statistics leave out what a NaN would spoil, zeros have both signs") {
  Table table;
  table.rows = 3;
  Column& zeros = table.add("zeros", ColumnType::float64);
  Column& nans = table.add("nans", ColumnType::float64);
  Column& words = table.add("words", ColumnType::text);
  for (int k = 0; k < 3; ++k) {
    zeros.add(k == 1 ? -0.0 : 0.0);
    nans.add(k == 1 ? no_number : 1.0);
    words.add(std::string_view(k == 0 ? "b" : k == 1 ? "\xc2\xb5" : "a"));
  }
  Table back;
  FileInfo info;
  REQUIRE(read_parquet(encoded(table, 0, 3), back, &info).ok());
  CHECK(info.columns[0].min == "-0.0");
  CHECK(info.columns[0].max == "0.0");
  CHECK(info.columns[1].min.empty());
  CHECK(info.columns[1].max.empty());
  CHECK(info.columns[1].null_count == 0);
  CHECK(info.columns[2].min == "a");
  CHECK(info.columns[2].max == "\xc2\xb5");
  CHECK(info.created_by.starts_with("weir version "));
}

TEST_CASE("parquet: a table without rows is a file without values") {
  Table table;
  fill(table, 0);
  Table back;
  const auto read = read_parquet(encoded(table, 0, 0), back);
  REQUIRE_MESSAGE(read.ok(), read.error().text());
  CHECK(back.rows == 0);
  CHECK(back.size() == table.size());
}

TEST_CASE("parquet: a file that is cut, or no Parquet, is refused") {
  Table table;
  fill(table, 20);
  const std::string bytes = encoded(table, 0, 20);
  Table back;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto read = read_parquet(std::string_view(bytes).substr(0, size), back);
    REQUIRE(!read.ok());
    CHECK(read.error().code == "bad_parquet");
  }
  CHECK(!read_parquet(std::string(100, 'x'), back).ok());
  CHECK(read_parquet("PAR1" + std::string(100, 'x') + "PARE", back).error().code ==
        "unsupported_parquet");
}

TEST_CASE("parquet: no flipped byte does harm, and one in a page is found by its CRC") {
  Table table;
  fill(table, 20);
  const std::string bytes = encoded(table, 0, 20);
  Table back;
  std::size_t refused = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int bit : {0, 3, 7}) {
      std::string broken = bytes;
      patch(broken, at, static_cast<char>(broken[at] ^ (1 << bit)));
      refused += read_parquet(broken, back).ok() ? 0 : 1;
    }
  }
  CHECK(refused > bytes.size());  // of three tries a byte
  std::string broken = bytes;
  const std::size_t value = bytes.find("same");
  patch(broken, value, 'S');
  const auto read = read_parquet(broken, back);
  REQUIRE(!read.ok());
  CHECK(read.error().what.find("CRC") != std::string::npos);
}

TEST_CASE("parquet: limits are kept before memory is taken") {
  Table table;
  fill(table, 100);
  const std::string bytes = encoded(table, 0, 100);
  Table back;
  ParquetLimits limits;
  limits.rows_max = 99;
  CHECK(!read_parquet(bytes, back, nullptr, limits).ok());
  limits = {};
  limits.columns_max = 3;
  CHECK(!read_parquet(bytes, back, nullptr, limits).ok());
  limits = {};
  limits.page_bytes_max = 100;
  CHECK(!read_parquet(bytes, back, nullptr, limits).ok());
  limits = {};
  limits.total_bytes_max = 2000;
  CHECK(!read_parquet(bytes, back, nullptr, limits).ok());
}

TEST_CASE("parquet: the original's files have the schema that is known of them") {
  const std::string root = real_data::root();
  if (root.empty()) return;
  Table table;
  FileInfo info;
  const std::string path =
      "/staged_by_polars/proc=IV/date=2025-09-04/run_id=115aea5e88194a7f/part-000.parquet";
  const auto read = read_parquet(real_data::read(root + path), table, &info);
  REQUIRE_MESSAGE(read.ok(), read.error().text());
  CHECK(info.created_by == "Polars");
  CHECK(info.rows == 44);
  CHECK(info.columns[0].codec == "ZSTD");
  CHECK(table.find("start_dt")->type == ColumnType::timestamp_us);
  CHECK(table.find("start_dt")->integer(0) == 1757018821635818);
  CHECK(table.find("Plate T (degC)")->text(43) == "nan");
  CHECK(table.find("chip_number")->integer(0) == 79);
}
