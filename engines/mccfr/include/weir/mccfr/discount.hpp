// discount.hpp: how what was learnt early loses weight: by factors on the whole table, every so many iterations.
//
// Step k (1, 2, ...) multiplies all rows, also those that are never visited:
//   linear         regrets and averages by k / (k + 1)
//   dcfr:A,B,G     positive regrets by k^A / (k^A + 1), negative ones by k^B / (k^B + 1), averages by (k / (k + 1))^G
//   static:A,B     regrets by A, averages by B
//
// Source: Brown, Sandholm, "Solving imperfect-information games via discounted regret minimization", AAAI 2019.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <weir/result.hpp>

namespace weir::mccfr {

struct DiscountFactors {
  double positive = 1, negative = 1, average = 1;
};

struct Discount {
  enum class Kind : std::uint8_t { none, linear, dcfr, fixed };
  Kind kind = Kind::none;
  double a = 1.5, b = 0, g = 2;

  DiscountFactors factors(std::uint64_t step) const noexcept;
  /// All of `count` steps after the first `taken` ones.
  DiscountFactors factors(std::uint64_t taken, std::uint64_t count) const noexcept;
  /// Of a table whose every row has to be looked for, after `taken` steps: one, or as many as change no weight by more
  /// than an eighth, at most 65,536.
  std::uint64_t steps_at_once(std::uint64_t taken) const noexcept;
  std::string text() const;
  /// "none", "linear", "dcfr:1.5,0,2", "static:0.99,0.99". Errors: usage.
  static Result<Discount> parse(std::string_view text);
  friend bool operator==(const Discount&, const Discount&) = default;
};

}  // namespace weir::mccfr
