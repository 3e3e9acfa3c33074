// net_bytes.hpp: what the files of networks are written and read with.
//
//   magic word, 8 bytes   version, 4   bytes of the whole, 8   content   XXH3-64 of all before, 8
//
// Shape:  little-endian numbers. The length says what is truncated, the checksum what is corrupt, before the content is
//         looked at.
// Errors: truncated, corrupt, version, architecture; where: the source's name and the byte.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#include <weir/result.hpp>
#include <weir/search/mlp.hpp>

namespace weir::search::nets {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie");

inline constexpr std::size_t magic_bytes = 8;

class ByteWriter {
 public:
  ByteWriter(std::string_view magic, std::uint32_t version);
  template <class T>
  void number(T value) {
    static_assert(std::is_arithmetic_v<T>);
    put(&value, sizeof(value));
  }
  void put(const void* data, std::size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
  }
  void floats(std::span<const float> numbers) { put(numbers.data(), numbers.size_bytes()); }
  void architecture(const Architecture& architecture);
  /// All, with length and checksum.
  std::string finish() &&;

 private:
  std::string bytes_;
};

class ByteReader {
 public:
  ByteReader(std::string_view bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  /// The magic word, the version, the length, the checksum.
  Result<Done> open(std::string_view magic, std::uint32_t version, std::string_view what);
  template <class T>
  Result<T> number() {
    static_assert(std::is_arithmetic_v<T>);
    T value{};
    if (auto got = get(&value, sizeof(value)); !got) return got.error();
    return value;
  }
  Result<Done> get(void* data, std::size_t size);
  /// Numbers that are none are `corrupt`.
  Result<std::vector<float>> floats(std::size_t count);
  Result<Architecture> architecture();
  /// All of the content has been read.
  Result<Done> finish() const;

  Error error(std::string code, std::string what) const;
  /// Bytes of content that are still to come.
  std::size_t left() const noexcept { return bytes_.size() - at_; }

 private:
  std::string_view bytes_;
  const std::string& where_;
  std::size_t at_ = 0;
};

std::uint64_t hash_bytes(std::string_view bytes) noexcept;

}  // namespace weir::search::nets
