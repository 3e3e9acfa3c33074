// Distances against transports that are searched for, clusters against those that were planted.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <weir/mccfr/bucket_clustering.hpp>
#include <weir/runtime.hpp>

#include "support/tier.hpp"

namespace weir::mccfr::abstraction::clustering_test {

using weir::test::Random;

namespace {

/// The least sum over all ways to give each of `a` one of `b`.
std::uint32_t least_transport(const std::vector<std::uint16_t>& a, std::vector<std::uint16_t> b,
                              const Ground& ground) {
  std::sort(b.begin(), b.end());
  std::uint32_t least = ~std::uint32_t{0};
  do {
    std::uint32_t sum = 0;
    for (std::size_t k = 0; k < a.size(); ++k)
      sum += ground.distances[a[k] * static_cast<std::size_t>(ground.count()) + b[k]];
    least = std::min(least, sum);
  } while (std::next_permutation(b.begin(), b.end()));
  return least;
}

/// Cells as points of a space of bytes.
Ground random_ground(Random& random, std::size_t cells) {
  std::vector<std::uint8_t> rows(cells * 8);
  for (std::uint8_t& byte : rows) byte = static_cast<std::uint8_t>(random.below(256));
  return ground_of_rows(8, std::move(rows));
}

std::vector<std::uint16_t> random_cells(Random& random, std::size_t n, std::uint32_t cells) {
  std::vector<std::uint16_t> row;
  for (std::size_t k = 0; k < n; ++k)
    row.push_back(static_cast<std::uint16_t>(random.below(cells)));
  std::sort(row.begin(), row.end());
  return row;
}

CellPoints points_of(const std::vector<std::vector<std::uint16_t>>& rows) {
  CellPoints points;
  points.cells = rows.front().size();
  for (const auto& row : rows) {
    points.rows.insert(points.rows.end(), row.begin(), row.end());
    points.weights.push_back(1);
  }
  return points;
}

/// `groups` far from each other, with `each` points around each middle.
Points planted(Random& random, std::size_t groups, std::size_t each, std::size_t width) {
  Points points;
  points.width = width;
  for (std::size_t i = 0; i < groups * each; ++i) {
    const std::size_t group = i % groups;
    for (std::size_t k = 0; k < width; ++k) {
      const bool high = k % groups == group;
      points.rows.push_back(static_cast<std::uint8_t>((high ? 200 : 40) + random.below(8)));
    }
    points.weights.push_back(1 + random.below(24));
  }
  return points;
}

std::uint64_t cost_of(const Points& points, const Clusters& clusters) {
  std::uint64_t cost = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::uint32_t least = ~std::uint32_t{0};
    for (int c = 0; c < clusters.count(); ++c) {
      std::uint32_t sum = 0;
      for (std::size_t k = 0; k < points.width; ++k) {
        sum += static_cast<std::uint32_t>(
            std::abs(points.rows[i * points.width + k] -
                     clusters.rows[static_cast<std::size_t>(c) * points.width + k]));
      }
      least = std::min(least, sum);
    }
    CHECK(clusters.find(points.rows.data() + i * points.width).distance == least);
    cost += std::uint64_t{least} * points.weights[i];
  }
  return cost;
}

}  // namespace

TEST_CASE("buckets: the distance of histograms is the least transport between them") {
  Random random(weir::test::seed(51));
  for (int i = 0; i < 300; ++i) {
    // Six units of mass in 65 bins; rows say how many lie above each of the 64 edges.
    std::array<std::vector<std::uint16_t>, 2> units;
    std::array<std::array<std::uint8_t, 64>, 2> rows{};
    for (std::size_t side = 0; side < 2; ++side) {
      units[side] = random_cells(random, 6, 65);
      for (const std::uint16_t bin : units[side])
        for (std::size_t edge = 0; edge < bin; ++edge) ++rows[side][edge];
    }
    Ground line{1, {}, std::vector<std::uint16_t>(65 * 65)};
    line.rows.resize(65);
    for (std::size_t a = 0; a < 65; ++a)
      for (std::size_t b = 0; b < 65; ++b)
        line.distances[a * 65 + b] = static_cast<std::uint16_t>(a < b ? b - a : a - b);
    CHECK(row_distance(rows[0].data(), rows[1].data(), 64) ==
          least_transport(units[0], units[1], line));
  }
}

TEST_CASE("buckets: a greedy transport costs as much as the least one or little more") {
  Random random(weir::test::seed(52));
  std::uint64_t greedy = 0, least = 0;
  for (int i = 0; i < 400; ++i) {
    const Ground ground = random_ground(random, 10);
    const auto from = random_cells(random, 6, 10), to = random_cells(random, 6, 10);
    Watch watch;
    const auto made = TransportClusters::make(ground, points_of({to}), {1, 1, 2, 1}, watch);
    const std::uint32_t found = made.find(from.data()).distance;
    const std::uint32_t exact = least_transport(from, to, ground);
    CHECK(found >= exact / 6);
    greedy += found;
    least += exact / 6;
    CHECK(made.find(to.data()).distance == 0);
  }
  CHECK(least > 0);
  CHECK(static_cast<double>(greedy) < 1.15 * static_cast<double>(least));
}

