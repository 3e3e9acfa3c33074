// list_random.hpp: numbers that are the same on every machine (splitmix64).
#pragma once

#include <cstdint>

namespace weir::search::lists {

class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// 0..count - 1; the bias, of count / 2^32, is below what is drawn here.
  std::uint64_t below(std::uint64_t count) noexcept { return ((next() >> 32) * count) >> 32; }
  std::int64_t between(std::int64_t low, std::int64_t high) noexcept {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1)));
  }

 private:
  std::uint64_t state_;
};

}  // namespace weir::search::lists
