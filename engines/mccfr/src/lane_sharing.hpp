// lane_sharing.hpp: what lanes that walk side by side share: which of two players is whose, and what is drawn once;
// private.
//
// DrawnOnce: missing, then in somebody's hands, then there for all. Who finds it in another's hands does not wait.
//
// Roles:    any thread; reset() and what begins a phase while no lane runs.
// Progress: wait-free.
#pragma once

#include <cstdint>
#include <weir/atomic.hpp>

namespace weir::mccfr {

/// Of two players, 0 and 1, each the first to ask for it has alone: `wanted`, or the other if that is taken. `taken` is
/// 0 when a phase begins; two ask.
inline std::uint32_t claimed_player(atomic<std::uint32_t>& taken, std::uint32_t wanted) noexcept {
  // relaxed: who has him, no more; what he lets write is published by the ends of the phase's blocks
  const bool late = (taken.fetch_or(1U << wanted, relaxed) >> wanted & 1) != 0;
  return late ? 1 - wanted : wanted;
}

class DrawnOnce {
 public:
  void reset() noexcept { at_.store(missing, relaxed); }  // relaxed: the phase's blocks publish it
  /// What was drawn can be read.
  bool there() const noexcept { return at_.load(acquire) == drawn; }  // (2) acquire pairs with (1)
  /// `make`() draws it, if nobody has begun to; false: somebody has.
  template <class Make>
  bool draw(const Make& make) noexcept {
    std::uint8_t free = missing;
    // relaxed: who is the first to draw
    if (!at_.compare_exchange_strong(free, drawing, relaxed, relaxed)) return false;
    make();
    at_.store(drawn, release);  // (1) release pairs with (2): what was drawn
    return true;
  }

 private:
  enum : std::uint8_t { missing, drawing, drawn };
  atomic<std::uint8_t> at_{missing};
};

}  // namespace weir::mccfr
