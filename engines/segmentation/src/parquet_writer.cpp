#include <snappy.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <weir/check.hpp>
#include <weir/segmentation/parquet.hpp>

#include "parquet_format.hpp"
#include "thrift.hpp"

namespace weir::segmentation {
namespace {

constexpr std::string_view created_by = "weir version 0.1.0 (build 0)";
constexpr int zstd_level = 1;                      // level 3 saves 1 % more for 20 % more time
constexpr std::size_t statistics_bytes_max = 512;  // a longer text gives no min and max

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

template <class T>
void append_le(std::string& out, T value) {
  static_assert(std::endian::native == std::endian::little,
                "the writer copies values as they lie in memory");
  char buffer[sizeof(T)];
  std::memcpy(buffer, &value, sizeof(T));
  out.append(buffer, sizeof(T));
}

void append_varint(std::string& out, std::uint64_t value) { thrift::Writer(out).varint(value); }

/// Rows of one column to be written: rows first .. first+count-1.
struct Slice {
  const Column* column;
  std::size_t first;
  std::size_t count;
  std::size_t row(std::size_t k) const noexcept { return column->constant ? 0 : first + k; }
};

struct Facts {
  std::size_t nulls = 0;
  std::size_t nans = 0;
  bool single = true;  // one value throughout, no null
};

bool same_entry(const Column& column, std::size_t a, std::size_t b) noexcept {
  switch (column.type) {
    case ColumnType::float64:  // by bits: a NaN is like itself, and -0.0 is not 0.0
      return std::bit_cast<std::uint64_t>(column.floats[a]) ==
             std::bit_cast<std::uint64_t>(column.floats[b]);
    case ColumnType::text:
      return column.text(a) == column.text(b);
    default:
      return column.integers[a] == column.integers[b];
  }
}

Facts facts_of(const Slice& slice) {
  const Column& column = *slice.column;
  Facts facts;
  if (column.constant) {
    facts.nulls = column.is_null(0) ? slice.count : 0;
    facts.single = facts.nulls == 0;
    if (facts.single && column.type == ColumnType::float64 && std::isnan(column.floats[0]))
      facts.nans = slice.count;
    return facts;
  }
  for (std::size_t k = 0; k < slice.count; ++k) {
    const std::size_t row = slice.first + k;
    if (column.is_null(row)) {
      ++facts.nulls;
    } else if (column.type == ColumnType::float64 && std::isnan(column.floats[row])) {
      ++facts.nans;
    }
  }
  facts.single = facts.nulls == 0;
  for (std::size_t k = 1; k < slice.count && facts.single; ++k) {
    facts.single = same_entry(column, slice.first, slice.first + k);
  }
  return facts;
}

void append_value(std::string& out, const Column& column, std::size_t row) {
  switch (column.type) {
    case ColumnType::float64:
      append_le(out, column.floats[row]);
      break;
    case ColumnType::int32:
      append_le(out, static_cast<std::int32_t>(column.integers[row]));
      break;
    case ColumnType::text: {
      const std::string_view text = column.text(row);
      append_le(out, static_cast<std::uint32_t>(text.size()));
      out += text;
      break;
    }
    case ColumnType::boolean:
      out += static_cast<char>(column.integers[row]);
      break;
    default:
      append_le(out, column.integers[row]);
  }
}

void append_plain(std::string& out, const Slice& slice, const Facts& facts) {
  const Column& column = *slice.column;
  if (facts.nulls == slice.count) return;
  if (column.type == ColumnType::boolean) {
    unsigned bits = 0;
    unsigned n = 0;
    for (std::size_t k = 0; k < slice.count; ++k) {
      if (column.is_null(slice.row(k))) continue;
      bits |= (column.integers[slice.row(k)] != 0 ? 1u : 0u) << n;
      if (++n == 8) {
        out += static_cast<char>(bits);
        bits = n = 0;
      }
    }
    if (n != 0) out += static_cast<char>(bits);
    return;
  }
  if (!column.constant && facts.nulls == 0 && column.type == ColumnType::float64) {
    out.append(reinterpret_cast<const char*>(column.floats.data() + slice.first),
               slice.count * sizeof(double));
    return;
  }
  for (std::size_t k = 0; k < slice.count; ++k) {
    if (!column.is_null(slice.row(k))) append_value(out, column, slice.row(k));
  }
}

/// Definition levels of a v1 page: length, then runs of ones and zeros (bit width 1).
void append_levels(std::string& out, const Slice& slice, const Facts& facts) {
  const std::size_t at = out.size();
  append_le(out, std::uint32_t{0});
  const auto run = [&](std::size_t length, bool defined) {
    append_varint(out, std::uint64_t{length} << 1);
    out += defined ? '\1' : '\0';
  };
  if (facts.nulls == 0 || facts.nulls == slice.count) {
    run(slice.count, facts.nulls == 0);
  } else {
    std::size_t begin = 0;
    for (std::size_t k = 1; k <= slice.count; ++k) {
      const bool before = !slice.column->is_null(slice.row(begin));
      if (k < slice.count && !slice.column->is_null(slice.row(k)) == before) continue;
      run(k - begin, before);
      begin = k;
    }
  }
  const auto size = static_cast<std::uint32_t>(out.size() - at - 4);
  std::memcpy(out.data() + at, &size, sizeof(size));
}

/// Writes min and max by the format's rules; nothing where a NaN or no value is.
void write_bounds(thrift::Writer& out, const Slice& slice, const Facts& facts) {
  const Column& column = *slice.column;
  if (facts.nans != 0 || facts.nulls == slice.count) return;
  std::size_t low = slice.count;
  std::size_t high = slice.count;
  const auto less = [&](std::size_t a, std::size_t b) {
    if (column.type == ColumnType::float64) return column.floats[a] < column.floats[b];
    if (column.type == ColumnType::text)
      return column.text(a) < column.text(b);  // char_traits compares unsigned
    return column.integers[a] < column.integers[b];
  };
  for (std::size_t k = 0; k < (column.constant || facts.single ? 1 : slice.count); ++k) {
    if (column.is_null(slice.row(k))) continue;
    if (low == slice.count || less(slice.row(k), slice.row(low))) low = k;
    if (high == slice.count || less(slice.row(high), slice.row(k))) high = k;
  }
  const auto bound = [&](std::size_t k, bool is_min) {
    std::string value;
    const std::size_t row = slice.row(k);
    if (column.type == ColumnType::text) {
      value = column.text(row);
    } else if (column.type == ColumnType::float64 && column.floats[row] == 0.0) {
      append_le(value, is_min ? -0.0 : 0.0);  // the format's rule for zeros
    } else {
      append_value(value, column, row);
    }
    return value;
  };
  const std::string max = bound(high, false);
  const std::string min = bound(low, true);
  if (max.size() > statistics_bytes_max || min.size() > statistics_bytes_max) return;
  out.text(5, max);
  out.text(6, min);
}

struct Chunk {
  bool dictionary = false;
  std::int64_t codec = 0;
  std::size_t offset = 0;       // of the first page
  std::size_t data_offset = 0;  // of the data page
  std::size_t compressed = 0;
  std::size_t uncompressed = 0;
};

}  // namespace

struct ParquetWriter::State {
  explicit State(Compression c)
      : compression(c), context(c == Compression::zstd ? ZSTD_createCCtx() : nullptr) {
    WEIR_CHECK(c != Compression::zstd || context != nullptr, "zstd has no memory for a context");
  }
  ~State() { ZSTD_freeCCtx(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::string_view compress(std::int64_t codec, std::string_view page);
  void write_page(Chunk& chunk, std::string_view body, std::int64_t type, std::size_t values,
                  std::int64_t encoding);
  void write_chunk(const Slice& slice, Chunk& chunk, Facts& facts);
  void write_footer(const std::vector<Slice>& slices, const std::vector<Facts>& facts,
                    std::size_t rows);
  void write_schema(thrift::Writer& out, const std::vector<Slice>& slices);

  Compression compression;
  ZSTD_CCtx* context;
  std::string file, page, packed, head, footer;
  std::vector<Slice> slices;
  std::vector<Facts> facts;
  std::vector<Chunk> chunks;
};

std::string_view ParquetWriter::State::compress(std::int64_t codec, std::string_view body) {
  if (codec == format::uncompressed) return body;
  if (codec == format::snappy) {
    packed.resize(snappy::MaxCompressedLength(body.size()));
    std::size_t size = 0;
    snappy::RawCompress(body.data(), body.size(), packed.data(), &size);
    packed.resize(size);
    return packed;
  }
  packed.resize(ZSTD_compressBound(body.size()));
  const std::size_t size = ZSTD_compressCCtx(context, packed.data(), packed.size(), body.data(),
                                             body.size(), zstd_level);
  WEIR_CHECK(ZSTD_isError(size) == 0, "zstd cannot compress into a buffer of its own bound");
  packed.resize(size);
  return packed;
}

void ParquetWriter::State::write_page(Chunk& chunk, std::string_view body, std::int64_t type,
                                      std::size_t values, std::int64_t encoding) {
  const std::string_view stored = compress(chunk.codec, body);
  head.clear();
  thrift::Writer out(head);
  out.begin();
  out.integer32(1, type);
  out.integer32(2, static_cast<std::int64_t>(body.size()));
  out.integer32(3, static_cast<std::int64_t>(stored.size()));
  out.integer32(4, static_cast<std::int32_t>(format::crc32(stored)));
  out.begin_field(type == format::data_page ? 5 : 7);
  out.integer32(1, static_cast<std::int64_t>(values));
  out.integer32(2, encoding);
  if (type == format::data_page) {
    out.integer32(3, format::rle);
    out.integer32(4, format::rle);
  }
  out.end();
  out.end();
  file += head;
  file += stored;
  chunk.compressed += head.size() + stored.size();
  chunk.uncompressed += head.size() + body.size();
}

void ParquetWriter::State::write_chunk(const Slice& slice, Chunk& chunk, Facts& about) {
  about = facts_of(slice);
  chunk = {};
  chunk.offset = file.size();
  chunk.dictionary = about.single && slice.column->type != ColumnType::boolean && slice.count > 1;
  // The codec belongs to the whole chunk; a one-entry dictionary is smaller without one.
  const bool packed_chunk =
      !chunk.dictionary && about.nulls != slice.count && slice.column->type != ColumnType::boolean;
  if (packed_chunk) {
    chunk.codec = compression == Compression::zstd     ? format::zstd
                  : compression == Compression::snappy ? format::snappy
                                                       : format::uncompressed;
  }
  page.clear();
  if (chunk.dictionary) {
    append_value(page, *slice.column, slice.row(0));
    write_page(chunk, page, format::dictionary_page, 1, format::plain);
    page.clear();
  }
  chunk.data_offset = file.size();
  append_levels(page, slice, about);
  if (chunk.dictionary) {
    page += '\1';  // bit width 1: some readers fail at 0
    append_varint(page, std::uint64_t{slice.count} << 1);
    page += '\0';
    write_page(chunk, page, format::data_page, slice.count, format::rle_dictionary);
  } else {
    append_plain(page, slice, about);
    write_page(chunk, page, format::data_page, slice.count, format::plain);
  }
}

void ParquetWriter::State::write_schema(thrift::Writer& out, const std::vector<Slice>& columns) {
  out.begin_list(2, thrift::structure, columns.size() + 1);
  out.begin();
  out.text(4, "root");
  out.integer32(5, static_cast<std::int64_t>(columns.size()));
  out.end();
  for (const Slice& slice : columns) {
    const ColumnType type = slice.column->type;
    out.begin();
    out.integer32(1, physical(type));
    out.integer32(3, 1);  // OPTIONAL
    out.text(4, slice.column->name);
    if (type == ColumnType::text) {
      out.integer32(6, format::utf8);
      out.begin_field(10);
      out.begin_field(1);
      out.end();
      out.end();
    } else if (type == ColumnType::timestamp_us) {
      out.integer32(6, format::timestamp_micros);
      out.begin_field(10);
      out.begin_field(8);
      out.flag(1, true);
      out.begin_field(2);
      out.begin_field(2);
      out.end();
      out.end();
      out.end();
      out.end();
    }
    out.end();
  }
}

void ParquetWriter::State::write_footer(const std::vector<Slice>& columns,
                                        const std::vector<Facts>& about, std::size_t rows) {
  footer.clear();
  thrift::Writer out(footer);
  out.begin();
  out.integer32(1, 1);
  write_schema(out, columns);
  out.integer64(3, static_cast<std::int64_t>(rows));
  out.begin_list(4, thrift::structure, 1);
  out.begin();
  out.begin_list(1, thrift::structure, columns.size());
  std::size_t total = 0;
  for (std::size_t k = 0; k < columns.size(); ++k) {
    const Chunk& chunk = chunks[k];
    total += chunk.uncompressed;
    out.begin();
    out.integer64(2, 0);  // file_offset: required by readers, meaningless by now
    out.begin_field(3);
    out.integer32(1, physical(columns[k].column->type));
    out.begin_list(2, thrift::i32, chunk.dictionary ? 3 : 2);
    out.zigzag(format::plain);
    out.zigzag(format::rle);
    if (chunk.dictionary) out.zigzag(format::rle_dictionary);
    out.begin_list(3, thrift::binary, 1);
    out.raw_text(columns[k].column->name);
    out.integer32(4, chunk.codec);
    out.integer64(5, static_cast<std::int64_t>(rows));
    out.integer64(6, static_cast<std::int64_t>(chunk.uncompressed));
    out.integer64(7, static_cast<std::int64_t>(chunk.compressed));
    out.integer64(9, static_cast<std::int64_t>(chunk.data_offset));
    if (chunk.dictionary) out.integer64(11, static_cast<std::int64_t>(chunk.offset));
    out.begin_field(12);
    out.integer64(3, static_cast<std::int64_t>(about[k].nulls));
    write_bounds(out, columns[k], about[k]);
    if (columns[k].column->type == ColumnType::float64)
      out.integer64(9, static_cast<std::int64_t>(about[k].nans));
    out.end();
    out.end();
    out.end();
  }
  out.integer64(2, static_cast<std::int64_t>(total));
  out.integer64(3, static_cast<std::int64_t>(rows));
  out.end();
  out.text(6, created_by);
  out.begin_list(7, thrift::structure, columns.size());
  for (std::size_t k = 0; k < columns.size();
       ++k) {  // TYPE_ORDER: without it min and max mean nothing
    out.begin();
    out.begin_field(1);
    out.end();
    out.end();
  }
  out.end();
}

ParquetWriter::ParquetWriter(Compression compression)
    : state_(std::make_unique<State>(compression)) {}
ParquetWriter::~ParquetWriter() = default;

std::string_view ParquetWriter::encode(const Table& table, std::size_t first, std::size_t count,
                                       const Table* extra) {
  State& s = *state_;
  s.slices.clear();
  for (std::size_t k = 0; k < table.size(); ++k) s.slices.push_back({&table[k], first, count});
  if (extra != nullptr) {
    for (std::size_t k = 0; k < extra->size(); ++k) s.slices.push_back({&(*extra)[k], 0, count});
  }
  s.facts.resize(s.slices.size());
  s.chunks.resize(s.slices.size());
  s.file.assign(format::magic);
  for (std::size_t k = 0; k < s.slices.size(); ++k)
    s.write_chunk(s.slices[k], s.chunks[k], s.facts[k]);
  s.write_footer(s.slices, s.facts, count);
  s.file += s.footer;
  append_le(s.file, static_cast<std::uint32_t>(s.footer.size()));
  s.file += format::magic;
  return s.file;
}

std::string_view to_string(Compression compression) noexcept {
  return compression == Compression::none     ? "none"
         : compression == Compression::snappy ? "snappy"
                                              : "zstd";
}

}  // namespace weir::segmentation
