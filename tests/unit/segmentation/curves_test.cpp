#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <vector>
#include <weir/segmentation/curves.hpp>

using namespace weir::segmentation;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

std::vector<VoltageStat> branch(const std::vector<double>& v, const std::vector<double>& i) {
  std::vector<VoltageStat> stats;
  for (std::size_t k = 0; k < v.size(); ++k) stats.push_back({v[k], i[k], not_a_number, 1});
  return stats;
}

template <class F, class G>
std::vector<LoopPoint> loop_of(F&& forward, G&& back, double v_max, int points) {
  std::vector<double> v, up, down;
  for (int k = 0; k < points; ++k) {
    v.push_back(-v_max + 2 * v_max * k / (points - 1));
    up.push_back(forward(v.back()));
    down.push_back(back(v.back()));
  }
  return join_branches(branch(v, up), branch(v, down), 6);
}

}  // namespace

TEST_CASE("curves: statistics by voltage are those of the sample, one sample has no deviation") {
  VoltageStatistics statistics;
  for (const double i : {2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}) CHECK(statistics.add(1.5, i));
  CHECK(statistics.add(-1.0, 3e-9));
  CHECK(statistics.add(0.0, 1.0));
  CHECK(statistics.add(-0.0, 2.0));
  CHECK(!statistics.add(not_a_number, 1.0));
  CHECK(!statistics.add(1.5, not_a_number));
  CHECK(!statistics.add(std::numeric_limits<double>::infinity(), 1.0));
  const auto stats = statistics.sorted();
  REQUIRE(stats.size() == 3);
  CHECK(statistics.voltages() == 3);
  CHECK(stats[0].v == -1.0);
  CHECK(stats[0].mean == 3e-9);
  CHECK(stats[0].n == 1);
  CHECK(std::isnan(stats[0].std));
  CHECK(stats[1].n == 2);
  CHECK(!std::signbit(stats[1].v));
  CHECK(stats[1].std == doctest::Approx(std::sqrt(0.5)));
  CHECK(stats[2].mean == doctest::Approx(5.0));
  CHECK(stats[2].std == doctest::Approx(std::sqrt(32.0 / 7)));
}

TEST_CASE("curves: small differences of large currents keep their deviation") {
  VoltageStatistics statistics;
  for (int k = 0; k < 1000; ++k) statistics.add(1, 1e3 + (k % 2) * 1e-6);
  CHECK(statistics.sorted()[0].std == doctest::Approx(1e-6 * std::sqrt(250.0 / 999)).epsilon(1e-9));
}

TEST_CASE("curves: branches join at rounded voltages, each forward one with its nearest partner") {
  const auto forward = branch({-0.0105, -0.0005, 0.0, 0.0105, 0.5}, {1, 2, 3, 4, 5});
  const auto back = branch({-0.01, -0.0005, 0.0005, 0.01, 0.7}, {10, 20, 30, 40, 50});
  const auto loop = join_branches(forward, back, 2);
  REQUIRE(loop.size() == 4);
  CHECK(loop[0].back.mean == 10);
  CHECK(loop[1].back.mean == 20);
  CHECK(loop[2].back.mean == 20);  // 0.0005 away on both sides: the lower
  CHECK(loop[3].back.mean == 40);
  CHECK(loop[3].hysteresis() == -36);
  CHECK(std::isnan(loop[3].hysteresis_std()));
  CHECK(join_branches(forward, {}, 2).empty());
  LoopPoint point;
  point.forward.std = 3;
  point.back.std = 4;
  CHECK(point.hysteresis_std() == 5);
}

TEST_CASE("curves: the area of known loops") {
  const auto square = [](double v) { return std::sqrt(std::max(0.0, 1 - v * v)); };
  const auto circle = loop_of(
      square, [&](double v) { return -square(v); }, 1.0, 20001);
  CHECK(loop_area(circle).net == doctest::Approx(std::numbers::pi).epsilon(1e-5));
  CHECK(loop_area(circle).absolute == loop_area(circle).net);
  // A parallelogram of height 2 over 6 V.
  const auto parallelogram =
      loop_of([](double v) { return v - 1; }, [](double v) { return v + 1; }, 3, 61);
  CHECK(loop_area(parallelogram).net == doctest::Approx(-12));
  CHECK(loop_area(parallelogram).absolute == doctest::Approx(12));
  // Pinched: two triangles of 1/2 each that cancel; the crossing falls between two points.
  const auto pinched = loop_of([](double v) { return v; }, [](double) { return 0.0; }, 1, 10);
  CHECK(loop_area(pinched).net == doctest::Approx(0).epsilon(1e-12));
  CHECK(loop_area(pinched).absolute == doctest::Approx(1));
  CHECK(loop_area({}).absolute == 0);
}

