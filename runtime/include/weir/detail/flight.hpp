// detail/flight.hpp: the flight recorder's ring of one context: what it did last, readable while it
// goes on.
//
// Shape    `slots` events of 16 bytes, a power of two; the newest slots - 1 can be read.
// Roles    one writer at a time; any number of readers, also in a signal handler of the writer.
// Progress wait-free, both sides; the writer makes plain stores only.
//
// A reader leaves out what was overwritten while it read. The writer fills the cell of event j and
// then counts j. A reader that finds a word of event j in a cell, by an acquire load, therefore sees
// a count of at least j afterwards; and j lies there in the place of j - slots. So an event i whose
// words were read before the count was below i + slots is whole, and every other is dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <weir/atomic.hpp>
#include <weir/clock.hpp>

namespace weir::detail {

/// One event as it lies in memory.
struct FlightCell {
  atomic<std::uint64_t> when{0}, what{0};
};

/// One event as it was read.
struct FlightWords {
  std::uint64_t when, what;
};

/// The ring without its clock.
class FlightRing {
 public:
  /// `cells` are `slots`, a power of two and at least 2. Those that are not `built` yet are built
  /// when they are first written, so that a start touches none. Before the first event.
  void attach(FlightCell* cells, std::uint64_t slots, bool built) noexcept {
    cells_ = cells;
    mask_ = slots - 1;
    unbuilt_ = built ? 0 : slots;
  }
  bool on() const noexcept { return cells_ != nullptr; }

  void add(std::uint64_t when, std::uint64_t what) noexcept {
    const std::uint64_t n = count_.load(relaxed);  // relaxed: the writer's own
    FlightCell* const cell = cells_ + (n & mask_);
    if (n < unbuilt_) ::new (static_cast<void*>(cell)) FlightCell;
    // (1) release pairs with (4): who sees this word sees that the events before it were counted
    cell->when.store(when, release);
    cell->what.store(what, release);  // (2) release pairs with (5): as (1)
    count_.store(n + 1, release);     // (3) release pairs with (6): both words
  }

  /// Copies the newest events, at most `most`, oldest first, into `out`; returns how many there are.
  std::size_t read(FlightWords* out, std::size_t most) const noexcept {
    const std::uint64_t last = count_.load(acquire);  // (6) acquire pairs with (3): the words
    std::uint64_t first = last > mask_ ? last - mask_ : 0;
    if (last - first > most) first = last - most;
    for (std::uint64_t i = first; i < last; ++i) {
      const FlightCell& cell = cells_[i & mask_];
      // (4) acquire pairs with (1): the count of whoever has overwritten it
      out[i - first].when = cell.when.load(acquire);
      out[i - first].what = cell.what.load(acquire);  // (5) acquire pairs with (2): as (4)
    }
    const std::uint64_t now = count_.load(relaxed);  // relaxed: what (4) and (5) have seen
    std::uint64_t whole = first;
    while (whole < last && whole + mask_ < now) ++whole;
    for (std::uint64_t i = whole; i < last && whole != first; ++i) out[i - whole] = out[i - first];
    return static_cast<std::size_t>(last - whole);
  }

 private:
  FlightCell* cells_ = nullptr;
  std::uint64_t mask_ = 0;
  std::uint64_t unbuilt_ = 0;
  atomic<std::uint64_t> count_{0};
};

/// What an event tells. Slices have a beginning and an end, marks have a number in its place.
enum class Note : std::uint8_t {
  firing,           // slice: node `id` fired with `arg` tokens
  task,             // slice: task `id` of a TaskGraph
  walk,             // slice: `arg` tasks of TaskGraph `id`, one after the other
  parked,           // slice: arg 1 woken, 0 timed out
  last_slice = parked,
  worker_started,   // mark
  worker_stopped,   // mark
  stolen,           // mark: from context `arg`
  blocked,          // mark: node `id` waits for room before node `number`; 0: for its window
  spilled,          // mark: the deque was full, and the overflow list took what did not fit
  guest_entered,    // mark
  guest_left,       // mark
  epoch_requested,  // mark: epoch `number`, modulo 2^32
  grace_began,      // mark: grace period `number`
  epoch_completed,  // mark: epoch `number`
  run_started,      // mark: graph `id`
  run_ended,        // mark: graph `id`
  cancelled,        // mark: graph `id`
  closed,           // mark: ingress, for good
  stalled,          // mark
};

/// One event, unpacked. Times in the recorder's unit since the runtime's start.
struct FlightEvent {
  std::uint64_t begin = 0, end = 0;  // a mark's are the same
  std::uint32_t number = 0;
  std::uint16_t id = 0, arg = 0;
  Note note = Note::firing;
  bool open = false;  // goes on

