// detail/deque.hpp: Deque<T>, a worker's own stack of T*, whose oldest part others may steal.
//
// Shape     N entries, a power of two, at most 32,768. Positions are 32-bit and only grow at the top.
//             top <= split <= bottom:  [top, split) public, [split, bottom) private.
//           One word holds {generation:16, available:16, top:32}, available = split - top.
// Roles     steal, steal_if_generation, generation, looks_empty: any thread; all others: the owner.
// Progress  no call waits; a lost compare-exchange is another thread's success, and thieves then answer
//           null.
// Order     the owner takes the newest (pop), thieves and pop_oldest the oldest.
// Memory    N pointers, taken by the constructor.
// Source    T. van Dijk, J. C. van de Pol, "Lace: non-blocking split deque for work-stealing", MuCoCoS
//           2014; here the item is read before the exchange, so that a stopped thief holds nothing.
//
// Why a stale read of a slot is harmless: a thief reads the word, then slot[top], then exchanges the word.
// Slot[top] of a published position p is written again (a) for position p + N: the owner first saw top > p
// in the word; or (b) for p itself, after the owner took p back: the owner takes the last public item by
// raising top, as a thief does, so position p is not used again while top = p. Either way the word the
// thief read is gone, and its exchange fails, unless 2^32 items pass between its read and its exchange (the
// ABA bound). A thief cannot read what was written in case (a) and still win: its exchange, released, would
// be what the owner saw before it wrote. Why a stopped thief is harmless: before the exchange it has
// changed nothing, after it the item is its own.
#pragma once

#include <weir/atomic.hpp>
#include <weir/check.hpp>
#include <weir/limits.hpp>
#include <weir/memory.hpp>

#include <cstdint>
#include <memory>
#include <new>

namespace weir::detail {

/// What became of a push_private: no room; nothing that thieves could see, so nobody to wake; or some were
/// made public.
enum class Pushed : std::uint8_t { refused, hidden, published };

/// `PublicMin` (>= 1): how many of the oldest items push_private keeps open to thieves.
template <class T, std::uint32_t PublicMin = limits::deque_public_min>
class Deque {
  static_assert(PublicMin >= 1 && PublicMin < 0xffff);

 public:
  /// `capacity`: a power of two, 1 .. limits::deque_slots_max (WEIR_CHECK, also when out of memory).
  explicit Deque(std::uint32_t capacity) : capacity_(capacity) {
    WEIR_CHECK(capacity >= 1 && capacity <= limits::deque_slots_max && (capacity & (capacity - 1)) == 0,
               "a deque's capacity is a power of two up to 32768");
    void* block = allocate_bytes(bytes(), alignof(atomic<T*>));
    WEIR_CHECK(block != nullptr, "out of memory for a deque");
    slots_ = static_cast<atomic<T*>*>(block);
    build();
  }
  Deque(const Deque&) = delete;
  Deque& operator=(const Deque&) = delete;
  ~Deque() {
    std::destroy_n(slots_, built_);
    release_bytes(slots_, bytes(), alignof(atomic<T*>));
  }

  // The owner.

  /// Adds an item and publishes all; the exchange is seq_cst, so a look at sleepers may follow. False:
  /// full.
  bool push(T* item) noexcept {
    if (!store(item)) return false;
    publish(bottom_);
    return true;
  }

  /// Adds the longest prefix of items[0 .. n) that fits, the last one newest, and publishes all by one
  /// exchange; returns its length.
  std::uint32_t push_n(T* const* items, std::uint32_t n) noexcept {
    std::uint32_t count = 0;
    while (count < n && store(items[count])) ++count;
    if (count != 0) publish(bottom_);
    return count;
  }

  /// Adds an item without a locked instruction while at least PublicMin items are open to
  /// thieves; else publishes the oldest ones up to that number, as push does.
  Pushed push_private(T* item) noexcept {
    if (!store(item)) return Pushed::refused;
    return top_up() ? Pushed::published : Pushed::hidden;
  }

