// Encodings and codecs of pages, read from files made by hand.
#include <doctest/doctest.h>
#include <lz4.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <cmath>
#include <limits>
#include <weir/segmentation/parquet.hpp>

#include "parquet_file.hpp"
#include "parquet_format.hpp"

using namespace weir::segmentation;
using parquet_file::says;
namespace pf = parquet_file;
using pf::le;
using pf::raw;

namespace {

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

pf::File one_page(pf::Type type, int encoding, int count, std::string body) {
  pf::File file;
  file.type = type;
  pf::Page page;
  page.body = std::move(body);
  page.count = count;
  page.encoding = encoding;
  file.groups = {{page}};
  return file;
}

pf::Page dictionary_page(std::string body, int count) {
  pf::Page page;
  page.body = std::move(body);
  page.count = count;
  page.is_dictionary = true;
  return page;
}

/// Reads the file's column as numbers; the test fails where it cannot be read.
std::vector<std::int64_t> integers(const pf::File& file) {
  Table table;
  const auto read = read_parquet(file.bytes(), table);
  REQUIRE_MESSAGE(read.ok(), read.error().text());
  std::vector<std::int64_t> out;
  for (std::size_t row = 0; row < table.rows; ++row) {
    out.push_back(table[0].is_null(row) ? -999 : table[0].integer(row));
  }
  return out;
}
std::vector<double> numbers(const pf::File& file) {
  Table table;
  const auto read = read_parquet(file.bytes(), table);
  REQUIRE_MESSAGE(read.ok(), read.error().text());
  std::vector<double> out;
  for (std::size_t row = 0; row < table.rows; ++row) out.push_back(table[0].number(row));
  return out;
}
std::vector<std::string> strings(const pf::File& file) {
  Table table;
  const auto read = read_parquet(file.bytes(), table);
  REQUIRE_MESSAGE(read.ok(), read.error().text());
  std::vector<std::string> out;
  for (std::size_t row = 0; row < table.rows; ++row) {
    out.push_back(table[0].is_null(row) ? "null" : std::string(table[0].text(row)));
  }
  return out;
}
std::string refusal(const pf::File& file, const ParquetLimits& limits = {}) {
  Table table;
  const auto read = read_parquet(file.bytes(), table, nullptr, limits);
  return read.ok() ? "read" : read.error().text();
}

using Integers = std::vector<std::int64_t>;
using Strings = std::vector<std::string>;

/// All kinds of file that are read, for the tests that break them.
std::vector<pf::File> specimens() {
  std::vector<pf::File> all;
  all.push_back(one_page(pf::int32, pf::delta, 8, pf::deltas({7, 5, 3, 1, 2, 3, 4, 5})));
  all.push_back(one_page(pf::int64, pf::delta, 40, [] {
    Integers values;
    for (std::int64_t k = 0; k < 40; ++k) values.push_back(k * k * (k % 2 == 0 ? 1 : -1));
    return pf::deltas(values);
  }()));
  all.push_back(one_page(pf::byte_array, pf::delta_lengths, 3, pf::deltas({5, 0, 1}) + "Helloz"));
  all.push_back(one_page(pf::byte_array, pf::delta_strings, 3,
                         pf::deltas({0, 2, 1}) + pf::deltas({4, 3, 0}) + "axisle!"));
  all.push_back(one_page(pf::float64, pf::split, 3, std::string(24, '\x3f')));
  all.push_back(one_page(pf::boolean, pf::rle, 10, le(std::uint32_t{4}) + raw({12, 1, 3, 5})));
  all.push_back(one_page(pf::byte_array, pf::plain, 2, pf::texts({"a", "bc"})));
  pf::File indexed = one_page(pf::byte_array, pf::dictionary, 5, raw({2, 6, 1, 3, 8}));
  indexed.groups[0].insert(indexed.groups[0].begin(),
                           dictionary_page(pf::texts({"a", "b", "c"}), 3));
  all.push_back(indexed);
  pf::File nulls =
      one_page(pf::int32, pf::plain, 4, pf::levels({1, 0, 0, 1}) + pf::les<std::int32_t>({5, 6}));
  nulls.optional = true;
  all.push_back(nulls);
  pf::File v2 = one_page(pf::int32, pf::plain, 4, pf::les<std::int32_t>({5, 6}));
  v2.optional = true;
  v2.groups[0][0].v2 = true;
  v2.groups[0][0].levels = raw({3, 9});
  all.push_back(v2);
  return all;
}

}  // namespace

