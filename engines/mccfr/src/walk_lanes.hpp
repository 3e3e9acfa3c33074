// walk_lanes.hpp: WalkLanes, how threads share the iterations of a phase; private.
//
// A walk for a player changes his own regrets and reads the other's. So lanes, each one thread's for the length of a
// phase, keep to the walks for one player, as long as there are any:
//
//   lane 0, 2, ..   walks for player 0 of step 0, 1, 2, ..    then what is left for player 1
//   lane 1, 3, ..   walks for player 1 of step 0, 1, 2, ..    then what is left for player 0
//
// and lines of the table stay with the core that writes to them. With two lanes each has its player alone to the end
// of the phase, and nobody else writes where it does. The deals of a step are drawn once, by whoever comes first, some
// steps ahead; a lane never waits: what is late it draws for itself, the same. At worst one lane walks a whole phase
// before the other begins, so phases are short for what few rows learn. In tables of very few rows, and with one lane,
// a lane takes both players' walks of a step.
//
// Roles:  begin() while no lane runs; the rest is each lane's thread's.
// Memory: platform allocation, announced() bytes; none where lanes take both players.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>
#include <weir/atomic.hpp>
#include <weir/mccfr/deal.hpp>
#include <weir/memory.hpp>

#include "lane_sharing.hpp"

namespace weir::mccfr {

class WalkLanes {
 public:
  static constexpr std::uint64_t step_iterations = 64, steps_max = 256;

  static std::size_t announced(std::size_t lanes, std::uint64_t rows) noexcept {
    return keeps_apart(lanes, rows)
               ? steps_max * (step_iterations * sizeof(Deal) + sizeof(DrawnOnce))
               : 0;
  }
  /// For a table of so many rows. Throws std::bad_alloc.
  WalkLanes(std::size_t lanes, std::uint64_t rows)
      : lanes_(std::max<std::size_t>(lanes, 1)), apart_(keeps_apart(lanes, rows)) {
    iterations_max_ = steps_max * step_iterations;
    if (!apart_) return;
    iterations_max_ = std::clamp<std::uint64_t>(rows / 4, 16 * step_iterations, iterations_max_);
    deals_.resize(steps_max * step_iterations);
    drawn_ = std::vector<DrawnOnce, PlatformAllocator<DrawnOnce>>(steps_max);
  }

  std::size_t lanes() const noexcept { return lanes_; }
  /// No two lanes write to the same entry.
  bool one_writer() const noexcept { return lanes_ == 1 || (lanes_ == 2 && apart_); }
  std::uint64_t iterations_max() const noexcept { return iterations_max_; }  // of a phase

  static std::uint64_t steps_of(std::uint64_t iterations) noexcept {
    return (iterations + step_iterations - 1) / step_iterations;
  }
  /// A phase: iterations from `first` to a later `end`, in batches of so many, which no step goes beyond. At most
  /// steps_max steps.
  void begin(std::uint64_t first, std::uint64_t end, std::uint64_t batch) noexcept {
    first_ = first;
    end_ = end;
    batch_ = batch;
    steps_of_batch_ = static_cast<std::uint32_t>(steps_of(batch));
    const std::uint64_t whole = (end - first) / batch;
    steps_ =
        static_cast<std::uint32_t>(whole * steps_of_batch_ + steps_of(end - first - whole * batch));
    // relaxed, all of it: the phase's blocks publish it
    taken_.store(0, relaxed);
    for (Next& next : next_) next.step.store(0, relaxed);
    for (DrawnOnce& drawn : drawn_) drawn.reset();
  }
  /// A phase of one batch, of at most iterations_max().
  void begin(std::uint64_t first, std::uint64_t end) noexcept { begin(first, end, end - first); }
  std::uint64_t end() const noexcept { return end_; }

  /// A step for a player: iterations from first to end.
  struct Turn {
    std::uint32_t player = 0, step = 0;
    std::uint64_t first = 0, end = 0;
    bool last = false;  // of its batch
  };

  /// What one lane does in a phase.
  class Lane {
   public:
    /// Prefers the player it had the last time, which `thread` tells.
    Lane(WalkLanes& lanes, std::size_t thread) noexcept
        : lanes_(lanes), player_(static_cast<std::uint32_t>(thread % 2)) {
      // Two lanes have a player each, whichever threads they are of.
      if (lanes.two_apart()) player_ = claimed_player(lanes.taken_, player_);
    }

