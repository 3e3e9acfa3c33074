// bucket_clustering.hpp: points that lie near each other, put together: k-means by the earth mover's distance.
//
// Rows are bytes: of a histogram the share that lies above each of its edges. Between two such rows the earth mover's
// distance is the sum of the differences, and the point with the least sum of distances to many is, edge by edge, their
// median: so a step of Lloyd's never makes the whole worse, and all is done in integers. Transport is between
// histograms whose cells have any distances from each other; what it finds is a way to move the mass, taken greedily,
// and so never less than the earth mover's distance.
//
// Seeds are drawn by distance (k-means++); a cluster that loses its last point begins anew at the point that is worst
// off; the best of several restarts is kept. Clusters come in the order of the sums of their rows.
//
// Roles:  pure. Inside of a task all workers help; the result is the same for any number of them.
// Memory: 16 bytes a point beside the points, 128 KiB a worker.
// Cost:   a point against 200 centres 1.2 us (64 bytes), one core of a busy AMD EPYC (Zen 5), g++ 12 -O3.
// Source: Arthur, Vassilvitskii, "k-means++" (2007); Ganzfried, Sandholm, "Potential-aware imperfect-recall abstraction
//         with earth mover's distance" (2014): the greedy transport and its order of moves.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>
#include <weir/mccfr/bucket_watch.hpp>

namespace weir::mccfr::abstraction {

struct ClusterRules {
  int clusters = 200;
  int restarts = 2;
  int iterations = 30;  // of each restart, at most
  std::uint64_t seed = 1;
};

/// What a watch will count while clusters are found.
constexpr std::uint64_t cluster_steps(const ClusterRules& rules) noexcept {
  return static_cast<std::uint64_t>(rules.restarts) *
         static_cast<std::uint64_t>(1 + rules.iterations);
}

/// `width` bytes a row: 8 or 64.
struct Points {
  std::size_t width = 0;
  std::vector<std::uint8_t> rows;
  std::vector<std::uint32_t> weights;  // at least 1
  std::size_t size() const noexcept { return weights.size(); }
};

/// The sum of the differences. `width`: 8 or 64.
std::uint32_t row_distance(const std::uint8_t* a, const std::uint8_t* b,
                           std::size_t width) noexcept;

struct Nearest {
  std::uint16_t cluster = 0;
  std::uint32_t distance = 0;
};

/// How the points lie to the centres that were found.
struct Fit {
  std::vector<std::uint16_t> nearest;  // of each point
  std::uint64_t cost = 0;              // the sum of weights times distances
  std::vector<std::uint64_t> costs;    // the same before each step of the restart that was kept
};

struct Clusters {
  std::size_t width = 0;
  std::vector<std::uint8_t> rows;  // of the centres
  Fit fit;
  int count() const noexcept { return static_cast<int>(rows.size() / width); }
  /// The lowest of those that are as near.
  Nearest find(const std::uint8_t* row) const noexcept;
};

Clusters cluster_rows(const Points& points, const ClusterRules& rules, Watch& watch);

/// What the cells of a histogram are to each other. Any two are at least as far apart as their rows.
struct Ground {
  std::size_t width = 0;
  std::vector<std::uint8_t> rows;        // of the cells
  std::vector<std::uint16_t> distances;  // [a * count() + b]
  int count() const noexcept { return static_cast<int>(rows.size() / width); }
};

/// Cells whose distances are those of their rows.
Ground ground_of_rows(std::size_t width, std::vector<std::uint8_t> rows);

/// A mass in one cell.
struct Heap {
  std::uint16_t cell = 0;
  std::uint16_t mass = 0;
};

/// Each point: `cells` cells of equal mass.
struct CellPoints {
  std::size_t cells = 0;
  std::vector<std::uint16_t> rows;     // ascending
  std::vector<std::uint32_t> weights;  // at least 1
  std::size_t size() const noexcept { return weights.size(); }
};

/// Clusters of histograms over the cells of a ground.
class TransportClusters {
 public:
  static TransportClusters make(const Ground& ground, const CellPoints& points,
                                const ClusterRules& rules, Watch& watch);

  int count() const noexcept { return static_cast<int>(masses_.size() / cells_); }
  /// Of a point of as many cells as those it was made from. Cost: 3 to 10 us with 200 cells and clusters.
  Nearest find(const std::uint16_t* row) const;
  /// Centres as cells of the histograms of the street before.
  Ground ground() const;

  const Fit& fit() const noexcept { return fit_; }

 private:
  friend class TransportSpace;
  TransportClusters(const Ground& ground, std::size_t point_cells);
  /// Moves `heaps` onto the centre; anything from `bound` on may be answered when that is reached.
  std::uint32_t move(std::span<const Heap> heaps, std::size_t centre, std::uint32_t bound) const;
  std::uint32_t least(std::uint32_t row_sum) const noexcept;

  std::size_t cells_ = 0, point_cells_ = 0, width_ = 0;
  std::vector<std::uint8_t> cell_rows_;
  std::vector<std::uint32_t>
      near_;  // [cell * cells + i]: the i-th nearest cell, and its distance << 16
  std::vector<std::uint16_t> masses_;  // [centre * cells + cell]
  std::vector<std::uint8_t> rows_;     // of the centres: the mean of their cells'
  Fit fit_;
};

}  // namespace weir::mccfr::abstraction
