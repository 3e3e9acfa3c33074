// policy.hpp: the one place where the scheduler chooses (W5, P8).
//
// Roles: the deterministic policy belongs to whoever drives (one thread at a time). The stealing
// policy answers the natural choice and keeps nothing.
#pragma once

#include <cstdint>
#include <weir/detail/worker.hpp>

#include "order.hpp"

namespace weir::detail {

class Policy {
 public:
  /// Null: the stealing policy.
  void configure(Order* order) noexcept {
    order_ = order;
    if (order != nullptr) state_ = order->seed();
  }
  bool deterministic() const noexcept { return order_ != nullptr; }

  /// 0 .. n-1 (n >= 1).
  std::uint32_t choose(Choice what, std::uint32_t n, std::uint32_t natural) noexcept {
    if (order_ == nullptr || n <= 1) return natural;
    const auto drawn =
        order_->choice(what, n, static_cast<std::uint32_t>((draw() >> 32) * n >> 32));
    note(static_cast<std::uint64_t>(what) << 32 | drawn);
    return drawn;
  }
  /// Folds an event into the trace hash.
  void note(std::uint64_t event) noexcept {
    if (order_ != nullptr) hash_.add(event);
  }
  std::uint64_t trace_hash() const noexcept { return hash_.read(); }

  /// What a look that found nothing to run must not change: how often an idle driver looks depends
  /// on the clock.
  struct Mark {
    std::uint64_t state, hash;
    std::size_t order;
  };
  Mark mark() const noexcept {
    return {state_, hash_.read(), order_ == nullptr ? 0 : order_->mark()};
  }
  void back_to(const Mark& mark) noexcept {
    state_ = mark.state;
    hash_.set(mark.hash);
    if (order_ != nullptr) order_->back_to(mark.order);
  }

 private:
  /// FNV-1a over 64-bit words, readable by other threads.
  class Hash {
   public:
    void add(std::uint64_t event) noexcept {
      const std::uint64_t now = value_.load(relaxed);           // relaxed: one writer at a time
      value_.store((now ^ event) * 0x100000001b3ULL, relaxed);  // relaxed: a statistic
    }
    void set(std::uint64_t value) noexcept { value_.store(value, relaxed); }  // relaxed: as above
    std::uint64_t read() const noexcept { return value_.load(relaxed); }  // relaxed: a statistic

   private:
    atomic<std::uint64_t> value_{0xcbf29ce484222325ULL};
  };

  /// SplitMix64 (Steele, Lea, Flood 2014).
  std::uint64_t draw() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  Order* order_ = nullptr;
  std::uint64_t state_ = 0;
  Hash hash_;
};

}  // namespace weir::detail
