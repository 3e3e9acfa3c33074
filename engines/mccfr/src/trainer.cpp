#include <weir/mccfr/trainer.hpp>

namespace weir::mccfr {

std::string_view to_string(Algorithm algorithm) noexcept {
  constexpr std::string_view names[] = {"es", "os", "cs", "cfr", "cfr+"};
  return names[static_cast<std::uint8_t>(algorithm)];
}

std::vector<double> average_strategies(const Trainer& trainer) {
  const TableShape& shape = trainer.shape();
  std::vector<double> strategies(shape.entries);
  for (const BettingNode& node : trainer.tree().nodes) {
    if (node.kind != NodeKind::decision) continue;
    for (std::uint32_t bucket = 0; bucket < shape.buckets[node.round]; ++bucket) {
      const std::uint32_t entry = shape.region(node.round, node.player, bucket) + node.row;
      trainer.average(entry, node.actions, strategies.data() + entry);
    }
  }
  return strategies;
}

}  // namespace weir::mccfr
