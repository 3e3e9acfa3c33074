// slot_word.hpp: the word that says who may touch a request's slot; private to the engine.
//
// Shape:    {generation:16, holds:4, flags:4, phase:8}. A request is settled by whoever moves the phase to `settled`,
//           from any phase but `inside`; the turn that is inside settles it itself. So it has one reply.
// Roles:    what else is in the slot belongs to the submitter until the word says `waiting`; to the turn while it says
//           `inside`; to whoever made it `settled`; to the reader of the reply once it says `done`.
// Memory:   a slot is free again when its last hold is given back: by its token (which waits, or runs in the loop), by
//           the evaluator that was asked, by the reader, by a settler from outside.
// Order:    while the slot is taken the word is changed by read-modify-writes alone, and those that hand a phase or a
//           hold over are acq_rel: whoever has won one sees everything that its former owners wrote.
// Limit:    a clock that stands between its look and its claim while one slot serves 65,536 requests takes another's.
#pragma once

#include <cstdint>
#include <optional>
#include <weir/atomic.hpp>
#include <weir/clock.hpp>

namespace weir::search {

namespace slot_word {

enum Phase : std::uint32_t {
  idle,     // free
  waiting,  // submitted, not begun
  ready,    // begun, between two turns
  inside,   // a turn is running
  settled,  // somebody writes the reply
  done,     // the reply is there
};
inline constexpr std::uint32_t phase_mask = 0xff;
inline constexpr std::uint32_t cancel_flag = 0x100, parked_flag = 0x200, answered_flag = 0x400,
                               owing_flag =
                                   0x800;  // resumed, and the kernel's next call has not ended
inline constexpr std::uint32_t token_hold = 0x1000, evaluator_hold = 0x2000, reader_hold = 0x4000,
                               settler_hold = 0x8000;
inline constexpr std::uint32_t holds_mask = 0xf000;
inline constexpr std::uint32_t generation_step = 0x10000;

inline Phase phase_of(std::uint32_t word) noexcept { return static_cast<Phase>(word & phase_mask); }
inline std::uint32_t with_phase(std::uint32_t word, Phase phase) noexcept {
  return (word & ~phase_mask) | phase;
}

inline bool is_parked(std::uint32_t word) noexcept {
  return phase_of(word) == ready && (word & parked_flag) != 0;
}

}  // namespace slot_word

struct SlotWord {
  atomic<std::uint32_t> word{slot_word::idle};
  atomic<Deadline> deadline{never};  // read by the clock beside the owner

