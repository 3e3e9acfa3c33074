// parquet.hpp: flat Parquet files: a writer of one careful subset, and a reader of all that a flat
// file may hold.
//
// Written: version 1, OPTIONAL columns, v1 data pages of 1 MiB at most (a longer text apart),
// PLAIN, or with zstd_split BYTE_STREAM_SPLIT for float64; what changes seldom from row to row by a
// dictionary (RLE_DICTIONARY); null counts, NaN counts, and min and max where no NaN is, a zero min
// as -0.0 and a zero max as 0.0, for each row group; column orders; converted and logical types;
// page CRCs.
// Read: REQUIRED and OPTIONAL columns of all types but INT96; any row groups, v1 and v2 pages;
// PLAIN, PLAIN_DICTIONARY, RLE_DICTIONARY, RLE, DELTA_BINARY_PACKED, DELTA_LENGTH_BYTE_ARRAY,
// DELTA_BYTE_ARRAY, BYTE_STREAM_SPLIT; UNCOMPRESSED, SNAPPY, GZIP, ZSTD, LZ4_RAW; a page's CRC is
// checked where it has one. Nested and encrypted data, INT96, BROTLI, LZO, the older LZ4 and
// bit-packed levels are refused by name.
// Roles: a ParquetWriter belongs to one thread at a time; a ParquetReader may be read by several.
// Errors: bad_parquet, unsupported_parquet, with the byte where it was met. Nothing throws.
// Memory: a writer holds one row group and the footer; a reader nothing but the footer. Limits are
// checked before memory is taken.
// Source: apache/parquet-format.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weir/result.hpp>
#include <weir/segmentation/table.hpp>

namespace weir::segmentation {

/// zstd_split: numbers as BYTE_STREAM_SPLIT, which zstd makes a fifth shorter, in four fifths of the
/// time, and which not every reader knows.
enum class Compression : std::uint8_t { none, snappy, zstd, zstd_split };
std::string_view to_string(Compression compression) noexcept;

/// A row group apart from a file: its pages, and what the footer will say of them. Made by one ParquetWriter, it may be
/// added to the file of another.
/// Memory: its pages; used again it keeps its storage. Roles: one thread at a time.
class RowGroup {
 public:
  RowGroup();
  ~RowGroup();
  RowGroup(RowGroup&&) noexcept;
  RowGroup& operator=(RowGroup&&) noexcept;

  std::size_t bytes() const noexcept;  // of its pages
  std::uint64_t rows() const noexcept;
  /// Makes `out` one piece of memory with all of it, to be kept: some 30 bytes a column more than its pages.
  void pack(std::string& out) const;
  /// Makes it what pack() made `packed` of, in this process.
  void unpack(std::string_view packed);

 private:
  friend class ParquetWriter;
  struct State;
  std::unique_ptr<State> state_;
};

class ParquetWriter {
 public:
  explicit ParquetWriter(Compression compression);
  ~ParquetWriter();
  ParquetWriter(const ParquetWriter&) = delete;
  ParquetWriter& operator=(const ParquetWriter&) = delete;

  /// The file of rows first .. first+count-1 of `table`, and of the columns of `extra` (constant,
  /// or of `count` entries each) behind them, as one row group. Valid until the next call. Equal
  /// input gives equal bytes. Not between add_row_group() and finish().
  std::string_view encode(const Table& table, std::size_t first, std::size_t count,
                          const Table* extra = nullptr);

