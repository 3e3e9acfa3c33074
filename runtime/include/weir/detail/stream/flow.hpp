// detail/stream/flow.hpp: sequence numbers and windows of streams (P2).
//
// A stream is what descends 1:1 from one origin. Gate hands out its sequence numbers; StreamEnd
// notes where they retire. When the stream has stores, at most `window` numbers are live: number s
// is handed out only while s < done + window, done = the least number not retired at every end. The
// gate's reservation is P1's counter without the ring: units held
// + drawn = reserved <= done + window, so a draw that holds a unit never leaves the window.
//
// A bit is flipped when its number retires, never set and cleared: number s is retired when bit s
// mod K equals the parity of its lap ((s div K) even: 1). Set-and-clear fails in either order
// already for K = 1 and two threads.
#pragma once

#include <cstdint>
#include <weir/atomic.hpp>
#include <weir/detail/core.hpp>

namespace weir::detail {

class NodeBase;
class GraphCore;
class RequestsBase;
class StreamEnd;

/// Hands out sequence numbers. Roles: reserve and draw from any thread (producers of an ingress);
/// close once or more.
class Gate {
 public:
  static constexpr std::uint64_t closed_bit = std::uint64_t{1} << 63;
  static constexpr std::uint64_t refused = ~std::uint64_t{0};

  /// Reserves up to `max` numbers below `limit`; returns how many.
  std::uint32_t reserve_up_to(std::uint32_t max, std::uint64_t limit) noexcept {
    std::uint64_t r =
        reserved_.load(seq_cst);  // (1) seq_cst pairs with (3): a re-check comes after the flag
    while (r < limit) {
      const std::uint64_t n = limit - r < max ? limit - r : max;
      // (2) acq_rel pairs with (4): the chain through which a drawer sees what retired (P1)
      if (reserved_.compare_exchange_weak(r, r + n, acq_rel, acquire)) {
        return static_cast<std::uint32_t>(n);
      }
    }
    return 0;
  }
  /// Gives unused numbers back; the caller looks at the waiting flag afterwards.
  void give_back(std::uint32_t n) noexcept {
    reserved_.fetch_sub(n, seq_cst);  // (3) seq_cst pairs with (1): before the look at the flag
  }
  /// Draws `n` consecutive numbers; the first, or `refused` when the gate is closed.
  std::uint64_t draw(std::uint32_t n) noexcept {
    const std::uint64_t s =
        drawn_.fetch_add(n, acq_rel);  // (4) acq_rel pairs with (2): the chain of P1's proof
    return (s & closed_bit) != 0 ? refused : s;
  }
  /// Closes; later draws are refused. Returns how many numbers there are to the first caller, and
  /// `refused` to all others.
  std::uint64_t close() noexcept {
    std::uint64_t s = drawn_.load(acquire);  // (5) acquire pairs with (4): what was drawn
    while ((s & closed_bit) == 0) {
      // (6) acq_rel pairs with (4), (9): the closer sees what was drawn
      if (drawn_.compare_exchange_weak(s, s | closed_bit, acq_rel, acquire)) return s;
    }
    return refused;
  }
  /// How many numbers were drawn. The next one, where the caller alone draws.
  std::uint64_t drawn() const noexcept {
    return drawn_.load(relaxed) & ~closed_bit;  // relaxed: a number, and no more
  }
  bool closed() const noexcept {
    // (9) acquire pairs with (6): only the bit is used
    return (drawn_.load(acquire) & closed_bit) != 0;
  }

 private:
  alignas(contended_bytes) atomic<std::uint64_t> reserved_{0};
  alignas(contended_bytes) atomic<std::uint64_t> drawn_{0};
};

/// A stream: its origin, window and ends. Built by GraphCore; the tables do not change after
/// build().
struct Stream {
  NodeBase* origin = nullptr;
  RequestsBase* requests = nullptr;  // the reply slots, when the origin is a requests node
  std::uint32_t window_asked = 0;    // of the node's configuration; 0: the graph's
  std::uint32_t window = 0;          // 0: no stores, no window
  bool stores = false;
  StreamEnd** ends = nullptr;
  std::uint32_t end_count = 0;

  Gate gate;
  alignas(contended_bytes) atomic<std::uint64_t> limit_cached{0};
  atomic<std::uint32_t> waiting{0};            // the origin waits for the window
  atomic<std::uint64_t> total{Gate::refused};  // how many numbers there are, once known