TEST_CASE("curves: zero crossings are interpolated, zeros themselves count once") {
  const std::vector<double> x = {-2, -1, 0, 1, 2, 3, 4};
  CHECK(zero_crossings(x, std::vector<double>{-3, -1, 1, 1, 1, 1, 1}) == std::vector<double>{-0.5});
  CHECK(zero_crossings(x, std::vector<double>{1, 1, 0, 0, 1, -3, -1}) ==
        std::vector<double>{0.0, 2.25});
  CHECK(zero_crossings(x, std::vector<double>{0, 1, 1, 1, 1, 1, 0}) ==
        std::vector<double>{-2.0, 4.0});
  CHECK(zero_crossings(x, std::vector<double>{-1, not_a_number, 1, 1, 1, 1, 1}) ==
        std::vector<double>{-1.0});
  CHECK(zero_crossings(x, std::vector<double>{1, 1, 1, 1, 1, 1, 1}).empty());
  CHECK(zero_crossings({}, {}).empty());
}

TEST_CASE("curves: the coercive voltage of a known loop") {
  std::vector<double> v, up, down;
  for (int k = -10; k <= 10; ++k) {
    v.push_back(0.3 * k);
    up.push_back(2e-6 * (v.back() - 0.75));  // zero between two points
    down.push_back(2e-6 * (v.back() + 0.35));
  }
  const CoerciveVoltage found = coercive_voltage(branch(v, up), branch(v, down));
  CHECK(*found.forward == doctest::Approx(0.75));
  CHECK(*found.back == doctest::Approx(-0.35));
  CHECK(*found.coercive() == doctest::Approx(0.55));
  CHECK(*found.offset() == doctest::Approx(0.2));
  const auto none = coercive_voltage(branch(v, up), branch({1, 2}, {1, 2}));
  CHECK(none.forward.has_value());
  CHECK(!none.coercive().has_value());
  // Of several zeros the one nearest to 0 V.
  const auto several = coercive_voltage(branch({-4, -3, -1, 2}, {-1, 1, -1, 1}), {});
  CHECK(*several.forward == doctest::Approx(0.5));
}

TEST_CASE("curves: peaks are the first of equal ones, what is not finite is passed over") {
  const std::vector<double> v = {0, 1, 2, 3, 4};
  const Peaks peaks = find_peaks(v, std::vector<double>{not_a_number, 2, -3, 2, -3});
  CHECK(peaks.maximum->v == 1);
  CHECK(peaks.maximum->value == 2);
  CHECK(peaks.minimum->v == 2);
  CHECK(peaks.absolute->v == 2);
  CHECK(peaks.absolute->value == -3);
  CHECK(!find_peaks(v, std::vector<double>(5, not_a_number)).maximum.has_value());
  CHECK(!find_peaks({}, {}).absolute.has_value());
}

TEST_CASE("curves: spread of few values") {
  const Spread spread = spread_of(std::vector<double>{1, not_a_number, 3});
  CHECK(spread.n == 2);
  CHECK(spread.mean == 2);
  CHECK(spread.std == doctest::Approx(std::sqrt(2.0)));
  CHECK(spread.max == 3);
  CHECK(spread.min == 1);
  CHECK(std::isnan(spread_of(std::vector<double>{1}).std));
  CHECK(std::isnan(spread_of({}).mean));
}

TEST_CASE("curves: thinning keeps ends and extremes and never more than it may") {
  std::mt19937_64 random(3);
  std::normal_distribution<double> noise;
  for (std::size_t n = 1; n < 3000; n = n * 2 + 1) {
    std::vector<double> v, i;
    for (std::size_t k = 0; k < n; ++k) {
      v.push_back(noise(random));
      i.push_back(noise(random));
    }
    for (const std::size_t most : {6u, 7u, 64u, 500u}) {
      CAPTURE(n);
      CAPTURE(most);
      const auto kept = thin_curve(v, i, most);
      CHECK(kept.size() <= std::max<std::size_t>(most, 1));
      CHECK(kept.size() <= n);
      CHECK(std::is_sorted(kept.begin(), kept.end()));
      CHECK(kept.front() == 0);
      CHECK(kept.back() == n - 1);
      for (const auto& curve : {v, i}) {
        const auto at = [&](auto iterator) {
          return static_cast<std::size_t>(iterator - curve.begin());
        };
        const auto [low, high] = std::minmax_element(curve.begin(), curve.end());
        CHECK(std::count(kept.begin(), kept.end(), at(low)) == 1);
        CHECK(std::count(kept.begin(), kept.end(), at(high)) == 1);
      }
    }
  }
  CHECK(thin_curve({}, {}, 8).empty());
}
