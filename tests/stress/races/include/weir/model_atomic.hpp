// model_atomic.hpp: weir::atomic that tells valgrind's race detectors what acquire and release order.
//
// Helgrind and drd know locks, not C++ orders: to them an atomic word is a race, and so is every item that
// was handed over by one. Here a release says "happens before" at its word and an acquire "happens after",
// and the words themselves are not looked at; all plain memory is, as in any program.
#pragma once

#include <atomic>
#include <type_traits>
#ifdef WEIR_RACES_DRD
#include <valgrind/drd.h>
#else
#include <valgrind/helgrind.h>
#endif

namespace weir {

/// True: releases are not told, so that every hand-over must be reported.
inline bool forget_releases = false;

inline void cpu_relax() noexcept {}

template <class T>
class atomic {
  using Order = std::memory_order;

 public:
  atomic() noexcept : atomic(T{}) {}
  atomic(T value) noexcept : value_(value) {
#ifdef WEIR_RACES_DRD
    DRD_IGNORE_VAR(value_);
#else
    VALGRIND_HG_DISABLE_CHECKING(&value_, sizeof value_);
#endif
  }
  ~atomic() {
#ifdef WEIR_RACES_DRD
    DRD_STOP_IGNORING_VAR(value_);
#else
    VALGRIND_HG_ENABLE_CHECKING(&value_, sizeof value_);
#endif
  }
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  T load(Order order) const noexcept {
    const T value = value_.load(order);
    acquired(order);
    return value;
  }
  void store(T value, Order order) noexcept {
    releases(order);
    value_.store(value, order);
  }
  T exchange(T value, Order order) noexcept {
    return update(order, [&] { return value_.exchange(value, order); });
  }
  T fetch_add(T value, Order order) noexcept {
    return update(order, [&] { return value_.fetch_add(value, order); });
  }
  T fetch_sub(T value, Order order) noexcept {
    return update(order, [&] { return value_.fetch_sub(value, order); });
  }
  T fetch_or(T value, Order order) noexcept {
    return update(order, [&] { return value_.fetch_or(value, order); });
  }
  T fetch_and(T value, Order order) noexcept {
    return update(order, [&] { return value_.fetch_and(value, order); });
  }
  bool compare_exchange_strong(T& expected, T desired, Order success, Order failure) noexcept {
    releases(success);
    const bool done = value_.compare_exchange_strong(expected, desired, success, failure);
    acquired(done ? success : failure);
    return done;
  }
  bool compare_exchange_weak(T& expected, T desired, Order success, Order failure) noexcept {
    return compare_exchange_strong(expected, desired, success, failure);
  }

 private:
  template <class F>
  T update(Order order, F f) noexcept {
    releases(order);
    const T before = f();
    acquired(order);
    return before;
  }
  void releases(Order order) const noexcept {
    if (forget_releases || order == Order::relaxed || order == Order::acquire || order == Order::consume) return;
    ANNOTATE_HAPPENS_BEFORE(&value_);
  }
  void acquired(Order order) const noexcept {
    if (order == Order::relaxed || order == Order::release) return;
    ANNOTATE_HAPPENS_AFTER(&value_);
  }

  std::atomic<T> value_;
};

}  // namespace weir
