#include "parquet_encodings.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <vector>

#include "parquet_format.hpp"

namespace weir::segmentation::format {
namespace {

static_assert(std::endian::native == std::endian::little,
              "values are copied as they lie in the file");

/// A value of type T at the start of `bytes`, which has that many.
template <class T>
T load(const char* bytes) noexcept {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

bool take_varint(std::string_view& bytes, std::uint64_t& value) noexcept {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto b = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (shift == 63 && b > 1) return false;
    value |= std::uint64_t{b & 0x7fu} << shift;
    if ((b & 0x80) == 0) return true;
  }
  return false;
}

std::uint64_t from_zigzag(std::uint64_t v) noexcept { return (v >> 1) ^ (~(v & 1) + 1); }

bool add_text(Column& to, std::string_view text, std::uint64_t text_max) {
  if (text.size() > text_max || to.bytes.size() > text_max - text.size()) return false;
  to.bytes += text;
  to.ends.push_back(static_cast<std::uint32_t>(to.bytes.size()));
  return true;
}

constexpr Fault too_few = "the page has too few values";
constexpr Fault too_much_text = "more text than the limit";
constexpr Fault wrong_type = "the encoding does not go with the column's type";

/// DELTA_BINARY_PACKED: hands out a page's integers one by one. Numbers wrap, as the format has it.
class DeltaReader {
 public:
  explicit DeltaReader(std::string_view bytes) : bytes_(bytes) {}

  /// Reads the head; a page without values may have none at all.
  Fault begin(std::size_t count) {
    if (count == 0 && bytes_.empty()) return {};
    std::uint64_t block = 0;
    std::uint64_t total = 0;
    std::uint64_t first = 0;
    if (!take_varint(bytes_, block) || !take_varint(bytes_, miniblocks_) ||
        !take_varint(bytes_, total) || !take_varint(bytes_, first)) {
      return "the head of the deltas is cut";
    }
    if (block == 0 || block % 128 != 0 || miniblocks_ == 0 || block % miniblocks_ != 0 ||
        block / miniblocks_ % 32 != 0) {
      return "the deltas have blocks of a wrong size";
    }
    if (total != count) return "the deltas are not as many as the page's values";
    per_miniblock_ = block / miniblocks_;
    value_ = from_zigzag(first);
    return {};
  }

  /// The next value; call at most `count` times.
  Fault next(std::uint64_t& value) {
    if (started_) {
      if (in_miniblock_ == 0) {
        if (const Fault fault = next_miniblock(); !fault.empty()) return fault;
      }
      value_ += min_delta_ + bits_at(packed_, bit_, width_);
      bit_ += width_;
      --in_miniblock_;
    }
    started_ = true;
    value = value_;
    return {};
  }

  /// What stands behind the last value, once all are taken.
  std::string_view rest() const noexcept { return bytes_; }

 private:
  Fault next_miniblock() {
    if (widths_.empty()) {
      std::uint64_t min_delta = 0;
      if (!take_varint(bytes_, min_delta) || miniblocks_ > bytes_.size())
        return "a block of deltas is cut";
      min_delta_ = from_zigzag(min_delta);
      widths_ = bytes_.substr(0, miniblocks_);
      bytes_.remove_prefix(miniblocks_);
    }
    width_ = static_cast<unsigned char>(widths_.front());
    widths_.remove_prefix(1);
    if (width_ > 64) return "deltas are wider than 64 bits";
    // All of a miniblock is there, be it used or not; its size in bytes is whole.
    if (width_ != 0 && per_miniblock_ / 8 > bytes_.size() / width_) return "a miniblock is cut";
    packed_ = bytes_.substr(0, per_miniblock_ / 8 * width_);
    bytes_.remove_prefix(packed_.size());
    bit_ = 0;
    in_miniblock_ = per_miniblock_;
    return {};
  }

  std::string_view bytes_;
  std::string_view widths_;  // of the block's miniblocks that are still to come
  std::string_view packed_;  // the miniblock
  std::uint64_t miniblocks_ = 0;
  std::uint64_t per_miniblock_ = 0;
  std::uint64_t in_miniblock_ = 0;
  std::uint64_t value_ = 0;
  std::uint64_t min_delta_ = 0;
  std::size_t bit_ = 0;
  unsigned width_ = 0;
  bool started_ = false;
};

/// Takes `count` deltas off `bytes`, all of which are sizes.
Fault take_sizes(std::string_view& bytes, std::size_t count, std::vector<std::uint32_t>& sizes) {
  DeltaReader deltas(bytes);
  if (const Fault fault = deltas.begin(count); !fault.empty()) return fault;
  sizes.clear();
  for (std::size_t k = 0; k < count; ++k) {
    std::uint64_t size = 0;
    if (const Fault fault = deltas.next(size); !fault.empty()) return fault;
    size = static_cast<std::uint32_t>(size);  // sizes are INT32, whose deltas wrap at 32 bits
    if (size > std::numeric_limits<std::int32_t>::max()) return "a size is negative";
    sizes.push_back(static_cast<std::uint32_t>(size));
  }
  bytes = deltas.rest();
  return {};
}

}  // namespace

std::uint64_t bits_at(std::string_view bytes, std::size_t bit, unsigned width) noexcept {
  const std::size_t at = bit / 8;
  if (width == 0 || at >= bytes.size()) return 0;
  const unsigned shift = bit % 8;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + at, std::min<std::size_t>(8, bytes.size() - at));
  word >>= shift;
  if (shift + width > 64 && bytes.size() - at > 8)
    word |= std::uint64_t{static_cast<unsigned char>(bytes[at + 8])} << (64 - shift);
  return width == 64 ? word : word & ((std::uint64_t{1} << width) - 1);
}

