// river_groups.hpp: hands of a river in groups of about the same strength, for both players of a subgame; private.
//
// Groups are cut where both ranges together weigh about the same. Hands of one rank are in one group.
//
// Roles: const after make(), any thread.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "subgame_boards.hpp"

namespace weir::mccfr::subgame {

inline constexpr std::size_t river_groups = 64;
static_assert(river_groups % lanes == 0);

class RiverGroups {
 public:
  static RiverGroups make(const Boards& boards);

  /// [hand]: of player `p` on a board of the last street; river_groups where the board takes the hand.
  const std::uint8_t* of(std::uint32_t board, std::size_t p) const noexcept {
    return groups_[p].data() + board * stride_[p];
  }

 private:
  std::array<std::vector<std::uint8_t>, 2> groups_;
  std::array<std::size_t, 2> stride_{};
};

}  // namespace weir::mccfr::subgame
