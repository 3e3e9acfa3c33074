// packing.hpp: values one behind the other in memory of this process, to be kept; private.
//
// Shape     numbers of 7 bits a byte, texts with their length before, the rest as it lies in memory.
// Errors    none: what is unpacked was packed here, by the same calls in the same order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace weir::segmentation {

class Packer {
 public:
  /// Appends to `out`, which is cleared.
  explicit Packer(std::string& out) : out_(out) { out_.clear(); }
  template <class T>
  void raw(T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    const std::size_t at = out_.size();
    out_.resize(at + sizeof value);
    std::memcpy(out_.data() + at, &value, sizeof value);
  }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }
  void text(std::string_view value) {
    number(value.size());
    out_ += value;
  }

 private:
  std::string& out_;
};

class Unpacker {
 public:
  explicit Unpacker(const char* packed) noexcept : at_(packed) {}
  template <class T>
  T raw() noexcept {
    T value;
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  std::uint64_t number() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return value;
    }
  }
  /// Valid as long as what it was packed into.
  std::string_view text() noexcept {
    const auto size = static_cast<std::size_t>(number());
    const std::string_view value(at_, size);
    at_ += size;
    return value;
  }

 private:
  const char* at_;
};

}  // namespace weir::segmentation