  /// First number that may not be handed out yet. Fresh when the cached limit is used up.
  std::uint64_t limit(bool fresh) noexcept;
  /// Reserves up to `max` numbers; 0: none, and the waiting flag is set and was followed by another
  /// look.
  std::uint32_t reserve(std::uint32_t max) noexcept {
    const std::uint32_t n = try_reserve(max);
    if (n != 0) return n;
    set_waiting();
    return gate.reserve_up_to(max, limit(true));
  }
  /// Same, without the flag (a producer that is simply refused).
  std::uint32_t try_reserve(std::uint32_t max) noexcept {
    const std::uint32_t n = gate.reserve_up_to(max, limit(false));
    // A part counts as a refusal where a whole burst is wanted: look at the ends before it is
    // given.
    return n == max ? n : n + gate.reserve_up_to(max - n, limit(true));
  }
  /// Reserves `n` numbers or none. A refused caller that will wait sets the flag and asks again.
  bool try_reserve_all(std::uint32_t n) noexcept {
    const std::uint32_t got = try_reserve(n);
    if (got == n) return true;
    // Nobody to notify: only the origin's one evaluator waits, and it is the caller.
    if (got != 0) gate.give_back(got);
    return false;
  }
  /// The origin waits. The window must then be asked once more.
  void set_waiting() noexcept {
    waiting.store(1, seq_cst);  // (17) seq_cst pairs with (18): before the second look
  }
  /// After numbers retired or were given back: true when the origin waits; it is then the caller's
  /// to notify it.
  bool take_waiting() noexcept {
    // (18) seq_cst pairs with (17): after the advance of `done` or the give-back
    return waiting.load(seq_cst) != 0 && waiting.exchange(0, seq_cst) != 0;
  }
  /// After numbers retired or were given back: wakes the origin when it waits.
  void room_made(Context* context) noexcept;
  /// What close() of the gate answered; true for the first closer, who then asks each end whether
  /// it is finished.
  bool set_total(std::uint64_t n) noexcept {
    if (n == Gate::refused) return false;
    total.store(n, seq_cst);  // (19) seq_cst pairs with (11): before the looks at `done`
    return true;
  }
  /// The gate was closed at `n` numbers (what close() answered): ends that have retired them all are
  /// finished.
  void publish_total(std::uint64_t n, Context* context) noexcept;
};

/// One end of a stream: where its tokens are consumed. Roles: retire from any worker.
class StreamEnd {
 public:
  Stream* stream = nullptr;
  NodeBase* node = nullptr;
  atomic<std::uint64_t>* words = nullptr;  // window bits, when the stream has a window

  /// One number of a stream with a window: flips its bit, and moves `done` as far as bits say.
  void retire(std::uint64_t sequence) noexcept {
    const std::uint64_t window = stream->window;
    const std::uint64_t at = sequence % window;
    // (20) seq_cst pairs with (21): of two that retire at once, the second sees the first's flip,
    // whichever word it is in
    words[at / 64].fetch_xor(std::uint64_t{1} << (at % 64), seq_cst);
    std::uint64_t d = done_.load(seq_cst);  // (28) seq_cst pairs with (22): as far as others came
    for (;;) {
      const std::uint64_t bit = d % window;
      const bool set = ((words[bit / 64].load(seq_cst) >> (bit % 64)) & 1) !=
                       0;  // (21) seq_cst pairs with (20): flips
      const bool lap_even = (d / window) % 2 == 0;
      if (set != lap_even) return;
      if (done_.compare_exchange_weak(d, d + 1, seq_cst))
        ++d;  // (22) seq_cst pairs with (12): what retired
    }
  }
  /// `n` numbers of a stream without a window.
  void retire_count(std::uint64_t n) noexcept {
    // (10) seq_cst pairs with (11): before the look at `total`: one of the two sees the other
    done_.fetch_add(n, seq_cst);
  }
  /// To be called after retire: wakes the origin, finishes the end when everything has come.
  void after_retire(Context* context) noexcept;
  void check_finished(Context* context) noexcept;
  /// True once: all numbers are known and have retired here.
  bool take_finished() noexcept {
    const std::uint64_t n = stream->total.load(seq_cst);  // (11) seq_cst pairs with (19), (10)
    // (29) seq_cst pairs with (22), (10): what retired
    if (n == Gate::refused || done_.load(seq_cst) != n) return false;
    return finished_.exchange(1, acq_rel) == 0;  // (23) acq_rel pairs with (13): once
  }
  std::uint64_t done() const noexcept {
    // (12) seq_cst pairs with (22): what retired below it
    return done_.load(seq_cst);
  }
  bool finished() const noexcept {
    // (13) acquire pairs with (23): everything that came
    return finished_.load(acquire) != 0;
  }

 private:
  alignas(contended_bytes) atomic<std::uint64_t> done_{0};
  atomic<std::uint32_t> finished_{0};
};

inline std::uint64_t Stream::limit(bool fresh) noexcept {
  // (30) acquire pairs with (31): who asked the ends saw what retired; of several drawers another
  // may use its answer. An older limit is smaller, never wrong
  if (!fresh) return limit_cached.load(acquire);
  std::uint64_t least = ~std::uint64_t{0};
  for (std::uint32_t i = 0; i < end_count; ++i) {
    const std::uint64_t d = ends[i]->done();
    least = d < least ? d : least;
  }
  limit_cached.store(least + window, release);  // (31) release pairs with (30): what retired
  return least + window;
}

}  // namespace weir::detail
