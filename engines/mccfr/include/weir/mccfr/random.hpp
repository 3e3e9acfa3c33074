// random.hpp: random numbers that depend on a key alone: (seed, iteration, purpose), never on threads or time.
//
// Roles:  one thread an object; keyed() is pure.
// Cost:   about 1 ns a number.
// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014 (SplitMix64).
#pragma once

#include <cstdint>

namespace weir::mccfr {

/// A bijection of 64-bit words whose output bits each depend on every input bit.
constexpr std::uint64_t scramble(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

class Random {
 public:
  explicit constexpr Random(std::uint64_t state) noexcept : state_(state) {}
  /// The generator of one purpose within one iteration; different triples are unrelated.
  static constexpr Random keyed(std::uint64_t seed, std::uint64_t iteration,
                                std::uint64_t purpose) noexcept {
    return Random(scramble(scramble(seed + purpose * 0xd1342543de82ef95ULL) + iteration));
  }

  constexpr std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15ULL;
    return scramble(state_);
  }
  /// Uniform in [0, 1), 24 bits: exact in float and double.
  constexpr float unit() noexcept { return static_cast<float>(next() >> 40) * 0x1p-24F; }
  /// Uniform in [0, n), n >= 1, to within n / 2^32.
  constexpr std::uint32_t below(std::uint32_t n) noexcept {
    return static_cast<std::uint32_t>(((next() >> 32) * n) >> 32);
  }

 private:
  std::uint64_t state_;
};

}  // namespace weir::mccfr
