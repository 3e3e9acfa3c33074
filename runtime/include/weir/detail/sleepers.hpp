// detail/sleepers.hpp: who sleeps, and whom a publisher wakes (P5, P6).
//
// Shape     up to limits::workers_max workers: a bit each in the mask, a futex word each on a line of its
//           own.
// Roles     bump, notify, take, published: any thread; begin_search, found, prepare, cancel: the worker
//           itself.
// Progress  no call waits; waiting on word(w) and waking it (futex) are the caller's.
// Memory    one line a worker, taken by the constructor.
//
// A worker's way to sleep:
//     begin_search()                             when it has run out of work
//     seen = published(); scan all sources       found work: if (found()) notify one more, if more is there
//     prepare(w)                                 flag set, no longer searching
//     if (published() != seen || a source has something, by seq_cst loads)
//         cancel(w), scan again                  it searches again
//     while (word(w) == 0) futex_wait            until woken or timed out
//     cancel(w)                                  in any case: it searches again
// A publisher: publish by a seq_cst operation (bump(), or a stamp that the re-check reads), then notify();
// a result >= 0 is a worker whose word it must futex_wake.
//
// Why no wake-up is lost. All operations named below are seq_cst, so they have one total order. notify
// reads the mask.
// (a) It is zero there: each worker that sleeps set its bit later, and re-checks later still: it sees what
// was published. (b) Not zero, but somebody searches: that one's decrement of `searching` (in prepare)
// comes later, its re-check too, and sees it; or it found other work, and the last that does so notifies in
// its turn (found). (c) Else one bit is cleared by exactly one notifier, who counts the woken worker as
// searching before it wakes it, so that (b) speaks of it too. `published` need not tell what there is: a
// worker that sees it changed scans again, and a thread that is stopped between its claim and its bump
// keeps nobody awake (R3). Why cancel in any case: a waker that lost to cancel, or was stopped after it
// took the bit, may set the word during the worker's next sleep; the bit alone tells who counted the worker
// as searching.
//
// (b) and (c) rest on one worker, which may be stopped for long. So waits time out, the first after work soon
// (limits::park_ms_first): what that worker leaves lying is found by one that looks for itself.
#pragma once

#include <weir/atomic.hpp>
#include <weir/check.hpp>
#include <weir/limits.hpp>
#include <weir/memory.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace weir::detail {

/// A set of workers.
struct WorkerMask {
  static constexpr int words = limits::workers_max / 64;
  std::uint64_t word[words] = {};

  void add(int worker) noexcept { word[worker / 64] |= std::uint64_t{1} << (worker % 64); }
  bool has(int worker) const noexcept { return (word[worker / 64] >> (worker % 64) & 1) != 0; }
};

class Sleepers {
 public:
  /// `workers`: 0 .. limits::workers_max (WEIR_CHECK, also when out of memory).
  explicit Sleepers(int workers) : workers_(workers), mask_words_(workers == 0 ? 1 : (workers + 63) / 64) {
    WEIR_CHECK(workers >= 0 && workers <= limits::workers_max, "more workers than the sleepers' mask has bits");
    if (workers == 0) return;
    places_ = static_cast<Place*>(allocate_bytes(bytes(), alignof(Place)));
    WEIR_CHECK(places_ != nullptr, "out of memory for the sleepers");
    for (int i = 0; i < workers; ++i) ::new (static_cast<void*>(places_ + i)) Place;
  }
  Sleepers(const Sleepers&) = delete;
  Sleepers& operator=(const Sleepers&) = delete;
  ~Sleepers() {
    std::destroy_n(places_, workers_);
    release_bytes(places_, bytes(), alignof(Place));
  }

  // Publishers.

  /// Counts a publication whose place sleepers do not re-check by itself (the inbox). After it was
  /// published.
  void bump() noexcept {
    // (1) seq_cst pairs with (2): what was published; in one order with mask and searching
    published_.fetch_add(1, seq_cst);
  }

  /// Wakes at most one sleeper, after a publication: clears its bit, counts it as searching, sets its word.
  /// Returns the worker whose word the caller must futex_wake, or -1: none sleeps, or one searches already.
  /// Prefers the workers in `near`. Cost when nobody sleeps: one load a 64 workers.
  int notify(const WorkerMask* near = nullptr) noexcept {
    for (int i = 0; i < mask_words_; ++i) {
      // (3) seq_cst pairs with (7): a sleeper's bit, in one order with the publication and its re-check
      if (mask_[i].load(seq_cst) != 0) {
        // (4) seq_cst pairs with (8): who searches re-checks after it stops
        return searching_.load(seq_cst) > 0 ? -1 : wake_one(near);
      }
    }
    return -1;
  }

