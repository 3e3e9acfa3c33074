#include <snappy.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <weir/check.hpp>
#include <weir/segmentation/parquet.hpp>

#include "packing.hpp"
#include "parquet_format.hpp"
#include "parquet_pages.hpp"
#include "thrift.hpp"

namespace weir::segmentation {
namespace {

using format::append_le;
using format::append_value;
using format::Facts;
using format::Run;
using format::Slice;

constexpr std::string_view created_by = "weir version 0.1.0 (build 0)";
// Level 1 saves 7 % for twice the time, 1 % where bytes are split into streams; small files take
// whole blocks of a disk anyway.
constexpr int zstd_level = -1;
constexpr std::size_t statistics_bytes_max = 512;  // a longer text gives no min and max

bool with_zstd(Compression compression) noexcept {
  return compression == Compression::zstd || compression == Compression::zstd_split;
}

std::int64_t physical(ColumnType type) noexcept {
  switch (type) {
    case ColumnType::float64:
      return format::float64;
    case ColumnType::int32:
      return format::int32;
    case ColumnType::boolean:
      return format::boolean;
    case ColumnType::text:
      return format::byte_array;
    default:
      return format::int64;
  }
}

/// What the footer says of one column of a row group. Offsets are from the row group's first byte.
struct Chunk {
  std::string name;
  ColumnType type = ColumnType::float64;
  bool dictionary = false;
  bool split = false;  // BYTE_STREAM_SPLIT
  bool has_bounds = false;
  std::int64_t codec = 0;
  std::size_t offset = 0;       // of the first page
  std::size_t data_offset = 0;  // of the first data page
  std::size_t compressed = 0;
  std::size_t uncompressed = 0;
  std::size_t nulls = 0, nans = 0;
  std::string min, max;
};

/// Finds min and max by the format's rules; none where a NaN or no value is. `runs`: of the dictionary, where there is
/// one; their values are all there are.
void find_bounds(const Slice& slice, const Facts& facts, std::span<const Run> runs, Chunk& chunk) {
  const Column& column = *slice.column;
  chunk.has_bounds = false;
  if (facts.nans != 0 || facts.values == 0) return;
  if (facts.has_range) {
    chunk.max.clear();
    chunk.min.clear();
    append_le(chunk.max, facts.high == 0.0 ? 0.0 : facts.high);  // the format's rule for zeros
    append_le(chunk.min, facts.low == 0.0 ? -0.0 : facts.low);
    chunk.has_bounds = true;
    return;
  }
  std::size_t low = slice.count;
  std::size_t high = slice.count;
  const auto less = [&](std::size_t a, std::size_t b) {
    if (column.type == ColumnType::float64) return column.floats[a] < column.floats[b];
    if (column.type == ColumnType::text)
      return column.text(a) < column.text(b);  // char_traits compares unsigned
    return column.integers[a] < column.integers[b];
  };
  const auto take = [&](std::size_t k) {
    if (column.is_null(slice.row(k))) return;
    if (low == slice.count || less(slice.row(k), slice.row(low))) low = k;
    if (high == slice.count || less(slice.row(high), slice.row(k))) high = k;
  };
  if (runs.empty()) {
    for (std::size_t k = 0; k < (facts.single() ? 1 : slice.count); ++k) take(k);
  } else {
    for (const Run& run : runs) take(run.begin);
  }
  const auto bound = [&](std::size_t k, bool is_min, std::string& value) {
    value.clear();
    const std::size_t row = slice.row(k);
    if (column.type == ColumnType::text) {
      value = column.text(row);
    } else if (column.type == ColumnType::float64 && column.floats[row] == 0.0) {
      append_le(value, is_min ? -0.0 : 0.0);  // the format's rule for zeros
    } else {
      append_value(value, column, row);
    }
  };
  bound(high, false, chunk.max);
  bound(low, true, chunk.min);
  chunk.has_bounds =
      chunk.max.size() <= statistics_bytes_max && chunk.min.size() <= statistics_bytes_max;
}

struct Field {
  std::string name;
  ColumnType type;
};

}  // namespace

struct RowGroup::State {
  std::string pages;
  std::vector<Chunk> chunks;
  std::size_t rows = 0;
};

RowGroup::RowGroup() : state_(std::make_unique<State>()) {}
RowGroup::~RowGroup() = default;
RowGroup::RowGroup(RowGroup&&) noexcept = default;
RowGroup& RowGroup::operator=(RowGroup&&) noexcept = default;

std::size_t RowGroup::bytes() const noexcept { return state_->pages.size(); }
std::uint64_t RowGroup::rows() const noexcept { return state_->rows; }

void RowGroup::pack(std::string& out) const {
  out.clear();
  out.reserve(state_->pages.size() + state_->chunks.size() * 64);
  Packer to(out);
  to.number(state_->rows);
  to.number(state_->chunks.size());
  for (const Chunk& chunk : state_->chunks) {
    to.text(chunk.name);
    to.raw(chunk.type);
    to.raw(chunk.dictionary);
    to.raw(chunk.split);
    to.raw(chunk.has_bounds);
    to.number(static_cast<std::uint64_t>(chunk.codec));
    to.number(chunk.data_offset - chunk.offset);
    to.number(chunk.compressed);
    to.number(chunk.uncompressed);
    to.number(chunk.nulls);
    to.number(chunk.nans);
    if (!chunk.has_bounds) continue;
    to.text(chunk.min);
    to.text(chunk.max);
  }
  to.text(state_->pages);
}

void RowGroup::unpack(std::string_view packed) {
  Unpacker from(packed.data());
  state_->rows = static_cast<std::size_t>(from.number());
  state_->chunks.resize(static_cast<std::size_t>(from.number()));
  std::size_t offset = 0;
  for (Chunk& chunk : state_->chunks) {
    chunk.name = from.text();
    chunk.type = from.raw<ColumnType>();
    chunk.dictionary = from.raw<bool>();
    chunk.split = from.raw<bool>();
    chunk.has_bounds = from.raw<bool>();
    chunk.codec = static_cast<std::int64_t>(from.number());
    chunk.offset = offset;
    chunk.data_offset = offset + static_cast<std::size_t>(from.number());
    chunk.compressed = static_cast<std::size_t>(from.number());
    chunk.uncompressed = static_cast<std::size_t>(from.number());
    chunk.nulls = static_cast<std::size_t>(from.number());
    chunk.nans = static_cast<std::size_t>(from.number());
    offset += chunk.compressed;
    if (!chunk.has_bounds) continue;
    chunk.min = from.text();
    chunk.max = from.text();
  }
  state_->pages = from.text();
}

struct ParquetWriter::State {
  explicit State(Compression c)
      : compression(c), context(with_zstd(c) ? ZSTD_createCCtx() : nullptr) {
    WEIR_CHECK(!with_zstd(c) || context != nullptr, "zstd has no memory for a context");
  }
  ~State() { ZSTD_freeCCtx(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void take(const Table& table, std::size_t first, std::size_t count, const Table* extra);
  std::optional<Error> check_schema(const RowGroup::State& group) const;
  void encode_group(std::size_t rows, RowGroup::State& group);
  void add_group(const RowGroup::State& group);
  void write_chunk(const Slice& slice, std::string& to, Chunk& chunk);
  std::uint32_t write_dictionary(const Slice& slice, const Facts& about, std::string& to,
                                 Chunk& chunk);
  void write_page(std::string& to, Chunk& chunk, std::string_view body, std::int64_t type,
                  std::size_t values, std::int64_t encoding);
  std::string_view compress(std::int64_t codec, std::string_view page);
  void write_group_meta(const RowGroup::State& group, std::size_t base);
  void write_schema(thrift::Writer& out) const;
  void write_footer();

  Compression compression;
  ZSTD_CCtx* context;
  std::string out;          // what this call returns
  std::size_t written = 0;  // of this file, by the calls before
  std::string page, unsplit, head, footer;
  std::string packed;         // never shrinks: to grow it again would clear it
  std::vector<Slice> slices;  // of the row group
  RowGroup own;               // of encode() and of add_row_group() from a table
  std::vector<Run> runs;
  std::unordered_map<std::string, std::uint32_t> entries;  // of a dictionary, by their bytes
  std::vector<Field> schema;                               // of the file
  std::string groups;                                      // their part of the footer
  std::size_t group_count = 0;
  std::size_t rows_written = 0;
};

std::string_view ParquetWriter::State::compress(std::int64_t codec, std::string_view body) {
  if (codec == format::uncompressed) return body;
  const std::size_t bound = codec == format::snappy ? snappy::MaxCompressedLength(body.size())
                                                    : ZSTD_compressBound(body.size());
  if (packed.size() < bound) packed.resize(bound);
  if (codec == format::snappy) {
    std::size_t size = 0;
    snappy::RawCompress(body.data(), body.size(), packed.data(), &size);
    return {packed.data(), size};
  }
  const std::size_t size = ZSTD_compressCCtx(context, packed.data(), packed.size(), body.data(),
                                             body.size(), zstd_level);
  WEIR_CHECK(ZSTD_isError(size) == 0, "zstd cannot compress into a buffer of its own bound");
  return {packed.data(), size};
}

void ParquetWriter::State::write_page(std::string& to, Chunk& chunk, std::string_view body,
                                      std::int64_t type, std::size_t values,
                                      std::int64_t encoding) {
  WEIR_CHECK(body.size() <= std::numeric_limits<std::int32_t>::max(),
             "a page has room for 2 GiB, and so has a text");
  const std::string_view stored = compress(chunk.codec, body);
  head.clear();
  thrift::Writer header(head);
  header.begin();
  header.integer32(1, type);
  header.integer32(2, static_cast<std::int64_t>(body.size()));
  header.integer32(3, static_cast<std::int64_t>(stored.size()));
  header.integer32(4, static_cast<std::int32_t>(format::crc32(stored)));
  header.begin_field(type == format::data_page ? 5 : 7);
  header.integer32(1, static_cast<std::int64_t>(values));
  header.integer32(2, encoding);
  if (type == format::data_page) {
    header.integer32(3, format::rle);
    header.integer32(4, format::rle);
  }
  header.end();
  header.end();
  to += head;
  to += stored;
  chunk.compressed += head.size() + stored.size();
  chunk.uncompressed += head.size() + body.size();
}

/// Writes the dictionary page and fills `runs`; returns the number of entries.
std::uint32_t ParquetWriter::State::write_dictionary(const Slice& slice, const Facts& about,
                                                     std::string& to, Chunk& chunk) {
  const Column& column = *slice.column;
  page.clear();
  runs.clear();
  entries.clear();
  std::uint32_t count = 0;
  if (about.single()) {
    append_value(page, column, slice.row(0));
    runs.push_back({0, 0});
    count = 1;
  } else {
    std::string value;
    std::size_t before = 0;
    for (std::size_t k = 0; k < slice.count; ++k) {
      const std::size_t row = slice.row(k);
      if (column.is_null(row)) continue;
      if (runs.empty() || !format::same_entry(column, before, row)) {
        value.clear();
        append_value(value, column, row);
        const auto [at, is_new] = entries.try_emplace(value, count);
        if (is_new) {
          page += value;
          ++count;
        }
        runs.push_back({k, at->second});
      }
      before = row;
    }
  }
  write_page(to, chunk, page, format::dictionary_page, count, format::plain);
  return count;
}

void ParquetWriter::State::write_chunk(const Slice& slice, std::string& to, Chunk& chunk) {
  const Facts about = format::facts_of(slice);
  chunk.name = slice.column->name;
  chunk.type = slice.column->type;
  chunk.codec = format::uncompressed;
  chunk.compressed = chunk.uncompressed = 0;
  chunk.nulls = about.nulls;
  chunk.nans = about.nans;
  chunk.offset = to.size();
  chunk.dictionary = format::wants_dictionary(slice, about);
  // The codec belongs to the whole chunk; a one-entry dictionary is smaller without one.
  const bool packed_chunk = !(chunk.dictionary && about.single()) && about.values != 0 &&
                            slice.column->type != ColumnType::boolean;
  if (packed_chunk) {
    chunk.codec = with_zstd(compression)               ? format::zstd
                  : compression == Compression::snappy ? format::snappy
                                                       : format::uncompressed;
  }
  chunk.split = compression == Compression::zstd_split && packed_chunk && !chunk.dictionary &&
                slice.column->type == ColumnType::float64;
  const std::uint32_t entry_count =
      chunk.dictionary ? write_dictionary(slice, about, to, chunk) : 0;
  find_bounds(slice, about, chunk.dictionary ? std::span<const Run>(runs) : std::span<const Run>(),
              chunk);
  chunk.data_offset = to.size();
  std::size_t begin = 0;
  do {  // a chunk without rows has a page too
    const std::size_t end = format::page_end(slice, begin, chunk.dictionary);
    const Slice part{slice.column, slice.first + begin, end - begin};
    page.clear();
    format::append_levels(page, part, about);
    if (chunk.dictionary) {
      format::append_indices(page, slice, begin, end, runs, entry_count);
    } else if (chunk.split) {
      unsplit.clear();
      format::append_plain(unsplit, part, about);
      format::append_split(page, unsplit);
    } else {
      format::append_plain(page, part, about);
    }
    write_page(to, chunk, page, format::data_page, part.count,
               chunk.dictionary ? format::rle_dictionary
               : chunk.split    ? format::byte_stream_split
                                : format::plain);
    begin = end;
  } while (begin < slice.count);
}

void ParquetWriter::State::write_schema(thrift::Writer& meta) const {
  meta.begin_list(2, thrift::structure, schema.size() + 1);
  meta.begin();
  meta.text(4, "root");
  meta.integer32(5, static_cast<std::int64_t>(schema.size()));
  meta.end();
  for (const Field& field : schema) {
    meta.begin();
    meta.integer32(1, physical(field.type));
    meta.integer32(3, 1);  // OPTIONAL
    meta.text(4, field.name);
    if (field.type == ColumnType::text) {
      meta.integer32(6, format::utf8);
      meta.begin_field(10);
      meta.begin_field(static_cast<int>(format::Logical::string));
      meta.end();
      meta.end();
    } else if (field.type == ColumnType::timestamp_us) {
      meta.integer32(6, format::timestamp_micros);
      meta.begin_field(10);
      meta.begin_field(static_cast<int>(format::Logical::timestamp));
      meta.flag(1, true);
      meta.begin_field(2);
      meta.begin_field(format::micros);
      meta.end();
      meta.end();
      meta.end();
      meta.end();
    }
    meta.end();
  }
}

/// Adds the row group's part of the footer to `groups`; its pages begin at byte `base` of the file.
void ParquetWriter::State::write_group_meta(const RowGroup::State& group, std::size_t base) {
  thrift::Writer meta(groups);
  meta.begin();
  meta.begin_list(1, thrift::structure, group.chunks.size());
  std::size_t total = 0;
  for (const Chunk& chunk : group.chunks) {
    total += chunk.uncompressed;
    meta.begin();
    meta.integer64(2, 0);  // file_offset: required by readers, meaningless by now
    meta.begin_field(3);
    meta.integer32(1, physical(chunk.type));
    meta.begin_list(2, thrift::i32, chunk.dictionary ? 3 : 2);
    meta.zigzag(chunk.split ? format::byte_stream_split : format::plain);
    meta.zigzag(format::rle);
    if (chunk.dictionary) meta.zigzag(format::rle_dictionary);
    meta.begin_list(3, thrift::binary, 1);
    meta.raw_text(chunk.name);
    meta.integer32(4, chunk.codec);
    meta.integer64(5, static_cast<std::int64_t>(group.rows));
    meta.integer64(6, static_cast<std::int64_t>(chunk.uncompressed));
    meta.integer64(7, static_cast<std::int64_t>(chunk.compressed));
    meta.integer64(9, static_cast<std::int64_t>(base + chunk.data_offset));
    if (chunk.dictionary) meta.integer64(11, static_cast<std::int64_t>(base + chunk.offset));
    meta.begin_field(12);
    meta.integer64(3, static_cast<std::int64_t>(chunk.nulls));
    if (chunk.has_bounds) {
      meta.text(5, chunk.max);
      meta.text(6, chunk.min);
    }
    if (chunk.type == ColumnType::float64) meta.integer64(9, static_cast<std::int64_t>(chunk.nans));
    meta.end();
    meta.end();
    meta.end();
  }
  meta.integer64(2, static_cast<std::int64_t>(total));
  meta.integer64(3, static_cast<std::int64_t>(group.rows));
  meta.end();
}

void ParquetWriter::State::write_footer() {
  footer.clear();
  thrift::Writer meta(footer);
  meta.begin();
  meta.integer32(1, 1);
  write_schema(meta);
  meta.integer64(3, static_cast<std::int64_t>(rows_written));
  meta.begin_list(4, thrift::structure, group_count);
  footer += groups;
  meta.text(6, created_by);
  meta.begin_list(7, thrift::structure, schema.size());
  for (std::size_t k = 0; k < schema.size(); ++k) {
    meta.begin();  // TYPE_ORDER: without it min and max mean nothing
    meta.begin_field(1);
    meta.end();
    meta.end();
  }
  meta.end();
  out += footer;
  append_le(out, static_cast<std::uint32_t>(footer.size()));
  out += format::magic;
  written = 0;
  rows_written = 0;
  group_count = 0;
  groups.clear();
  schema.clear();
}

/// Makes `slices` the columns of both tables.
void ParquetWriter::State::take(const Table& table, std::size_t first, std::size_t count,
                                const Table* extra) {
  slices.clear();
  for (std::size_t k = 0; k < table.size(); ++k) slices.push_back({&table[k], first, count});
  if (extra != nullptr) {
    for (std::size_t k = 0; k < extra->size(); ++k) slices.push_back({&(*extra)[k], 0, count});
  }
}

std::optional<Error> ParquetWriter::State::check_schema(const RowGroup::State& group) const {
  if (group.chunks.size() != schema.size()) {
    return Error{"other_schema",
                 "a row group of " + std::to_string(group.chunks.size()) +
                     " columns in a file of " + std::to_string(schema.size()),
                 ""};
  }
  for (std::size_t k = 0; k < schema.size(); ++k) {
    const Chunk& chunk = group.chunks[k];
    if (chunk.name == schema[k].name && chunk.type == schema[k].type) continue;
    return Error{"other_schema",
                 "a row group's column " + std::to_string(k + 1) + " is " + chunk.name + " of " +
                     std::string(to_string(chunk.type)) + ", the file's is " + schema[k].name +
                     " of " + std::string(to_string(schema[k].type)),
                 chunk.name};
  }
  return std::nullopt;
}

/// Makes `group` the rows of `slices`.
void ParquetWriter::State::encode_group(std::size_t rows, RowGroup::State& group) {
  group.pages.clear();
  group.rows = rows;
  group.chunks.resize(slices.size());
  for (std::size_t k = 0; k < slices.size(); ++k)
    write_chunk(slices[k], group.pages, group.chunks[k]);
}

void ParquetWriter::State::add_group(const RowGroup::State& group) {
  if (group_count == 0) {
    out += format::magic;
    for (const Chunk& chunk : group.chunks) schema.push_back({chunk.name, chunk.type});
  }
  write_group_meta(group, written + out.size());
  out += group.pages;
  ++group_count;
  rows_written += group.rows;
}

ParquetWriter::ParquetWriter(Compression compression)
    : state_(std::make_unique<State>(compression)) {}
ParquetWriter::~ParquetWriter() = default;

std::string_view ParquetWriter::encode(const Table& table, std::size_t first, std::size_t count,
                                       const Table* extra) {
  State& s = *state_;
  WEIR_CHECK(s.group_count == 0, "a file of several row groups is not finished");
  s.out.clear();
  s.take(table, first, count, extra);
  s.encode_group(count, *s.own.state_);
  s.add_group(*s.own.state_);
  s.write_footer();
  return s.out;
}

Result<std::string_view> ParquetWriter::add_row_group(const Table& table, std::size_t first,
                                                      std::size_t count, const Table* extra) {
  State& s = *state_;
  s.take(table, first, count, extra);
  s.encode_group(count, *s.own.state_);
  return add_row_group(s.own);
}

void ParquetWriter::encode_row_group(std::span<const Column* const> columns, std::size_t first,
                                     std::size_t count, RowGroup& group) {
  WEIR_CHECK(!columns.empty(), "a row group has one column or more");
  State& s = *state_;
  s.slices.clear();
  for (const Column* column : columns) s.slices.push_back({column, first, count});
  s.encode_group(count, *group.state_);
}

void ParquetWriter::conform_row_group(const RowGroup& from, std::span<const Column* const> columns,
                                      RowGroup& group) {
  const RowGroup::State& has = *from.state_;
  RowGroup::State& made = *group.state_;
  made.pages.clear();
  made.rows = has.rows;
  made.chunks.resize(columns.size());
  for (std::size_t k = 0; k < columns.size(); ++k) {
    const Column& column = *columns[k];
    Chunk& chunk = made.chunks[k];
    const auto at = std::find_if(has.chunks.begin(), has.chunks.end(), [&](const Chunk& own) {
      return own.name == column.name && own.type == column.type;
    });
    if (at == has.chunks.end()) {
      WEIR_CHECK(column.constant, "what a row group has not is one entry for all of its rows");
      state_->write_chunk({&column, 0, made.rows}, made.pages, chunk);
      continue;
    }
    chunk = *at;
    chunk.offset = made.pages.size();
    chunk.data_offset = chunk.offset + (at->data_offset - at->offset);
    made.pages.append(has.pages, at->offset, at->compressed);
  }
}

Result<std::string_view> ParquetWriter::add_row_group(const RowGroup& group) {
  State& s = *state_;
  s.out.clear();
  if (s.group_count != 0) {
    if (auto error = s.check_schema(*group.state_)) return *error;
  }
  s.add_group(*group.state_);
  s.written += s.out.size();
  return std::string_view(s.out);
}

std::string_view ParquetWriter::finish() {
  State& s = *state_;
  WEIR_CHECK(s.group_count != 0, "a file has one row group or more");
  s.out.clear();
  s.write_footer();
  return s.out;
}

std::string_view to_string(Compression compression) noexcept {
  switch (compression) {
    case Compression::none:
      return "none";
    case Compression::snappy:
      return "snappy";
    case Compression::zstd:
      return "zstd";
    case Compression::zstd_split:
      return "zstd-split";
  }
  return {};
}

}  // namespace weir::segmentation