TEST_CASE("parquet: DELTA_BINARY_PACKED reads the examples of the format's text") {
  CHECK(integers(one_page(pf::int32, pf::delta, 5, raw({0x80, 1, 4, 5, 2, 2, 0, 0, 0, 0}))) ==
        Integers{1, 2, 3, 4, 5});
  CHECK(integers(one_page(pf::int32, pf::delta, 8,
                          raw({0x80, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0, 0, 0}))) ==
        Integers{7, 5, 3, 1, 2, 3, 4, 5});
}

TEST_CASE("parquet: DELTA_BINARY_PACKED at the borders of miniblocks, blocks and widths") {
  for (const std::size_t count : {0u, 1u, 2u, 32u, 33u, 34u, 64u, 65u, 128u, 129u, 130u, 257u}) {
    for (const auto& [block, minis] :
         {std::pair<std::size_t, std::size_t>{128, 4}, {128, 1}, {256, 8}}) {
      CAPTURE(count);
      Integers values;
      for (std::size_t k = 0; k < count; ++k)
        values.push_back(static_cast<std::int64_t>(k * k % 97) - 40);
      const auto n = static_cast<int>(count);
      CHECK(integers(one_page(pf::int64, pf::delta, n, pf::deltas(values, block, minis))) ==
            values);
      CHECK(integers(one_page(pf::int32, pf::delta, n, pf::deltas(values, block, minis))) ==
            values);
    }
  }
  const Integers wide = {0, least, most, -1, 1, least, least, most};
  CHECK(integers(one_page(pf::int64, pf::delta, 8, pf::deltas(wide))) == wide);
  // 64 bits a delta: a minimum of 0, one delta of all ones, that is -1.
  std::string ones = raw({0x80, 1, 4, 2, 2, 0, 64, 0, 0, 0}) + std::string(8, '\xff');
  ones.resize(ones.size() + 31 * 8);
  CHECK(integers(one_page(pf::int64, pf::delta, 2, ones)) == Integers{1, 0});
  // INT32 wraps at 32 bits, also where a writer took 64 for the deltas.
  const Integers narrow = {2147483647, -2147483648, 2147483647};
  CHECK(integers(one_page(pf::int32, pf::delta, 3, pf::deltas(narrow))) == narrow);
  CHECK(integers(one_page(pf::int32, pf::delta, 2,
                          raw({0x80, 1, 4, 2, 0xfe, 0xff, 0xff, 0xff, 0x0f, 2, 0, 0, 0, 0}))) ==
        Integers{2147483647, -2147483648});
}

TEST_CASE("parquet: DELTA_BINARY_PACKED that cannot be is refused") {
  const auto what = [](std::string body, int count = 5) {
    return refusal(one_page(pf::int64, pf::delta, count, std::move(body)));
  };
  CHECK(says(what(raw({0x80, 1, 4, 6, 2, 2, 0, 0, 0, 0})), "as many"));
  CHECK(says(what(raw({0x80, 1, 0, 5, 2, 2})), "wrong size"));
  CHECK(says(what(raw({0x81, 1, 4, 5, 2, 2})), "wrong size"));
  CHECK(says(what(raw({0x80, 1, 8, 5, 2, 2})), "wrong size"));
  CHECK(says(what(raw({0x80, 1, 4, 5, 2, 2, 65, 0, 0, 0})), "wider than 64"));
  CHECK(says(what(raw({0x80, 1, 4, 5, 2, 2, 0, 0})), "block of deltas is cut"));
  CHECK(says(what(raw({0x80, 1, 4, 5, 2, 2, 2, 0, 0, 0, 1, 2})), "miniblock is cut"));
  CHECK(says(what(raw({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02})), "head"));
  CHECK(says(what(raw({0x80})), "head"));
  CHECK(says(refusal(one_page(pf::float64, pf::delta, 1, pf::deltas({1}))), "does not go with"));
}

