#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <weir/mccfr/discount.hpp>

namespace weir::mccfr {
namespace {

/// As many finite numbers with commas between as there are places.
bool read_factors(std::string_view text, std::span<double> out) {
  for (std::size_t k = 0; k < out.size(); ++k) {
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, out[k]);
    if (read.ec != std::errc{} || !std::isfinite(out[k])) return false;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    if (k + 1 == out.size()) return text.empty();
    if (text.empty() || text.front() != ',') return false;
    text.remove_prefix(1);
  }
  return false;
}

}  // namespace

DiscountFactors Discount::factors(std::uint64_t step) const noexcept {
  const auto k = static_cast<double>(step);
  switch (kind) {
    case Kind::linear:
      return {k / (k + 1), k / (k + 1), k / (k + 1)};
    case Kind::dcfr: {
      // k^A / (k^A + 1), written so that no power overflows.
      return {1 / (1 + std::pow(k, -a)), 1 / (1 + std::pow(k, -b)), std::pow(k / (k + 1), g)};
    }
    case Kind::fixed:
      return {a, a, b};
    default:
      return {};
  }
}

DiscountFactors Discount::factors(std::uint64_t taken, std::uint64_t count) const noexcept {
  DiscountFactors all;
  for (std::uint64_t step = taken + 1; step <= taken + count; ++step) {
    const DiscountFactors one = factors(step);
    all.positive *= one.positive;
    all.negative *= one.negative;
    all.average *= one.average;
  }
  return all;
}

std::uint64_t Discount::steps_at_once(std::uint64_t taken) const noexcept {
  constexpr std::uint64_t most = 65'536;
  DiscountFactors all;
  for (std::uint64_t count = 0; count < most; ++count) {
    const DiscountFactors one = factors(taken + count + 1);
    all.positive *= one.positive;
    all.negative *= one.negative;
    all.average *= one.average;
    if (std::min({all.positive, all.negative, all.average}) < 1 - 1.0 / 8)
      return std::max<std::uint64_t>(count, 1);
  }
  return most;
}

std::string Discount::text() const {
  switch (kind) {
    case Kind::linear:
      return "linear";
    case Kind::dcfr:
      return fmt::format("dcfr:{},{},{}", a, b, g);
    case Kind::fixed:
      return fmt::format("static:{},{}", a, b);
    default:
      return "none";
  }
}

Result<Discount> Discount::parse(std::string_view text) {
  Discount discount;
  std::array<double, 3> numbers{};
  const std::size_t colon = text.find(':');
  const std::string_view word = text.substr(0, colon);
  const std::string_view rest =
      colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  if (text == "none") return discount;
  if (text == "linear") {
    discount.kind = Kind::linear;
    return discount;
  }
  if (text == "dcfr") {
    discount.kind = Kind::dcfr;
    return discount;
  }
  if (word == "dcfr" && read_factors(rest, numbers) && numbers[2] >= 0) {
    discount = {Kind::dcfr, numbers[0], numbers[1], numbers[2]};
    return discount;
  }
  if (word == "static" && read_factors(rest, std::span(numbers).first(2)) && numbers[0] > 0 &&
      numbers[0] <= 1 && numbers[1] > 0 && numbers[1] <= 1) {
    discount = {Kind::fixed, numbers[0], numbers[1], 0};
    return discount;
  }
  return Error{"usage",
               "\"" + std::string(text) +
                   "\" is no discount: none, linear, dcfr:A,B,G (G at least 0) or static:A,B (both "
                   "above 0, at most 1)",
               "--discount"};
}

}  // namespace weir::mccfr