  /// Opens the oldest private items to thieves until PublicMin are open, as push does. False: there were as
  /// many, or nothing is private. For an owner that only pops: thieves may have taken all they could see.
  bool top_up() noexcept {
    const std::uint32_t available = available_of(word_.load(relaxed));  // relaxed: thieves only lower it
    const std::uint32_t there = bottom_ - split_;
    if (available >= PublicMin || there == 0) return false;
    const std::uint32_t missing = PublicMin - available;
    publish(split_ + (there < missing ? there : missing));
    return true;
  }

  /// Takes the newest item: no locked instruction while the private part has one. Null: empty.
  T* pop() noexcept {
    if (bottom_ == split_) return take_back();
    --bottom_;
    return slot(bottom_).load(relaxed);  // relaxed: written by this thread
  }

  /// Takes the oldest item, as a thief would. Null: empty, or lost to thieves as steal says.
  T* pop_oldest() noexcept {
    if (T* item = steal(); item != nullptr) return item;
    if (bottom_ == split_) return nullptr;
    // (8) acquire pairs with (5): as (7), as the store below hides the thefts from (7)
    const std::uint64_t word = word_.load(acquire);
    if (available_of(word) != 0) return nullptr;
    // Nothing public: thieves leave the word alone, and the oldest private item is at top = split.
    T* item = slot(split_).load(relaxed);  // relaxed: written by this thread
    ++split_;
    // relaxed: nothing is public here, so nobody takes an item by this word; (4) comes before the next one
    word_.store(make(generation_of(word), 0, split_), relaxed);
    return item;
  }

  /// True when nothing private is left.
  bool private_empty() const noexcept { return bottom_ == split_; }

  /// True when nothing at all is left: final for the owner.
  bool empty() const noexcept {
    return bottom_ == split_ && available_of(word_.load(relaxed)) == 0;  // relaxed: thieves only lower it
  }

  /// Begins another generation: leaps that were aimed at the present one are refused from now on.
  void raise_generation() noexcept {
    // relaxed: it only refuses leaps; a read-modify-write, it goes on with what (4) released
    word_.fetch_add(std::uint64_t{1} << 48, relaxed);
  }

  // Thieves.

  /// Takes the oldest public item. Null: none, or steal_rounds_max exchanges were lost to others.
  T* steal() noexcept { return steal_where([](std::uint64_t) { return true; }); }

  /// steal, only while the owner's generation is `generation` (P7: a leap).
  T* steal_if_generation(std::uint16_t generation) noexcept {
    return steal_where([generation](std::uint64_t word) { return generation_of(word) == generation; });
  }

  std::uint16_t generation() const noexcept {
    // (2) acquire pairs with (4): the owner's state when it last published
    return generation_of(word_.load(acquire));
  }

  /// True when nothing is public: the re-check of a sleeper (in one order with push's exchange and the
  /// sleeper's flag).
  bool looks_empty() const noexcept {
    // (6) seq_cst pairs with (4): what was published before the sleeper's flag
    return available_of(word_.load(seq_cst)) == 0;
  }

  std::uint32_t capacity() const noexcept { return capacity_; }
  /// Bytes taken from platform allocation.
  std::size_t bytes() const noexcept { return capacity_ * sizeof(atomic<T*>); }
  /// Items in the deque: exact for the owner up to concurrent thefts.
  std::uint32_t size() const noexcept {
    return bottom_ - split_ + available_of(word_.load(relaxed));  // relaxed: a figure
  }

 private:
  static constexpr std::uint32_t build_batch = 64;
  static constexpr int steal_rounds_max = 64;  // reason: bounds the call; each lost round is another's success