TEST_CASE("parquet: DELTA_LENGTH_BYTE_ARRAY reads texts, and refuses lengths that lie") {
  CHECK(strings(one_page(pf::byte_array, pf::delta_lengths, 4,
                         pf::deltas({5, 5, 6, 6}) + "HelloWorldFoobarABCDEF")) ==
        Strings{"Hello", "World", "Foobar", "ABCDEF"});
  CHECK(strings(one_page(pf::byte_array, pf::delta_lengths, 3, pf::deltas({0, 0, 0}))) ==
        Strings{"", "", ""});
  CHECK(says(refusal(one_page(pf::byte_array, pf::delta_lengths, 2, pf::deltas({1, 2}) + "ab")),
             "longer than its page"));
  CHECK(says(refusal(one_page(pf::byte_array, pf::delta_lengths, 2, pf::deltas({1, -1}) + "ab")),
             "negative"));
  CHECK(says(refusal(one_page(pf::int32, pf::delta_lengths, 1, pf::deltas({1}) + "a")),
             "does not go with"));
}

TEST_CASE("parquet: DELTA_BYTE_ARRAY reads prefixes, of fixed arrays too") {
  const std::string body = pf::deltas({0, 2, 3, 0, 0, 6}) + pf::deltas({4, 4, 1, 0, 6, 0}) +
                           "axis"
                           "isle"
                           "s"
                           "babble";
  CHECK(strings(one_page(pf::byte_array, pf::delta_strings, 6, body)) ==
        Strings{"axis", "axisle", "axis", "", "babble", "babble"});
  pf::File file =
      one_page(pf::fixed, pf::delta_strings, 2, pf::deltas({0, 2}) + pf::deltas({3, 1}) + "abcz");
  file.length = 3;
  CHECK(strings(file) == Strings{"abc", "abz"});
  file.length = 2;
  CHECK(says(refusal(file), "another length"));
  CHECK(says(refusal(one_page(pf::byte_array, pf::delta_strings, 1,
                              pf::deltas({1}) + pf::deltas({1}) + "ab")),
             "longer than the value before"));
  CHECK(says(refusal(one_page(pf::byte_array, pf::delta_strings, 2,
                              pf::deltas({0, 2}) + pf::deltas({1, 0}) + "a")),
             "longer than the value before"));
  // A page after the first begins anew.
  file = one_page(pf::byte_array, pf::delta_strings, 1, pf::deltas({0}) + pf::deltas({2}) + "ab");
  file.groups[0].push_back(file.groups[0][0]);
  CHECK(strings(file) == Strings{"ab", "ab"});
  file.groups[0][1].body = pf::deltas({1}) + pf::deltas({1}) + "c";
  CHECK(says(refusal(file), "longer than the value before"));
}

TEST_CASE("parquet: prefixes that make much text of few bytes meet the limit") {
  std::vector<std::int64_t> prefixes(20000, 60000);
  std::vector<std::int64_t> suffixes(20000, 0);
  prefixes[0] = 0;
  suffixes[0] = 60000;
  const pf::File file =
      one_page(pf::byte_array, pf::delta_strings, 20000,
               pf::deltas(prefixes) + pf::deltas(suffixes) + std::string(60000, 'x'));
  ParquetLimits limits;
  limits.total_bytes_max = 1u << 22;
  CHECK(says(refusal(file, limits), "more text than the limit"));  // it would be 1.2 GB
}

