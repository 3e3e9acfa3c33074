#include "parquet_format.hpp"

#include <cstring>

namespace weir::segmentation::format {
namespace {

constexpr auto crc_tables() {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t n = 0; n < 256; ++n) {
    std::uint32_t c = n;
    for (int k = 0; k < 8; ++k) c = (c & 1) != 0 ? 0xedb88320u ^ (c >> 1) : c >> 1;
    tables[0][n] = c;
  }
  for (std::size_t t = 1; t < 8; ++t) {
    for (std::size_t n = 0; n < 256; ++n) {
      const std::uint32_t before = tables[t - 1][n];
      tables[t][n] = tables[0][before & 255] ^ (before >> 8);
    }
  }
  return tables;
}

}  // namespace

std::uint32_t crc32(std::string_view bytes) noexcept {
  static constexpr auto t = crc_tables();
  std::uint32_t crc = ~0u;
  while (bytes.size() >= 8) {  // eight bytes a step ("slicing by 8")
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::memcpy(&low, bytes.data(), 4);
    std::memcpy(&high, bytes.data() + 4, 4);
    low ^= crc;
    crc = t[7][low & 255] ^ t[6][(low >> 8) & 255] ^ t[5][(low >> 16) & 255] ^ t[4][low >> 24] ^
          t[3][high & 255] ^ t[2][(high >> 8) & 255] ^ t[1][(high >> 16) & 255] ^ t[0][high >> 24];
    bytes.remove_prefix(8);
  }
  for (const char c : bytes) crc = t[0][(crc ^ static_cast<unsigned char>(c)) & 255] ^ (crc >> 8);
  return ~crc;
}

}  // namespace weir::segmentation::format
