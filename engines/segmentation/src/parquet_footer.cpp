#include "parquet_footer.hpp"

#include <limits>
#include <optional>

#include "parquet_codecs.hpp"
#include "thrift.hpp"

namespace weir::segmentation::format {
namespace {

using thrift::Reader;
using thrift::Type;

bool is_integer(Type type) noexcept {
  return type == thrift::i16 || type == thrift::i32 || type == thrift::i64;
}

/// Takes an integer field; false leaves another type to be skipped.
bool take(Reader& in, Type type, std::int64_t& value) {
  if (!is_integer(type)) return false;
  value = in.zigzag();
  return true;
}
bool take(Reader& in, Type type, std::string& value) {
  if (type != thrift::binary) return false;
  value = in.text();
  return true;
}

/// TIME and TIMESTAMP: is it UTC, and a unit, which is a union of empty structs.
void read_clock(Reader& in, Leaf& leaf) {
  in.fields([&](int id, Type type) {
    if (id == 1) {
      leaf.utc = type == thrift::yes;
      return type == thrift::yes || type == thrift::no;
    }
    if (id != 2 || type != thrift::structure) return false;
    in.fields([&](int unit, Type) {
      leaf.unit = unit;
      return false;
    });
    return true;
  });
}

void read_logical(Reader& in, Leaf& leaf) {
  in.fields([&](int id, Type outer) {
    leaf.logical = static_cast<Logical>(id);
    if (outer != thrift::structure) return false;
    switch (leaf.logical) {
      case Logical::time:
      case Logical::timestamp:
        read_clock(in, leaf);
        return true;
      case Logical::decimal:
        in.fields([&](int field, Type type) {
          return (field == 1 && take(in, type, leaf.scale)) ||
                 (field == 2 && take(in, type, leaf.precision));
        });
        return true;
      case Logical::integer:
        in.fields([&](int field, Type type) {
          if (field == 1 && type == thrift::i8) {
            leaf.bits = in.octet();
            return true;
          }
          if (field == 2) leaf.is_signed = type != thrift::no;
          return false;
        });
        return true;
      default:
        return false;
    }
  });
}

/// Says a converted type as the logical type that took its place.
void apply_converted(Leaf& leaf) {
  if (leaf.logical != Logical::none) return;
  const auto clock = [&](Logical logical, TimeUnit unit) {
    leaf.logical = logical;
    leaf.unit = unit;
    leaf.utc = true;
  };
  switch (leaf.converted) {
    case utf8:
      leaf.logical = Logical::string;
      break;
    case converted_enum:
      leaf.logical = Logical::enumeration;
      break;
    case converted_decimal:
      leaf.logical = Logical::decimal;
      break;
    case converted_date:
      leaf.logical = Logical::date;
      break;
    case time_millis:
      clock(Logical::time, millis);
      break;
    case time_micros:
      clock(Logical::time, micros);
      break;
    case timestamp_millis:
      clock(Logical::timestamp, millis);
      break;
    case timestamp_micros:
      clock(Logical::timestamp, micros);
      break;
    case converted_json:
      leaf.logical = Logical::json;
      break;
    case converted_bson:
      leaf.logical = Logical::bson;
      break;
    case interval:
      leaf.logical = Logical::interval;
      break;
    default:
      if (leaf.converted < uint_8 || leaf.converted > int_64) return;
      leaf.logical = Logical::integer;
      leaf.bits = 8 << ((leaf.converted - uint_8) % 4);
      leaf.is_signed = leaf.converted - uint_8 >= 4;
  }
}

void read_leaf(Reader& in, Leaf& leaf) {
  in.fields([&](int id, Type type) {
    switch (id) {
      case 1:
        return take(in, type, leaf.type);
      case 2:
        return take(in, type, leaf.length);
      case 3:
        return take(in, type, leaf.repetition);
      case 4:
        return take(in, type, leaf.name);
      case 5:
        return take(in, type, leaf.children);
      case 6:
        return take(in, type, leaf.converted);
      case 7:
        return take(in, type, leaf.scale);
      case 8:
        return take(in, type, leaf.precision);
      case 10:
        if (type != thrift::structure) return false;
        read_logical(in, leaf);
        return true;
      default:
        return false;
    }
  });
  apply_converted(leaf);
}

void read_statistics(Reader& in, ChunkMeta& chunk) {
  in.fields([&](int id, Type type) {
    if (id == 3) return take(in, type, chunk.nulls);
    if (id == 9) return take(in, type, chunk.nans);
    if (id == 5 && take(in, type, chunk.max)) return chunk.has_max = true;
    if (id == 6 && take(in, type, chunk.min)) return chunk.has_min = true;
    return false;
  });
}

void read_column_meta(Reader& in, ChunkMeta& chunk) {
  in.fields([&](int id, Type type) {
    switch (id) {
      case 1:
        return take(in, type, chunk.type);
      case 2:
        if (type != thrift::list) return false;
        in.elements([&](Type element) {
          if (is_integer(element)) {
            chunk.encodings.push_back(in.zigzag());
          } else {
            in.skip(element);
          }
        });
        return true;
      case 3:
        if (type != thrift::list) return false;
        in.elements([&](Type element) {
          ++chunk.path_parts;
          in.skip(element);
        });
        return true;
      case 4:
        return take(in, type, chunk.codec);
      case 5:
        return take(in, type, chunk.values);
      case 6:
        return take(in, type, chunk.uncompressed);
      case 7:
        return take(in, type, chunk.compressed);
      case 9:
        return take(in, type, chunk.data_offset);
      case 11:
        return take(in, type, chunk.dictionary_offset);
      case 12:
        if (type != thrift::structure) return false;
        read_statistics(in, chunk);
        return true;
      default:
        return false;
    }
  });
}

void read_chunk(Reader& in, ChunkMeta& chunk) {
  in.fields([&](int id, Type type) {
    if (id == 1 && type == thrift::binary) chunk.external = true;
    if (id == 8 || id == 9) chunk.encrypted = true;
    if (id != 3 || type != thrift::structure) return false;
    read_column_meta(in, chunk);
    return true;
  });
}

/// Reads a list of structs, at most `most`; false leaves what is no list to be skipped.
template <class T, class F>
bool take_list(Reader& in, Type type, std::vector<T>& list, std::uint64_t most, F&& read) {
  if (type != thrift::list) return false;
  in.elements([&](Type element) {
    if (element != thrift::structure || list.size() >= most) return in.fail();
    read(list.emplace_back());
  });
  return true;
}

/// `chunks` counts those of all row groups.
void read_group(Reader& in, RowGroup& group, const ParquetLimits& limits, std::uint64_t& chunks) {
  in.fields([&](int id, Type type) {
    if (id == 3) return take(in, type, group.rows);
    if (id != 1) return false;
    return take_list(in, type, group.chunks, limits.columns_max, [&](ChunkMeta& chunk) {
      if (++chunks > limits.chunks_max) in.fail();
      read_chunk(in, chunk);
    });
  });
}

void read_metadata(Reader& in, const ParquetLimits& limits, Footer& footer) {
  std::uint64_t chunks = 0;
  in.fields([&](int id, Type type) {
    switch (id) {
      case 1:
        return take(in, type, footer.version);
      case 2:
        return take_list(in, type, footer.leaves, limits.columns_max + 1,
                         [&](Leaf& leaf) { read_leaf(in, leaf); });
      case 3:
        return take(in, type, footer.rows);
      case 4:
        return take_list(in, type, footer.groups, limits.chunks_max,
                         [&](RowGroup& group) { read_group(in, group, limits, chunks); });
      case 5:
        if (type != thrift::list) return false;
        in.elements([&](Type element) {
          if (element != thrift::structure || footer.metadata.size() >= limits.columns_max)
            return in.fail();
          auto& [key, value] = footer.metadata.emplace_back();
          in.fields([&](int field, Type of) {
            return (field == 1 && take(in, of, key)) || (field == 2 && take(in, of, value));
          });
        });
        return true;
      case 6:
        return take(in, type, footer.created_by);
      case 8:
        footer.encrypted = true;
        return false;
      default:
        return false;
    }
  });
}

/// What keeps a column from being read, if anything does.
std::optional<Error> check_leaf(const Leaf& leaf, std::size_t base) {
  const auto name = [&] { return "column " + leaf.name; };
  if (leaf.children > 0 || leaf.repetition == 2)
    return unsupported(name() + ": nested data is not read", base);
  if (leaf.repetition != 0 && leaf.repetition != 1)
    return bad(name() + " is neither required nor optional", base);
  if (leaf.type < 0 || leaf.type > fixed) return bad(name() + " has no type", base);
  if (leaf.type == int96) return unsupported(name() + ": type INT96 is not read", base);
  if (leaf.type == fixed && (leaf.length <= 0 || leaf.length > std::numeric_limits<int>::max()))
    return bad(name() + ": a fixed length is no length", base);
  if (leaf.logical != Logical::decimal) return std::nullopt;
  if (leaf.type == boolean || leaf.type == float32 || leaf.type == float64)
    return bad(name() + ": a decimal of type " + name_of(physical_names, leaf.type), base);
  if (leaf.precision < 1 || leaf.scale < 0 || leaf.scale > leaf.precision)
    return bad(name() + ": a decimal whose scale and precision cannot be", base);
  if (leaf.precision > decimal_digits_max)
    return unsupported(name() + ": decimals of more than " + std::to_string(decimal_digits_max) +
                           " digits are not read",
                       base);
  return std::nullopt;
}

std::optional<Error> check_chunk(const Leaf& leaf, const ChunkMeta& chunk, std::int64_t rows,
                                 std::size_t base) {
  const auto name = [&] { return "column " + leaf.name + ": "; };
  if (chunk.encrypted) return unsupported(name() + "encrypted columns are not read", base);
  if (chunk.external) return unsupported(name() + "data in another file is not read", base);
  if (chunk.type != leaf.type) return bad(name() + "chunk and schema differ in type", base);
  if (chunk.values != rows) return bad(name() + "values and rows differ", base);
  if (rows == 0) return std::nullopt;  // there need be no page
  const std::int64_t begin = chunk.begin();
  const auto end = static_cast<std::int64_t>(base);
  if (begin < static_cast<std::int64_t>(magic.size()) || begin > end || chunk.compressed < 0 ||
      chunk.compressed > end - begin)
    return bad(name() + "its pages lie outside the file", base);
  if (!is_read(chunk.codec))
    return unsupported(name() + "codec " + name_of(codec_names, chunk.codec) + " is not read",
                       static_cast<std::size_t>(begin));
  return std::nullopt;
}

}  // namespace

Result<Footer> parse_metadata(std::string_view bytes, std::size_t base,
                              const ParquetLimits& limits) {
  Reader in(bytes);
  Footer footer;
  read_metadata(in, limits, footer);
  if (footer.leaves.size() > limits.columns_max) return bad("more columns than the limit", base);
  if (!in.ok())
    return bad("the footer cannot be read, or is beyond the limits", base + in.offset());
  return footer;
}

Result<Footer> parse_footer(std::string_view bytes, std::size_t base, const ParquetLimits& limits) {
  auto parsed = parse_metadata(bytes, base, limits);
  if (!parsed) return parsed.error();
  Footer footer = std::move(parsed).value();
  if (footer.encrypted) return unsupported("encrypted files are not read", base);
  if (footer.leaves.empty()) return bad("the schema is empty", base);
  const Leaf root = footer.leaves.front();
  footer.leaves.erase(footer.leaves.begin());
  for (const Leaf& leaf : footer.leaves) {
    if (auto error = check_leaf(leaf, base)) return *error;
  }
  if (root.children != static_cast<std::int64_t>(footer.leaves.size()))
    return bad("the schema's count is wrong", base);
  std::uint64_t rows = 0;
  for (const RowGroup& group : footer.groups) {
    if (group.rows < 0 || static_cast<std::uint64_t>(group.rows) > limits.rows_max - rows)
      return bad("more rows than the limit", base);
    rows += static_cast<std::uint64_t>(group.rows);
    if (group.chunks.size() != footer.leaves.size()) return bad("a row group lacks columns", base);
    for (std::size_t k = 0; k < group.chunks.size(); ++k) {
      if (auto error = check_chunk(footer.leaves[k], group.chunks[k], group.rows, base))
        return *error;
    }
  }
  if (rows != static_cast<std::uint64_t>(footer.rows))
    return bad("the row groups do not add up to the rows", base);
  return footer;
}

bool parse_page_header(std::string_view bytes, PageHeader& header) {
  Reader in(bytes);
  header = {};
  const auto data = [&](bool v2) {
    in.fields([&](int id, Type type) {
      if (id == 1) return take(in, type, header.values);
      if (!v2)
        return id == 2 ? take(in, type, header.encoding)
                       : id == 3 && take(in, type, header.level_encoding);
      switch (id) {
        case 2:
          return take(in, type, header.nulls);
        case 4:
          return take(in, type, header.encoding);
        case 5:
          return take(in, type, header.definition_bytes);
        case 6:
          return take(in, type, header.repetition_bytes);
        case 7:
          header.is_compressed = type == thrift::yes;
          return type == thrift::yes || type == thrift::no;
        default:
          return false;
      }
    });
    return true;
  };
  in.fields([&](int id, Type type) {
    switch (id) {
      case 1:
        return take(in, type, header.type);
      case 2:
        return take(in, type, header.uncompressed);
      case 3:
        return take(in, type, header.compressed);
      case 4:
        header.has_crc = true;
        return take(in, type, header.crc);
      case 5:
      case 7:
        return type == thrift::structure && data(false);
      case 8:
        return type == thrift::structure && data(true);
      default:
        return false;
    }
  });
  header.bytes = in.offset();
  return in.ok() && header.uncompressed >= 0 && header.compressed >= 0;
}

}  // namespace weir::segmentation::format
