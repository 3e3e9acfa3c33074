// Clusters of histograms over cells with any distances. A move of mass costs at least the distance of the two means:
// most centres are passed over by that alone.
#include <algorithm>
#include <cstring>
#include <weir/check.hpp>
#include <weir/mccfr/bucket_clustering.hpp>

#include "bucket_lloyd.hpp"

namespace weir::mccfr::abstraction {
namespace {

constexpr std::uint32_t unit = 64;  // mass of one of a point's cells
constexpr std::size_t point_cells_max = 64, width_max = 64;

/// Same cells put together.
std::size_t heaps_of(const std::uint16_t* row, std::size_t cells, Heap* heaps) noexcept {
  std::size_t n = 0;
  for (std::size_t k = 0; k < cells; ++k) {
    if (n == 0 || heaps[n - 1].cell != row[k]) heaps[n++] = {row[k], 0};
    heaps[n - 1].mass = static_cast<std::uint16_t>(heaps[n - 1].mass + unit);
  }
  return n;
}

/// Whole parts of `total` in the ratio of `shares`, which sum to `all`: the largest remainders are rounded up.
void apportion(const std::vector<std::uint64_t>& shares, std::uint64_t all, std::uint32_t total,
               std::uint16_t* parts) {
  std::vector<std::pair<std::uint64_t, std::size_t>> rests;
  std::uint32_t given = 0;
  for (std::size_t k = 0; k < shares.size(); ++k) {
    parts[k] = static_cast<std::uint16_t>(shares[k] * total / all);
    given += parts[k];
    if (shares[k] * total % all != 0) rests.emplace_back(shares[k] * total % all, k);
  }
  std::sort(rests.begin(), rests.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  for (std::size_t k = 0; given < total; ++k, ++given) ++parts[rests[k].second];
}

}  // namespace

Ground ground_of_rows(std::size_t width, std::vector<std::uint8_t> rows) {
  Ground ground{width, std::move(rows), {}};
  const auto n = static_cast<std::size_t>(ground.count());
  ground.distances.resize(n * n);
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = 0; b < n; ++b) {
      ground.distances[a * n + b] = static_cast<std::uint16_t>(
          row_distance(ground.rows.data() + a * width, ground.rows.data() + b * width, width));
    }
  }
  return ground;
}

TransportClusters::TransportClusters(const Ground& ground, std::size_t point_cells)
    : cells_(static_cast<std::size_t>(ground.count())),
      point_cells_(point_cells),
      width_(ground.width),
      cell_rows_(ground.rows),
      near_(cells_ * cells_) {
  for (std::size_t cell = 0; cell < cells_; ++cell) {
    std::uint32_t* const row = near_.data() + cell * cells_;
    for (std::size_t other = 0; other < cells_; ++other) {
      row[other] = static_cast<std::uint32_t>(ground.distances[cell * cells_ + other]) << 16 |
                   static_cast<std::uint32_t>(other);
    }
    std::sort(row, row + cells_);
  }
}

std::uint32_t TransportClusters::move(std::span<const Heap> heaps, std::size_t centre,
                                      std::uint32_t bound) const {
  std::array<std::uint16_t, 1024> room;
  std::memcpy(room.data(), masses_.data() + centre * cells_, cells_ * sizeof(std::uint16_t));
  std::array<Heap, 1024> left;
  std::copy(heaps.begin(), heaps.end(), left.begin());
  std::size_t n = heaps.size();
  std::uint32_t cost = 0;
  for (std::size_t i = 0; i < cells_ && n > 0; ++i) {
    std::size_t kept = 0;
    for (std::size_t j = 0; j < n; ++j) {
      const Heap heap = left[j];
      const std::uint32_t near = near_[heap.cell * cells_ + i];
      std::uint16_t& free = room[near & 0xffff];
      const std::uint16_t moved = std::min(free, heap.mass);
      free = static_cast<std::uint16_t>(free - moved);
      cost += moved * (near >> 16);
      left[kept] = {heap.cell, static_cast<std::uint16_t>(heap.mass - moved)};
      kept += heap.mass != moved ? 1 : 0;
    }
    n = kept;
    if (cost >= bound) return cost;
  }
  return cost;
}

/// A cost below which no move is whose means differ by `row_sum`: each byte of the two was rounded by half at most.
std::uint32_t TransportClusters::least(std::uint32_t row_sum) const noexcept {
  return static_cast<std::uint32_t>((row_sum > width_ ? row_sum - width_ : 0) * point_cells_ *
                                    unit);
}

class TransportSpace {
 public:
  struct Centres {
    std::vector<std::uint16_t> masses;
    std::vector<std::uint8_t> rows;
  };