    /// Whose walks it prefers, or with two lanes has alone.
    std::uint32_t player() const noexcept { return player_; }
    /// False: nothing is left.
    bool next(Turn& turn) noexcept {
      if (!lanes_.apart_) return next_of_both(turn);
      for (int players = 0; players < 2; ++players) {
        // relaxed: a step is nobody else's by the count alone
        const std::uint32_t step = lanes_.next_[player_].step.fetch_add(1, relaxed);
        if (step < lanes_.steps_) {
          turn = lanes_.turn(player_, step);
          return true;
        }
        if (lanes_.two_apart()) return false;
        player_ = 1 - player_;
      }
      return false;
    }

    /// The deals of a turn; `draw`(first, end, to) draws them.
    template <class Draw>
    const Deal* deals(const Turn& turn, const Draw& draw) noexcept {
      if (!lanes_.apart_) {
        if (turn.player == 0) draw(turn.first, turn.end, spare_.data());
        return spare_.data();
      }
      lanes_.draw_one(turn.step + ahead, draw);
      for (std::uint32_t step = turn.step; step < turn.step + ahead && !lanes_.drawn(turn.step);)
        if (!lanes_.draw_one(step, draw)) ++step;
      if (lanes_.drawn(turn.step)) return lanes_.deals_of(turn.step);
      draw(turn.first, turn.end, spare_.data());
      return spare_.data();
    }

   private:
    static constexpr std::uint32_t ahead = 4;  // steps

    bool next_of_both(Turn& turn) noexcept {
      second_ = !second_;
      if (!second_) {
        turn.player = 1;
        return true;
      }
      const std::uint32_t step = lanes_.next_[0].step.fetch_add(1, relaxed);  // relaxed: as in next
      if (step >= lanes_.steps_) return false;
      turn = lanes_.turn(0, step);
      return true;
    }

    WalkLanes& lanes_;
    std::uint32_t player_;
    bool second_ = false;  // player of the step is next
    std::array<Deal, step_iterations> spare_;
  };

 private:
  struct Next {
    alignas(contended_bytes) atomic<std::uint32_t> step{0};
  };

  static bool keeps_apart(std::size_t lanes, std::uint64_t rows) noexcept {
    constexpr std::uint64_t rows_least = 4'096;
    return lanes >= 2 && rows >= rows_least;
  }
  bool two_apart() const noexcept { return apart_ && lanes_ == 2; }
  Turn turn(std::uint32_t player, std::uint32_t step) const noexcept {
    const std::uint64_t batch = first_ + step / steps_of_batch_ * batch_;
    const std::uint64_t first = batch + step % steps_of_batch_ * step_iterations;
    const std::uint64_t end = std::min(batch + batch_, end_);
    const std::uint64_t last = std::min(first + step_iterations, end);
    return {player, step, first, last, last == end};
  }
  Deal* deals_of(std::uint32_t step) noexcept { return deals_.data() + step * step_iterations; }
  bool drawn(std::uint32_t step) const noexcept { return drawn_[step].there(); }
  /// False: there is no such step, or somebody else draws it or has.
  template <class Draw>
  bool draw_one(std::uint32_t step, const Draw& draw) noexcept {
    if (step >= steps_) return false;
    return drawn_[step].draw([&] {
      const Turn of = turn(0, step);
      draw(of.first, of.end, deals_of(step));
    });
  }

  const std::size_t lanes_;
  const bool apart_;  // a lane keeps to one player
  std::uint64_t iterations_max_ = 0;
  std::uint64_t first_ = 0, end_ = 0, batch_ = 1;
  std::uint32_t steps_ = 0, steps_of_batch_ = 1;
  std::vector<Deal, PlatformAllocator<Deal>> deals_;            // [step][iteration]
  std::vector<DrawnOnce, PlatformAllocator<DrawnOnce>> drawn_;  // [step]
  alignas(contended_bytes) atomic<std::uint32_t> taken_{0};     // players that have a lane, of two
  std::array<Next, 2> next_;                                    // [player]
};

}  // namespace weir::mccfr