bool HybridReader::next(std::size_t& length, std::uint32_t& value) noexcept {
  while (packed_ == 0) {
    std::string_view rest = bytes_.substr(at_);
    std::uint64_t head = 0;
    if (!take_varint(rest, head)) return false;
    at_ = bytes_.size() - rest.size();
    if ((head & 1) == 0) {
      const std::size_t size = (width_ + 7) / 8;
      if (size > rest.size()) return false;
      at_ += size;
      length = head >> 1;
      value = static_cast<std::uint32_t>(bits_at(rest, 0, static_cast<unsigned>(size) * 8));
      if (width_ < 32 && value >> width_ != 0) return false;
      if (length != 0) return true;
    } else {
      const std::uint64_t groups = head >> 1;  // of eight; some writers cut the last one short
      if (groups > std::numeric_limits<std::uint32_t>::max()) return false;
      packed_ = groups * 8;
      bit_ = 0;
    }
  }
  const std::size_t end = bit_ + width_;
  if ((end + 7) / 8 > bytes_.size() - at_) return false;
  value = static_cast<std::uint32_t>(bits_at(bytes_.substr(at_), bit_, width_));
  length = 1;
  bit_ = end;
  if (--packed_ == 0) at_ += (bit_ + 7) / 8;
  return true;
}

Fault decode_plain(std::string_view bytes, const Values& values) {
  const auto each = [&]<class T>(T, auto& out) {
    if (values.count > bytes.size() / sizeof(T)) return too_few;
    const std::size_t before = out.size();
    out.resize(before + values.count);
    for (std::size_t k = 0; k < values.count; ++k)
      out[before + k] = load<T>(bytes.data() + k * sizeof(T));
    return Fault();
  };
  switch (values.type) {
    case boolean:
      if (values.count > bytes.size() * 8) return too_few;
      for (std::size_t k = 0; k < values.count; ++k)
        values.to.integers.push_back(static_cast<std::int64_t>(bits_at(bytes, k, 1)));
      return {};
    case int32:
      return each(std::int32_t{}, values.to.integers);
    case int64:
      return each(std::int64_t{}, values.to.integers);
    case float32:
      return each(float{}, values.to.floats);
    case float64:
      return each(double{}, values.to.floats);
    case fixed:
      for (std::size_t k = 0; k < values.count; ++k) {
        if (values.width > bytes.size()) return too_few;
        if (!add_text(values.to, bytes.substr(0, values.width), values.text_max))
          return too_much_text;
        bytes.remove_prefix(values.width);
      }
      return {};
    case byte_array:
      for (std::size_t k = 0; k < values.count; ++k) {
        if (bytes.size() < 4) return too_few;
        const auto size = load<std::uint32_t>(bytes.data());
        if (size > bytes.size() - 4) return "a byte array is longer than its page";
        if (!add_text(values.to, bytes.substr(4, size), values.text_max)) return too_much_text;
        bytes.remove_prefix(4 + std::size_t{size});
      }
      return {};
    default:
      return wrong_type;
  }
}

Fault decode_rle(std::string_view bytes, const Values& values) {
  if (values.type != boolean) return wrong_type;
  if (values.count == 0) return {};
  if (bytes.size() < 4) return too_few;
  const auto size = load<std::uint32_t>(bytes.data());
  if (size > bytes.size() - 4) return too_few;
  HybridReader runs(bytes.substr(4, size), 1);
  for (std::size_t left = values.count; left != 0;) {
    std::size_t length = 0;
    std::uint32_t value = 0;
    if (!runs.next(length, value)) return too_few;
    length = std::min(length, left);
    values.to.integers.insert(values.to.integers.end(), length, value);
    left -= length;
  }
  return {};
}

Fault decode_delta(std::string_view bytes, const Values& values) {
  if (values.type != int32 && values.type != int64) return wrong_type;
  DeltaReader deltas(bytes);
  if (const Fault fault = deltas.begin(values.count); !fault.empty()) return fault;
  for (std::size_t k = 0; k < values.count; ++k) {
    std::uint64_t value = 0;
    if (const Fault fault = deltas.next(value); !fault.empty()) return fault;
    values.to.integers.push_back(values.type == int32
                                     ? static_cast<std::int32_t>(static_cast<std::uint32_t>(value))
                                     : static_cast<std::int64_t>(value));
  }
  return {};
}