  /// A free slot's request is written: it waits from now on, held by its token and its reader.
  void begin_waiting(Deadline when) noexcept {
    using namespace slot_word;
    deadline.store(when, relaxed);  // relaxed: published by (10)
    // relaxed: the taker of a free slot alone is at its word
    const std::uint32_t generation = word.load(relaxed) & ~(generation_step - 1);
    // (10) seq_cst pairs with (1), (3), (3b), (11): the request; the clock meets it, or is told of it
    word.store(generation | waiting | token_hold | reader_hold, seq_cst);
  }
  struct Waits {
    std::uint32_t seen;  // for take_seen
    Deadline deadline;
  };
  /// The request here that waits, for its turn or for the evaluator, if one does: perhaps it is gone by now.
  std::optional<Waits> waits() const noexcept {
    using namespace slot_word;
    // (11) seq_cst pairs with (2b), (10): its deadline, or a later request's, whose word is another
    const std::uint32_t seen = word.load(seq_cst);
    if (phase_of(seen) != waiting && !is_parked(seen)) return std::nullopt;
    return Waits{seen, deadline.load(relaxed)};  // relaxed: see (11)
  }
  /// Takes the phase over for a turn. False: it is settled.
  bool enter() noexcept {
    using namespace slot_word;
    std::uint32_t now = word.load(relaxed);  // relaxed: the exchange decides
    while (phase_of(now) == waiting || phase_of(now) == ready) {
      // (1) acq_rel pairs with (2), (2b), (5), (10): what former owners and the submitter wrote
      if (word.compare_exchange_weak(now, with_phase(now, inside), acq_rel, relaxed)) return true;
    }
    return false;
  }
  /// Ends a turn that goes on later. False: it is to be cancelled, and the caller is still inside.
  bool leave() noexcept {
    using namespace slot_word;
    std::uint32_t now = word.load(relaxed);  // relaxed: the exchange decides
    while ((now & cancel_flag) == 0) {
      // (2) acq_rel pairs with (1), (3): what the turn wrote
      if (word.compare_exchange_weak(now, with_phase(now, ready), acq_rel, relaxed)) return true;
    }
    return false;
  }
  /// The turn inside is to end as soon as it can: leave() and park() say so again.
  bool is_to_be_cancelled() const noexcept {
    return (word.load(relaxed) & slot_word::cancel_flag) != 0;  // relaxed: the flag alone matters
  }
  enum class Parked : std::uint8_t { yes, answered, cancelled };
  /// Ends a turn that waits for the evaluator, and gives the token's hold back. If it has answered, or the request is
  /// to be cancelled, the caller is still inside.
  Parked park() noexcept {
    using namespace slot_word;
    // (6) acquire pairs with (5): the answer
    std::uint32_t now = word.load(acquire);
    for (;;) {
      if ((now & cancel_flag) != 0) return Parked::cancelled;
      if ((now & answered_flag) != 0) return Parked::answered;
      const std::uint32_t then = (with_phase(now, ready) | parked_flag) & ~token_hold;
      // (2b) seq_cst pairs with (1), (3), (3b), (5), (11): what the turn wrote; the clock meets it, or is told
      if (word.compare_exchange_weak(now, then, seq_cst, acquire)) return Parked::yes;
    }
  }
  /// Takes a request that no turn is inside of, for its settling; where one is, that turn is told to cancel it.
  bool take() noexcept {
    using namespace slot_word;
    std::uint32_t now = word.load(relaxed);  // relaxed: the exchange decides
    for (;;) {
      const Phase phase = phase_of(now);
      if (phase == inside) {
        // relaxed: the flag alone matters
        if (word.compare_exchange_weak(now, now | cancel_flag, relaxed, relaxed)) return false;
        continue;
      }
      if (phase != waiting && phase != ready) return false;
      const std::uint32_t then = (with_phase(now, settled) & ~parked_flag) | settler_hold;
      // (3) acq_rel pairs with (1), (2), (2b), (5): the request and what its turns wrote
      if (word.compare_exchange_weak(now, then, acq_rel, relaxed)) return true;
    }
  }
  /// The same for the very request that `seen` was the word of, where it has done nothing since.
  bool take_seen(std::uint32_t seen) noexcept {
    using namespace slot_word;
    const std::uint32_t then = (with_phase(seen, settled) & ~parked_flag) | settler_hold;
    // (3b) acq_rel pairs with (2b), (5), (10): as (3)
    return word.compare_exchange_strong(seen, then, acq_rel, relaxed);
  }
  /// The reply is written: publishes it. The caller tells the listener, and gives its hold back, afterwards. True: the
  /// evaluator waits for this request no more (has_asked).
  bool publish() noexcept {
    using namespace slot_word;
    std::uint32_t now = word.load(relaxed);  // relaxed: the exchange decides
    // (4) acq_rel pairs with (1), (7): the reply
    while (
        !word.compare_exchange_weak(now, with_phase(now, done) & ~owing_flag, acq_rel, relaxed)) {
    }
    return (now & owing_flag) != 0;
  }
  /// A call of the kernel has ended, and what it asked is with the evaluator. True: that waited for it.
  bool has_asked() noexcept {
    using namespace slot_word;
    // relaxed: the turn inside has set it when it was resumed; the count that follows publishes
    return (word.fetch_and(~owing_flag, relaxed) & owing_flag) != 0;
  }
  enum class Answered : std::uint8_t {
    resume,   // it was parked, has a token's hold again, and goes on
    nothing,  // a turn will find the answer
    last,     // settled meanwhile, and the evaluator's was the last hold: the caller frees the slot
  };
  /// The evaluator has written `prior`: publishes it and gives the hold back, in one step, since the turn that sees the
  /// answer may ask again.
  Answered answer() noexcept {
    using namespace slot_word;
    std::uint32_t now = word.load(relaxed);  // relaxed: the exchange decides
    for (;;) {
      const bool resumes = is_parked(now);
      std::uint32_t then = (now | answered_flag) & ~evaluator_hold;
      if (resumes) then = (then & ~parked_flag) | token_hold | owing_flag;
      // (5) acq_rel pairs with (1), (2b), (6), (8), (9): the answer
      if (!word.compare_exchange_weak(now, then, acq_rel, relaxed)) continue;
      if (resumes) return Answered::resume;
      return (then & holds_mask) == 0 ? Answered::last : Answered::nothing;
    }
  }
  bool answered() const noexcept {
    // (8) acquire pairs with (5): the answer
    return (word.load(acquire) & slot_word::answered_flag) != 0;
  }
  /// The turn inside has used the answer, and may ask again.
  void clear_answer() noexcept {
    word.fetch_and(~slot_word::answered_flag,
                   relaxed);  // relaxed: the next answer publishes itself
  }
  bool is_done() const noexcept {
    // (7) acquire pairs with (4): the reply
    return slot_word::phase_of(word.load(acquire)) == slot_word::done;
  }
  void hold(std::uint32_t which) noexcept {
    word.fetch_or(which, relaxed);  // relaxed: the caller has a hold already
  }
  /// True: it was the last one, and the caller frees the slot.
  bool give_back(std::uint32_t which) noexcept {
    // (9) acq_rel pairs with (9): who frees the slot sees what the others did to it
    const std::uint32_t before = word.fetch_and(~which, acq_rel);
    return (before & slot_word::holds_mask) == which;
  }
  /// The last hold is gone: the word of a free slot, of another generation.
  void clear() noexcept {
    using namespace slot_word;
    // relaxed: the stack of free slots publishes it, here and below
    const std::uint32_t generation = word.load(relaxed) & ~(generation_step - 1);
    word.store((generation + generation_step) | idle, relaxed);  // relaxed: as above
  }
};

}  // namespace weir::search
