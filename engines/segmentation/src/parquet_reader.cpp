#include <snappy.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <weir/segmentation/parquet.hpp>
#include <weir/segmentation/text.hpp>

#include "parquet_footer.hpp"

namespace weir::segmentation {
namespace {

using format::ChunkMeta;
using format::Leaf;
using format::PageHeader;

/// Decodes runs of the RLE / bit-packed hybrid. next() is false at the end or at bad bytes.
class HybridReader {
 public:
  HybridReader(std::string_view bytes, unsigned width) : bytes_(bytes), width_(width) {}

  /// The length of the current run of equal values and its value; bit-packed values come one by
  /// one.
  bool next(std::size_t& length, std::uint32_t& value) noexcept {
    if (packed_ == 0) {
      std::uint64_t head = 0;
      if (!varint(head)) return false;
      if ((head & 1) == 0) {
        length = head >> 1;
        value = 0;
        for (unsigned k = 0; k < (width_ + 7) / 8; ++k) {
          if (at_ >= bytes_.size()) return false;
          value |= std::uint32_t{static_cast<unsigned char>(bytes_[at_++])} << (8 * k);
        }
        return length != 0;
      }
      const std::uint64_t groups = head >> 1;
      if (groups == 0 || groups > (bytes_.size() - at_) / std::max(1u, width_) + 1) return false;
      packed_ = groups * 8;
      bit_ = 0;
    }
    value = 0;
    for (unsigned k = 0; k < width_; ++k, ++bit_) {
      const std::size_t byte = at_ + bit_ / 8;
      if (byte >= bytes_.size()) return false;
      value |= ((static_cast<unsigned char>(bytes_[byte]) >> (bit_ % 8)) & 1u) << k;
    }
    length = 1;
    if (--packed_ == 0) at_ += (bit_ + 7) / 8;
    return true;
  }

 private:
  bool varint(std::uint64_t& value) noexcept {
    value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
      if (at_ >= bytes_.size()) return false;
      const auto b = static_cast<unsigned char>(bytes_[at_++]);
      value |= std::uint64_t{b & 0x7fu} << shift;
      if ((b & 0x80) == 0) return true;
    }
    return false;
  }

  std::string_view bytes_;
  unsigned width_;
  std::size_t at_ = 0;
  std::size_t bit_ = 0;
  std::uint64_t packed_ = 0;
};

Error bad(std::string what, std::size_t byte) {
  return {"bad_parquet", std::move(what), "byte " + std::to_string(byte)};
}
Error unsupported(std::string what) { return {"unsupported_parquet", std::move(what), ""}; }

std::optional<ColumnType> column_type(const Leaf& leaf) noexcept {
  const bool micros =
      leaf.converted == format::timestamp_micros || (leaf.logical == 8 && leaf.time_unit == 2);
  switch (leaf.type) {
    case format::boolean:
      return ColumnType::boolean;
    case format::int32:
      return ColumnType::int32;
    case format::int64:
      return micros ? ColumnType::timestamp_us : ColumnType::int64;
    case format::float32:
    case format::float64:
      return ColumnType::float64;
    case format::byte_array:
      return ColumnType::text;
    default:
      return std::nullopt;
  }
}

/// Reads the pages of one column chunk into a column.
class ChunkReader {
 public:
  ChunkReader(std::string_view file, const Leaf& leaf, const ChunkMeta& meta,
              const ParquetLimits& limits, std::uint64_t& taken, Column& column)
      : file_(file), leaf_(leaf), meta_(meta), limits_(limits), taken_(taken), column_(column) {}

  /// `sole`: the chunk is the column's only one, so that it may become a constant.
  std::optional<Error> read(bool sole);

 private:
  std::optional<Error> read_page(const PageHeader& head, std::string_view stored);
  std::optional<Error> unpack(std::string_view stored, std::size_t size, std::string& out);
  std::optional<Error> read_dictionary(std::string_view body, std::size_t count);
  std::optional<Error> read_values(std::string_view body, std::int64_t encoding,
                                   std::string_view levels, std::size_t count);
  std::optional<Error> add_indexed(std::string_view body, const std::vector<std::uint8_t>& defined);
  std::optional<Error> add_plain(std::string_view body, const std::vector<std::uint8_t>& defined);
  bool take_plain(std::string_view& body, Column& to);
  void copy_entry(std::uint32_t index);
  Error here(std::string what) const { return bad("column " + leaf_.name + ": " + what, at_); }

