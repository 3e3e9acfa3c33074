// parquet_footer.hpp: the parsed footer of a Parquet file, and page headers; private to the reader.
//
// Errors: parse_footer names what it refuses. All sizes are checked against the file before they
// are used.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include <weir/result.hpp>

#include "parquet_format.hpp"

namespace weir::segmentation::format {

struct Leaf {
  std::string name;
  std::int64_t type = -1;
  std::int64_t repetition = 0;  // 0 required, 1 optional, 2 repeated
  std::int64_t children = 0;
  std::int64_t converted = -1;
  int logical = 0;  // field id in the LogicalType union
  bool utc = false;
  int time_unit = 0;  // 1 ms, 2 us, 3 ns
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
  bool external = false;
  bool encrypted = false;
};

struct RowGroup {
  std::int64_t rows = 0;
  std::vector<ChunkMeta> chunks;
};

struct Footer {
  std::int64_t version = 0;
  std::int64_t rows = 0;
  std::string created_by;
  std::vector<Leaf> leaves;  // without the root
  std::vector<RowGroup> groups;
  bool encrypted = false;
};

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

/// Parses the footer's bytes. `base` is their offset in the file, for messages.
Result<Footer> parse_footer(std::string_view bytes, std::size_t base, const ParquetLimits& limits);
/// Parses the page header at the start of `bytes`; false: it cannot be read.
bool parse_page_header(std::string_view bytes, PageHeader& header);

}  // namespace weir::segmentation::format
