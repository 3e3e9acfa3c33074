// parquet_file.hpp: Parquet files made by hand for the tests, one column each, sharing nothing with
// the writer. Fields have their ids in full, which no common writer does.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace parquet_file {

enum Type { boolean, int32, int64, int96, float32, float64, byte_array, fixed };
enum Encoding {
  plain = 0,
  plain_dictionary = 2,
  rle = 3,
  bit_packed = 4,
  delta = 5,
  delta_lengths = 6,
  delta_strings = 7,
  dictionary = 8,
  split = 9
};

inline bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

inline void varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7f) | 0x80);
  out += static_cast<char>(value);
}
inline std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
template <class T>
std::string le(T value) {
  std::string out(sizeof(T), '\0');
  std::memcpy(out.data(), &value, sizeof(T));
  return out;
}
template <class T>
std::string les(const std::vector<T>& values) {
  std::string out;
  for (const T value : values) out += le(value);
  return out;
}
/// Bytes given as numbers.
inline std::string raw(std::initializer_list<int> bytes) {
  std::string out;
  for (const int b : bytes) out += static_cast<char>(b);
  return out;
}
/// Byte arrays as PLAIN has them.
inline std::string texts(const std::vector<std::string>& values) {
  std::string out;
  for (const auto& v : values) out += le(static_cast<std::uint32_t>(v.size())) + v;
  return out;
}

/// A struct of the compact protocol.
class Struct {
 public:
  Struct& number(int id, std::int64_t value, int type = 5) {
    head(id, type);
    varint(out_, zigzag(value));
    return *this;
  }
  Struct& wide(int id, std::int64_t value) { return number(id, value, 6); }
  Struct& octet(int id, int value) {
    head(id, 3);
    out_ += static_cast<char>(value);
    return *this;
  }
  Struct& flag(int id, bool value) {
    head(id, value ? 1 : 2);
    return *this;
  }
  Struct& text(int id, std::string_view value) {
    head(id, 8);
    varint(out_, value.size());
    out_ += value;
    return *this;
  }
  Struct& nested(int id, const Struct& value) {
    head(id, 12);
    out_ += value.bytes();
    return *this;
  }
  Struct& list(int id, int type, const std::vector<std::string>& elements) {
    head(id, 9);
    out_ += static_cast<char>(0xf0 | type);
    varint(out_, elements.size());
    for (const auto& e : elements) out_ += e;
    return *this;
  }
  std::string bytes() const { return out_ + '\0'; }

 private:
  void head(int id, int type) {
    out_ += static_cast<char>(type);
    varint(out_, zigzag(id));
  }
  std::string out_;
};

struct Page {
  std::string body;  // v1: levels and values; v2: the values alone
  int count = 0;
  int encoding = plain;
  std::string stored;  // body compressed; empty: body as it is
  bool is_dictionary = false;
  bool v2 = false;
  std::string levels;  // of a v2 page
  bool is_compressed = true;
  std::int64_t crc = -1;
  std::int64_t uncompressed = -1;  // what the header says; -1: the truth
  int level_encoding = rle;

  std::string bytes() const {
    const std::string& kept = stored.empty() ? body : stored;
    const auto whole = static_cast<std::int64_t>(levels.size() + body.size());
    Struct head;
    head.number(1, is_dictionary ? 2 : v2 ? 3 : 0);
    head.number(2, uncompressed >= 0 ? uncompressed : whole);
    head.number(3, static_cast<std::int64_t>(levels.size() + kept.size()));
    if (crc >= 0) head.number(4, static_cast<std::int32_t>(static_cast<std::uint32_t>(crc)));
    Struct data;
    data.number(1, count);
    if (is_dictionary) {
      head.nested(7, data.number(2, encoding));
    } else if (v2) {
      data.number(2, 0).number(3, count).number(4, encoding);
      data.number(5, static_cast<std::int64_t>(levels.size())).number(6, 0);
      head.nested(8, data.flag(7, is_compressed));
    } else {
      head.nested(5, data.number(2, encoding).number(3, level_encoding).number(4, rle));
    }
    return head.bytes() + levels + kept;
  }
};

/// Definition levels as a v1 page has them, of one byte of bit-packed groups for every eight.
inline std::string levels(const std::vector<int>& defined) {
  std::string runs;
  varint(runs, ((defined.size() + 7) / 8) << 1 | 1);
  for (std::size_t k = 0; k < defined.size(); k += 8) {
    int byte = 0;
    for (std::size_t b = k; b < std::min(k + 8, defined.size()); ++b) byte |= defined[b] << (b - k);
    runs += static_cast<char>(byte);
  }
  return le(static_cast<std::uint32_t>(runs.size())) + runs;
}

