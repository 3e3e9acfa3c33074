// What values mean, what is refused by name, and limits, on files made by hand.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <weir/segmentation/parquet.hpp>

#include "parquet_file.hpp"

using namespace weir::segmentation;
using parquet_file::says;
namespace pf = parquet_file;
using pf::le;
using pf::raw;

namespace {

pf::File column(pf::Type type, int count, std::string body) {
  pf::File file;
  file.type = type;
  pf::Page page;
  page.body = std::move(body);
  page.count = count;
  file.groups = {{page}};
  return file;
}

/// A LogicalType whose field `id` is `content`.
pf::Struct logical(int id, const pf::Struct& content = {}) {
  pf::Struct type;
  type.nested(id, content);
  return type;
}
/// Of TIME and TIMESTAMP; `unit` 1 ms, 2 us, 3 ns.
pf::Struct clock(bool utc, int unit) {
  pf::Struct out;
  out.flag(1, utc).nested(2, logical(unit));
  return out;
}

struct Read {
  Table table;
  FileInfo info;
  std::string error;
  const Column& x() const { return const_cast<Read*>(this)->table[0]; }
};
Read read(const pf::File& file, const ParquetLimits& limits = {}) {
  Read out;
  const auto done = read_parquet(file.bytes(), out.table, &out.info, limits);
  if (!done.ok()) out.error = done.error().text();
  return out;
}

}  // namespace

TEST_CASE("parquet: each physical type without a logical one") {
  CHECK(read(column(pf::boolean, 2, raw({2}))).x().type == ColumnType::boolean);
  Read r = read(column(pf::int32, 1, le(std::int32_t{-5})));
  CHECK(r.x().type == ColumnType::int32);
  CHECK(r.x().integer(0) == -5);
  r = read(column(pf::int64, 1, le(std::int64_t{1} << 60)));
  CHECK(r.x().type == ColumnType::int64);
  CHECK(r.x().integer(0) == std::int64_t{1} << 60);
  CHECK(read(column(pf::float32, 1, le(0.1f))).x().number(0) == static_cast<double>(0.1f));
  CHECK(read(column(pf::float64, 1, le(0.1))).x().number(0) == 0.1);
  r = read(column(pf::byte_array, 1, pf::texts({std::string("\xff\0z", 3)})));
  CHECK(r.x().text(0) == std::string_view("\xff\0z", 3));
  CHECK(r.info.columns[0].physical == "BYTE_ARRAY");
  CHECK(r.info.columns[0].logical.empty());
  pf::File file = column(pf::fixed, 2, "abcdef");
  file.length = 3;
  r = read(file);
  CHECK(r.x().text(1) == "def");
  CHECK(r.info.columns[0].physical == "FIXED_LEN_BYTE_ARRAY");
}