  std::string_view file_;
  const Leaf& leaf_;
  const ChunkMeta& meta_;
  const ParquetLimits& limits_;
  std::uint64_t& taken_;
  Column& column_;
  Column dictionary_;
  std::string body_;
  std::size_t at_ = 0;
  std::size_t read_ = 0;
  bool sole_ = false;
};

std::optional<Error> ChunkReader::unpack(std::string_view stored, std::size_t size,
                                         std::string& out) {
  if (size > limits_.page_bytes_max || taken_ + size > limits_.total_bytes_max) {
    return here("a page is larger than the limit");
  }
  taken_ += size;
  switch (meta_.codec) {
    case format::uncompressed:
      if (stored.size() != size) return here("an uncompressed page has two sizes");
      out.assign(stored);
      return std::nullopt;
    case format::snappy: {
      std::size_t length = 0;
      if (!snappy::GetUncompressedLength(stored.data(), stored.size(), &length) || length != size) {
        return here("a snappy page has a wrong length");
      }
      out.resize(size);
      if (!snappy::RawUncompress(stored.data(), stored.size(), out.data()))
        return here("a snappy page is corrupt");
      return std::nullopt;
    }
    case format::zstd: {
      const unsigned long long length = ZSTD_getFrameContentSize(stored.data(), stored.size());
      if (length == ZSTD_CONTENTSIZE_ERROR ||
          (length != ZSTD_CONTENTSIZE_UNKNOWN && length != size)) {
        return here("a zstd page has a wrong length");
      }
      out.resize(size);
      const std::size_t got = ZSTD_decompress(out.data(), size, stored.data(), stored.size());
      if (ZSTD_isError(got) != 0 || got != size) return here("a zstd page is corrupt");
      return std::nullopt;
    }
    default:
      return unsupported("column " + leaf_.name + ": codec " +
                         format::name_of(format::codec_names, meta_.codec) + " is not read");
  }
}

/// Takes one PLAIN value that is no boolean; false at the end of the bytes.
bool ChunkReader::take_plain(std::string_view& body, Column& to) {
  const auto fixed = [&]<class T>(T, auto add) {
    if (body.size() < sizeof(T)) return false;
    T value;
    std::memcpy(&value, body.data(), sizeof(T));
    body.remove_prefix(sizeof(T));
    add(value);
    return true;
  };
  switch (leaf_.type) {
    case format::int32:
      return fixed(std::int32_t{}, [&](std::int32_t v) { to.add(std::int64_t{v}); });
    case format::int64:
      return fixed(std::int64_t{}, [&](std::int64_t v) { to.add(v); });
    case format::float32:
      return fixed(float{}, [&](float v) { to.add(static_cast<double>(v)); });
    case format::float64:
      return fixed(double{}, [&](double v) { to.add(v); });
    default: {
      std::uint32_t size = 0;
      if (body.size() < 4) return false;
      std::memcpy(&size, body.data(), 4);
      if (size > body.size() - 4) return false;
      to.add(body.substr(4, size));
      body.remove_prefix(4 + std::size_t{size});
      return true;
    }
  }
}

std::optional<Error> ChunkReader::read_dictionary(std::string_view body, std::size_t count) {
  dictionary_.clear(leaf_.name, column_.type);
  if (leaf_.type == format::boolean) return here("booleans have no dictionary");
  if (count > body.size()) return here("the dictionary says more entries than it has bytes");
  for (std::size_t k = 0; k < count; ++k) {
    if (!take_plain(body, dictionary_)) return here("the dictionary is cut");
  }
  return std::nullopt;
}

void ChunkReader::copy_entry(std::uint32_t index) {
  switch (column_.type) {
    case ColumnType::float64:
      column_.add(dictionary_.floats[index]);
      break;
    case ColumnType::text:
      column_.add(dictionary_.text(index));
      break;
    default:
      column_.add(dictionary_.integers[index]);
  }
}

std::optional<Error> ChunkReader::add_indexed(std::string_view body,
                                              const std::vector<std::uint8_t>& defined) {
  const std::size_t entries = dictionary_.entries();
  const auto wanted =
      static_cast<std::size_t>(std::count(defined.begin(), defined.end(), std::uint8_t{1}));
  if (wanted != 0 && body.empty()) return here("the page has no indices");
  const unsigned width = body.empty() ? 0 : static_cast<unsigned char>(body.front());
  if (width > 31) return here("the indices are wider than 31 bits");
  HybridReader indices(body.empty() ? body : body.substr(1), width);
  std::size_t left = 0;
  std::uint32_t index = 0;
  if (sole_ && entries == 1 &&
      wanted == static_cast<std::size_t>(meta_.values)) {  // one value throughout
    for (std::size_t seen = 0; seen < wanted && width != 0; seen += left) {
      if (!indices.next(left, index)) return here("the indices are cut");
      if (index != 0) return here("an index lies outside the dictionary");
    }
    column_.clear(leaf_.name, column_.type, true);
    copy_entry(0);
    return std::nullopt;
  }
  for (const std::uint8_t is_defined : defined) {
    if (is_defined == 0) {
      column_.add_null();
      continue;
    }
    if (left == 0 && width == 0 && entries > 0)
      left = wanted;  // nothing is stored where there is one entry
    while (left == 0) {
      if (!indices.next(left, index)) return here("the indices are cut");
    }
    if (index >= entries) return here("an index lies outside the dictionary");
    copy_entry(index);
    if (column_.bytes.size() > limits_.total_bytes_max) return here("more text than the limit");
    --left;
  }
  return std::nullopt;
}

std::optional<Error> ChunkReader::add_plain(std::string_view body,
                                            const std::vector<std::uint8_t>& defined) {
  if (leaf_.type == format::boolean) {
    std::size_t bit = 0;
    for (const std::uint8_t is_defined : defined) {
      if (is_defined == 0) {
        column_.add_null();
        continue;
      }
      if (bit / 8 >= body.size()) return here("the page has too few booleans");
      column_.add(std::int64_t{(static_cast<unsigned char>(body[bit / 8]) >> (bit % 8)) & 1});
      ++bit;
    }
    return std::nullopt;
  }
  for (const std::uint8_t is_defined : defined) {
    if (is_defined == 0) {
      column_.add_null();
    } else if (!take_plain(body, column_)) {
      return here("the page has too few values");
    }
  }
  return std::nullopt;
}

std::optional<Error> ChunkReader::read_values(std::string_view body, std::int64_t encoding,
                                              std::string_view levels, std::size_t count) {
  taken_ += count * 9;  // at most this much for the values and their validity, text apart
  if (taken_ > limits_.total_bytes_max) return here("more values than the limit");
  std::vector<std::uint8_t> defined(count, 1);
  if (leaf_.repetition == 1) {
    HybridReader runs(levels, 1);
    for (std::size_t k = 0; k < count;) {
      std::size_t length = 0;
      std::uint32_t level = 0;
      if (!runs.next(length, level)) return here("the definition levels are cut");
      for (; length != 0 && k < count; --length, ++k) defined[k] = level != 0 ? 1 : 0;
    }
  }
  switch (encoding) {
    case format::plain:
      return add_plain(body, defined);
    case format::rle_dictionary:
    case format::plain_dictionary:
      return add_indexed(body, defined);
    case format::rle: {
      if (leaf_.type != format::boolean || body.size() < 4) return here("RLE is for booleans only");
      HybridReader runs(body.substr(4), 1);
      std::size_t left = 0;
      std::uint32_t value = 0;
      for (const std::uint8_t is_defined : defined) {
        if (is_defined == 0) {
          column_.add_null();
          continue;
        }
        if (left == 0 && !runs.next(left, value)) return here("the page has too few booleans");
        column_.add(std::int64_t{value & 1});
        --left;
      }
      return std::nullopt;
    }
    default:
      return unsupported("column " + leaf_.name + ": encoding " +
                         format::name_of(format::encoding_names, encoding) + " is not read");
  }
}

std::optional<Error> ChunkReader::read_page(const PageHeader& head, std::string_view stored) {
  if (head.has_crc && format::crc32(stored) != static_cast<std::uint32_t>(head.crc))
    return here("wrong page CRC");
  if (head.type == format::dictionary_page) {
    if (head.values < 0) return here("a dictionary page without a count");
    if (auto error = unpack(stored, static_cast<std::size_t>(head.uncompressed), body_))
      return error;
    return read_dictionary(body_, static_cast<std::size_t>(head.values));
  }
  if (head.type == format::index_page) return std::nullopt;
  if (head.type != format::data_page && head.type != format::data_page_v2)
    return here("an unknown kind of page");
  if (head.values < 0 ||
      static_cast<std::uint64_t>(head.values) > static_cast<std::uint64_t>(meta_.values) - read_) {
    return here("a page has more values than the column");
  }
  const auto count = static_cast<std::size_t>(head.values);
  read_ += count;
  if (head.type == format::data_page) {
    if (auto error = unpack(stored, static_cast<std::size_t>(head.uncompressed), body_))
      return error;
    std::string_view body = body_;
    std::string_view levels;
    if (leaf_.repetition == 1) {
      if (head.level_encoding != format::rle) {
        return unsupported("column " + leaf_.name + ": bit-packed levels are not read");
      }
      std::uint32_t size = 0;
      if (body.size() < 4) return here("the definition levels are cut");
      std::memcpy(&size, body.data(), 4);
      if (size > body.size() - 4) return here("the definition levels are cut");
      levels = body.substr(4, size);
      body.remove_prefix(4 + std::size_t{size});
    }
    return read_values(body, head.encoding, levels, count);
  }
  if (head.repetition_bytes != 0 || head.definition_bytes < 0 ||
      static_cast<std::uint64_t>(head.definition_bytes) > stored.size() ||
      head.definition_bytes > head.uncompressed) {
    return here("the level sizes of a v2 page are wrong");
  }
  const std::string_view levels = stored.substr(0, static_cast<std::size_t>(head.definition_bytes));
  const std::string_view rest = stored.substr(levels.size());
  const auto size = static_cast<std::size_t>(head.uncompressed - head.definition_bytes);
  if (!head.is_compressed) return read_values(rest, head.encoding, levels, count);
  if (size == 0) {
    body_.clear();
  } else if (auto error = unpack(rest, size, body_)) {
    return error;
  }
  return read_values(body_, head.encoding, levels, count);
}

std::optional<Error> ChunkReader::read(bool sole) {
  sole_ = sole;
  const std::int64_t begin = meta_.dictionary_offset > 0
                                 ? std::min(meta_.dictionary_offset, meta_.data_offset)
                                 : meta_.data_offset;
  at_ = static_cast<std::size_t>(begin);
  const std::size_t end = at_ + static_cast<std::size_t>(meta_.compressed);
  while (read_ < static_cast<std::size_t>(meta_.values)) {
    if (at_ >= end) return here("the pages end before the values");
    PageHeader head;
    if (!format::parse_page_header(file_.substr(at_, end - at_), head))
      return here("a page header cannot be read");
    const std::size_t body = at_ + head.bytes;
    if (body > end || static_cast<std::uint64_t>(head.compressed) > end - body)
      return here("a page is cut");
    if (auto error = read_page(head, file_.substr(body, static_cast<std::size_t>(head.compressed))))
      return error;
    at_ = body + static_cast<std::size_t>(head.compressed);
  }
  return std::nullopt;
}

std::string bound_text(const Leaf& leaf, const std::string& stored) {
  const auto as = [&]<class T>(T) {
    T value{};
    if (stored.size() >= sizeof(T)) std::memcpy(&value, stored.data(), sizeof(T));
    return value;
  };
  switch (leaf.type) {
    case format::boolean:
      return !stored.empty() && stored.front() != 0 ? "true" : "false";
    case format::int32:
      return std::to_string(as(std::int32_t{}));
    case format::int64:
      return std::to_string(as(std::int64_t{}));
    case format::float32:
      return python_repr(static_cast<double>(as(float{})));
    case format::float64:
      return python_repr(as(double{}));
    default:
      return stored;
  }
}

ColumnInfo describe(const Leaf& leaf) {
  ColumnInfo info;
  info.name = leaf.name;
  info.physical = format::physical_names[static_cast<std::size_t>(leaf.type)];
  if (leaf.logical == 1 || leaf.converted == format::utf8) info.logical = "STRING";
  if (leaf.logical == 8 || leaf.converted == format::timestamp_micros) {
    const char* unit = leaf.time_unit == 1 ? "ms" : leaf.time_unit == 3 ? "ns" : "us";
    info.logical = std::string("TIMESTAMP(") + unit + (leaf.utc ? ", UTC)" : ")");
  }
  return info;
}

void add_chunk(const Leaf& leaf, const ChunkMeta& chunk, bool first, ColumnInfo& info) {
  info.compressed_bytes += static_cast<std::uint64_t>(chunk.compressed);
  info.uncompressed_bytes +=
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, chunk.uncompressed));
  if (!first) return;
  info.codec = format::name_of(format::codec_names, chunk.codec);
  for (const std::int64_t encoding : chunk.encodings) {
    if (!info.encodings.empty()) info.encodings += ',';
    info.encodings += format::name_of(format::encoding_names, encoding);
  }
  info.null_count = chunk.nulls;
  if (chunk.has_min) info.min = bound_text(leaf, chunk.min);
  if (chunk.has_max) info.max = bound_text(leaf, chunk.max);
}

}  // namespace