TEST_CASE("parquet: BYTE_STREAM_SPLIT of each width") {
  CHECK(numbers(one_page(pf::float32, pf::split, 2,
                         raw({0x00, 0x00, 0x00, 0x00, 0x80, 0x00, 0x3f, 0xc0}))) ==
        std::vector<double>{1.0, -2.0});
  CHECK(numbers(one_page(pf::float64, pf::split, 2,
                         std::string(12, '\0') + raw({0xf0, 0, 0x3f, 0xc0}))) ==
        std::vector<double>{1.0, -2.0});
  CHECK(integers(one_page(pf::int32, pf::split, 3, raw({1, 2, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0xff}))) ==
        Integers{1, 258, -16777213});
  CHECK(integers(one_page(pf::int64, pf::split, 1, le(least))) == Integers{least});
  pf::File file = one_page(pf::fixed, pf::split, 2, "adbecf");
  file.length = 3;
  CHECK(strings(file) == Strings{"abc", "def"});
  CHECK(says(refusal(one_page(pf::float64, pf::split, 2, std::string(15, '\0'))), "streams"));
  CHECK(says(refusal(one_page(pf::float64, pf::split, 2, std::string(17, '\0'))), "streams"));
  CHECK(says(refusal(one_page(pf::byte_array, pf::split, 1, "a")), "does not go with"));
}

TEST_CASE("parquet: booleans, PLAIN and RLE") {
  CHECK(integers(one_page(pf::boolean, pf::plain, 10, raw({0x05, 0x02}))) ==
        Integers{1, 0, 1, 0, 0, 0, 0, 0, 0, 1});
  // a run of six ones, then a bit-packed group 1, 0, 1, 0
  CHECK(integers(one_page(pf::boolean, pf::rle, 10, le(std::uint32_t{4}) + raw({12, 1, 3, 5}))) ==
        Integers{1, 1, 1, 1, 1, 1, 1, 0, 1, 0});
  CHECK(says(refusal(one_page(pf::boolean, pf::plain, 9, raw({1}))), "too few"));
  CHECK(says(refusal(one_page(pf::boolean, pf::rle, 7, le(std::uint32_t{2}) + raw({12, 1}))),
             "too few"));
  CHECK(says(refusal(one_page(pf::boolean, pf::rle, 6, le(std::uint32_t{2}) + raw({12, 2}))),
             "too few"));
  CHECK(says(refusal(one_page(pf::int32, pf::rle, 1, le(std::uint32_t{2}) + raw({2, 1}))),
             "does not go with"));
  CHECK(says(refusal(one_page(pf::boolean, pf::bit_packed, 1, raw({1}))), "BIT_PACKED"));
}

TEST_CASE("parquet: dictionaries: runs over page borders, widths from none to 32, lies") {
  pf::File file = one_page(pf::int64, pf::dictionary, 5, raw({2, 6, 1, 3, 8}));
  auto& pages = file.groups[0];
  pages.insert(pages.begin(), dictionary_page(pf::les<std::int64_t>({10, 20, 30}), 3));
  CHECK(integers(file) == Integers{20, 20, 20, 10, 30});
  pages.push_back(pages[1]);
  pages.back().count = 2;
  CHECK(integers(file) == Integers{20, 20, 20, 10, 30, 20, 20});
  file.no_dictionary_offset = true;
  CHECK(integers(file) == Integers{20, 20, 20, 10, 30, 20, 20});
  pages.pop_back();
  pages[1].encoding = pf::plain_dictionary;
  pages[0].encoding = pf::plain_dictionary;
  CHECK(integers(file) == Integers{20, 20, 20, 10, 30});
  pages[1].body = raw({32, 10, 2, 0, 0, 0});
  CHECK(integers(file) == Integers{30, 30, 30, 30, 30});
  pages[1].body = raw({2, 6, 1, 3, 0x0c});
  CHECK(says(refusal(file), "outside the dictionary"));
  pages[1].body = raw({33, 10, 2, 0, 0, 0, 0});
  CHECK(says(refusal(file), "wider than 32"));
  pages[1].body = raw({2, 6, 1});
  CHECK(says(refusal(file), "cut"));
  pages[1].body = {};
  CHECK(says(refusal(file), "no indices"));
  pages[0].count = 1;
  for (const auto& body : {raw({0}), raw({0, 10}), raw({0, 3}), raw({1, 10, 0})}) {
    pages[1].body = body;
    CHECK(integers(file) == Integers{10, 10, 10, 10, 10});
  }
  pages[0].count = 1000;
  CHECK(says(refusal(file), "more entries"));
  pages[0].count = 0;
  CHECK(says(refusal(file), "outside the dictionary"));
  pages[0].count = 3;
  pages.push_back(pages[0]);
  pages.push_back(pages[1]);
  CHECK(says(refusal(file), "behind other pages"));
  file = one_page(pf::int64, pf::dictionary, 5, raw({0, 10}));
  CHECK(says(refusal(file), "no dictionary"));
}