TEST_CASE("parquet: times and instants, said by logical and by converted types") {
  struct Way {
    pf::Type type;
    pf::Struct logical;
    int converted;
    std::string name;
    Temporal temporal;
    ColumnType column;
    std::int64_t stored, value;
  };
  const std::int64_t day = 20000;
  const std::vector<Way> ways = {
      {pf::int32, logical(6), 6, "DATE", Temporal::date, ColumnType::int32, day, day},
      {pf::int32, logical(7, clock(true, 1)), 7, "TIME(ms, UTC)", Temporal::time_ms,
       ColumnType::int32, 1500, 1500},
      {pf::int64, logical(7, clock(true, 2)), 8, "TIME(us, UTC)", Temporal::time_us,
       ColumnType::int64, 1500, 1500},
      {pf::int64, logical(7, clock(false, 3)), -1, "TIME(ns)", Temporal::time_ns, ColumnType::int64,
       1500, 1500},
      {pf::int64, logical(8, clock(true, 1)), 9, "TIMESTAMP(ms, UTC)", Temporal::timestamp_us,
       ColumnType::timestamp_us, -1500, -1500000},
      {pf::int64, logical(8, clock(true, 2)), 10, "TIMESTAMP(us, UTC)", Temporal::timestamp_us,
       ColumnType::timestamp_us, -1500, -1500},
      {pf::int64, logical(8, clock(false, 2)), -1, "TIMESTAMP(us)", Temporal::timestamp_us,
       ColumnType::timestamp_us, -1500, -1500},
      {pf::int64, logical(8, clock(false, 3)), -1, "TIMESTAMP(ns)", Temporal::timestamp_ns,
       ColumnType::int64, -1500, -1500}};
  for (const Way& way : ways) {
    for (const bool by_logical : {true, false}) {
      if (!by_logical && way.converted < 0) continue;
      CAPTURE(way.name);
      pf::File file = column(
          way.type, 1,
          way.type == pf::int32 ? le(static_cast<std::int32_t>(way.stored)) : le(way.stored));
      if (by_logical) {
        file.logical = {way.logical};
      } else {
        file.converted = way.converted;
      }
      const Read r = read(file);
      REQUIRE_MESSAGE(r.error.empty(), r.error);
      CHECK(r.info.columns[0].logical == way.name);
      CHECK(r.info.columns[0].temporal == way.temporal);
      CHECK(r.x().type == way.column);
      CHECK(r.x().integer(0) == way.value);
    }
  }
  pf::File file = column(pf::int64, 1, le(std::int64_t{1} << 62));
  file.logical = {logical(8, clock(true, 1))};
  CHECK(says(read(file).error, "beyond"));
}

TEST_CASE("parquet: unsigned integers keep their values, small ones too") {
  pf::File file = column(pf::int32, 2, le(std::uint32_t{4294967295u}) + le(std::uint32_t{1}));
  pf::Struct integer;
  integer.octet(1, 32).flag(2, false);
  for (const bool by_logical : {true, false}) {
    if (by_logical) file.logical = {logical(10, integer)};
    file.converted = 13;
    const Read r = read(file);
    CHECK(r.x().type == ColumnType::int64);
    CHECK(r.x().integer(0) == 4294967295);
    CHECK(r.x().integer(1) == 1);
    CHECK(r.info.columns[0].logical == "UINT_32");
    file.logical.clear();
  }
  file = column(pf::int64, 1, le(std::uint64_t{18446744073709551615u}));
  file.converted = 14;
  CHECK(read(file).x().text(0) == "18446744073709551615");
  file.converted = 18;
  CHECK(read(file).x().integer(0) == -1);
  CHECK(read(file).info.columns[0].logical == "INT_64");
  file = column(pf::int32, 1, le(std::int32_t{200}));
  file.converted = 11;
  CHECK(read(file).x().integer(0) == 200);
}

TEST_CASE("parquet: decimals of all widths are exact") {
  const auto decimal = [](pf::File file, int precision, int scale) {
    file.converted = 5;
    file.precision = precision;
    file.scale = scale;
    return file;
  };
  Read r =
      read(decimal(column(pf::int32, 4, pf::les<std::int32_t>({12345, -5, 0, -2147483648})), 9, 2));
  REQUIRE_MESSAGE(r.error.empty(), r.error);
  CHECK(r.info.columns[0].logical == "DECIMAL(9, 2)");
  CHECK(r.x().text(0) == "123.45");
  CHECK(r.x().text(1) == "-0.05");
  CHECK(r.x().text(2) == "0.00");
  CHECK(r.x().text(3) == "-21474836.48");
  r = read(decimal(column(pf::int64, 1, le(std::numeric_limits<std::int64_t>::min())), 18, 0));
  CHECK(r.x().text(0) == "-9223372036854775808");
  pf::File file =
      column(pf::fixed, 2, "\x7f" + std::string(15, '\xff') + "\x80" + std::string(15, '\0'));
  file.length = 16;
  r = read(decimal(file, 38, 38));
  CHECK(r.x().text(0) == "1.70141183460469231731687303715884105727");
  CHECK(r.x().text(1) == "-1.70141183460469231731687303715884105728");
  r = read(decimal(column(pf::byte_array, 3, pf::texts({"", "\xff", "\x01\x02"})), 5, 1));
  CHECK(r.x().text(0) == "0.0");
  CHECK(r.x().text(1) == "-0.1");
  CHECK(r.x().text(2) == "25.8");
  file = column(pf::byte_array, 1, pf::texts({std::string(32, '\x80')}));
  CHECK(read(decimal(file, 76, 0)).x().text(0) ==
        "-57669001306428065956053000376875938421040345304064124051023973211784186134400");
  CHECK(
      says(read(decimal(column(pf::byte_array, 1, pf::texts({std::string(33, 'x')})), 76, 0)).error,
           "256 bits"));
  CHECK(says(read(decimal(file, 77, 0)).error, "76 digits"));
  CHECK(says(read(decimal(file, 5, 6)).error, "scale"));
  CHECK(says(read(decimal(column(pf::float64, 1, le(0.0)), 5, 1)).error, "decimal of type DOUBLE"));
}

