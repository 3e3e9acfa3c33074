// betting_count.hpp: how large a game is without any abstraction, in exact numbers.
//
// Shape:  decisions are nodes with a choice; information sets are those times what their player can
//         have seen, states those times what all can have. Suits are told apart, orders are not.
// Roles:  pure, any thread.
// Errors: bad_rules; unsupported (no limit: two players, equal stacks); too_large.
// Memory: 128 bytes a chip of the stack.
// Cost:   no limit: rounds x stack^2 / 2 steps: 17 ms for a stack of 400, 35 s for 20,000 (AMD EPYC,
//         g++ 12 -O3, busy machine).
// Source: Johanson, arXiv:1302.7008 (2013).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <weir/mccfr/betting_rules.hpp>
#include <weir/result.hpp>

namespace weir::mccfr {

/// A whole number below 2^1024; one that would have become larger stays overflowed.
class BigCount {
 public:
  BigCount() = default;
  explicit BigCount(std::uint64_t value) noexcept { limbs_[0] = value; }

  BigCount& operator+=(const BigCount& other) noexcept;
  BigCount& operator*=(std::uint64_t factor) noexcept;
  bool overflowed() const noexcept { return overflowed_; }
  /// Decimal.
  std::string text() const;
  friend bool operator==(const BigCount&, const BigCount&) = default;

 private:
  std::array<std::uint64_t, 16> limbs_{};  // the lowest first
  bool overflowed_ = false;
};

struct BettingCounts {
  std::array<BigCount, rounds_max> decisions{};  // by round
  BigCount information_sets;
  BigCount states;
};

Result<BettingCounts> count_betting(const BettingRules& rules);

}  // namespace weir::mccfr