Result<Done> read_parquet(std::string_view bytes, Table& table, FileInfo* info,
                          const ParquetLimits& limits) {
  table.clear();
  if (bytes.size() < 12 || !bytes.starts_with(format::magic)) return bad("not a Parquet file", 0);
  if (bytes.ends_with("PARE")) return unsupported("encrypted files are not read");
  if (!bytes.ends_with(format::magic))
    return bad("the file is cut: it does not end in PAR1", bytes.size());
  std::uint32_t size = 0;
  std::memcpy(&size, bytes.data() + bytes.size() - 8, 4);
  if (size > bytes.size() - 12) return bad("the footer is larger than the file", bytes.size() - 8);
  const std::size_t base = bytes.size() - 8 - size;
  auto parsed = format::parse_footer(bytes.substr(base, size), base, limits);
  if (!parsed) return parsed.error();
  const format::Footer& footer = parsed.value();
  if (info != nullptr) {
    *info = {};
    info->version = footer.version;
    info->rows = static_cast<std::uint64_t>(footer.rows);
    info->created_by = footer.created_by;
    for (const auto& group : footer.groups)
      info->row_group_rows.push_back(static_cast<std::uint64_t>(group.rows));
  }
  std::uint64_t taken = 0;
  for (std::size_t k = 0; k < footer.leaves.size(); ++k) {
    const Leaf& leaf = footer.leaves[k];
    const auto type = column_type(leaf);
    if (!type) {
      return unsupported("column " + leaf.name + ": type " +
                         std::string(format::physical_names[static_cast<std::size_t>(leaf.type)]) +
                         " is not read");
    }
    Column& column = table.add(leaf.name, *type);
    if (info != nullptr) info->columns.push_back(describe(leaf));
    for (const auto& group : footer.groups) {
      const ChunkMeta& chunk = group.chunks[k];
      if (info != nullptr)
        add_chunk(leaf, chunk, &group == &footer.groups.front(), info->columns.back());
      if (auto error = ChunkReader(bytes, leaf, chunk, limits, taken, column)
                           .read(footer.groups.size() == 1)) {
        return *error;
      }
    }
  }
  table.rows = static_cast<std::size_t>(footer.rows);
  return Done{};
}

}  // namespace weir::segmentation
