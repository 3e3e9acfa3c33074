// turn_blueprint.hpp: TurnBlueprint, a blueprint's strategies in the tree of a turn, whose bets may not be those of its
// own; private.
//
//   bets      what the blueprint would do goes to the nearest action that there is; where its tree has ended and the
//             hand has not, it checks and calls
//   rivers    hands of a group play as one there: as they would in the mean, by how they come
//
// Shape:  [action][bucket] for each decision of one player.
// Roles:  const after make(), any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "continuations.hpp"
#include "river_groups.hpp"
#include "spot_tree.hpp"

namespace weir::mccfr::subgame {

class TurnBlueprint {
 public:
  /// How `player` plays; none where the tree is none of the real hand. All outlive it.
  static std::optional<TurnBlueprint> make(const Streets& streets, const Boards& boards,
                                           const Subgame& subgame, const Blueprint& blueprint,
                                           const StreetHand& hand, int player);

  /// Of decision `n` of the turn: to[action][stride].
  void turn(std::uint32_t n, float* to) const;

  /// Where the hands of a river's groups come from.
  struct Arrivals {
    std::uint32_t board = 0;
    const std::uint8_t* groups = nullptr;  // [hand]
    const float* reach = nullptr;          // [hand][width]: of each root
    std::size_t width = 0;
  };
  /// What a river's decisions weigh: calls to(node, action, group, weight), each weight to be added up.
  template <class To>
  void river(const Arrivals& from, const To& to) const;

 private:
  TurnBlueprint(const Streets& streets, const Boards& boards, const Subgame& subgame,
                const Blueprint& blueprint, int player)
      : streets_(&streets),
        boards_(&boards),
        subgame_(&subgame),
        blueprint_(blueprint),
        player_(static_cast<std::size_t>(player)) {}

  bool follow(const StreetHand& hand, std::size_t street, std::uint32_t n,
              const BettingState& state, const TreePosition& position);
  void read(std::size_t street, std::uint32_t n, const TreePosition& place,
            std::span<const std::size_t> as);
  std::size_t buckets(std::size_t street) const noexcept {
    return blueprint_.game->buckets()[street + 2];
  }
  const float* strategy(std::size_t street, std::uint32_t n) const noexcept {
    return strategies_.data() + places_[street][n];
  }

  /// Hands of one bucket and one group of a river.
  struct Kind {
    Bucket bucket = 0;
    std::uint8_t group = 0;
  };
  struct Kinds {
    std::vector<Kind> list;
    std::vector<std::uint32_t> of;  // [hand]: none, beyond the list, where the board takes it
  };
  Kinds kinds(const Arrivals& from) const;

  const Streets* streets_;
  const Boards* boards_;
  const Subgame* subgame_;
  Blueprint blueprint_;
  std::size_t player_;
  std::array<std::vector<std::size_t>, 2> places_;  // [street][node]
  std::vector<float> strategies_;
  std::array<Bucket, hand_count> buckets_of_turn_{};  // [hand]
};

template <class To>
void TurnBlueprint::river(const Arrivals& from, const To& to) const {
  const Street& street = streets_->streets[1];
  const Kinds made = kinds(from);
  const std::size_t count = made.list.size();
  std::vector<float> reach(street.nodes_max * count);
  for (const Batch& batch : street.batches) {
    const auto row = [&](std::uint32_t n) { return reach.data() + (n - batch.first_node) * count; };
    for (std::uint32_t root = batch.first_root; root < batch.last_root; ++root) {
      float* const here = row(street.roots[root]);
      std::fill_n(here, count, 0.0F);
      for (std::size_t h = 0; h < made.of.size(); ++h)
        if (made.of[h] < count) here[made.of[h]] += from.reach[h * from.width + root];
    }
    for (std::uint32_t n = batch.first_node; n < batch.last_node; ++n) {
      const StreetNode& node = street.nodes[n];
      if (node.step != Step::decision) continue;
      const bool own = node.player == player_;
      const float* const chances = own ? strategy(1, n) : nullptr;
      for (std::size_t a = 0; a < node.actions; ++a) {
        float* const child = row(node.first + static_cast<std::uint32_t>(a));
        std::copy_n(row(n), count, child);
        for (std::size_t k = 0; own && k < count; ++k) {
          child[k] *= chances[a * buckets(1) + made.list[k].bucket];
          to(node, a, made.list[k].group, child[k]);
        }
      }
    }
  }
}

}  // namespace weir::mccfr::subgame
