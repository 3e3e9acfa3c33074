// parquet_format.hpp: the numbers of the Parquet format that the writer and the reader share, and
// the codecs.
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
enum Codec : std::int64_t { uncompressed = 0, snappy = 1, zstd = 6 };
inline constexpr std::array<std::string_view, 8> codec_names = {
    "UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"};
enum Encoding : std::int64_t { plain = 0, plain_dictionary = 2, rle = 3, rle_dictionary = 8 };
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
enum Converted : std::int64_t { utf8 = 0, timestamp_micros = 10 };

template <std::size_t N>
std::string name_of(const std::array<std::string_view, N>& names, std::int64_t value) {
  return value >= 0 && value < static_cast<std::int64_t>(N)
             ? std::string(names[static_cast<std::size_t>(value)])
             : "number " + std::to_string(value);
}

/// CRC-32 with the gzip polynomial, as pages carry it.
std::uint32_t crc32(std::string_view bytes) noexcept;

}  // namespace weir::segmentation::format
