// parquet_footer.hpp: the parsed footer of a Parquet file, and page headers; private to the reader.
//
// Errors: parse_footer names what it refuses. All sizes are checked against the file before they
// are used.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weir/result.hpp>

#include "parquet_format.hpp"

namespace weir::segmentation::format {

struct Leaf {
  std::string name;
  std::int64_t type = -1;
  std::int64_t repetition = 0;  // 0 required, 1 optional, 2 repeated
  std::int64_t children = 0;
  std::int64_t length = 0;  // bytes of a FIXED_LEN_BYTE_ARRAY
  std::int64_t converted = -1;
  std::int64_t scale = 0;  // of a decimal
  std::int64_t precision = 0;
  Logical logical = Logical::none;  // whichever way it was said; unknown ones as they are
  bool utc = false;
  int unit = 0;  // TimeUnit
  int bits = 0;  // of an integer
  bool is_signed = true;
};

struct ChunkMeta {
  std::int64_t type = -1;
  std::int64_t codec = 0;
  std::int64_t values = 0;
  std::int64_t compressed = 0;
  std::int64_t uncompressed = 0;
  std::int64_t data_offset = -1;
  std::int64_t dictionary_offset = -1;
  std::vector<std::int64_t> encodings;
  std::size_t path_parts = 0;
  std::string min, max;  // as stored
  bool has_min = false, has_max = false;
  std::int64_t nulls = -1;
  std::int64_t nans = -1;
  bool external = false;
  bool encrypted = false;

  /// Where its pages begin; some writers let data_offset alone point at the dictionary.
  std::int64_t begin() const noexcept {
    return dictionary_offset > 0 ? std::min(dictionary_offset, data_offset) : data_offset;
  }
};

struct RowGroup {
  std::int64_t rows = 0;
  std::vector<ChunkMeta> chunks;
};

struct Footer {
  std::int64_t version = 0;
  std::int64_t rows = 0;
  std::string created_by;
  std::vector<std::pair<std::string, std::string>> metadata;  // key, value
  std::vector<Leaf>
      leaves;  // without the root; parse_metadata() leaves it, and all nodes in their order
  std::vector<RowGroup> groups;
  bool encrypted = false;
};

inline Error bad(std::string what, std::size_t byte) {
  return {"bad_parquet", std::move(what), "byte " + std::to_string(byte)};
}
inline Error unsupported(std::string what, std::size_t byte) {
  return {"unsupported_parquet", std::move(what), "byte " + std::to_string(byte)};
}

struct PageHeader {
  std::int64_t type = -1;
  std::int64_t uncompressed = -1;
  std::int64_t compressed = -1;
  std::int64_t crc = 0;
  bool has_crc = false;
  std::int64_t values = -1;
  std::int64_t encoding = -1;
  std::int64_t level_encoding = rle;
  std::int64_t nulls = 0;             // v2
  std::int64_t definition_bytes = 0;  // v2
  std::int64_t repetition_bytes = 0;  // v2
  bool is_compressed = true;          // v2
  std::size_t bytes = 0;              // of the header itself
};

/// Parses the footer's bytes as they are, whether or not what they say can be read.
Result<Footer> parse_metadata(std::string_view bytes, std::size_t base,
                              const ParquetLimits& limits);
/// Parses the footer of a file that is read. `base` is its offset in the file, for messages.
Result<Footer> parse_footer(std::string_view bytes, std::size_t base, const ParquetLimits& limits);
/// Parses the page header at the start of `bytes`; false: it cannot be read. Sizes are not negative.
bool parse_page_header(std::string_view bytes, PageHeader& header);

}  // namespace weir::segmentation::format
