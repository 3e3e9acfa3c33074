// thrift.hpp: Thrift's compact protocol, as much of it as Parquet's footer and page headers need.
//
// Roles: one thread.
// Errors: a reader that met bad bytes says so by ok() and returns zeros from then on; nesting is
// bounded by depth_max, sizes by the bytes that are there, field ids and numbers by their types.
// Source: thrift-compact-protocol.md of apache/thrift.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::segmentation::thrift {

enum Type : std::uint8_t {
  stop = 0,
  yes = 1,
  no = 2,
  i8 = 3,
  i16 = 4,
  i32 = 5,
  i64 = 6,
  real = 7,
  binary = 8,
  list = 9,
  set = 10,
  map = 11,
  structure = 12
};

/// A field's head and an integer at most, for a string to take in one call: one a byte costs more than the rest of a
/// footer.
struct Bytes {
  char at[24];
  std::size_t size = 0;
  void varint(std::uint64_t value) noexcept {
    for (; value >= 0x80; value >>= 7) at[size++] = static_cast<char>((value & 0x7f) | 0x80);
    at[size++] = static_cast<char>(value);
  }
  void append_to(std::string& out) const { out.append(at, size); }
};

inline void append_varint(std::string& out, std::uint64_t value) {
  Bytes bytes;
  bytes.varint(value);
  bytes.append_to(out);
}

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void begin() { last_[++depth_] = 0; }
  void end() {
    out_ += '\0';
    --depth_;
  }
  void begin_field(int id) {
    field(id, structure);
    begin();
  }
  void integer32(int id, std::int64_t value) { integer(id, i32, value); }
  void integer64(int id, std::int64_t value) { integer(id, i64, value); }
  void flag(int id, bool value) { field(id, value ? yes : no); }
  void text(int id, std::string_view value) {
    field(id, binary);
    raw_text(value);
  }
  void begin_list(int id, Type element, std::size_t size) {
    field(id, list);
    if (size < 15) {
      out_ += static_cast<char>((size << 4) | element);
    } else {
      out_ += static_cast<char>(0xf0 | element);
      varint(size);
    }
  }
  void raw_text(std::string_view value) {
    varint(value.size());
    out_ += value;
  }
  void zigzag(std::int64_t value) { varint(zigzagged(value)); }
  void varint(std::uint64_t value) { append_varint(out_, value); }

 private:
  static std::uint64_t zigzagged(std::int64_t value) noexcept {
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  }
  void head(int id, Type type, Bytes& bytes) noexcept {
    const int step = id - last_[depth_];
    if (step > 0 && step < 16) {
      bytes.at[bytes.size++] = static_cast<char>((step << 4) | type);
    } else {
      bytes.at[bytes.size++] = static_cast<char>(type);
      bytes.varint(zigzagged(id));
    }
    last_[depth_] = id;
  }
  void field(int id, Type type) {
    Bytes bytes;
    head(id, type, bytes);
    bytes.append_to(out_);
  }
  void integer(int id, Type type, std::int64_t value) {
    Bytes bytes;
    head(id, type, bytes);
    bytes.varint(zigzagged(value));
    bytes.append_to(out_);
  }

  std::string& out_;
  int last_[12] = {};
  int depth_ = 0;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const noexcept { return ok_; }
  void fail() noexcept { ok_ = false; }
  std::size_t offset() const noexcept { return at_; }

  /// Calls visit(id, type) for each field of a struct; visit returns true when it has taken the
  /// value, else it is skipped.
  template <class F>
  void fields(F&& visit) {
    if (++depth_ > depth_max) ok_ = false;
    for (int id = 0; ok_;) {
      const std::uint8_t head = byte();
      const auto type = static_cast<Type>(head & 15);
      if (type == stop) break;
      if (type > structure) {
        ok_ = false;
        break;
      }
      const std::int64_t next = (head >> 4) != 0 ? id + (head >> 4) : zigzag();
      if (next < 0 || next > id_max) ok_ = false;
      if (!ok_) break;
      id = static_cast<int>(next);
      if (!visit(id, type)) skip(type);
    }
    --depth_;
  }
  /// Calls visit(type) for each element of a list.
  template <class F>
  void elements(F&& visit) {
    const std::uint8_t head = byte();
    const auto type = static_cast<Type>(head & 15);
    std::uint64_t size = head >> 4;
    if (size == 15) size = varint();
    if (size == 0 && type == stop) return;  // some writers name no type where there is no element
    if (size > bytes_.size() - at_ || type == stop || type > structure)
      ok_ = false;  // an element takes a byte or more
    for (std::uint64_t k = 0; k < size && ok_; ++k) visit(type);
  }

  std::int8_t octet() noexcept { return static_cast<std::int8_t>(byte()); }
  std::int64_t zigzag() noexcept {
    const std::uint64_t v = varint();
    return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
  }
  std::string_view text() noexcept {
    const std::uint64_t size = varint();
    if (!ok_ || size > bytes_.size() - at_) {
      ok_ = false;
      return {};
    }
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }

  void skip(Type type) {
    if (++depth_ > depth_max) ok_ = false;
    if (ok_) {
      switch (type) {
        case yes:
        case no:
          break;
        case i8:
          byte();
          break;
        case i16:
        case i32:
        case i64:
          varint();
          break;
        case real:
          advance(8);
          break;
        case binary:
          text();
          break;
        case list:
        case set:
          elements([this](Type element) { skip_element(element); });
          break;
        case map:
          skip_map();
          break;
        case structure:
          fields([](int, Type) { return false; });
          break;
        default:
          ok_ = false;
      }
    }
    --depth_;
  }

 private:
  static constexpr int depth_max = 32;
  static constexpr std::int64_t id_max = 32767;  // ids are 16 bits

  void skip_element(Type type) {  // booleans take a byte here, none in fields
    if (type == yes || type == no) {
      byte();
    } else {
      skip(type);
    }
  }
  void skip_map() {
    const std::uint64_t size = varint();
    if (size == 0) return;
    const std::uint8_t types = byte();
    if (size > bytes_.size() - at_) ok_ = false;
    for (std::uint64_t k = 0; k < size && ok_; ++k) {
      skip_element(static_cast<Type>(types >> 4));
      skip_element(static_cast<Type>(types & 15));
    }
  }
  void advance(std::size_t n) noexcept {
    if (n > bytes_.size() - at_) {
      ok_ = false;
      at_ = bytes_.size();
    } else {
      at_ += n;
    }
  }
  std::uint8_t byte() noexcept {
    if (at_ >= bytes_.size()) {
      ok_ = false;
      return 0;
    }
    return static_cast<std::uint8_t>(bytes_[at_++]);
  }
  std::uint64_t varint() noexcept {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t b = byte();
      if (shift == 63 && b > 1) break;  // more than 64 bits
      value |= std::uint64_t{static_cast<std::uint8_t>(b & 0x7f)} << shift;
      if ((b & 0x80) == 0) return value;
    }
    ok_ = false;
    return 0;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool ok_ = true;
};

}  // namespace weir::segmentation::thrift