TEST_CASE("parquet: a long text of a dictionary, said often, meets the limit") {
  pf::File file = one_page(pf::byte_array, pf::dictionary, 40000, [] {
    std::string body = raw({1});
    pf::varint(body, 20000 << 1);
    body += '\0';
    pf::varint(body, 20000 << 1);
    return body + '\1';
  }());
  file.groups[0].insert(file.groups[0].begin(),
                        dictionary_page(pf::texts({std::string(60000, 'x'), "y"}), 2));
  ParquetLimits limits;
  limits.total_bytes_max = 1u << 22;
  CHECK(says(refusal(file, limits), "more text than the limit"));
}

TEST_CASE("parquet: nulls: levels bit-packed and in runs, all null, v1 and v2") {
  pf::File file =
      one_page(pf::int32, pf::plain, 4, pf::levels({1, 0, 0, 1}) + pf::les<std::int32_t>({5, 6}));
  file.optional = true;
  CHECK(integers(file) == Integers{5, -999, -999, 6});
  file.groups[0][0].body = le(std::uint32_t{4}) + raw({4, 0, 4, 1}) + pf::les<std::int32_t>({5, 6});
  CHECK(integers(file) == Integers{-999, -999, 5, 6});
  file.groups[0][0].body = pf::levels({0, 0, 0, 0});
  CHECK(integers(file) == Integers{-999, -999, -999, -999});
  for (const int encoding : {pf::delta, pf::dictionary, pf::split}) {
    file.groups[0][0].encoding = encoding;
    CHECK(integers(file) == Integers{-999, -999, -999, -999});
  }
  file.groups[0][0].encoding = pf::delta;
  file.groups[0][0].body = pf::levels({0, 1, 0, 1}) + pf::deltas({-7, 9});
  CHECK(integers(file) == Integers{-999, -7, -999, 9});
  file.groups[0].push_back(file.groups[0][0]);  // a page without nulls behind one with
  file.groups[0][1].body = pf::levels({1, 1, 1, 1}) + pf::deltas({1, 2, 3, 4});
  CHECK(integers(file) == Integers{-999, -7, -999, 9, 1, 2, 3, 4});
  file.groups[0].pop_back();
  file.groups[0][0].body = le(std::uint32_t{2}) + raw({4, 0}) + pf::les<std::int32_t>({5, 6});
  CHECK(says(refusal(file), "levels are cut"));
  file.groups[0][0].body = le(std::uint32_t{9}) + raw({8, 1});
  CHECK(says(refusal(file), "levels are cut"));
  file.groups[0][0].level_encoding = pf::bit_packed;
  CHECK(says(refusal(file), "BIT_PACKED"));

  pf::Page& page = file.groups[0][0];
  page = {};
  page.v2 = true;
  page.count = 4;
  page.levels = raw({3, 9});
  page.body = pf::les<std::int32_t>({5, 6});
  CHECK(integers(file) == Integers{5, -999, -999, 6});
  page.is_compressed = false;
  file.codec = 6;
  CHECK(integers(file) == Integers{5, -999, -999, 6});
  page.is_compressed = true;
  CHECK(says(refusal(file), "zstd"));
  page.levels = raw({8, 0});  // an empty page: nothing is stored where nothing is
  page.body.clear();
  CHECK(integers(file) == Integers{-999, -999, -999, -999});
  page.uncompressed = 1;
  CHECK(says(refusal(file), "level sizes"));
}

