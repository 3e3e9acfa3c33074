// root_street.hpp: RootStreet, the street that a spot begins on, played hand by hand: its rows, and what discounted CFR
// does with them on its way down and up; private.
//
// What the street's last nodes are worth comes from whoever owns it: between go_down() and go_up() he writes value_of()
// of all but folds and decisions.
//
// Shape:  a float of regret and of average for each hand, action and node of its player.
// Roles:  one thread at a time.
// Memory: program heap, taken by take().
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <weir/mccfr/subgame_solver.hpp>

#include "subgame_boards.hpp"
#include "subgame_kernels.hpp"
#include "subgame_streets.hpp"
#include "subgame_tables.hpp"
#include "subgame_walk.hpp"

namespace weir::mccfr::subgame {

class RootStreet {
 public:
  /// Both outlive it.
  RootStreet(const Street& street, const Boards& boards) noexcept
      : street_(street), boards_(boards) {}

  std::uint64_t floats() const noexcept;
  void take();

  /// Of a player's hands at the root, by pair of hands.
  std::span<const float> reach(std::size_t player) const noexcept {
    return {initial_[player].data(), boards_.player(static_cast<int>(player)).hands.size()};
  }
  void set_reach(std::size_t player, std::span<const float> reach) noexcept {
    std::copy(reach.begin(), reach.end(), initial_[player].data());
  }
  /// A player's regrets are 0.
  void forget(std::size_t player) noexcept { regrets_[player].clear(); }

  /// An iteration's half begins, or a best response to what the other's regrets say, which changes neither regrets nor
  /// averages: the other's hands at the root.
  void begin(std::size_t walker, Purpose purpose, const Update& update) noexcept;
  /// The other's reach of all nodes.
  void go_down() noexcept;
  void value_folds() noexcept;
  /// Values of decisions; regrets of the walker's.
  void go_up() noexcept;
  /// Of a node of the walker, rows of `width` lanes: its value from its actions', and what its regrets gain.
  void learn(float* regrets, std::size_t actions, std::size_t width, const float* values,
             float* value) const noexcept;
  /// Notes for each own hand which part of the other's reach shares no card with it; all of that reach.
  float meet(const float* from, float* part) const noexcept;

  std::size_t walker() const noexcept { return walker_; }
  std::size_t other() const noexcept { return 1 - walker_; }
  std::size_t stride(std::size_t p) const noexcept {
    return boards_.player(static_cast<int>(p)).stride;
  }
  std::size_t wide() const noexcept { return std::max(stride(0), stride(1)); }
  float* regrets_of(const StreetNode& node) noexcept {
    return regrets_[node.player].data() + node.row * stride(node.player);
  }
  float* reach_of(const StreetNode& node) noexcept {
    return reach_.data() + node.reach[walker_] * stride(other());
  }
  float* value_of(std::uint32_t node) noexcept { return values_.data() + node * stride(walker_); }

  /// The average strategy at the root.
  SubgameDecision decision(const Streets& streets, const Subgame& subgame) const;

 private:
  const Street& street_;
  const Boards& boards_;
  const Kernels& kernels_ = kernels();
  std::array<FloatBlock, 2> initial_, regrets_, sums_;
  FloatBlock reach_, values_, turned_in_, turned_out_, spare_;
  std::size_t walker_ = 0;
  Purpose purpose_ = Purpose::learn;
  Update update_;
};

}  // namespace weir::mccfr::subgame