  bool slice() const noexcept { return note <= Note::last_slice; }
};

/// A context's ring with its clock: ticks since the start, or the deterministic mode's steps.
class Flight {
 public:
  void attach(FlightCell* cells, std::uint64_t slots, std::uint64_t base,
              const atomic<std::uint64_t>* steps) noexcept {
    ring_.attach(cells, slots, false);
    base_ = base;
    steps_ = steps;
  }
  bool on() const noexcept { return ring_.on(); }

  /// What `id` does begins now; the returned ticks() are the `begin` of its slice.
  std::uint64_t begin(std::uint16_t id) noexcept {
    const std::uint64_t now = ticks();
    if (on()) {
      // relaxed: one word says all
      open_.store(std::uint64_t{id} << time_bits | (stamp(now) & time_mask), relaxed);
    }
    return now;
  }
  /// It has ended; both times are ticks().
  void slice(Note note, std::uint16_t id, std::uint32_t arg, std::uint64_t begin,
             std::uint64_t end) noexcept {
    if (!on()) return;
    const std::uint64_t length = steps_ == nullptr ? end - begin : 1;
    const std::uint64_t at = steps_ == nullptr ? end - base_ : stamp(end) + 1;
    ring_.add(at << 8 | static_cast<std::uint64_t>(note), packed(id, arg, squeezed(length)));
    open_.store(0, relaxed);  // relaxed: a picture's hint
  }
  void mark(Note note, std::uint16_t id = 0, std::uint32_t arg = 0,
            std::uint32_t number = 0) noexcept {
    if (on()) mark_at(ticks(), note, id, arg, number);
  }
  void mark_at(std::uint64_t tick, Note note, std::uint16_t id, std::uint32_t arg,
               std::uint32_t number) noexcept {
    if (!on()) return;
    ring_.add(stamp(tick) << 8 | static_cast<std::uint64_t>(note), packed(id, arg, number));
  }

  /// The newest events, oldest first, by the order of their ends; and last what goes on now.
  /// `words` and `out` have room for `most`, at least 2.
  std::size_t read(FlightWords* words, FlightEvent* out, std::size_t most) const noexcept;
  /// Now, in the unit of the events.
  std::uint64_t now() const noexcept { return steps_ == nullptr ? ticks() - base_ : stamp(0); }

 private:
  static constexpr int time_bits = 48;
  static constexpr std::uint64_t time_mask = (std::uint64_t{1} << time_bits) - 1;
  // A duration has 31 bits of ticks or, above them, of 65,536 ticks: half a second, or ten hours.
  static constexpr std::uint32_t coarse = 0x80000000;
  static constexpr int coarse_shift = 16;

  std::uint64_t stamp(std::uint64_t tick) const noexcept {
    return steps_ == nullptr ? tick - base_ : steps_->load(relaxed);  // relaxed: the driver's own
  }
  static std::uint32_t squeezed(std::uint64_t length) noexcept {
    if (length < coarse) return static_cast<std::uint32_t>(length);
    const std::uint64_t units = length >> coarse_shift;
    return coarse | static_cast<std::uint32_t>(units < coarse ? units : coarse - 1);
  }
  static std::uint64_t packed(std::uint16_t id, std::uint32_t arg, std::uint32_t number) noexcept {
    return std::uint64_t{arg < 0xffff ? arg : 0xffff} << 48 | std::uint64_t{id} << 32 | number;
  }

  FlightRing ring_;
  std::uint64_t base_ = 0;
  const atomic<std::uint64_t>* steps_ = nullptr;
  atomic<std::uint64_t> open_{0};  // what goes on: its id, and when it began
};

/// Which walks over a TaskGraph one worker records: readings of the clock must stay rare beside tasks
/// of nanoseconds. Once tasks last for microseconds each of them is recorded, else one walk in 16.
class WalkClock {
 public:
  void attach(const Flight& flight, bool stepped) noexcept {
    on_ = flight.on() && !stepped;
    each_ = flight.on() && stepped;
  }
  bool each_task() const noexcept { return each_; }
  /// The walk that begins is to be measured.
  bool due() noexcept {
    if (!on_) return false;
    if (each_ || left_ == 0) return true;
    --left_;
    return false;
  }
  /// It has ended, after `tasks` tasks; `begin` is what flight.begin() said.
  void measured(Flight& flight, std::uint16_t id, std::uint32_t tasks,
                std::uint64_t begin) noexcept {
    const std::uint64_t end = ticks();
    const std::uint64_t each = (end - begin) / (tasks == 0 ? 1 : tasks);
    if (!each_) {
      flight.slice(Note::walk, id, tasks, begin, end);
      left_ = interval - 1;
    }
    each_ = each >= (each_ ? long_ticks / 2 : long_ticks);
  }

 private:
  static constexpr std::uint32_t interval = 16;
  static constexpr std::uint64_t long_ticks = 4000;  // 1 to 2 us at the usual rates

  bool on_ = false, each_ = false;
  std::uint32_t left_ = 0;  // walks to pass over
};

/// The id of a park that goes on.
inline constexpr std::uint16_t parked_id = 0xffff;

}  // namespace weir::detail
