// tree_random.hpp: the random numbers of rollouts, of noise at the root and of Gumbel's trick.
//
// Roles:  one thread an object.
// Cost:   next() about 1 ns.
// Source: Marsaglia, "Xorshift RNGs", 2003, with Vigna's multiplier; Marsaglia, Tsang, "A simple method for generating
//         gamma variables", 2000.
#pragma once

#include <cstdint>
#include <span>

namespace weir::search::games {

class Xorshift {
 public:
  /// Any seed; equal seeds give equal numbers.
  explicit constexpr Xorshift(std::uint64_t seed) noexcept : state_(mix(seed)) {}

  constexpr std::uint64_t next() noexcept {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1dULL;
  }
  /// Uniform in [0, n), n >= 1, to within n / 2^32.
  constexpr std::uint32_t below(std::uint32_t n) noexcept {
    return static_cast<std::uint32_t>(((next() >> 32) * n) >> 32);
  }
  /// Uniform in (0, 1).
  constexpr double unit() noexcept { return (static_cast<double>(next() >> 12) + 0.5) * 0x1p-52; }

 private:
  /// Spreads small seeds over the word; 0, where the generator would stand still, is no value of it but one.
  static constexpr std::uint64_t mix(std::uint64_t seed) noexcept {
    seed = (seed + 0x9e3779b97f4a7c15ULL) * 0xbf58476d1ce4e5b9ULL;
    seed ^= seed >> 31;
    return seed != 0 ? seed : 1;
  }

  std::uint64_t state_;
};

/// Fills `shares` with a draw of the symmetric Dirichlet distribution: not negative, their sum 1. alpha > 0.
void draw_dirichlet(Xorshift& random, double alpha, std::span<double> shares);

/// A draw of the standard Gumbel distribution.
double draw_gumbel(Xorshift& random);

}  // namespace weir::search::games