struct File {
  Type type = int32;
  bool optional = false;
  int length = 0;  // of a fixed byte array
  int codec = 0;
  int converted = -1;
  int scale = 0;
  int precision = 0;
  int repetition = -1;             // in place of `optional`
  std::vector<Struct> logical;     // none or one: the LogicalType
  std::vector<Struct> statistics;  // none, or one a row group
  std::vector<std::vector<Page>> groups;
  std::vector<Struct> metadata_extra;  // merged nowhere: written as field 8 of the footer
  bool no_dictionary_offset = false;

  std::string bytes() const {
    std::string out = "PAR1";
    std::vector<std::string> metas;
    std::int64_t rows = 0;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const auto begin = static_cast<std::int64_t>(out.size());
      std::int64_t data = begin;
      std::int64_t count = 0;
      for (const Page& page : groups[g]) {
        if (!page.is_dictionary) count += page.count;
        out += page.bytes();
        if (page.is_dictionary) data = static_cast<std::int64_t>(out.size());
      }
      rows += count;
      Struct meta;
      meta.number(1, type).list(2, 5, {}).list(3, 8, {std::string("\x01x", 2)}).number(4, codec);
      meta.wide(5, count).wide(6, 0);
      meta.wide(7, static_cast<std::int64_t>(out.size()) - begin);
      if (no_dictionary_offset) {
        meta.wide(9, begin);
      } else {
        meta.wide(9, data);
        if (data != begin) meta.wide(11, begin);
      }
      if (!statistics.empty()) meta.nested(12, statistics[g]);
      Struct chunk;
      chunk.wide(2, 0).nested(3, meta);
      Struct group;
      metas.push_back(group.list(1, 12, {chunk.bytes()}).wide(2, 0).wide(3, count).bytes());
    }
    Struct root;
    root.text(4, "root").number(5, 1);
    Struct leaf;
    leaf.number(1, type);
    if (length != 0) leaf.number(2, length);
    leaf.number(3, repetition >= 0 ? repetition : optional ? 1 : 0).text(4, "x");
    if (converted >= 0) leaf.number(6, converted);
    if (precision != 0) leaf.number(7, scale).number(8, precision);
    if (!logical.empty()) leaf.nested(10, logical.front());
    Struct footer;
    footer.number(1, 1).list(2, 12, {root.bytes(), leaf.bytes()}).wide(3, rows);
    footer.list(4, 12, metas).text(6, "by hand");
    if (!metadata_extra.empty()) footer.nested(8, metadata_extra.front());
    const std::string meta = footer.bytes();
    return out + meta + le(static_cast<std::uint32_t>(meta.size())) + "PAR1";
  }
};

/// DELTA_BINARY_PACKED of `values`, each block with the deltas' own minimum.
inline std::string deltas(const std::vector<std::int64_t>& values, std::size_t block = 128,
                          std::size_t miniblocks = 4) {
  std::string out;
  varint(out, block);
  varint(out, miniblocks);
  varint(out, values.size());
  varint(out, zigzag(values.empty() ? 0 : values[0]));
  const auto delta = [&](std::size_t k) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(values[k]) -
                                     static_cast<std::uint64_t>(values[k - 1]));
  };
  for (std::size_t at = 1; at < values.size(); at += block) {
    const std::size_t end = std::min(values.size(), at + block);
    std::int64_t least = delta(at);
    for (std::size_t k = at; k < end; ++k) least = std::min(least, delta(k));
    varint(out, zigzag(least));
    const std::size_t size = block / miniblocks;
    std::string widths;
    std::string bodies;
    for (std::size_t m = 0; m < miniblocks; ++m) {
      const std::size_t from = at + m * size;
      if (from >= end) {
        widths += '\x7f';  // unused: whatever it says
        continue;
      }
      unsigned width = 0;
      std::vector<std::uint64_t> offsets(size, 0);
      for (std::size_t k = from; k < std::min(end, from + size); ++k) {
        offsets[k - from] =
            static_cast<std::uint64_t>(delta(k)) - static_cast<std::uint64_t>(least);
        while (width < 64 && offsets[k - from] >> width != 0) ++width;
      }
      widths += static_cast<char>(width);
      std::string body(size * width / 8, '\0');
      for (std::size_t k = 0; k < size; ++k) {
        for (unsigned b = 0; b < width; ++b) {
          const std::size_t bit = k * width + b;
          if ((offsets[k] >> b & 1) != 0)
            body[bit / 8] = static_cast<char>(body[bit / 8] | 1 << bit % 8);
        }
      }
      bodies += body;
    }
    out += widths + bodies;
  }
  return out;
}

}  // namespace parquet_file