TEST_CASE("buckets: what a bound passes over is never the nearest centre") {
  Random random(weir::test::seed(53));
  const Ground ground = random_ground(random, 12);
  std::vector<std::vector<std::uint16_t>> centres;
  while (centres.size() < 20) {
    auto row = random_cells(random, 46, 12);
    if (std::find(centres.begin(), centres.end(), row) == centres.end()) centres.push_back(row);
  }
  Watch watch;
  const auto all = TransportClusters::make(ground, points_of(centres), {20, 1, 1, 7}, watch);
  std::vector<TransportClusters> single;
  for (const auto& row : centres)
    single.push_back(TransportClusters::make(ground, points_of({row}), {1, 1, 1, 7}, watch));
  for (int i = 0; i < 500; ++i) {
    const auto row = random_cells(random, 46, 12);
    std::uint32_t least = ~std::uint32_t{0};
    for (const auto& one : single) least = std::min(least, one.find(row.data()).distance);
    CHECK(all.find(row.data()).distance == least);
  }
}

TEST_CASE(
    "buckets: planted clusters are found, and each step of the search is none for the worse") {
  Random random(weir::test::seed(54));
  for (const std::size_t width : {std::size_t{8}, std::size_t{64}}) {
    for (const std::size_t groups : {2U, 3U, 7U}) {
      CAPTURE(width);
      CAPTURE(groups);
      const Points points = planted(random, groups, 60, width);
      Watch watch;
      const Clusters made = cluster_rows(points, {static_cast<int>(groups), 3, 30, 5}, watch);
      for (std::size_t i = 0; i < points.size(); ++i) {
        CHECK(made.fit.nearest[i] == made.fit.nearest[i % groups]);
        CHECK(made.find(points.rows.data() + i * width).cluster == made.fit.nearest[i]);
      }
      std::vector<std::uint16_t> firsts(made.fit.nearest.begin(),
                                        made.fit.nearest.begin() + static_cast<long>(groups));
      std::sort(firsts.begin(), firsts.end());
      for (std::size_t g = 0; g < groups; ++g) CHECK(firsts[g] == g);
      CHECK(made.fit.cost == cost_of(points, made));
      CHECK(std::is_sorted(made.fit.costs.rbegin(), made.fit.costs.rend()));
      CHECK(made.fit.costs.back() == made.fit.cost);
    }
  }
}

TEST_CASE("buckets: more clusters than planted still come down, in the order of their sums") {
  Random random(weir::test::seed(55));
  Points points = planted(random, 3, 200, 64);
  Watch watch;
  std::uint64_t before = ~std::uint64_t{0};
  for (const int clusters : {1, 3, 9, 40}) {
    const Clusters made = cluster_rows(points, {clusters, 2, 30, 5}, watch);
    CHECK(made.fit.cost < before);
    before = made.fit.cost;
    std::vector<std::uint64_t> sums;
    for (int c = 0; c < clusters; ++c) {
      const auto* const row = made.rows.data() + c * 64;
      sums.push_back(std::accumulate(row, row + 64, std::uint64_t{0}));
    }
    CHECK(std::is_sorted(sums.begin(), sums.end()));
  }
  // Fewer points than clusters: some have none, and nothing is lost.
  points.rows.resize(5 * 64);
  points.weights.resize(5);
  CHECK(cluster_rows(points, {40, 2, 30, 5}, watch).fit.cost == 0);
}

TEST_CASE("buckets: one, two and four workers find the same clusters") {
  Random random(weir::test::seed(56));
  const Points points = planted(random, 5, 500, 64);
  const Ground ground = random_ground(random, 30);
  std::vector<std::vector<std::uint16_t>> rows;
  for (int i = 0; i < 1000; ++i) rows.push_back(random_cells(random, 46, 30));
  const CellPoints cells = points_of(rows);
  Clusters first;
  Ground first_ground;
  for (const int workers : {0, 1, 2, 4}) {
    weir::Config config;
    config.workers = workers;
    auto runtime = weir::Runtime::start(config);
    REQUIRE(runtime.ok());
    Clusters made;
    Ground made_ground;
    CHECK(runtime.value()->run([&] {
      Watch watch;
      made = cluster_rows(points, {20, 2, 10, 9}, watch);
      made_ground = TransportClusters::make(ground, cells, {12, 2, 5, 9}, watch).ground();
    }) == weir::Status::accepted);
    if (workers == 0) {
      first = made;
      first_ground = made_ground;
    }
    CHECK(made.rows == first.rows);
    CHECK(made.fit.nearest == first.fit.nearest);
    CHECK(made_ground.rows == first_ground.rows);
    CHECK(made_ground.distances == first_ground.distances);
  }
  Watch watch;
  CHECK(cluster_rows(points, {20, 2, 10, 10}, watch).rows != first.rows);  // another seed
}

TEST_CASE(
    "buckets: buckets as cells are at least as far apart as their rows, and to themselves not at "
    "all") {
  Random random(weir::test::seed(57));
  const Ground ground = random_ground(random, 20);
  std::vector<std::vector<std::uint16_t>> rows;
  for (int i = 0; i < 600; ++i) rows.push_back(random_cells(random, 47, 20));
  Watch watch;
  const auto made = TransportClusters::make(ground, points_of(rows), {15, 2, 20, 3}, watch);
  const Ground next = made.ground();
  for (std::size_t a = 0; a < 15; ++a) {
    CHECK(next.distances[a * 15 + a] == 0);
    for (std::size_t b = 0; b < 15; ++b) {
      CHECK(next.distances[a * 15 + b] == next.distances[b * 15 + a]);
      CHECK(next.distances[a * 15 + b] >=
            row_distance(next.rows.data() + a * 8, next.rows.data() + b * 8, 8));
    }
  }
  CHECK(made.fit().costs.size() > 1);
  CHECK(made.fit().cost < made.fit().costs.front());
}

}  // namespace weir::mccfr::abstraction::clustering_test