Fault decode_delta_lengths(std::string_view bytes, const Values& values) {
  if (values.type != byte_array) return wrong_type;
  std::vector<std::uint32_t> sizes;
  if (const Fault fault = take_sizes(bytes, values.count, sizes); !fault.empty()) return fault;
  for (const std::uint32_t size : sizes) {
    if (size > bytes.size()) return "a byte array is longer than its page";
    if (!add_text(values.to, bytes.substr(0, size), values.text_max)) return too_much_text;
    bytes.remove_prefix(size);
  }
  return {};
}

Fault decode_delta_strings(std::string_view bytes, const Values& values) {
  if (values.type != byte_array && values.type != fixed) return wrong_type;
  std::vector<std::uint32_t> prefixes;
  std::vector<std::uint32_t> suffixes;
  if (const Fault fault = take_sizes(bytes, values.count, prefixes); !fault.empty()) return fault;
  if (const Fault fault = take_sizes(bytes, values.count, suffixes); !fault.empty()) return fault;
  Column& to = values.to;
  std::size_t before = to.bytes.size();  // where the previous value begins
  for (std::size_t k = 0; k < values.count; ++k) {
    const std::size_t prefix = prefixes[k];
    const std::size_t suffix = suffixes[k];
    if (prefix > to.bytes.size() - before) return "a prefix is longer than the value before";
    if (suffix > bytes.size()) return "a byte array is longer than its page";
    if (values.type == fixed && prefix + suffix != values.width)
      return "a fixed byte array has another length";
    if (prefix + suffix > values.text_max || to.bytes.size() > values.text_max - prefix - suffix)
      return too_much_text;
    const std::size_t begin = to.bytes.size();
    to.bytes.resize(begin + prefix);
    std::copy_n(to.bytes.data() + before, prefix, to.bytes.data() + begin);
    to.bytes += bytes.substr(0, suffix);
    to.ends.push_back(static_cast<std::uint32_t>(to.bytes.size()));
    bytes.remove_prefix(suffix);
    before = begin;
  }
  return {};
}

Fault decode_stream_split(std::string_view bytes, const Values& values) {
  const std::size_t count = values.count;
  constexpr Fault wrong_size = "the streams are not as long as the page has values";
  const auto fits = [&](std::size_t width) {  // the streams are found by the number of values
    return count <= bytes.size() / width && count * width == bytes.size();
  };
  const auto each = [&]<class T>(T, auto& out) {
    if (!fits(sizeof(T))) return wrong_size;
    for (std::size_t k = 0; k < count; ++k) {
      char value[sizeof(T)];
      for (std::size_t b = 0; b < sizeof(T); ++b) value[b] = bytes[b * count + k];
      out.push_back(load<T>(value));
    }
    return Fault();
  };
  switch (values.type) {
    case int32:
      return each(std::int32_t{}, values.to.integers);
    case int64:
      return each(std::int64_t{}, values.to.integers);
    case float32:
      return each(float{}, values.to.floats);
    case float64:
      return each(double{}, values.to.floats);
    case fixed: {
      if (!fits(values.width)) return wrong_size;
      std::string value(values.width, '\0');
      for (std::size_t k = 0; k < count; ++k) {
        for (std::size_t b = 0; b < values.width; ++b) value[b] = bytes[b * count + k];
        if (!add_text(values.to, value, values.text_max)) return too_much_text;
      }
      return {};
    }
    default:
      return wrong_type;
  }
}

Fault decode_indices(std::string_view bytes, const Values& values, const Column& dictionary) {
  if (values.count == 0) return {};
  if (bytes.empty()) return "the page has no indices";
  const unsigned width = static_cast<unsigned char>(bytes.front());
  if (width > 32) return "the indices are wider than 32 bits";
  const std::size_t entries = dictionary.entries();
  HybridReader indices(bytes.substr(1), width);
  for (std::size_t left = values.count; left != 0;) {
    std::size_t length = left;
    std::uint32_t index = 0;
    // At width 0 some writers store nothing at all: there is one entry to mean.
    if (!(width == 0 && bytes.size() == 1) && !indices.next(length, index))
      return "the indices are cut";
    if (index >= entries) return "an index lies outside the dictionary";
    length = std::min(length, left);
    left -= length;
    switch (dictionary.type) {
      case ColumnType::float64:
        values.to.floats.insert(values.to.floats.end(), length, dictionary.floats[index]);
        break;
      case ColumnType::text:
        for (; length != 0; --length) {
          if (!add_text(values.to, dictionary.text(index), values.text_max)) return too_much_text;
        }
        break;
      default:
        values.to.integers.insert(values.to.integers.end(), length, dictionary.integers[index]);
    }
  }
  return {};
}

}  // namespace weir::segmentation::format
