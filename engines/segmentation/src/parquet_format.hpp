// parquet_format.hpp: the numbers of the Parquet format that the writer and the reader share, and
// the checksum of pages.
//
// Source: parquet.thrift of apache/parquet-format.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <weir/segmentation/parquet.hpp>

namespace weir::segmentation::format {

inline constexpr std::string_view magic = "PAR1";

enum Physical : std::int64_t {
  boolean = 0,
  int32 = 1,
  int64 = 2,
  int96 = 3,
  float32 = 4,
  float64 = 5,
  byte_array = 6,
  fixed = 7
};
inline constexpr std::array<std::string_view, 8> physical_names = {
    "BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"};
enum Codec : std::int64_t { uncompressed = 0, snappy = 1, gzip = 2, zstd = 6, lz4_raw = 7 };
inline constexpr std::array<std::string_view, 8> codec_names = {
    "UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"};
enum Encoding : std::int64_t {
  plain = 0,
  plain_dictionary = 2,
  rle = 3,
  delta_binary_packed = 5,
  delta_length_byte_array = 6,
  delta_byte_array = 7,
  rle_dictionary = 8,
  byte_stream_split = 9
};
inline constexpr std::array<std::string_view, 10> encoding_names = {
    "PLAIN",          "GROUP_VAR_INT",       "PLAIN_DICTIONARY",        "RLE",
    "BIT_PACKED",     "DELTA_BINARY_PACKED", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY",
    "RLE_DICTIONARY", "BYTE_STREAM_SPLIT"};
enum PageType : std::int64_t {
  data_page = 0,
  index_page = 1,
  dictionary_page = 2,
  data_page_v2 = 3
};
/// Converted types, the older way to say what a value means.
enum Converted : std::int64_t {
  utf8 = 0,
  converted_map = 1,
  converted_list = 3,
  converted_enum = 4,
  converted_decimal = 5,
  converted_date = 6,
  time_millis = 7,
  time_micros = 8,
  timestamp_millis = 9,
  timestamp_micros = 10,
  uint_8 = 11,
  int_64 = 18,  // 11 to 14 unsigned, 15 to 18 signed, of 8, 16, 32 and 64 bits
  converted_json = 19,
  converted_bson = 20,
  interval = 21
};
/// Logical types: the field of the union that is set.
enum class Logical : int {
  none = 0,
  string = 1,
  map = 2,   // of groups
  list = 3,  // of groups
  enumeration = 4,
  decimal = 5,
  date = 6,
  time = 7,
  timestamp = 8,
  integer = 10,
  json = 12,
  bson = 13,
  uuid = 14,
  float16 = 15,
  interval = 100  // has no field: a converted type only
};
/// The digits of 256 bits: no writer makes wider decimals.
inline constexpr std::int64_t decimal_digits_max = 76;
inline constexpr std::size_t decimal_bytes_max = 32;

enum TimeUnit : int { millis = 1, micros = 2, nanos = 3 };

template <std::size_t N>
std::string name_of(const std::array<std::string_view, N>& names, std::int64_t value) {
  return value >= 0 && value < static_cast<std::int64_t>(N)
             ? std::string(names[static_cast<std::size_t>(value)])
             : "number " + std::to_string(value);
}

/// CRC-32 with the gzip polynomial, as pages carry it.
std::uint32_t crc32(std::string_view bytes) noexcept;

}  // namespace weir::segmentation::format
