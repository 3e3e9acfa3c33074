#include <bit>
#include <span>
#include <weir/segmentation/exact_moments.hpp>

#include "numbers.hpp"

namespace weir::segmentation {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr int grid_bits = 100;  // the grid is 2^-grid_bits
constexpr int mantissa_bits = 53;

constexpr std::uint64_t low(Wide value) noexcept { return static_cast<std::uint64_t>(value); }
constexpr std::uint64_t high(Wide value) noexcept {
  return static_cast<std::uint64_t>(value >> 64);
}

/// |value| in steps of the grid, rounded half to even. At most 2^114.
Wide steps_of(double value) noexcept {
  int exponent = 0;
  const double fraction = std::frexp(std::abs(value), &exponent);  // [0.5, 1)
  const auto mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, mantissa_bits));
  const int shift = exponent - mantissa_bits + grid_bits;
  if (shift >= 0) return static_cast<Wide>(mantissa) << shift;
  if (shift < -mantissa_bits - 1) return 0;
  const std::uint64_t whole = mantissa >> -shift;
  const std::uint64_t rest = mantissa - (whole << -shift);
  const std::uint64_t half = std::uint64_t{1} << (-shift - 1);
  return whole + (rest > half || (rest == half && whole % 2 == 1) ? 1 : 0);
}

template <std::size_t N>
void add_at(std::array<std::uint64_t, N>& limbs, std::size_t at, Wide value) noexcept {
  for (; at < N && value != 0; ++at) {
    value += limbs[at];
    limbs[at] = low(value);
    value >>= 64;
  }
}

template <std::size_t N>
void negate(std::array<std::uint64_t, N>& limbs) noexcept {
  for (std::uint64_t& limb : limbs) limb = ~limb;
  add_at(limbs, 0, 1);
}

template <std::size_t N>
bool is_negative(const std::array<std::uint64_t, N>& limbs) noexcept {
  return (limbs[N - 1] >> 63) != 0;
}

template <std::size_t N, std::size_t M, std::size_t Out>
void add_product(const std::array<std::uint64_t, N>& a, const std::array<std::uint64_t, M>& b,
                 std::array<std::uint64_t, Out>& out) noexcept {
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j < M && i + j < Out; ++j) {
      const Wide product = static_cast<Wide>(a[i]) * b[j];
      add_at(out, i + j, low(product));
      add_at(out, i + j + 1, high(product));
    }
  }
}

/// limbs * 2^exponent, from its first 64 bits and a sticky one: within a rounding of the truth.
double to_double(std::span<const std::uint64_t> limbs, int exponent) noexcept {
  std::size_t top = limbs.size();
  while (top > 0 && limbs[top - 1] == 0) --top;
  if (top == 0) return 0;
  const int unused = std::countl_zero(limbs[top - 1]);
  std::uint64_t word = limbs[top - 1] << unused;
  bool sticky = false;
  if (top > 1) {
    if (unused != 0) word |= limbs[top - 2] >> (64 - unused);
    sticky = (limbs[top - 2] << unused) != 0;
    for (std::size_t k = 0; k + 2 < top; ++k) sticky = sticky || limbs[k] != 0;
  }
  if (sticky) word |= 1;
  const int shift = static_cast<int>(64 * (top - 1)) - unused;
  return std::ldexp(static_cast<double>(word), shift + exponent);
}

}  // namespace

bool ExactMoments::add(double value) noexcept {
  if (!fits(value)) return false;
  const Wide steps = steps_of(value);
  const std::array<std::uint64_t, 2> words = {low(steps), high(steps)};
  std::array<std::uint64_t, 3> term = {words[0], words[1], 0};
  if (value < 0) negate(term);
  Wide carry = 0;
  for (std::size_t k = 0; k < term.size(); ++k) {
    carry += static_cast<Wide>(sum_[k]) + term[k];
    sum_[k] = low(carry);
    carry >>= 64;
  }
  add_product(words, words, squares_);
  ++count_;
  return true;
}

double ExactMoments::mean() const noexcept {
  if (count_ == 0) return quiet_nan;
  std::array<std::uint64_t, 3> size = sum_;
  const bool negative = is_negative(size);
  if (negative) negate(size);
  // The quotient in long division, 64 bits at a time, with what remains as a last, sticky word.
  std::array<std::uint64_t, 5> quotient{};
  Wide rest = 0;
  for (std::size_t k = quotient.size(); k-- > 0;) {
    rest = (rest << 64) | (k >= 2 ? size[k - 2] : 0);
    quotient[k] = low(rest / count_);
    rest %= count_;
  }
  if (rest != 0) quotient[0] |= 1;
  const double value = to_double(quotient, -128 - grid_bits);
  return negative ? -value : value;
}

double ExactMoments::deviation() const noexcept {
  if (count_ < 2) return quiet_nan;
  std::array<std::uint64_t, 3> size = sum_;
  if (is_negative(size)) negate(size);
  std::array<std::uint64_t, 5> spread{};  // n sum(x^2) - sum(x)^2, which is not negative
  std::array<std::uint64_t, 5> square{};
  add_product(std::array<std::uint64_t, 1>{count_}, squares_, spread);
  add_product(size, size, square);
  negate(square);
  Wide carry = 0;
  for (std::size_t k = 0; k < spread.size(); ++k) {
    carry += static_cast<Wide>(spread[k]) + square[k];
    spread[k] = low(carry);
    carry >>= 64;
  }
  const auto n = static_cast<double>(count_);
  return std::sqrt(to_double(spread, -2 * grid_bits) / (n * (n - 1)));
}

}  // namespace weir::segmentation
