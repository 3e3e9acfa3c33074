#include "river_groups.hpp"

#include <algorithm>

namespace weir::mccfr::subgame {

RiverGroups RiverGroups::make(const Boards& boards) {
  RiverGroups made;
  const auto& rivers = boards.of_street(boards.streets() - 1);
  std::array<double, 2> totals{};
  for (std::size_t p = 0; p < 2; ++p) {
    const PlayerHands& player = boards.player(static_cast<int>(p));
    made.stride_[p] = player.stride;
    made.groups_[p].assign(rivers.size() * player.stride, std::uint8_t{river_groups});
    for (const float weight : player.weights) totals[p] += static_cast<double>(weight);
  }
  for (std::uint32_t b = 0; b < rivers.size(); ++b) {
    const BoardOrder order = boards.order(b, 0);
    const std::array<std::span<const SortedHand>, 2> sorted{order.own, order.other};
    std::array<std::size_t, 2> at{};
    double below = 0;  // of a mass of 1
    for (const RankGroup& rank : order.groups) {
      const std::array<std::size_t, 2> end{rank.own, rank.other};
      double mass = 0;
      for (std::size_t p = 0; p < 2; ++p)
        for (std::size_t i = at[p]; i < end[p]; ++i)
          mass +=
              static_cast<double>(boards.player(static_cast<int>(p)).weights[sorted[p][i].hand]) /
              (2 * totals[p]);
      const auto group =
          std::min(static_cast<std::size_t>((below + mass / 2) * river_groups), river_groups - 1);
      for (std::size_t p = 0; p < 2; ++p)
        for (; at[p] < end[p]; ++at[p])
          made.groups_[p][b * made.stride_[p] + sorted[p][at[p]].hand] =
              static_cast<std::uint8_t>(group);
      below += mass;
    }
  }
  return made;
}

}  // namespace weir::mccfr::subgame
