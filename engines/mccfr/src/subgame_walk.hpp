// subgame_walk.hpp: one walk over the public tree of a subgame for one player; private.
//
// Street by street: reach goes down the betting, ends are valued eight at a time, boards of the next
// street are walked with what reaches them, values come up. The boards of a street are cut into pieces,
// as many for any number of workers; each piece adds up its boards in order, and the pieces are added up
// in order.
//
// Roles: one Walker for one walk at a time; its pieces run on any workers.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>
#include <weir/limits.hpp>

#include "subgame_tables.hpp"

namespace weir::mccfr::subgame {

enum class Purpose : std::uint8_t {
  learn,    // current strategies; regrets of who walks and sums of the other change
  value,    // average strategies
  respond,  // a best response to the other's average strategy
};

/// What an iteration does to what was learnt before.
struct Update {
  float positive = 1, negative = 1, least = 0;  // regrets: factors, and the least that is kept
  float keep = 1;                               // factor of the sums
};

class Walker {
 public:
  Walker(const Streets& streets, const Boards& boards, Tables& tables, const Kernels& kernels);

  /// The values of player `walker`'s hands against the other's range, by pair of hands; until the next walk.
  const float* walk(int walker, Purpose purpose, const Update& update);

  /// Of a player's hands at the root.
  const float* reach(int player) const noexcept {
    return initial_[static_cast<std::size_t>(player)].data();
  }
  void set_reach(int player, std::span<const float> reach) {
    std::copy(reach.begin(), reach.end(), initial_[static_cast<std::size_t>(player)].data());
  }

  /// Of the scratch of so many workers.
  static std::uint64_t bytes(const Streets& streets, const Boards& boards, int workers) noexcept;

 private:
  /// Rows that one thread walks a board's batch with.
  struct Scratch {
    FloatBlock reach, values, turned_in, turned_out, spare;
    float* nobody = nullptr;   // a row of zeros: reach of ends that are not there
    float* nowhere = nullptr;  // takes their values
  };
  /// Of a board before the last street: it waits for the boards below.
  struct Waiting {
    Scratch scratch;
    FloatBlock sums;  // [piece][root of the next street][stride]
    std::vector<const float*> reach;
  };
  /// Where reach comes from: a row for each root, as it was before the card.
  struct Arrival {
    const float* const* reach;
    const Deal* deal;  // null: nothing was dealt
  };
  struct Visit {
    std::size_t street;
    std::uint32_t board;
    const Batch& batch;
    Scratch& scratch;
  };

  std::size_t other() const noexcept { return 1 - walker_; }
  std::size_t stride(std::size_t p) const noexcept { return strides_[p]; }
  Scratch make_scratch(std::size_t street) const;
  Scratch& own_scratch();
  static std::size_t pieces(std::size_t street, std::size_t deals) noexcept;

  void walk_board(std::size_t street, std::uint32_t board, const Arrival& arrival,
                  std::size_t waiting, float* sums);
  void walk_batch(const Visit& visit, const Arrival& arrival, float* sums);
  void enter(const Visit& visit, const Arrival& arrival);
  void go_down(const Visit& visit);
  void value_folds(const Visit& visit);
  void value_showdowns(const Visit& visit);
  void deal(const Visit& visit, Waiting& waiting, std::size_t first_waiting);
  void go_up(const Visit& visit);
  void leave(const Visit& visit, const Arrival& arrival, float* sums);
  Choice choice(const Visit& visit, std::uint32_t node);
  EndHands end_hands(Scratch& scratch) const noexcept;
  float* value_row(const Visit& visit, std::uint32_t node) const noexcept {
    return visit.scratch.values.data() + (node - visit.batch.first_node) * stride(walker_);
  }
  float* reach_row(const Visit& visit, const StreetNode& node) const noexcept {
    return visit.scratch.reach.data() + node.reach[walker_] * stride(other());
  }

  const Streets& streets_;
  const Boards& boards_;
  Tables& tables_;
  const Kernels& kernels_;
  std::array<std::size_t, 2> strides_;
  std::array<FloatBlock, 2> initial_;  // reach at the root, by pair
  FloatBlock root_values_;
  std::array<std::vector<Waiting>, streets_max> waiting_;
  std::array<std::unique_ptr<Scratch>, limits::contexts_max + 1> by_worker_;
  std::size_t walker_ = 0;
  Purpose purpose_ = Purpose::learn;
  Update update_;
};

}  // namespace weir::mccfr::subgame
