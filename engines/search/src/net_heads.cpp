#include "net_heads.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace weir::search::nets {
namespace {

constexpr double ln2_high = 0x1.62e42fefa3800p-1, ln2_low = 0x1.ef35793c76730p-45;

// 1 / i!
constexpr auto inverse_factorials = [] {
  std::array<double, 16> all{1};
  double factorial = 1;
  for (std::size_t i = 1; i < all.size(); ++i) all[i] = 1 / (factorial *= static_cast<double>(i));
  return all;
}();
constexpr double exponent_most = 700;  // beyond it the outcome is infinity, or 0

double sigmoid(double x) noexcept {
  if (x >= 0) return 1 / (1 + exponential(-x));
  const double e = exponential(x);
  return e / (1 + e);
}

double hyperbolic_tangent(double x) noexcept {
  const double e = exponential(-2 * std::abs(x));
  const double size = (1 - e) / (1 + e);
  return x < 0 ? -size : size;
}

float largest(const float* numbers, std::size_t count) noexcept {
  float most = numbers[0];
  for (std::size_t i = 1; i < count; ++i) most = std::max(most, numbers[i]);
  return most;
}

double exponential_sum(const float* numbers, std::size_t count, double most) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i)
    sum += exponential(static_cast<double>(numbers[i]) - most);
  return sum;
}

void softmax(float* row, std::size_t width) noexcept {
  constexpr std::size_t at_hand = 64;
  const double most = static_cast<double>(largest(row, width));
  std::array<double, at_hand> powers;  // of the first ones, for the second pass
  const std::size_t first = std::min(width, at_hand);
  for (std::size_t i = 0; i < first; ++i) powers[i] = static_cast<double>(row[i]) - most;
  exponentials({powers.data(), first});
  double sum = 0;
  for (std::size_t i = 0; i < first; ++i) sum += powers[i];
  for (std::size_t i = first; i < width; ++i)
    sum += exponential(static_cast<double>(row[i]) - most);
  for (std::size_t i = 0; i < width; ++i) {
    const double power = i < at_hand ? powers[i] : exponential(static_cast<double>(row[i]) - most);
    row[i] = static_cast<float>(power / sum);
  }
}

double softmax_loss(const float* raw, const float* target, std::size_t width, double weight,
                    float* gradient) noexcept {
  const double most = static_cast<double>(largest(raw, width));
  const double sum = exponential_sum(raw, width, most), log_sum = most + logarithm(sum);
  double loss = 0, mass = 0;
  for (std::size_t i = 0; i < width; ++i) mass += static_cast<double>(target[i]);
  for (std::size_t i = 0; i < width; ++i) {
    const double x = static_cast<double>(raw[i]), t = static_cast<double>(target[i]);
    loss += t * (log_sum - x);
    gradient[i] = static_cast<float>(weight * (mass * exponential(x - most) / sum - t));
  }
  return weight * loss;
}

double sigmoid_loss(double x, double t, double weight, float& gradient) noexcept {
  gradient = static_cast<float>(weight * (sigmoid(x) - t));
  // -t ln s(x) - (1 - t) ln (1 - s(x)), written so that nothing overflows
  return weight * (std::max(x, 0.0) - x * t + logarithm(1 + exponential(-std::abs(x))));
}

double square_loss(double y, double slope, double t, double weight, float& gradient) noexcept {
  gradient = static_cast<float>(weight * 2 * (y - t) * slope);
  return weight * (y - t) * (y - t);
}

}  // namespace

double exponential(double x) noexcept {
  if (!(x > -exponent_most)) return x == x ? 0 : x;
  if (x > exponent_most) return std::numeric_limits<double>::infinity();
  const double n = std::floor(x / (ln2_high + ln2_low) + 0.5);
  const double r = (x - n * ln2_high) - n * ln2_low;  // |r| <= ln(2) / 2
  const double r2 = r * r;
  // In two chains, of even and of odd powers, that do not wait for each other.
  double even = inverse_factorials[14], odd = inverse_factorials[15];
  for (std::size_t i = 12; i >= 2; i -= 2) {
    even = even * r2 + inverse_factorials[i];
    odd = odd * r2 + inverse_factorials[i + 1];
  }
  // 1 comes last, as the largest.
  const double sum = 1 + (r * (1 + r2 * odd) + r2 * even);
  const auto power = static_cast<std::uint64_t>(static_cast<std::int64_t>(n) + 1023);
  return sum * std::bit_cast<double>(power << 52);
}

