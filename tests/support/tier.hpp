// tier.hpp: how much a test may do: WEIR_FULL=1 (or the long tiers of tests/run) for all of it,
// less under sanitizers.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace weir::test {

inline bool full() noexcept {
  const char* asked = std::getenv("WEIR_FULL");
  if (asked != nullptr) return std::strcmp(asked, "1") == 0;
  const char* tier = std::getenv("WEIR_TEST_TIER");
  return tier != nullptr && (std::strcmp(tier, "long") == 0 || std::strcmp(tier, "soak") == 0);
}

/// More than everything: what random tests do in the soak tier, times what they do in the full one.
inline std::uint64_t soak_times() noexcept {
  const char* tier = std::getenv("WEIR_TEST_TIER");
  return tier != nullptr && std::strcmp(tier, "soak") == 0 ? 20 : 1;
}

/// Every capacity, window and batch is 1 (tests/run --smallest).
inline bool smallest() noexcept {
  const char* asked = std::getenv("WEIR_SMALLEST");
  return asked != nullptr && std::strcmp(asked, "1") == 0;
}

#ifdef WEIR_SANITIZED
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

/// `all` in the full tier, `slice` in the default one; under a sanitizer, where everything takes ten
/// times as long, `slice` and `small`.
inline std::uint64_t amount(std::uint64_t small, std::uint64_t slice, std::uint64_t all) noexcept {
  if (sanitized) return full() ? slice : small;
  return full() ? all : slice;
}

/// WEIR_SEED, or `otherwise`.
inline std::uint64_t seed(std::uint64_t otherwise) noexcept {
  const char* asked = std::getenv("WEIR_SEED");
  return asked != nullptr ? std::strtoull(asked, nullptr, 0) : otherwise;
}

/// A well-mixed function of one number (the finaliser of SplitMix64).
constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// A stream of random numbers from one seed.
class Random {
 public:
  explicit Random(std::uint64_t start) noexcept : state_(mix(start)) {}
  std::uint64_t next() noexcept { return mix(state_++); }
  /// 0 .. n-1
  std::uint32_t below(std::uint32_t n) noexcept { return static_cast<std::uint32_t>(next() % n); }
  /// True once in `n`.
  bool once_in(std::uint32_t n) noexcept { return below(n) == 0; }
  template <class T>
  const T& pick(std::initializer_list<T> values) noexcept {
    return *(values.begin() + below(static_cast<std::uint32_t>(values.size())));
  }

 private:
  std::uint64_t state_;
};

}  // namespace weir::test
