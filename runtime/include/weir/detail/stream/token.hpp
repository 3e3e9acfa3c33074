// detail/stream/token.hpp: what travels on edges: a head, and the user's value while it is alive.
//
// A dropped, failed, cancelled or expired token keeps its head: a tombstone, so that joins stay
// aligned (G3).
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <weir/result.hpp>

namespace weir::detail {

enum class Fate : std::uint8_t {
  live,
  dropped,    // a body answered "none"
  failed,     // a body threw
  cancelled,  // its graph or request was cancelled
  expired,    // its request's deadline passed
  elsewhere,  // the mark that a split leaves on the branches not taken: never a token of its own in
              // a ledger
};

inline constexpr std::uint32_t no_ticket = 0xffffffff;
inline constexpr std::uint32_t no_request = 0xffffffff;

struct Head {
  std::uint64_t sequence = 0;          // within its stream
  std::uint32_t epoch = 0;             // truncated; P4
  std::uint32_t ticket = no_ticket;    // of the innermost loop
  std::uint32_t request = no_request;  // reply slot
  Fate fate = Fate::live;
};

template <class T>
class Token {
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_destructible_v<T>,
                "values on edges must be nothrow-movable");

 public:
  Head head;

  explicit Token(const Head& h, T&& value) noexcept : head(h) {
    ::new (static_cast<void*>(&value_)) T(std::move(value));
  }
  /// A tombstone: `h.fate` is not live.
  explicit Token(const Head& h) noexcept : head(h) {}
  Token(Token&& other) noexcept : head(other.head) {
    if (live()) ::new (static_cast<void*>(&value_)) T(std::move(other.value_));
  }
  Token& operator=(Token&& other) noexcept {
    if (this != &other) {
      this->~Token();
      ::new (static_cast<void*>(this)) Token(std::move(other));
    }
    return *this;
  }
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;
  ~Token() {
    if constexpr (!std::is_trivially_destructible_v<T>) {
      if (live()) value_.~T();
    }
  }

  bool live() const noexcept { return head.fate == Fate::live; }
  T& value() noexcept { return value_; }

  /// Destroys the value and leaves the mark.
  void bury(Fate fate) noexcept {
    if (live()) value_.~T();
    head.fate = fate;
  }

 private:
  union {
    T value_;
  };
};

/// Room for up to N tokens on a firing's stack; the user counts and destroys.
template <class T, std::uint32_t N>
class TokenBuffer {
 public:
  Token<T>* data() noexcept { return std::launder(reinterpret_cast<Token<T>*>(bytes_)); }
  Token<T>& operator[](std::uint32_t i) noexcept { return data()[i]; }

 private:
  alignas(Token<T>) std::byte bytes_[sizeof(Token<T>) * N];
};

/// Tokens of T that one firing takes at most: bounded by stack bytes, so that a batch of large
/// values stays small.
template <class T>
inline constexpr std::uint32_t batch_of = sizeof(Token<T>) * 64 <= 8192 ? 64
                                          : sizeof(Token<T>) >= 8192
                                              ? 1
                                              : static_cast<std::uint32_t>(8192 / sizeof(Token<T>));

}  // namespace weir::detail
