#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>
#include <weir/search/tree_pick.hpp>
#include <weir/search/tree_random.hpp>

namespace weir::search::games {

namespace {

struct PickCase {
  alignas(64) std::uint32_t visits[64]{};
  alignas(64) std::uint64_t values[64]{};
  alignas(64) float priors[64]{};
  std::uint32_t total = 0;

  PickCase(Xorshift& random, std::uint32_t lanes, std::uint32_t visits_max) {
    for (std::uint32_t i = 0; i < 64; ++i) {
      const bool open = i < lanes && random.below(8) != 0;
      priors[i] =
          open ? static_cast<float>(random.unit()) : -std::numeric_limits<float>::infinity();
      if (i >= lanes || random.below(4) == 0) continue;
      visits[i] = random.below(visits_max);
      values[i] = static_cast<std::uint64_t>(random.unit() * value_unit * visits[i]);
      total += visits[i];
    }
    priors[0] = 0.25F;
  }
  Lanes lanes(std::uint32_t count) const {
    return {visits, values, priors, padded_lanes(count), total};
  }
  double score(std::uint32_t i, double exploration, double unvisited) const {
    const double n = visits[i];
    const double value =
        visits[i] == 0 ? unvisited : static_cast<double>(values[i]) / value_unit / n;
    return value + static_cast<double>(priors[i]) * exploration *
                       std::sqrt(total == 0 ? 1.0 : total) / (1.0 + n);
  }
};

/// Those that this processor has beside the baseline.
std::vector<PickLane> wider_ways() {
  std::vector<PickLane> ways;
  if (has_avx2()) ways.push_back(pick_lane_avx2);
  if (has_avx512()) ways.push_back(pick_lane_avx512);
  return ways;
}

}  // namespace

TEST_CASE("pick: all ways choose the same lane, and its score is the highest") {
  if (!has_avx2()) MESSAGE("SKIP: no AVX2 here");
  if (!has_avx512()) MESSAGE("SKIP: no AVX-512 here");
  Xorshift random(2);
  for (const std::uint32_t lanes : {1U, 7U, 8U, 9U, 16U, 50U, 64U}) {
    for (int i = 0; i < 4000; ++i) {
      const PickCase scan(random, lanes, i % 2 == 0 ? 5 : 1'000'000'000U / 64);
      const auto exploration = static_cast<float>(random.unit() * 3.0 + 0.01);
      const std::uint32_t picked = pick_lane_sse2(scan.lanes(lanes), exploration, 0.5F);
      for (const PickLane other : wider_ways())
        REQUIRE(other(scan.lanes(lanes), exploration, 0.5F) == picked);
      REQUIRE(picked < lanes);
      REQUIRE(std::isfinite(scan.priors[picked]));
      const double best = scan.score(picked, static_cast<double>(exploration), 0.5);
      for (std::uint32_t lane = 0; lane < lanes; ++lane) {
        REQUIRE(scan.score(lane, static_cast<double>(exploration), 0.5) <=
                best + 1e-4 * std::abs(best));
      }
    }
  }
}

TEST_CASE("pick: of equal lanes the first is taken") {
  PickCase scan = [] {
    Xorshift random(1);
    return PickCase(random, 64, 2);
  }();
  for (std::uint32_t i = 0; i < 64; ++i) {
    scan.visits[i] = 3;
    scan.values[i] = 1000;
    scan.priors[i] = i < 5 ? -std::numeric_limits<float>::infinity() : 0.1F;
  }
  for (const std::uint32_t lanes : {8U, 50U, 64U}) {
    CHECK(pick_lane_sse2(scan.lanes(lanes), 1.0F, 0.5F) == 5);
    for (const PickLane other : wider_ways()) CHECK(other(scan.lanes(lanes), 1.0F, 0.5F) == 5);
  }
}

}  // namespace weir::search::games
