// bucket_table.hpp: the bucket of each class of hands of one street, wherever the bytes are.
//
// Shape:  one byte a class with up to 256 buckets, else two, little-endian; by the number that hand_index() gives.
// Roles:  const, any thread. Memory: what it looks at is not its own.
// Cost:   one cache miss; 169 bytes to 123 MB, or twice as much.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::mccfr::abstraction {

constexpr std::size_t bucket_bytes(int count) noexcept { return count <= 256 ? 1 : 2; }

class BucketTable {
 public:
  BucketTable() = default;
  /// `bytes` is aligned to two.
  BucketTable(const void* bytes, int count) noexcept
      : bytes_(static_cast<const std::uint8_t*>(bytes)), wide_(bucket_bytes(count) == 2) {}

  std::uint16_t operator[](std::size_t hand_class) const noexcept {
    if (!wide_) return bytes_[hand_class];
    return static_cast<std::uint16_t>(bytes_[2 * hand_class] | bytes_[2 * hand_class + 1] << 8);
  }
  void prefetch(std::size_t hand_class) const noexcept {
    __builtin_prefetch(bytes_ + (wide_ ? 2 * hand_class : hand_class));
  }

 private:
  const std::uint8_t* bytes_ = nullptr;
  bool wide_ = false;
};

/// The same to be filled; different classes by different threads at once.
class BucketTableWriter {
 public:
  BucketTableWriter(void* bytes, int count) noexcept
      : bytes_(static_cast<std::uint8_t*>(bytes)), wide_(bucket_bytes(count) == 2) {}
  void set(std::size_t hand_class, std::uint16_t bucket) const noexcept {
    if (!wide_) {
      bytes_[hand_class] = static_cast<std::uint8_t>(bucket);
      return;
    }
    bytes_[2 * hand_class] = static_cast<std::uint8_t>(bucket & 0xff);
    bytes_[2 * hand_class + 1] = static_cast<std::uint8_t>(bucket >> 8);
  }

 private:
  std::uint8_t* bytes_;
  bool wide_;
};

}  // namespace weir::mccfr::abstraction