  static std::uint64_t make(std::uint16_t generation, std::uint32_t available, std::uint32_t top) noexcept {
    return std::uint64_t{generation} << 48 | std::uint64_t{available} << 32 | top;
  }
  static std::uint16_t generation_of(std::uint64_t word) noexcept {
    return static_cast<std::uint16_t>(word >> 48);
  }
  static std::uint32_t available_of(std::uint64_t word) noexcept {
    return static_cast<std::uint32_t>(word >> 32) & 0xffff;
  }
  static std::uint32_t top_of(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word); }
  atomic<T*>& slot(std::uint32_t position) const noexcept { return slots_[position & (capacity_ - 1)]; }

  bool store(T* item) noexcept {
    if (bottom_ == limit_ && !raise_limit()) return false;
    slot(bottom_).store(item, relaxed);  // relaxed: published by (4)
    ++bottom_;
    return true;
  }

  /// Slots are built in the first lap, when they are first needed: a deque that is hardly used touches
  /// hardly any of its memory.
  void build() noexcept {
    const std::uint32_t left = capacity_ - built_;
    for (std::uint32_t n = left < build_batch ? left : build_batch; n > 0; --n)
      ::new (static_cast<void*>(slots_ + built_++)) atomic<T*>(nullptr);
    limit_ = built_;
  }

  bool raise_limit() noexcept {
    if (built_ < capacity_) {
      build();
      return true;
    }
    // (7) acquire pairs with (5): thefts whose slot is written again below have read it
    limit_ = top_of(word_.load(acquire)) + capacity_;
    return bottom_ != limit_;
  }

  /// Moves split up to `split`.
  void publish(std::uint32_t split) noexcept {
    std::uint64_t word = word_.load(relaxed);  // relaxed: the exchange decides
    std::uint64_t next = 0;
    do {
      next = make(generation_of(word), split - top_of(word), top_of(word));
      // (4) seq_cst pairs with (2), (3), (6): slots and items below split; in one order with sleepers'
      // flags
    } while (!word_.compare_exchange_weak(word, next, seq_cst, relaxed));
    split_ = split;
  }

  /// Takes the newest public item back: lowers split, or raises top when it is the last (case (b) above).
  T* take_back() noexcept {
    std::uint64_t word = word_.load(relaxed);  // relaxed: the exchange decides
    for (;;) {
      const std::uint32_t available = available_of(word);
      if (available == 0) return nullptr;
      const std::uint32_t top = top_of(word);
      const bool last = available == 1;
      const std::uint64_t next = make(generation_of(word), available - 1, last ? top + 1 : top);
      // relaxed: nothing is published; a read-modify-write, it goes on with what (4) released
      if (!word_.compare_exchange_weak(word, next, relaxed, relaxed)) continue;
      T* item = slot(top + available - 1).load(relaxed);  // relaxed: written by this thread
      split_ = bottom_ = last ? top + 1 : split_ - 1;
      return item;
    }
  }

  template <class Allowed>
  T* steal_where(Allowed allowed) noexcept {
    // (3) acquire pairs with (4): slot and item are there
    std::uint64_t word = word_.load(acquire);
    for (int round = 0; round < steal_rounds_max; ++round) {
      const std::uint32_t available = available_of(word);
      if (available == 0 || !allowed(word)) return nullptr;
      const std::uint32_t top = top_of(word);
      T* item = slot(top).load(relaxed);  // relaxed: published by (4), see the proof for later writes
      const std::uint64_t next = make(generation_of(word), available - 1, top + 1);
      // (5) release pairs with (7), (8): our reading of the slot ends before the owner writes it again;
      // acquire on failure: as (3)
      if (word_.compare_exchange_strong(word, next, release, acquire)) return item;
    }
    return nullptr;
  }

  alignas(contended_bytes) atomic<std::uint64_t> word_{0};
  alignas(contended_bytes) std::uint32_t bottom_ = 0;  // next position to push
  std::uint32_t split_ = 0;                            // first private position
  std::uint32_t limit_ = 0;                            // below it positions are known to be built and free
  std::uint32_t built_ = 0;                            // slots that have been built
  std::uint32_t capacity_;
  atomic<T*>* slots_ = nullptr;
};

}  // namespace weir::detail
