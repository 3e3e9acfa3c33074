// model_atomic.hpp: weir::atomic over the model checker's memory (tests/model/engine.hpp).
//
// Each operation is a scheduling point; a load may return any store that the C++ orders allow (engine.hpp
// says which restrictions apply). Objects live in the arena of one execution. Only the operations that weir
// uses.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>

namespace model {

using Order = std::memory_order;
using Where = std::source_location;

enum class Kind : std::uint8_t {
  load,
  store,
  exchange,
  add,
  sub,
  bit_or,
  bit_and,
  bit_xor,
  compare_exchange,
  wait,
  wake
};

/// The engine's door. `location` comes from new_location; values are zero-extended to 64 bits.
std::uint32_t new_location(std::uint64_t value) noexcept;
std::uint64_t do_load(std::uint32_t location, Order order, const Where& where) noexcept;
void do_store(std::uint32_t location, std::uint64_t value, Order order, const Where& where) noexcept;
/// Returns the old value; `bytes` is the width of the arithmetic.
std::uint64_t do_update(std::uint32_t location, Kind kind, std::uint64_t operand, unsigned bytes, Order order,
                        const Where& where) noexcept;
/// `one_order`: the failure order is what is left of the success order.
bool do_compare_exchange(std::uint32_t location, std::uint64_t& expected, std::uint64_t desired,
                         Order success, Order failure, const Where& where, bool one_order = false) noexcept;
/// futex: blocks while the newest value is `expected`; wake releases all that are blocked on the location.
void do_wait(std::uint32_t location, std::uint64_t expected, const Where& where) noexcept;
void do_wake(std::uint32_t location, const Where& where) noexcept;

}  // namespace model

namespace weir {

inline void cpu_relax() noexcept {}

template <class T>
class atomic {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);
  using Order = std::memory_order;
  using Where = std::source_location;

 public:
  atomic() noexcept : atomic(T{}) {}
  atomic(T value) noexcept : location_(model::new_location(widen(value))) {}
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  T load(Order order, const Where& where = Where::current()) const noexcept {
    return narrow(model::do_load(location_, order, where));
  }
  void store(T value, Order order, const Where& where = Where::current()) noexcept {
    model::do_store(location_, widen(value), order, where);
  }
  T exchange(T value, Order order, const Where& where = Where::current()) noexcept {
    return update(model::Kind::exchange, value, order, where);
  }
  T fetch_add(T value, Order order, const Where& where = Where::current()) noexcept {
    return update(model::Kind::add, value, order, where);
  }
  T fetch_sub(T value, Order order, const Where& where = Where::current()) noexcept {
    return update(model::Kind::sub, value, order, where);
  }
  T fetch_or(T value, Order order, const Where& where = Where::current()) noexcept {
    return update(model::Kind::bit_or, value, order, where);
  }
  T fetch_and(T value, Order order, const Where& where = Where::current()) noexcept {
    return update(model::Kind::bit_and, value, order, where);
  }
  T fetch_xor(T value, Order order, const Where& where = Where::current()) noexcept {
    return update(model::Kind::bit_xor, value, order, where);
  }
  bool compare_exchange_strong(T& expected, T desired, Order success, Order failure,
                               const Where& where = Where::current()) noexcept {
    std::uint64_t wide = widen(expected);
    const bool done = model::do_compare_exchange(location_, wide, widen(desired), success, failure, where);
    if (!done) expected = narrow(wide);
    return done;
  }
  bool compare_exchange_strong(T& expected, T desired, Order order,
                               const Where& where = Where::current()) noexcept {
    std::uint64_t wide = widen(expected);
    const bool done =
        model::do_compare_exchange(location_, wide, widen(desired), order, order, where, true);
    if (!done) expected = narrow(wide);
    return done;
  }
  bool compare_exchange_weak(T& expected, T desired, Order order,
                             const Where& where = Where::current()) noexcept {
    return compare_exchange_strong(expected, desired, order, where);
  }
  /// Never fails spuriously here: callers loop, so a spurious failure only repeats their step.
  bool compare_exchange_weak(T& expected, T desired, Order success, Order failure,
                             const Where& where = Where::current()) noexcept {
    return compare_exchange_strong(expected, desired, success, failure, where);
  }

  std::uint32_t model_location() const noexcept { return location_; }

 private:
  T update(model::Kind kind, T value, Order order, const Where& where) noexcept {
    return narrow(model::do_update(location_, kind, widen(value), sizeof(T), order, where));
  }
  static std::uint64_t widen(T value) noexcept {
    std::uint64_t wide = 0;
    std::memcpy(&wide, &value, sizeof value);
    return wide;
  }
  static T narrow(std::uint64_t wide) noexcept {
    T value;
    std::memcpy(&value, &wide, sizeof value);
    return value;
  }

  std::uint32_t location_;
};

}  // namespace weir