  TransportSpace(TransportClusters& made, const CellPoints& points, std::size_t clusters)
      : made_(made), points_(points), rows_(points.size() * made.width_) {
    made_.masses_.resize(clusters * made_.cells_);
    made_.rows_.resize(clusters * made_.width_);
    parallel_for(0, points.size(), 1024, [this](std::size_t i) {
      mean_row(made_, points_.rows.data() + i * points_.cells, rows_.data() + i * made_.width_);
    });
  }

  /// The mean of the rows of a point's cells.
  static void mean_row(const TransportClusters& made, const std::uint16_t* row,
                       std::uint8_t* mean) noexcept {
    std::array<std::uint32_t, width_max> sums{};
    for (std::size_t k = 0; k < made.point_cells_; ++k) {
      const std::uint8_t* const cell = made.cell_rows_.data() + row[k] * made.width_;
      for (std::size_t w = 0; w < made.width_; ++w) sums[w] += cell[w];
    }
    const auto n = static_cast<std::uint32_t>(made.point_cells_);
    for (std::size_t w = 0; w < made.width_; ++w)
      mean[w] = static_cast<std::uint8_t>((sums[w] + n / 2) / n);
  }

  std::size_t size() const noexcept { return points_.size(); }
  std::uint32_t weight(std::size_t i) const noexcept { return points_.weights[i]; }
  void place(std::size_t centre, std::size_t i) {
    std::uint16_t* const masses = made_.masses_.data() + centre * made_.cells_;
    std::fill_n(masses, made_.cells_, std::uint16_t{0});
    for (std::size_t k = 0; k < points_.cells; ++k) {
      std::uint16_t& mass = masses[points_.rows[i * points_.cells + k]];
      mass = static_cast<std::uint16_t>(mass + unit);
    }
    std::memcpy(made_.rows_.data() + centre * made_.width_, rows_.data() + i * made_.width_,
                made_.width_);
  }
  std::uint32_t distance(std::size_t i, std::size_t centre, std::uint32_t bound) const {
    const std::uint32_t rows = row_distance(
        rows_.data() + i * made_.width_, made_.rows_.data() + centre * made_.width_, made_.width_);
    if (made_.least(rows) >= bound) return bound;
    std::array<Heap, point_cells_max> heaps;
    const std::size_t n =
        heaps_of(points_.rows.data() + i * points_.cells, points_.cells, heaps.data());
    return made_.move({heaps.data(), n}, centre, bound);
  }
  Nearest find(std::size_t i, std::uint16_t) const {
    return find_from(made_, points_.rows.data() + i * points_.cells,
                     rows_.data() + i * made_.width_);
  }

  /// First the centre whose mean is nearest, then all that could be nearer.
  static Nearest find_from(const TransportClusters& made, const std::uint16_t* row,
                           const std::uint8_t* mean) {
    std::array<Heap, point_cells_max> buffer;
    const std::span<const Heap> heaps(buffer.data(),
                                      heaps_of(row, made.point_cells_, buffer.data()));
    std::array<std::uint16_t, 1024> sums;
    const auto n = static_cast<std::size_t>(made.count());
    std::size_t first = 0;
    for (std::size_t c = 0; c < n; ++c) {
      sums[c] = static_cast<std::uint16_t>(
          row_distance(mean, made.rows_.data() + c * made.width_, made.width_));
      first = sums[c] < sums[first] ? c : first;
    }
    Nearest best{static_cast<std::uint16_t>(first), made.move(heaps, first, ~std::uint32_t{0})};
    for (std::size_t c = 0; c < n; ++c) {
      // One as near with a lower number wins, whichever was looked at first.
      const std::uint32_t bound = best.distance + (c < best.cluster ? 1 : 0);
      if (c == first || made.least(sums[c]) >= bound) continue;
      const std::uint32_t cost = made.move(heaps, c, bound);
      if (cost < bound) best = {static_cast<std::uint16_t>(c), cost};
    }
    return best;
  }

  void update(const ClusterLists& lists) {
    parallel_for(0, static_cast<std::size_t>(made_.count()), 1, [&](std::size_t c) {
      if (!lists.of(c).empty()) set_mean(lists.of(c), c);
    });
  }
  Centres centres() const { return {made_.masses_, made_.rows_}; }
  void set_centres(const Centres& centres) {
    made_.masses_ = centres.masses;
    made_.rows_ = centres.rows;
  }
  /// Centres in the order of `ranks`.
  void reorder(const std::vector<std::uint16_t>& ranks) {
    const Centres old = centres();
    for (std::size_t c = 0; c < ranks.size(); ++c) {
      std::copy_n(old.masses.data() + c * made_.cells_, made_.cells_,
                  made_.masses_.data() + ranks[c] * made_.cells_);
      std::copy_n(old.rows.data() + c * made_.width_, made_.width_,
                  made_.rows_.data() + ranks[c] * made_.width_);
    }
  }

