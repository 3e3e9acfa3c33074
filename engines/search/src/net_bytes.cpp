#include "net_bytes.hpp"

#include <xxhash.h>

#include <cmath>

namespace weir::search::nets {
namespace {

constexpr std::size_t sum_bytes = sizeof(std::uint64_t);
constexpr std::size_t length_at = magic_bytes + sizeof(std::uint32_t);

}  // namespace

std::uint64_t hash_bytes(std::string_view bytes) noexcept {
  return XXH3_64bits(bytes.data(), bytes.size());
}

void ByteWriter::architecture(const Architecture& architecture) {
  number(architecture.inputs);
  number(static_cast<std::uint32_t>(architecture.blocks.size()));
  for (const Block& block : architecture.blocks) {
    number(static_cast<std::uint32_t>(block.kind));
    number(block.width);
  }
  number(static_cast<std::uint32_t>(architecture.heads.size()));
  for (const Head& head : architecture.heads) {
    number(static_cast<std::uint32_t>(head.kind));
    number(head.width);
  }
}

ByteWriter::ByteWriter(std::string_view magic, std::uint32_t version) : bytes_(magic) {
  number(version);
  number(std::uint64_t{0});
}

std::string ByteWriter::finish() && {
  const std::uint64_t length = bytes_.size() + sum_bytes;
  std::memcpy(bytes_.data() + length_at, &length, sizeof(length));
  number(hash_bytes(bytes_));
  return std::move(bytes_);
}

Error ByteReader::error(std::string code, std::string what) const {
  return {std::move(code), std::move(what), where_ + ", byte " + std::to_string(at_)};
}

Result<Done> ByteReader::open(std::string_view magic, std::uint32_t version,
                              std::string_view what) {
  if (bytes_.size() < magic_bytes && bytes_ == magic.substr(0, bytes_.size()))
    return error("truncated", "ends within its first word");
  if (bytes_.substr(0, magic_bytes) != magic)
    return error("corrupt", "is no file of " + std::string(what));
  at_ = magic_bytes;
  auto kept = number<std::uint32_t>();
  if (!kept) return kept.error();
  if (kept.value() != version)
    return error("version", "is of version " + std::to_string(kept.value()) +
                                "; this program reads version " + std::to_string(version));
  auto length = number<std::uint64_t>();
  if (!length) return length.error();
  if (length.value() < at_ + sum_bytes) return error("corrupt", "is too short to be whole");
  if (length.value() < bytes_.size()) return error("corrupt", "goes on behind its end");
  if (length.value() > bytes_.size()) {
    at_ = bytes_.size();
    return error("truncated", "ends here instead of at byte " + std::to_string(length.value()));
  }
  const std::string_view content = bytes_.substr(0, bytes_.size() - sum_bytes);
  std::uint64_t sum = 0;
  std::memcpy(&sum, bytes_.data() + content.size(), sum_bytes);
  if (sum != hash_bytes(content))
    return error("corrupt", "its checksum is not that of its content");
  bytes_ = content;
  return Done{};
}

Result<Done> ByteReader::get(void* data, std::size_t size) {
  if (size > left())
    return error("truncated", "ends where " + std::to_string(size) + " bytes more were to come");
  std::memcpy(data, bytes_.data() + at_, size);
  at_ += size;
  return Done{};
}

Result<std::vector<float>> ByteReader::floats(std::size_t count) {
  if (count > left() / sizeof(float))
    return error("truncated", "ends where " + std::to_string(count) + " numbers were to come");
  std::vector<float> numbers(count);
  for (float& number : numbers) {
    std::memcpy(&number, bytes_.data() + at_, sizeof(float));
    if (!std::isfinite(number)) return error("corrupt", "holds a number that is none");
    at_ += sizeof(float);
  }
  return numbers;
}

Result<Architecture> ByteReader::architecture() {
  Architecture read;
  std::array<std::uint32_t, 2> head{};  // inputs, number of blocks
  if (auto got = get(head.data(), sizeof(head)); !got) return got.error();
  read.inputs = head[0];
  if (head[1] > blocks_max)
    return error("architecture", "says that it has " + std::to_string(head[1]) + " blocks");
  for (std::uint32_t i = 0; i < head[1]; ++i) {
    std::array<std::uint32_t, 2> pair{};
    if (auto got = get(pair.data(), sizeof(pair)); !got) return got.error();
    if (pair[0] > static_cast<std::uint32_t>(BlockKind::residual))
      return error("architecture", "has a block of kind " + std::to_string(pair[0]));
    read.blocks.push_back({static_cast<BlockKind>(pair[0]), pair[1]});
  }
  auto heads = number<std::uint32_t>();
  if (!heads) return heads.error();
  if (heads.value() > heads_max)
    return error("architecture", "says that it has " + std::to_string(heads.value()) + " heads");
  for (std::uint32_t i = 0; i < heads.value(); ++i) {
    std::array<std::uint32_t, 2> pair{};
    if (auto got = get(pair.data(), sizeof(pair)); !got) return got.error();
    if (pair[0] > static_cast<std::uint32_t>(HeadKind::logits))
      return error("architecture", "has a head of kind " + std::to_string(pair[0]));
    read.heads.push_back({static_cast<HeadKind>(pair[0]), pair[1]});
  }
  if (auto checked = check(read); !checked) return error("architecture", checked.error().what);
  return read;
}

Result<Done> ByteReader::finish() const {
  if (left() > 0) return error("corrupt", "holds more than it says");
  return Done{};
}

}  // namespace weir::search::nets
