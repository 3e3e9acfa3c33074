#include "frozen_sums.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "current_rows.hpp"

namespace weir::mccfr {

FrozenSums::FrozenSums(Trainer& trainer) {
  const TableBytes table = trainer.table();
  const bool all_summed = table.average_rounds >= trainer.shape().rounds;
  if (table.layout != nullptr) {
    copy_short(trainer, table);
  } else if (!table.real && !all_summed) {
    const auto* const sums = reinterpret_cast<const Sum*>(table.sums.data());
    copy_.reserve(trainer.shape().entries);
    copy_.assign(sums, sums + table.sums.size() / sizeof(Sum));
    copy_.resize(trainer.shape().entries);
    data_ = copy_.data();
  }
  if (!all_summed) copy_current(trainer, table.average_rounds);
  if (data_ != nullptr) return;
  if (!table.real) {
    data_ = reinterpret_cast<const Sum*>(table.sums.data());
    return;
  }
  constexpr double whole = 0x1p24;
  const TableShape& shape = trainer.shape();
  const auto* const sums = reinterpret_cast<const float*>(table.sums.data());
  copy_.resize(shape.entries);
  std::array<double, actions_max> strategy{};
  for (const BettingNode& node : trainer.tree().nodes) {
    if (node.kind != NodeKind::decision) continue;
    for (std::uint32_t b = 0; b < shape.buckets[node.round]; ++b) {
      const std::uint32_t row = shape.region(node.round, node.player, b) + node.row;
      bool known = false;
      for (std::uint32_t a = 0; a < node.actions; ++a) known |= sums[row + a] > 0;
      if (!known) continue;  // stays 0, as a row that was never seen
      trainer.average(row, node.actions, strategy.data());
      for (std::uint32_t a = 0; a < node.actions; ++a)
        copy_[row + a] = static_cast<Sum>(std::lround(strategy[a] * whole));
    }
  }
  data_ = copy_.data();
}

std::uint64_t FrozenSums::bytes_of(const TableShape& shape, const TrainRules& rules) noexcept {
  const bool copied = rules.algorithm >= Algorithm::cfr || compact_bits(rules.table_bits) ||
                      rules.average_rounds < shape.rounds;
  return copied ? shape.entries * sizeof(Sum) : 0;
}

void FrozenSums::copy_short(const Trainer& trainer, const TableBytes& table) {
  const CompactSums sums(*table.layout, table.sums.data());
  copy_.resize(trainer.shape().entries);
  for (std::uint32_t e = 0; e < table.layout->summed; ++e)  // 2^30 at most where they are short
    copy_[e] = static_cast<Sum>(sums.value(e, table.layout->round_of(e)));
  data_ = copy_.data();
}

void FrozenSums::copy_current(Trainer& trainer, int first_round) {
  const TableShape& shape = trainer.shape();
  for (int r = first_round; r < shape.rounds; ++r) {
    for (int p = 0; p < shape.players; ++p) {
      const CurrentRows rows(trainer, r, p);
      for (std::uint32_t b = 0; b < shape.buckets[static_cast<std::size_t>(r)]; ++b) {
        const std::vector<std::uint32_t> parts = rows.parts(b);
        std::copy(parts.begin(), parts.end(), copy_.begin() + shape.region(r, p, b));
      }
    }
  }
}

}  // namespace weir::mccfr
