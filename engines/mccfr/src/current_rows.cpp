#include "current_rows.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "visited_rows.hpp"

namespace weir::mccfr {
namespace {

template <class Word>
void put_words(const std::vector<std::uint32_t>& parts, std::vector<std::byte>& bytes) {
  bytes.resize(parts.size() * sizeof(Word));
  for (std::size_t e = 0; e < parts.size(); ++e) {
    const auto word = static_cast<Word>(parts[e]);
    std::memcpy(bytes.data() + e * sizeof(Word), &word, sizeof(Word));
  }
}

/// In steps of the largest number that an entry holds.
template <class G>
void put_groups(const std::vector<std::uint32_t>& parts, std::vector<std::byte>& bytes) {
  bytes.resize(parts.size() / group_entries * sizeof(typename G::Word));
  for (std::size_t e = 0; e < parts.size(); e += group_entries) {
    typename G::Parts group;
    for (std::size_t k = 0; k < group_entries; ++k)
      group.numbers[k] = std::llround(static_cast<double>(parts[e + k]) / current_whole * G::most);
    const typename G::Word word = G::packed(group);
    std::memcpy(bytes.data() + e / group_entries * sizeof(word), &word, sizeof(word));
  }
}

}  // namespace

std::vector<std::byte> region_bytes(const std::vector<std::uint32_t>& parts,
                                    std::uint32_t sum_bytes, int bits) {
  std::vector<std::byte> bytes;
  if (bits == 16) {
    put_groups<Sums16>(parts, bytes);
  } else if (bits == 8) {
    put_groups<Sums8>(parts, bytes);
  } else if (sum_bytes == sizeof(std::int64_t)) {
    put_words<std::int64_t>(parts, bytes);
  } else {
    put_words<std::uint32_t>(parts, bytes);
  }
  return bytes;
}

CurrentRows::CurrentRows(Trainer& trainer, int round, int player)
    : trainer_(trainer),
      table_(trainer.table()),
      round_(round),
      player_(player),
      rows_(region_rows(trainer.tree(), round, player)) {}

std::vector<std::uint32_t> CurrentRows::parts(std::uint32_t bucket) const {
  const TableShape& shape = trainer_.shape();
  std::vector<std::uint32_t> parts(
      shape.width[static_cast<std::size_t>(round_)][static_cast<std::size_t>(player_)]);
  std::array<double, actions_max> strategy{};
  const std::uint32_t region = shape.region(round_, player_, bucket);
  for (const RegionRow& row : rows_) {
    if (!visited(table_, region + row.first, row.entries, round_)) continue;
    trainer_.average(region + row.first, static_cast<int>(row.entries), strategy.data());
    for (std::uint32_t a = 0; a < row.entries; ++a)
      parts[row.first + a] = static_cast<std::uint32_t>(std::lround(strategy[a] * current_whole));
  }
  return parts;
}

std::vector<std::byte> CurrentRows::sums(std::uint32_t bucket) const {
  const int bits =
      table_.layout != nullptr ? table_.layout->bits[static_cast<std::size_t>(round_)] : 32;
  return region_bytes(parts(bucket), table_.sum_bytes, bits);
}

}  // namespace weir::mccfr