TEST_CASE("parquet: FLOAT16, UUID, and texts by other names") {
  pf::File file =
      column(pf::fixed, 7, raw({0, 0x3c, 0, 0xc0, 0, 0x7c, 0, 0xfc, 1, 0x7e, 1, 0, 0, 0x80}));
  file.length = 2;
  file.logical = {logical(15)};
  Read r = read(file);
  REQUIRE(r.x().type == ColumnType::float64);
  CHECK(r.x().number(0) == 1.0);
  CHECK(r.x().number(1) == -2.0);
  CHECK(r.x().number(2) == std::numeric_limits<double>::infinity());
  CHECK(r.x().number(3) == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(r.x().number(4)));
  CHECK(r.x().number(5) == std::ldexp(1.0, -24));
  CHECK(std::signbit(r.x().number(6)));
  file = column(pf::fixed, 1, raw({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255}));
  file.length = 16;
  file.logical = {logical(14)};
  CHECK(read(file).x().text(0) == "00010203-0405-0607-0809-0a0b0c0d0eff");
  file = column(pf::byte_array, 1, pf::texts({"a"}));
  for (const auto& [id, name] : {std::pair{1, "STRING"}, {4, "ENUM"}, {12, "JSON"}, {13, "BSON"}}) {
    file.logical = {logical(id)};
    r = read(file);
    CHECK(r.info.columns[0].logical == name);
    CHECK(r.x().text(0) == "a");
  }
}

TEST_CASE("parquet: a logical type that is unknown or does not fit is left aside") {
  pf::File file = column(pf::int32, 1, le(std::int32_t{7}));
  for (const int id : {8, 9, 11, 14, 15, 99}) {
    file.logical = {logical(id)};
    const Read r = read(file);
    REQUIRE_MESSAGE(r.error.empty(), r.error);
    CHECK(r.x().integer(0) == 7);
    CHECK(r.info.columns[0].temporal == Temporal::none);
  }
}

TEST_CASE("parquet: what is not read is refused by name and place") {
  pf::File file = column(pf::int96, 1, std::string(12, '\0'));
  CHECK(says(read(file).error, "column x: type INT96 is not read [unsupported_parquet]"));
  file = column(pf::int32, 1, le(std::int32_t{7}));
  file.repetition = 2;
  CHECK(says(read(file).error, "column x: nested data is not read"));
  file.repetition = 3;
  CHECK(says(read(file).error, "neither required nor optional"));
  file.repetition = 0;
  file.metadata_extra = {logical(1)};
  CHECK(says(read(file).error, "encrypted"));
  file = column(pf::fixed, 1, "a");
  CHECK(says(read(file).error, "fixed length"));
  file = column(pf::int32, 1, le(std::int32_t{7}));
  file.groups[0][0].encoding = 1;
  CHECK(says(read(file).error, "encoding GROUP_VAR_INT is not read"));
  file.groups[0][0].encoding = 42;
  CHECK(says(read(file).error, "encoding number 42 is not read"));
}

