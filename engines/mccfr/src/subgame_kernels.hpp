// subgame_kernels.hpp: the arithmetic of a subgame, eight floats at a time; private.
//
// Rows are floats of all hands of one player, padded to whole vectors. Decisions work along a row. Ends work across
// eight rows at once, turned so that the eight floats of one hand lie side by side: the order of hands by strength and
// the cards they share are the same for all ends of a board.
//
// Roles: any thread; what a job points to is its caller's. Nothing is allocated.
// Order: each float is the same chain of operations with and without AVX2, so results are equal bit by bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <weir/mccfr/betting_tree.hpp>
#include <weir/mccfr/cards.hpp>

namespace weir::mccfr::subgame {

inline constexpr std::size_t lanes = 8;
constexpr std::size_t padded(std::size_t count) noexcept {
  return (count + lanes - 1) / lanes * lanes;
}

/// A given strategy for some hands of a node: free is 1 where a hand chooses itself, else 0; fixed is 0
/// where free is 1.
struct LockRows {
  const float* free = nullptr;
  const float* fixed = nullptr;  // [action][stride]
};

/// The strategy of a node is its weights above 0, each over their sum; even where none is.
struct Choice {
  const float* weights = nullptr;  // [action][stride]
  std::size_t actions = 0;
  std::size_t stride = 0;
  LockRows lock;
};

/// children[a] = reach * strategy[a]; sums[a] = sums[a] * keep + children[a], unless it is null.
struct Spread {
  Choice choice;
  const float* reach = nullptr;
  float* children = nullptr;
  float* sums = nullptr;
  float keep = 1;
};

/// value = the sum over actions of strategy times value. With regrets (= the weights): they are discounted, then what
/// each action gains over the value is added.
struct Gather {
  Choice choice;
  const float* values = nullptr;  // [action][stride]
  float* value = nullptr;
  float* regrets = nullptr;
  float positive = 1, negative = 1, least = 0;
};

/// value = the best of the actions' values.
struct Respond {
  Choice choice;  // its weights play no part
  const float* values = nullptr;
  float* value = nullptr;
};

struct SortedHand {
  std::uint16_t hand;
  std::uint8_t low, high;
};

/// Hands of one strength: those up to these places, exclusive.
struct RankGroup {
  std::uint16_t own, other;
};

/// Both players' hands by strength on a full board; those it blocks are in neither order.
struct BoardOrder {
  std::span<const SortedHand> own, other;
  std::span<const RankGroup> groups;
  std::span<const std::uint16_t> blocked;  // own
};

/// What all ends of one player have in common.
struct EndHands {
  std::size_t own_stride = 0, other_stride = 0;
  const SortedHand* own = nullptr;    // [own_stride]; padding has any cards
  const SortedHand* other = nullptr;  // [other_count]
  std::size_t other_count = 0;
  const std::uint16_t* same =
      nullptr;                 // [own_stride]: the same hand of the other player, else other_stride
  float* turned_in = nullptr;  // [other_stride + 1][lanes], scratch
  float* turned_out = nullptr;  // [own_stride][lanes], scratch
};

/// Eight showdowns: value = below * weaker + up_to * (weaker and equal) + all * everybody + tie * the same hand.
struct Showdowns {
  const float* reach[lanes];
  float* value[lanes];
  float below[lanes], up_to[lanes], all[lanes], tie[lanes];
};

/// Eight folds: value = gain * everybody.
struct Folds {
  const float* reach[lanes];
  float* value[lanes];
  float gain[lanes];
};

// Boards that are played on from a street's end (continuations.hpp). Hands are play_lanes classes there; a row has a
// float for each, a node one row for each way to play on.

inline constexpr std::size_t ways = 4;  // the strategy, and its folds, calls or raises more likely
inline constexpr float way_factor = 5;  // so much more
inline constexpr std::size_t play_lanes = 64;
static_assert(play_lanes % lanes == 0);

/// A node's actions are a fold, where there is one, the call, and raises.
struct PlayChoice {
  const float* strategy = nullptr;  // [action][play_lanes], adds up to 1
  std::size_t actions = 0;
  bool folds = false;  // the first action is one
};

/// children[a][way] = reach[way] * what the way makes of strategy[a].
struct PlayDown {
  PlayChoice choice;
  const float* reach = nullptr;
  float* children = nullptr;
};

/// value[way] = the sum over actions of what the way makes of strategy, times values[a][way]; where bit a of `flat` is
/// set, times values[a][0].
struct PlayUp {
  PlayChoice choice;
  const float* values = nullptr;
  float* value = nullptr;
  std::uint32_t flat = 0;
};

/// The same, without a strategy.
struct PlaySum {
  const float* values = nullptr;
  std::size_t actions = 0;
  float* value = nullptr;
  std::uint32_t flat = 0;
};

/// value, one row, against the reach of all ways. Of a showdown: worse, equal, better; lanes 2k and 2k + 1 are equal.
struct PlayEnd {
  const float* reach = nullptr;
  float* value = nullptr;
  float values[3] = {};
};

/// Showdowns side by side, of groups by strength: [group][width]; values: [width].
struct AllIns {
  std::size_t groups = 0, width = 0;
  const float* reach = nullptr;
  float* value = nullptr;
  const float* values[3] = {};  // worse, equal, better
};

/// Adds rows of hands to those of their groups, or the other way.
struct GroupRows {
  std::size_t hands = 0, width = 0;
  const std::uint8_t* group = nullptr;
  float* of_hands = nullptr;
  float* of_groups = nullptr;
};

struct Kernels {
  void (*spread)(const Spread&) noexcept;
  void (*gather)(const Gather&) noexcept;
  void (*respond)(const Respond&) noexcept;
  /// value = the sum of `count` rows that lie one after the other.
  void (*add_rows)(const float* rows, std::size_t count, std::size_t stride, float* value) noexcept;
  void (*showdowns)(const Showdowns&, const EndHands&, const BoardOrder&) noexcept;
  void (*folds)(const Folds&, const EndHands&) noexcept;
  void (*play_down)(const PlayDown&) noexcept;
  void (*play_up)(const PlayUp&) noexcept;
  void (*play_sum)(const PlaySum&) noexcept;
  void (*play_fold)(const PlayEnd&) noexcept;
  void (*play_showdown)(const PlayEnd&) noexcept;
  void (*all_ins)(const AllIns&) noexcept;
  void (*into_groups)(const GroupRows&) noexcept;
  void (*out_of_groups)(const GroupRows&) noexcept;
};

/// `wide`: with AVX2, where the machine has it.
const Kernels& kernels(bool wide = true) noexcept;

/// While it lives, numbers too small for a float's full precision count as 0 in this thread: they would take a
/// hundred times as long.
class FlushTiny {
 public:
  FlushTiny() noexcept;
  ~FlushTiny();
  FlushTiny(const FlushTiny&) = delete;
  FlushTiny& operator=(const FlushTiny&) = delete;

 private:
  unsigned kept_ = 0;
};

}  // namespace weir::mccfr::subgame