TEST_CASE("parquet: several pages and row groups, empty ones among them") {
  pf::File file = one_page(pf::int32, pf::plain, 2, pf::les<std::int32_t>({1, 2}));
  const pf::Page page = file.groups[0][0];
  pf::Page empty = page;
  empty.body.clear();
  empty.count = 0;
  file.groups = {{page, empty, page}, {}, {empty}, {page}};
  CHECK(integers(file) == Integers{1, 2, 1, 2, 1, 2});
  const std::string bytes = file.bytes();
  const auto reader = ParquetReader::open(bytes);
  REQUIRE(reader.ok());
  REQUIRE(reader.value().row_groups() == 4);
  CHECK(reader.value().info().row_group_rows == std::vector<std::uint64_t>{4, 0, 0, 2});
  Table table;
  REQUIRE(reader.value().read_row_group(3, table).ok());
  CHECK(table.rows == 2);
  CHECK(table[0].integer(1) == 2);
  REQUIRE(reader.value().read_row_group(1, table).ok());
  CHECK(table.rows == 0);
  REQUIRE(reader.value().read_row_group(0, table).ok());
  CHECK(table.rows == 4);
  file.groups = {};
  CHECK(integers(file).empty());
}

TEST_CASE("parquet: each codec, and lies about sizes") {
  std::string body;
  for (std::int64_t k = 0; k < 300; ++k) body += le(k % 7);
  const auto file = [&](int codec, std::string stored) {
    pf::File made = one_page(pf::int64, pf::plain, 300, body);
    made.codec = codec;
    made.groups[0][0].stored = std::move(stored);
    return made;
  };
  std::string snappy_bytes;
  snappy::Compress(body.data(), body.size(), &snappy_bytes);
  std::string zstd_bytes(ZSTD_compressBound(body.size()), '\0');
  zstd_bytes.resize(
      ZSTD_compress(zstd_bytes.data(), zstd_bytes.size(), body.data(), body.size(), 3));
  std::string lz4_bytes(body.size(), '\0');
  lz4_bytes.resize(static_cast<std::size_t>(
      LZ4_compress_default(body.data(), lz4_bytes.data(), static_cast<int>(body.size()),
                           static_cast<int>(lz4_bytes.size()))));
  const auto gzip = [](std::string_view text, int window) {
    z_stream z{};
    deflateInit2(&z, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
    std::string out(text.size() + 64, '\0');
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    z.avail_in = static_cast<uInt>(text.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    deflate(&z, Z_FINISH);
    out.resize(z.total_out);
    deflateEnd(&z);
    return out;
  };
  const std::vector<std::pair<int, std::string>> ways = {
      {0, body},
      {1, snappy_bytes},
      {2, gzip(body, 15 + 16)},
      {2, gzip(body, 15)},  // zlib's own head, as some writers have it
      {2, gzip(body.substr(0, 999), 15 + 16) + gzip(body.substr(999), 15 + 16)},
      {6, zstd_bytes},
      {7, lz4_bytes}};
  for (const auto& [codec, stored] : ways) {
    CAPTURE(codec);
    Integers expected;
    for (std::int64_t k = 0; k < 300; ++k) expected.push_back(k % 7);
    CHECK(integers(file(codec, stored)) == expected);
    CHECK(says(refusal(file(codec, stored.substr(0, stored.size() - 1))), "[bad_parquet]"));
    pf::File wrong = file(codec, stored);
    for (const std::int64_t size :
         {std::int64_t{2399}, std::int64_t{2401}, std::int64_t{1} << 27, std::int64_t{1} << 60}) {
      wrong.groups[0][0].uncompressed = size;
      CHECK(says(refusal(wrong), "[bad_parquet]"));
    }
  }
  CHECK(says(refusal(file(2, gzip(body, 31) + "tail")), "corrupt"));
  for (const auto& [codec, name] :
       {std::pair{3, "LZO"}, {4, "BROTLI"}, {5, "codec LZ4 "}, {99, "number 99"}}) {
    const std::string text = refusal(file(codec, "whatever"));
    CHECK(says(text, name));
    CHECK(says(text, "[unsupported_parquet]"));
    CHECK(says(text, "byte 4: column x"));
  }
}

TEST_CASE("parquet: a page's CRC is checked where it has one") {
  pf::File file = one_page(pf::int32, pf::plain, 1, le(std::int32_t{5}));
  pf::Page& page = file.groups[0][0];
  page.crc =
      static_cast<std::int64_t>(::crc32(0, reinterpret_cast<const Bytef*>(page.body.data()), 4));
  CHECK(integers(file) == Integers{5});
  page.crc ^= 1;
  CHECK(says(refusal(file), "CRC"));
}

TEST_CASE("parquet: a file without row groups may have a list of them that names no type") {
  const auto file = [](const std::string& groups) {
    const std::string footer = std::string("\x15\x04\x19\x2c\x48\x04root\x15\x02\0", 13) +
                               std::string("\x15\x0a\x25\x02\x18\x01x\0", 8) +
                               std::string("\x16\0\x19", 3) + groups + '\0';
    return "PAR1" + footer + le(static_cast<std::uint32_t>(footer.size())) + "PAR1";
  };
  Table table;
  for (const char empty : {'\0', '\x0c'}) {
    const auto read = read_parquet(file({empty}), table);
    REQUIRE_MESSAGE(read.ok(), read.error().text());
    CHECK(table.rows == 0);
    CHECK(table.size() == 1);
  }
  CHECK(!read_parquet(file("\x10\x01"), table).ok());  // one element of no type
}

TEST_CASE("parquet: the CRC is gzip's, of any length and from any byte on") {
  std::string bytes;
  for (unsigned k = 0; k < 5000; ++k) bytes += static_cast<char>(k * k * 2654435761u >> 24);
  const auto agrees = [&](std::size_t from, std::size_t size) {
    const auto theirs = ::crc32(0, reinterpret_cast<const Bytef*>(bytes.data()) + from,
                                static_cast<unsigned>(size));
    return format::crc32(std::string_view(bytes).substr(from, size)) == theirs;
  };
  for (std::size_t size = 0; size < 600; ++size) CHECK(agrees(size % 17, size));
  CHECK(agrees(1, bytes.size() - 1));
}

TEST_CASE("parquet: a file cut at any byte is refused, a flipped bit is an error or a value") {
  for (const pf::File& file : specimens()) {
    const std::string bytes = file.bytes();
    Table table;
    const auto whole = read_parquet(bytes, table);
    REQUIRE_MESSAGE(whole.ok(), whole.error().text());
    const std::size_t rows = table.rows;
    for (std::size_t size = 0; size < bytes.size(); ++size)
      CHECK(!read_parquet(std::string_view(bytes).substr(0, size), table).ok());
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string broken = bytes;
      broken[bit / 8] = static_cast<char>(broken[bit / 8] ^ (1 << bit % 8));
      if (!read_parquet(broken, table).ok()) continue;
      REQUIRE(table.size() == 1);
      if (!table[0].constant) CHECK(table[0].entries() == table.rows);
      CHECK(table.rows <= rows * 2 + 8);
    }
  }
}

TEST_CASE("parquet: pages cut short inside a whole file are refused") {
  for (const pf::File& file : specimens()) {
    for (std::size_t cut = 1; cut <= file.groups[0].back().body.size(); ++cut) {
      pf::File shorter = file;
      std::string& body = shorter.groups[0].back().body;
      body.resize(body.size() - cut);
      CHECK(refusal(shorter) != "read");
    }
  }
}
