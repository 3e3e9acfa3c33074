// detail/slots.hpp: the stamped slots below Ring and Edge.
//
// Shape   N slots, any N >= 1. Slot of ticket t: t mod N. Stamp 2t: free for ticket t; 2t+1: full by t; the
//         pop of t writes 2(t+N). (The usual t / t+1 breaks at N = 1: a full slot looks free for the next
//         ticket.)
// Roles   a free slot 2t is changed by the owner of ticket t only; a full one by the one pop that claimed
//         t.
// Memory  one block of N slots from allocate_bytes, taken by the constructor.
// Cost    t mod N is a mask for powers of two, else two multiplications; never a division.
#pragma once

#include <weir/atomic.hpp>
#include <weir/check.hpp>
#include <weir/memory.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// Rounds of a claim before it answers would_block. Each lost round is another thread's success, so this
/// bounds a call's length; it is large enough that no test and no benchmark has reached it.
inline constexpr int claim_rounds_max = 1024;

/// ticket mod N without a division.
class Wrap {
 public:
  explicit Wrap(std::uint64_t n) noexcept
      : n_(n), mask_((n & (n - 1)) == 0 ? n - 1 : 0), inverse_(~std::uint64_t{0} / n) {}

  std::uint64_t size() const noexcept { return n_; }
  std::uint64_t index(std::uint64_t ticket) const noexcept {
    if (mask_ != 0 || n_ == 1) return ticket & mask_;
    // floor(2^64 / n) is exact here, as n is no power of two; the quotient is then at most 1 too small.
    const auto quotient = static_cast<std::uint64_t>((static_cast<Wide>(ticket) * inverse_) >> 64);
    const std::uint64_t rest = ticket - quotient * n_;
    return rest < n_ ? rest : rest - n_;
  }

 private:
  __extension__ using Wide = unsigned __int128;
  std::uint64_t n_;
  std::uint64_t mask_;  // 0: not a power of two (or n = 1)
  std::uint64_t inverse_;
};

template <class T>
struct Slot {
  atomic<std::uint64_t> stamp;
  alignas(T) std::byte raw[sizeof(T)];

  explicit Slot(std::uint64_t ticket) noexcept : stamp(2 * ticket) {}
  T* item() noexcept { return std::launder(reinterpret_cast<T*>(raw)); }
  void put(T&& value) noexcept { ::new (static_cast<void*>(raw)) T(std::move(value)); }
  void take(T& into) noexcept {
    into = std::move(*item());
    std::destroy_at(item());
  }
  void take_raw(T* into) noexcept {
    ::new (static_cast<void*>(into)) T(std::move(*item()));
    std::destroy_at(item());
  }
};

/// The block of slots. Slots are constructed free for tickets 0 .. N-1; items still there are destroyed
/// with it.
template <class T>
class Slots {
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
                    std::is_nothrow_destructible_v<T>,
                "a ring's element must move and end without throwing");

 public:
  explicit Slots(std::size_t capacity) : wrap_(capacity == 0 ? 1 : capacity) {
    WEIR_CHECK(capacity >= 1, "a ring holds at least one item");
    WEIR_CHECK(capacity <= (std::size_t{1} << 40) / sizeof(Slot<T>), "a ring of more than 2^40 bytes");
    void* block = allocate_bytes(bytes(), alignof(Slot<T>));
    WEIR_CHECK(block != nullptr, "out of memory for a ring");
    slots_ = static_cast<Slot<T>*>(block);
    for (std::size_t i = 0; i < capacity; ++i) ::new (static_cast<void*>(slots_ + i)) Slot<T>(i);
  }
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;
  ~Slots() {
    for (std::size_t i = 0; i < capacity(); ++i) {
      // relaxed: whoever destroys a ring has joined or otherwise synchronised with all its users
      if ((slots_[i].stamp.load(relaxed) & 1) != 0) std::destroy_at(slots_[i].item());
      std::destroy_at(slots_ + i);
    }
    release_bytes(slots_, bytes(), alignof(Slot<T>));
  }

  Slot<T>& operator[](std::uint64_t ticket) const noexcept { return slots_[wrap_.index(ticket)]; }
  std::size_t capacity() const noexcept { return static_cast<std::size_t>(wrap_.size()); }
  std::size_t bytes() const noexcept { return capacity() * sizeof(Slot<T>); }

 private:
  Wrap wrap_;
  Slot<T>* slots_ = nullptr;
};

}  // namespace weir::detail