namespace {

using DoublesAvx2 [[gnu::vector_size(32), gnu::aligned(8), gnu::may_alias]] = double;
using WordsAvx2 [[gnu::vector_size(32)]] = std::int64_t;

/// exponential() of four numbers, step by step.
[[gnu::target("avx2")]] void exponentials_avx2(double* numbers) noexcept {
  // Added to a number that is not large, leaves a whole one in the lowest bits.
  constexpr double whole = 0x1.8p52;
  DoublesAvx2 x = *reinterpret_cast<const DoublesAvx2*>(numbers);
  const WordsAvx2 far = (x > exponent_most) | ~(x > -exponent_most);
  const DoublesAvx2 y = far ? DoublesAvx2{} : x;
  const DoublesAvx2 near = y / (ln2_high + ln2_low) + 0.5;
  const DoublesAvx2 round = near + whole - whole;
  const DoublesAvx2 n = round - (round > near ? DoublesAvx2{} + 1.0 : DoublesAvx2{});
  const DoublesAvx2 r = (y - n * ln2_high) - n * ln2_low;
  const DoublesAvx2 r2 = r * r;
  DoublesAvx2 even = DoublesAvx2{} + inverse_factorials[14],
              odd = DoublesAvx2{} + inverse_factorials[15];
  for (std::size_t i = 12; i >= 2; i -= 2) {
    even = even * r2 + inverse_factorials[i];
    odd = odd * r2 + inverse_factorials[i + 1];
  }
  const DoublesAvx2 sum = 1.0 + (r * (1.0 + r2 * odd) + r2 * even);
  const DoublesAvx2 bits = n + whole;
  const WordsAvx2 power = (reinterpret_cast<WordsAvx2>(bits) + 1023) << 52;
  const DoublesAvx2 result = sum * reinterpret_cast<DoublesAvx2>(power);
  for (int i = 0; i < 4; ++i) numbers[i] = far[i] != 0 ? exponential(x[i]) : result[i];
}

}  // namespace

void exponentials(std::span<double> numbers) noexcept {
  static const bool wide = __builtin_cpu_supports("avx2") != 0;
  std::size_t i = 0;
  for (; wide && i + 4 <= numbers.size(); i += 4) exponentials_avx2(numbers.data() + i);
  if (wide && i < numbers.size()) {
    std::array<double, 4> last{};
    std::copy(numbers.begin() + static_cast<std::ptrdiff_t>(i), numbers.end(), last.begin());
    exponentials_avx2(last.data());
    std::copy_n(last.begin(), numbers.size() - i, numbers.begin() + static_cast<std::ptrdiff_t>(i));
  } else {
    for (; i < numbers.size(); ++i) numbers[i] = exponential(numbers[i]);
  }
}

double logarithm(double x) noexcept {
  if (!(x < std::numeric_limits<double>::infinity())) return x;
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  const auto power = static_cast<double>(static_cast<std::int64_t>(bits >> 52) - 1023);
  const double m = std::bit_cast<double>((bits & ((1ULL << 52) - 1)) | (1023ULL << 52));  // [1, 2)
  // ln m = 2 artanh((m - c) / (m + c)) + ln c about c = sqrt 2
  constexpr double root2 = 0x1.6a09e667f3bcdp+0;
  const double z = (m - root2) / (m + root2), z2 = z * z;
  double sum = 0;
  for (int i = 23; i >= 1; i -= 2) sum = sum * z2 + 1.0 / i;
  return (power + 0.5) * (ln2_high + ln2_low) + 2 * z * sum;
}

void finish_row(std::span<const Head> heads, float* row) noexcept {
  for (const Head& head : heads) {
    if (head.kind == HeadKind::policy) {
      softmax(row, head.width);
    }
    for (std::size_t i = 0; i < head.width; ++i) {
      const double x = static_cast<double>(row[i]);
      if (head.kind == HeadKind::value) row[i] = static_cast<float>(hyperbolic_tangent(x));
      if (head.kind == HeadKind::probabilities) row[i] = static_cast<float>(sigmoid(x));
    }
    row += head.width;
  }
}

double loss_row(std::span<const Head> heads, std::span<const float> weights, const float* raw,
                const float* target, float* gradient) noexcept {
  double loss = 0;
  for (std::size_t h = 0; h < heads.size(); ++h) {
    const std::size_t width = heads[h].width;
    const double weight = h < weights.size() ? static_cast<double>(weights[h]) : 1.0;
    const HeadKind kind = heads[h].kind;
    if (kind == HeadKind::policy || kind == HeadKind::logits) {
      loss += softmax_loss(raw, target, width, weight, gradient);
    } else {
      for (std::size_t i = 0; i < width; ++i) {
        const double x = static_cast<double>(raw[i]), t = static_cast<double>(target[i]);
        if (kind == HeadKind::probabilities) {
          loss += sigmoid_loss(x, t, weight, gradient[i]);
        } else {
          const double y = kind == HeadKind::value ? hyperbolic_tangent(x) : x;
          loss += square_loss(y, kind == HeadKind::value ? 1 - y * y : 1, t, weight, gradient[i]);
        }
      }
    }
    raw += width;
    target += width;
    gradient += width;
  }
  return loss;
}

}  // namespace weir::search::nets
