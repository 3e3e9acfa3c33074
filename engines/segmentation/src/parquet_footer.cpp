#include "parquet_footer.hpp"

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

void read_timestamp(Reader& in, Leaf& leaf) {
  in.fields([&](int id, Type type) {
    if (id == 1) {
      leaf.utc = type == thrift::yes;
      return type == thrift::yes || type == thrift::no;
    }
    if (id != 2 || type != thrift::structure) return false;
    in.fields([&](int unit, Type) {
      leaf.time_unit = unit;
      return false;
    });
    return true;
  });
}

void read_leaf(Reader& in, Leaf& leaf) {
  in.fields([&](int id, Type type) {
    switch (id) {
      case 1:
        return take(in, type, leaf.type);
      case 3:
        return take(in, type, leaf.repetition);
      case 4:
        return take(in, type, leaf.name);
      case 5:
        return take(in, type, leaf.children);
      case 6:
        return take(in, type, leaf.converted);
      case 10:
        if (type != thrift::structure) return false;
        in.fields([&](int logical, Type inner) {
          leaf.logical = logical;
          if (logical != 8 || inner != thrift::structure) return false;
          read_timestamp(in, leaf);
          return true;
        });
        return true;
      default:
        return false;
    }
  });
}

void read_statistics(Reader& in, ChunkMeta& chunk) {
  in.fields([&](int id, Type type) {
    if (id == 3) return take(in, type, chunk.nulls);
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
    if ((id == 8 || id == 9)) chunk.encrypted = true;
    if (id != 3 || type != thrift::structure) return false;
    read_column_meta(in, chunk);
    return true;
  });
}

void read_group(Reader& in, RowGroup& group) {
  in.fields([&](int id, Type type) {
    if (id == 3) return take(in, type, group.rows);
    if (id != 1 || type != thrift::list) return false;
    in.elements([&](Type element) {
      group.chunks.emplace_back();
      if (element == thrift::structure) {
        read_chunk(in, group.chunks.back());
      } else {
        in.skip(element);
      }
    });
    return true;
  });
}

void read_metadata(Reader& in, Footer& footer) {
  in.fields([&](int id, Type type) {
    const auto each = [&](auto& list, auto read) {
      if (type != thrift::list) return false;
      in.elements([&](Type element) {
        list.emplace_back();
        if (element == thrift::structure) {
          read(in, list.back());
        } else {
          in.skip(element);
        }
      });
      return true;
    };
    switch (id) {
      case 1:
        return take(in, type, footer.version);
      case 2:
        return each(footer.leaves, read_leaf);
      case 3:
        return take(in, type, footer.rows);
      case 4:
        return each(footer.groups, read_group);
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

Error bad(std::string what, std::size_t byte) {
  return {"bad_parquet", std::move(what), "byte " + std::to_string(byte)};
}
Error unsupported(std::string what) { return {"unsupported_parquet", std::move(what), ""}; }

}  // namespace

Result<Footer> parse_footer(std::string_view bytes, std::size_t base, const ParquetLimits& limits) {
  Reader in(bytes);
  Footer footer;
  read_metadata(in, footer);
  if (!in.ok()) return bad("the footer cannot be read", base + in.offset());
  if (footer.encrypted) return unsupported("encrypted files are not read");
  if (footer.leaves.empty()) return bad("the schema is empty", base);
  const Leaf root = footer.leaves.front();
  footer.leaves.erase(footer.leaves.begin());
  if (footer.leaves.size() > limits.columns_max) return bad("more columns than the limit", base);
  for (const Leaf& leaf : footer.leaves) {
    if (leaf.children > 0 || leaf.repetition == 2)
      return unsupported("column " + leaf.name + ": nested data is not read");
    if (leaf.type < 0 || leaf.type > fixed)
      return bad("column " + leaf.name + " has no type", base);
  }
  if (root.children != static_cast<std::int64_t>(footer.leaves.size()))
    return bad("the schema's count is wrong", base);
  std::uint64_t rows = 0;
  for (const RowGroup& group : footer.groups) {
    if (group.rows < 0 || static_cast<std::uint64_t>(group.rows) > limits.rows_max) {
      return bad("a row group has more rows than the limit", base);
    }
    rows += static_cast<std::uint64_t>(group.rows);
    if (rows > limits.rows_max) return bad("more rows than the limit", base);
    if (group.chunks.size() != footer.leaves.size()) return bad("a row group lacks columns", base);
    for (std::size_t k = 0; k < group.chunks.size(); ++k) {
      const ChunkMeta& chunk = group.chunks[k];
      const std::string& name = footer.leaves[k].name;
      if (chunk.encrypted)
        return unsupported("column " + name + ": encrypted columns are not read");
      if (chunk.external)
        return unsupported("column " + name + ": data in another file is not read");
      if (chunk.type != footer.leaves[k].type)
        return bad("column " + name + ": chunk and schema differ in type", base);
      if (chunk.values != group.rows)
        return bad("column " + name + ": values and rows differ", base);
      const std::int64_t begin = chunk.dictionary_offset > 0
                                     ? std::min(chunk.dictionary_offset, chunk.data_offset)
                                     : chunk.data_offset;
      if (begin < 4 || chunk.compressed < 0 || begin > static_cast<std::int64_t>(base) ||
          chunk.compressed > static_cast<std::int64_t>(base) - begin) {
        return bad("column " + name + ": its pages lie outside the file", base);
      }
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