  /// Wakes this worker if it sleeps, however many search: for work that only it may do, and for stop. True:
  /// the caller must futex_wake its word.
  bool take(int worker) noexcept {
    const std::uint64_t bit = std::uint64_t{1} << (worker % 64);
    atomic<std::uint64_t>& mask = mask_[worker / 64];
    // (5) seq_cst pairs with (7): as (3)
    if ((mask.load(seq_cst) & bit) == 0) return false;
    // relaxed: it only decides who clears the bit, and so who counts the worker
    if ((mask.fetch_and(~bit, relaxed) & bit) == 0) return false;
    searching_.fetch_add(1, relaxed);  // relaxed: a publisher that misses it only wakes one more
    // (6) release pairs with the sleeper's acquire load of its word: what the waker did before
    places_[worker].word.store(1, release);
    return true;
  }

  // The worker.

  /// The publications so far.
  std::uint64_t published() const noexcept {
    return published_.load(seq_cst);  // (2) seq_cst pairs with (1): what was published before
  }

  /// The worker looks for work from here on.
  void begin_search() noexcept { searching_.fetch_add(1, relaxed); }  // relaxed: who misses it only wakes one more

  /// The searching worker has found work. True: it was the last that searched: call notify() now, unless
  /// seq_cst loads of all sources show that there is no more (publications meanwhile have relied on this
  /// worker).
  bool found() noexcept {
    // (9) acquire pairs with (8): the flags of those that stopped before are seen by the notify that
    // follows. The count may be one too low for each waker between its two steps in take, never too high:
    // below 1 is the last, too.
    return searching_.fetch_sub(1, acquire) <= 1;
  }

  /// Sets the worker's flag and ends its search. It must then re-check all sources before it waits on
  /// word(worker).
  void prepare(int worker) noexcept {
    places_[worker].word.store(0, relaxed);  // relaxed: no waker knows of this sleep before (7)
    // (7) seq_cst pairs with (3), (5): the flag, before the re-check
    mask_[worker / 64].fetch_or(std::uint64_t{1} << (worker % 64), seq_cst);
    // (8) seq_cst pairs with (4), (9): who still saw it searching published before the re-check
    searching_.fetch_sub(1, seq_cst);
  }

  /// Ends what prepare began, for whatever reason the worker goes on: it searches again. True: the flag was
  /// still set (no work was announced, or another source has it); false: a waker had taken it.
  bool cancel(int worker) noexcept {
    const std::uint64_t bit = std::uint64_t{1} << (worker % 64);
    atomic<std::uint64_t>& mask = mask_[worker / 64];
    // relaxed: this thread set the bit, so it sees that or a later clearing; the read-modify-write decides
    if ((mask.load(relaxed) & bit) == 0 || (mask.fetch_and(~bit, relaxed) & bit) == 0) return false;
    begin_search();
    return true;
  }

  /// The futex word of a worker: 0 while it may sleep. It may be 1 without a wake-up (see above). Read it
  /// with acquire: what its waker did before take or notify is then visible.
  const atomic<std::uint32_t>& word(int worker) const noexcept { return places_[worker].word; }

  /// How many have their flag set (one instant a word; exact when the last to park asks).
  int sleeping() const noexcept {
    int count = 0;
    for (int i = 0; i < mask_words_; ++i) {
      count += std::popcount(mask_[i].load(seq_cst));  // (10) seq_cst pairs with (7): the flags
    }
    return count;
  }
  bool asleep(int worker) const noexcept {
    // (11) seq_cst pairs with (7): the flag
    return (mask_[worker / 64].load(seq_cst) >> (worker % 64) & 1) != 0;
  }
  int searching() const noexcept { return static_cast<int>(searching_.load(relaxed)); }  // relaxed: a figure
  int workers() const noexcept { return workers_; }
  /// Bytes taken from platform allocation.
  std::size_t bytes() const noexcept { return static_cast<std::size_t>(workers_) * sizeof(Place); }

 private:
  struct alignas(contended_bytes) Place {
    atomic<std::uint32_t> word{0};
  };

  /// Clears one bit of the mask, a near one if there is any; loses a round only to others that clear or set
  /// bits.
  int wake_one(const WorkerMask* near) noexcept {
    for (int pass = near == nullptr ? 1 : 0; pass < 2; ++pass) {
      for (int i = 0; i < mask_words_; ++i) {
        for (;;) {
          // relaxed: not older than (3); a bit that is gone was taken, or its worker looks again after (3)
          const std::uint64_t set = mask_[i].load(relaxed) & (pass == 0 ? near->word[i] : ~std::uint64_t{0});
          if (set == 0) break;
          const int worker = i * 64 + std::countr_zero(set);
          if (take(worker)) return worker;
        }
      }
    }
    return -1;
  }

  // Bit w: worker w sleeps or is about to.
  alignas(contended_bytes) atomic<std::uint64_t> mask_[WorkerMask::words] = {};
  alignas(contended_bytes) atomic<std::uint64_t> published_{0};                  // publications so far
  alignas(contended_bytes) atomic<std::int64_t> searching_{0};                   // workers that look for work
  alignas(contended_bytes) int workers_;
  int mask_words_;  // words in use
  Place* places_ = nullptr;
};

}  // namespace weir::detail