TEST_CASE("parquet: statistics over row groups, in the order of the type") {
  pf::File file = column(pf::int32, 1, le(std::int32_t{7}));
  file.groups.push_back({file.groups[0][0], file.groups[0][0]});
  const auto statistics = [](const std::string& low, const std::string& high, int nulls) {
    pf::Struct out;
    return out.wide(3, nulls).text(5, high).text(6, low);
  };
  const auto i32 = [](std::int32_t v) { return le(v); };
  file.statistics = {statistics(i32(-3), i32(5), 0), statistics(i32(-2), i32(9), 1)};
  ColumnInfo info = read(file).info.columns[0];
  CHECK(info.min == "-3");
  CHECK(info.max == "9");
  CHECK(info.null_count == 1);
  REQUIRE(info.chunks.size() == 2);
  CHECK(info.chunks[1].min == "-2");
  file.converted = 13;  // unsigned
  info = read(file).info.columns[0];
  CHECK(info.min == "4294967293");
  CHECK(info.max == "9");
  file.converted = 6;
  CHECK(read(file).info.columns[0].min == "1969-12-29");
  file.converted = -1;
  file.statistics[1] = pf::Struct();
  info = read(file).info.columns[0];
  CHECK(info.min.empty());
  CHECK(info.null_count == -1);
  CHECK(info.chunks[0].max == "5");
  file.statistics = {statistics("abc", "", 0), statistics("", "", 0)};  // of no 32 bits
  CHECK(read(file).info.columns[0].min.empty());
}

TEST_CASE("parquet: a tiny file that claims much takes nothing") {
  pf::File file = column(pf::boolean, 1 << 25, raw({1}));
  CHECK(says(read(file).error, "too few"));
  file.groups[0][0].body = le(std::uint32_t{6}) + raw({0x80, 0x80, 0x80, 0x20, 1, 0});
  file.groups[0][0].encoding = pf::rle;
  ParquetLimits limits;
  limits.total_bytes_max = 1u << 20;
  CHECK(says(read(file, limits).error, "more values than the limit"));
  limits = {};
  limits.rows_max = 1000;
  CHECK(says(read(file, limits).error, "more rows than the limit"));
  file = column(pf::int32, 1, le(std::int32_t{7}));
  for (int k = 0; k < 3; ++k) file.groups.push_back(file.groups[0]);
  limits = {};
  limits.chunks_max = 3;
  CHECK(says(read(file, limits).error, "beyond the limits"));
  limits.chunks_max = 4;
  CHECK(read(file, limits).error.empty());
}

TEST_CASE("parquet: footers that nest without end, or count beyond their bytes, are refused") {
  const auto refused = [](const std::string& footer) {
    Table table;
    const auto done = read_parquet(
        "PAR1" + footer + le(static_cast<std::uint32_t>(footer.size())) + "PAR1", table);
    return !done.ok() && done.error().code == "bad_parquet";
  };
  CHECK(refused(std::string(100000, '\x1c')));                      // structs in structs
  CHECK(refused(raw({0x19}) + std::string(100000, '\x19')));        // lists in lists
  CHECK(refused(raw({0x1b}) + std::string(100000, '\x1b')));        // maps in maps
  CHECK(refused(raw({0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f})));  // 2^32 schema elements
  CHECK(refused(raw({0x48, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})));  // a text
  CHECK(refused(raw({0x16}) + std::string(11, '\xff')));  // no number of 64 bits
  CHECK(refused(raw({0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0})));
  CHECK(refused(raw({0x06, 0xfe, 0xff, 0xff, 0xff, 0x0f, 2, 0x16, 2, 0})));  // a field id of 2^31-1
}
