// parquet.hpp: flat Parquet files: a writer of one careful subset, and a reader for it and for what
// Polars writes.
//
// Written: version 1, one row group, OPTIONAL columns, v1 data pages, PLAIN; a column with one
// value throughout as a one-entry dictionary (RLE_DICTIONARY, bit width 1); statistics without min
// and max where a NaN is; column orders; converted and logical types; page CRCs. Read: several row
// groups and pages, v1 and v2 pages, PLAIN, dictionaries, RLE booleans, uncompressed, snappy and
// zstd. Anything else is refused by name. Roles: a ParquetWriter belongs to one thread at a time;
// reading is a pure function. Limits are checked before memory is taken. Source:
// apache/parquet-format.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include <weir/result.hpp>
#include <weir/segmentation/table.hpp>

namespace weir::segmentation {

enum class Compression : std::uint8_t { none, snappy, zstd };
std::string_view to_string(Compression compression) noexcept;

class ParquetWriter {
 public:
  explicit ParquetWriter(Compression compression);
  ~ParquetWriter();
  ParquetWriter(const ParquetWriter&) = delete;
  ParquetWriter& operator=(const ParquetWriter&) = delete;

  /// The file of rows first .. first+count-1 of `table`, and of the columns of `extra` (constant,
  /// or of `count` entries each) behind them. Valid until the next call. Equal input gives equal
  /// bytes.
  std::string_view encode(const Table& table, std::size_t first, std::size_t count,
                          const Table* extra = nullptr);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct ColumnInfo {
  std::string name;
  std::string physical;   // "DOUBLE"
  std::string logical;    // "STRING", "TIMESTAMP(us, UTC)", or empty
  std::string codec;      // "ZSTD"
  std::string encodings;  // "PLAIN,RLE"
  std::uint64_t compressed_bytes = 0;
  std::uint64_t uncompressed_bytes = 0;
  std::int64_t null_count = -1;  // -1: not stated
  std::string min, max;          // as text; empty: not stated
};

struct FileInfo {
  std::int64_t version = 0;
  std::uint64_t rows = 0;
  std::string created_by;
  std::vector<std::uint64_t> row_group_rows;
  std::vector<ColumnInfo> columns;  // sizes summed over row groups, statistics of the first one
};

struct ParquetLimits {
  std::uint64_t rows_max = 1u << 26;
  std::uint64_t columns_max = 4096;
  std::uint64_t page_bytes_max = 1u << 28;   // uncompressed
  std::uint64_t total_bytes_max = 1u << 30;  // uncompressed, all pages together
};

/// Reads a whole file into `table` (cleared first); `info` may be null. Errors: bad_parquet and
/// unsupported_parquet, with the byte offset where that is known.
Result<Done> read_parquet(std::string_view bytes, Table& table, FileInfo* info = nullptr,
                          const ParquetLimits& limits = {});

}  // namespace weir::segmentation