 private:
  void set_mean(std::span<const std::uint32_t> members, std::size_t centre) {
    std::vector<std::uint64_t> shares(made_.cells_);
    std::uint64_t all = 0;
    for (const std::uint32_t i : members) {
      const std::uint32_t weight = points_.weights[i];
      for (std::size_t k = 0; k < points_.cells; ++k)
        shares[points_.rows[i * points_.cells + k]] += weight;
      all += std::uint64_t{weight} * points_.cells;
    }
    const auto total = static_cast<std::uint32_t>(points_.cells * unit);
    std::uint16_t* const masses = made_.masses_.data() + centre * made_.cells_;
    apportion(shares, all, total, masses);
    for (std::size_t w = 0; w < made_.width_; ++w) {
      std::uint64_t sum = total / 2;
      for (std::size_t cell = 0; cell < made_.cells_; ++cell)
        sum += std::uint64_t{masses[cell]} * made_.cell_rows_[cell * made_.width_ + w];
      made_.rows_[centre * made_.width_ + w] = static_cast<std::uint8_t>(sum / total);
    }
  }

  TransportClusters& made_;
  const CellPoints& points_;
  std::vector<std::uint8_t> rows_;  // of the points: the mean of their cells'
};

TransportClusters TransportClusters::make(const Ground& ground, const CellPoints& points,
                                          const ClusterRules& rules, Watch& watch) {
  WEIR_CHECK(ground.width == 8 || ground.width == 64, "rows have 8 or 64 bytes");
  WEIR_CHECK(points.cells > 0 && points.cells <= point_cells_max && points.size() > 0,
             "points have 1 to 64 cells");
  WEIR_CHECK(ground.count() <= 1024 && rules.clusters > 0 && rules.clusters <= 1024,
             "at most 1,024 cells and clusters");
  TransportClusters made(ground, points.cells);
  TransportSpace space(made, points, static_cast<std::size_t>(rules.clusters));
  Lloyd<TransportSpace> lloyd(space, rules, watch);
  lloyd.run();
  made.fit_ = lloyd.take_fit();
  for (std::uint64_t& each : made.fit_.costs) each /= points.cells * unit;
  made.fit_.cost /= points.cells * unit;
  std::vector<std::uint64_t> keys(static_cast<std::size_t>(rules.clusters));
  for (std::size_t c = 0; c < keys.size(); ++c) {
    for (std::size_t cell = 0; cell < made.cells_; ++cell) {
      std::uint64_t sum = 0;
      for (std::size_t w = 0; w < made.width_; ++w) sum += made.cell_rows_[cell * made.width_ + w];
      keys[c] += sum * made.masses_[c * made.cells_ + cell];
    }
  }
  const std::vector<std::uint16_t> ranks = ranks_of(keys);
  space.reorder(ranks);
  for (std::uint16_t& n : made.fit_.nearest) n = ranks[n];
  return made;
}

Nearest TransportClusters::find(const std::uint16_t* row) const {
  std::array<std::uint8_t, width_max> mean;
  TransportSpace::mean_row(*this, row, mean.data());
  Nearest nearest = TransportSpace::find_from(*this, row, mean.data());
  nearest.distance /= static_cast<std::uint32_t>(point_cells_ * unit);
  return nearest;
}

Ground TransportClusters::ground() const {
  Ground ground = ground_of_rows(width_, rows_);
  const auto n = static_cast<std::size_t>(count());
  std::vector<Heap> heaps;
  std::vector<std::uint32_t> costs(n * n);
  for (std::size_t a = 0; a < n; ++a) {
    heaps.clear();
    for (std::size_t cell = 0; cell < cells_; ++cell) {
      if (const std::uint16_t mass = masses_[a * cells_ + cell]; mass != 0)
        heaps.push_back({static_cast<std::uint16_t>(cell), mass});
    }
    for (std::size_t b = 0; b < n; ++b) costs[a * n + b] = move(heaps, b, ~std::uint32_t{0});
  }
  const auto total = static_cast<std::uint32_t>(point_cells_ * unit);
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = 0; b < n; ++b) {
      const std::uint32_t both = (costs[a * n + b] + costs[b * n + a]) / (2 * total);
      std::uint16_t& distance = ground.distances[a * n + b];
      distance = std::max(distance, static_cast<std::uint16_t>(std::min(both, 0xffffU)));
    }
  }
  return ground;
}

}  // namespace weir::mccfr::abstraction
