#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>
#include <weir/segmentation/exact_moments.hpp>

using namespace weir::segmentation;

namespace {

ExactMoments moments_of(const std::vector<double>& values) {
  ExactMoments moments;
  for (const double value : values) REQUIRE(moments.add(value));
  return moments;
}

}  // namespace

TEST_CASE("exact_moments: known samples, and what has no mean or deviation") {
  const ExactMoments eight = moments_of({2, 4, 4, 4, 5, 5, 7, 9});
  CHECK(eight.count() == 8);
  CHECK(eight.mean() == 5);
  CHECK(eight.deviation() == std::sqrt(32.0 / 7));
  CHECK(moments_of({-3e-9}).mean() == -3e-9);
  CHECK(std::isnan(moments_of({-3e-9}).deviation()));
  CHECK(std::isnan(ExactMoments().mean()));
  CHECK(moments_of({-1, -2, -4}).mean() == -7.0 / 3);
  CHECK(moments_of({1e4, -1e4}).mean() == 0);
  CHECK(moments_of({1e4, -1e4}).deviation() == std::sqrt(2e8));
  CHECK(moments_of({0, 0}).deviation() == 0);
}

TEST_CASE("exact_moments: what does not fit is refused and changes nothing") {
  ExactMoments moments = moments_of({1, 3});
  const double inf = std::numeric_limits<double>::infinity();
  for (const double value : {9.9e37, -1.1e4, inf, -inf, std::nan("")}) {
    CHECK(!ExactMoments::fits(value));
    CHECK(!moments.add(value));
  }
  CHECK(moments.count() == 2);
  CHECK(moments.mean() == 2);
  CHECK(moments.add(1e-300));  // below the grid: zero
  CHECK(moments.mean() == 4.0 / 3);
}

TEST_CASE("exact_moments: equal values have themselves as mean and no deviation, however many") {
  for (const double value : {0.1, -1e-9, 3.3e-15, 9999.9}) {
    ExactMoments moments;
    for (int k = 0; k < 100'003; ++k) moments.add(value);
    CHECK(moments.mean() == value);
    CHECK(moments.deviation() == 0);
  }
}

TEST_CASE("exact_moments: a difference far below the mean is kept") {
  ExactMoments moments;
  for (int k = 0; k < 1000; ++k) moments.add(1000 + (k % 2 == 0 ? 0x1p-40 : 0));
  CHECK(moments.deviation() == doctest::Approx(0x1p-40 * std::sqrt(250.0 / 999)).epsilon(1e-15));
}

TEST_CASE("exact_moments: any order gives the same bits, near those of plain sums") {
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> unit(-1, 1);
  std::uniform_int_distribution<int> power(-14, 3);
  for (int round = 0; round < 50; ++round) {
    CAPTURE(round);
    std::vector<double> values;
    for (int k = 0; k < 2 + 7 * round; ++k)
      values.push_back(unit(random) * std::pow(10.0, round % 2 == 0 ? -9 : power(random)));
    const ExactMoments first = moments_of(values);
    long double sum = 0, squares = 0;
    for (const double value : values) sum += value;
    const long double mean = sum / static_cast<long double>(values.size());
    for (const double value : values) squares += (value - mean) * (value - mean);
    const auto rest = static_cast<long double>(values.size() - 1);
    CHECK(first.mean() == doctest::Approx(static_cast<double>(mean)).epsilon(1e-12));
    CHECK(first.deviation() ==
          doctest::Approx(static_cast<double>(std::sqrt(squares / rest))).epsilon(1e-14));
    for (int again = 0; again < 5; ++again) {
      std::shuffle(values.begin(), values.end(), random);
      const ExactMoments other = moments_of(values);
      CHECK(other.mean() == first.mean());
      CHECK(other.deviation() == first.deviation());
    }
  }
}