  /// The next bytes of a file of several row groups: those rows as one more. To be written behind
  /// what was returned before; valid until the next call. Errors: other_schema when the columns
  /// differ from those of the file's first row group in number, name or type; the file goes on
  /// without these rows.
  Result<std::string_view> add_row_group(const Table& table, std::size_t first, std::size_t count,
                                         const Table* extra = nullptr);
  /// Makes `group` those rows of `columns` (at least one), in their order. The file that is being written is left
  /// alone, so that row groups of one file can be made by several writers at once.
  void encode_row_group(std::span<const Column* const> columns, std::size_t first,
                        std::size_t count, RowGroup& group);
  /// Makes `group` the rows of `from` in these columns and their order: its own pages where it has a column of that
  /// name and type, else those of the constant column that is given. The same bytes as of encode_row_group().
  void conform_row_group(const RowGroup& from, std::span<const Column* const> columns,
                         RowGroup& group);
  /// As add_row_group() above, of what encode_row_group() or conform_row_group() made. The same errors.
  Result<std::string_view> add_row_group(const RowGroup& group);
  /// The last bytes of the file, which has one row group or more; the next row group begins another
  /// file. Valid until the next call.
  std::string_view finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What the whole numbers of a table's column count: days since 1970-01-01, parts of a second since
/// midnight, parts of a second since 1970-01-01T00:00 (in UTC, or of a clock on some wall).
enum class Temporal : std::uint8_t {
  none,
  date,
  time_ms,
  time_us,
  time_ns,
  timestamp_us,  // stored milliseconds too: they are read as microseconds
  timestamp_ns
};

struct ChunkInfo {
  std::int64_t null_count = -1;  // -1: not stated
  std::int64_t nan_count = -1;   // -1: not stated
  std::string min, max;          // as text; empty: not stated
  std::uint64_t compressed_bytes = 0;
};

struct ColumnInfo {
  std::string name;
  std::string physical;    // "DOUBLE"
  std::string logical;     // "STRING", "TIMESTAMP(us, UTC)", or empty
  std::string repetition;  // "REQUIRED", "OPTIONAL"
  std::string codec;       // "ZSTD"; of all row groups, with commas between
  std::string encodings;   // "PLAIN,RLE"; of all row groups
  Temporal temporal = Temporal::none;
  bool utc = false;  // of a time or timestamp
  std::uint64_t compressed_bytes = 0;
  std::uint64_t uncompressed_bytes = 0;
  std::int64_t null_count = -1;   // of all row groups; -1: not stated by each
  std::string min, max;           // of all row groups, as text; empty: not stated by each
  std::vector<ChunkInfo> chunks;  // one a row group
};

struct FileInfo {
  std::int64_t version = 0;
  std::uint64_t rows = 0;
  std::string created_by;
  std::vector<std::pair<std::string, std::string>> key_values;
  std::vector<std::uint64_t> row_group_rows;
  std::vector<ColumnInfo> columns;  // sizes summed over row groups
};

/// Pages of one kind and encoding.
struct PageCount {
  std::string kind;      // "data", "data v2", "dictionary", "index"
  std::string encoding;  // of the values; empty for an index
  std::uint64_t pages = 0;
  std::uint64_t values = 0;
  std::uint64_t compressed_bytes = 0;  // without the headers
  std::uint64_t uncompressed_bytes = 0;
  std::uint64_t checksums = 0;  // pages that have a CRC
};

/// A node of a schema, which may be nested.
struct SchemaNode {
  std::string name;
  std::size_t depth = 0;   // 0: below the root
  std::string repetition;  // "REQUIRED", "OPTIONAL", "REPEATED"
  std::string physical;    // "DOUBLE"; empty: a group
  std::string logical;     // of a group "LIST", "MAP" or empty
};

/// What a footer says, whether or not the file can be read.
struct SchemaInfo {
  std::int64_t version = 0;
  std::int64_t rows = 0;
  std::string created_by;
  std::vector<std::pair<std::string, std::string>> key_values;
  std::vector<SchemaNode> nodes;  // each before its children
};

struct ParquetLimits {
  std::uint64_t rows_max = 1u << 26;
  std::uint64_t columns_max = 4096;
  std::uint64_t page_bytes_max = 1u << 28;   // uncompressed
  std::uint64_t total_bytes_max = 1u << 30;  // of one read: pages uncompressed, values and text
  std::uint64_t chunks_max = 1u << 20;       // columns times row groups
};

/// A file of which row groups are read one by one. The bytes are not copied: they outlive it.
///
/// FLOAT becomes float64, FLOAT16 too, UINT_32 int64, milliseconds microseconds; decimals, UINT_64
/// and UUIDs become text, exactly; byte arrays text, whatever they hold. A column that is one
/// dictionary entry throughout the table becomes a constant.
class ParquetReader {
 public:
  static Result<ParquetReader> open(std::string_view bytes, const ParquetLimits& limits = {});
  ~ParquetReader();
  ParquetReader(ParquetReader&&) noexcept;
  ParquetReader& operator=(ParquetReader&&) noexcept;

  const FileInfo& info() const noexcept;
  std::size_t row_groups() const noexcept { return info().row_group_rows.size(); }

  /// The columns, without rows.
  void read_schema(Table& table) const;
  /// The pages of a column, in all row groups, by their headers alone.
  Result<std::vector<PageCount>> count_pages(std::size_t column) const;

  /// All rows into `table` (cleared first).
  Result<Done> read(Table& table) const;
  /// Those of one row group (below row_groups()).
  Result<Done> read_row_group(std::size_t index, Table& table) const;

 private:
  struct State;
  explicit ParquetReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The schema of any file whose footer is not encrypted: nested, of encrypted columns, of any type.
Result<SchemaInfo> read_parquet_schema(std::string_view bytes, const ParquetLimits& limits = {});

/// Reads a whole file into `table` (cleared first); `info` may be null.
Result<Done> read_parquet(std::string_view bytes, Table& table, FileInfo* info = nullptr,
                          const ParquetLimits& limits = {});

}  // namespace weir::segmentation
