// net_order.hpp: the order in which samples are seen: each once an epoch, shuffled anew for each.
//
// Source: Black, Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002 (a Feistel network, walked until the
//         number is in range).
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "net_layers.hpp"

namespace weir::search::nets {

/// A bijection of 0 .. count - 1 (count >= 1) for each key.
constexpr std::uint64_t shuffled(std::uint64_t key, std::uint64_t i, std::uint64_t count) noexcept {
  const std::uint64_t half = std::max<std::uint64_t>(1, (std::bit_width(count - 1) + 1) / 2);
  const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
  do {
    std::uint64_t left = i >> half, right = i & mask;
    for (std::uint64_t round = 0; round < 6; ++round) {
      const std::uint64_t next = left ^ (keyed(key, round, right) & mask);
      left = right;
      right = next;
    }
    i = left << half | right;
  } while (i >= count);
  return i;
}

/// Which sample stands at a position of the endless order; count 0: the position's own number.
constexpr std::uint64_t sample_at(std::uint64_t seed, std::uint64_t position,
                                  std::uint64_t count) noexcept {
  constexpr std::uint64_t order_purpose = 2;
  if (count == 0) return position;
  return shuffled(keyed(seed, order_purpose, position / count), position % count, count);
}

}  // namespace weir::search::nets
